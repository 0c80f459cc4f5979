//! Reading beside the writer, without one, and from a copy.

use std::path::PathBuf;

use super::*;

struct Home {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

fn home() -> Home {
    let dir = tempfile::tempdir().unwrap();
    Home { path: dir.path().join("ledger.sqlite"), _dir: dir }
}

impl Home {
    fn ledger(&self) -> Ledger {
        Ledger::open(&self.path, RecoverySpec { at: 1 }).unwrap().0
    }

    fn reader(&self) -> LedgerReader {
        LedgerReader::open(&self.path).unwrap()
    }
}

/// A finished run with one attempt of `output` tokens, settled at `at`.
async fn spend(ledger: &Ledger, run: NewRun, model: &str, output: u64, at: i64) {
    let id = run.run.clone();
    ledger.begin_run(run).await.unwrap();
    let attempt = format!("attempt of {id}");
    let mut batch = batch(&id, &[(&attempt, 1_000_000)]);
    batch.holds[0].model = model.to_owned();
    ledger.hold(batch).await.unwrap();
    ledger.settle(Settle { at, ..settle(&attempt, Basis::Reported(tokens(output))) }).await.unwrap();
    ledger.finish_run(finish(&id, RunStatus::Succeeded)).await.unwrap();
}

#[tokio::test]
async fn a_reader_works_beside_a_writer_and_sees_each_commit() {
    let home = home();
    let ledger = home.ledger();
    let reader = home.reader();
    assert_eq!(reader.balance().unwrap().held, micro(0));
    ledger.begin_run(new_run("run")).await.unwrap();
    ledger.hold(batch("run", &[("a", 10)])).await.unwrap();
    assert_eq!(reader.balance().unwrap().held, micro(10));
    assert_eq!(reader.attempts_of("run").unwrap()[0].state, AttemptState::Held);
    assert_sound(&reader.check().unwrap());
}

#[tokio::test]
async fn a_reader_works_with_no_daemon_and_on_a_copy() {
    let home = home();
    let ledger = home.ledger();
    ledger.top_up(top_up("t", 50)).await.unwrap();
    let install_id = home.reader().install_id().unwrap();
    ledger.shutdown().await.unwrap();
    assert_eq!(home.reader().balance().unwrap().posted, micro(50));
    let copy = tempfile::tempdir().unwrap();
    let path = copy.path().join("a copy?#%41.sqlite");
    std::fs::copy(&home.path, &path).unwrap();
    let reader = LedgerReader::open(&path).unwrap();
    assert_eq!((reader.balance().unwrap().posted, reader.install_id().unwrap()), (micro(50), install_id));
    assert_sound(&reader.check().unwrap());
}

#[tokio::test]
async fn a_file_that_cannot_be_shared_is_read_alone_unless_a_log_belongs_to_it() {
    let home = home();
    let ledger = home.ledger();
    ledger.top_up(top_up("t", 50)).await.unwrap();
    let refused = read::unshared(&home.path).err().unwrap();
    assert_eq!(refused, LedgerError::NeedsWritableDirectory { path: home.path.clone() });
    ledger.shutdown().await.unwrap();
    let odd = home.path.with_file_name("a copy?#%41.sqlite");
    std::fs::rename(&home.path, &odd).unwrap();
    let conn = read::unshared(&odd).unwrap();
    assert_eq!(account::balance(&conn).unwrap().posted, micro(50));
}

#[test]
fn a_reader_never_writes_and_never_makes_a_ledger() {
    let home = home();
    assert!(LedgerReader::open(&home.path).is_err());
    assert!(!home.path.exists());
    drop(home.ledger());
    let reader = home.reader();
    assert!(reader.conn.execute("UPDATE accounts SET posted = 1", []).is_err());
}

#[test]
fn a_reader_refuses_a_newer_schema() {
    let home = home();
    drop(home.ledger());
    rusqlite::Connection::open(&home.path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let refused = LedgerReader::open(&home.path).err().unwrap();
    assert_eq!(refused, LedgerError::NewerSchema { found: 99, supported: open::supported_schema() });
}

#[tokio::test]
async fn runs_come_newest_first_a_page_at_a_time() {
    let home = home();
    let ledger = home.ledger();
    for (i, at) in [(1, 10), (2, 30), (3, 20), (4, 30)] {
        spend(&ledger, NewRun { at, ..new_run(&format!("r{i}")) }, "m", i, 100).await;
    }
    let reader = home.reader();
    let all = reader.runs(10, None).unwrap();
    let ids: Vec<&str> = all.iter().map(|row| row.run.as_str()).collect();
    assert_eq!(ids, ["r4", "r2", "r3", "r1"]);
    assert_eq!((all[0].cost, all[0].status), (micro(4), RunStatus::Succeeded));
    let first = reader.runs(2, None).unwrap();
    let after = RunsAfter { started_at: first[1].started_at, run: first[1].run.clone() };
    assert_eq!(reader.runs(10, Some(&after)).unwrap(), all[2..]);
}

#[tokio::test]
async fn a_run_is_found_by_the_first_letters_of_its_id() {
    let home = home();
    let ledger = home.ledger();
    for (run, at) in [("ab1", 1), ("ab2", 2), ("abc", 9), ("ab", 3), ("x%_", 4), ("ящик", 5)] {
        ledger.begin_run(NewRun { at, ..new_run(run) }).await.unwrap();
    }
    let reader = home.reader();
    let find = |prefix: &str| reader.run_by_prefix(prefix).map(|row| row.run);
    assert_eq!(find("ab1").unwrap(), "ab1");
    assert_eq!(find("ab").unwrap(), "ab", "an exact id wins");
    assert_eq!(find("x").unwrap(), "x%_");
    assert_eq!(find("я").unwrap(), "ящик");
    assert_eq!(find("last").unwrap(), "abc");
    let ambiguous = ["ab", "ab1", "ab2", "abc"].map(str::to_owned).to_vec();
    assert_eq!(find("a"), Err(LedgerError::AmbiguousRun { prefix: "a".to_owned(), candidates: ambiguous }));
    for unknown in ["%", "x_", "", "zz"] {
        assert_eq!(find(unknown), Err(LedgerError::UnknownRun { run: unknown.to_owned() }));
    }
}

#[tokio::test]
async fn usage_is_grouped_and_its_rows_add_up_to_its_total() {
    let home = home();
    let ledger = home.ledger();
    let in_project = |run: &str, project: &str| NewRun { project: Some(project.to_owned()), ..new_run(run) };
    spend(&ledger, in_project("r1", "here"), "cheap", 3, 1_000).await;
    spend(&ledger, in_project("r2", "there"), "dear", 70, 2_000).await;
    spend(&ledger, new_run("r3"), "cheap", 4, 3_000).await;
    let reader = home.reader();
    let rows = |by, since, until| {
        let report = reader.usage(&UsageQuery { by, since, until }).unwrap();
        let cost: i64 = report.rows.iter().map(|row| row.sum.cost.get()).sum();
        assert_eq!(cost, report.total.cost.get());
        let attempts: u64 = report.rows.iter().map(|row| row.sum.attempts).sum();
        assert_eq!(attempts, report.total.attempts);
        report.rows.into_iter().map(|row| (row.key, row.sum.cost.get(), row.sum.runs)).collect::<Vec<_>>()
    };
    let row = |key: &str, cost, runs| (key.to_owned(), cost, runs);
    assert_eq!(rows(UsageBy::Model, None, None), [row("dear", 70, 1), row("cheap", 7, 2)]);
    assert_eq!(
        rows(UsageBy::Model, Some(1_000), Some(2_000)),
        [row("cheap", 3, 1)],
        "since is in, until is out"
    );
    assert_eq!(rows(UsageBy::Project, None, None), [row("there", 70, 1), row("", 4, 1), row("here", 3, 1)]);
    for by in [UsageBy::Provider, UsageBy::Persona, UsageBy::Role, UsageBy::Session] {
        assert_eq!(rows(by, None, None).len(), 1);
    }
    let nothing = reader.usage(&UsageQuery { by: UsageBy::Model, since: Some(9_000), until: None }).unwrap();
    assert_eq!((nothing.rows.len(), nothing.total), (0, UsageTotal::default()));
}

#[tokio::test]
async fn days_and_hours_are_the_callers() {
    const HOUR: i64 = 3_600_000;
    let home = home();
    let ledger = home.ledger();
    let midnight = 20_000 * 24 * HOUR;
    for (i, at) in [(1, midnight - 2 * HOUR), (2, midnight - 1), (3, midnight), (4, midnight + 23 * HOUR)] {
        spend(&ledger, new_run(&format!("r{i}")), "m", 10_u64.pow(i), at).await;
    }
    let reader = home.reader();
    let rows = |by| {
        let report = reader.usage(&UsageQuery { by, since: None, until: None }).unwrap();
        report
            .rows
            .into_iter()
            .map(|row| (row.key, row.start_at.unwrap(), row.sum.cost.get()))
            .collect::<Vec<_>>()
    };
    let row = |key: &str, start, cost| (key.to_owned(), start, cost);
    let (first, second) = (midnight - 24 * HOUR, midnight);
    assert_eq!(
        rows(UsageBy::Day(Buckets::OffsetMinutes(0))),
        [row("2024-10-03", first, 110), row("2024-10-04", second, 11_000)]
    );
    assert_eq!(
        rows(UsageBy::Day(Buckets::OffsetMinutes(180))),
        [row("2024-10-04", first + 21 * HOUR, 1_110), row("2024-10-05", second + 21 * HOUR, 10_000)]
    );
    let west = rows(UsageBy::Day(Buckets::OffsetMinutes(-600)));
    assert_eq!(west.last().unwrap().0, "2024-10-04");
    assert_eq!(
        rows(UsageBy::Hour(Buckets::OffsetMinutes(0)))[1],
        row("2024-10-03T23:00", midnight - HOUR, 100)
    );
    let starts = Buckets::Starts(vec![first, midnight - 1, midnight + HOUR]);
    assert_eq!(
        rows(UsageBy::Day(starts)),
        [row("2024-10-03T00:00:00Z", first, 10), row("2024-10-03T23:59:59Z", midnight - 1, 1_100)]
    );
    let falling = UsageQuery { by: UsageBy::Day(Buckets::Starts(vec![2, 1])), since: None, until: None };
    assert!(reader.usage(&falling).is_err());
}

#[tokio::test]
async fn units_are_added_up_by_name() {
    let home = home();
    let ledger = home.ledger();
    ledger.begin_run(new_run("run")).await.unwrap();
    for (attempt, searches) in [("a", 2), ("b", 3)] {
        let mut held = batch("run", &[(attempt, 0)]);
        held.holds[0].price = None;
        ledger.hold(held).await.unwrap();
        let units = [("web_search".to_owned(), searches)].into();
        ledger.settle(settle(attempt, Basis::Reported(Usage { units, ..tokens(1) }))).await.unwrap();
    }
    let report = home.reader().usage(&UsageQuery { by: UsageBy::Model, since: None, until: None }).unwrap();
    assert_eq!(report.rows[0].sum.usage.units["web_search"], 5);
    assert_eq!(report.total, report.rows[0].sum);
    assert_eq!(report.total.unpriced, 2);
    let reader = home.reader();
    assert_eq!(reader.unpriced_in_session(&new_run("run").session), Ok(2));
    assert_eq!(reader.unpriced_in_session("another"), Ok(0));
    assert_eq!(reader.unpriced(SpentBy::All, 0, i64::MAX), Ok(2));
}

#[tokio::test]
async fn the_first_and_the_last_usage_are_told() {
    let home = home();
    let ledger = home.ledger();
    assert_eq!(home.reader().used_between(), Ok(None));
    for (run, at) in [("r1", 50), ("r2", 20), ("r3", 70)] {
        spend(&ledger, new_run(run), "m", 1, at).await;
    }
    assert_eq!(home.reader().used_between(), Ok(Some((20, 70))));
}
