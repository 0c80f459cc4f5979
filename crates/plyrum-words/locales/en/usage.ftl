# The usage dashboard. Names of panels and figures are short: a panel is 36 columns wide.

usage-title = Usage
usage-page-overview = Overview
usage-page-groups = By what
usage-page-waste = Cache & failures
usage-page-time = Days & hours

usage-now = Now
usage-spans = Budgets
usage-total = This period
usage-books = Account
usage-by-model = Models
usage-by-provider = Providers
usage-by-role = Roles
usage-by-persona = Personas
usage-by-project = Projects
usage-by-session = Sessions
usage-cache = Cache
usage-failures = Failures
usage-days = 30 days
usage-heat = Weekdays and hours, 4 weeks

usage-today = Today
usage-week = This week
usage-month = This month
usage-30-days = 30 days
usage-all-time = All time
usage-last-days = { $n ->
    [one] (last day)
   *[other] (last { $n } days)
}

usage-run = This run
usage-session = This session
usage-context = Context used
usage-burn = In the last hour
usage-left = Left to spend
usage-no-limit = no limit
usage-none = –
usage-last-day = The last 24 hours

usage-of-limit = of { $limit }
usage-name-of-limit = { $name } of { $limit }
usage-projected = expected by its end

usage-cost = Cost
usage-without-price = Unpriced
screen-usage-unpriced = unpriced
usage-unpriced-attempts = { $n ->
    [one] { $n } request
   *[other] { $n } requests
}
usage-before = Before
screen-usage-same = same
screen-usage-new = new
usage-runs-attempts = Runs / requests
usage-tokens = Tokens in / out
usage-estimated = Estimated
usage-estimated-attempts = { $n ->
    [one] { $n } request
   *[other] { $n } requests
}
usage-thousand = { $n }k
usage-million = { $n }M
usage-milliard = { $n }G

usage-head-runs = runs
usage-head-attempts = requests
usage-head-input = input
usage-head-cached = cached
usage-head-output = output
usage-more = { $n } more
usage-no-project = (no project)
screen-usage-nothing = nothing in this period

usage-available = Available
usage-posted = Charged and topped up
usage-held = Held (open requests)
usage-debt = Debt
usage-sums = Sums
usage-agree = agree
usage-disagree = DO NOT AGREE
usage-review = To be looked at
usage-proof = Proof of the books
usage-proof-key = check: v
usage-proof-busy = checking…
usage-proof-ok = holds ({ $ago })
usage-proof-wrong = { $n ->
    [one] { $n } PROBLEM
   *[other] { $n } PROBLEMS
}

usage-hit-rate = Read from cache
usage-saved = Saved
usage-written = Paid for writing
usage-of-newest = (newest { $n })
usage-causes = Why (newest { $n })
usage-lost-at-most = lost at most
usage-cause-hit = hit
usage-cause-first = first of a session
usage-cause-changed = beginning changed
usage-cause-short = too short
usage-cause-expired = expired
usage-cause-missed = missed for no known reason
usage-cause-not-reported = not reported

usage-failed = Failed
usage-cut = Broke off
usage-cancelled = Cancelled
usage-retries = Retries

usage-dearest-day = Most: { $day }
usage-weekday-1 = Mo
usage-weekday-2 = Tu
usage-weekday-3 = We
usage-weekday-4 = Th
usage-weekday-5 = Fr
usage-weekday-6 = Sa
usage-weekday-7 = Su

usage-ago-now = now
usage-ago-minutes = { $n } min ago
usage-ago-hours = { $n } h ago
usage-ago-days = { $n ->
    [one] { $n } day ago
   *[other] { $n } days ago
}

usage-loading = reading the ledger…
usage-fault = cannot be read
usage-stale = not refreshed, as of { $ago }
usage-frozen = FROZEN ({ $ago })
usage-empty = Nothing was used yet.
usage-empty-hint = Ask something, and what it costs is shown here.

usage-key-period = period
usage-key-filter = filter
usage-key-pane = panel
usage-key-expand = expand
usage-key-freeze = freeze
usage-key-export = export
usage-key-verify = verify
usage-export-as = Export as: 1 CSV · 2 JSON · esc no
usage-export-busy = writing…
usage-exported = Written: { $path }
usage-filter-hint = model=… persona=… project=… since=7d · tab completes
usage-filter-wrong = No filter: { $part }. Use

usage-legend-estimated = ~ with estimates
usage-legend-unpriced = +? some have no price
usage-unfiltered = (unfiltered)
