//! The proof that the books are right, from nothing but what is stored.
//!
//! Each check is a query that finds what breaks a rule, or a recomputation; it says which rows, so that a
//! person can look. Used by `doctor`, by `ledger reconcile` and at the end of every test here.

use plyrum_billing_client::Quality;
use rusqlite::Connection;

use crate::attempt::{self, Attempt};
use crate::error::LedgerError;
use crate::rollup;

/// How many offenders a failed check names.
const MAX_NAMED: usize = 8;

/// One rule, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// The rule's name.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// What was found: how much was looked at, or what breaks the rule.
    pub detail: String,
}

/// Rules that are one query each; it returns what breaks them.
const RULES: &[(&str, &str)] = &[
    (
        "entries of each transaction add up to zero",
        "SELECT 'txn ' || txn || ' ' || currency || ': ' || sum(amount) FROM entries GROUP BY txn, currency HAVING sum(amount) <> 0",
    ),
    (
        "entries add up to zero per currency",
        "SELECT currency || ': ' || sum(amount) FROM entries GROUP BY currency HAVING sum(amount) <> 0",
    ),
    (
        "posted is the sum of wallet and debt entries",
        "SELECT 'account ' || id || ': posted ' || posted || ', entries ' || entered FROM (
            SELECT id, posted, (SELECT coalesce(sum(amount), 0) FROM entries WHERE account IN ('wallet', 'debt')) AS entered
            FROM accounts) WHERE posted <> entered",
    ),
    (
        "debt is what the debt entries owe",
        "SELECT 'account ' || id || ': debt ' || debt || ', entries ' || owed FROM (
            SELECT id, debt, (SELECT coalesce(-sum(amount), 0) FROM entries WHERE account = 'debt') AS owed
            FROM accounts) WHERE debt <> owed",
    ),
    (
        "held is the sum of unresolved holds",
        "SELECT 'account ' || id || ': held ' || held || ', unresolved ' || open FROM (
            SELECT id, held, (SELECT coalesce(sum(hold_micro_rub), 0) FROM attempts a
                WHERE a.account = accounts.id AND state IN ('held', 'sent', 'streaming')) AS open
            FROM accounts) WHERE held <> open",
    ),
    (
        "each settled attempt's cost is its spend entries",
        "SELECT 'attempt ' || attempt || ': cost ' || cost || ', entries ' || spent FROM (
            SELECT attempt, coalesce(cost_micro_rub, 0) AS cost,
                (SELECT coalesce(sum(amount), 0) FROM entries e WHERE e.attempt = a.attempt AND e.account = 'spend') AS spent
            FROM attempts a WHERE state = 'settled') WHERE cost <> spent",
    ),
    (
        "no entry belongs to an attempt that is not settled",
        "SELECT 'entry ' || e.id || ' of attempt ' || e.attempt FROM entries e LEFT JOIN attempts a ON a.attempt = e.attempt
            WHERE e.attempt IS NOT NULL AND a.state IS NOT 'settled'",
    ),
    (
        "no ended run has an unresolved attempt",
        "SELECT 'attempt ' || a.attempt || ' of run ' || r.run FROM runs r JOIN attempts a ON a.run = r.run
            WHERE r.ended_at IS NOT NULL AND a.state IN ('held', 'sent', 'streaming')",
    ),
    (
        "nothing is held without a price",
        "SELECT 'attempt ' || attempt FROM attempts JOIN terms ON terms.id = attempts.terms
            WHERE hold_micro_rub <> 0 AND price_card IS NULL",
    ),
    (
        "no refused attempt was held",
        "SELECT 'attempt ' || attempt FROM refusals JOIN attempts USING (attempt)",
    ),
    (
        "each run is counted once, and once for each model, provider and role",
        "SELECT 'run ' || run FROM (SELECT run, model, provider, role, first_of FROM attempts WHERE state = 'settled')
            GROUP BY run HAVING sum(first_of & 1) <> 1 OR sum((first_of >> 1) & 1) <> count(DISTINCT model)
                OR sum((first_of >> 2) & 1) <> count(DISTINCT provider) OR sum((first_of >> 3) & 1) <> count(DISTINCT role)
                OR sum((first_of >> 4) & 1) <> count(DISTINCT json_array(model, provider, role))",
    ),
    ("every reference leads somewhere", "SELECT \"table\" || ' row ' || rowid FROM pragma_foreign_key_check"),
    ("the file is sound", "SELECT * FROM pragma_quick_check WHERE quick_check <> 'ok'"),
];

pub(crate) fn all(conn: &Connection) -> Result<Vec<Check>, LedgerError> {
    let mut checks =
        RULES.iter().map(|(name, query)| rule(conn, name, query)).collect::<Result<Vec<_>, _>>()?;
    checks.push(costs_recompute(conn)?);
    let mut offenders = Offenders::default();
    rollup::prove(conn, &mut |offender| offenders.add(offender))?;
    checks.push(offenders.into_check("roll-ups are the sums of their attempts", "none breaks it".to_owned()));
    Ok(checks)
}

fn rule(conn: &Connection, name: &'static str, query: &str) -> Result<Check, LedgerError> {
    let mut select = conn.prepare(query)?;
    let mut offenders = Offenders::default();
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        offenders.add(row.get(0)?);
    }
    Ok(offenders.into_check(name, "none breaks it".to_owned()))
}

