//! Every call to the disk fails once: the audit refuses cleanly, stays whole, and goes on afterwards.

use std::path::Path;
use std::sync::Arc;

use plyrum_jsonl::Disk;
use plyrum_jsonl::testing::{Fault, Flaky};
use serde_json::json;

use crate::states::opening;
use crate::{Anchor, AuditError, AuditLog, Witness, retirable, verify};

/// Small files, so that ten records need several.
pub(crate) fn open(disk: impl Disk + 'static, dir: &Path) -> Result<AuditLog, AuditError> {
    AuditLog::open_on(Arc::new(disk), 2_000, dir, opening(None, "2026-11-22"))
}

/// Ten records over several files, synced one by one; returns how many were acknowledged.
fn write_ten(disk: impl Disk + 'static, dir: &Path) -> u64 {
    let Ok(mut log) = open(disk, dir) else { return 0 };
    let mut acknowledged = 0;
    for n in 0..10 {
        if let Ok(appended) = log.append("run.start", &json!({"n": n, "outbox": n})) {
            acknowledged += 1;
            assert_eq!(log.head().seq, appended.seq);
        }
        let _refused = log.sync();
    }
    let _refused = log.checkpoint();
    acknowledged
}

/// Records of the kind that [`write_ten`] writes.
fn written(dir: &Path) -> u64 {
    let mut records = 0;
    crate::each::<AuditError>(dir, |record| {
        records += u64::from(record["kind"] == "run.start");
        Ok(())
    })
    .unwrap();
    records
}

#[test]
fn the_nth_disk_call_fails_and_nothing_acknowledged_is_lost() {
    let mut calls = 0;
    for fault in Fault::ALL {
        for times in Flaky::TIMES {
            for n in 0.. {
                let dir = tempfile::tempdir().unwrap();
                let disk = Flaky::at(n, fault, times);
                let acknowledged = write_ten(disk.clone(), dir.path());
                if disk.was_clean() {
                    assert_eq!(acknowledged, 10, "the clean run");
                    break;
                }
                calls += 1;
                check_after(dir.path(), acknowledged, &format!("{fault:?} at call {n}, {times} times"));
            }
        }
    }
    println!("{calls} failing calls");
}

/// After any fault: a good start makes the chain whole, with everything that was acknowledged and nothing else.
fn check_after(dir: &Path, acknowledged: u64, what: &str) {
    let mut log = open(Flaky::never(), dir).unwrap();
    assert_eq!(written(dir), acknowledged, "{what}");
    log.append("run.finish", &json!({})).unwrap();
    let report = verify(dir, Some(&log.head().hash), None).unwrap();
    assert!(report.ok && report.records > acknowledged, "{what}: {report:?}");
}

#[test]
fn a_fault_during_recovery_is_survived_by_the_next_start() {
    for n in 0.. {
        let dir = tempfile::tempdir().unwrap();
        let acknowledged = write_ten(Flaky::never(), dir.path());
        let newest = crate::files::list(dir.path()).unwrap().segments.pop().unwrap().path(dir.path());
        let mut bytes = std::fs::read(&newest).unwrap();
        bytes.extend_from_slice(b"{\"v\":1,\"se");
        std::fs::write(&newest, &bytes).unwrap();
        let disk = Flaky::at(n, Fault::NoSpace, i64::MAX);
        let opened = open(disk.clone(), dir.path());
        assert_eq!(opened.is_ok(), disk.was_clean(), "call {n}");
        drop(opened);
        check_after(dir.path(), acknowledged, &format!("recovery, call {n}"));
        if disk.was_clean() {
            break;
        }
    }
}

/// Four days, of which the first two are retired over this disk.
fn retire(disk: impl Disk + 'static, dir: &Path) -> (Option<Anchor>, bool) {
    let mut floor = None;
    let done = || -> Result<(), AuditError> {
        let mut log = AuditLog::open_on(Arc::new(disk), 2_000, dir, opening(None, "2026-11-25"))?;
        let old = retirable(dir, "2026-11-24", |_, _, _| {})?;
        let tombstone = log.bury(old, json!({"seen": 4}))?;
        floor = Some(Anchor { seq: tombstone.last_seq, hash: tombstone.last_hash });
        log.remove_retired(tombstone.last_seq)?;
        Ok(())
    };
    let done = done().is_ok();
    (floor, done)
}

#[test]
fn the_nth_disk_call_of_a_retention_fails_and_the_chain_still_says_what_was_there() {
    for fault in Fault::ALL {
        for n in 0.. {
            let dir = tempfile::tempdir().unwrap();
            for day in ["2026-11-22", "2026-11-23", "2026-11-24"] {
                let mut log =
                    AuditLog::open_on(Arc::new(Flaky::never()), 2_000, dir.path(), opening(None, day))
                        .unwrap();
                for n in 0..4 {
                    log.append("run.start", &json!({"n": n})).unwrap();
                }
            }
            let disk = Flaky::at(n, fault, if n % 2 == 0 { 1 } else { i64::MAX });
            let (floor, done) = retire(disk.clone(), dir.path());
            let log = open(Flaky::never(), dir.path()).unwrap();
            let anchor = Anchor { seq: log.head().seq, hash: log.head().hash };
            let witness = Witness { anchor: Some(anchor), floor: floor.clone() };
            let report = verify(dir.path(), None, Some(&witness)).unwrap();
            assert!(report.ok, "{fault:?} at call {n}: {report:?}");
            if let Some(floor) = floor {
                log.remove_retired(floor.seq).unwrap();
                let report = verify(dir.path(), None, Some(&witness)).unwrap();
                assert!(report.ok && report.first_seq == floor.seq + 1, "{fault:?} at call {n}: {report:?}");
            }
            if disk.was_clean() {
                assert!(done);
                break;
            }
        }
    }
}
