# What the command line says. Commands, flags, keys and codes stay as they are typed.

## Errors and notices

error = error: { $message }
hint = hint: { $hint }
notice = notice: { $text }
note = note: { $text }
warning = warning: { $text }

## Errors whose words are English, under what kind of error it is

error-failed = error: { $message }
error-provider-rejected = error: { $message }
error-context-too-long = error: { $message }
error-storage = error: { $message }
error-interrupted = error: { $message }
error-cancelled-elsewhere = error: { $message }
error-internal = error: { $message }
error-usage = error: { $message }
error-not-found = error: { $message }
error-ambiguous = error: { $message }
error-config = error: { $message }
error-auth = error: { $message }
error-provider-unavailable = error: { $message }
error-approval-denied = error: { $message }
error-approval-needed = error: { $message }
error-parked = error: { $message }
error-budget = error: { $message }
error-balance = error: { $message }
error-price-unknown = error: { $message }
error-provider-quota = error: { $message }
error-daemon-unreachable = error: { $message }
error-version-mismatch = error: { $message }
error-schema-not-met = error: { $message }
error-turn-limit = error: { $message }
error-timeout = error: { $message }
error-cancelled = error: { $message }

## What every command may run into

fault-stdout = cannot write to standard output: { $why }
fault-stdin = cannot read standard input: { $why }
fault-answer = cannot read the answer: { $why }
fault-json = cannot write JSON: { $why }
fault-id = cannot make an id: { $why }
fault-start = cannot start: { $why }
fault-bad-row = the ledger has a row with a bad id: { $why }
fault-read = cannot read { $path }: { $why }
fault-write = cannot write { $path }: { $why }
fault-create = cannot create { $path }: { $why }
fault-write-to = cannot write to { $path }: { $why }
fault-nothing-yet = nothing was asked yet
hint-ask = plyrum ask "your question"
hint-more-of-id = type more of the id
hint-new-file = name a file that is not there
hint-say-yes = say --yes
fault-time-range = the time is out of range
fault-clock = the clock is out of range

## How things stand

status-running = running
status-succeeded = succeeded
status-degraded = degraded
status-failed = failed
status-cancelled = cancelled
status-interrupted = interrupted
status-parked = parked
status-detached = detached
outcome-ok = ok
outcome-cut = cut
outcome-cancelled = cancelled
outcome-failed = failed
quality-reported = reported
quality-estimated = estimated
quality-missing = missing
check-ok = ok
check-fail = FAIL
yes = yes
no = no
unknown = unknown
no-limit = no limit
total = total

## Headings and labels

col-run = run
col-started = started
col-status = status
col-plan = plan
col-session = session
col-cost = cost
col-model = model
col-persona = persona
col-description = description
col-steps = steps
col-step = step
col-kind = kind
col-members = members
col-models = models
col-after = after
col-from = from
col-ready = ready
col-pictures = pictures
col-context = context
col-input-m = input/M
col-output-m = output/M
col-currency = currency
col-key = key
col-value = value
col-runs = runs
col-attempts = attempts
col-requests = requests
col-input = input
col-cached = cached
col-output = output
col-before = before
col-change = change
col-over-direct = over direct
col-right = right
col-policy = policy
col-rule = rule
col-verdict = verdict
col-matches = matches
col-why = why
col-at = at
col-budget = budget
col-per = per
col-limit = limit
col-spent = spent
col-held = held
col-left = left
col-used = used
col-set-by = set by
col-last-used = last used
col-turns = turns
col-project = project
col-title = title
col-asked = asked
col-told = told to the model
col-bytes-asked = bytes asked
col-answered = answered
col-price = price
col-input-rub = input ₽
col-output-rub = output ₽
col-also = also
col-since = from
col-where = where
col-version = version
col-meter = meter
by-model = model
by-provider = provider
by-persona = persona
by-role = role
by-session = session
by-project = project
by-day = day
by-hour = hour

## plyrum ask: before a run

