# How an action is shown before somebody allows it. Exact: what could hide or lie is made visible by the code around.

## The action

action-files = { $n ->
    [one] { $n } file
   *[other] { $n } files
}
action-not-understood = { $tool } (not understood)
action-todo = to do:
action-file-create = create { $path }
action-file-remove = remove { $path }
action-file-change = change { $path }
action-around = in { $place }, at most { $seconds } s, no network
action-around-network = in { $place }, at most { $seconds } s, WITH NETWORK
action-check = once for each of up to { $n } proposals, until one passes: written to { $file } of a copy of the workspace, in the sandbox
action-search = { $tool } { $pattern } in { $path }

## Why, until when, by whom

action-row = { $approval }  { $status }  run { $run }
action-why = asked because { $why }
action-rule-for = --session and --always allow in this workspace:
action-rule-would = "always" would allow here:
action-answer-before = answer before { $deadline }: plyrum approve { $approval }
action-by = by { $by }
action-by-because = by { $by }: { $reason }
approval-pending = pending
approval-approved = approved
approval-denied = denied
approval-expired = expired
approval-executed = executed

## How it ended

action-exit = exit { $code }
action-done = done
action-failed = failed: { $why }
action-changed = { $n ->
    [one] { $n } file
   *[other] { $n } files
} changed

## The question at the terminal

choose-help = a digit, or arrows and enter; esc is no
choose-once = yes, this once
choose-no = no
choose-no-why = no, and tell the model why
choose-no-end = no, and end the run
choose-session = yes, and the same in this session
choose-always = yes, and always in this workspace
choose-reason = why not?
