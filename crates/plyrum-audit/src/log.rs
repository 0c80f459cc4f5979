//! The writer: one process, one open file, one line at a time, always back at a good offset.

use std::borrow::Cow;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plyrum_jsonl::{Disk, RealDisk, create_dir, set_aside, write_all};
use plyrum_redact::Redactor;
use serde::Serialize;
use serde_json::{Value, json};

use crate::files::{self, Segment};
use crate::outbox::{Bodies, CarriedOver, Known};
use crate::own::{CHAIN_BREAK, CHECKPOINT, Checkpoint, TORN_TAIL};
use crate::record::{Fields, outbox_of};
use crate::recover::{self, Damage, Newest};
use crate::tally::{FileSummary, Tally};
use crate::witness::Anchor;
use crate::{AuditError, FILE_MAX_BYTES, LINE_MAX_BYTES};

const LOCK_NAME: &str = ".lock";
/// The most that a line has beside its body, its boot and its kind.
const FRAME_MAX_BYTES: u64 = 400;

/// The most that a checkpoint's line has.
const CHECKPOINT_MAX_BYTES: u64 = 1024;
/// Lines are kept until they are flushed; so many of them are flushed at once.
const UNFLUSHED_MAX_BYTES: usize = 4 * 1024 * 1024;

/// The end of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Number of the last record; 0 if there is none.
    pub seq: u64,
    /// Its hash; [`crate::GENESIS`] if there is none.
    pub hash: String,
    /// Name of the file it is in; empty if there is none.
    pub file: String,
}

/// What [`AuditLog::append`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Number of the record.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

/// What an audit is opened with.
pub struct Opening<'a> {
    /// Redacts every body.
    pub redactor: Redactor,
    /// Names this start of the daemon.
    pub boot: &'a str,
    /// The last record that the witness has seen: [`Anchor::genesis`] of one that has seen nothing, `None`
    /// where there is no witness. Where the record is not there, the chain says so from here on; damage
    /// behind it was never acknowledged and is set aside.
    pub anchor: Option<Anchor>,
    /// Gives RFC 3339 UTC times.
    pub clock: Box<dyn Fn() -> String + Send>,
}

/// The open audit. Dropping it releases the lock; call [`AuditLog::sync`] before.
pub struct AuditLog {
    pub(crate) dir: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
    redactor: Redactor,
    boot: String,
    clock: Box<dyn Fn() -> String + Send>,
    file_max_bytes: u64,
    _lock: File,
    current: Option<Current>,
    /// The file before the current one, until the checkpoint that tells of it is written.
    closed: Option<FileSummary>,
    head: Head,
    last_outbox: Option<i64>,
    /// What an earlier process has written behind the anchor.
    unseen: Bodies,
    lost_its_end: bool,
    found_hash: String,
    broken: Option<String>,
}

#[derive(Debug)]
struct Current {
    file: File,
    segment: Segment,
    tally: Tally,
    /// Everything up to here is whole records.
    good_bytes: u64,
    end: End,
    /// Whether something was written since the last sync.
    dirty: bool,
    /// What this process has written since then.
    unflushed: Vec<u8>,
}

/// What the disk has at the end of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// What was written.
    Sure,
    /// Bytes of a failed write may follow.
    Ragged,
    /// A flush has failed: the kernel may have dropped what was not flushed, and will not say so again.
    Doubtful,
}

impl AuditLog {
    /// Opens (or begins) the audit in `dir` as its only writer, sets a torn end aside and records that, and
    /// begins a new file with a `chain_break` record if the newest one is damaged. A `chain_break` is also
    /// recorded where the anchor's record is missing: the chain alone could not tell.
    pub fn open(dir: &Path, opening: Opening<'_>) -> Result<Self, AuditError> {
        Self::open_on(Arc::new(RealDisk), FILE_MAX_BYTES, dir, opening)
    }

