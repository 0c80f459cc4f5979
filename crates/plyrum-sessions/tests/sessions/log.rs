//! Writing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use plyrum_protocol::{Frame, to_line};
use plyrum_sessions::{LINE_MAX_BYTES, TextRole, read};

use crate::{SECRET, accepted, finished, open, path, redactor, run, session, shown};

#[test]
fn items_come_back_in_the_order_they_went_in() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    log.append_text(&run("r1"), TextRole::Attachment, Some("a.txt"), "abc", &redactor()).unwrap();
    log.append_text(&run("r1"), TextRole::Attachment, Some("a.txt"), "de", &redactor()).unwrap();
    log.append_text(&run("r1"), TextRole::User, None, "привет", &redactor()).unwrap();
    log.append_frame(&accepted("r1", 1)).unwrap();
    log.append_frame(&finished("r1", 2)).unwrap();
    log.sync().unwrap();
    assert_eq!(shown(dir.path()), ["a.txt:3", "a.txt:2", "user:привет", "r1#1", "r1#2"]);
    assert_eq!(log.frames_of(&run("r1")).unwrap(), [accepted("r1", 1), finished("r1", 2)]);
}

#[test]
fn a_frame_s_line_is_the_frame_in_an_object() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).append_frame(&accepted("r1", 1)).unwrap();
    let frame = to_line(&accepted("r1", 1)).unwrap();
    assert_eq!(fs::read_to_string(path(dir.path())).unwrap(), format!("{{\"frame\":{frame}}}\n"));
}

#[test]
fn text_is_redacted_once_more() {
    let dir = tempfile::tempdir().unwrap();
    let (log, key) = (open(dir.path()), format!("sk-ant-{}", "a1B2".repeat(12)));
    let text = format!("use {SECRET} and {key}");
    log.append_text(&run("r1"), TextRole::Attachment, Some(&format!("{SECRET}.env")), &text, &redactor())
        .unwrap();
    let written = fs::read_to_string(path(dir.path())).unwrap();
    assert!(!written.contains(SECRET) && !written.contains(&key), "{written}");
    assert!(written.contains("«redacted:known:") && written.contains("«redacted:anthropic-key:"));
}

#[test]
fn a_text_of_megabytes_is_one_item_of_bounded_lines() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let long = "\u{1}ж".repeat(3_000_000);
    log.append_text(&run("r1"), TextRole::Attachment, Some("stdin"), &long, &redactor()).unwrap();
    log.append_text(&run("r1"), TextRole::User, None, "?", &redactor()).unwrap();
    assert_eq!(shown(dir.path()), [format!("stdin:{}", long.len()), "user:?".to_owned()]);
    let written = fs::read(path(dir.path())).unwrap();
    assert!(written.split(|b| *b == b'\n').all(|line| line.len() < LINE_MAX_BYTES));
}

#[test]
fn live_frames_and_overlong_lines_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    assert!(log.append_frame(&Frame { seq: None, ..accepted("r1", 1) }).is_err());
    let mut huge = finished("r1", 1);
    if let plyrum_protocol::FrameBody::RunFinished { result } = &mut huge.body {
        result.answer = "x".repeat(LINE_MAX_BYTES);
    }
    assert!(log.append_frame(&huge).unwrap_err().to_string().contains("longer than"));
    assert_eq!(read(dir.path(), &session()).unwrap().count(), 0);
}

#[test]
fn logs_are_private_whatever_the_umask() {
    let dir = tempfile::tempdir().unwrap();
    let sessions = dir.path().join("data").join("sessions");
    open(&sessions).append_frame(&accepted("r1", 1)).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&sessions), mode(&path(&sessions))), (0o700, 0o600));
}

#[test]
fn two_runs_of_a_session_log_at_the_same_time() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|threads| {
        for id in ["r1", "r2", "r3"] {
            let dir = dir.path();
            threads.spawn(move || {
                for seq in 1..=100 {
                    open(dir).append_frame(&accepted(id, seq)).unwrap();
                }
            });
        }
    });
    let all = shown(dir.path());
    assert_eq!(all.len(), 300);
    for id in ["r1", "r2", "r3"] {
        let seqs: Vec<_> =
            open(dir.path()).frames_of(&run(id)).unwrap().iter().map(|f| f.seq.unwrap()).collect();
        assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
    }
}
