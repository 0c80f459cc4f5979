//! What a start finds: where the chain ends, and whether the end is torn or damaged.
//!
//! Only the newest file is read in full (at most 64 MiB), and older ones only where it does not say enough:
//! its first record repeats what was known before it. Checking the whole chain is [`crate::verify`]'s work.
//!
//! **What a power cut may do.** Bytes that were not flushed may be lost page by page, so that a whole line
//! stands behind a hole. Where the witness's anchor stands before the damage, all of it was never
//! acknowledged and is set aside like a torn line. Elsewhere damage is evidence and stays.

use std::ops::ControlFlow;
use std::path::Path;

use crate::files::{self, Segment};
use crate::outbox::Bodies;
use crate::own::{CHECKPOINT, RETENTION};
use crate::record::{GENESIS, Record, outbox_of};
use crate::tally::{FileSummary, Tally};
use crate::witness::Anchor;
use crate::{AuditError, Head, LINE_MAX_BYTES};
use plyrum_jsonl::{Line, Lines};

/// State of the audit before this start writes anything.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) head: Head,
    /// The newest file, to be continued unless it is damaged.
    pub(crate) newest: Option<Newest>,
    /// The file before the newest one, where that has no record yet.
    pub(crate) closed: Option<FileSummary>,
    pub(crate) last_outbox: Option<i64>,
    /// Bodies of the outbox that records behind the anchor stand for.
    pub(crate) unseen: Bodies,
    /// The head is not linked to the anchor's record.
    pub(crate) anchor_is_missing: bool,
}

/// The newest file.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) segment: Segment,
    pub(crate) tally: Tally,
    /// Bytes that are whole lines and part of the chain.
    pub(crate) whole_bytes: u64,
    /// Whether more follows that is to be set aside.
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
pub(crate) fn look(dir: &Path, anchor: Option<&Anchor>) -> Result<Found, AuditError> {
    let (mut head, mut last_outbox, mut newest, mut closed) = (None, None, None, None);
    let mut missing = anchor.filter(|anchor| anchor.hash != GENESIS);
    let (mut link, mut unseen) = (Link::Head, Bodies::default());
    for segment in files::list(dir)?.segments.into_iter().rev() {
        let anchor_is_older = anchor.is_some_and(|anchor| anchor.seq < segment.first_seq);
        let scan = Scan::of(dir, &segment, anchor, anchor_is_older)?;
        if link.joins(&scan) {
            unseen.add(&scan.unseen);
            if scan.seen.anchor {
                missing = None;
            }
        }
        link = link.behind(&scan);
        if newest.is_some() && head.is_none() {
            closed = scan.tally.summary(&segment.name());
        }
        let says_all = scan.last_outbox.is_some() || scan.seen.outbox;
        head = head.or(scan.head);
        last_outbox = last_outbox.or(scan.last_outbox);
        newest.get_or_insert_with(|| Newest {
            beyond_seq: segment.first_seq.max(1) + scan.lines,
            segment,
            tally: scan.tally,
            whole_bytes: scan.whole_bytes,
            torn: scan.torn,
            damage: scan.damage,
        });
        let anchor_may_be_older = anchor_is_older && missing.is_some() && link != Link::Broken;
        if says_all && head.is_some() && !anchor_may_be_older {
            break;
        }
    }
    let head = head.unwrap_or(Head { seq: 0, hash: GENESIS.to_owned(), file: String::new() });
    Ok(Found { head, newest, closed, last_outbox, unseen, anchor_is_missing: missing.is_some() })
}

/// What the next older file must end with to be of the head's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Link {
    /// Anything: it has the head.
    Head,
    /// The record with this hash.
    To(String),
    /// The chain is broken behind it.
    Broken,
}

impl Link {
    fn joins(&self, scan: &Scan<'_>) -> bool {
        match (self, &scan.head) {
            (Self::Head, _) => true,
            (Self::To(hash), Some(head)) => *hash == head.hash,
            (Self::To(_), None) | (Self::Broken, _) => false,
        }
    }

    /// The link one file further back.
    fn behind(self, scan: &Scan<'_>) -> Self {
        match &scan.follows {
            _ if scan.head.is_none() => self, // no record in it
            Some(hash) if self.joins(scan) => Self::To(hash.clone()),
            _ => Self::Broken,
        }
    }
}

