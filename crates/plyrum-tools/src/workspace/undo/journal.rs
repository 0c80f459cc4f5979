//! The undo journal of one run: contents in a pack, what they mean in lines, both durable before a change.
//!
//! `pack` holds the contents one behind the other; `journal.jsonl` says which bytes of it stood at which path.
//! One file for all contents costs one flush for thousands of them. A line torn by a crash tells of a change
//! that had not begun, so it is cut off.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use plyrum_jsonl::{Disk, Lines, RealDisk, create_dir, whole_end, write_all};

use super::record::Record;
use crate::workspace::error::FileError;
use crate::workspace::node::Node;
use crate::workspace::path::RelPath;
use crate::workspace::reading::sha256;

/// File names in the journal's directory.
const LINES: &str = "journal.jsonl";
const PACK: &str = "pack";
/// Longest line: two paths of 4 KiB, each byte written as up to four.
const LINE_BYTES: usize = 64 * 1024;

/// How large a journal may grow.
#[derive(Debug, Clone, Copy)]
pub struct JournalBounds {
    /// Largest single pre-image; a change to a larger file is refused.
    pub pre_image_bytes: u64,
    /// All lines and contents together.
    pub total_bytes: u64,
}

impl Default for JournalBounds {
    /// 64 MiB for one file, 1 GiB in all.
    fn default() -> Self {
        Self { pre_image_bytes: 64 << 20, total_bytes: 1 << 30 }
    }
}

/// What the journal knows of a path: its last state, and where that content is kept.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) node: Option<Node>,
    pub(crate) at: Option<u64>,
    /// Whether that state is the run's own work.
    pub(crate) by_run: bool,
}

/// The open journal of a run. One writer at a time: a second opening fails.
#[derive(Debug)]
pub struct Journal {
    bounds: JournalBounds,
    lines: File,
    pack: File,
    lines_bytes: u64,
    pack_bytes: u64,
    unsynced: bool,
    known: HashMap<RelPath, Known>,
    /// The command that began and did not end; whether all was seen before it.
    open_command: Option<bool>,
    /// Half a write could not be taken back: what would be written behind it would be read wrongly.
    is_damaged: bool,
}

impl Journal {
    /// Opens the journal in a directory of its own, created 0700 if missing; an earlier one is continued.
    pub fn open(dir: &Path) -> Result<Self, FileError> {
        Self::open_within(dir, JournalBounds::default())
    }

    /// The same with other bounds.
    pub fn open_within(dir: &Path, bounds: JournalBounds) -> Result<Self, FileError> {
        let failed = |source| FileError::Journal { what: "opened", source };
        create_dir(&RealDisk, dir).map_err(failed)?;
        let lines = RealDisk.open_append(&dir.join(LINES)).map_err(failed)?;
        lines.try_lock().map_err(|e| failed(e.into()))?;
        let pack = RealDisk.open_append(&dir.join(PACK)).map_err(failed)?;
        RealDisk.sync_dir(dir).map_err(failed)?;
        let end = whole_end(&lines).map_err(failed)?;
        lines.set_len(end).map_err(failed)?;
        let pack_bytes = pack.metadata().map_err(failed)?.len();
        let mut journal = Self {
            bounds,
            lines,
            pack,
            lines_bytes: end,
            pack_bytes,
            unsynced: false,
            known: HashMap::new(),
            open_command: None,
            is_damaged: false,
        };
        for record in read(dir)? {
            journal.learn(&record);
        }
        Ok(journal)
    }

    /// The bounds it was opened with.
    pub(crate) fn bounds(&self) -> JournalBounds {
        self.bounds
    }

    /// What it knows of a path.
    pub(crate) fn known(&self, path: &RelPath) -> Option<&Known> {
        self.known.get(path)
    }

    /// All that it knows.
    pub(crate) fn all_known(&self) -> impl Iterator<Item = (&RelPath, &Known)> {
        self.known.iter()
    }

    /// Whether a command began and did not end: the daemon was stopped under it.
    pub fn was_cut_off(&self) -> bool {
        self.open_command.is_some()
    }

    /// Whether everything was seen before the open command began.
    pub(crate) fn began_complete(&self) -> bool {
        self.open_command == Some(true)
    }

    /// Whether the run changed the path before.
    pub(crate) fn was_changed(&self, path: &RelPath) -> bool {
        self.known.get(path).is_some_and(|known| known.by_run)
    }

