# lists

# Sessions
sessions-all = All conversations
sessions-here = Conversations of this project
sessions-hits = { $n ->
    [one] { $n } message
   *[other] { $n } messages
} with “{ $words }”
sessions-loading = reading…
sessions-behind = { $n ->
    [one] { $n } session is
   *[other] { $n } sessions are
} not searchable yet
sessions-none = No conversation yet.
sessions-no-hits = Nothing of that was said.
sessions-untitled = (without a name)
sessions-turns = { $n ->
    [one] { $n } turn
   *[other] { $n } turns
}
sessions-search = find:
sessions-rename = name:
sessions-typing = enter takes it · esc does not
sessions-delete = Delete the texts of this conversation for good? What it cost stays in the books.
sessions-delete-yes = delete it
sessions-delete-no = keep it (so does every other key)
ago-moment = just now
ago-short-minutes = { $n } min ago
ago-short-hours = { $n } h ago
ago-short-days = { $n } d ago

# Audit
audit-newest = The newest records
audit-filtered = Records with { $filter }
audit-filter = filter:
audit-loading = reading…
audit-records = { $n ->
    [one] { $n } record
   *[other] { $n } records
}
audit-records-more = the last { $n } records
audit-none = No such record.
audit-unasked = The chain was not checked here yet: v checks it.
audit-verifying = checking every record…
audit-whole = whole: { $n } records in { $files } files, head { $head }
audit-broken = BROKEN after { $n } good records: { $problem }

# Models and providers
models-ready = { $ready } of { $n } models ready
models-filtered = with “{ $words }”
models-search = find:
models-model = model
models-provider = provider
models-state = state
models-context = context
models-output = output
models-price = in / out per million
models-origin = from
models-loading = asking the daemon…
models-none = No such model.
models-free = free
models-unpriced = price not known
models-only-when-named = only when named
models-is-ready = ready
models-is-not-ready = not ready
models-tokens = { $n } tokens
models-of-provider = { $ready } of { $n } ready
models-not-asked = not asked in the last 24 hours
models-day = { $n ->
    [one] { $n } request
   *[other] { $n } requests
} in 24 hours, { $cost }
models-failed = { $n } failed
models-cut = { $n } broke off
models-cancelled = { $n } cancelled
models-retries = { $n } repeated
