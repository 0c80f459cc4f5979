//! The records that the audit makes about itself: checkpoints, tombstones, and what a start finds missing.

use std::fs;
use std::path::Path;
use std::process::Command;

use plyrum_audit::own::{CHECKPOINT, RETENTION};
use plyrum_audit::{
    Anchor, AuditError, AuditLog, CarriedOver, FileSummary, Filter, Opening, Tombstone, VerifyReport,
    Witness, retirable, search, tail, verify,
};
use serde_json::{Value, json};

use crate::{check, files, name, open_on_day, opening, record, written};

fn checkpoints(dir: &Path) -> Vec<Value> {
    let filter = Filter { kind: Some(CHECKPOINT.to_owned()), ..Filter::default() };
    search(dir, &filter, 100).unwrap().lines.iter().map(|line| record(line)).collect()
}

#[test]
fn each_new_file_begins_with_what_the_one_before_it_holds() {
    let (dir, _) = written(3, 4);
    let said = checkpoints(dir.path());
    assert_eq!(said.iter().map(|c| c["seq"].as_u64().unwrap()).collect::<Vec<_>>(), [5, 10]);
    for (nth, said) in said.iter().enumerate() {
        let file = &files(dir.path())[nth];
        let of: FileSummary = serde_json::from_value(said["body"].clone()).unwrap();
        let last = fs::read_to_string(file).unwrap().lines().last().map(record).unwrap();
        assert_eq!((of.file, of.bytes), (name(file), fs::metadata(file).unwrap().len()));
        assert_eq!(json!([of.last_seq, of.last_hash]), json!([last["seq"], last["hash"]]));
        assert_eq!(json!(of.last_hash), said["prev"], "and it is chained to it");
        if let Ok(out) = Command::new("sha256sum").arg(file).output() {
            assert!(String::from_utf8(out.stdout).unwrap().starts_with(&of.sha256), "as sha256sum says");
        }
    }
}

#[test]
fn a_checkpoint_of_the_file_so_far_can_be_asked_for() {
    let (dir, _) = written(1, 3);
    let mut log = open_on_day(dir.path(), "2026-11-10");
    log.checkpoint().unwrap();
    log.append("start", &json!({})).unwrap();
    log.checkpoint().unwrap();
    let said = checkpoints(dir.path());
    assert_eq!(json!([said[0]["body"]["last_seq"], said[1]["body"]["last_seq"]]), json!([3, 5]));
    assert!(check(dir.path()).ok);
    let empty = tempfile::tempdir().unwrap();
    let mut log = open_on_day(empty.path(), "2026-11-10");
    log.checkpoint().unwrap();
    assert_eq!(log.head().seq, 0, "of nothing there is nothing to say");
}

#[test]
fn a_start_reads_no_file_but_the_newest_once_there_are_checkpoints() {
    let (dir, _) = written(2, 3);
    drop(open_on_day(dir.path(), "2026-11-20").append("start", &json!({})).unwrap());
    for old in &files(dir.path())[..2] {
        fs::write(old, "").unwrap();
    }
    assert_eq!(open_on_day(dir.path(), "2026-11-20").last_outbox(), Some(5));
}

#[test]
fn a_checkpoint_that_repeats_another_outbox_id_than_was_told_is_found() {
    let (dir, _) = written(2, 3);
    for last_outbox in [None, Some(2), Some(105)] {
        let path = files(dir.path())[1].clone();
        let genuine = fs::read_to_string(&path).unwrap();
        let mut log = open_on_day(dir.path(), "2026-11-11");
        log.checkpoint().unwrap();
        let mut told = record(&tail(dir.path(), 1).unwrap()[0]);
        assert!(check(dir.path()).ok);
        drop(log);
        fs::write(&path, &genuine).unwrap();
        told["body"]["last_outbox"] = json!(last_outbox);
        let mut log = open_on_day(dir.path(), "2026-11-11");
        log.append("checkpoint", &told["body"]).unwrap();
        drop(log);
        let problem = check(dir.path()).problem.unwrap();
        assert!(problem.what.contains("another outbox id"), "{problem:?}");
        fs::write(&path, &genuine).unwrap();
    }
}

#[test]
fn a_body_is_there_only_where_a_record_behind_the_anchor_has_it_word_for_word() {
    let body = json!({"attempt": "a", "micro_rub": 5});
    let (dir, _) = written(1, 1);
    let anchor = head_of(&open_on_day(dir.path(), "2026-11-10"));
    let mut log = with_anchor(dir.path(), &anchor);
    assert_eq!(log.carry_over(7, "hold", &body).unwrap(), CarriedOver::Written);
    log.append("hold", &json!({"forged": 1, "outbox": 8})).unwrap();
    log.append("hold", &json!({"outbox": i64::MAX})).unwrap();
    drop(log);
    let mut log = with_anchor(dir.path(), &anchor);
    for (id, kind, carried) in [
        (7, "hold", CarriedOver::Before),
        (7, "settle", CarriedOver::Against),
        (8, "hold", CarriedOver::Against),
        (9, "hold", CarriedOver::Written),
    ] {
        let before = log.head().seq;
        assert_eq!(log.carry_over(id, kind, &body).unwrap(), carried, "{id} {kind}");
        let records = match carried {
            CarriedOver::Before => 0,
            CarriedOver::Written => 1,
            CarriedOver::Against => 2,
        };
        assert_eq!(log.head().seq - before, records);
    }
    assert!(check(dir.path()).problem.unwrap().what.contains("tells something else"));
}

