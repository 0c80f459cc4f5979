//! Names of models and providers.
//!
//! Ids go into tables, logs, ledgers and terminals, so they are bounded and printable by construction.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

const MAX_BYTES: usize = 128;

/// Why a text is not an id. Says what is wrong without repeating a text that may be long or unprintable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// More than 128 bytes.
    #[error("is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// A control or invisible character, or a blank.
    #[error("has a blank or a control character")]
    Unprintable,
}

fn check(id: &str) -> Result<(), InvalidId> {
    // Zero-width and direction marks: they would make two different ids look the same.
    let invisible = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    if id.is_empty() {
        return Err(InvalidId::Empty);
    }
    if id.len() > MAX_BYTES {
        return Err(InvalidId::TooLong);
    }
    if id.chars().any(|c| c.is_control() || c.is_whitespace() || invisible(c)) {
        return Err(InvalidId::Unprintable);
    }
    Ok(())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and takes `id`: 1 to 128 bytes, no blanks, control or invisible characters.
            pub fn new(id: impl Into<String>) -> Result<Self, InvalidId> {
                let id = id.into();
                check(&id).map(|()| Self(id))
            }

            /// The id as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(id: String) -> Result<Self, InvalidId> {
                Self::new(id)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A model as the user names it: `lab/fast`. Not the name that goes over the wire.
    ModelId
}
id! {
    /// A provider as the user names it: `lab`.
    ProviderId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_printable() {
        for good in ["lab/fast", "a", "модель/быстрая", &"x".repeat(128)] {
            assert_eq!(ModelId::new(good).unwrap().as_str(), good);
        }
        assert_eq!(ModelId::new(""), Err(InvalidId::Empty));
        assert_eq!(ModelId::new("x".repeat(129)), Err(InvalidId::TooLong));
        for bad in ["a b", "a\n", "\u{1b}[31m", "a\u{a0}b", "a\u{202e}b", "a\u{200b}"] {
            assert_eq!(ProviderId::new(bad), Err(InvalidId::Unprintable), "{bad:?}");
        }
    }

    #[test]
    fn json_is_the_bare_text_and_is_checked_when_read() {
        let id = ModelId::new("lab/fast").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""lab/fast""#);
        assert_eq!(serde_json::from_str::<ModelId>(r#""lab/fast""#).unwrap(), id);
        assert!(serde_json::from_str::<ModelId>(r#""a b""#).is_err());
    }
}
