//! Checking the whole chain, from its first record to its end, without changing anything.
//!
//! It stops at the first problem and names the place. Memory is one line, whatever the audit's size.
//!
//! A chain may begin behind its first record only where a tombstone in it names exactly that end, and the
//! witness, where there is one, has the same floor. A tombstone alone would be worth nothing: whoever can
//! remove files can also append one.

use std::fs::File;
use std::io;
use std::path::Path;

use plyrum_jsonl::{Line, Lines};
use serde::Serialize;

use crate::files::{self, Segment};
use crate::own::{CHAIN_BREAK, CHECKPOINT, Checkpoint, RETENTION, Tombstone};
use crate::record::{GENESIS, Record};
use crate::tally::{FileSummary, Tally};
use crate::witness::{Anchor, Witness};
use crate::{AuditError, Head, LINE_MAX_BYTES};

/// Records between two tellings of how far it is.
const TOLD_EVERY: u64 = 8_192;
/// Times that a verification begins again because files were retired under it.
const RETIRED_MAX: u32 = 3;

/// Outcome of [`verify`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Number of the first record that is there; 0 if there is none. Above 1 where older ones were retired.
    pub first_seq: u64,
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

/// Checks every record of `dir`. `expect_head` must be the hash of the *last* record; the witness's anchor
/// must be the hash of *some* record, since a crash may have come between the two. Ask the witness first: a
/// running daemon writes on. Without either, records cut off at the end do not show.
pub fn verify(
    dir: &Path,
    expect_head: Option<&str>,
    witness: Option<&Witness>,
) -> Result<VerifyReport, AuditError> {
    verify_telling(dir, expect_head, witness, &mut |_| {})
}

/// The same, and tells how many records were read so far, now and then.
pub fn verify_telling(
    dir: &Path,
    expect_head: Option<&str>,
    witness: Option<&Witness>,
    told: &mut dyn FnMut(u64),
) -> Result<VerifyReport, AuditError> {
    let mut retired = 0;
    loop {
        match verify_once(dir, expect_head, witness, told) {
            Err(AuditError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound && retired < RETIRED_MAX =>
            {
                retired += 1;
            }
            done => return done,
        }
    }
}

/// Checks the records of one file, such as an export: each follows the one before it, wherever they begin.
pub fn verify_file(path: &Path, expect_head: Option<&str>) -> Result<VerifyReport, AuditError> {
    let file = File::open(path).map_err(AuditError::io("open", path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut chain = Chain { beginning: Beginning::Copy, ..Chain::new(expect_head, None) };
    let mut lines = Lines::new(file, LINE_MAX_BYTES);
    let mut problem = None;
    while let Some(line) = lines.next().map_err(AuditError::io("read", path))? {
        if let Some(what) = chain.take(&name, &line).err() {
            problem = Some(chain.problem(&name, line.number, what));
            break;
        }
    }
    let problem = problem.or_else(|| chain.wrong_head());
    Ok(chain.report(1, problem))
}

fn verify_once(
    dir: &Path,
    expect_head: Option<&str>,
    witness: Option<&Witness>,
    told: &mut dyn FnMut(u64),
) -> Result<VerifyReport, AuditError> {
    let mut read = 0;
    let mut each = |_: &Record<'_>| {
        read += 1;
        if read % TOLD_EVERY == 0 {
            told(read);
        }
    };
    let listing = files::list(dir)?;
    let mut chain = Chain::new(expect_head, witness);
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
        problem = chain.read_each(dir, segment, &mut each)?;
    }
    let problem = problem.or_else(|| chain.unfounded_beginning()).or_else(|| chain.missing_end());
    Ok(chain.report(listing.segments.len() as u64, problem))
}

/// Reads the chain up to and with `last`, and gives every record to `take`.
pub(crate) fn walk(
    dir: &Path,
    segments: &[Segment],
    mut take: impl FnMut(&Record<'_>),
) -> Result<Vec<FileSummary>, AuditError> {
    let mut chain = Chain::new(None, None);
    let mut files = Vec::new();
    for segment in segments {
        if let Some(problem) = chain.read_each(dir, segment, &mut take)? {
            return Err(AuditError::Broken { problem: Box::new(problem) });
        }
        files.extend(chain.tally.summary(&segment.name()));
    }
    Ok(files)
}

/// Where a chain begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beginning {
    /// With the first record ever.
    First,
    /// With a later one, by the name of its file.
    Retired,
    /// With any: the lines stand in another file than the one they were written to, whose name says nothing.
    Copy,
}

/// The chain as far as it is read.
struct Chain<'w> {
    head: Head,
    first_seq: u64,
    first_file: String,
    beginning: Beginning,
    /// What the first record follows, where that is not the beginning of everything.
    begun_behind: Option<Anchor>,
    /// Whether a tombstone names that end.
    founded: bool,
    records: u64,
    last_outbox: Option<i64>,
    /// The file that is read, and the one before it.
    tally: Tally,
    closed: Option<FileSummary>,
    expect_head: Option<String>,
    /// Number of the record that `expect_head` names, once seen.
    expected_seq: Option<u64>,
    witness: Option<&'w Witness>,
    anchored: bool,
}

