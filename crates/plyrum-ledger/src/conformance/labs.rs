//! The backends that there are: the ledger's file, and the same in memory.

use std::cell::Cell;
use std::path::PathBuf;

use super::*;
use crate::{open, recover};

/// A database in memory. Its crash is recovery alone: a process that dies takes it along.
#[derive(Default)]
pub(super) struct Memory;

impl Lab for Memory {
    type Store = Ledger;

    fn open(&self) -> Ledger {
        Ledger::open_in_memory().unwrap()
    }

    async fn crash(&self, ledger: Ledger, at: i64) -> (Ledger, Recovery) {
        let recovery = ledger.look(move |conn| recover::apply(conn, RecoverySpec { at })).await.unwrap();
        (ledger, recovery)
    }
}

/// Files in a directory that goes with the lab.
pub(super) struct Disk {
    dir: tempfile::TempDir,
    /// The file that was opened last.
    newest: Cell<u32>,
}

impl Default for Disk {
    fn default() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), newest: Cell::new(0) }
    }
}

impl Disk {
    fn path(&self) -> PathBuf {
        self.dir.path().join(format!("ledger-{}.sqlite", self.newest.get()))
    }

    fn next_path(&self) -> PathBuf {
        self.newest.set(self.newest.get() + 1);
        self.path()
    }
}

impl Lab for Disk {
    type Store = Ledger;

    fn open(&self) -> Ledger {
        let (ledger, recovery) = Ledger::open(&self.next_path(), RecoverySpec { at: 1 }).unwrap();
        assert_eq!(recovery, Recovery::default(), "nothing to recover in a new one");
        ledger
    }

    /// What a kill leaves: the files as they are, with the log not yet moved into the database.
    async fn crash(&self, ledger: Ledger, at: i64) -> (Ledger, Recovery) {
        let (died, again) = (self.path(), self.next_path());
        for suffix in ["", "-wal"] {
            std::fs::copy(open::beside(&died, suffix), open::beside(&again, suffix)).unwrap();
        }
        drop(ledger);
        Ledger::open(&again, RecoverySpec { at }).unwrap()
    }
}
