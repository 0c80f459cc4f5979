//! Every change to a written chain is found, and its place named.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use plyrum_audit::{Anchor, AuditLog, GENESIS, Opening, verify};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::{check, files, name, open_on_day, record, witness, written};

/// Rewrites the lines of the `n`-th file.
fn edit(dir: &Path, n: usize, change: impl FnOnce(&mut Vec<String>)) {
    let path = &files(dir)[n];
    let text = fs::read_to_string(path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(path, lines.iter().flat_map(|l| [l, "\n"]).collect::<String>()).unwrap();
}

#[track_caller]
fn found_at(dir: &Path, file: usize, line: u64, seq: u64) {
    let path = files(dir)[file].clone();
    let report = check(dir);
    let problem = report.problem.as_ref().unwrap();
    assert!(!report.ok);
    assert_eq!(
        (problem.file.clone(), problem.line, problem.seq),
        (name(&path), line, Some(seq)),
        "{}",
        problem.what
    );
}

#[test]
fn an_untouched_chain_verifies() {
    let (dir, head) = written(2, 5);
    assert!(verify(dir.path(), Some(&head), Some(&witness(&head))).unwrap().ok);
    assert!(check(&dir.path().join("nothing")).ok);
}

#[test]
fn dropped_swapped_inserted_and_repeated_lines_are_found_where_they_are() {
    // The second file begins with a checkpoint: six lines, from record 6 on.
    for at in 0..6_usize {
        let line = at as u64 + 1;
        if at < 5 {
            let (dir, _) = written(2, 5);
            edit(dir.path(), 1, |lines| drop(lines.remove(at)));
            found_at(dir.path(), 1, line, 5 + line);
            let (dir, _) = written(2, 5);
            edit(dir.path(), 1, |lines| lines.swap(at, at + 1));
            found_at(dir.path(), 1, line, 5 + line);
        }
        let (dir, _) = written(2, 5);
        edit(dir.path(), 1, |lines| lines.insert(at, lines[at].clone()));
        found_at(dir.path(), 1, line + 1, 6 + line);
        let (dir, _) = written(2, 5);
        let (other, _) = written(1, 7);
        let foreign = fs::read_to_string(&files(other.path())[0]).unwrap();
        edit(dir.path(), 1, |lines| lines.insert(at, foreign.lines().nth(at).unwrap().to_owned()));
        found_at(dir.path(), 1, line, 5 + line);
    }
}

#[test]
fn a_rehashed_line_is_found_by_the_line_after_it() {
    let (dir, _) = written(1, 3);
    let (other, _) = written(1, 2);
    // Record 2 of another chain is a good record with a good hash, and has the right number.
    let mut log = open_on_day(other.path(), "2026-11-10");
    log.append("run.start", &serde_json::json!({"forged": true})).unwrap();
    let forged = fs::read_to_string(&files(other.path())[0]).unwrap().lines().nth(2).unwrap().to_owned();
    edit(dir.path(), 0, |lines| lines[2] = forged.clone());
    assert!(check(dir.path()).ok, "the last line of an equal beginning can be replaced …");
    let head = written(1, 3).1;
    let report = verify(dir.path(), None, Some(&witness(&head))).unwrap();
    assert!(!report.ok, "… and only the anchor shows it");
    edit(dir.path(), 0, |lines| lines.insert(2, lines[1].clone()));
    found_at(dir.path(), 0, 3, 3);
}

#[test]
fn a_spliced_file_of_another_chain_is_found() {
    let (dir, _) = written(3, 3);
    let other = tempfile::tempdir().unwrap();
    for day in 10..13 {
        let mut log = open_on_day(other.path(), &format!("2026-11-{day}"));
        for n in 0..3 {
            log.append("run.start", &serde_json::json!({"other": n})).unwrap();
        }
    }
    fs::copy(&files(other.path())[1], &files(dir.path())[1]).unwrap();
    found_at(dir.path(), 1, 1, 4);
}

#[test]
fn missing_renamed_and_emptied_files_are_found() {
    let (dir, _) = written(4, 3);
    fs::remove_file(&files(dir.path())[1]).unwrap();
    found_at(dir.path(), 1, 0, 4);
    let (dir, _) = written(4, 3);
    fs::remove_file(&files(dir.path())[0]).unwrap();
    found_at(dir.path(), 0, 0, 1);
    let (dir, _) = written(4, 3);
    fs::write(&files(dir.path())[1], "").unwrap();
    found_at(dir.path(), 2, 0, 4);
    let (dir, _) = written(4, 3);
    fs::rename(&files(dir.path())[1], dir.path().join("copy.jsonl")).unwrap();
    assert_eq!(check(dir.path()).problem.unwrap().file, "copy.jsonl");
}

#[test]
fn truncation_at_the_end_shows_with_an_anchor_or_an_expected_head() {
    let (dir, head) = written(2, 3);
    let cut = |lines: usize| edit(dir.path(), 1, |all| all.truncate(lines));
    for left in [2, 1, 0] {
        cut(left);
        assert!(check(dir.path()).ok, "the chain alone cannot tell");
        for report in [
            verify(dir.path(), Some(&head), None).unwrap(),
            verify(dir.path(), None, Some(&witness(&head))).unwrap(),
        ] {
            let problem = report.problem.unwrap();
            assert!(
                !report.ok && problem.what.contains("missing") && problem.what.contains(&head),
                "{}",
                problem.what
            );
            assert_eq!(problem.seq, Some(4 + left as u64));
        }
    }
    fs::remove_file(&files(dir.path())[1]).unwrap();
    fs::remove_file(&files(dir.path())[0]).unwrap();
    assert!(!verify(dir.path(), None, Some(&witness(&head))).unwrap().ok);
    assert!(
        verify(dir.path(), Some(GENESIS), Some(&witness(GENESIS))).unwrap().ok,
        "an empty audit has the genesis head"
    );
}

#[test]
fn the_anchor_may_be_behind_the_head_and_the_expected_head_may_not() {
    let (dir, head) = written(1, 3);
    open_on_day(dir.path(), "2026-11-10").append("start", &serde_json::json!({})).unwrap();
    assert!(verify(dir.path(), None, Some(&witness(&head))).unwrap().ok);
    let problem = verify(dir.path(), Some(&head), None).unwrap().problem.unwrap();
    assert!(problem.what.contains("is record 3, but 1 more"), "{}", problem.what);
}

#[test]
fn a_cut_within_the_last_line_shows_by_itself() {
    let (dir, _) = written(1, 3);
    let path = files(dir.path())[0].clone();
    let bytes = fs::read(&path).unwrap();
    for cut in 1..100 {
        fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
        found_at(dir.path(), 0, 3, 3);
        assert_eq!(fs::read(&path).unwrap().len(), bytes.len() - cut, "verify repairs nothing");
    }
}

#[test]
fn every_single_bit_of_a_log_counts() {
    let (dir, _) = written(1, 2);
    let path = files(dir.path())[0].clone();
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            fs::write(&path, &flipped).unwrap();
            assert!(!check(dir.path()).ok, "byte {at}, bit {bit}");
        }
    }
}

