//! What only this backend does, through its handle, and the fixtures of all tests. What any backend must
//! do is in `conformance/`.

mod budgets;
mod commits;
mod killed;
mod migrations;
mod places;
mod readers;
mod reconcile;
mod recovery;
mod unhappy;

use plyrum_billing_client::{BytesPerToken, Fx, MicroRub, PerMillion, RateCard, Rates, Usage};
use serde_json::Value;

use crate::*;

/// A card on which one token of any kind costs one micro-ruble.
pub(crate) fn one_micro_per_token() -> Price {
    let rate = Some(PerMillion::new(1_000_000));
    price(RateCard { base: Rates { input: rate, output: rate, ..Rates::default() }, ..RateCard::default() })
}

pub(crate) fn price(card: RateCard) -> Price {
    Price {
        version: "price-1".to_owned(),
        currency: "RUB".to_owned(),
        card,
        fx_version: "rub".to_owned(),
        fx: Fx::RUB,
    }
}

pub(crate) fn micro(amount: i64) -> MicroRub {
    MicroRub::new(amount)
}

pub(crate) fn tokens(output: u64) -> Usage {
    Usage { output, ..Usage::default() }
}

pub(crate) fn new_run(run: &str) -> NewRun {
    NewRun {
        run: run.to_owned(),
        session: "session-1".to_owned(),
        persona: "default".to_owned(),
        plan: "direct".to_owned(),
        project: None,
        client: "test".to_owned(),
        budget: None,
        at: 1_000,
    }
}

pub(crate) fn new_hold(attempt: &str, amount: i64) -> NewHold {
    NewHold {
        attempt: attempt.to_owned(),
        step: "answer".to_owned(),
        layer: 0,
        role: "answer".to_owned(),
        provider: "lab".to_owned(),
        model: "lab/fast".to_owned(),
        try_no: 1,
        amount: micro(amount),
        price: Some(one_micro_per_token()),
        request_bytes: 30,
        bytes_per_token: BytesPerToken::default(),
    }
}

pub(crate) fn batch(run: &str, holds: &[(&str, i64)]) -> HoldBatch {
    let holds = holds.iter().map(|(attempt, amount)| new_hold(attempt, *amount)).collect();
    HoldBatch { run: run.to_owned(), at: 2_000, holds, run_budget: None, limits: Limits::default() }
}

pub(crate) fn settle(attempt: &str, basis: Basis) -> Settle {
    Settle {
        attempt: attempt.to_owned(),
        at: 4_000,
        basis,
        outcome: Outcome::Ok,
        error_kind: None,
        raw_usage: None,
        said_cost: None,
        ms: Some(10),
        ttft_ms: Some(5),
        received_bytes: 0,
        limits: Limits::default(),
    }
}

pub(crate) fn finish(run: &str, status: RunStatus) -> FinishRun {
    FinishRun { run: run.to_owned(), status, plan: None, detail: Value::Null, at: 5_000 }
}

pub(crate) fn top_up(id: &str, amount: i64) -> TopUp {
    TopUp { id: id.to_owned(), amount: micro(amount), at: 500 }
}

pub(crate) fn adjust(id: &str, amount: i64) -> Adjust {
    Adjust { id: id.to_owned(), amount: micro(amount), reason: format!("because of {id}"), at: 600 }
}

/// A ledger in memory with one run, `run`.
pub(crate) async fn with_run() -> Ledger {
    let ledger = Ledger::open_in_memory().unwrap();
    ledger.begin_run(new_run("run")).await.unwrap();
    ledger
}

/// The same, prepaid, with so much in it.
pub(crate) async fn prepaid(funds: i64) -> Ledger {
    let ledger = with_run().await;
    ledger.set_mode(Mode::Prepaid, ModeSource::User, 100).await.unwrap();
    if funds > 0 {
        ledger.top_up(top_up("funds", funds)).await.unwrap();
    }
    ledger
}

/// What tests say of any store.
pub(crate) trait Told: Store {
    /// Holds for `run` and marks as sent.
    async fn hold_and_send(&self, attempt: &str, amount: i64) {
        let held = self.hold(batch("run", &[(attempt, amount)])).await.unwrap();
        assert_eq!(held, HoldOutcome::Granted);
        self.mark_sent(attempt, 3_000).await.unwrap();
    }

    /// Every rule of the books holds.
    async fn prove(&self) {
        assert_sound(&self.check().await.unwrap());
    }

    /// `(posted, held)`, in micro-rubles.
    async fn figures(&self) -> (i64, i64) {
        let balance = self.balance().await.unwrap();
        (balance.posted.get(), balance.held.get())
    }
}

impl<S: Store> Told for S {}

pub(crate) fn assert_sound(checks: &[Check]) {
    let broken: Vec<&Check> = checks.iter().filter(|check| !check.ok).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}
