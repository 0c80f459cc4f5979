# Spans, sizes and times: numbers with the words that belong to them.

span-ms = { $n } ms
span-s = { $n } s

size-b = { $n } B
size-kib = { $n } KiB
size-mib = { $n } MiB
size-gib = { $n } GiB
size-tib = { $n } TiB

ago-now = just now
ago-seconds = { $n } s ago
ago-minutes = { $n } min ago
ago-hours = { $n } h ago
ago-days = { $n ->
    [one] { $n } day ago
   *[other] { $n } days ago
}

money-unpriced = price not known
money-and-unpriced = { $cost } + { $n } unpriced
