//! Reading records for people: the last ones, those that match, those that come.
//!
//! Readers run beside the writer and take what is there: lines that are no JSON are passed over, since
//! judging them is [`crate::verify`]'s work, and files that are retired meanwhile are gone. A record is
//! handed out as its line, byte for byte, so that its hash can be checked by whoever gets it.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use plyrum_jsonl::Lines;
use serde_json::Value;

use crate::files::{self, Segment};
use crate::filter::{Filter, Matcher};
use crate::log::terminal_safe;
use crate::{AuditError, LINE_MAX_BYTES};

/// The most records one call returns.
pub const RESULT_MAX: usize = 10_000;

/// The records that match, as lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// The last ones, oldest first.
    pub lines: Vec<String>,
    /// Whether there are older ones.
    pub more: bool,
}

/// The last `n` records (at most 10 000), oldest first.
pub fn tail(dir: &Path, n: usize) -> Result<Vec<String>, AuditError> {
    search(dir, &Filter::default(), n).map(|matches| matches.lines)
}

/// The last `limit` records (at most 10 000) that match, oldest first.
pub fn search(dir: &Path, filter: &Filter, limit: usize) -> Result<Matches, AuditError> {
    let limit = limit.min(RESULT_MAX);
    let matcher = Matcher::new(filter);
    let mut found = Matches::default();
    let mut newer: VecDeque<String> = VecDeque::new();
    for segment in files::list(dir)?.segments.iter().rev() {
        if !matcher.may_be_on(&segment.date) {
            continue; // not the end: a clock that was set back leaves later days in older files
        }
        let room = limit - newer.len();
        if room == 0 {
            found.more = true;
            break;
        }
        let mut here: VecDeque<String> = VecDeque::new();
        each_line(dir, segment, |line| {
            if let Some(line) = matcher.matching(line) {
                if here.len() == room {
                    here.pop_front();
                    found.more = true;
                }
                here.extend(printable(line));
            }
            Ok::<(), AuditError>(())
        })?;
        here.extend(newer);
        newer = here;
        if found.more {
            break;
        }
    }
    found.lines = newer.into();
    Ok(found)
}

/// The line, if it is harmless: whoever damaged a log may have put things into it that terminals obey. What this
/// crate writes comes through unchanged.
fn printable(line: &str) -> Option<String> {
    if line.bytes().any(|b| b < b' ') {
        return None; // no JSON has it
    }
    Some(terminal_safe(line.to_owned()))
}

/// Writes the lines of every record that matches, byte for byte and oldest first; says how many.
pub fn export(dir: &Path, filter: &Filter, out: &mut dyn io::Write) -> Result<u64, ExportError> {
    let matcher = Matcher::new(filter);
    let mut exported = 0;
    for segment in files::list(dir)?.segments.iter().filter(|segment| matcher.may_be_on(&segment.date)) {
        each_line(dir, segment, |line| {
            if let Some(line) = matcher.matching(line) {
                out.write_all(line.as_bytes())
                    .and_then(|()| out.write_all(b"\n"))
                    .map_err(ExportError::Out)?;
                exported += 1;
            }
            Ok::<(), ExportError>(())
        })?;
    }
    out.flush().map_err(ExportError::Out)?;
    Ok(exported)
}

/// Why an [`export`] ended.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The audit cannot be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// What is read cannot be written.
    #[error("cannot write the export: {0}")]
    Out(io::Error),
}

/// Every record of the log that is whole, oldest first, in bounded memory; lines that are no JSON are
/// passed over.
pub fn each<E: From<AuditError>>(dir: &Path, mut take: impl FnMut(&Value) -> Result<(), E>) -> Result<(), E> {
    files::list(dir)?.segments.iter().try_for_each(|segment| {
        each_line(dir, segment, |line| match serde_json::from_slice(line) {
            Ok(record) => take(&record),
            Err(_) => Ok(()),
        })
    })
}

/// Calls `take` for every complete line. A file that is gone was retired meanwhile.
fn each_line<E: From<AuditError>>(
    dir: &Path,
    segment: &Segment,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let path = segment.path(dir);
    let mut lines = match Lines::open(&path, LINE_MAX_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(AuditError::io("open", &path))?,
    };
    while let Some(line) = lines.next().map_err(AuditError::io("read", &path))? {
        if line.complete && !line.too_long {
            take(line.bytes)?;
        }
    }
    Ok(())
}
