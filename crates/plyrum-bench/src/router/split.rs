//! Which prompts are learned from and which are scored: by the hash of their text, so that the same text never
//! stands on both sides, whatever file it comes from.

use sha2::{Digest, Sha256};

/// Parts for predictions of every row: each part is predicted by what was learned from the others.
pub(super) const PARTS: u8 = 5;

/// Where a prompt belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Whether the shipped weights learn from it: the first byte of its hash is even. The others are scored.
    pub learned: bool,
    /// Its part, by the second byte.
    pub part: u8,
}

/// The place of a prompt: SHA-256 of its letters and digits, small, words separated by one space.
pub(super) fn place(prompt: &str) -> Place {
    let hash = Sha256::digest(normalised(prompt));
    let byte = |at: usize| hash.get(at).copied().unwrap_or(0);
    Place { learned: byte(0).is_multiple_of(2), part: byte(1) % PARTS }
}

fn normalised(prompt: &str) -> String {
    let small = prompt.to_lowercase();
    let words: Vec<&str> =
        small.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// SHA-256.
pub(super) fn sha256_bytes(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    sha256_bytes(bytes).iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_stand_on_one_side() {
        assert_eq!(place("What is  it?"), place("what IS it"));
        let learned = (0..1000).filter(|number| place(&format!("prompt {number}")).learned).count();
        assert!((400..600).contains(&learned), "{learned}");
    }
}