/// One file read through.
#[derive(Debug)]
struct Scan<'a> {
    anchor: Option<&'a Anchor>,
    head: Option<Head>,
    /// What its first record follows, as long as each links to the one before it.
    follows: Option<String>,
    tally: Tally,
    last_outbox: Option<i64>,
    lines: u64,
    whole_bytes: u64,
    torn: bool,
    damage: Option<Damage>,
    seen: Seen,
    unseen: Bodies,
}

/// What records of a file tell of the whole audit.
#[derive(Debug, Default)]
struct Seen {
    /// The anchor's record, which the last one is linked to.
    anchor: bool,
    /// The highest outbox id of all records before.
    outbox: bool,
}

impl<'a> Scan<'a> {
    fn of(
        dir: &Path,
        segment: &Segment,
        anchor: Option<&'a Anchor>,
        anchor_is_older: bool,
    ) -> Result<Self, AuditError> {
        let (path, name) = (segment.path(dir), segment.name());
        let mut scan = Self {
            anchor,
            head: None,
            follows: None,
            tally: Tally::new(segment.first_seq),
            last_outbox: None,
            lines: 0,
            whole_bytes: 0,
            torn: false,
            damage: None,
            seen: Seen::default(),
            unseen: Bodies::default(),
        };
        let mut lines = Lines::open(&path, LINE_MAX_BYTES).map_err(AuditError::io("open", &path))?;
        while let Some(line) = lines.next().map_err(AuditError::io("read", &path))? {
            let is_torn = !line.complete || scan.take(segment, &name, &line, anchor_is_older).is_break();
            if is_torn {
                scan.torn = true;
                break;
            }
            scan.whole_bytes = line.offset + line.bytes.len() as u64 + 1;
            scan.lines = line.number;
        }
        Ok(scan)
    }

    /// Takes a line on. A record with the right hash counts as head even behind damage: the chain goes on
    /// from the last thing that is known to have been written. Breaks off where the damage is behind the
    /// anchor, and so was never acknowledged.
    fn take(
        &mut self,
        segment: &Segment,
        name: &str,
        line: &Line<'_>,
        anchor_is_older: bool,
    ) -> ControlFlow<()> {
        let read = if line.too_long { Err("is too long for a record") } else { Record::parse(line.bytes) };
        let links = read.as_ref().is_ok_and(|record| self.links(segment, record));
        let problem = match &read {
            Err(what) => Some(*what),
            Ok(_) => (!links).then_some("does not follow the record before it"),
        };
        if let Some(what) = problem.filter(|_| self.damage.is_none()) {
            if anchor_is_older || self.seen.anchor {
                return ControlFlow::Break(());
            }
            self.damage = Some(Damage { line: line.number, what: what.to_owned() });
        }
        if let Ok(record) = read {
            if !links {
                self.seen.anchor = false;
                self.follows = None;
                self.unseen = Bodies::default();
            } else if self.head.is_none() {
                self.follows = Some(record.fields.prev.clone().into_owned());
            }
            self.note(name, line.bytes, &record);
        }
        ControlFlow::Continue(())
    }

    fn links(&self, segment: &Segment, record: &Record<'_>) -> bool {
        match &self.head {
            None => record.fields.seq == segment.first_seq,
            Some(head) => record.fields.seq == head.seq + 1 && record.fields.prev == head.hash,
        }
    }

    fn note(&mut self, name: &str, line: &[u8], record: &Record<'_>) {
        let (seq, kind) = (record.fields.seq, record.fields.kind.as_ref());
        self.last_outbox = self.last_outbox.max(record.outbox());
        self.seen.outbox |= [CHECKPOINT, RETENTION].contains(&kind);
        self.seen.anchor |= self.anchor.is_some_and(|anchor| anchor.hash == record.hash);
        if self.anchor.is_some_and(|anchor| anchor.seq < seq)
            && let Some(id) = outbox_of(record.fields.body)
        {
            self.unseen.note(id, kind, record.fields.body);
        }
        self.tally.add(line, seq, record.hash);
        match &mut self.head {
            Some(head) => {
                head.seq = seq;
                record.hash.clone_into(&mut head.hash);
            }
            None => self.head = Some(Head { seq, hash: record.hash.to_owned(), file: name.to_owned() }),
        }
    }
}