fault-many-files = at most { $n } files can be attached
fault-many-pictures = at most { $n } pictures can be sent with one prompt
fault-nothing-to-ask = there is nothing to ask: no prompt, no file, nothing on standard input
fault-directory = { $path } is a directory; --file takes files
fault-schema-directory = { $path } is a directory; --schema takes a file
fault-schema-too-large = { $path } is too large: a schema may have { $kib } KiB
fault-schema = { $path }: { $why }
hint-schema = a schema looks like {"{"}"type": "object", "properties": {"{"}"name": {"{"}"type": "string"{"}"}{"}"}{"}"}
fault-too-large = { $what } is too large: all that is attached may have { $mib } MiB
hint-attach-less = attach less, or cut it first, for example with head -c
fault-picture-too-large = { $what } is too large: a picture may have { $kib } KiB
hint-smaller-picture = make it smaller, or cut out what matters
fault-not-utf8 = { $what } is neither UTF-8 text (byte { $at } cannot be read) nor a PNG, JPEG, WebP or GIF
hint-iconv = convert it first, for example with iconv -f CP1251 -t UTF-8
standard-input = standard input
standard-output = standard output
fault-stdin-failed = reading standard input failed
ask-waits-for-file = waiting for { $path } to end
fault-file-timeout = { $path } did not end within { $seconds } s
ask-waits-for-stdin = waiting for standard input to end; --no-stdin asks without it
fault-stdin-timeout = standard input did not end within { $seconds } s
hint-no-stdin = --no-stdin asks without it
fault-not-a-prompt = this is no prompt

## plyrum ask: how it ends early

fault-output-cut = the output was cut off by a signal
fault-left-early = left before the run had ended
hint-explain-bill = plyrum explain { $run } shows its bill
fault-does-not-end-run = the daemon does not end the run
fault-daemon-died = the daemon died in the middle of the run
hint-explain-cost = plyrum explain { $run } shows what it cost
hint-runs-list = plyrum runs list shows what became of it
fault-cancelled-early = cancelled before the run had begun
hint-taken-all-the-same = it may have been taken all the same: plyrum runs list
fault-signals = cannot listen for signals: { $why }
fault-parked = run { $run } is parked: an action waits for approval { $approval }
hint-parked = plyrum approvals list shows it; { $resume }, or plyrum deny { $approval }
fault-result = the result cannot be written: { $why }
fault-no-code = the answer has no code block
hint-no-extract = ask without --extract to see the answer
fault-daemon-gone = the daemon is gone

## plyrum ask: what is told on the way

ask-offline = no model is configured, so the built-in offline extractor answers: it quotes the text it is given and makes nothing up. To ask a model, give a provider its key: plyrum providers list
ask-key-not-in-daemon = { $names } is set in this shell, but not in the daemon: plyrum daemon restart
ask-context = context { $used } of { $of } tokens of { $model }: { $sent } turns, { $summarised } more in a summary
ask-context-nearly-full = the conversation takes { $used } tokens, and at most { $limit } of { $model } are for it; soon the oldest turns will not be sent any more: plyrum sessions compact
ask-context-shortened = { $turns } earlier turns are too large for { $model } ({ $of } tokens) and are sent without what came with them
ask-context-left-out = the oldest { $turns } turns do not fit { $model } ({ $of } tokens) and are not sent; plyrum sessions compact puts a summary in their place
ask-again = asking again in { $wait }: { $cause }
ask-again-as-asked = asking again in { $wait }, as the provider asked (Retry-After): { $cause }
ask-queued = waiting for a free place: { $limit ->
    [one] { $limit } request runs
   *[other] { $limit } requests run
} at { $provider }, which is its limit
ask-resting = { $provider } is not asked until { $at }: { $n } failures in a row
ask-passed-over = { $model } is not asked: its provider failed too often in a row and rests until { $at }
ask-once-more = asking once more: { $cause }
ask-became = { $from } became { $to }: { $why }
ask-budget = { $percent } of the { $scope } budget is spent: { $spent } of { $limit } ({ $setting })
ask-provider-says = the provider says that this cost { $says }, by its price here it is { $ours }: look at plyrum explain
ask-not-recorded = what follows is not recorded: { $why }
ask-fallback = asking { $to } instead of { $from }: { $cause }
ask-hedged = nothing came for { $took }: asking { $model } too
ask-tool-refused = { $step } called the tool { $tool }, which it was not offered: nothing was done
ask-nobody-cheaper = a cascade would save nothing here: no two cheaper models come near { $model }, so it is asked alone
ask-checked-passes = { $step } passes the check
ask-checked-exit = { $step } does not pass the check: exit { $code }
ask-checked-why = { $step } does not pass the check: { $why }
ask-approved = approved
ask-by-rule = policy { $policy }, rule "{ $rule }"
ask-resolved-approved = approved by { $by }
ask-resolved-denied = denied by { $by }
ask-resolved-expired = expired by { $by }
ask-answer = Answer:
ask-degraded = the answer is shorter than it could be: it reached its output limit or lost a step
ask-over-hold = the provider used more than was held: { $over } over; plyrum explain { $run }
ask-cost = { $cost } · { $model } · { $input } in, { $output } out{ $quality } · { $took } · run { $run }
ask-cost-labelled = Cost: { $cost } · { $model } · { $input } in, { $output } out{ $quality } · { $took } · run { $run }
ask-over-direct = { $cost } ({ $extra } over direct)
ask-no-model = no model