fn with_anchor(dir: &Path, anchor: &Anchor) -> AuditLog {
    let clock = || "2026-11-20T00:00:00.000Z".to_owned();
    AuditLog::open(dir, Opening { anchor: Some(anchor.clone()), ..opening(clock) }).unwrap()
}

fn head_of(log: &AuditLog) -> Anchor {
    Anchor { seq: log.head().seq, hash: log.head().hash }
}

#[test]
fn a_cut_end_is_on_record_from_the_next_start_on() {
    let (dir, head) = written(2, 3);
    let anchor = Anchor { seq: 7, hash: head };
    let log = with_anchor(dir.path(), &anchor);
    assert_eq!(log.head().seq, 7, "all is well: nothing is said");
    drop(log);
    let path = files(dir.path())[1].clone();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.lines().take(2).flat_map(|l| [l, "\n"]).collect::<String>()).unwrap();
    let log = with_anchor(dir.path(), &anchor);
    let said = record(&tail(dir.path(), 1).unwrap()[0]);
    assert_eq!(
        (said["kind"].as_str(), said["body"]["anchor"]["seq"].as_u64()),
        (Some("chain_break"), Some(7))
    );
    // The ledger has a new anchor now, and the cut still shows; it is said once.
    let anchor = head_of(&log);
    drop(log);
    assert_eq!(with_anchor(dir.path(), &anchor).head().seq, anchor.seq);
    let witness = Witness { anchor: Some(anchor), floor: None };
    let problem = verify(dir.path(), None, Some(&witness)).unwrap().problem.unwrap();
    assert!(problem.what.contains("removed, or all were rewritten"), "{}", problem.what);
}

#[test]
fn an_audit_that_is_gone_as_a_whole_is_on_record_too() {
    let (dir, head) = written(2, 3);
    for file in files(dir.path()) {
        fs::remove_file(file).unwrap();
    }
    let log = with_anchor(dir.path(), &Anchor { seq: 7, hash: head });
    assert_eq!(log.head().seq, 1);
    assert!(!check(dir.path()).ok);
}

/// An audit of four days, of which those before `day` are retired; what a witness knows of it.
fn retired(day: &str) -> (tempfile::TempDir, Witness, Tombstone) {
    let (dir, _) = written(4, 3);
    let mut log = open_on_day(dir.path(), "2026-11-13");
    let mut kinds = Vec::new();
    let old = retirable(dir.path(), day, |_, kind, _| kinds.push(kind.to_owned())).unwrap();
    assert_eq!(old.records(), kinds.len() as u64);
    let tombstone = log.bury(old, json!({"seen": kinds.len()})).unwrap();
    assert_eq!(log.remove_retired(tombstone.last_seq).unwrap(), tombstone.files.len());
    let floor = Some(Anchor { seq: tombstone.last_seq, hash: tombstone.last_hash.clone() });
    (dir, Witness { anchor: Some(head_of(&log)), floor }, tombstone)
}

fn with(dir: &Path, witness: &Witness) -> VerifyReport {
    verify(dir, None, Some(witness)).unwrap()
}

#[test]
fn what_is_retired_is_gone_and_its_tombstone_says_what_it_was() {
    let (dir, witness, tombstone) = retired("2026-11-12");
    assert_eq!(
        tombstone.files.iter().map(|f| (f.first_seq, f.records)).collect::<Vec<_>>(),
        [(1, 3), (4, 4)]
    );
    assert_eq!((tombstone.last_seq, tombstone.last_outbox), (7, Some(5)));
    let said = record(&tail(dir.path(), 1).unwrap()[0]);
    assert_eq!((said["kind"].as_str(), &said["body"]["told"]), (Some(RETENTION), &json!({"seen": 7})));
    let report = with(dir.path(), &witness);
    assert!(report.ok && report.first_seq == 8 && report.files == 2, "{report:?}");
    assert!(check(dir.path()).ok, "without a witness the tombstone alone must do");
    // Once more, with the first tombstone among what stays.
    let mut log = open_on_day(dir.path(), "2026-11-14");
    let old = retirable(dir.path(), "2026-11-13", |_, _, _| {}).unwrap();
    let tombstone = log.bury(old, json!({})).unwrap();
    log.remove_retired(tombstone.last_seq).unwrap();
    let floor = Some(Anchor { seq: tombstone.last_seq, hash: tombstone.last_hash });
    let report = with(dir.path(), &Witness { anchor: Some(head_of(&log)), floor });
    assert!(report.ok && report.first_seq == 12, "{report:?}");
    assert_eq!(log.last_outbox(), Some(11));
}

