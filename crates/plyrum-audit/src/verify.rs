//! Checking the whole chain, from its first record to its end, without changing anything.
//!
//! It stops at the first problem and names the place. Memory is one line, whatever the audit's size.

use std::path::Path;

use serde::Serialize;

use crate::files::{self, Segment};
use crate::lines::{Line, Lines};
use crate::record::{GENESIS, Record};
use crate::{AuditError, Head};

/// Outcome of [`verify`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Records found good, up to the problem if there is one.
    pub records: u64,
    /// Files of the chain.
    pub files: u64,
    /// The last good record.
    pub head: Head,
    /// The highest `body.outbox` of the good records: how far the ledger's outbox was carried over.
    pub last_outbox: Option<i64>,
    /// Whether everything is as it was written.
    pub ok: bool,
    /// The first problem.
    pub problem: Option<Problem>,
}

/// Where the chain breaks, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Name of the file; empty if the audit has none.
    pub file: String,
    /// Line in it, from 1; 0 if the file as a whole, or what is missing behind it, is meant.
    pub line: u64,
    /// Number of the record that should stand there.
    pub seq: Option<u64>,
    /// What is wrong.
    pub what: String,
}

/// Checks every record of `dir`. `expect_head` must be the hash of the *last* record; `anchor` (the last
/// durable head, from the ledger) must be the hash of *some* record, since a crash may have come between
/// the two. Read the anchor first: a running daemon writes on. Without either, records cut off at the end
/// do not show.
pub fn verify(
    dir: &Path,
    expect_head: Option<&str>,
    anchor: Option<&str>,
) -> Result<VerifyReport, AuditError> {
    let listing = files::list(dir)?;
    let mut chain = Chain::new(expect_head, anchor);
    let mut problem = listing.strangers.first().map(|name| Problem {
        file: name.clone(),
        line: 0,
        seq: None,
        what: "this file's name is none of the audit's: was it renamed or copied here?".to_owned(),
    });
    for segment in &listing.segments {
        if problem.is_some() {
            break;
        }
        problem = chain.read(dir, segment)?;
    }
    let problem = problem.or_else(|| chain.missing_end());
    Ok(VerifyReport {
        records: chain.records,
        files: listing.segments.len() as u64,
        head: chain.head,
        last_outbox: chain.last_outbox,
        ok: problem.is_none(),
        problem,
    })
}

/// The chain as far as it is read.
struct Chain {
    head: Head,
    records: u64,
    last_outbox: Option<i64>,
    expect_head: Option<String>,
    /// Number of the record that `expect_head` names, once seen.
    expected_seq: Option<u64>,
    anchor: Option<String>,
    anchored: bool,
}

impl Chain {
    fn new(expect_head: Option<&str>, anchor: Option<&str>) -> Self {
        let wanted = |hash: Option<&str>| hash.map(|hash| hash.trim().to_ascii_lowercase());
        let (expect_head, anchor) = (wanted(expect_head), wanted(anchor));
        let anchored = anchor.as_deref().is_none_or(|hash| hash == GENESIS);
        let head = Head { seq: 0, hash: GENESIS.to_owned(), file: String::new() };
        Self { head, records: 0, last_outbox: None, expect_head, expected_seq: None, anchor, anchored }
    }

    fn read(&mut self, dir: &Path, segment: &Segment) -> Result<Option<Problem>, AuditError> {
        let (path, file) = (segment.path(dir), segment.name());
        let expected = self.head.seq + 1;
        if segment.first_seq != expected {
            let what = if segment.first_seq > expected {
                let last = segment.first_seq - 1;
                format!(
                    "records {expected} to {last} are missing: a file before this one is gone or cut short"
                )
            } else {
                format!(
                    "begins with record {}, but the file before it goes on to {}",
                    segment.first_seq, self.head.seq
                )
            };
            return Ok(Some(Problem { file, line: 0, seq: Some(expected), what }));
        }
        let mut lines = Lines::open(&path)?;
        while let Some(line) = lines.next().map_err(AuditError::io("read", &path))? {
            if let Err(what) = self.take(&file, &line) {
                let seq = Some(self.head.seq + 1);
                return Ok(Some(Problem { file, line: line.number, seq, what }));
            }
        }
        Ok(None)
    }

    fn take(&mut self, file: &str, line: &Line<'_>) -> Result<(), String> {
        if line.too_long {
            return Err("is too long for a record".to_owned());
        }
        if !line.complete {
            return Err(
                "is unfinished: a crash tore it (the next start recovers), or it was cut off".to_owned()
            );
        }
        let record = Record::parse(line.bytes)?;
        let (seq, expected) = (record.fields.seq, self.head.seq + 1);
        if seq != expected {
            return Err(format!(
                "has seq {seq} where {expected} should be: records were dropped, moved or inserted"
            ));
        }
        if record.fields.prev != self.head.hash {
            return Err(format!("does not follow record {}: its `prev` is another hash", self.head.seq));
        }
        self.anchored |= self.anchor.as_deref() == Some(record.hash);
        if self.expect_head.as_deref() == Some(record.hash) {
            self.expected_seq = Some(seq);
        }
        self.records += 1;
        self.last_outbox = self.last_outbox.max(record.outbox());
        self.head.seq = seq;
        record.hash.clone_into(&mut self.head.hash);
        if self.head.file != file {
            file.clone_into(&mut self.head.file);
        }
        Ok(())
    }

    /// What only an outside witness can tell.
    fn missing_end(&self) -> Option<Problem> {
        let what = if let Some(anchor) = self.anchor.as_ref().filter(|_| !self.anchored) {
            format!(
                "the ledger's anchor {anchor} is no record's hash: records at the end are missing, or all were rewritten"
            )
        } else {
            let expected = self.expect_head.as_ref().filter(|hash| **hash != self.head.hash)?;
            match self.expected_seq {
                Some(seq) => format!(
                    "the expected head {expected} is record {seq}, but {} more follow it",
                    self.head.seq - seq
                ),
                None => format!(
                    "the head is {}, not {expected}, which is no record's hash: records at the end are missing, \
                     or all were rewritten",
                    self.head.hash
                ),
            }
        };
        Some(Problem { file: self.head.file.clone(), line: 0, seq: Some(self.head.seq + 1), what })
    }
}
