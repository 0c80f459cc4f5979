//! The handshake: each side says which protocol versions it speaks before anything else.
//!
//! `daemon/status`, `daemon/drain` and `daemon/stop` belong to protocol 0 and work between any two
//! versions, for ever; so a client that cannot agree can still ask an older daemon to make room.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The oldest protocol version that this build speaks (beside protocol 0).
pub const PROTO_MIN: u32 = 1;
/// The newest protocol version that this build speaks.
pub const PROTO_MAX: u32 = 1;

/// The first message of both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// Oldest version spoken.
    pub proto_min: u32,
    /// Newest version spoken.
    pub proto_max: u32,
    /// Version of the program, for messages to people.
    pub build: String,
    /// Version of the JSON shapes (`schema` in a result).
    pub schema: u32,
    /// Names of the provider key variables that the client's environment has. Names only, never values:
    /// they let the daemon say "that key is set in your shell, not in the daemon".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_names: Vec<String>,
}

impl Hello {
    /// What this build says of itself.
    pub fn of_this_build() -> Self {
        Self {
            proto_min: PROTO_MIN,
            proto_max: PROTO_MAX,
            build: env!("CARGO_PKG_VERSION").to_owned(),
            schema: 1,
            key_names: Vec::new(),
        }
    }
}

/// Two sides that have no version in common.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this plyrum speaks protocol {}..{} and the other side ({}) speaks {}..{}",
    ours.proto_min, ours.proto_max, theirs.build, theirs.proto_min, theirs.proto_max
)]
pub struct Incompatible {
    /// What this side speaks.
    pub ours: Box<Hello>,
    /// What the other side speaks.
    pub theirs: Box<Hello>,
}

/// The newest version that both sides speak.
pub fn agree(ours: &Hello, theirs: &Hello) -> Result<u32, Incompatible> {
    let newest = ours.proto_max.min(theirs.proto_max);
    if newest >= ours.proto_min.max(theirs.proto_min) {
        return Ok(newest);
    }
    Err(Incompatible { ours: Box::new(ours.clone()), theirs: Box::new(theirs.clone()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaks(proto_min: u32, proto_max: u32) -> Hello {
        Hello { proto_min, proto_max, ..Hello::of_this_build() }
    }

    #[test]
    fn the_newest_common_version_wins() {
        assert_eq!(agree(&speaks(1, 3), &speaks(2, 5)), Ok(3));
    }

    #[test]
    fn no_common_version_says_what_each_side_speaks() {
        let error = agree(&speaks(1, 1), &speaks(2, 3)).unwrap_err().to_string();
        assert!(error.contains("1..1") && error.contains("2..3"), "{error}");
    }
}
