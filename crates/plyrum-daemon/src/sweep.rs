//! Money that nobody looks after any more: the books of runs that do not live are closed while the daemon
//! runs, not only at its next start.
//!
//! Normally there is none: each run books what it held and ends itself. What is left over is a fault of ours (a
//! task that died) or of the disk (a booking that was given up), and neither may keep money from the
//! user until the next restart. An attempt is swept only where two looks in a row find it without a living
//! run: one look may fall between a run's beginning and its registration. What waits for room on the disk
//! (`driver/late.rs`) has better figures and is left to it.

use crate::daemon::Daemon;
use crate::{clock, recover};
use plyrum_ledger::{
    Attempt, AttemptState, Basis, FinishRun, LedgerError, Limits, Outcome, RunStatus, Settle,
};
use plyrum_protocol::{RunId, SessionId};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(30);

/// Looks again and again, as long as the daemon lives.
pub(crate) async fn sweep(daemon: Arc<Daemon>) {
    let mut suspects = Suspects::default();
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(e) = suspects.look(&daemon).await {
            crate::log::line(&format!("the books cannot be swept: {e}"));
        }
    }
}

/// What the last look found without a living run.
#[derive(Debug, Default)]
struct Suspects {
    attempts: BTreeSet<String>,
    runs: BTreeSet<String>,
}

impl Suspects {
    async fn look(&mut self, daemon: &Daemon) -> Result<(), LedgerError> {
        let abandoned = |run: &str| RunId::new(run).is_ok_and(|run| daemon.runs.get(&run).is_none());
        let mut attempts = daemon.ledger.unresolved().await?;
        attempts.retain(|attempt| abandoned(&attempt.run) && !daemon.late.contains(&attempt.run));
        let mut runs = daemon.ledger.running().await?;
        runs.retain(|run| abandoned(run) && !daemon.late.contains(run));
        let (known, old) = (std::mem::take(&mut self.attempts), std::mem::take(&mut self.runs));
        self.attempts = attempts.iter().map(|attempt| attempt.attempt.clone()).collect();
        self.runs = runs.iter().cloned().collect();
        for attempt in attempts.iter().filter(|attempt| known.contains(&attempt.attempt)) {
            resolve(daemon, attempt).await?;
        }
        for run in runs.iter().filter(|run| old.contains(*run)) {
            finish(daemon, run).await?;
        }
        Ok(())
    }
}

/// As after a crash: what was never sent is given back, the rest is charged by an estimate.
async fn resolve(daemon: &Daemon, attempt: &Attempt) -> Result<(), LedgerError> {
    let at = clock::now().millis();
    crate::log::line(&format!("attempt {}: nobody looked after it, so it is booked now", attempt.attempt));
    let done = if attempt.state == AttemptState::Held {
        daemon.ledger.release(&attempt.attempt, at).await.map(drop)
    } else {
        let settle = Settle {
            attempt: attempt.attempt.clone(),
            at,
            basis: Basis::Estimated,
            outcome: Outcome::Cut,
            error_kind: Some("interrupted".to_owned()),
            raw_usage: None,
            said_cost: None,
            ms: None,
            ttft_ms: None,
            received_bytes: attempt.received_bytes,
            limits: Limits::default(),
        };
        daemon.ledger.settle(settle).await.map(drop)
    };
    daemon.recorder.outbox_filled();
    done
}