## plyrum ask -v and --dry-run

step-accepted = session { $session }, persona { $persona }
step-routed = intent { $intent }, risk { $risk }, language { $language }
step-planned = plan { $plan }, { $price }
step-held = held { $amount }
step-hold-refused = hold refused: { $needed } needed, { $there } there ({ $setting })
step-attempt = attempt { $attempt }: { $model }, try { $try }
step-queued-so-long = its turn came after { $took }
step-probe = this request tries whether the provider answers again
step-first-token = first token after { $took }
step-attempt-finished = { $outcome } after { $took }, { $cost }
step-quorum = { $have } of { $of } proposals after { $took } ({ $why })
step-late = { $step } came too late
step-votes = votes: { $groups }
step-votes-open = votes: { $groups }; no two agree
step-unfit = { $step } cannot be chosen: { $why }
dry-plan = plan { $plan }
dry-price = price { $price }
dry-price-unknown = price not known
price-range = { $low } to { $high }
dry-unpriced = price not known, and in neither figure: { $models }
dry-check = check of each proposal in { $file }: { $command }
because = because { $reason }

## plyrum approvals, approve, deny, undo

approvals-none = nothing waits for an answer
approvals-deadline = the deadline
fault-answered-before = question { $approval } was answered before: { $status } by { $by }
hint-first-answer = the first answer counts: plyrum approvals list --all
approvals-answered = { $status } { $approval }: { $action }
undo-restored = restored { $path }
undo-removed = removed { $path }
undo-left = left { $path }
undo-nothing = { $workspace }: everything is as it was before the run

## plyrum audit

fault-audit = the audit log: { $why }
fault-since-until = --since must be before --until
audit-exported = { $n } records in { $path }; check them with plyrum audit verify --file { $path }
audit-only-last = only the last { $limit } are shown; -n shows more
audit-nothing-pruned = nothing is removed yet: add --yes; plyrum audit export keeps a copy
audit-prune-none = no file has only records from before { $before }
audit-prune-file = { $file }  records { $first } to { $last }, { $bytes } bytes
audit-pruned = { $files } files with { $records } records, { $bytes } bytes: removed
audit-would-prune = { $files } files with { $records } records, { $bytes } bytes: would be removed
audit-ok = ok: { $records } records in { $files } files, head { $head }
audit-ok-from = ok: { $records } records in { $files } files, from record { $first } on, head { $head }
audit-broken = BROKEN after { $records } good records: { $problem }
audit-no-head = none
audit-record = record { $seq }
audit-forged = the log goes on behind the end that the ledger knows from the last stop: records were forged, or the ledger is an older copy
audit-no-ledger = the log tells of { $n } movements, and there is no ledger beside it

## plyrum balance

fault-top-up-zero = a top-up of 0 RUB adds nothing
balance-paid-debt = { $paid } of it paid what was owed
balance-mode = mode
balance-posted = posted
balance-held = held
balance-available = available

## plyrum bench

hint-make-report = make one: scripts/cost-report.sh
fault-no-report = { $path } is no cost report: { $why }
fault-report = { $path }: { $why }
bench-total = total { $total }, evidence: { $evidence }
bench-replayed = The same plans, replayed on recorded answers of real models:

## plyrum feedback

feedback-taken = { $verdict }, counted for { $model } in { $domains } (run { $run })
feedback-same = { $verdict } was said of run { $run } before
feedback-back = taken back: it counts no more for { $model } in { $domains } (run { $run })
feedback-nothing = there is no verdict on run { $run } to take back
feedback-good = good
feedback-bad = bad
hint-bench-data = name the directory of the data: --data DIR
fault-bench-name = there is no panel or policy `{ $name }`
hint-bench-names = there are: { $names }
bench-cell = { $panel } · { $task } · { $questions } questions · best member { $best } · any member right in { $oracle } %
bench-kept = Panels whose full vote gains, in points over the best member, and what is kept of it:
bench-drawn = Panels of five near-equals drawn from all recorded models, in points over the best member:
bench-quorum = When a panel of six is done, in milliseconds: all of them, or a quorum of five and its grace:
bench-reading = Answers in whole texts read as the data has them: { $tasks }
bench-calibration = Who is let into a vote, by these answers:
col-arm = policy
col-accuracy = right, %
col-over-best = over best
col-interval = 95 %
col-over-vote = over vote
col-task = task
col-panels = panels
col-kept = kept
col-vote-wins = vote wins
col-vote-over-best = full vote
col-auto-over-best = auto
col-auto-loses = auto loses
col-size = timed
col-all-p50 = all p50
col-all-p95 = all p95
col-quorum-p50 = quorum p50
col-quorum-p95 = quorum p95
col-p95-saved = p95 saved
col-late = late
col-calls = calls
col-chars = characters
col-p50 = p50, ms
col-p95 = p95, ms
col-domain = field
col-made-from = made from
col-too-weak = left out from, ‰
col-min-members = members
col-shipped = in this program
word-yes = yes
word-no = no
fault-no-weights = this program has no weights of the router: its rules decide alone
bench-weights = Weights { $weights }; shares are of one, times in microseconds
col-figure = figure
col-rows = rows
col-aim = aim
col-reached = reached
col-rows-of = on
col-was = was
col-taken-for = taken for