impl<'w> Chain<'w> {
    fn new(expect_head: Option<&str>, witness: Option<&'w Witness>) -> Self {
        let anchor = witness.and_then(|witness| witness.anchor.as_ref());
        Self {
            head: Head { seq: 0, hash: GENESIS.to_owned(), file: String::new() },
            first_seq: 0,
            first_file: String::new(),
            beginning: Beginning::First,
            begun_behind: None,
            founded: false,
            records: 0,
            last_outbox: None,
            tally: Tally::new(1),
            closed: None,
            expect_head: expect_head.map(|hash| hash.trim().to_ascii_lowercase()),
            expected_seq: None,
            witness,
            anchored: anchor.is_none_or(|anchor| anchor.hash == GENESIS),
        }
    }

    fn report(self, files: u64, problem: Option<Problem>) -> VerifyReport {
        let Self { first_seq, records, last_outbox, head, .. } = self;
        VerifyReport { first_seq, records, files, head, last_outbox, ok: problem.is_none(), problem }
    }

    fn problem(&self, file: &str, line: u64, what: String) -> Problem {
        Problem { file: file.to_owned(), line, seq: Some(self.head.seq + 1), what }
    }

    fn read_each(
        &mut self,
        dir: &Path,
        segment: &Segment,
        each: &mut impl FnMut(&Record<'_>),
    ) -> Result<Option<Problem>, AuditError> {
        let (path, file) = (segment.path(dir), segment.name());
        if self.records == 0 && segment.first_seq > self.head.seq + 1 && self.may_begin_at(segment) {
            self.head.seq = segment.first_seq - 1;
            self.beginning = Beginning::Retired;
        }
        if segment.first_seq != self.head.seq + 1 {
            let what = self.gap(segment);
            return Ok(Some(self.problem(&file, 0, what)));
        }
        if let Some(closed) = self.tally.summary(&self.head.file) {
            self.closed = Some(closed);
        }
        self.tally = Tally::new(segment.first_seq);
        let mut lines = Lines::open(&path, LINE_MAX_BYTES).map_err(AuditError::io("open", &path))?;
        while let Some(line) = lines.next().map_err(AuditError::io("read", &path))? {
            match self.take(&file, &line) {
                Ok(record) => each(&record),
                Err(what) => return Ok(Some(self.problem(&file, line.number, what))),
            }
        }
        Ok(None)
    }

    /// Whether the witness, where there is one, knows that everything before this file was retired.
    fn may_begin_at(&self, segment: &Segment) -> bool {
        let floor = self.witness.map(|witness| witness.floor.as_ref().map_or(0, |floor| floor.seq));
        floor.is_none_or(|floor| segment.first_seq <= floor + 1)
    }

    fn gap(&self, segment: &Segment) -> String {
        let expected = self.head.seq + 1;
        if segment.first_seq > expected {
            let last = segment.first_seq - 1;
            format!("records {expected} to {last} are missing: a file before this one is gone or cut short")
        } else {
            let (first, last) = (segment.first_seq, self.head.seq);
            format!("begins with record {first}, but the file before it goes on to {last}")
        }
    }

    fn take<'l>(&mut self, file: &str, line: &Line<'l>) -> Result<Record<'l>, String> {
        if line.too_long {
            return Err("is too long for a record".to_owned());
        }
        if !line.complete {
            return Err(
                "is unfinished: a crash tore it (the next start recovers), or it was cut off".to_owned()
            );
        }
        let record = Record::parse(line.bytes)?;
        let seq = record.fields.seq;
        if self.records == 0 {
            self.begin(file, &record);
        }
        let expected = self.head.seq + 1;
        if seq != expected {
            return Err(format!(
                "has seq {seq} where {expected} should be: records were dropped, moved or inserted"
            ));
        }
        if record.fields.prev != self.head.hash {
            return Err(format!("does not follow record {}: its `prev` is another hash", self.head.seq));
        }
        self.check_own(file, &record)?;
        if self.records == 0 {
            self.first_seq = seq;
        }
        self.anchored = self.anchored || self.anchor().is_some_and(|anchor| anchor.hash == record.hash);
        if self.expect_head.as_deref() == Some(record.hash) {
            self.expected_seq = Some(seq);
        }
        self.records += 1;
        self.last_outbox = self.last_outbox.max(record.outbox());
        self.tally.add(line.bytes, seq, record.hash);
        self.head.seq = seq;
        record.hash.clone_into(&mut self.head.hash);
        if self.head.file != file {
            file.clone_into(&mut self.head.file);
        }
        Ok(record)
    }

    /// The first record may follow something that is not here.
    fn begin(&mut self, file: &str, record: &Record<'_>) {
        file.clone_into(&mut self.first_file);
        let Some(seq) = record.fields.seq.checked_sub(1).filter(|seq| *seq > 0) else { return };
        if self.beginning != Beginning::First {
            if self.beginning == Beginning::Copy {
                self.head.seq = seq;
            }
            let behind = Anchor { seq, hash: record.fields.prev.clone().into_owned() };
            self.head.hash.clone_from(&behind.hash);
            self.begun_behind = Some(behind);
        }
    }

    fn anchor(&self) -> Option<&'w Anchor> {
        self.witness.and_then(|witness| witness.anchor.as_ref())
    }

    /// The audit's records about itself tell the truth.
    fn check_own(&mut self, file: &str, record: &Record<'_>) -> Result<(), String> {
        let body = record.fields.body;
        match record.fields.kind.as_ref() {
            CHAIN_BREAK => {
                let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
                let what =
                    body.get("what").and_then(serde_json::Value::as_str).unwrap_or("the chain was broken");
                Err(format!("says what a start has found: {what}"))
            }
            CHECKPOINT => self.check_checkpoint(file, body),
            RETENTION => {
                let tombstone: Tombstone =
                    serde_json::from_str(body).map_err(|e| format!("is no tombstone: {e}"))?;
                self.founded |= self.begun_behind.as_ref().is_some_and(|b| tombstone.covers(b.seq, &b.hash));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn check_checkpoint(&self, file: &str, body: &str) -> Result<(), String> {
        let told: Checkpoint = serde_json::from_str(body).map_err(|e| format!("is no checkpoint: {e}"))?;
        let all_was_read = self.records > 0 && self.beginning != Beginning::Copy;
        if all_was_read && told.last_outbox != self.last_outbox {
            return Err(
                "is a checkpoint that repeats another outbox id than the records before it have".to_owned()
            );
        }
        // Of this file so far, or at its beginning of the one before, which may be retired.
        let found = self.tally.summary(file).or_else(|| self.closed.clone());
        match found.filter(|_| self.beginning != Beginning::Copy) {
            Some(found) if found.file != told.of.file => {
                Err(format!("is a checkpoint of {}, but {} stands there", told.of.file, found.file))
            }
            Some(found) if found != told.of => {
                Err(format!("is a checkpoint of {}, which holds something else", told.of.file))
            }
            _ => Ok(()),
        }
    }

    /// Where the chain begins must be where a retention has ended.
    fn unfounded_beginning(&self) -> Option<Problem> {
        let behind = self.begun_behind.as_ref()?;
        let floor = self.witness.and_then(|witness| witness.floor.as_ref());
        let is_another_end = floor.is_some_and(|floor| floor.seq == behind.seq && floor.hash != behind.hash);
        if self.founded && !is_another_end {
            return None;
        }
        let what = format!(
            "records 1 to {} are missing, and no tombstone says that they were retired: files were deleted",
            behind.seq
        );
        Some(Problem { file: self.first_file.clone(), line: 0, seq: Some(1), what })
    }

    /// What only an outside witness can tell.
    fn missing_end(&self) -> Option<Problem> {
        let Some(anchor) = self.anchor().filter(|_| !self.anchored) else { return self.wrong_head() };
        let what = format!(
            "the ledger's anchor {} is no record's hash: records at the end are missing, or all were rewritten",
            anchor.hash
        );
        Some(Problem { file: self.head.file.clone(), line: 0, seq: Some(self.head.seq + 1), what })
    }

    fn wrong_head(&self) -> Option<Problem> {
        let expected = self.expect_head.as_ref().filter(|hash| **hash != self.head.hash)?;
        let what = match self.expected_seq {
            Some(seq) => {
                format!(
                    "the expected head {expected} is record {seq}, but {} more follow it",
                    self.head.seq - seq
                )
            }
            None => format!(
                "the head is {}, not {expected}, which is no record's hash: records at the end are missing, \
                 or all were rewritten",
                self.head.hash
            ),
        };
        Some(Problem { file: self.head.file.clone(), line: 0, seq: Some(self.head.seq + 1), what })
    }
}
