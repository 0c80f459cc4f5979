//! The end of a log, read backwards: the latest turns of a session of any size open at once.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use plyrum_protocol::{RunId, SessionId};

use crate::line::{LINE_MAX_BYTES, Line};
use crate::{TextRole, context, log_path};

/// Bytes read in one step backwards.
const STEP_BYTES: u64 = 256 * 1024;

/// Where the last `turns` turns begin: an offset for [`crate::read_from`]. 0 where the log has no more than that.
pub fn begin_of_last(dir: &Path, session: &SessionId, turns: usize) -> io::Result<u64> {
    let path = log_path(dir, session);
    let file = File::open(&path).map_err(context("open", &path))?;
    find(&mut Backwards::new(&file).map_err(context("read", &path))?, turns).map_err(context("read", &path))
}

/// The same of the part of a log before an offset at which a line begins, and at most about so many bytes of it, so that a
/// page of any session is small. The whole log's end where `before` is none.
pub fn begin_of_page(
    dir: &Path,
    session: &SessionId,
    before: Option<u64>,
    turns: usize,
    bytes: u64,
) -> io::Result<Page> {
    let path = log_path(dir, session);
    let read = |file: &File| {
        let mut lines = match before {
            None => Backwards::new(file)?,
            Some(end) => Backwards::before(file, end),
        };
        let end = lines.end;
        Ok(Page { begin: find_within(&mut lines, turns, end.saturating_sub(bytes))?, end })
    };
    let file = File::open(&path).map_err(context("open", &path))?;
    read(&file).map_err(context("read", &path))
}

/// A part of a log: whole turns, from where a line begins to where one ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Where it begins; 0 is the log's beginning.
    pub begin: u64,
    /// Where it ends.
    pub end: u64,
}

fn find(lines: &mut Backwards<'_>, turns: usize) -> io::Result<u64> {
    find_within(lines, turns, 0)
}

/// Stops at the beginning of a turn, once it is before `floor`.
fn find_within(lines: &mut Backwards<'_>, turns: usize, floor: u64) -> io::Result<u64> {
    let mut seen: BTreeSet<RunId> = BTreeSet::new();
    let mut begin = lines.end;
    if turns == 0 {
        return Ok(begin);
    }
    while let Some((offset, line)) = lines.next()? {
        let asks = match serde_json::from_slice(&line) {
            Ok(Line::Text(piece)) if piece.role == TextRole::User => Some(piece.run),
            Ok(_) | Err(_) => None,
        };
        if let Some(run) = asks {
            let is_enough = seen.len() == turns || (!seen.is_empty() && offset < floor);
            if is_enough && !seen.contains(&run) {
                return Ok(begin);
            }
            seen.insert(run);
            begin = offset;
        }
    }
    Ok(if seen.len() < turns { 0 } else { begin })
}

/// Complete lines, the last one first. Memory is bounded by the longest line and a step.
pub(crate) struct Backwards<'f> {
    file: &'f File,
    /// Behind the last complete line.
    pub(crate) end: u64,
    /// The bytes from `at` on that are read and not handed out.
    buffer: Vec<u8>,
    at: u64,
}

impl<'f> Backwards<'f> {
    /// From the end of the file; what is torn there is no line yet and is passed over.
    pub(crate) fn new(file: &'f File) -> io::Result<Self> {
        let mut lines = Self { file, end: 0, buffer: Vec::new(), at: file.metadata()?.len() };
        while lines.step()? {
            if let Some(newline) = lines.buffer.iter().rposition(|b| *b == b'\n') {
                lines.buffer.truncate(newline + 1);
                lines.end = lines.at + lines.buffer.len() as u64;
                break;
            }
            lines.buffer.clear();
        }
        Ok(lines)
    }

    /// From where a line ends.
    fn before(file: &'f File, end: u64) -> Self {
        Self { file, end, buffer: Vec::new(), at: end }
    }

    /// The line before the last one, its newline included, with its offset. One that is longer than lines can be
    /// comes empty.
    pub(crate) fn next(&mut self) -> io::Result<Option<(u64, Vec<u8>)>> {
        if self.buffer.is_empty() && !self.step()? {
            return Ok(None);
        }
        let mut unsearched = self.buffer.len() - 1; // without the newline that ends the line
        loop {
            let (searching, _) = self.buffer.split_at(unsearched);
            if let Some(newline) = searching.iter().rposition(|b| *b == b'\n') {
                let line = self.buffer.split_off(newline + 1);
                return Ok(Some((self.at + newline as u64 + 1, line)));
            }
            let before = self.buffer.len();
            if before > LINE_MAX_BYTES + 1 {
                return self.skip_line().map(Some);
            }
            if !self.step()? {
                return Ok(Some((0, std::mem::take(&mut self.buffer))));
            }
            unsearched = self.buffer.len() - before;
        }
    }

    /// Passes over the rest of a line that is too long.
    fn skip_line(&mut self) -> io::Result<(u64, Vec<u8>)> {
        loop {
            self.buffer.clear();
            if !self.step()? {
                return Ok((0, Vec::new()));
            }
            if let Some(newline) = self.buffer.iter().rposition(|b| *b == b'\n') {
                self.buffer.truncate(newline + 1);
                return Ok((self.at + self.buffer.len() as u64, Vec::new()));
            }
        }
    }

    /// Reads a step further back; false at the beginning.
    fn step(&mut self) -> io::Result<bool> {
        let from = self.at.saturating_sub(STEP_BYTES);
        let mut bytes = vec![0; usize::try_from(self.at - from).unwrap_or_default()];
        if bytes.is_empty() {
            return Ok(false);
        }
        self.file.read_exact_at(&mut bytes, from)?;
        bytes.append(&mut self.buffer);
        (self.buffer, self.at) = (bytes, from);
        Ok(true)
    }
}