## plyrum budget

budget-none = no budget is set: plyrum budget set day 300
budget-each = each
budget-day = day
budget-month = month
budget-total = total
budget-set-day = day: { $limit }
budget-set-month = month: { $limit }
budget-set-each-run = each run: { $limit }
budget-set-each-session = each session: { $limit }
budget-set = { $scope }: { $limit }
budget-set-per-day = { $scope } per day: { $limit }
budget-set-per-month = { $scope } per month: { $limit }
budget-set-in-all = { $scope } in all: { $limit }
fault-budget-per = a budget of a { $scope } has no --per
fault-budget-which = which { $scope }? { $scope }:NAME
fault-budget-on = `{ $scope }` is nothing that a budget can be on
hint-budget-on = day, month, run, session[:ID], persona:NAME, provider:NAME or project[:DIR]
fault-dir = { $dir }: { $why }
fault-dir-text = { $dir }: its path is no valid text
fault-two-ways = `{ $text }` can be read in two ways
hint-two-ways = write 1000, or 1.000 for one ruble
fault-no-amount = `{ $text }` is no amount in rubles: { $why }
fault-negative = `{ $text }`: an amount must not be negative

## plyrum config

config-fine = nothing is wrong
hint-config = correct the file; plyrum config check

## plyrum daemon

fault-does-not-end = the daemon does not end
fault-process-does-not-end = the daemon (process { $pid }) does not end
hint-force = plyrum daemon stop --force kills it, and the next start books what it left; plyrum daemon logs
hint-device = the system cannot end it: it waits for a device
hint-lock = plyrum daemon logs; the process id is in daemon.lock
daemon-killed-silent = process { $pid } did not answer and was killed
daemon-killed-endless = process { $pid } did not end and was killed
daemon-cancels = { $n ->
    [one] 1 run is
   *[other] { $n } runs are
} cancelled and booked; plyrum daemon drain would let them end first
daemon-audit-problem = the audit log cannot be written, so no run that may cost money starts: { $problem }
daemon-audit-broken = the audit log was found broken: { $what } (plyrum audit verify)
daemon-running = running: process { $pid }, version { $build }, { $runs } active runs
daemon-books = ending: process { $pid } books what it ran
daemon-draining = ending: process { $pid }, version { $build }, { $runs } runs to finish
daemon-stuck = stuck: process { $pid } is alive and does not answer
daemon-deaf = not listening: process { $pid } has the lock; it starts slowly, or it hangs
daemon-stopped = not running; it starts by itself when it is needed
fault-no-log = there is no log yet
fault-file = { $path }: { $why }

## plyrum doctor

doctor-daemon = daemon
doctor-home = home
doctor-config = config
doctor-environment = environment
doctor-sandbox = sandbox
doctor-models = models
doctor-place = file system
doctor-copies = copies
doctor-ledger = ledger
doctor-audit = audit
doctor-cannot-audit = it cannot write the audit log: { $problem }
doctor-cannot-audit-hint = no run that may cost money starts until it can; it tries by itself
doctor-audit-broken = it found the audit log broken: { $what }
doctor-daemon-running = { $status }; it has the environment of the shell that started it
doctor-home-is = data in { $data }, socket { $socket }
doctor-config-is = { $path }: { $providers } providers, { $models } models
doctor-none = none
doctor-environment-is = this shell: PLYRUM_HOME, PLYRUM_LANG, LC_ALL, LC_MESSAGES, LANG, TZ, NO_COLOR; read by the daemon from its own starter: provider keys, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE (key variables here: { $keys })
fault-program = where this program is: { $why }
doctor-sandbox-full = full: bubblewrap and seccomp, { $n } checks held; policies may allow commands
doctor-sandbox-part = { $level }: a command is asked for each time, whatever policies say ({ $failed })
doctor-models-config = unknown until the configuration is correct
doctor-models-daemon = unknown until the daemon runs: it is the one that reads the keys
doctor-models-auto = { $ready } of { $all } ready; the router chooses among them
doctor-models-default = { $ready } of { $all } ready; { $model }, the default, is
doctor-models-default-not = { $ready } of { $all } ready; { $model }, the default, is not: { $why }
doctor-models-unknown = the daemon does not know it
doctor-models-hint = plyrum models list; after changing an environment variable: plyrum daemon restart
doctor-local = { $dir } is local
doctor-shared = { $dir } is on { $kind }, which other hosts may share: the ledger is safe only while a single host uses it
doctor-network = { $dir } is on { $kind }, a network file system, where SQLite's write-ahead log does not work: the ledger is not opened there
doctor-network-hint = set PLYRUM_HOME to a local directory
doctor-nothing = nothing booked yet
doctor-original = this ledger is nobody's copy
doctor-copy = this home is a copy: the same ledger is still at { $path }
doctor-copy-hint = use one of the two: both would spend the same money, and each would miss what the other spent
doctor-proofs = { $n } proofs hold