    /// Bytes that may still be written.
    pub(crate) fn room(&self) -> u64 {
        self.bounds.total_bytes.saturating_sub(self.lines_bytes + self.pack_bytes)
    }

    /// Puts a content into the pack and says where it begins. Durable with the next lines.
    pub(crate) fn keep(&mut self, content: &[u8]) -> Result<u64, FileError> {
        if content.len() as u64 > self.room() {
            return Err(FileError::JournalFull { max_bytes: self.bounds.total_bytes });
        }
        self.is_whole()?;
        let at = self.pack_bytes;
        self.unsynced = true;
        if let Err(source) = write_all(&RealDisk, &self.pack, content) {
            self.is_damaged |= self.pack.set_len(at).is_err();
            return Err(FileError::Journal { what: "written", source });
        }
        self.pack_bytes += content.len() as u64;
        Ok(at)
    }

    /// Writes lines. When this returns they and all contents are durable.
    pub(crate) fn enter(&mut self, records: &[Record]) -> Result<(), FileError> {
        self.is_whole()?;
        let failed = |source| FileError::Journal { what: "written", source };
        let mut text = Vec::new();
        for record in records {
            serde_json::to_writer(&mut text, record).map_err(|e| failed(e.into()))?;
            text.push(b'\n');
        }
        if text.len() as u64 > self.room() {
            return Err(FileError::JournalFull { max_bytes: self.bounds.total_bytes });
        }
        if self.unsynced {
            self.pack.sync_data().map_err(failed)?;
            self.unsynced = false;
        }
        let written = write_all(&RealDisk, &self.lines, &text).and_then(|()| RealDisk.sync_data(&self.lines));
        if let Err(source) = written {
            self.is_damaged |= self.lines.set_len(self.lines_bytes).is_err();
            return Err(failed(source));
        }
        self.lines_bytes += text.len() as u64;
        for record in records {
            self.learn(record);
        }
        Ok(())
    }

    fn is_whole(&self) -> Result<(), FileError> {
        if !self.is_damaged {
            return Ok(());
        }
        let source = io::Error::other("half a write at its end could not be taken back");
        Err(FileError::Journal { what: "written", source })
    }

    /// A content of the pack, which must have this SHA-256: nothing else is put in a user's file.
    pub(crate) fn content(&self, at: u64, bytes: u64, expected: &str) -> Result<Vec<u8>, FileError> {
        let failed = |source| FileError::Journal { what: "read", source };
        let end = at.checked_add(bytes).filter(|end| *end <= self.pack_bytes);
        let len = end.and_then(|_| usize::try_from(bytes).ok());
        let len = len.ok_or_else(|| failed(io::ErrorKind::UnexpectedEof.into()))?;
        let mut content = vec![0; len];
        self.pack.read_exact_at(&mut content, at).map_err(failed)?;
        if sha256(&content) != expected {
            return Err(failed(io::Error::new(
                io::ErrorKind::InvalidData,
                "a content kept in it was changed",
            )));
        }
        Ok(content)
    }

    fn learn(&mut self, record: &Record) {
        match record {
            Record::Seen { path, node, at } => {
                self.known.insert(path.clone(), Known { node: Some(node.clone()), at: *at, by_run: false });
            }
            Record::Change { path, after, .. } => {
                self.known.insert(path.clone(), Known { node: after.clone(), at: None, by_run: true });
            }
            Record::Began { complete } => self.open_command = Some(*complete),
            Record::Ended => self.open_command = None,
            Record::Uncovered { .. } => {}
        }
    }
}

impl Drop for Journal {
    /// Closing alone would not do: a process that is just being started elsewhere in this program has the file open for
    /// a moment as well, and with it the lock.
    fn drop(&mut self) {
        let _closing_does_it_too = self.lines.unlock();
    }
}

/// All whole lines of a journal.
pub(crate) fn read(dir: &Path) -> Result<Vec<Record>, FileError> {
    let failed = |source| FileError::Journal { what: "read", source };
    let mut lines = Lines::open(&dir.join(LINES), LINE_BYTES).map_err(failed)?;
    let mut records = Vec::new();
    while let Some(line) = lines.next().map_err(failed)? {
        if !line.complete {
            break;
        }
        let record = serde_json::from_slice(line.bytes).map_err(|e| {
            let what = format!("line {} of {LINES}: {e}", line.number);
            failed(io::Error::new(io::ErrorKind::InvalidData, what))
        })?;
        records.push(record);
    }
    Ok(records)
}