/// Ends a run in the books and in its transcript.
async fn finish(daemon: &Daemon, run: &str) -> Result<(), LedgerError> {
    let order = FinishRun {
        run: run.to_owned(),
        status: RunStatus::Interrupted,
        plan: None,
        detail: json!({ "by": "sweeper" }),
        at: clock::now().millis(),
    };
    let totals = match daemon.ledger.finish_run(order).await {
        Err(LedgerError::RunUnresolved { .. }) => return Ok(()), // its attempts come first, at the next look
        totals => totals?,
    };
    daemon.recorder.outbox_filled();
    crate::log::line(&format!("run {run}: nobody looked after it, so it is ended now"));
    let Ok(session) = SessionId::new(totals.session) else { return Ok(()) };
    let told = recover::finish_session(
        &daemon.paths.sessions_dir(),
        &daemon.ledger,
        &daemon.recorder,
        &session,
        |unfinished| unfinished.as_str() == run,
    )
    .await;
    if let Err(e) = told {
        crate::log::line(&format!("session {session} cannot be ended properly: {e}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::of_test;
    use crate::hub::Hub;
    use crate::runs::LiveRun;
    use plyrum_billing_client::{BytesPerToken, MicroRub, PerMillion, RateCard, Rates};
    use plyrum_ledger::{HoldBatch, HoldOutcome, Ledger, NewHold, NewRun, Price};
    use plyrum_protocol::Timestamp;

    /// A run with an attempt that holds a ruble.
    async fn hold(ledger: &Ledger, run: &str) -> String {
        let rate = Some(PerMillion::new(1_000_000));
        let new_run = NewRun {
            run: run.to_owned(),
            session: "5e551011".to_owned(),
            persona: "default".to_owned(),
            plan: "direct".to_owned(),
            project: None,
            client: "test".to_owned(),
            budget: None,
            at: 1,
        };
        ledger.begin_run(new_run).await.unwrap();
        let attempt = format!("{run}.1");
        let held = NewHold {
            attempt: attempt.clone(),
            step: "answer".to_owned(),
            layer: 0,
            role: "answer".to_owned(),
            provider: "lab".to_owned(),
            model: "lab/fast".to_owned(),
            try_no: 1,
            amount: MicroRub::new(1_000_000),
            price: Some(Price {
                version: "p".to_owned(),
                currency: "RUB".to_owned(),
                card: RateCard {
                    base: Rates { input: rate, output: rate, ..Rates::default() },
                    ..RateCard::default()
                },
                fx_version: "rub".to_owned(),
                fx: plyrum_billing_client::Fx::RUB,
            }),
            request_bytes: 30,
            bytes_per_token: BytesPerToken::default(),
            is_bounded: true,
        };
        let batch = HoldBatch {
            run: run.to_owned(),
            at: 2,
            holds: vec![held],
            run_budget: None,
            limits: Limits::default(),
        };
        assert_eq!(ledger.hold(batch).await.unwrap(), HoldOutcome::Granted);
        attempt
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_nobody_looks_after_is_booked_at_the_second_look() {
        let home = tempfile::tempdir().unwrap();
        let daemon = of_test(home.path()).await;
        hold(&daemon.ledger, "unsent").await;
        let sent = hold(&daemon.ledger, "sent").await;
        daemon.ledger.mark_sent(&sent, 3).await.unwrap();
        let mut suspects = Suspects::default();
        suspects.look(&daemon).await.unwrap();
        assert_eq!(
            daemon.ledger.balance().await.unwrap().held,
            MicroRub::new(2_000_000),
            "it may be beginning"
        );
        suspects.look(&daemon).await.unwrap();
        let balance = daemon.ledger.balance().await.unwrap();
        assert_eq!(
            (balance.held, balance.posted),
            (MicroRub::ZERO, MicroRub::new(-10)),
            "30 bytes are 10 tokens"
        );
        for run in ["unsent", "sent"] {
            assert_eq!(daemon.ledger.run_totals(run).await.unwrap().status, RunStatus::Interrupted);
        }
        assert!(daemon.ledger.check().await.unwrap().iter().all(|check| check.ok));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn living_runs_and_bookings_that_wait_for_the_disk_are_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let daemon = of_test(home.path()).await;
        hold(&daemon.ledger, "alive").await;
        hold(&daemon.ledger, "late").await;
        let hub = Hub::new(RunId::new("alive").unwrap(), SessionId::new("5e551011").unwrap());
        let (inputs, _inbox) = tokio::sync::mpsc::channel(1);
        let live = LiveRun { hub: Arc::new(hub), inputs, accepted_at: Timestamp::from_millis(1) };
        assert!(daemon.runs.add(live));
        let waits = daemon.late.enter("late");
        let mut suspects = Suspects::default();
        for _ in 0..3 {
            suspects.look(&daemon).await.unwrap();
        }
        assert_eq!(daemon.ledger.unresolved().await.unwrap().len(), 2);
        drop(waits);
        for _ in 0..2 {
            suspects.look(&daemon).await.unwrap();
        }
        assert_eq!(daemon.ledger.unresolved().await.unwrap().len(), 1, "given up by the booking, and swept");
    }
}
