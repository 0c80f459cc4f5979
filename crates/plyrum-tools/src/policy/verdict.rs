//! What a policy answers.

use serde::Deserialize;

/// What a policy says to an action. The order is that of strictness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may run.
    Allow,
    /// A person is asked.
    Ask,
    /// It may not run.
    Deny,
}

impl Verdict {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// A verdict with the rule that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Allow, ask or deny.
    pub verdict: Verdict,
    /// The rule's name, or what it matches; none where no rule speaks.
    pub rule: Option<String>,
    /// The file that decided, as it was named when it was read.
    pub file: String,
    /// The rule's line in it, from 1.
    pub line: Option<u32>,
    /// Why, and what would help.
    pub reason: String,
    /// Whether the rule lets the command use the network, which nothing else does.
    pub network: bool,
}
