//! Telling a repeat from a reuse: the same id with the same content is a repeat and gets the first answer.
//!
//! Content is hashed as JSON of types whose maps are ordered, so equal values give equal text. Times are
//! left out: a repeat comes later than the first.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::LedgerError;

/// The first 128 bits of SHA-256: ids are the caller's own, so nobody looks for two contents with one print.
pub(crate) type Print = [u8; 16];

/// The print of a value's JSON.
pub(crate) fn of(value: &impl Serialize) -> Result<Print, LedgerError> {
    let digest = Sha256::digest(serde_json::to_vec(value)?);
    let mut print = Print::default();
    print.iter_mut().zip(digest).for_each(|(byte, of_digest)| *byte = of_digest);
    Ok(print)
}

#[cfg(test)]
mod tests {
    #[test]
    fn equal_content_has_equal_prints_and_other_content_another() {
        let print = |value: &(&str, i64)| super::of(value).unwrap();
        assert_eq!(print(&("a", 1)), print(&("a", 1)));
        assert_ne!(print(&("a", 1)), print(&("a", 2)));
    }
}