## plyrum ledger

ledger-log-intact = the audit log is as it was written
ledger-log-verified = { $n } records verify
fault-reason-empty = --reason is empty
hint-reason = say why, for whoever reads the books
ledger-corrected = corrected by { $amount }; posted { $posted }, available { $available }

## plyrum models, plans, personas

plan-head = { $plan }: { $description } ({ $fan }, from { $from })
models-pictures = yes
models-no-pictures = no
models-ready = yes
models-named-only = yes, only when named
models-not-ready = no: { $why }
models-left-out = { $n ->
    [one] { $provider }: { $n } name of its list cannot be an id and is left out
   *[other] { $provider }: { $n } names of its list cannot be ids and are left out
}
models-nobody-to-ask = no provider can be asked: plyrum providers list says why
models-no-list = { $provider } gave no list, the last one stays: { $why }
models-renewed = { $provider }: { $n } models, { $added } new, { $gone } gone

## plyrum bench overhead

fault-rounds = --rounds takes 1 to { $most }
fault-bench-daemon = the daemon of the measurement is gone
fault-bench-answer = the answer held no token
bench-left = not removed: { $path }
bench-median = median, ms
bench-p95 = p95
bench-worst = worst
bench-warm-ask = plyrum ask, warm, whole command
bench-first = first token through the daemon
bench-raw-first = first token, plain HTTP client
bench-fsync = a flush of the disk
bench-long = an answer of { $n } tokens through the daemon
bench-raw-long = the same, plain HTTP client
bench-sum = Added to the first token, beside one flush: { $first } ms. Added to each token: { $delta } µs.

## plyrum providers

col-provider = provider
col-usable = ready
col-wire = wire
providers-not-ready = no
providers-resting = resting until { $at }: { $n } failures in a row
providers-probing = being tried again: { $n } failures in a row
providers-busy = yes, { $n } of { $limit } requests running
providers-queue = yes, { $n } of { $limit } requests running, { $waiting } waiting
providers-by-proxy = by the proxy { $proxy } ({ $origin })
providers-ca = certificates of { $files }
providers-origin-environment = environment
providers-version = yes, version { $version }
providers-none-found = No other server was found on this machine; looked for: { $names }.
providers-found = Found { $preset } at { $url }: { $models }. Add it: plyrum providers add { $preset }
providers-in-the-open = the key goes there unencrypted (http)
providers-added = { $name } is added to { $file }. Its models: plyrum models list --refresh --provider { $name }
providers-replaced = It takes the place of the { $name } that comes with Plyrum.
providers-replaced-key = Its key is read from { $variable }, as before; --key-env takes another variable.
providers-answered = { $name } answers: { $models ->
    [one] { $models } model
   *[other] { $models } models
} in its list, { $ms } ms
providers-key-of = Key of { $name } (not shown):
providers-key-kept = The key is kept in { $file }; only you can read it.
providers-key-untried = { $name } has no list of models, so the key could not be tried.
providers-key-gone = The key in { $file } is removed.
providers-variable-first = { $name } is set in this shell: where the daemon has it too, it goes first.
fault-provider-offline = { $name } comes with Plyrum and stays what it is: take another name
fault-provider-kind = { $name } is no server that is known here: say --kind and --url
fault-no-provider = there is no provider { $name }
fault-login-elsewhere = the key of { $name } comes from a file or a command, as config.toml says: change it there
fault-no-key = no key of { $name } was given by login
key-called-off = cancelled
fault-key-empty = the key is empty
fault-key-blank = the key has white space or control characters in it
fault-key-long = the key is longer than 16 KiB