/// Charges every settled attempt again from its own row.
fn costs_recompute(conn: &Connection) -> Result<Check, LedgerError> {
    let mut select = conn.prepare(attempt::select!("WHERE state = 'settled'"))?;
    let mut rows = select.query([])?;
    let mut offenders = Offenders::default();
    let mut looked_at = 0_u64;
    while let Some(row) = rows.next()? {
        looked_at += 1;
        // A row that cannot be read is an offender too, not the end of the check.
        match attempt::from_row(conn, row) {
            Ok(attempt) if recomputes(&attempt) => {}
            Ok(attempt) => offenders.add(format!("attempt {}", attempt.attempt)),
            Err(error) => offenders.add(format!("row {looked_at}: {error}")),
        }
    }
    Ok(offenders.into_check("each cost recomputes", format!("{looked_at} attempts recomputed")))
}

fn recomputes(attempt: &Attempt) -> bool {
    let (Some(usage), Some(quality)) = (&attempt.usage, attempt.quality) else { return false };
    let terms = attempt.terms();
    match quality {
        Quality::Missing => usage.is_zero() && attempt.cost.is_some_and(|cost| cost.get() == 0),
        Quality::Estimated => terms.estimated_cost(usage) == attempt.cost,
        Quality::Reported => match terms.reported_cost(usage) {
            Ok(cost) => cost == attempt.cost,
            Err(error) => attempt.cost.is_none() && attempt.cost_problem.as_deref() == Some(error.code()),
        },
    }
}

/// What breaks a rule: how many, and the first of them.
#[derive(Debug, Default)]
pub(crate) struct Offenders {
    count: u64,
    named: Vec<String>,
}

impl Offenders {
    pub(crate) fn add(&mut self, offender: String) {
        self.count += 1;
        if self.named.len() < MAX_NAMED {
            self.named.push(offender);
        }
    }

    pub(crate) fn append(&mut self, more: Self) {
        self.count += more.count;
        let room = MAX_NAMED.saturating_sub(self.named.len());
        self.named.extend(more.named.into_iter().take(room));
    }

    pub(crate) fn into_check(self, name: &'static str, fine: String) -> Check {
        let ok = self.count == 0;
        let detail = if ok { fine } else { format!("{}: {}", self.count, self.named.join("; ")) };
        Check { name, ok, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Basis;
    use plyrum_billing_client::RateCard;

    use crate::tests::{Told as _, batch, micro, price, settle, tokens, with_run};

    #[tokio::test]
    async fn every_settled_attempt_is_charged_again() {
        let ledger = with_run().await;
        for attempt in ["a", "b", "c"] {
            ledger.hold_and_send(attempt, 10).await;
            ledger.settle(settle(attempt, Basis::Reported(tokens(5)))).await.unwrap();
        }
        let checks = ledger.check().await.unwrap();
        let recomputed = checks.iter().find(|check| check.name == "each cost recomputes").unwrap();
        assert_eq!((recomputed.ok, recomputed.detail.as_str()), (true, "3 attempts recomputed"));
    }

    #[tokio::test]
    async fn a_row_recomputes_only_with_the_cost_the_usage_and_the_reason_that_it_has() {
        let ledger = with_run().await;
        let mut unpriced = batch("run", &[("unpriced", 0)]);
        unpriced.holds[0].price = Some(price(RateCard::default()));
        ledger.hold(unpriced).await.unwrap();
        ledger.settle(settle("unpriced", Basis::Reported(tokens(5)))).await.unwrap();
        for (attempt, basis) in [
            ("missing", Basis::Nothing),
            ("estimated", Basis::Estimated),
            ("reported", Basis::Reported(tokens(5))),
        ] {
            ledger.hold_and_send(attempt, 100).await;
            ledger.settle(settle(attempt, basis)).await.unwrap();
        }
        for row in ledger.attempts_of("run").await.unwrap() {
            let id = row.attempt.clone();
            let cost = row.cost;
            assert!(recomputes(&row), "{id}");
            let dearer = Some(micro(cost.unwrap_or_default().get() + 1));
            assert!(!recomputes(&Attempt { cost: dearer, ..row.clone() }), "{id}: another cost");
            assert!(!recomputes(&Attempt { usage: None, ..row.clone() }), "{id}: no usage");
            assert!(!recomputes(&Attempt { quality: None, ..row.clone() }), "{id}: no quality");
            let more = Attempt { usage: Some(tokens(50)), ..row.clone() };
            assert_eq!(recomputes(&more), id == "unpriced", "{id}: another usage");
            let reason = Attempt { cost_problem: Some("cost_overflow".to_owned()), ..row };
            assert_eq!(recomputes(&reason), id != "unpriced", "{id}: another reason");
        }
    }

    #[test]
    fn a_broken_rule_counts_all_that_breaks_it_and_names_eight() {
        let mut offenders = Offenders::default();
        for n in 1..=10 {
            offenders.add(format!("row {n}"));
        }
        let check = offenders.into_check("rule", "fine".to_owned());
        assert!(!check.ok);
        assert_eq!(check.detail, "10: row 1; row 2; row 3; row 4; row 5; row 6; row 7; row 8");
        let fine = Offenders::default().into_check("rule", "fine".to_owned());
        assert_eq!((fine.ok, fine.detail.as_str()), (true, "fine"));
    }
}
