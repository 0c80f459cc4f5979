//! Every call to the disk fails once: an append is done or refused, nothing acknowledged is lost, and the log
//! goes on afterwards.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use plyrum_jsonl::Disk;
use plyrum_jsonl::testing::{Fault, Flaky};
use plyrum_protocol::{RunId, SessionId};
use plyrum_redact::Redactor;

use crate::{Item, SessionLog, TextRole, read};

pub(crate) fn session() -> SessionId {
    SessionId::new("s1").unwrap()
}

pub(crate) fn open(disk: impl Disk + 'static, dir: &Path) -> std::io::Result<SessionLog> {
    SessionLog::open_on(Arc::new(disk), dir, &session())
}

pub(crate) fn say(log: &SessionLog, text: &str) -> std::io::Result<()> {
    static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new([0; 32], []));
    log.append_text(&RunId::new("r1").unwrap(), TextRole::User, None, text, &REDACTOR)
}

/// The texts of a log; panics where a line cannot be read.
pub(crate) fn texts(dir: &Path) -> Vec<String> {
    let text = |item: std::io::Result<Item>| match item.unwrap() {
        Item::Text(text) => text.text,
        other => panic!("{other:?}"),
    };
    read(dir, &session()).map(|items| items.map(text).collect()).unwrap_or_default()
}

/// Opens the log twice and says five things each time; returns what was acknowledged.
fn say_ten(disk: &Flaky, dir: &Path) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for start in 0..2 {
        let Ok(log) = open(disk.clone(), dir) else { continue };
        for n in 0..5 {
            let text = format!("text {start}.{n}, привет");
            if say(&log, &text).is_ok() {
                acknowledged.push(text);
            }
            let _refused = log.sync();
        }
    }
    acknowledged
}

#[test]
fn the_nth_disk_call_fails_and_the_log_has_exactly_what_was_acknowledged() {
    let mut calls = 0;
    for fault in Fault::ALL {
        for times in Flaky::TIMES {
            for n in 0.. {
                let dir = tempfile::tempdir().unwrap();
                let disk = Flaky::at(n, fault, times);
                let acknowledged = say_ten(&disk, dir.path());
                if disk.was_clean() {
                    assert_eq!(acknowledged.len(), 10, "the clean run");
                    break;
                }
                calls += 1;
                let log = open(Flaky::never(), dir.path()).unwrap();
                say(&log, "afterwards").unwrap();
                let mut expected = acknowledged;
                expected.push("afterwards".to_owned());
                assert_eq!(texts(dir.path()), expected, "{fault:?} at call {n}, {times} times");
            }
        }
    }
    println!("{calls} failing calls");
}

#[test]
fn a_fault_while_a_torn_end_is_set_aside_is_survived_by_the_next_start() {
    for torn in [&b"{\"text\":{\"ru"[..], b"\0\0\0\0{}\n{}\n"] {
        for n in 0.. {
            let dir = tempfile::tempdir().unwrap();
            say(&open(Flaky::never(), dir.path()).unwrap(), "one").unwrap();
            let path = dir.path().join("s1.jsonl");
            let mut bytes = std::fs::read(&path).unwrap();
            bytes.extend_from_slice(torn);
            std::fs::write(&path, &bytes).unwrap();
            let disk = Flaky::at(n, Fault::NoSpace, i64::MAX);
            let opened = open(disk.clone(), dir.path());
            assert_eq!(opened.is_ok(), disk.was_clean(), "call {n}");
            drop(opened);
            say(&open(Flaky::never(), dir.path()).unwrap(), "two").unwrap();
            assert_eq!(texts(dir.path()), ["one", "two"]);
            if disk.was_clean() {
                break;
            }
        }
    }
}
