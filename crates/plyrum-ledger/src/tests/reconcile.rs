//! Ledger and audit log side by side: what agrees, what is missing on either side, which is older.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::*;

struct Home {
    dir: tempfile::TempDir,
    ledger: Ledger,
    /// The audit log, as far as money is concerned.
    log: Vec<(String, Value)>,
}

impl Home {
    /// Some of everything that moves money, all of it drained into the log.
    async fn with_history() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, _) = Ledger::open(&dir.path().join("ledger.sqlite"), RecoverySpec { at: 1 }).unwrap();
        ledger.begin_run(new_run("run")).await.unwrap();
        ledger.hold_and_send("metered", 20).await;
        ledger.settle(settle("metered", Basis::Reported(tokens(9)))).await.unwrap();
        ledger.set_mode(Mode::Prepaid, ModeSource::User, 100).await.unwrap();
        ledger.top_up(top_up("t", 500)).await.unwrap();
        ledger.hold(batch("run", &[("over", 5), ("unused", 8), ("free", 0)])).await.unwrap();
        ledger.settle(settle("over", Basis::Reported(tokens(30)))).await.unwrap();
        ledger.settle(settle("free", Basis::Nothing)).await.unwrap();
        ledger.release("unused", 3_000).await.unwrap();
        ledger.top_up(top_up("pays debt", 40)).await.unwrap();
        ledger.adjust(adjust("plus", 10)).await.unwrap();
        ledger.adjust(adjust("minus", -3)).await.unwrap();
        ledger.finish_run(finish("run", RunStatus::Succeeded)).await.unwrap();
        let mut home = Self { dir, ledger, log: Vec::new() };
        home.drain().await;
        home
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("ledger.sqlite")
    }

    async fn drain(&mut self) {
        for row in self.ledger.take_outbox(1_000).await.unwrap() {
            let mut body = row.body;
            body["outbox"] = json!(row.id);
            self.log.push((row.kind, body));
            let head = AuditHead { seq: self.log.len() as u64, hash: format!("hash {}", self.log.len()) };
            self.ledger.mark_drained(row.id, Some(head)).await.unwrap();
        }
    }

    /// The names of the checks that do not hold, with what they say.
    fn broken(&self) -> Vec<(&'static str, String)> {
        broken(&self.path(), &self.log)
    }
}

fn broken(path: &Path, log: &[(String, Value)]) -> Vec<(&'static str, String)> {
    let reader = LedgerReader::open(path).unwrap();
    let mut comparison = reader.reconcile().unwrap();
    for (nth, (kind, body)) in log.iter().enumerate() {
        let hash = format!("hash {}", nth + 1);
        comparison.take(AuditRecord { seq: nth as u64 + 1, hash: &hash, kind, body }).unwrap();
    }
    let checks = comparison.finish().unwrap();
    assert_eq!(checks.len(), 4);
    checks.into_iter().filter(|check| !check.ok).map(|check| (check.name, check.detail)).collect()
}

const IN_LEDGER: &str = "each audit record of money is in the ledger";
const IN_LOG: &str = "each movement of the ledger is in the audit log";
const TWICE: &str = "no audit record of money is there twice";
const AGE: &str = "ledger and audit log are of one age";

#[tokio::test]
async fn what_the_ledger_wrote_agrees_with_it_drained_or_waiting() {
    let mut home = Home::with_history().await;
    assert_eq!(home.broken(), []);
    home.ledger.top_up(top_up("waits", 5)).await.unwrap();
    home.ledger.begin_run(new_run("next")).await.unwrap();
    home.ledger.hold(batch("next", &[("b", 5)])).await.unwrap();
    assert_eq!(home.broken(), [], "what waits in the outbox is not missing");
    home.drain().await;
    assert_eq!(home.broken(), []);
}

#[tokio::test]
async fn a_changed_figure_is_found_in_every_kind_of_record() {
    for (kind, field) in [
        ("hold", "hold_micro_rub"),
        ("hold", "run"),
        ("hold", "attempt"),
        ("settle", "cost_micro_rub"),
        ("settle", "quality"),
        ("settle", "usage"),
        ("settle", "entries"),
        ("release", "hold_micro_rub"),
        ("top_up", "micro_rub"),
        ("top_up", "entries"),
        ("adjustment", "micro_rub"),
        ("mode", "closed_tab_micro_rub"),
        ("run", "cost_micro_rub"),
        ("run", "status"),
        ("run", "attempts"),
    ] {
        let mut home = Home::with_history().await;
        let (_, body) = home.log.iter_mut().find(|(of, _)| of == kind).unwrap();
        body[field] = json!({ "output": 77 });
        let broken = home.broken();
        assert!(broken.iter().any(|(name, _)| *name == IN_LEDGER), "{kind} {field}: {broken:?}");
    }
}

