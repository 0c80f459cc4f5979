//! Newtype ids, so that a run is never passed where a session is meant.
//!
//! Ids are short and git-like: commands accept any unambiguous prefix. They are made by whoever creates
//! the thing (a client makes the run's id, which makes a repeated submit idempotent), so they are checked
//! at the boundary: they become file names and SQL keys.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest accepted id, in bytes.
const MAX_ID_BYTES: usize = 96;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{shown}` is not an id: use 1 to {MAX_ID_BYTES} of a-z, 0-9, `-`, `.` and `_`, not starting with `.` or `-`"
)]
pub struct InvalidId {
    shown: String,
}

fn check(text: &str) -> Result<(), InvalidId> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '_');
    let starts_well = !text.starts_with(['.', '-']);
    if !text.is_empty() && text.len() <= MAX_ID_BYTES && starts_well && text.chars().all(plain) {
        return Ok(());
    }
    Err(InvalidId { shown: text.chars().take(40).flat_map(char::escape_debug).collect() })
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text and makes it an id.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                check(&text)?;
                Ok(Self(text))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

id!(
    /// One submitted prompt. Made by the client.
    RunId
);
id!(
    /// One conversation. Made by the daemon.
    SessionId
);
id!(
    /// One node of a run's plan, by its name in the plan file (`answer`, `propose-2`).
    StepId
);
id!(
    /// One request to one provider: `<run>.<n>`, counted from 1 within the run.
    AttemptId
);
id!(
    /// A piece of text that a client uploads before it submits.
    AttachmentId
);

id!(
    /// One tool call of a run: `<run>.c<n>`, counted from 1 within the run.
    CallId
);
id!(
    /// One question whether a tool action may run. Made by the daemon.
    ApprovalId
);

impl CallId {
    /// The `n`-th call of a run.
    #[must_use]
    pub fn of(run: &RunId, n: u32) -> Self {
        Self(format!("{run}.c{n}"))
    }
}

impl ApprovalId {
    /// The question about the `n`-th call of a run; there is at most one.
    #[must_use]
    pub fn of(run: &RunId, n: u32) -> Self {
        Self(format!("{run}.a{n}"))
    }
}

impl AttemptId {
    /// The `n`-th attempt of a run. Total order within the run is the order of `n`.
    #[must_use]
    pub fn of(run: &RunId, n: u32) -> Self {
        Self(format!("{run}.{n}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_safe_as_file_names_and_keys() {
        for good in ["a", "3f9a21cc", "propose-2", "3f9a.12", "moa_lead"] {
            assert_eq!(StepId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "..", ".a", "-a", "a/b", "A", "a b", "é", "a\n", &"a".repeat(97)] {
            assert!(RunId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_bad_id_is_refused_while_decoding() {
        assert!(serde_json::from_str::<RunId>("\"../../etc\"").is_err());
    }
}