    pub(crate) fn open_on(
        disk: Arc<dyn Disk>,
        file_max_bytes: u64,
        dir: &Path,
        opening: Opening<'_>,
    ) -> Result<Self, AuditError> {
        let Opening { redactor, boot, anchor, clock } = opening;
        create_dir(&*disk, dir).map_err(AuditError::io("create", dir))?;
        let lock = lock(&*disk, dir)?;
        let found = recover::look(dir, anchor.as_ref())?;
        let mut log = Self {
            dir: dir.to_owned(),
            boot: redactor.redact(boot).into_owned(),
            disk,
            redactor,
            clock,
            file_max_bytes,
            _lock: lock,
            current: None,
            closed: found.closed,
            found_hash: found.head.hash.clone(),
            head: found.head,
            last_outbox: found.last_outbox,
            unseen: found.unseen,
            lost_its_end: found.anchor_is_missing,
            broken: None,
        };
        if let Some(newest) = found.newest {
            log.go_on(newest)?;
        }
        if let Some(anchor) = anchor.filter(|_| found.anchor_is_missing) {
            let what = "the last record that the ledger has seen is not here: records at the end were removed, or \
                        all were rewritten";
            let body = json!({"what": what, "anchor": anchor, "last_seq": log.head.seq});
            log.append_own(CHAIN_BREAK, &body)?;
            log.sync()?;
            log.broken = Some(what.to_owned());
        }
        Ok(log)
    }

    /// Appends a record, redacted. It is in the file when this returns, durable after the next
    /// [`sync`](Self::sync). After an error the audit is as it was before.
    pub fn append(&mut self, kind: &str, body: &Value) -> Result<Appended, AuditError> {
        check_kind(kind)?;
        let text = self.redacted(body)?;
        self.append_text(kind, &text)
    }

