//! Reading: runs, lists, beside a writer.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use plyrum_protocol::SessionId;
use plyrum_redact::Redactor;
use plyrum_sessions::{SessionLog, TextRole, frames_of, list, unfinished_runs};

use crate::{accepted, finished, open, path, run, session, shown};

#[test]
fn unfinished_runs_are_those_without_run_finished() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    for frame in
        [accepted("r2", 1), accepted("r1", 1), accepted("r2", 2), finished("r1", 2), accepted("r3", 1)]
    {
        log.append_frame(&frame).unwrap();
    }
    let open_runs = unfinished_runs(dir.path(), &session()).unwrap();
    assert_eq!(open_runs, [(run("r2"), 2), (run("r3"), 1)]);
    // A torn `run.finished` does not count.
    let mut bytes = fs::read(path(dir.path())).unwrap();
    bytes.extend_from_slice(
        format!("{{\"frame\":{}", plyrum_protocol::to_line(&finished("r3", 2)).unwrap()).as_bytes(),
    );
    fs::write(path(dir.path()), bytes).unwrap();
    assert_eq!(unfinished_runs(dir.path(), &session()).unwrap(), open_runs);
}

/// Its daemon died between writing down what was asked and its first frame.
#[test]
fn a_run_that_has_only_its_prompt_is_unfinished_from_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    for name in ["r1", "r2"] {
        log.append_text(&run(name), TextRole::User, None, "What is it?", &Redactor::new([0; 32], []))
            .unwrap();
    }
    log.append_frame(&accepted("r2", 1)).unwrap();
    assert_eq!(unfinished_runs(dir.path(), &session()).unwrap(), [(run("r1"), 0), (run("r2"), 1)]);
    log.append_frame(&finished("r1", 1)).unwrap();
    assert_eq!(unfinished_runs(dir.path(), &session()).unwrap(), [(run("r2"), 1)]);
}

#[test]
fn a_run_s_frames_are_told_from_those_of_a_run_with_a_longer_id() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    for frame in [accepted("ab", 1), accepted("abc", 1), accepted("ab", 2)] {
        log.append_frame(&frame).unwrap();
    }
    assert_eq!(
        frames_of(dir.path(), &session(), &run("ab")).unwrap(),
        [accepted("ab", 1), accepted("ab", 2)]
    );
}

#[test]
fn sessions_are_listed_and_side_files_are_not() {
    let dir = tempfile::tempdir().unwrap();
    assert!(list(&dir.path().join("nothing")).unwrap().is_empty());
    for id in ["a", "b.2"] {
        SessionLog::open(dir.path(), &SessionId::new(id).unwrap())
            .unwrap()
            .append_frame(&accepted("r1", 1))
            .unwrap();
    }
    for other in ["a.jsonl.torn-5", "notes.txt", "UPPER.jsonl", ".jsonl"] {
        fs::write(dir.path().join(other), "x").unwrap();
    }
    let mut found = list(dir.path()).unwrap();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(found.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["a", "b.2"]);
    assert!(found.iter().all(|s| s.bytes > 100 && s.modified.millis() > 1_600_000_000_000));
}

#[test]
fn a_session_that_does_not_exist_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let error = plyrum_sessions::read(dir.path(), &session()).unwrap_err();
    assert!(
        error.kind() == std::io::ErrorKind::NotFound && error.to_string().contains("s-1.jsonl"),
        "{error}"
    );
}

#[test]
fn a_reader_beside_the_writer_sees_a_growing_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for seq in 1..=500 {
                log.append_frame(&accepted("r1", seq)).unwrap();
            }
            done.store(true, Ordering::Release);
        });
        let mut seen = 0;
        loop {
            let last = done.load(Ordering::Acquire);
            let now = shown(dir.path());
            let expected: Vec<String> = (1..=now.len()).map(|seq| format!("r1#{seq}")).collect();
            assert!(now == expected && now.len() >= seen);
            seen = now.len();
            if last {
                break;
            }
        }
        assert_eq!(seen, 500);
    });
}
