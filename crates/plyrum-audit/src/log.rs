//! The writer: one process, one open file, one line at a time, always back at a good offset.

use std::borrow::Cow;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use plyrum_redact::Redactor;
use serde::Serialize;
use serde_json::{Value, json};

use crate::disk::{self, Disk, RealDisk};
use crate::files::{self, Segment};
use crate::record::{Fields, outbox_of};
use crate::recover::{self, Damage, Newest};
use crate::{AuditError, FILE_MAX_BYTES, LINE_MAX_BYTES};

const LOCK_NAME: &str = ".lock";
/// Side files of one torn place, after which opening gives up.
const TORN_MAX: u32 = 100;

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

/// The open audit. Dropping it releases the lock; call [`AuditLog::sync`] before.
pub struct AuditLog {
    dir: PathBuf,
    disk: Box<dyn Disk>,
    redactor: Redactor,
    boot: String,
    clock: Box<dyn Fn() -> String + Send>,
    file_max_bytes: u64,
    _lock: File,
    current: Option<Current>,
    head: Head,
    last_outbox: Option<i64>,
}

#[derive(Debug)]
struct Current {
    file: File,
    segment: Segment,
    /// Everything up to here is whole records.
    good_bytes: u64,
    /// Whether bytes of a failed write may follow.
    ragged: bool,
    /// Whether something was written since the last sync.
    dirty: bool,
}

impl AuditLog {
    /// Opens (or begins) the audit in `dir` as its only writer, moves a torn last line aside and records
    /// that, and begins a new file with a `chain_break` record if the newest one is damaged.
    ///
    /// `boot` names this start of the daemon; `clock` returns RFC 3339 UTC times.
    pub fn open(
        dir: &Path,
        redactor: Redactor,
        boot: &str,
        clock: impl Fn() -> String + Send + 'static,
    ) -> Result<Self, AuditError> {
        Self::open_on(Box::new(RealDisk), FILE_MAX_BYTES, dir, redactor, boot, Box::new(clock))
    }

    pub(crate) fn open_on(
        disk: Box<dyn Disk>,
        file_max_bytes: u64,
        dir: &Path,
        redactor: Redactor,
        boot: &str,
        clock: Box<dyn Fn() -> String + Send>,
    ) -> Result<Self, AuditError> {
        disk::create_dir(dir).map_err(AuditError::io("create", dir))?;
        let lock = lock(&*disk, dir)?;
        let found = recover::look(dir)?;
        let mut log = Self {
            dir: dir.to_owned(),
            boot: redactor.redact(boot).into_owned(),
            disk,
            redactor,
            clock,
            file_max_bytes,
            _lock: lock,
            current: None,
            head: found.head,
            last_outbox: found.last_outbox,
        };
        if let Some(newest) = found.newest {
            log.go_on(newest)?;
        }
        Ok(log)
    }

    /// Appends a record, redacted. It is in the file when this returns, durable after the next
    /// [`sync`](Self::sync). After an error the audit is as it was before.
    pub fn append(&mut self, kind: &str, body: &Value) -> Result<Appended, AuditError> {
        check_kind(kind)?;
        let mut body = body.clone();
        self.redactor.redact_json(&mut body);
        let body = serde_json::to_string(&body)?;
        let ts = (self.clock)();
        let date = files::date_of(&ts)?.to_owned();
        let seq = self.head.seq + 1;
        let fields = Fields {
            seq,
            ts: Cow::Borrowed(&ts),
            boot: Cow::Borrowed(&self.boot),
            kind: Cow::Borrowed(kind),
            body: &body,
            prev: Cow::Borrowed(&self.head.hash),
        };
        let (line, hash) = fields.encode()?;
        if line.len() > LINE_MAX_BYTES {
            return Err(AuditError::TooLong {
                kind: kind.to_owned(),
                bytes: line.len(),
                max: LINE_MAX_BYTES,
            });
        }
        let file = self.write_line(&line, Segment { first_seq: seq, date })?;
        self.head = Head { seq, hash: hash.clone(), file };
        self.last_outbox = self.last_outbox.max(outbox_of(&body));
        Ok(Appended { seq, hash })
    }

    /// Makes everything appended so far durable (fdatasync).
    pub fn sync(&mut self) -> Result<(), AuditError> {
        let Some(current) = self.current.as_mut().filter(|current| current.dirty) else { return Ok(()) };
        let path = current.segment.path(&self.dir);
        self.disk.sync_data(&current.file).map_err(AuditError::io("flush", path))?;
        current.dirty = false;
        Ok(())
    }

    /// Records from now on are redacted by this one, which knows newer keys.
    pub fn set_redactor(&mut self, redactor: Redactor) {
        self.redactor = redactor;
    }

    /// The end of the chain, as written (see [`sync`](Self::sync) for durable).
    pub fn head(&self) -> Head {
        self.head.clone()
    }

