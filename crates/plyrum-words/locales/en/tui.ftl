# The screen: words of the conversation, the lifecycle pane, approvals, and what all screens share.

app-name = Plyrum
too-small = This window is too small for Plyrum.

# Screens
screen-chat = Conversation
screen-lifecycle = Lifecycle
screen-approvals = Approvals
screen-sessions = Sessions
screen-audit = Audit
screen-usage = Usage
screen-models = Models and providers
new-conversation = new conversation

# The first line
header-approvals = { $n ->
    [one] { $n } question
   *[other] { $n } questions
}
header-offline-daemon = no daemon
header-context = context { $percent } %
mode-default = asks first
mode-plan = plan only
mode-policy = approve: { $name }

# The last line
status-today = today { $today }
status-left = left { $left }
hint-send = send
hint-newline = new line
hint-mode = who may act
hint-palette = commands
hint-help = help
hint-stop = stop
hint-queue = queue
hint-steer = say now
hint-lifecycle = steps
hint-scroll = scroll
hint-bottom = end
hint-copy = copy
hint-copy-code = copy code
hint-details = details
hint-write = write
hint-no = no
hint-open = open
hint-drop = drop
hint-finish = finish now
hint-next-run = next run
hint-back = back
hint-answer = answer
hint-next-question = next
hint-chat = conversation
hint-pane = panel
hint-period = period
hint-filter = filter
hint-expand = expand
hint-freeze = freeze
hint-export = export
hint-resume = resume
hint-search = search
hint-fork = fork
hint-rename = rename
hint-delete = delete
hint-verify = verify
hint-choose = choose
hint-next = next
hint-close = close

# A turn
turn-sending = sending…
turn-waits = waiting for the first words
turn-reasons = the model is thinking
turn-provisional = a first proposal; the answer will replace it
turn-ending = stopping; what was used is being booked
turn-parked = waiting for an approval; any client can answer
turn-asks = waiting for your answer
turn-cancelled = Stopped. What was written until then stays, and is billed below.
turn-degraded = Less than was planned: some models did not answer.
turn-hint = try: { $hint }
turn-forked = This is the copy; the original stays as it was.
no-conversation = There is no conversation yet.
screen-turn-rewound = taken back: no model is told of it
screen-turn-inherited = from the conversation that this one is a copy of
screen-picture = { $name } (picture, { $size })
bill-over-direct = { $extra } over asking one model
tool-asked = asks
tool-more-lines = … { $n ->
    [one] { $n } more line
   *[other] { $n } more lines
}
more-below = more below
more-below-live = still writing below

notice-shrunk = { $from } became { $to }: { $reason }
notice-retried = asking again in { $after }: { $cause }
notice-retried-as-asked = asking again in { $after }, as the provider asked (Retry-After): { $cause }
notice-queued = waits for a free place: { $limit ->
    [one] { $limit } request runs
   *[other] { $limit } requests run
} at { $provider }, which is its limit
notice-resting = { $provider } is not asked for { $time }: { $n } failures in a row
notice-passed-over = { $model } is passed over for { $time }: its provider failed too often in a row
notice-not-recorded = what follows is not recorded: { $reason }
notice-hedged = nothing came for { $after }: { $model } is asked too
notice-fallback = { $to } is asked, because { $from }: { $cause }
notice-tool-refused = { $step } called the tool { $tool }, which it was not offered: nothing was done
notice-votes = votes: { $groups }
notice-votes-open = votes: { $groups }; no two agree
notice-checked-passes = { $step } passes the check
notice-checked-exit = { $step } does not pass the check: exit { $code }
notice-checked-why = { $step } does not pass the check: { $why }
notice-budget = { $percent } % of the { $scope } budget is spent: { $spent } of { $limit }
notice-refused = { $needed } would have to be held, and { $available } are there ({ $setting })
notice-provider-says = the provider says that this cost { $says }; by its price here it is { $charged }
scope-run = run's
scope-session = session's
scope-day = day's
scope-month = month's
scope-persona = persona's
scope-project = project's
scope-provider = provider's

# Prompt
price-free = free
queued = next { $n }:
queue-back = What waited is back in the editor, and was not sent.
queue-full = That many prompts wait already; yours is back in the editor.
no-such-command = There is no command /{ $name }. Press ctrl+p to see all of them.
no-such-profile = A profile is cheap, balanced or best.
no-such-effort = An effort is low, medium or high.
asked-effort = effort { $effort }
asked-with = From now on: { $what }
copied = Copied: { $bytes ->
    [one] { $bytes } byte
   *[other] { $bytes } bytes
}.
nothing-to-copy = There is no answer to copy yet.
no-code-to-copy = The last answer has no code.
nothing-to-undo = There is no finished run to undo.
nothing-to-compact = There is no conversation to compact, or it is busy.
undone = { $n ->
    [one] { $n } file is
   *[other] { $n } files are
} as before{ $left ->
    [0] .
   *[other] ; { $left } left alone: plyrum undo last
}
rewound = Taken back. Its text is in the editor.
rewind-hint = esc again takes the last turn back
quit-hint = ctrl+c again quits
run-goes-on = The run goes on: /runs finds it again.
run-goes-on-elsewhere = Run { $run } goes on in its own conversation: /attach { $run } shows it.
mouse-on = The wheel scrolls. Hold shift to select text.
mouse-off = The mouse is the terminal's: select text as usual.
keys-only-here = { $names } is set in this shell, but not in the daemon: plyrum daemon restart
answered-by = Answered by { $by }

# Daemon
link-down = { $why } · looking for it; nothing that you type is lost
link-back = The daemon is there again.
notify-approval = Plyrum: an action waits for your answer
notify-finished = Plyrum: the answer is there
farewell-run = The run { $run } goes on: plyrum runs attach { $run }
farewell-session = To go on: plyrum -s { $session }

