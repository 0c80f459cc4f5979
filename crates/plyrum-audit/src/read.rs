//! Reading records for people: the last ones, and those that match.
//!
//! Readers run beside the writer and take what is there: lines that are no JSON are passed over, since
//! judging them is [`crate::verify`]'s work.

use std::collections::VecDeque;
use std::path::Path;

use serde_json::Value;

use crate::AuditError;
use crate::files;
use crate::lines::Lines;

/// The most records one call returns.
const RESULT_MAX: usize = 10_000;

/// What [`search`] looks for; every field that is set must hold. Defaults to everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The record's kind, or the beginning of it up to a dot (`approval` finds `approval.resolved`).
    pub kind: Option<String>,
    /// Text anywhere in the record's line, as JSON writes it.
    pub text: Option<String>,
    /// Not before this RFC 3339 time (UTC, as the records have it).
    pub since: Option<String>,
    /// Before this time.
    pub until: Option<String>,
    /// The start of the daemon.
    pub boot: Option<String>,
    /// At most this many records, the first ones; 0 means the bound, 10 000.
    pub limit: usize,
}

/// The last `n` records (at most 10 000), oldest first.
pub fn tail(dir: &Path, n: usize) -> Result<Vec<Value>, AuditError> {
    let n = n.min(RESULT_MAX);
    let mut last: VecDeque<Value> = VecDeque::new();
    for segment in files::list(dir)?.segments.iter().rev() {
        let room = n - last.len();
        if room == 0 {
            break;
        }
        let mut lines: VecDeque<Vec<u8>> = VecDeque::new();
        each_line(&segment.path(dir), |line| {
            if lines.len() == room {
                lines.pop_front();
            }
            lines.push_back(line.to_vec());
            true
        })?;
        for value in lines.iter().rev().filter_map(|line| serde_json::from_slice(line).ok()) {
            last.push_front(value);
        }
    }
    Ok(last.into())
}

/// The records that match, oldest first.
pub fn search(dir: &Path, filter: &Filter) -> Result<Vec<Value>, AuditError> {
    let limit = if filter.limit == 0 { RESULT_MAX } else { filter.limit.min(RESULT_MAX) };
    let mut found = Vec::new();
    for segment in files::list(dir)?.segments {
        each_line(&segment.path(dir), |line| {
            found.extend(filter.matching(line));
            found.len() < limit
        })?;
        if found.len() == limit {
            break;
        }
    }
    Ok(found)
}

/// Every record of the log that is whole, oldest first, in bounded memory; lines that are no JSON are
/// passed over.
pub fn each<E: From<AuditError>>(dir: &Path, mut take: impl FnMut(&Value) -> Result<(), E>) -> Result<(), E> {
    for segment in files::list(dir)?.segments {
        let mut taken = Ok(());
        each_line(&segment.path(dir), |line| {
            if let Ok(record) = serde_json::from_slice(line) {
                taken = take(&record);
            }
            taken.is_ok()
        })?;
        taken?;
    }
    Ok(())
}

impl Filter {
    fn matching(&self, line: &[u8]) -> Option<Value> {
        let text = std::str::from_utf8(line).ok()?;
        self.text.as_ref().is_none_or(|wanted| text.contains(wanted.as_str())).then_some(())?;
        let record: Value = serde_json::from_str(text).ok()?;
        let field = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
        let kind = field("kind");
        let is_kind = |wanted: &String| {
            kind.strip_prefix(wanted.as_str()).is_some_and(|r| r.is_empty() || r.starts_with('.'))
        };
        let holds = self.kind.as_ref().is_none_or(is_kind)
            && self.since.as_ref().is_none_or(|since| field("ts") >= since.as_str())
            && self.until.as_ref().is_none_or(|until| field("ts") < until.as_str())
            && self.boot.as_ref().is_none_or(|boot| field("boot") == boot);
        holds.then_some(record)
    }
}

/// Calls `take` for every complete line until it says `false`.
fn each_line(path: &Path, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), AuditError> {
    let mut lines = Lines::open(path)?;
    while let Some(line) = lines.next().map_err(AuditError::io("read", path))? {
        if line.complete && !line.too_long && !take(line.bytes) {
            break;
        }
    }
    Ok(())
}
