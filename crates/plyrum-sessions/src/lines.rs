//! Complete lines of a log, one at a time, in bounded memory.

use std::io::{self, BufRead};

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
    reader: R,
    buffer: Vec<u8>,
    /// Lines read.
    pub(crate) number: u64,
    /// Bytes of the lines read, their newlines included.
    pub(crate) offset: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), number: 0, offset: 0 }
    }

    /// The next complete line.
    pub(crate) fn next(&mut self) -> io::Result<Option<Taken<'_>>> {
        Ok(self.fill()?.map(|too_long| self.taken(too_long)))
    }

    /// The next complete line with where it begins and its bytes, newline included.
    pub(crate) fn next_placed(&mut self) -> io::Result<Option<(u64, u64, Taken<'_>)>> {
        let offset = self.offset;
        Ok(self.fill()?.map(|too_long| (offset, self.offset - offset, self.taken(too_long))))
    }

    fn taken(&self, too_long: bool) -> Taken<'_> {
        if too_long { Taken::TooLong } else { Taken::Whole(&self.buffer) }
    }

    /// Takes the next complete line into the buffer; says whether it is too long for it.
    fn fill(&mut self) -> io::Result<Option<bool>> {
        self.buffer.clear();
        let mut too_long = false;
        let mut bytes = 0;
        loop {
            let chunk = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if chunk.is_empty() {
                return Ok(None);
            }
            let newline = chunk.iter().position(|b| *b == b'\n');
            let text = chunk.get(..newline.unwrap_or(chunk.len())).unwrap_or_default();
            let room = LINE_MAX_BYTES - self.buffer.len();
            too_long |= text.len() > room;
            self.buffer.extend(text.iter().take(room));
            let used = newline.map_or(chunk.len(), |at| at + 1);
            self.reader.consume(used);
            bytes += used as u64;
            if newline.is_some() {
                break;
            }
        }
        self.number += 1;
        self.offset += bytes;
        Ok(Some(too_long))
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn only_complete_lines_come() {
        let mut lines = Lines::new(BufReader::with_capacity(2, &b"one\n\ntw"[..]));
        assert_eq!(lines.next().unwrap(), Some(Taken::Whole(b"one")));
        assert_eq!(lines.next().unwrap(), Some(Taken::Whole(b"")));
        assert_eq!(lines.next().unwrap(), None);
    }

    #[test]
    fn an_endless_line_takes_bounded_memory_and_the_next_one_comes() {
        let mut text = vec![b'x'; LINE_MAX_BYTES * 3];
        text.extend_from_slice(b"\nnext\n");
        let mut lines = Lines::new(&text[..]);
        assert_eq!(lines.next().unwrap(), Some(Taken::TooLong));
        assert!(lines.buffer.capacity() <= LINE_MAX_BYTES * 2);
        assert_eq!(lines.next().unwrap(), Some(Taken::Whole(b"next")));
    }
}
