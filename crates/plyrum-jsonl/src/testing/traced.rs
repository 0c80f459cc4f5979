//! A disk that does what it is told, and remembers it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, RealDisk};

/// A change of the disk. Files are numbered: names come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A new file got this name.
    Create {
        /// Its number.
        file: usize,
        /// Its name.
        name: PathBuf,
    },
    /// Bytes at the end.
    Write {
        /// Of which file.
        file: usize,
        /// What.
        bytes: Vec<u8>,
    },
    /// The file was cut.
    SetLen {
        /// Which.
        file: usize,
        /// To this length.
        len: usize,
    },
    /// What the file had was flushed.
    Sync {
        /// Which.
        file: usize,
    },
    /// The names of the directory were flushed.
    SyncDir,
    /// A name went.
    Remove {
        /// Which.
        name: PathBuf,
    },
    /// Nothing of the disk: the test promises something from here on.
    Promise(u64),
}

/// What happened to a directory.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// What was there before, durable: content by name.
    pub before: BTreeMap<PathBuf, Vec<u8>>,
    /// What happened, in order.
    pub ops: Vec<Op>,
}

#[derive(Debug, Default)]
struct Memory {
    trace: Trace,
    /// File numbers by inode.
    files: BTreeMap<u64, usize>,
    known: usize,
}

/// The real disk with a memory; clones share it. One directory, and nothing is really flushed.
#[derive(Clone, Debug)]
pub struct Traced {
    dir: PathBuf,
    memory: Arc<Mutex<Memory>>,
}

impl Traced {
    /// A memory of what happens in `dir` from now on.
    pub fn of(dir: &Path) -> io::Result<Self> {
        let mut memory = Memory::default();
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            let Some(name) = path.file_name().map(PathBuf::from) else { continue };
            memory.trace.before.insert(name.clone(), fs::read(&path)?);
        }
        // Numbers in the order of names, as a crash numbers what was there before.
        let names: Vec<PathBuf> = memory.trace.before.keys().cloned().collect();
        for name in names {
            let inode = fs::metadata(dir.join(name))?.ino();
            memory.files.insert(inode, memory.known);
            memory.known += 1;
        }
        Ok(Self { dir: dir.to_owned(), memory: Arc::new(Mutex::new(memory)) })
    }

    /// From here on the test promises `what`.
    pub fn promise(&self, what: u64) {
        self.lock().trace.ops.push(Op::Promise(what));
    }

    /// What has happened so far.
    pub fn trace(&self) -> Trace {
        self.lock().trace.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, file: &File, op: impl FnOnce(usize) -> Op) -> io::Result<()> {
        let inode = file.metadata()?.ino();
        let mut memory = self.lock();
        let number = memory.files.get(&inode).copied().ok_or(io::ErrorKind::NotFound)?;
        memory.trace.ops.push(op(number));
        Ok(())
    }

    fn name(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.dir).unwrap_or(path).to_owned()
    }
}

impl Disk for Traced {
    fn open_append(&self, path: &Path) -> io::Result<File> {
        let is_new = !path.exists();
        let file = RealDisk.open_append(path)?;
        if is_new {
            let (inode, name) = (file.metadata()?.ino(), self.name(path));
            let mut memory = self.lock();
            let number = memory.known;
            memory.known += 1;
            memory.files.insert(inode, number);
            memory.trace.ops.push(Op::Create { file: number, name });
        }
        Ok(file)
    }

    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<usize> {
        let written = RealDisk.write(file, bytes)?;
        let bytes = bytes.get(..written).unwrap_or_default().to_vec();
        self.remember(file, |file| Op::Write { file, bytes })?;
        Ok(written)
    }

    fn set_len(&self, file: &File, len: u64) -> io::Result<()> {
        RealDisk.set_len(file, len)?;
        self.remember(file, |file| Op::SetLen { file, len: usize::try_from(len).unwrap_or(usize::MAX) })
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        self.remember(file, |file| Op::Sync { file })
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        if dir == self.dir {
            self.lock().trace.ops.push(Op::SyncDir);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)?;
        let name = self.name(path);
        self.lock().trace.ops.push(Op::Remove { name });
        Ok(())
    }
}
