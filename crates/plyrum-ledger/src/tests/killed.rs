//! The process is killed in the middle of its work, again and again, over the same ledger.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;

const HOME: &str = "PLYRUM_LEDGER_TEST_HOME";
const ROUND: &str = "PLYRUM_LEDGER_TEST_ROUND";

/// Not a test by itself: the process that is killed. It says each answer once it has it.
#[tokio::test]
async fn the_victim() {
    let (Ok(home), Ok(round)) = (std::env::var(HOME), std::env::var(ROUND)) else { return };
    let (ledger, _) = Ledger::open(Path::new(&home), RecoverySpec { at: 9_000 }).unwrap();
    let run = format!("run {round}");
    ledger.begin_run(new_run(&run)).await.unwrap();
    for i in 0.. {
        let attempt = format!("attempt {round}.{i}");
        ledger.hold(batch(&run, &[(&attempt, 20)])).await.unwrap();
        say("held", &attempt);
        ledger.mark_sent(&attempt, 3_000).await.unwrap();
        say("sent", &attempt);
        ledger.note_received(&attempt, 6).await.unwrap();
        ledger.settle(settle(&attempt, Basis::Reported(tokens(5)))).await.unwrap();
        say("settled", &attempt);
    }
}

fn say(what: &str, attempt: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "said:{what}:{attempt}").unwrap();
    out.flush().unwrap();
}

/// Runs the victim, kills it after so many answers, and returns all that it said before it died.
fn kill_after(home: &Path, round: usize, answers: usize) -> Vec<(String, String)> {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::killed::the_victim", "--nocapture"])
        .env(HOME, home)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // What the test harness prints shares the first line.
        let Some((_, answer)) = line.split_once("said:") else { continue };
        let (what, attempt) = answer.split_once(':').unwrap();
        said.push((what.to_owned(), attempt.to_owned()));
        if said.len() == answers {
            victim.kill().unwrap();
        }
    }
    victim.wait().unwrap();
    assert!(said.len() >= answers, "it died by itself: {said:?}");
    said
}

#[tokio::test]
async fn nothing_that_was_answered_is_lost_when_the_process_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.sqlite");
    for round in 0..8 {
        let said = kill_after(&path, round, 1 + 7 * round);
        let (ledger, recovery) = Ledger::open(&path, RecoverySpec { at: 9_000 }).unwrap();
        assert_eq!(recovery.interrupted.len(), 1);
        assert!(recovery.released.len() + recovery.settled.len() <= 1, "one attempt was under way");
        let rows = ledger.attempts_of(&format!("run {round}")).await.unwrap();
        for (what, attempt) in &said {
            let row = rows.iter().find(|row| row.attempt == *attempt).unwrap();
            match what.as_str() {
                "held" => assert!(row.state.is_resolved()),
                "sent" => assert_eq!(row.state, AttemptState::Settled, "it may have reached the provider"),
                _ => assert_eq!((row.cost, row.review), (Some(micro(5)), false), "charged once, as answered"),
            }
        }
        assert_eq!(ledger.balance().await.unwrap().held, micro(0));
        ledger.prove().await;
        ledger.shutdown().await.unwrap();
    }
}
