//! What a shutdown leaves.

use super::*;

#[tokio::test]
async fn a_shutdown_serves_what_waits_and_leaves_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.sqlite");
    let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 1 }).unwrap();
    ledger.begin_run(new_run("run")).await.unwrap();
    let held = ledger.hold(batch("run", &[("a", 10)]));
    let (held, ended) = tokio::join!(held, ledger.shutdown());
    assert_eq!((held, ended), (Ok(HoldOutcome::Granted), Ok(())));
    assert_eq!(ledger.begin_run(new_run("late")).await, Err(LedgerError::Closed));
    assert_eq!(ledger.shutdown().await, Ok(()), "there is nothing left to do");
    assert!(!open::beside(&path, "-wal").exists());
    let (_, recovery) = Ledger::open(&path, RecoverySpec { at: 9_000 }).unwrap();
    assert_eq!(recovery.released.len(), 1);
}
