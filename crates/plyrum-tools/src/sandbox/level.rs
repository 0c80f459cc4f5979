//! How much a sandbox keeps a command from doing.

use std::fmt;
use std::str::FromStr;

/// What stands between a command and the machine, strongest last: levels compare by strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// No sandbox: limits, a clean environment and a supervised end only. Every action asks.
    None,
    /// Landlock and seccomp: for actions that only read.
    Lower,
    /// bubblewrap and seccomp: the only level at which a policy may allow commands by itself.
    Full,
}

impl Level {
    /// The word used in JSON and in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lower => "lower",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no sandbox level: full, lower or none")]
pub struct UnknownLevel(String);

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(word: &str) -> Result<Self, UnknownLevel> {
        [Self::None, Self::Lower, Self::Full]
            .into_iter()
            .find(|level| level.as_str() == word)
            .ok_or_else(|| UnknownLevel(word.to_owned()))
    }
}