#[tokio::test]
async fn a_record_that_is_missing_is_named_by_what_it_told() {
    let whole = Home::with_history().await;
    for nth in 0..whole.log.len() {
        let mut log = whole.log.clone();
        let (kind, body) = log.remove(nth);
        // The log's hashes move up with the gap, so its end is the only one that shows by age.
        let broken = broken(&whole.path(), &log);
        assert!(broken.iter().any(|(name, _)| *name == IN_LOG), "{kind} {body}: {broken:?}");
    }
}

#[tokio::test]
async fn a_record_that_is_there_twice_is_found() {
    let mut home = Home::with_history().await;
    home.log.push(home.log[3].clone());
    assert_eq!(home.broken().iter().map(|(name, _)| *name).collect::<Vec<_>>(), [TWICE]);
}

#[tokio::test]
async fn an_older_ledger_beside_a_newer_log_is_found_and_so_is_the_other_way() {
    let mut home = Home::with_history().await;
    let backup = home.dir.path().join("backup.sqlite");
    let target = backup.to_str().unwrap().to_owned();
    rusqlite::Connection::open(home.path()).unwrap().execute("VACUUM INTO ?1", [target]).unwrap();
    let old_log = home.log.clone();
    home.ledger.top_up(top_up("later", 5)).await.unwrap();
    home.drain().await;
    assert_eq!(home.broken(), []);

    let names =
        |broken: Vec<(&'static str, String)>| broken.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let older_ledger = broken(&backup, &home.log);
    assert!(older_ledger[0].1.contains("the ledger is older than the audit log"), "{older_ledger:?}");
    assert_eq!(names(older_ledger), [AGE]);
    let older_log = broken(&home.path(), &old_log);
    assert!(older_log[1].1.contains("the audit log is older than the ledger"), "{older_log:?}");
    assert_eq!(names(older_log), [IN_LOG, AGE]);
}

#[tokio::test]
async fn a_restored_ledger_goes_on_behind_the_log_and_the_gap_stays_known() {
    let mut home = Home::with_history().await;
    let told = home.log.last().unwrap().1["outbox"].as_i64().unwrap();
    assert_eq!(home.ledger.resume_outbox(told, 7_000).await, Ok(None), "nothing is missing");
    let gap = OutboxGap { first: told + 1, last: told + 10 };
    for (again, expected) in [(false, Some(gap)), (true, None)] {
        assert_eq!(home.ledger.resume_outbox(told + 10, 7_000).await, Ok(expected), "again: {again}");
    }
    home.ledger.top_up(top_up("after", 5)).await.unwrap();
    let waiting = home.ledger.take_outbox(10).await.unwrap();
    let ids: Vec<(i64, &str)> = waiting.iter().map(|row| (row.id, row.kind.as_str())).collect();
    assert_eq!(ids, [(told + 11, "ledger_restored"), (told + 12, "top_up")]);
    home.drain().await;
    let broken = home.broken();
    assert!(broken.len() == 1 && broken[0].1.contains("tells of 10 more"), "{broken:?}");
}

#[tokio::test]
async fn what_retired_records_told_is_not_missed_and_everything_else_is() {
    let whole = Home::with_history().await;
    for retired in 1..=whole.log.len() {
        let (gone, left) = whole.log.split_at(retired);
        let mut told = Retired::default();
        for (kind, body) in gone {
            told.add(kind, body);
        }
        let last_outbox = gone.last().unwrap().1["outbox"].clone();
        let floor = AuditFloor { seq: retired as u64, hash: "ab".repeat(32), told };
        let head = AuditHead { seq: 1, hash: "hash 1".to_owned() };
        // The ledger is written anew each time: a floor never sinks, and here it rises.
        whole.ledger.retire_audit(floor.clone(), head.clone()).await.unwrap();
        assert_eq!(whole.ledger.audit_witness().await.unwrap(), (Some(head), Some(floor)));
        let mut log = vec![("retention".to_owned(), json!({"last_outbox": last_outbox}))];
        log.extend_from_slice(left);
        assert_eq!(broken(&whole.path(), &log), [], "{retired} retired");
        if left.is_empty() {
            break;
        }
        log.remove(1);
        let missing = broken(&whole.path(), &log);
        assert!(
            missing.iter().any(|(name, _)| *name == IN_LOG),
            "{retired} retired, one more gone: {missing:?}"
        );
    }
}
