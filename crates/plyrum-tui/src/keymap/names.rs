//! The names of contexts and actions in the user's file: English and stable, for a file outlives a version.

use super::{Action, Context};

const CONTEXTS: &[(Context, &str)] = &[
    (Context::Everywhere, "everywhere"),
    (Context::Composer, "composer"),
    (Context::Pager, "pager"),
    (Context::List, "list"),
    (Context::Lifecycle, "lifecycle"),
    (Context::Approval, "approval"),
    (Context::Usage, "usage"),
    (Context::Line, "line"),
];

const ACTIONS: &[(Action, &str)] = &[
    (Action::Interrupt, "interrupt"),
    (Action::QuitWhenEmpty, "quit-when-empty"),
    (Action::Suspend, "suspend"),
    (Action::Redraw, "redraw"),
    (Action::Palette, "palette"),
    (Action::Help, "help"),
    (Action::CycleApproval, "cycle-approval"),
    (Action::ToggleMouse, "toggle-mouse"),
    (Action::GoChat, "go-chat"),
    (Action::GoLifecycle, "go-lifecycle"),
    (Action::GoApprovals, "go-approvals"),
    (Action::GoSessions, "go-sessions"),
    (Action::GoAudit, "go-audit"),
    (Action::GoUsage, "go-usage"),
    (Action::GoModels, "go-models"),
    (Action::Escape, "escape"),
    (Action::Send, "send"),
    (Action::Newline, "newline"),
    (Action::CompleteOrQueue, "complete-or-queue"),
    (Action::Steer, "steer"),
    (Action::SearchHistory, "search-history"),
    (Action::Editor, "editor"),
    (Action::Left, "left"),
    (Action::Right, "right"),
    (Action::WordLeft, "word-left"),
    (Action::WordRight, "word-right"),
    (Action::LineStart, "line-start"),
    (Action::LineEnd, "line-end"),
    (Action::DeleteBack, "delete-back"),
    (Action::DeleteForward, "delete-forward"),
    (Action::DeleteWordBack, "delete-word-back"),
    (Action::DeleteWordForward, "delete-word-forward"),
    (Action::DeleteToStart, "delete-to-start"),
    (Action::DeleteToEnd, "delete-to-end"),
    (Action::Yank, "yank"),
    (Action::YankPop, "yank-pop"),
    (Action::Undo, "undo"),
    (Action::Up, "up"),
    (Action::Down, "down"),
    (Action::PageUp, "page-up"),
    (Action::PageDown, "page-down"),
    (Action::Top, "top"),
    (Action::Bottom, "bottom"),
    (Action::Open, "open"),
    (Action::Search, "search"),
    (Action::NextPane, "next-pane"),
    (Action::PreviousPane, "previous-pane"),
    (Action::Copy, "copy"),
    (Action::CopyCode, "copy-code"),
    (Action::Refresh, "refresh"),
    (Action::New, "new"),
    (Action::Fork, "fork"),
    (Action::Rename, "rename"),
    (Action::Delete, "delete"),
    (Action::Verify, "verify"),
    (Action::Drop, "drop"),
    (Action::FinishNow, "finish-now"),
    (Action::Answer(1), "answer-1"),
    (Action::Answer(2), "answer-2"),
    (Action::Answer(3), "answer-3"),
    (Action::Answer(4), "answer-4"),
    (Action::Answer(5), "answer-5"),
    (Action::Answer(6), "answer-6"),
    (Action::Answer(7), "answer-7"),
    (Action::Answer(8), "answer-8"),
    (Action::Answer(9), "answer-9"),
    (Action::Confirm, "confirm"),
    (Action::Expand, "expand"),
    (Action::Freeze, "freeze"),
    (Action::Export, "export"),
    (Action::Period, "period"),
    (Action::Filter, "filter"),
    (Action::ClearFilter, "clear-filter"),
];

impl Context {
    /// All contexts, in the order of help and documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        CONTEXTS.iter().map(|(context, _)| *context)
    }

    /// Its name in the user's file.
    #[must_use]
    pub fn name(self) -> &'static str {
        CONTEXTS.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    /// The context of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        CONTEXTS.iter().find(|(_, known)| *known == name).map(|(context, _)| *context)
    }
}

impl Action {
    /// All actions that have a name.
    pub fn all() -> impl Iterator<Item = Self> {
        ACTIONS.iter().map(|(action, _)| *action)
    }

    /// Its name in the user's file.
    #[must_use]
    pub fn name(self) -> &'static str {
        ACTIONS.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    /// The action of that name, written with `-` or `_`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.replace('_', "-");
        ACTIONS.iter().find(|(_, known)| *known == name).map(|(action, _)| *action)
    }
}
