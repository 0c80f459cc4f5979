//! Reading for people.

use std::fs;
use std::time::{Duration, Instant};

use plyrum_audit::{Filter, Follower, export, search, tail, verify_file};
use serde_json::json;

use crate::{files, open_on_day, record, written};

fn seqs(lines: &[String]) -> Vec<u64> {
    lines.iter().map(|line| record(line)["seq"].as_u64().unwrap()).collect()
}

#[test]
fn the_tail_comes_from_the_newest_files_in_order() {
    let (dir, _) = written(3, 3);
    assert_eq!(seqs(&tail(dir.path(), 4).unwrap()), [8, 9, 10, 11]);
    assert_eq!(seqs(&tail(dir.path(), 100).unwrap()), (1..=11).collect::<Vec<_>>());
    assert!(tail(dir.path(), 0).unwrap().is_empty());
    assert!(tail(&dir.path().join("nothing"), 5).unwrap().is_empty());
}

#[test]
fn a_clock_that_was_set_back_hides_nothing() {
    let (dir, _) = written(2, 3);
    let path = files(dir.path())[1].clone();
    let damaged = fs::read_to_string(&path).unwrap().replacen("\"n\":0", "\"n\":9", 1);
    fs::write(&path, damaged).unwrap();
    drop(open_on_day(dir.path(), "2026-11-05"));
    assert_eq!(files(dir.path()).len(), 3, "a file of an earlier day behind a damaged one");
    let filter = Filter { since: Some("2026-11-11".to_owned()), ..Filter::default() };
    assert_eq!(seqs(&search(dir.path(), &filter, 9).unwrap().lines), [4, 5, 6, 7]);
}

#[test]
fn an_unfinished_last_line_is_passed_over() {
    let (dir, _) = written(1, 3);
    let path = files(dir.path())[0].clone();
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
    assert_eq!(seqs(&tail(dir.path(), 2).unwrap()), [1, 2]);
}

#[test]
fn a_search_combines_its_conditions() {
    let (dir, _) = written(2, 3);
    let mut log = open_on_day(dir.path(), "2026-11-20");
    log.append("approval.resolved", &json!({"call": "c-1", "tool": "run", "run": "ab12", "text": "a \"b\""}))
        .unwrap();
    log.append("hold", &json!({"attempt": "ab12.1", "note": "ab12"})).unwrap();
    log.append("hold", &json!({"attempt": "cd34.1", "note": "ab12"})).unwrap();
    let find = |filter: Filter| seqs(&search(dir.path(), &filter, 100).unwrap().lines);
    let text = |t: &str| Some(t.to_owned());
    assert_eq!(find(Filter { kind: text("approval"), ..Filter::default() }), [9]);
    assert_eq!(find(Filter { kind: text("run.start"), ..Filter::default() }), [1, 2, 3, 5, 6, 7]);
    assert_eq!(find(Filter { kind: text("run.st"), ..Filter::default() }), [0; 0]);
    assert_eq!(
        find(Filter { since: text("2026-11-11"), until: text("2026-11-12"), ..Filter::default() }),
        [4, 5, 6, 7]
    );
    assert_eq!(find(Filter { text: text("\"n\":1"), ..Filter::default() }), [2, 6]);
    assert_eq!(find(Filter { text: text("a \"b\""), ..Filter::default() }), [9], "as it reads");
    assert_eq!(find(Filter { text: text("привет"), kind: text("hold"), ..Filter::default() }), [0; 0]);
    assert_eq!(find(Filter { boot: text("boot-2"), ..Filter::default() }), [0; 0]);
    assert_eq!(find(Filter { run: text("ab"), ..Filter::default() }), [9, 10], "of a run or its attempts");
    assert_eq!(find(Filter { tool: text("run"), ..Filter::default() }), [9]);
}

#[test]
fn a_search_gives_the_last_ones_and_says_that_there_are_more() {
    let (dir, _) = written(3, 3);
    let filter = Filter { kind: Some("run".to_owned()), ..Filter::default() };
    for (limit, expected, more) in [
        (100, &[1, 2, 3, 5, 6, 7, 9, 10, 11][..], false),
        (4, &[7, 9, 10, 11], true),
        (3, &[9, 10, 11], true),
        (0, &[], true),
    ] {
        let found = search(dir.path(), &filter, limit).unwrap();
        assert_eq!((seqs(&found.lines).as_slice(), found.more), (expected, more), "{limit}");
    }
}

#[test]
fn an_export_is_the_lines_byte_for_byte_and_can_be_checked_by_anyone() {
    let (dir, head) = written(3, 3);
    let whole: Vec<u8> = files(dir.path()).iter().flat_map(|file| fs::read(file).unwrap()).collect();
    let mut out = Vec::new();
    assert_eq!(export(dir.path(), &Filter::default(), &mut out).unwrap(), 11);
    assert_eq!(out, whole);
    let copy = dir.path().join("export.txt");
    let check = |bytes: &[u8], expect: Option<&str>| {
        fs::write(&copy, bytes).unwrap();
        verify_file(&copy, expect).unwrap()
    };
    let report = check(&out, Some(&head));
    assert!(report.ok && (report.first_seq, report.records) == (1, 11), "{report:?}");
    // A part without gaps is a chain as well.
    let mut out = Vec::new();
    let since = Filter { since: Some("2026-11-11".to_owned()), ..Filter::default() };
    assert_eq!(export(dir.path(), &since, &mut out).unwrap(), 8);
    let report = check(&out, Some(&head));
    assert!(report.ok && (report.first_seq, report.records) == (4, 8), "{report:?}");
    let lines: Vec<&[u8]> = out.split_inclusive(|b| *b == b'\n').collect();
    let gap = check(&[lines[0], lines[2]].concat(), None);
    assert!(gap.problem.unwrap().what.contains("seq 6 where 5"));
    assert!(!check(&out[..out.len() - 1], None).ok, "an unfinished line");
    assert!(!check(&out, Some("00")).ok);
}

#[test]
fn a_follower_gives_each_record_once_across_rotations() {
    let (dir, _) = written(1, 3);
    let seen = tail(dir.path(), 2).unwrap();
    let mut follower = Follower::behind(dir.path(), &seen);
    assert_eq!(follower.look().unwrap(), [""; 0]);
    let mut log = open_on_day(dir.path(), "2026-11-10");
    log.append("start", &json!({})).unwrap();
    assert_eq!(seqs(&follower.look().unwrap()), [4]);
    log.append("start", &json!({})).unwrap();
    drop(log);
    let mut log = open_on_day(dir.path(), "2026-11-12");
    log.append("start", &json!({})).unwrap();
    assert_eq!(seqs(&follower.look().unwrap()), [5, 6, 7], "and the checkpoint between them");
    assert_eq!(follower.look().unwrap(), [""; 0]);
    let mut torn = fs::read(&files(dir.path())[1]).unwrap();
    torn.extend_from_slice(b"{\"v\":1");
    fs::write(&files(dir.path())[1], torn).unwrap();
    assert_eq!(follower.look().unwrap(), [""; 0], "half a line is not there yet");
}

#[test]
fn a_search_reads_json_only_where_the_words_are() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open_on_day(dir.path(), "2026-11-10");
    for n in 0..5_000 {
        log.append("hold", &json!({"run": format!("{n:08x}"), "text": "x".repeat(2_000)})).unwrap();
    }
    let began = Instant::now();
    let filter = Filter { run: Some("00000abc".to_owned()), ..Filter::default() };
    assert_eq!(seqs(&search(dir.path(), &filter, 100).unwrap().lines), [0xabc + 1]);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