/// An anchored audit of two files, wholly rewritten but for the line that the anchor means, which is planted
/// at the end of the older file, and a forged file behind it.
fn rewritten_around_its_anchor() -> (TempDir, Anchor) {
    let (dir, hash) = written(2, 3);
    let genuine = fs::read_to_string(&files(dir.path())[1]).unwrap().lines().last().unwrap().to_owned();
    let seq = record(&genuine)["seq"].as_u64().unwrap();
    for file in files(dir.path()) {
        fs::remove_file(file).unwrap();
    }
    for day in ["2026-11-10", "2026-11-11"] {
        let mut log = open_on_day(dir.path(), day);
        for n in 0..6 {
            log.append("run.start", &serde_json::json!({"forged": n})).unwrap();
        }
    }
    edit(dir.path(), 0, |lines| lines.push(genuine));
    (dir, Anchor { seq, hash })
}

#[test]
fn an_anchor_that_is_planted_for_a_start_and_taken_away_after_it_counts_for_nothing() {
    for anchor_number in [None, Some(1)] {
        let (dir, mut anchor) = rewritten_around_its_anchor();
        anchor.seq = anchor_number.unwrap_or(anchor.seq);
        // The start over the planted line: the witness then has the forged chain's head.
        let opening =
            Opening { anchor: Some(anchor), ..crate::opening(|| "2026-11-11T01:00:00Z".to_owned()) };
        let log = AuditLog::open(dir.path(), opening).unwrap();
        let moved = log.head().hash;
        drop(log);
        edit(dir.path(), 0, |lines| drop(lines.pop()));
        let report = verify(dir.path(), None, Some(&witness(&moved))).unwrap();
        let problem = report.problem.unwrap();
        assert!(problem.what.contains("ledger has seen is not here"), "{problem:?}");
    }
}