    /// Appends a body of the ledger's outbox, with its id; not where an earlier process has done so and the
    /// witness was not told. A record behind the anchor that has the id and tells something else is no such
    /// one: it was forged, which is recorded.
    pub fn carry_over(&mut self, id: i64, kind: &str, body: &Value) -> Result<CarriedOver, AuditError> {
        check_kind(kind)?;
        let mut body = body.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("outbox".to_owned(), json!(id));
        }
        let text = self.redacted(&body)?;
        let known = self.unseen.know(id, kind, &text);
        if known == Known::Same {
            return Ok(CarriedOver::Before);
        }
        if known == Known::Other {
            let what = "a record that the ledger had not seen has the id of a movement of money and tells something else";
            self.append_own(CHAIN_BREAK, &json!({"what": what, "outbox_id": id}))?;
            self.broken = Some(what.to_owned());
        }
        self.append_text(kind, &text)?;
        Ok(if known == Known::Other { CarriedOver::Against } else { CarriedOver::Written })
    }

    fn redacted(&self, body: &Value) -> Result<String, AuditError> {
        let mut body = body.clone();
        self.redactor.redact_json(&mut body);
        Ok(terminal_safe(serde_json::to_string(&body)?))
    }

    /// Appends one of the records of [`crate::own`].
    pub(crate) fn append_own(&mut self, kind: &str, body: &impl Serialize) -> Result<Appended, AuditError> {
        self.append_text(kind, &own_text(body)?)
    }

    fn append_text(&mut self, kind: &str, body: &str) -> Result<Appended, AuditError> {
        let ts = (self.clock)();
        let bytes = (body.len() + kind.len() + self.boot.len()) as u64 + FRAME_MAX_BYTES;
        if bytes > LINE_MAX_BYTES as u64 {
            let kind = kind.to_owned();
            return Err(AuditError::TooLong { kind, bytes: body.len(), max: LINE_MAX_BYTES - 1024 });
        }
        self.make_room(&ts, bytes)?;
        self.write_record(kind, body, &ts)
    }

    /// Makes everything appended so far durable (fdatasync).
    pub fn sync(&mut self) -> Result<(), AuditError> {
        let Some(current) = self.current.as_mut().filter(|current| current.dirty) else { return Ok(()) };
        let flushed = current.sync(&*self.disk);
        flushed.map_err(|e| AuditError::io("flush", current.segment.path(&self.dir))(e))
    }

    /// Records what the current file holds up to here, as a rotation does of a whole one.
    pub fn checkpoint(&mut self) -> Result<(), AuditError> {
        let summary =
            |log: &Self| log.current.as_ref().and_then(|now| now.tally.summary(&now.segment.name()));
        let Some(before) = summary(self) else { return Ok(()) };
        let ts = (self.clock)();
        self.make_room(&ts, CHECKPOINT_MAX_BYTES)?;
        match summary(self) {
            Some(of) if of.file == before.file => {
                let body = own_text(&Checkpoint { of, last_outbox: self.last_outbox })?;
                self.write_record(CHECKPOINT, &body, &ts).map(drop)
            }
            _ => Ok(()), // the next file has just begun, with this very record
        }
    }

    /// Records from now on are redacted by this one, which knows newer keys.
    pub fn set_redactor(&mut self, redactor: Redactor) {
        self.redactor = redactor;
    }

    /// The end of the chain, as written (see [`sync`](Self::sync) for durable).
    pub fn head(&self) -> Head {
        self.head.clone()
    }

    /// The highest integer `body.outbox` written, by whomever: see [`carry_over`](Self::carry_over).
    pub fn last_outbox(&self) -> Option<i64> {
        self.last_outbox
    }

    /// The log was closed with this record as its last one: what was found behind it was forged, and is recorded
    /// as a break.
    pub fn was_closed_at(&mut self, hash: &str) -> Result<(), AuditError> {
        if self.found_hash != hash && self.broken.is_none() {
            let what = "the log goes on behind the end that the ledger knows from the last stop: records were forged, or the ledger is an older copy";
            self.append_own(CHAIN_BREAK, &json!({"what": what, "closed_at": hash}))?;
            self.sync()?;
            self.broken = Some(what.to_owned());
        }
        Ok(())
    }

    /// How the chain was found broken, by this start or since.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Whether this start did not find the record that the witness had seen last.
    pub fn lost_its_end(&self) -> bool {
        self.lost_its_end
    }

    /// Whether the file that is written is still where readers look for it. A file that was removed or
    /// replaced under an open audit would take records that nobody ever sees.
    pub fn is_in_place(&self) -> Result<(), AuditError> {
        let Some(current) = &self.current else { return Ok(()) };
        let path = current.segment.path(&self.dir);
        let is_same =
            |ours: fs::Metadata, there: fs::Metadata| (ours.dev(), ours.ino()) == (there.dev(), there.ino());
        let same = current.file.metadata().and_then(|ours| Ok(is_same(ours, fs::symlink_metadata(&path)?)));
        match same {
            Ok(true) => Ok(()),
            Ok(false) => {
                let source = io::Error::new(io::ErrorKind::NotFound, "another file is in its place");
                Err(AuditError::Io { action: "find", path, source })
            }
            Err(source) => Err(AuditError::Io { action: "find", path, source }),
        }
    }

    /// Name of the file that is written now.
    pub(crate) fn current_file(&self) -> Option<&Segment> {
        self.current.as_ref().map(|current| &current.segment)
    }

    /// Continues the newest file, or begins a new one if it is damaged.
    fn go_on(&mut self, newest: Newest) -> Result<(), AuditError> {
        let Newest { segment, tally, whole_bytes, torn, damage, beyond_seq } = newest;
        if let Some(Damage { line, what }) = damage {
            self.head.seq = self.head.seq.max(beyond_seq - 1);
            let body = json!({"file": segment.name(), "line": line, "what": what});
            self.append_own(CHAIN_BREAK, &body)?;
            self.broken = Some(format!("{}:{line} {what}", segment.name()));
            return self.sync();
        }
        let path = segment.path(&self.dir);
        let file = self.disk.open_append(&path).map_err(AuditError::io("open", &path))?;
        if whole_bytes == 0 {
            // It may come from a start that was killed before it had made the name durable.
            self.disk.sync_dir(&self.dir).map_err(AuditError::io("flush", &self.dir))?;
        }
        let mut aside = None;
        if torn {
            let cut = set_aside(&*self.disk, &file, &path, whole_bytes);
            aside = Some(cut.map_err(AuditError::io("set the torn end aside of", &path))?);
        }
        let name = segment.name();
        // Dirty: what a killed start has written and not flushed must not be taken for durable.
        self.current =
            Some(Current { good_bytes: whole_bytes, dirty: true, ..Current::new(file, segment, tally) });
        if let Some(aside) = aside {
            let saved_as = aside.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let body =
                json!({"file": name, "offset": whole_bytes, "bytes": aside.bytes, "saved_as": saved_as});
            self.append_own(TORN_TAIL, &body)?;
            self.sync()?;
        }
        Ok(())
    }

    /// Begins the first file, or the next one where the current is full or of another day. The first record of
    /// each next one tells what the file before it holds.
    fn make_room(&mut self, ts: &str, bytes: u64) -> Result<(), AuditError> {
        let next = Segment { first_seq: self.head.seq + 1, date: files::date_of(ts)?.to_owned() };
        match &self.current {
            None => self.current = Some(self.begin(next)?),
            Some(current) if current.is_full(bytes, self.file_max_bytes, &next.date) => {
                self.sync()?;
                let next = self.begin(next)?;
                let old = self.current.replace(next);
                self.closed = old.and_then(|old| old.tally.summary(&old.segment.name()));
            }
            Some(_) => {}
        }
        let is_empty = self.current.as_ref().is_some_and(|current| current.good_bytes == 0);
        if let Some(of) = self.closed.clone().filter(|_| is_empty) {
            let body = own_text(&Checkpoint { of, last_outbox: self.last_outbox })?;
            self.write_record(CHECKPOINT, &body, ts)?;
        }
        self.closed = None;
        Ok(())
    }

    fn write_record(&mut self, kind: &str, body: &str, ts: &str) -> Result<Appended, AuditError> {
        let seq = self.head.seq + 1;
        let fields = Fields {
            seq,
            ts: Cow::Borrowed(ts),
            boot: Cow::Borrowed(&self.boot),
            kind: Cow::Borrowed(kind),
            body,
            prev: Cow::Borrowed(&self.head.hash),
        };
        let (line, hash) = fields.encode()?;
        let outbox = outbox_of(body);
        let Some(current) = &mut self.current else {
            let source = io::Error::new(io::ErrorKind::NotFound, "no file was begun");
            return Err(AuditError::Io { action: "write", path: self.dir.clone(), source });
        };
        let written = current.write(&*self.disk, &line);
        written.map_err(|e| AuditError::io("write", current.segment.path(&self.dir))(e))?;
        current.tally.add(line.trim_end_matches('\n').as_bytes(), seq, &hash);
        self.head = Head { seq, hash: hash.clone(), file: current.segment.name() };
        self.last_outbox = self.last_outbox.max(outbox);
        Ok(Appended { seq, hash })
    }

    fn begin(&self, segment: Segment) -> Result<Current, AuditError> {
        let path = segment.path(&self.dir);
        let file = self.disk.open_append(&path).map_err(AuditError::io("create", &path))?;
        let bytes = file.metadata().map_err(AuditError::io("look at", &path))?.len();
        if bytes > 0 {
            let source = io::ErrorKind::AlreadyExists.into();
            return Err(AuditError::Io { action: "begin", path, source });
        }
        if let Err(error) = self.disk.sync_dir(&self.dir) {
            // An empty file that the chain may never reach would look like a missing one later.
            let _best_effort = self.disk.remove(&path);
            return Err(AuditError::io("flush", &self.dir)(error));
        }
        let tally = Tally::new(segment.first_seq);
        Ok(Current::new(file, segment, tally))
    }
}

