//! What only this backend does, through its handle, and the fixtures of all tests. What any backend must
//! do is in `conformance/`.

mod approvals;
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
        is_bounded: true,
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

/// An approval to ask for at 1 000 and to answer before 2 000.
pub(crate) fn new_approval(id: &str, run: &str) -> NewApproval {
    NewApproval {
        id: id.to_owned(),
        run: run.to_owned(),
        session: "session-1".to_owned(),
        call: format!("call of {id}"),
        tool: "run".to_owned(),
        action: format!(r#"{{"argv":["touch","{id}"]}}"#),
        sha256: SHA.repeat(8),
        why: "no rule allows it".to_owned(),
        rule: None,
        at: 1_000,
        deadline: 2_000,
        checkpoint: None,
    }
}

/// The same with what its run needs to go on.
pub(crate) fn parking(id: &str, run: &str) -> NewApproval {
    NewApproval { checkpoint: Some(format!(r#"{{"of":"{id}"}}"#)), ..new_approval(id, run) }
}

/// An eighth of a hash.
pub(crate) const SHA: &str = "0123abcd";

pub(crate) fn answer(id: &str, verdict: ApprovalVerdict, at: i64) -> AnswerApproval {
    AnswerApproval {
        id: id.to_owned(),
        verdict,
        scope: ApprovalScope::Once,
        by: "tui".to_owned(),
        rule: None,
        reason: None,
        ends_run: false,
        at,
    }
}

/// Takes a database of this schema back to what schema 3 had, with prints of 64 digits as it had them.
pub(crate) fn back_to_schema_3(conn: &rusqlite::Connection) {
    let tables = include_str!("../schema.sql");
    let from = tables.find("CREATE TABLE attempts").unwrap();
    let to = tables.find("-- Ids whose hold was refused").unwrap();
    let schema_3 = include_str!("../schema_3.sql");
    let lines =
        schema_3.find("CREATE VIEW usage_lines").unwrap()..schema_3.find("-- How wide a row").unwrap();
    let places = schema_3.find("CREATE VIEW rollup_places").unwrap()
        ..schema_3.find("INSERT INTO rollup_keys").unwrap();
    let long = "lower(hex(content_hash)) || '00000000000000000000000000000000'";
    conn.execute_batch(&format!(
        "PRAGMA foreign_keys = OFF; BEGIN; DROP TABLE approval_checkpoints; DROP TABLE approvals; DROP VIEW rollup_places; DROP VIEW usage_lines;
         CREATE TABLE four AS SELECT * FROM attempts; DROP TABLE attempts; {attempts}
         ALTER TABLE attempts ADD COLUMN provider_cost TEXT; ALTER TABLE attempts ADD COLUMN provider_cost_micro_rub INTEGER;
         ALTER TABLE attempts ADD COLUMN message_chain TEXT; ALTER TABLE attempts ADD COLUMN first_of INTEGER NOT NULL DEFAULT 0;
         INSERT INTO attempts (attempt, run, account, step, layer, role, provider, model, try, state, hold_micro_rub, cost_micro_rub,
             outcome, quality, review, first_of, closed_at, price_version, fx_version, price_card, currency, fx, bytes_per_token,
             input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, units, request_bytes, received_bytes, held_at,
             sent_at, ms, ttft_ms, content_hash, settle_hash, cost_problem, error_kind, message_chain, raw_usage)
         SELECT attempt, run, account, step, layer, role, provider, model, try, state, hold_micro_rub, cost_micro_rub,
             outcome, quality, review, first_of, closed_at, price_version, fx_version, price_card, currency, fx, bytes_per_token,
             input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, units, request_bytes, received_bytes, held_at,
             sent_at, ms, ttft_ms, {long},
             lower(hex(settle_hash)) || '00000000000000000000000000000000', cost_problem, error_kind, message_chain, raw_usage
         FROM four JOIN terms ON terms.id = four.terms ORDER BY four.rowid;
         DROP TABLE four; DROP TABLE terms; DROP TABLE usage_shapes; {lines} {places}
         ALTER TABLE runs ADD COLUMN content TEXT NOT NULL DEFAULT ''; ALTER TABLE runs ADD COLUMN finish TEXT;
         UPDATE runs SET content = {long}, finish = lower(hex(finish_hash)) || '00000000000000000000000000000000';
         ALTER TABLE runs DROP COLUMN content_hash; ALTER TABLE runs RENAME COLUMN content TO content_hash;
         ALTER TABLE runs DROP COLUMN finish_hash; ALTER TABLE runs RENAME COLUMN finish TO finish_hash;
         ALTER TABLE refusals ADD COLUMN content TEXT NOT NULL DEFAULT ''; UPDATE refusals SET content = {long};
         ALTER TABLE refusals DROP COLUMN content_hash; ALTER TABLE refusals RENAME COLUMN content TO content_hash;
         PRAGMA user_version = 3; COMMIT;",
        attempts = tables.get(from..to).unwrap(),
        lines = schema_3.get(lines).unwrap(),
        places = schema_3.get(places).unwrap(),
    ))
    .unwrap();
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
