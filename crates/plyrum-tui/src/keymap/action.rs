//! What keys can mean, and where.

/// Where a key is pressed. What a context does not bind, [`Context::Everywhere`] may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Any screen.
    Everywhere,
    /// The prompt is being written.
    Composer,
    /// The conversation, or another long text, is read.
    Pager,
    /// A list: sessions, audit records, models, runs.
    List,
    /// The steps of a run.
    Lifecycle,
    /// A question about an action. No letter of any layout answers it.
    Approval,
    /// The usage dashboard.
    Usage,
    /// A line is typed: a filter, a name, a reason, the palette.
    Line,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the name is the meaning; the table in this folder describes each")]
pub enum Action {
    // Everywhere.
    Interrupt,
    QuitWhenEmpty,
    Suspend,
    Redraw,
    Palette,
    Help,
    CycleApproval,
    ToggleMouse,
    GoChat,
    GoLifecycle,
    GoApprovals,
    GoSessions,
    GoAudit,
    GoUsage,
    GoModels,
    /// Closes what is open, stops what runs, or takes back (twice).
    Escape,
    // The prompt.
    Send,
    Newline,
    CompleteOrQueue,
    Steer,
    SearchHistory,
    Editor,
    Left,
    Right,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
    DeleteBack,
    DeleteForward,
    DeleteWordBack,
    DeleteToStart,
    DeleteToEnd,
    DeleteWordForward,
    Yank,
    /// What was yanked becomes what was killed before it.
    YankPop,
    Undo,
    // Moving.
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    // Lists, pages, panes.
    Open,
    Search,
    NextPane,
    PreviousPane,
    Copy,
    CopyCode,
    Refresh,
    New,
    Fork,
    Rename,
    Delete,
    Verify,
    // Lifecycle.
    Drop,
    FinishNow,
    // Approvals: the digit means the same at every question.
    Answer(u8),
    Confirm,
    // Usage.
    Expand,
    Freeze,
    Export,
    Period,
    Filter,
    ClearFilter,
}