## plyrum explain

explain-run = run { $run } · { $status } · plan { $plan } · { $at }
explain-no-request = no request was made
explain-total = total { $amount }
explain-total-unpriced = total: price not known
explain-repeats = { $amount } of it for repeats
explain-wasted = { $amount } of it for attempts that failed, broke off or were cancelled
explain-extra = { $amount } over asking the best model alone
explain-unbilled = { $n ->
    [one] { $n } attempt
   *[other] { $n } attempts
} charged nothing: never sent, or nothing used
explain-unpriced = { $n ->
    [one] { $n } attempt
   *[other] { $n } attempts
} without a known price
explain-unresolved = unresolved or given back
explain-try-unpriced = try { $try } because the one before: { $cause }; what this repeat costs is not known
explain-try = try { $try } because the one before: { $cause }; this repeat cost { $amount }
explain-fallback = fallback from { $model } of { $provider }: { $cause }
explain-check-passed = its code passes the check, in { $took }
explain-check-exit = its code does not pass the check: exit { $code }, after { $took }
explain-check-why = its code does not pass the check: { $why }
explain-hedged = asked beside { $attempt }, of which nothing had come for { $took }
explain-after = asked again after { $took }
explain-after-as-asked = asked again after { $took }, as the provider asked (Retry-After)
explain-queued = waited { $took } for a free place of { $provider }: no other figure counts that
explain-probe = tried whether { $provider } answers again
explain-rest = after it { $provider } was not asked until { $at }: { $n } failures in a row
explain-routed = read as { $intent } ({ $confidence }), { $shape }; risk { $risk }
explain-planned = this plan: { $reasons }
explain-votes = votes counted by { $step }:
explain-votes-open = votes counted by { $step }, no two agree:
votes-line = { $answer }: { $who }
votes-untold = no answer that can be told
explain-passed-over = { $model } was not asked: its provider had failed too often in a row and rested until { $at }
explain-never-sent = never sent: its hold was given back
explain-nothing-used = nothing was used or reported: charged nothing
explain-open = not resolved yet
explain-usage = usage
explain-cache = cache
explain-per-million = per million
explain-each = each
explain-no-price = the price is not known
explain-sum = sum
explain-exchange = exchange
explain-rate = RUB per { $currency } (rate { $version })
explain-in-rubles = in rubles
explain-rounded = RUB, rounded up once
explain-price-version = price version
explain-cost = cost
explain-owed = owed
explain-over-its-hold = over its hold
explain-provider-says = provider says
explain-from-ours = { $amount } from ours
explain-estimated = estimated from the bytes: the provider did not report any
explain-estimated-wrong = estimated from the bytes: the provider's report cannot be right: { $raw }
explain-held = held { $amount }
explain-over-by = over its hold by { $amount }
explain-same = computed again: the same
explain-limited = computed again: { $amount }, but an estimate is limited to the hold
explain-no-figure = nothing to compute again
explain-different = computed again: DIFFERENT, { $amount }
explain-different-none = computed again: DIFFERENT, no figure
explain-review = flagged for review
cache-hit = hit
cache-first = miss: the session's first request to this model
cache-changed = miss: message { $message } differs from the request before
cache-short = miss: at most { $tokens } tokens in common, and providers cache from { $least }
cache-expired = miss: { $minutes } minutes since the request before, and providers keep about 5
cache-missed = miss: the provider did not use it, for no reason that is known here
cache-unknown = unknown: the provider did not report it

## plyrum policy

fault-no-ask-policy = there is no policy `ask`
policy-dry = not written:
policy-written = written to { $path }:
fault-rule-names = a rule names a command, a path or a host
hint-rule = plyrum policy add --verdict allow --why 'my own program' -- cargo run
fault-rule = { $why }
fault-no-effect = the rule would have no effect: { $why }
policy-matched = of { $all } actions on record it would have matched { $n }
policy-matched-last = of the last { $all } actions on record it would have matched { $n }
fault-cwd = the working directory: { $why }
policy-removed = removed rule { $rule } from { $path }
fault-one-object = a tool is tested with one path or address
fault-no-tool = there is no tool `{ $tool }`
fault-no-command = no command to test
fault-long-line = a line of standard input is over 1 MiB
fault-not-json = a line of standard input is no JSON string: { $why }
policy-by-rule = by `{ $rule }` at { $file }:{ $line }
policy-by-none = by no rule of { $file }

## plyrum prices

