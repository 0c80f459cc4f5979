//! The closed list of error kinds, and the exit code of each: one table feeds the commands, `--help` and
//! the documentation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($( $name:ident $text:literal $exit:literal $when:literal, )*) => {
        /// What went wrong, as one word that scripts can rely on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum ErrorKind {
            $( #[doc = $when] #[serde(rename = $text)] $name, )*
        }

        impl ErrorKind {
            /// Every kind, in the order of the table in the documentation.
            pub const ALL: &'static [ErrorKind] = &[$( ErrorKind::$name, )*];

            /// The word used in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $( ErrorKind::$name => $text, )* }
            }

            /// The process exit code.
            pub const fn exit_code(self) -> u8 {
                match self { $( ErrorKind::$name => $exit, )* }
            }

            /// When it happens, in a few words.
            pub const fn when(self) -> &'static str {
                match self { $( ErrorKind::$name => $when, )* }
            }
        }
    };
}

kinds! {
    Failed "failed" 1 "the run failed in a way that has no kind of its own",
    ProviderRejected "provider_rejected" 1 "the provider refused the request (400, 404 of a catalogued model)",
    ContextTooLong "context_too_long" 1 "the prompt does not fit the model's context (or 413)",
    Storage "storage" 1 "disk full or not writable",
    Interrupted "interrupted" 1 "the daemon died in the middle of the run",
    CancelledElsewhere "cancelled_elsewhere" 1 "another client cancelled the run",
    Internal "internal" 1 "a fault in Plyrum itself",
    Usage "usage" 2 "a wrong flag or argument; stdin is not UTF-8 or over 16 MiB",
    NotFound "not_found" 2 "no such model, persona, plan, policy or id",
    Ambiguous "ambiguous" 2 "an id prefix fits several",
    Config "config" 3 "a broken configuration file; a home directory that is refused",
    Auth "auth" 3 "a key is missing or was refused (401, 403)",
    ProviderUnavailable "provider_unavailable" 4 "DNS, connect, TLS, time-outs, 408, 429, 5xx after the retry rule",
    ApprovalDenied "approval_denied" 5 "a person denied an action and ended the run",
    ApprovalNeeded "approval_needed" 5 "an action would have to be asked for, and nobody is there",
    Parked "parked" 5 "the run waits for a deferred approval",
    Budget "budget" 6 "a budget of yours would be passed",
    Balance "balance" 6 "the prepaid balance does not cover it",
    PriceUnknown "price_unknown" 6 "a price is not known, so it cannot be promised",
    ProviderQuota "provider_quota" 6 "the provider's own credit or quota is used up (402)",
    DaemonUnreachable "daemon_unreachable" 7 "the daemon did not start or does not answer",
    VersionMismatch "version_mismatch" 7 "client and daemon speak different protocol versions",
    SchemaNotMet "schema_not_met" 8 "the answer does not fit the schema after one repair",
    TurnLimit "turn_limit" 9 "--max-turns was reached",
    Timeout "timeout" 9 "--timeout was reached",
    Cancelled "cancelled" 130 "Ctrl-C (143: SIGTERM)",
}

/// An error as a user meets it: what happened, with whose input, and what to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The word for scripts; decides the exit code.
    pub kind: ErrorKind,
    /// What happened, with whose input. Never holds a secret.
    pub message: String,
    /// What to try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Fault {
    /// A fault without a hint.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// The same fault with what to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_the_published_ones() {
        let codes: Vec<u8> = ErrorKind::ALL.iter().map(|k| k.exit_code()).collect();
        assert_eq!(codes, [1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 5, 6, 6, 6, 6, 7, 7, 8, 9, 9, 130]);
    }

    #[test]
    fn the_json_word_is_the_one_in_the_table() {
        for kind in ErrorKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