    /// The highest integer `body.outbox` written: entries up to it need not be written again.
    pub fn last_outbox(&self) -> Option<i64> {
        self.last_outbox
    }

    /// Continues the newest file, or begins a new one if it is damaged.
    fn go_on(&mut self, newest: Newest) -> Result<(), AuditError> {
        if let Some(Damage { line, what }) = newest.damage {
            self.head.seq = self.head.seq.max(newest.beyond_seq - 1);
            let body = json!({"file": newest.segment.name(), "line": line, "what": what});
            return self.append("chain_break", &body).map(|_| ());
        }
        let path = newest.segment.path(&self.dir);
        let file = self.disk.open_append(&path).map_err(AuditError::io("open", &path))?;
        let good_bytes = newest.whole_bytes;
        let torn = if newest.torn { Some(self.move_torn(&file, &path, good_bytes)?) } else { None };
        let segment = newest.segment;
        let name = segment.name();
        self.current = Some(Current { file, segment, good_bytes, ragged: false, dirty: torn.is_some() });
        if let Some((saved_as, bytes)) = torn {
            let body = json!({"file": name, "offset": good_bytes, "bytes": bytes, "saved_as": saved_as});
            self.append("torn_tail", &body)?;
            self.sync()?;
        }
        Ok(())
    }

    /// Copies what follows `good_bytes` to a side file, then cuts it off.
    fn move_torn(&self, file: &File, path: &Path, good_bytes: u64) -> Result<(String, u64), AuditError> {
        let (side_path, side) = self.torn_file(path, good_bytes)?;
        let bytes = self.copy_tail(file, good_bytes, &side).map_err(AuditError::io("write", &side_path))?;
        self.disk.sync_dir(&self.dir).map_err(AuditError::io("flush", &self.dir))?;
        self.disk.set_len(file, good_bytes).map_err(AuditError::io("cut the torn line of", path))?;
        Ok((side_path.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes))
    }

    /// An empty `<file>.torn-<offset>` (with a number behind it if that is taken).
    fn torn_file(&self, path: &Path, offset: u64) -> Result<(PathBuf, File), AuditError> {
        let mut side_path = path.to_owned();
        for copy in 0..TORN_MAX {
            let number = if copy == 0 { String::new() } else { format!("-{copy}") };
            side_path = path.with_extension(format!("jsonl.torn-{offset}{number}"));
            if !side_path.exists() {
                let side = self.disk.open_append(&side_path).map_err(AuditError::io("create", &side_path))?;
                return Ok((side_path, side));
            }
        }
        let source = io::Error::new(io::ErrorKind::AlreadyExists, "too many torn lines at one place");
        Err(AuditError::Io { action: "create", path: side_path, source })
    }

    fn copy_tail(&self, mut file: &File, from: u64, side: &File) -> io::Result<u64> {
        file.seek(SeekFrom::Start(from))?;
        let mut buffer = vec![0; 64 * 1024];
        let mut copied = 0;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            disk::write_all(&*self.disk, side, buffer.get(..read).unwrap_or_default())?;
            copied += read as u64;
        }
        self.disk.sync_data(side)?;
        Ok(copied)
    }

    /// Writes the line to the current file, or to a new one if that is full or of another day; returns
    /// the file's name. After an error the file ends where it ended before, or is cut back at the next call.
    fn write_line(&mut self, line: &str, next: Segment) -> Result<String, AuditError> {
        let mut current = match self.current.take() {
            Some(current) if !self.is_full(&current, line, &next) => current,
            full => {
                self.current = full;
                self.sync()?;
                self.begin(next)?
            }
        };
        let path = current.segment.path(&self.dir);
        let written = self.write_whole(&mut current, line).map_err(AuditError::io("write", path));
        let name = current.segment.name();
        self.current = Some(current);
        written.map(|()| name)
    }

    fn is_full(&self, current: &Current, line: &str, next: &Segment) -> bool {
        let begun = current.good_bytes > 0;
        begun
            && (current.good_bytes + line.len() as u64 > self.file_max_bytes
                || next.date > current.segment.date)
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
            let _best_effort = fs::remove_file(&path);
            return Err(AuditError::io("flush", &self.dir)(error));
        }
        Ok(Current { file, segment, good_bytes: 0, ragged: false, dirty: false })
    }

    fn write_whole(&self, current: &mut Current, line: &str) -> io::Result<()> {
        if current.ragged {
            self.disk.set_len(&current.file, current.good_bytes)?;
            current.ragged = false;
        }
        current.dirty = true;
        let written = disk::write_all(&*self.disk, &current.file, line.as_bytes());
        match written {
            Ok(()) => current.good_bytes += line.len() as u64,
            Err(_) => current.ragged = self.disk.set_len(&current.file, current.good_bytes).is_err(),
        }
        written
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