impl Current {
    fn new(file: File, segment: Segment, tally: Tally) -> Self {
        let (end, unflushed) = (End::Sure, Vec::new());
        Self { file, segment, tally, good_bytes: 0, end, dirty: false, unflushed }
    }

    fn is_full(&self, bytes: u64, max: u64, date: &str) -> bool {
        let begun = self.good_bytes > 0;
        begun && (self.good_bytes + bytes > max || *date > *self.segment.date)
    }

    /// After an error the file ends where it ended before, or is cut back at the next call.
    fn write(&mut self, disk: &dyn Disk, line: &str) -> io::Result<()> {
        if self.unflushed.len() > UNFLUSHED_MAX_BYTES {
            self.sync(disk)?;
        }
        self.make_sure(disk)?;
        self.dirty = true;
        let written = write_all(disk, &self.file, line.as_bytes());
        match written {
            Ok(()) => {
                self.good_bytes += line.len() as u64;
                self.unflushed.extend_from_slice(line.as_bytes());
            }
            Err(_) if disk.set_len(&self.file, self.good_bytes).is_err() => self.end = End::Ragged,
            Err(_) => {}
        }
        written
    }

    fn sync(&mut self, disk: &dyn Disk) -> io::Result<()> {
        self.make_sure(disk)?;
        match disk.sync_data(&self.file) {
            Ok(()) => {
                self.dirty = false;
                self.unflushed.clear();
                Ok(())
            }
            Err(error) => {
                self.end = End::Doubtful;
                Err(error)
            }
        }
    }

