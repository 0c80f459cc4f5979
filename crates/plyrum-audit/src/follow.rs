//! Records as they come, for somebody who watches: across rotations, beside the writer.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use plyrum_jsonl::Lines;
use serde::Deserialize;

use crate::files::{self, Segment};
use crate::{AuditError, LINE_MAX_BYTES};

/// The most records that one look hands out.
const LOOK_MAX: usize = 1_000;

/// Hands out the records behind the ones that were seen.
#[derive(Debug)]
pub struct Follower {
    dir: PathBuf,
    /// Number of the last record that was seen.
    seen: u64,
    /// Where to read on.
    at: Option<(Segment, u64)>,
}

#[derive(Deserialize)]
struct Numbered {
    seq: u64,
}

/// Number of a record, by its line.
fn number(line: &str) -> Option<u64> {
    serde_json::from_str::<Numbered>(line).ok().map(|record| record.seq)
}

impl Follower {
    /// Follows `dir` from behind these lines, the last that were read.
    pub fn behind(dir: &Path, lines: &[String]) -> Self {
        let seen = lines.iter().rev().find_map(|line| number(line)).unwrap_or(0);
        Self { dir: dir.to_owned(), seen, at: None }
    }

    /// What has come since the last look, oldest first; nothing where nothing has. Returns at once.
    pub fn look(&mut self) -> Result<Vec<String>, AuditError> {
        let segments = files::list(&self.dir)?.segments;
        let mut lines = Vec::new();
        let first = segments.iter().rposition(|segment| segment.first_seq <= self.seen + 1).unwrap_or(0);
        for segment in segments.into_iter().skip(first) {
            if lines.len() >= LOOK_MAX {
                break;
            }
            self.read(segment, &mut lines)?;
        }
        Ok(lines)
    }

    fn read(&mut self, segment: Segment, found: &mut Vec<String>) -> Result<(), AuditError> {
        let path = segment.path(&self.dir);
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()), // retired
            other => other.map_err(AuditError::io("open", &path))?,
        };
        let from = self.at.as_ref().filter(|(at, _)| *at == segment).map_or(0, |(_, offset)| *offset);
        file.seek(SeekFrom::Start(from)).map_err(AuditError::io("read", &path))?;
        let (mut lines, mut end) = (Lines::new(file, LINE_MAX_BYTES), from);
        while found.len() < LOOK_MAX
            && let Some(line) = lines.next().map_err(AuditError::io("read", &path))?
        {
            if !line.complete {
                break;
            }
            end = from + line.offset + line.bytes.len() as u64 + 1;
            let text = std::str::from_utf8(line.bytes).ok();
            if let Some((text, seq)) = text.and_then(|text| Some((text, number(text)?)))
                && seq > self.seen
            {
                self.seen = seq;
                found.push(text.to_owned());
            }
        }
        self.at = Some((segment, end));
        Ok(())
    }
}
