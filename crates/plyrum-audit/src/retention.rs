//! Removing old files on purpose, so that the chain still says what was there.
//!
//! The order is crash-safe: first a `retention` record, the tombstone, is appended and flushed; then the
//! witness keeps its end as the *floor*, durably; then the files go, oldest first. A crash in between leaves
//! files that the next start removes, since the floor names them ([`AuditLog::remove_retired`]). Without the
//! witness's word nothing is removed: a tombstone can be forged by whoever can write the log.

use std::path::Path;

use serde_json::Value;

use crate::files::{self, Segment};
use crate::own::{RETENTION, Tombstone};
use crate::tally::FileSummary;
use crate::verify::walk;
use crate::{AuditError, AuditLog};

/// Files that may go: whole, old, and an unbroken beginning of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retirable {
    /// Oldest first.
    pub files: Vec<FileSummary>,
    /// The highest `outbox` of their records and of what went before.
    pub last_outbox: Option<i64>,
}

impl Retirable {
    /// Records in them.
    pub fn records(&self) -> u64 {
        self.files.iter().map(|file| file.records).sum()
    }

    /// Their bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// The files all of whose records are from before `day` (`2026-11-22`), never the newest one. `take` is
/// given number, kind and body of each record in them. An error where their chain is broken: a tombstone would
/// bless it.
pub fn retirable(
    dir: &Path,
    day: &str,
    mut take: impl FnMut(u64, &str, &str),
) -> Result<Retirable, AuditError> {
    let mut segments = files::list(dir)?.segments;
    segments.pop();
    // A file has no record that is younger than its name says.
    let old = segments.iter().take_while(|segment| segment.date.as_str() < day).count();
    segments.truncate(old);
    let mut last_outbox = None;
    let files = walk(dir, &segments, |record| {
        last_outbox = last_outbox.max(record.outbox());
        take(record.fields.seq, &record.fields.kind, record.fields.body);
    })?;
    Ok(Retirable { files, last_outbox })
}

impl AuditLog {
    /// Writes the tombstone of these files and flushes it. They are still there: tell the witness, then
    /// [`remove_retired`](Self::remove_retired). `told` is what the caller wants to remember of them.
    pub fn bury(&mut self, retirable: Retirable, told: Value) -> Result<Tombstone, AuditError> {
        let Retirable { files, last_outbox } = retirable;
        let no = |why: &str| AuditError::Retention { why: why.to_owned() };
        let last = files.last().ok_or_else(|| no("no file is old enough"))?;
        let there = files::list(&self.dir)?.segments;
        let names = there.iter().map(Segment::name);
        if !names.take(files.len()).eq(files.iter().map(|file| file.file.clone()))
            || there.len() <= files.len()
        {
            return Err(no("the files of the log have changed meanwhile: ask again"));
        }
        let (last_seq, last_hash) = (last.last_seq, last.last_hash.clone());
        let tombstone = Tombstone { files, last_seq, last_hash, last_outbox, told };
        self.append_own(RETENTION, &tombstone)?;
        self.sync()?;
        Ok(tombstone)
    }

    /// Removes every file whose records all are at or below `last_seq`, which the witness keeps as its floor;
    /// says how many went. Never the newest.
    pub fn remove_retired(&self, last_seq: u64) -> Result<usize, AuditError> {
        let segments = files::list(&self.dir)?.segments;
        let mut removed = 0;
        for (old, next) in segments.iter().zip(segments.iter().skip(1)) {
            if next.first_seq > last_seq + 1 || self.current_file() == Some(old) {
                break;
            }
            let path = old.path(&self.dir);
            self.disk.remove(&path).map_err(AuditError::io("remove", path))?;
            removed += 1;
        }
        if removed > 0 {
            self.disk.sync_dir(&self.dir).map_err(AuditError::io("flush", &self.dir))?;
        }
        Ok(removed)
    }
}
