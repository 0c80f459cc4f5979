//! Torn ends and damage.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use plyrum_sessions::TextRole;
use proptest::prelude::*;

use crate::{accepted, finished, open, path, redactor, run, shown};

fn three_items() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    log.append_text(&run("r1"), TextRole::User, None, "привет", &redactor()).unwrap();
    log.append_frame(&accepted("r1", 1)).unwrap();
    log.append_frame(&finished("r1", 2)).unwrap();
    fs::read(path(dir.path())).unwrap()
}

#[test]
fn a_crash_at_any_byte_of_the_last_line_costs_that_line_only() {
    let whole = three_items();
    let last = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    for end in last..whole.len() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(path(dir.path()), &whole[..end]).unwrap();
        assert_eq!(shown(dir.path()), ["user:привет", "r1#1"], "a reader passes over the torn end");
        assert_eq!(fs::read(path(dir.path())).unwrap().len(), end, "and repairs nothing");

        let log = open(dir.path());
        log.append_frame(&finished("r1", 2)).unwrap();
        assert_eq!(shown(dir.path()), ["user:привет", "r1#1", "r1#2"]);
        if end > last {
            let side = dir.path().join(format!("s-1.jsonl.torn-{last}"));
            assert_eq!(fs::read(&side).unwrap(), &whole[last..end]);
            assert_eq!(fs::metadata(&side).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn a_log_of_one_torn_line_longer_than_a_step_begins_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(path(dir.path()), vec![b'x'; 300_000]).unwrap();
    open(dir.path()).append_frame(&accepted("r1", 1)).unwrap();
    assert_eq!(shown(dir.path()), ["r1#1"]);
    assert_eq!(fs::metadata(dir.path().join("s-1.jsonl.torn-0")).unwrap().len(), 300_000);
}

#[test]
fn a_log_torn_while_it_is_open_is_repaired_by_the_next_append() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    log.append_frame(&accepted("r1", 1)).unwrap();
    let mut bytes = fs::read(path(dir.path())).unwrap();
    bytes.extend_from_slice(b"{\"frame\":{\"ty");
    fs::write(path(dir.path()), &bytes).unwrap();
    log.append_frame(&finished("r1", 2)).unwrap();
    assert_eq!(shown(dir.path()), ["r1#1", "r1#2"]);
}

#[test]
fn a_damaged_line_in_the_middle_is_named_and_the_others_come() {
    let dir = tempfile::tempdir().unwrap();
    let text = String::from_utf8(three_items()).unwrap().replace("\"run.accepted\"", "\"run.accepted");
    fs::write(path(dir.path()), text).unwrap();
    assert_eq!(shown(dir.path()), ["user:привет", "!", "r1#2"]);
    let mut items = plyrum_sessions::read(dir.path(), &crate::session()).unwrap();
    let error = items.find_map(Result::err).unwrap().to_string();
    assert!(error.contains("s-1.jsonl:2: "), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_end_is_survived(keep in 0..1_500_usize, garbage in proptest::collection::vec(any::<u8>(), 0..300)) {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = three_items_once().to_vec();
        bytes.truncate(keep);
        bytes.extend_from_slice(&garbage);
        fs::write(path(dir.path()), &bytes).unwrap();
        let before = shown(dir.path());
        open(dir.path()).append_frame(&accepted("r9", 7)).unwrap();
        let after = shown(dir.path());
        prop_assert_eq!(&after[..after.len() - 1], &before[..]);
        prop_assert_eq!(after.last().unwrap(), "r9#7");
    }
}

fn three_items_once() -> &'static [u8] {
    static ITEMS: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(three_items);
    &ITEMS
}
