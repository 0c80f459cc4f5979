# The prompt that is being written.

composer-placeholder = Ask anything · @ file · / command · ! shell · ? help
composer-placeholder-busy = enter or tab queues · alt+s says it now
composer-earlier = { $lines ->
    [one] [earlier prompt: { $lines } line]
   *[other] [earlier prompt: { $lines } lines]
}
composer-pasted = { $lines ->
    [one] [pasted #{ $number }: { $lines } line]
   *[other] [pasted #{ $number }: { $lines } lines]
}
composer-search = search:
composer-search-none = nothing found
composer-too-long = A prompt has at most 128 KiB; put more into a file and name it with @
