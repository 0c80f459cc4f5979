//! Content hashes as version ids.
//!
//! A usage row names the price and rate that it was charged with. An id that is the hash of the content
//! cannot come to mean something else later, and needs no counter that two installs would disagree on.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The first 128 bits of SHA-256 over the value's JSON, in hex. The JSON is canonical because it comes
/// from structs (fields in their order) and ordered maps, never from a hash map or an untyped value.
pub(crate) fn of(content: &impl Serialize) -> String {
    use std::fmt::Write;

    // Writing JSON into memory fails only for maps with keys that are no strings; ours all are.
    let json = serde_json::to_vec(content).unwrap_or_default();
    let digest = Sha256::digest(&json);
    digest.iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_pinned_so_that_stored_versions_stay_valid() {
        // printf '{"a":1}' | sha256sum
        let content = std::collections::BTreeMap::from([("a", 1)]);
        assert_eq!(of(&content), "015abd7f5cc57a2dd94b7590f04ad808");
    }
}