fault-list = { $path }: { $why }
hint-list = download the list again; --from names its format
fault-provider = --provider { $why }
fault-no-file = { $path }: no such file
prices-none-asked = none asked for
prices-counts = { $feed }: { $total } listed, { $counts }
prices-count = { $n } { $verdict }
prices-new = new
prices-changed = changed
prices-jump = jump
prices-unknown = unknown
prices-refused = refused
prices-not-text = not for text
prices-unchanged = unchanged
prices-not-told = not told
prices-not-read = not read: { $names }
prices-added = { $n ->
    [one] 1 price
   *[other] { $n } prices
} added to { $path }
prices-nothing = nothing to add: no price is another one
fault-jumps = { $n ->
    [one] 1 price
   *[other] { $n } prices
} left out: five times as much or as little as the one that holds
hint-jumps = look at it in the list above, then import it with --allow-jumps --only MODEL
fault-nothing-added-terminal = nothing was added: there is no terminal to ask for a yes at
hint-list-yes = look at the list above, then say --yes
prices-confirm = add { $n ->
    [one] 1 price
   *[other] { $n } prices
} to { $path }? [y/N]
fault-nothing-added = nothing was added
hint-another-import = another import was faster: run the command again and look at its list
hint-fewer-models = take fewer models with --only
prices-tiers-fees = tiers, fees
prices-tiers = tiers
prices-fees = fees
prices-not-holding = { $model } (does not hold)
prices-unknown-why = unknown: it cannot be held or charged (config.toml, or plyrum prices import)
prices-holds = holds
prices-always = always
prices-from = from
prices-where = where
prices-source = source
prices-seen = seen
prices-version = version
prices-label = price
prices-above = { $meter } above { $n } input tokens
prices-no-rate = no rate
prices-per-million-tokens = per million tokens
prices-per-request = per request
prices-per-unit = per unit
prices-of-day = prices of { $day } (UTC), per million tokens; plyrum prices list MODEL shows all of one
prices-fx = 1 { $currency } = { $rate } ₽, charged as { $charged } ({ $date }, { $source })
prices-fx-age = 1 { $currency } = { $rate } ₽, charged as { $charged } ({ $date }, { $n } days old, { $source })
fault-day = --on { $text }: not a day such as 2026-11-20
hint-did-you-mean = did you mean `{ $near }`? plyrum prices list --all shows all
hint-prices-all = plyrum prices list --all shows all
fault-no-model = no model `{ $model }` has prices here
fault-unit = --unit { $text }: write it as web_search=2
fault-price-unknown = { $why }
hint-price-unknown = plyrum prices import FILE, or a price in config.toml
quote-head = { $model }, prices of { $day } (version { $version }), 1 { $currency } = { $fx } ₽
quote-cost = cost
quote-hold = hold

## plyrum route

route-intent = intent
route-risk = risk
route-domains = domains
route-answer = answer
route-plan = plan
route-model = model
route-not = not
route-router = decided by
route-because = because { $reason }
route-expected = a direct answer: about { $cost }, { $took }
route-cost = a direct answer: about { $cost }
route-latency = a direct answer: about { $took }
route-quality = right in { $quality } of cases: { $grounds }
route-stated = stated in the configuration
route-measured = { $n ->
    [one] measured on { $n } recorded answer
   *[other] measured on { $n } recorded answers
}
route-verdicts = your verdicts: { $good } good, { $bad } bad

## plyrum runs

runs-none = nothing has run yet
label-run = run
label-session = session
label-status = status
label-plan = plan
label-model = model
label-cost = cost
label-error = error
fault-session-unreadable = session { $session } cannot be read: { $why }
fault-not-finished = run { $run } is not finished

## plyrum sessions

