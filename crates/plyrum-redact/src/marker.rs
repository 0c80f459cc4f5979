//! The text that stands where a secret stood: `«redacted:rule:hmac8»`.
//!
//! The fingerprint is keyed with the installation's own key, so that a reader of a shared transcript
//! cannot test guesses against it, while its owner can see that two places held the same secret.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Rule name of known secrets.
pub(crate) const KNOWN: &str = "known";

/// Makes markers with one installation's key.
pub(crate) struct Marker {
    keyed: Hmac<Sha256>,
}

impl Marker {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub(crate) fn new(install_key: [u8; 32]) -> Self {
        Self { keyed: Hmac::new_from_slice(&install_key).expect("HMAC takes keys of any length") }
    }

    /// `«redacted:rule:` + the first 8 hex digits of HMAC-SHA256(install key, secret) + `»`.
    pub(crate) fn of(&self, rule: &str, secret: &[u8]) -> String {
        let tag = self.keyed.clone().chain_update(secret).finalize().into_bytes();
        let mut marker = format!("«redacted:{rule}:");
        for byte in tag.iter().take(4) {
            marker.push(hex_digit(byte >> 4));
            marker.push(hex_digit(byte & 15));
        }
        marker.push('»');
        marker
    }
}

/// Whether a known secret is itself a word of the markers: redacting it would redact redactions for ever.
pub(crate) fn is_marker_word(secret: &str, rules: impl Iterator<Item = &'static str>) -> bool {
    std::iter::once(KNOWN).chain(rules).any(|rule| format!("«redacted:{rule}:").contains(secret))
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}
