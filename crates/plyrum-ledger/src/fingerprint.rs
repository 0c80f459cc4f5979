//! Telling a repeat from a reuse: the same id with the same content is a repeat and gets the first answer.
//!
//! Content is hashed as JSON of types whose maps are ordered, so equal values give equal text. Times are
//! left out: a repeat comes later than the first.

use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::LedgerError;

/// SHA-256 of a value's JSON, in hex.
pub(crate) fn of(value: &impl Serialize) -> Result<String, LedgerError> {
    let digest = Sha256::digest(serde_json::to_vec(value)?);
    Ok(digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn equal_content_has_equal_prints_and_other_content_another() {
        let print = |value: &(&str, i64)| super::of(value).unwrap();
        assert_eq!(print(&("a", 1)), print(&("a", 1)));
        assert_ne!(print(&("a", 1)), print(&("a", 2)));
        assert_eq!(print(&("a", 1)).len(), 64);
    }
}
