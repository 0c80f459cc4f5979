//! Lines of a file, one at a time, in bounded memory and with their byte offsets.
//!
//! A line is handed out where it was read to, without a copy.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How often an unfinished last line is looked at again, in case its other half is being written.
const END_LOOKS: u32 = 8;
/// Bytes asked for at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// One line without its newline.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'b> {
    /// What it says.
    pub bytes: &'b [u8],
    /// Whether a newline ended it; only the last line of a file can lack one.
    pub complete: bool,
    /// Whether it is longer than the bound (then `bytes` is its beginning).
    pub too_long: bool,
    /// Number in the file, from 1.
    pub number: u64,
    /// Where it begins.
    pub offset: u64,
    /// Bytes that it takes in the file, its newline included.
    pub length: u64,
}

/// Reads lines of at most so many bytes; of a longer one the rest is passed over.
#[derive(Debug)]
pub struct Lines<R> {
    source: R,
    max_bytes: usize,
    buffer: Vec<u8>,
    /// What of the buffer is read and not handed out.
    start: usize,
    end: usize,
    number: u64,
    offset: u64,
}

impl Lines<File> {
    /// The lines of a file.
    pub fn open(path: &Path, max_bytes: usize) -> io::Result<Self> {
        Ok(Self::new(File::open(path)?, max_bytes))
    }
}

impl<R: Read> Lines<R> {
    /// The lines of a source.
    pub fn new(source: R, max_bytes: usize) -> Self {
        Self { source, max_bytes, buffer: Vec::new(), start: 0, end: 0, number: 0, offset: 0 }
    }

    /// Lines handed out so far.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next line, or `None` at the end.
    #[expect(
        clippy::should_implement_trait,
        reason = "a line borrows from its reader, an iterator's item cannot"
    )]
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let (mut searched, mut looks, mut passed_over) = (0, 0, 0_u64);
        loop {
            let unsearched = self.unread().get(searched..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', unsearched) {
                return Ok(Some(self.hand_out(searched + at, true, passed_over)));
            }
            searched = self.end - self.start;
            if searched > self.max_bytes {
                // One byte more than the bound is kept, as a sign that there was more.
                passed_over += (searched - self.max_bytes - 1) as u64;
                searched = self.max_bytes + 1;
                self.end = self.start + searched;
            }
            if self.read_more()? > 0 {
                continue;
            }
            if searched > 0 && looks < END_LOOKS {
                looks += 1; // the writer may be in the middle of this line
                std::thread::yield_now();
            } else if searched > 0 {
                return Ok(Some(self.hand_out(searched, false, passed_over)));
            } else {
                return Ok(None);
            }
        }
    }

    fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Reads behind what is there; memory is at most a line and a chunk.
    fn read_more(&mut self) -> io::Result<usize> {
        if self.buffer.len() < self.end + CHUNK_BYTES / 2 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            self.buffer.resize(self.buffer.len().max(self.end + CHUNK_BYTES), 0);
        }
        loop {
            match self.source.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => {
                    let read = other?;
                    self.end += read;
                    return Ok(read);
                }
            }
        }
    }

    fn hand_out(&mut self, length: usize, complete: bool, passed_over: u64) -> Line<'_> {
        let (start, offset) = (self.start, self.offset);
        let used = length + usize::from(complete);
        self.start += used;
        let in_file = used as u64 + passed_over;
        self.offset += in_file;
        self.number += 1;
        let kept = length.min(self.max_bytes);
        let bytes = self.buffer.get(start..start + kept).unwrap_or_default();
        let (number, too_long) = (self.number, length > self.max_bytes);
        Line { bytes, complete, too_long, number, offset, length: in_file }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX: usize = 1000;

    /// A source that gives at most so many bytes at once.
    struct Slow<'t>(&'t [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = self.1.min(buffer.len());
            self.0.read(&mut buffer[..most])
        }
    }

    fn all(text: &[u8], at_once: usize, max: usize) -> Vec<(u64, u64, Vec<u8>, bool, bool)> {
        let mut lines = Lines::new(Slow(text, at_once), max);
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            seen.push((line.number, line.offset, line.bytes.to_vec(), line.complete, line.too_long));
        }
        seen
    }

    #[test]
    fn lines_come_with_numbers_offsets_and_the_missing_newline() {
        let seen = all(b"one\n\nthree\nfo", 3, MAX);
        let expected = [(1, 0, "one", true), (2, 4, "", true), (3, 5, "three", true), (4, 11, "fo", false)];
        assert_eq!(seen, expected.map(|(n, o, t, c)| (n, o, t.as_bytes().to_vec(), c, false)));
    }

    #[test]
    fn an_endless_line_takes_bounded_memory_and_the_next_one_comes() {
        let mut text = vec![b'x'; CHUNK_BYTES * 8];
        text.extend_from_slice(b"\nnext\n");
        let mut lines = Lines::new(&text[..], MAX);
        let line = lines.next().unwrap().unwrap();
        assert!(line.too_long && line.complete && line.bytes.len() == MAX);
        let next = lines.next().unwrap().unwrap();
        assert_eq!((next.bytes, next.offset, next.too_long), (&b"next"[..], text.len() as u64 - 5, false));
        assert_eq!(lines.next().unwrap(), None);
        assert!(lines.buffer.capacity() <= 2 * CHUNK_BYTES, "{}", lines.buffer.capacity());
    }

    #[test]
    fn a_line_of_exactly_the_bound_is_whole() {
        let seen = all(b"12345\n123456\n12345", 2, 5);
        let shown: Vec<_> = seen.iter().map(|(_, _, text, ..)| text.as_slice()).collect();
        assert_eq!(shown, [b"12345", b"12345", b"12345"]);
        assert_eq!(seen.iter().map(|line| line.4).collect::<Vec<_>>(), [false, true, false]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(crate::cases(256)))]

        #[test]
        fn any_bytes_in_any_pieces_come_as_their_lines(
            text in proptest::collection::vec(prop_oneof![3 => any::<u8>(), 1 => Just(b'\n')], 0..3_000),
            at_once in 1..2_000_usize,
            max in 1..200_usize,
        ) {
            let seen = all(&text, at_once, max);
            let mut offset = 0;
            for (nth, line) in text.split_inclusive(|b| *b == b'\n').enumerate() {
                let complete = line.last() == Some(&b'\n');
                let content = &line[..line.len() - usize::from(complete)];
                let expected = (
                    nth as u64 + 1, offset, content[..content.len().min(max)].to_vec(), complete, content.len() > max,
                );
                prop_assert_eq!(seen.get(nth), Some(&expected));
                offset += line.len() as u64;
            }
            prop_assert_eq!(seen.len(), text.split_inclusive(|b| *b == b'\n').count());
        }
    }
}
