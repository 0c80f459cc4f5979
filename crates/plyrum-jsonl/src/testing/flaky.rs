//! A disk whose n-th call fails.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::disk::{Disk, RealDisk};

/// How the chosen call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `ENOSPC`.
    NoSpace,
    /// `EIO`.
    InputOutput,
    /// Half of a write, then `ENOSPC`.
    Short,
    /// `EMFILE`.
    TooManyFiles,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NoSpace, Self::InputOutput, Self::Short, Self::TooManyFiles];

    fn error(self) -> io::Error {
        io::Error::from_raw_os_error(match self {
            Self::NoSpace | Self::Short => 28,
            Self::InputOutput => 5,
            Self::TooManyFiles => 24,
        })
    }
}

/// The real disk, but for calls that fail. No power is cut here, so nothing is flushed.
#[derive(Clone, Debug)]
pub struct Flaky {
    left: Arc<AtomicI64>,
    fault: Fault,
    times: i64,
}

impl Flaky {
    /// So often does a fault come in a row that is tried: once; with the call that would mend it; for ever.
    pub const TIMES: [i64; 4] = [1, 2, 3, i64::MAX];

    /// The `n`-th call from now fails, counted from 0, and those after it until `times` have failed.
    pub fn at(n: i64, fault: Fault, times: i64) -> Self {
        Self { left: Arc::new(AtomicI64::new(n)), fault, times }
    }

    /// Nothing fails; but nothing is flushed either, which is quick.
    pub fn never() -> Self {
        Self::at(i64::MAX, Fault::NoSpace, 0)
    }

    /// Whether no call has failed.
    pub fn was_clean(&self) -> bool {
        self.left.load(Ordering::Relaxed) >= 0
    }

    fn call(&self) -> io::Result<()> {
        let left = self.left.fetch_sub(1, Ordering::Relaxed);
        if left <= 0 && left > self.times.saturating_neg() { Err(self.fault.error()) } else { Ok(()) }
    }
}

impl Disk for Flaky {
    fn open_append(&self, path: &Path) -> io::Result<File> {
        self.call().and_then(|()| RealDisk.open_append(path))
    }

    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.call() {
            if self.fault == Fault::Short && bytes.len() > 1 {
                RealDisk.write(file, bytes.get(..bytes.len() / 2).unwrap_or_default())?;
            }
            return Err(error);
        }
        RealDisk.write(file, bytes)
    }

    fn set_len(&self, file: &File, len: u64) -> io::Result<()> {
        self.call().and_then(|()| RealDisk.set_len(file, len))
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        file.metadata().and_then(|_| self.call())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        dir.metadata().and_then(|_| self.call())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call().and_then(|()| RealDisk.remove(path))
    }
}