# Lists
pick-command = What to do
pick-model = Model
pick-persona = Persona
pick-plan = Plan
pick-run = Runs
pick-any-model = the router chooses
pick-nothing = nothing fits

command-new = begin a new conversation
command-sessions = find, resume and copy conversations
command-resume = go on with a conversation: its id, or last
command-fork = copy this conversation
command-rename = name this conversation
command-rewind = take the last turns back
command-compact = put a summary in the place of older turns
command-model = choose a model, or auto
command-persona = choose a persona
command-plan = choose a plan: direct, moa, vote, …
command-profile = cheap, balanced or best
command-effort = low, medium or high: how long models think
command-approve = who may act: ask, read-only, workspace, plan
command-runs = the latest runs; attach to one that goes on
command-attach = follow a run by its id
command-lifecycle = the steps of the last run
command-finish = answer with the proposals that are there
command-approvals = questions that wait
command-undo = put back the files that the last run changed
command-copy = copy the last answer
command-code = copy the last block of code
command-details = show what was done whole, or in short
command-usage = money and usage
command-audit = the record
command-models = models, prices, health
command-mouse = let the wheel scroll, or leave the mouse alone
command-help = the keys
command-quit = leave; runs that go on are kept

# Help
help-title = Keys
help-everywhere = Everywhere
help-composer = While writing
help-pager = While reading (tab on an empty prompt)
help-approval = When an action is asked for
help-lifecycle = Steps
help-list = Lists
help-usage = Usage
help-line = While typing a line
help-commands = After /

# Lifecycle
lifecycle-step = step
lifecycle-model = model
lifecycle-state = state
lifecycle-first = first
lifecycle-time = time
lifecycle-tokens = tokens
lifecycle-cost = cost
lifecycle-more-steps = and { $n } more
lifecycle-proposals = { $have } of { $of } proposals
lifecycle-writes = { $model } writes
lifecycle-held = at most { $held }
lifecycle-none = No run to show yet.
lifecycle-none-more = Ask something: its steps appear here, live.
lifecycle-no-text = It has said nothing that is kept here.
lifecycle-not-droppable = Only a proposal that is still under way can be dropped.
phase-waiting = waits
phase-queued = queued
phase-connecting = asked
phase-first-token = begins
phase-streaming = writing
phase-done = done
phase-cut = cut short
phase-late = too late
phase-failed = failed
phase-cancelled = ended
phase-skipped = not needed
kind-answer = answers
kind-propose = proposes
kind-aggregate = writes the answer from proposals
kind-vote = takes the answer that most share
kind-select = picks one proposal
kind-tool = acts
quorum-quorum = Enough: { $have } of { $of } proposals
quorum-agreement = { $have } of { $of } proposals, and two agree
quorum-weighed-agreement = { $have } of { $of } proposals, and the weightiest agree
quorum-duplicates = { $have } of { $of } proposals, and they say the same
quorum-one-fits = { $have } of { $of } proposals can be used as it is
quorum-finish-now = Finished with { $have } of { $of } proposals, as you wished
quorum-code-with-tests = { $have } of { $of } proposals, and one passes the check
quorum-none-passed = { $have } of { $of } proposals, and none passes the check

# Approvals
approval-title = May this happen?
approval-place = { $at } of { $of }
approval-deadline = { $left } left
approval-create = create { $path }
approval-change = change { $path }
approval-remove = remove { $path }
approval-because = asked because { $why }
approval-rule = "always" would save this rule for this workspace:
approval-yes = yes, this once
approval-no = no
approval-why = no, and tell the model why
approval-end = no, and end the run
approval-session = yes, and the same in this session
approval-always = yes, and always in this workspace
approval-reason = why not?
approval-keys = a digit, or arrows and enter · esc is no
approval-more = ↓ { $n ->
    [one] { $n } more line
   *[other] { $n } more lines
}: pgdn
approval-sent = sent…
duration-seconds = { $n } s
duration-minutes = { $n } min
duration-hours = { $n } h
duration-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
screen-approvals-none = Nothing waits for an answer.
approvals-none-more = What runs of any client ask for, also deferred ones, appears here.

# The first screen
first-welcome = Welcome to Plyrum.
first-ready = What is it about?
first-looking = looking for models…
first-models = { $n ->
    [one] { $n } model
   *[other] { $n } models
} ready
first-offline-only = answers from the text that you give it: no key, no network, free
first-offline-too = quotes the text that it is given, free
first-try = **Press enter to try it now**, without any key.
first-add-key = Give a provider its key: `plyrum providers login openai`. Or export `OPENAI_API_KEY`, then `plyrum daemon restart`.
first-add-model = `plyrum providers list` shows all of them and why each is not used; `--scan` looks for local servers.
first-doctor = `plyrum doctor` says what was looked for and where.
first-ask = Write, and press **enter**. The price stands over the prompt before you send it.
first-commands = `/` begins a command, **ctrl+p** lists all of them, **?** the keys.
first-files = `@` names a file that goes along.
first-shell = `!` runs a command of yours, under the same policy as a model's.
first-resume = `/sessions` goes on with an earlier conversation.
try-prompt = What does Plyrum promise about money?
try-text =
    Plyrum is a workbench for talking to language models in a terminal. A daemon owns the keys, the money and the record; the screen only shows.
    Every request is held before it is sent, and no limit is ever passed. Plyrum promises that every figure about money is one number, exact to a millionth of a ruble, everywhere it is shown.
    Nothing runs without a policy or a recorded approval. A mixture of models shows its steps, its proposals and its price.
    Everything is at home in Russian and in any terminal.
