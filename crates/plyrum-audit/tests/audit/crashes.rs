//! Crashes and damage: what a start makes of them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use plyrum_audit::{search, tail, verify};
use serde_json::json;

use crate::{check, files, name, open, open_on_day, record, written};

#[test]
fn a_crash_at_any_byte_of_the_last_line_costs_that_line_only() {
    let (dir, _) = written(1, 4);
    let path = files(dir.path())[0].clone();
    let whole = fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    for end in last..whole.len() {
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join(name(&path));
        fs::write(&copy, &whole[..end]).unwrap();
        let mut log = open_on_day(dir.path(), "2026-11-10");
        let torn = end > last;
        assert_eq!(log.head().seq, 3 + u64::from(torn), "at {end}");
        assert_eq!(log.last_outbox(), Some(2));
        log.append("start", &json!({})).unwrap();
        let report = verify(dir.path(), Some(&log.head().hash), None).unwrap();
        assert!(report.ok && report.records == 4 + u64::from(torn), "at {end}: {report:?}");
        if torn {
            let said = record(&tail(dir.path(), 2).unwrap()[0]);
            assert_eq!(said["kind"], "torn_tail");
            let side = dir.path().join(said["body"]["saved_as"].as_str().unwrap());
            assert_eq!(fs::read(&side).unwrap(), &whole[last..end]);
            assert_eq!(fs::metadata(&side).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn a_crash_within_the_very_first_line_begins_again() {
    let (dir, _) = written(1, 1);
    let path = files(dir.path())[0].clone();
    let whole = fs::read(&path).unwrap();
    for end in 0..whole.len() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name(&path)), &whole[..end]).unwrap();
        let mut log = open_on_day(dir.path(), "2026-11-10");
        log.append("start", &json!({})).unwrap();
        drop(log);
        assert!(check(dir.path()).ok, "at {end}");
    }
}

#[test]
fn a_second_torn_line_at_the_same_place_does_not_overwrite_the_first() {
    let (dir, _) = written(1, 2);
    let path = files(dir.path())[0].clone();
    let whole = fs::read(&path).unwrap();
    for _ in 0..3 {
        fs::write(&path, [&whole[..], b"{\"v\":1,"].concat()).unwrap();
        drop(open_on_day(dir.path(), "2026-11-10"));
    }
    let torn = fs::read_dir(dir.path()).unwrap().filter(|e| {
        let name = e.as_ref().unwrap().file_name();
        name.to_string_lossy().contains(".torn-")
    });
    assert_eq!(torn.count(), 3);
}

#[test]
fn damage_in_the_middle_stays_as_it_is_and_the_chain_goes_on_in_a_new_file() {
    for (damaged_line, torn) in [(0, false), (1, false), (3, false), (2, true)] {
        let (dir, _) = written(1, 4);
        let path = files(dir.path())[0].clone();
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(damaged_line).unwrap().0 - 100;
        bytes[at] ^= 1;
        if torn {
            bytes.extend_from_slice(b"{\"v\":1,\"se");
        }
        fs::write(&path, &bytes).unwrap();

        let log = open(dir.path());
        assert_eq!(log.head().seq, 5, "numbers of the damaged file are not used again");
        drop(log);
        assert_eq!(fs::read(&path).unwrap(), bytes, "evidence");
        let said = record(&tail(dir.path(), 1).unwrap()[0]);
        assert_eq!(said["kind"], "chain_break");
        assert_eq!(said["body"]["line"], damaged_line + 1);
        assert_eq!(files(dir.path()).len(), 2);

        let mut log = open(dir.path());
        log.append("start", &json!({})).unwrap();
        assert_eq!(log.head().seq, 6, "the break is recorded once");
        let problem = check(dir.path()).problem.unwrap();
        assert_eq!((problem.file, problem.line), (name(&path), damaged_line as u64 + 1));
    }
}

#[test]
fn zeros_in_place_of_a_lost_page_are_recovered_as_a_torn_tail() {
    let (dir, _) = written(1, 3);
    let path = files(dir.path())[0].clone();
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(&[0; 5_000]);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(open_on_day(dir.path(), "2026-11-10").head().seq, 4);
    assert!(check(dir.path()).ok);
    let filter = plyrum_audit::Filter { kind: Some("torn_tail".into()), ..Default::default() };
    let found = search(dir.path(), &filter, 1).unwrap().lines;
    assert_eq!(record(&found[0])["body"]["bytes"], 5_000);
}
