# lists

# Sessions
conversations-all = All conversations
conversations-here = Conversations of this project
conversations-hits = { $n ->
    [one] { $n } message
   *[other] { $n } messages
} with “{ $words }”
conversations-hits-more = The latest { $n } messages with “{ $words }”
conversations-loading = reading…
conversations-behind = { $n ->
    [one] { $n } session is
   *[other] { $n } sessions are
} not searchable yet
conversations-none = No conversation yet.
conversations-no-hits = Nothing of that was said.
conversations-untitled = (without a name)
conversations-turns = { $n ->
    [one] { $n } turn
   *[other] { $n } turns
}
conversations-search = find:
conversations-rename = name:
conversations-typing = enter takes it · esc does not
conversations-delete = Delete “{ $title }” for good? All that was said in it goes; what it cost stays in the books.
conversations-delete-yes = delete it
conversations-delete-no = keep it (so does every other key)
conversations-question = question
conversations-answer = answer
conversations-attachment = attachment
conversations-begun = begun { $ago }
conversations-copy-of = a copy of { $session }
ago-moment = just now
ago-short-minutes = { $n } min ago
ago-short-hours = { $n } h ago
ago-short-days = { $n } d ago

# Audit
record-newest = The newest records
record-filtered = Records with { $filter }
record-filter = filter:
record-loading = reading…
record-records = { $n ->
    [one] { $n } record
   *[other] { $n } records
}
record-records-more = the last { $n } records
record-none = No such record.
record-unasked = The chain was not checked here yet: v checks it.
record-verifying = checking every record… { $n ->
        [0] { "" }
       *[other] { $n } so far
    }
record-whole = whole: { $n } records in { $files } files, head { $head }
record-broken = BROKEN after { $n } good records: { $problem }

# Models and providers
providers-ready = { $ready } of { $n } models ready
providers-filtered = with “{ $words }”
providers-search = find:
providers-model = model
providers-provider = provider
providers-state = state
providers-context = context
providers-pictures = pictures
providers-takes-pictures = taken
providers-takes-none = not taken
providers-takes-unknown = not known, none is sent
providers-output = output
providers-price = in / out per million
providers-origin = from
providers-loading = asking the daemon…
providers-none = No such model.
providers-empty = No model is configured: plyrum doctor says what is missing.
providers-lately = lately
providers-free = free
providers-unpriced = price not known
providers-only-when-named = only when named
providers-is-ready = ready
providers-is-not-ready = not ready
providers-tokens = { $n } tokens
providers-of-provider = { $ready } of { $n } ready
providers-rests = not asked for { $time } more: { $n ->
    [one] { $n } failure
   *[other] { $n } failures in a row
}
providers-is-tried = being tried again: { $n ->
    [one] { $n } failure
   *[other] { $n } failures in a row
}
providers-is-busy = { $n } of { $limit } running
providers-has-a-queue = { $n } of { $limit } running, { $waiting } waiting
providers-models = models
providers-no-models = no models
providers-wire = wire
providers-address = address
providers-key = key
providers-proxy = proxy
providers-environment = environment
providers-certificates = certificates
providers-limit = at a time
providers-at-a-time = { $n ->
    [one] { $n } request
   *[other] { $n } requests
}
providers-its-version = version
providers-not-known = no figures of the last 24 hours
providers-not-asked = not asked in the last 24 hours
providers-day = { $n ->
    [one] { $n } request
   *[other] { $n } requests
} in 24 hours, { $cost }
providers-failed = { $n } failed
providers-cut = { $n } broke off
providers-cancelled = { $n } cancelled
providers-retries = { $n } repeated
