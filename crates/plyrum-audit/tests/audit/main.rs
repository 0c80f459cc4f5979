//! What the audit promises, as claims: it is written as specified, a crash costs at most the line that
//! was not acknowledged, and no change to what is written stays unseen.
#![expect(clippy::unwrap_used, reason = "tests: helpers fail by panicking")]

mod attacks;
mod crashes;
mod log;
mod own;
mod read;
mod thousands;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use plyrum_audit::{Anchor, AuditLog, Opening, VerifyReport, Witness, verify};
use plyrum_redact::Redactor;
use serde_json::json;
use tempfile::TempDir;

const SECRET: &str = "lab-key-0123456789";

fn redactor() -> Redactor {
    Redactor::new([3; 32], [("lab".to_owned(), SECRET.into())])
}

/// Opens with a clock that starts at `day` and advances a second per call.
fn open_on_day(dir: &Path, day: &str) -> AuditLog {
    let (day, second) = (day.to_owned(), Cell::new(0));
    let clock = move || {
        second.set(second.get() + 1);
        format!("{day}T00:{:02}:{:02}.000Z", second.get() / 60 % 60, second.get() % 60)
    };
    AuditLog::open(dir, opening(clock)).unwrap()
}

fn opening(clock: impl Fn() -> String + Send + 'static) -> Opening<'static> {
    Opening { redactor: redactor(), boot: "boot-1", anchor: None, clock: Box::new(clock) }
}

/// A witness that has seen this record, whatever its number.
fn witness(hash: &str) -> Witness {
    Witness { anchor: Some(Anchor { seq: 1, hash: hash.to_owned() }), floor: None }
}

fn open(dir: &Path) -> AuditLog {
    open_on_day(dir, "2026-11-22")
}

/// An audit of `days` files with `per_day` records each, and its head.
fn written(days: u32, per_day: u32) -> (TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut head = String::new();
    for day in 0..days {
        let mut log = open_on_day(dir.path(), &format!("2026-11-{:02}", day + 10));
        for n in 0..per_day {
            log.append("run.start", &json!({"n": n, "outbox": day * per_day + n, "text": "привет"})).unwrap();
        }
        log.sync().unwrap();
        head = log.head().hash;
    }
    (dir, head)
}

/// The audit's files, in order.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn check(dir: &Path) -> VerifyReport {
    verify(dir, None, None).unwrap()
}

/// A line, read.
fn record(line: &str) -> serde_json::Value {
    serde_json::from_str(line).unwrap()
}