sessions-none = there is no session yet
sessions-none-of-project = there is no session of this project
sessions-behind = { $n ->
    [one] 1 session is
   *[other] { $n } sessions are
} not in the index yet; try again in a moment
sessions-nothing-found = nothing was found
fault-no-words = there is no word to look for
fault-dir-look = cannot look at the directory { $dir }: { $why }
fault-dir-utf8 = the path of { $dir } is not UTF-8
hint-dir = name a directory that exists
sessions-resumed = session { $session } ({ $title }) is the latest one now: plyrum ask -c "…"
label-title = title
label-project = project
label-copy = copy of
label-begun = begun
label-last-used = last used
label-context = context
sessions-copy-of = session { $session } up to run { $run }
sessions-cost = { $cost } in { $turns } turns
meter-used = { $percent } · about { $used } of { $of } tokens of { $model } (earlier turns may take { $limit }): { $sent } turns are sent
meter-shortened = ({ $n } of them shortened)
meter-summarised = a summary stands for { $n }
meter-left-out = the oldest { $n } do not fit
turn-sent = sent
turn-summarised = summarised
turn-left-out = left out
turn-unanswered = unanswered
turn-rewound = rewound
turn-summary = summary
turn-old-summary = old summary
turn-inherited = { $state } (original)
sessions-earlier = … { $n } earlier turns
sessions-from-now-on = from now on: { $meter }
sessions-summary-cut = the summary was cut short, so it stands for nothing; the turns are told as before
sessions-more-to-compact = not all older turns fitted into one request; once more takes the next ones
fault-short-id = `{ $id }` is too little of an id to delete by without being asked
hint-short-id = type more of the id, or leave --yes out
sessions-deleted = deleted session { $session }; what it cost stays in the books
sessions-copies = copies of it still have its words: { $copies }
sessions-what = { $session } ({ $turns } turns, "{ $title }")
sessions-confirm = delete session { $what }? It cannot be brought back. [y/N]
fault-nothing-deleted-terminal = nothing was deleted: there is no terminal to ask for a yes at
fault-nothing-deleted = nothing was deleted
role-user = user
role-attachment = attachment
role-answer = answer

## plyrum statusline

statusline-today = today
statusline-month = month
statusline-held = held
statusline-left = left
statusline-why = statusline: { $why }
fault-figure = --format has `{ $name }`, which is no figure
hint-figure = use { $names } or { $last }

## plyrum transcript

transcript-session = session { $session }
transcript-copy = a copy of session { $session }
transcript-run = run { $run }
transcript-taken-back = taken back
transcript-original = from the original
transcript-summary = Summary of everything up to run { $run }
transcript-you = You: { $prompt }
transcript-with = with { $name }
transcript-picture = { $name } (picture, { $size })
transcript-answer = Answer: { $answer }
transcript-cost = Cost: { $cost } · { $model } · { $status }
fault-empty-id = an empty id names no session
fault-no-session = there is no session or run `{ $id }`
fault-several-sessions = `{ $id }` fits several sessions: { $one }, { $other }
fault-deleted = session { $session } was deleted on { $at }
hint-deleted = what it cost is still in plyrum usage --by session
transcript-bad-line = a line of session { $session } cannot be read: { $why }
hint-new-file-writable = name a file that does not exist, in a directory that you may write to

## plyrum usage

usage-nothing = nothing was used yet
usage-nothing-of-that = nothing of that was used in that time
usage-estimates = ~ includes estimates: for some attempts the provider did not report what was used
usage-new = new
usage-same = same
fault-zone = there is no time zone `{ $zone }`
hint-zone = use a name like Europe/Moscow or UTC
fault-many-rows = that is more than { $n } rows
hint-later-since = give a later --since
fault-compare = --compare needs a time to compare
hint-compare = add --since 7d, --today or --month
fault-moment = { $flag } `{ $text }` is no date, time or span
hint-moment = use 2026-11-01, 2026-11-01T09:00:00Z, or a span like 7d or 12h

## plyrum sessions export

export-untitled = Session
export-session = session `{ $session }`
export-project = project `{ $project }`
export-copy = a copy of session `{ $session }`
export-cost = { $turns } turns, { $cost }
export-summary = Summary up to run { $run }
export-you = You
export-with = With `{ $name }`:
export-original = in the original
export-answer = Answer

## plyrum --plain

plain-help = /new begins another conversation, /quit ends, ! carries out a command, @ names a file
plain-no-command = there is no command /{ $name } here
plain-too-long = the line is longer than { $kib } KiB: nothing was sent
plain-not-text = the line is not UTF-8 text: nothing was sent
plain-too-long-hint = plyrum ask -f FILE sends long texts

# plyrum replay

replay-status = status { $status }
replay-no-response = no response
replay-first-byte = first byte { $ms } ms
replay-whole = { $ms } ms
replay-call = call { $tool } { $arguments }
replay-usage = usage: input { $input } ({ $cached } cached), output { $output }
replay-end = end: { $end } ({ $why })
replay-differs = cut by seed { $seed }, the same bytes give other events
replay-empty = no whole exchange is in this cassette
replay-torn = at its end are { $size } of an exchange whose recording was broken off
replay-same = { $n ->
    [one] { $n } exchange: the same events for { $seeds } seeds
   *[other] { $n } exchanges: the same events for { $seeds } seeds
}
replay-not-same = { $n ->
    [one] { $n } exchange gives other events where its bytes are cut elsewhere ({ $seeds } seeds tried)
   *[other] { $n } exchanges give other events where their bytes are cut elsewhere ({ $seeds } seeds tried)
}
