//! Lines of a file, one at a time, in bounded memory and with their byte offsets.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::{AuditError, LINE_MAX_BYTES};

/// How often an unfinished last line is looked at again, in case its other half is being written.
const END_LOOKS: u32 = 8;

/// One line without its newline.
#[derive(Debug)]
pub(crate) struct Line<'b> {
    pub(crate) bytes: &'b [u8],
    /// Whether a newline ended it; only the last line of a file can lack one.
    pub(crate) complete: bool,
    /// Whether it is longer than [`LINE_MAX_BYTES`] (then `bytes` is its beginning).
    pub(crate) too_long: bool,
    /// Number in the file, from 1.
    pub(crate) number: u64,
    /// Where it begins.
    pub(crate) offset: u64,
}

/// Reads lines.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    number: u64,
    offset: u64,
}

impl Lines<BufReader<File>> {
    pub(crate) fn open(path: &Path) -> Result<Self, AuditError> {
        let file = File::open(path).map_err(AuditError::io("open", path))?;
        Ok(Self::new(BufReader::with_capacity(256 * 1024, file)))
    }
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), number: 0, offset: 0 }
    }

    /// The next line, or `None` at the end of the file.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let (offset, mut too_long, mut looks) = (self.offset, false, 0);
        let complete = loop {
            let chunk = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if chunk.is_empty() && self.offset > offset && looks < END_LOOKS {
                looks += 1; // the writer may be in the middle of this line
                std::thread::yield_now();
                continue;
            }
            if chunk.is_empty() {
                break false;
            }
            let newline = chunk.iter().position(|b| *b == b'\n');
            let text = chunk.get(..newline.unwrap_or(chunk.len())).unwrap_or_default();
            let room = LINE_MAX_BYTES - self.buffer.len();
            too_long |= text.len() > room;
            self.buffer.extend(text.iter().take(room));
            let used = newline.map_or(chunk.len(), |at| at + 1);
            self.reader.consume(used);
            self.offset += used as u64;
            if newline.is_some() {
                break true;
            }
        };
        if self.offset == offset {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(Line { bytes: &self.buffer, complete, too_long, number: self.number, offset }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_with_numbers_offsets_and_the_missing_newline() {
        let mut lines = Lines::new(BufReader::with_capacity(3, &b"one\n\nthree\nfo"[..]));
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            seen.push((
                line.number,
                line.offset,
                String::from_utf8(line.bytes.to_vec()).unwrap(),
                line.complete,
            ));
        }
        let expected = [(1, 0, "one", true), (2, 4, "", true), (3, 5, "three", true), (4, 11, "fo", false)];
        assert_eq!(seen, expected.map(|(n, o, t, c)| (n, o, t.to_owned(), c)));
    }

    #[test]
    fn a_line_without_end_takes_bounded_memory() {
        let text = vec![b'x'; LINE_MAX_BYTES * 3];
        let mut lines = Lines::new(&text[..]);
        let line = lines.next().unwrap().unwrap();
        assert!(line.too_long && line.bytes.len() == LINE_MAX_BYTES);
    }
}