#[test]
fn the_newest_file_stays_whatever_its_age() {
    let (dir, _) = written(2, 3);
    let old = retirable(dir.path(), "2030-01-01", |_, _, _| {}).unwrap();
    assert_eq!(old.files.len(), 1);
    let log = open_on_day(dir.path(), "2026-11-13");
    assert_eq!(log.remove_retired(1_000_000).unwrap(), 1);
    assert_eq!(files(dir.path()).len(), 1);
}

#[test]
fn nothing_is_retired_behind_a_break_or_where_nothing_is_old() {
    let (dir, _) = written(3, 3);
    let mut log = open_on_day(dir.path(), "2026-11-12");
    let none = retirable(dir.path(), "2026-11-10", |_, _, _| {}).unwrap();
    assert!(matches!(log.bury(none, json!({})), Err(AuditError::Retention { .. })));
    let twice = retirable(dir.path(), "2026-11-11", |_, _, _| {}).unwrap();
    let tombstone = log.bury(twice.clone(), json!({})).unwrap();
    log.remove_retired(tombstone.last_seq).unwrap();
    assert!(matches!(log.bury(twice, json!({})), Err(AuditError::Retention { .. })), "its files are gone");
    let path = files(dir.path())[0].clone();
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("привет", "Привет")).unwrap();
    let broken = retirable(dir.path(), "2026-11-12", |_, _, _| {}).unwrap_err();
    assert!(matches!(broken, AuditError::Broken { .. }), "{broken}");
}

#[test]
fn a_removal_that_a_crash_has_cut_short_verifies_and_is_finished_by_the_floor() {
    let (dir, _) = written(4, 3);
    let mut log = open_on_day(dir.path(), "2026-11-13");
    let tombstone = log.bury(retirable(dir.path(), "2026-11-13", |_, _, _| {}).unwrap(), json!({})).unwrap();
    let floor = Some(Anchor { seq: tombstone.last_seq, hash: tombstone.last_hash.clone() });
    let witness = Witness { anchor: Some(head_of(&log)), floor };
    for left in (1..=3).rev() {
        assert!(with(dir.path(), &witness).ok, "{left} left");
        fs::remove_file(&files(dir.path())[0]).unwrap();
    }
    assert!(with(dir.path(), &witness).ok);
    assert_eq!(log.remove_retired(tombstone.last_seq).unwrap(), 0);
}

#[test]
fn files_that_are_deleted_without_or_with_a_forged_tombstone_are_found() {
    // Without.
    let (dir, witness, _) = retired("2026-11-12");
    fs::remove_file(&files(dir.path())[0]).unwrap();
    let problem = with(dir.path(), &witness).problem.unwrap();
    assert!(
        problem.what.contains("records 1 to 11 are missing") || problem.what.contains("records 8"),
        "{problem:?}"
    );
    assert!(!check(dir.path()).ok, "even without a witness");
    // A forger can write a tombstone as well as anybody, but not the ledger's floor.
    let (dir, head) = written(4, 3);
    let witness = Witness { anchor: Some(Anchor { seq: 15, hash: head }), floor: None };
    let mut forger = open_on_day(dir.path(), "2026-11-13");
    let tombstone =
        forger.bury(retirable(dir.path(), "2026-11-12", |_, _, _| {}).unwrap(), json!({})).unwrap();
    forger.remove_retired(tombstone.last_seq).unwrap();
    assert!(check(dir.path()).ok, "without a witness nobody can tell");
    let problem = with(dir.path(), &witness).problem.unwrap();
    assert!(problem.what.contains("records 1 to 7 are missing"), "{problem:?}");
    // Nor does an older floor cover more than it did.
    let first = &tombstone.files[0];
    let floor = Some(Anchor { seq: first.last_seq, hash: first.last_hash.clone() });
    assert!(!with(dir.path(), &Witness { floor, ..witness }).ok);
}

#[test]
fn a_file_that_is_taken_away_under_an_open_log_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open_on_day(dir.path(), "2026-11-10");
    log.is_in_place().unwrap();
    log.append("start", &json!({})).unwrap();
    log.is_in_place().unwrap();
    let path = files(dir.path())[0].clone();
    let away = dir.path().join("away");
    fs::rename(&path, &away).unwrap();
    assert!(log.is_in_place().unwrap_err().to_string().contains(&name(&path)));
    fs::copy(&away, &path).unwrap();
    assert!(log.is_in_place().unwrap_err().to_string().contains("another file"), "a copy is not it");
    fs::rename(&away, &path).unwrap();
    log.is_in_place().unwrap();
}
