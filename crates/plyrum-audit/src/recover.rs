//! What a start finds: where the chain ends, and whether the end is torn or damaged.
//!
//! Only the newest file is read in full (at most 64 MiB); older ones only as far back as needed for a
//! head and the last outbox entry. Checking the whole chain is [`crate::verify`]'s work.

use std::path::Path;

use crate::files::{self, Segment};
use crate::lines::{Line, Lines};
use crate::record::{GENESIS, Record};
use crate::{AuditError, Head};

/// State of the audit before this start writes anything.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) head: Head,
    /// The newest file, to be continued unless it is damaged.
    pub(crate) newest: Option<Newest>,
    pub(crate) last_outbox: Option<i64>,
}

/// The newest file.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) segment: Segment,
    /// Bytes up to and including the last newline.
    pub(crate) whole_bytes: u64,
    /// Whether an unfinished line follows.
    pub(crate) torn: bool,
    pub(crate) damage: Option<Damage>,
    /// No record in it has this number or a higher one.
    pub(crate) beyond_seq: u64,
}

/// The first complete line that is not the next record.
#[derive(Debug)]
pub(crate) struct Damage {
    pub(crate) line: u64,
    pub(crate) what: String,
}

/// Looks at the files without changing them.
pub(crate) fn look(dir: &Path) -> Result<Found, AuditError> {
    let mut head = None;
    let mut last_outbox = None;
    let mut newest = None;
    for segment in files::list(dir)?.segments.into_iter().rev() {
        if head.is_some() && last_outbox.is_some() {
            break;
        }
        let scan = Scan::of(dir, &segment)?;
        head = head.or(scan.head);
        last_outbox = last_outbox.or(scan.last_outbox);
        newest.get_or_insert_with(|| Newest {
            beyond_seq: segment.first_seq.max(1) + scan.lines,
            segment,
            whole_bytes: scan.whole_bytes,
            torn: scan.torn,
            damage: scan.damage,
        });
    }
    let head = head.unwrap_or(Head { seq: 0, hash: GENESIS.to_owned(), file: String::new() });
    Ok(Found { head, newest, last_outbox })
}

/// One file read through.
#[derive(Debug, Default)]
struct Scan {
    head: Option<Head>,
    last_outbox: Option<i64>,
    lines: u64,
    whole_bytes: u64,
    torn: bool,
    damage: Option<Damage>,
}

impl Scan {
    fn of(dir: &Path, segment: &Segment) -> Result<Self, AuditError> {
        let (path, name) = (segment.path(dir), segment.name());
        let mut scan = Self::default();
        let mut lines = Lines::open(&path)?;
        while let Some(line) = lines.next().map_err(AuditError::io("read", &path))? {
            if !line.complete {
                scan.torn = true;
                break;
            }
            scan.whole_bytes = line.offset + line.bytes.len() as u64 + 1;
            scan.lines = line.number;
            if let Err(what) = scan.take(segment, &name, &line) {
                scan.damage.get_or_insert(Damage { line: line.number, what });
            }
        }
        Ok(scan)
    }

    /// Takes a record on; says what is wrong with it. A record with the right hash counts as head even
    /// behind damage: the chain goes on from the last thing that is known to have been written.
    fn take(&mut self, segment: &Segment, name: &str, line: &Line<'_>) -> Result<(), String> {
        if line.too_long {
            return Err("is too long for a record".to_owned());
        }
        let record = Record::parse(line.bytes)?;
        let linked = match &self.head {
            None => record.fields.seq == segment.first_seq,
            Some(head) => record.fields.seq == head.seq + 1 && record.fields.prev == head.hash,
        };
        self.last_outbox = self.last_outbox.max(record.outbox());
        self.head =
            Some(Head { seq: record.fields.seq, hash: record.hash.to_owned(), file: name.to_owned() });
        if linked { Ok(()) } else { Err("does not follow the record before it".to_owned()) }
    }
}
