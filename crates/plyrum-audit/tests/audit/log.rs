//! Writing: format, order, permissions, rotation, locking, bounds.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use plyrum_audit::{AuditError, AuditLog, GENESIS};
use serde_json::{Value, json};

use crate::{SECRET, check, files, name, open, open_on_day, opening, written};

#[test]
fn lines_are_chained_and_redacted() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    assert_eq!((log.head().seq, log.head().hash.as_str()), (0, GENESIS));
    let first = log.append("hold.taken", &json!({"key": SECRET, SECRET: [1], "outbox": 5})).unwrap();
    let second = log.append("hold.settled", &json!({"outbox": 6, "text": "ok"})).unwrap();
    assert_eq!((first.seq, second.seq, log.head().hash), (1, 2, second.hash.clone()));
    assert_eq!(log.last_outbox(), Some(6));

    let text = fs::read_to_string(&files(dir.path())[0]).unwrap();
    assert!(!text.contains(SECRET) && text.contains("«redacted:known:"), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with(
        r#"{"v":1,"seq":1,"ts":"2026-11-22T00:00:01.000Z","boot":"boot-1","kind":"hold.taken","body":{"#
    ));
    assert!(lines[0].ends_with(&format!(r#","prev":"{GENESIS}","hash":"{}"}}"#, first.hash)));
    assert_eq!(serde_json::from_str::<Value>(lines[1]).unwrap()["prev"], json!(first.hash));
    assert!(check(dir.path()).ok);
}

#[test]
fn a_new_start_continues_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let hash = open(dir.path()).append("start", &json!({"outbox": 3})).unwrap().hash;
    let mut log = open(dir.path());
    assert_eq!((log.head().seq, log.head().hash.clone(), log.last_outbox()), (1, hash, Some(3)));
    assert_eq!(log.append("start", &json!({})).unwrap().seq, 2);
    let report = check(dir.path());
    assert!(report.ok && report.records == 2 && report.files == 1 && report.head == log.head(), "{report:?}");
}

#[test]
fn a_new_day_begins_a_new_file_that_continues_the_chain() {
    let (dir, head) = written(3, 4);
    let names: Vec<String> = files(dir.path()).iter().map(|f| name(f)).collect();
    let expected =
        ["000000000001-2026-11-10.jsonl", "000000000005-2026-11-11.jsonl", "000000000010-2026-11-12.jsonl"];
    assert_eq!(names, expected);
    let report = check(dir.path());
    assert!(report.ok && report.records == 14 && report.files == 3 && report.head.hash == head);
}

#[test]
fn a_clock_that_goes_back_stays_in_the_file() {
    let (dir, _) = written(1, 2);
    open_on_day(dir.path(), "2026-11-09").append("start", &json!({})).unwrap();
    assert!(check(dir.path()).ok);
    assert_eq!(files(dir.path()).len(), 1);
}

#[test]
fn the_last_outbox_entry_is_found_behind_a_rotation() {
    let (dir, _) = written(2, 3);
    drop(open_on_day(dir.path(), "2026-11-20").append("start", &json!({})).unwrap());
    assert_eq!(open(dir.path()).last_outbox(), Some(5));
}

#[test]
fn files_are_private_whatever_the_umask() {
    let dir = tempfile::tempdir().unwrap();
    let audit = dir.path().join("audit");
    open(&audit).append("start", &json!({})).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&audit), mode(&files(&audit)[0])), (0o700, 0o600));
}

#[test]
fn there_is_one_writer() {
    let dir = tempfile::tempdir().unwrap();
    let held = open(dir.path());
    let clock = || "2026-11-22T00:00:00Z".to_owned();
    assert!(matches!(AuditLog::open(dir.path(), opening(clock)), Err(AuditError::Busy { .. })));
    drop(held);
    assert!(AuditLog::open(dir.path(), opening(clock)).is_ok());
}

#[test]
fn what_cannot_be_a_record_is_refused_and_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    log.append("start", &json!({})).unwrap();
    let head = log.head();
    assert!(matches!(log.append("a b", &json!({})), Err(AuditError::Kind { .. })));
    assert!(matches!(log.append("", &json!({})), Err(AuditError::Kind { .. })));
    let long = json!({"text": "x".repeat(2 << 20)});
    assert!(matches!(log.append("run.start", &long), Err(AuditError::TooLong { .. })));
    let mut timeless = AuditLog::open(&dir.path().join("b"), opening(|| "noon".to_owned())).unwrap();
    assert!(matches!(timeless.append("start", &json!({})), Err(AuditError::Clock { .. })));
    assert_eq!(log.head(), head);
    assert!(check(dir.path()).ok);
}
