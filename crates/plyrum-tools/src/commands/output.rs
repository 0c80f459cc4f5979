//! A command's output: decoded as it comes, streamed up to a bound, kept by its two ends.

use std::fmt::Write as _;

/// Bytes kept of the beginning, and as many of the end.
pub const KEPT_BYTES: usize = 24 * 1024;
/// Bytes streamed while the command runs; after that only counts are.
pub const STREAMED_BYTES: usize = 256 * 1024;
/// A command that writes more is ended.
pub const MAX_OUTPUT_BYTES: u64 = 64 * 1024 * 1024;

/// A piece of a running command's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// Text as it came.
    Text(String),
    /// Enough was streamed: so many bytes have come in all.
    Total {
        /// Bytes.
        bytes: u64,
    },
}

/// Collects the output of one command in bounded memory.
#[derive(Debug, Default)]
pub(super) struct Output {
    decoder: Decoder,
    head: String,
    tail: String,
    /// Bytes of text in all, decoded.
    decoded: u64,
    /// Bytes that came.
    pub(super) total: u64,
    streamed: usize,
    pending: String,
    told: u64,
}

impl Output {
    /// Takes what came.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let mut text = String::new();
        self.decoder.push(bytes, &mut text);
        self.keep(&text);
    }

    /// No more will come.
    pub(super) fn end(&mut self) {
        let mut text = String::new();
        self.decoder.end(&mut text);
        self.keep(&text);
    }

    fn keep(&mut self, text: &str) {
        self.decoded += text.len() as u64;
        let (now, _) = split_at_most(text, STREAMED_BYTES.saturating_sub(self.streamed));
        self.pending.push_str(now);
        self.streamed = if now.len() == text.len() { self.streamed + now.len() } else { STREAMED_BYTES };
        let room = if self.tail.is_empty() { KEPT_BYTES - self.head.len().min(KEPT_BYTES) } else { 0 };
        let (head, rest) = split_at_most(text, room);
        self.head.push_str(head);
        self.tail.push_str(rest);
        if self.tail.len() > 2 * KEPT_BYTES {
            self.trim();
        }
    }

    fn trim(&mut self) {
        let mut from = self.tail.len().saturating_sub(KEPT_BYTES);
        while !self.tail.is_char_boundary(from) {
            from += 1;
        }
        self.tail.drain(..from);
    }

    /// Something to stream, if there is.
    pub(super) fn take_chunk(&mut self) -> Option<Chunk> {
        if !self.pending.is_empty() {
            return Some(Chunk::Text(std::mem::take(&mut self.pending)));
        }
        let more = self.streamed >= STREAMED_BYTES && self.total > self.told;
        more.then(|| {
            self.told = self.total;
            Chunk::Total { bytes: self.total }
        })
    }

    /// Whether text waits to be streamed.
    pub(super) fn has_text(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The two ends, with a line between that says what is left out, and whether anything is.
    pub(super) fn finish(mut self) -> (String, bool) {
        if self.tail.len() > KEPT_BYTES {
            self.trim();
        }
        let left_out = self.decoded - (self.head.len() + self.tail.len()) as u64;
        if left_out > 0 {
            let _ = write!(self.head, "\n[… {left_out} bytes left out …]\n");
        }
        self.head.push_str(&self.tail);
        (self.head, left_out > 0)
    }
}

/// The longest beginning of at most `most` bytes that ends between characters, and the rest.
fn split_at_most(text: &str, most: usize) -> (&str, &str) {
    let mut at = most.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text.split_at(at)
}

/// UTF-8 over the borders of pieces; what is none becomes U+FFFD.
#[derive(Debug, Default)]
struct Decoder {
    /// The beginning of a character, at most three bytes.
    held: Vec<u8>,
}

impl Decoder {
    fn push(&mut self, bytes: &[u8], into: &mut String) {
        self.held.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.held);
        let mut seen = 0;
        for chunk in bytes.utf8_chunks() {
            into.push_str(chunk.valid());
            seen += chunk.valid().len() + chunk.invalid().len();
            if chunk.invalid().is_empty() {
                continue;
            }
            if seen == bytes.len() && is_beginning(chunk.invalid()) {
                self.held = chunk.invalid().to_vec();
            } else {
                into.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }

    fn end(&mut self, into: &mut String) {
        if !std::mem::take(&mut self.held).is_empty() {
            into.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Whether more bytes could make a character of these.
fn is_beginning(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collected(pieces: &[&[u8]]) -> String {
        let mut output = Output::default();
        for piece in pieces {
            output.push(piece);
        }
        output.end();
        output.finish().0
    }

    #[test]
    fn characters_survive_every_split_and_rubbish_is_marked() {
        let text = "a\u{431}\u{20ac}\u{1f600}z".as_bytes();
        for at in 0..=text.len() {
            assert_eq!(collected(&[&text[..at], &text[at..]]).as_bytes(), text, "{at}");
        }
        let single: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(collected(&single).as_bytes(), text);
        assert_eq!(collected(&[b"a\xffb\xe2\x82", b"c\xf0\x9f"]), "a\u{fffd}b\u{fffd}c\u{fffd}");
    }

    #[test]
    fn a_flood_keeps_both_ends_and_says_what_is_missing() {
        let mut output = Output::default();
        output.push(b"begin ");
        for _ in 0..4000 {
            output.push("\u{431}".repeat(500).as_bytes());
        }
        output.push(b" end");
        output.end();
        let mut streamed = 0;
        while let Some(Chunk::Text(text)) = output.take_chunk() {
            streamed += text.len();
        }
        assert!(streamed <= STREAMED_BYTES && streamed > STREAMED_BYTES - 4);
        assert_eq!(output.total, 4_000_010);
        let (text, cut) = output.finish();
        assert!(
            cut && text.starts_with("begin ") && text.ends_with(" end") && text.contains("bytes left out")
        );
        assert!(text.len() <= 2 * KEPT_BYTES + 64);
        let missing: u64 = text.split("[… ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let mark = format!("\n[… {missing} bytes left out …]\n").len();
        assert_eq!(missing + (text.len() - mark) as u64, 4_000_010);
    }

    #[test]
    fn what_fits_is_whole() {
        let whole = "x".repeat(2 * KEPT_BYTES);
        assert_eq!(collected(&[whole.as_bytes()]), whole);
    }
}