#[test]
fn a_chain_break_that_is_planted_does_not_excuse_a_missing_anchor() {
    let (dir, hash) = written(1, 3);
    let (other, _) = written(1, 1);
    let gone = Opening {
        anchor: Some(Anchor { seq: 9, hash: hash.clone() }),
        ..crate::opening(|| "2026-11-10T01:00:00Z".to_owned())
    };
    drop(AuditLog::open(other.path(), gone).unwrap());
    let planted = fs::read_to_string(&files(other.path())[0]).unwrap().lines().last().unwrap().to_owned();
    assert!(planted.contains("chain_break"));
    edit(dir.path(), 0, |lines| *lines = vec![lines[0].clone(), planted.clone()]);
    let opening = Opening {
        anchor: Some(Anchor { seq: 3, hash }),
        ..crate::opening(|| "2026-11-10T01:00:00Z".to_owned())
    };
    let log = AuditLog::open(dir.path(), opening).unwrap();
    assert_eq!(record(&plyrum_audit::tail(dir.path(), 1).unwrap()[0])["kind"], "chain_break");
    assert_eq!(log.head().seq, 3);
}

static THREE_FILES: LazyLock<(TempDir, String)> = LazyLock::new(|| written(3, 4));
static ONE_FILE: LazyLock<(TempDir, String)> = LazyLock::new(|| written(1, 3));

/// A copy, since writing anew costs the disk a flush.
fn copied((from, head): &(TempDir, String)) -> (TempDir, String) {
    let dir = tempfile::tempdir_in(plyrum_jsonl::testing::quick_place()).unwrap();
    for file in files(from.path()) {
        fs::copy(&file, dir.path().join(name(&file))).unwrap();
    }
    (dir, head.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(plyrum_jsonl::testing::cases(256)))]

    #[test]
    fn any_single_byte_change_is_found(file in 0..3_usize, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (dir, head) = copied(&THREE_FILES);
        let path = files(dir.path())[file].clone();
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        fs::write(&path, &bytes).unwrap();
        let report = check(dir.path());
        let line = bytes[..at].split(|b| *b == b'\n').count() as u64;
        let problem = report.problem.expect("found");
        prop_assert_eq!(&problem.file, &name(&path));
        prop_assert!(problem.line == line || problem.line == line + 1, "{} for line {}", problem.line, line);
        prop_assert!(!verify(dir.path(), Some(&head), None).unwrap().ok);
    }

    #[test]
    fn a_verifier_or_start_never_panics(garbage in proptest::collection::vec(any::<u8>(), 0..600), keep in 0..2_000_usize) {
        let (dir, _) = copied(&ONE_FILE);
        let path = files(dir.path())[0].clone();
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(keep);
        bytes.extend_from_slice(&garbage);
        fs::write(&path, &bytes).unwrap();
        let _report = check(dir.path());
        let mut log = crate::open(dir.path());
        log.append("start", &serde_json::json!({})).unwrap();
        log.sync().unwrap();
        let (seq, hash) = (log.head().seq, log.head().hash);
        drop(log);
        let again = crate::open(dir.path());
        prop_assert_eq!((again.head().seq, again.head().hash), (seq, hash));
    }
}