    /// Mends what an earlier failure has left. After a failed flush the same lines are written again: only then
    /// does the next flush say something about them.
    fn make_sure(&mut self, disk: &dyn Disk) -> io::Result<()> {
        match self.end {
            End::Sure => return Ok(()),
            End::Ragged => disk.set_len(&self.file, self.good_bytes)?,
            End::Doubtful => {
                disk.set_len(&self.file, self.good_bytes - self.unflushed.len() as u64)?;
                write_all(disk, &self.file, &self.unflushed)?;
            }
        }
        self.end = End::Sure;
        Ok(())
    }
}

/// The body of a record of our own, its keys in the order that all bodies have.
fn own_text(body: &impl Serialize) -> Result<String, AuditError> {
    Ok(serde_json::to_string(&serde_json::to_value(body)?)?)
}

/// Escapes what a terminal would obey and JSON lets through: DEL and C1. A body is shown and exported byte
/// for byte, so it is made harmless where it is written.
pub(crate) fn terminal_safe(json: String) -> String {
    let is_control = |c: char| matches!(c, '\u{7f}'..='\u{9f}');
    if json.is_ascii() && !json.contains('\u{7f}') || !json.contains(is_control) {
        return json;
    }
    let escaped = |c: char| if is_control(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    json.chars().map(escaped).collect()
}

impl fmt::Debug for Opening<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening")
            .field("boot", &self.boot)
            .field("anchor", &self.anchor)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog").field("dir", &self.dir).field("head", &self.head).finish_non_exhaustive()
    }
}

fn lock(disk: &dyn Disk, dir: &Path) -> Result<File, AuditError> {
    let path = dir.join(LOCK_NAME);
    let file = disk.open_append(&path).map_err(AuditError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(AuditError::Busy { dir: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(AuditError::Io { action: "lock", path, source }),
    }
}

fn check_kind(kind: &str) -> Result<(), AuditError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    if (1..=64).contains(&kind.len()) && kind.bytes().all(plain) {
        return Ok(());
    }
    Err(AuditError::Kind { kind: kind.chars().take(40).collect() })
}
