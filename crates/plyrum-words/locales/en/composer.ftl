# The prompt that is being written.

composer-placeholder = Ask anything; @ names a file, / a command, ! a line for the shell, ? helps
composer-placeholder-busy = enter sends, tab queues, alt+s tells the run that is going on
composer-pasted = { $lines ->
    [one] [pasted #{ $number }: { $lines } line]
   *[other] [pasted #{ $number }: { $lines } lines]
}
composer-search = search:
composer-search-none = nothing found
composer-too-long = A prompt has at most 128 KiB; put more into a file and name it with @
