//! Complete lines of a log, one at a time, in bounded memory.

use std::io::{self, Read};

use crate::LINE_MAX_BYTES;

/// A complete line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken<'b> {
    /// Its bytes, without the newline.
    Whole(&'b [u8]),
    /// Longer than [`LINE_MAX_BYTES`].
    TooLong,
}

/// Reads lines; one without its newline at the end of the file is not there yet.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    source: plyrum_jsonl::Lines<R>,
    /// Lines read.
    pub(crate) number: u64,
    /// Bytes of the lines read, their newlines included.
    pub(crate) offset: u64,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source: plyrum_jsonl::Lines::new(source, LINE_MAX_BYTES), number: 0, offset: 0 }
    }

    /// The next complete line.
    pub(crate) fn next(&mut self) -> io::Result<Option<Taken<'_>>> {
        Ok(self.next_placed()?.map(|(_, _, taken)| taken))
    }

    /// The next complete line with where it begins and its bytes, newline included.
    pub(crate) fn next_placed(&mut self) -> io::Result<Option<(u64, u64, Taken<'_>)>> {
        let Some(line) = self.source.next()?.filter(|line| line.complete) else { return Ok(None) };
        self.number += 1;
        self.offset += line.length;
        let taken = if line.too_long { Taken::TooLong } else { Taken::Whole(line.bytes) };
        Ok(Some((line.offset, line.length, taken)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complete_lines_come_and_say_where_they_are() {
        let mut lines = Lines::new(&b"one\n\ntw"[..]);
        assert_eq!(lines.next_placed().unwrap(), Some((0, 4, Taken::Whole(b"one"))));
        assert_eq!(lines.next_placed().unwrap(), Some((4, 1, Taken::Whole(b""))));
        assert_eq!(lines.next().unwrap(), None);
        assert_eq!((lines.number, lines.offset), (2, 5), "what is not there yet does not count");
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_with_all_its_bytes() {
        let mut text = vec![b'x'; LINE_MAX_BYTES * 2];
        text.extend_from_slice(b"\nnext\n");
        let mut lines = Lines::new(&text[..]);
        let length = LINE_MAX_BYTES as u64 * 2 + 1;
        assert_eq!(lines.next_placed().unwrap(), Some((0, length, Taken::TooLong)));
        assert_eq!(lines.next_placed().unwrap(), Some((length, 5, Taken::Whole(b"next"))));
    }
}
