//! Every call to the disk fails once: the audit refuses cleanly, stays whole, and goes on afterwards.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use plyrum_redact::Redactor;
use serde_json::json;

use crate::disk::{Disk, RealDisk};
use crate::{AuditLog, verify};

/// How the chosen call fails.
#[derive(Clone, Copy, Debug)]
enum Fault {
    NoSpace,
    InputOutput,
    /// Half of a write, then no space.
    Short,
    TooManyFiles,
}

/// A disk whose `left`-th call from now fails, and each after it if `lasting`.
#[derive(Debug)]
struct Flaky {
    left: Arc<AtomicI64>,
    fault: Fault,
    lasting: bool,
}

impl Flaky {
    fn call(&self) -> io::Result<()> {
        let left = self.left.fetch_sub(1, Ordering::Relaxed);
        if left == 0 || (self.lasting && left < 0) {
            return Err(io::Error::from_raw_os_error(match self.fault {
                Fault::NoSpace | Fault::Short => 28,
                Fault::InputOutput => 5,
                Fault::TooManyFiles => 24,
            }));
        }
        Ok(())
    }
}

impl Disk for Flaky {
    fn open_append(&self, path: &Path) -> io::Result<File> {
        self.call().and_then(|()| RealDisk.open_append(path))
    }

    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.call() {
            if matches!(self.fault, Fault::Short) && bytes.len() > 1 {
                RealDisk.write(file, &bytes[..bytes.len() / 2])?;
            }
            return Err(error);
        }
        RealDisk.write(file, bytes)
    }

    fn set_len(&self, file: &File, len: u64) -> io::Result<()> {
        self.call().and_then(|()| RealDisk.set_len(file, len))
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        file.metadata().and_then(|_| self.call()) // no power is cut in tests: spare the disk
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        dir.metadata().and_then(|_| self.call())
    }
}

fn open(disk: impl Disk + 'static, dir: &Path) -> Result<AuditLog, crate::AuditError> {
    let clock = Box::new(|| "2026-11-22T00:00:00.000Z".to_owned());
    AuditLog::open_on(Box::new(disk), 1_500, dir, Redactor::new([1; 32], []), "b1", clock)
}

/// Ten records over several files, one of them synced; returns how many were acknowledged.
fn write_ten(disk: impl Disk + 'static, dir: &Path) -> u64 {
    let Ok(mut log) = open(disk, dir) else { return 0 };
    let mut acknowledged = log.head().seq;
    for n in 0..10 {
        if let Ok(appended) = log.append("run.start", &json!({"n": n, "outbox": n})) {
            acknowledged = appended.seq;
            assert_eq!(log.head().seq, appended.seq);
        }
        let _ = log.sync();
    }
    acknowledged
}

#[test]
fn the_nth_disk_call_fails_and_nothing_acknowledged_is_lost() {
    for fault in [Fault::NoSpace, Fault::InputOutput, Fault::Short, Fault::TooManyFiles] {
        for lasting in [false, true] {
            for n in 0.. {
                let dir = tempfile::tempdir().unwrap();
                let left = Arc::new(AtomicI64::new(n));
                let acknowledged = write_ten(Flaky { left: Arc::clone(&left), fault, lasting }, dir.path());
                if left.load(Ordering::Relaxed) >= 0 {
                    assert_eq!(acknowledged, 10, "the clean run");
                    break;
                }
                check_after(dir.path(), acknowledged, &format!("{fault:?} at call {n}, lasting: {lasting}"));
            }
        }
    }
}

/// After any fault: a good start makes the chain whole, with everything that was acknowledged.
fn check_after(dir: &Path, acknowledged: u64, what: &str) {
    let mut log = open(RealDisk, dir).unwrap();
    assert!(log.head().seq >= acknowledged, "{what}: head {} of {acknowledged}", log.head().seq);
    log.append("run.finish", &json!({})).unwrap();
    let report = verify(dir, Some(&log.head().hash), None).unwrap();
    assert!(report.ok && report.records > acknowledged, "{what}: {report:?}");
}

#[test]
fn a_fault_during_recovery_is_survived_by_the_next_start() {
    for n in 0.. {
        let dir = tempfile::tempdir().unwrap();
        let acknowledged = write_ten(RealDisk, dir.path());
        let newest = crate::files::list(dir.path()).unwrap().segments.pop().unwrap().path(dir.path());
        let bytes = std::fs::read(&newest).unwrap();
        std::fs::write(&newest, &bytes[..bytes.len() - 9]).unwrap();
        let left = Arc::new(AtomicI64::new(n));
        let opened =
            open(Flaky { left: Arc::clone(&left), fault: Fault::NoSpace, lasting: true }, dir.path());
        let clean = left.load(Ordering::Relaxed) >= 0;
        assert_eq!(opened.is_ok(), clean, "call {n}");
        drop(opened);
        check_after(dir.path(), acknowledged - 1, &format!("recovery, call {n}"));
        if clean {
            break;
        }
    }
}
