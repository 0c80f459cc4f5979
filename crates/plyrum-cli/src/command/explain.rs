//! `plyrum explain`: what a run was charged, from the stored inputs of each charge, computed again in the
//! open.

use super::{Outcome, ledger, nothing_yet, of_ledger, paths};
use crate::money::{self, Lang};
use crate::out;
use crate::sanitize::clean;
use plyrum_billing_client::{MicroRub, Quality, Usage, cost};
use plyrum_ledger::{Attempt, Outcome as LedgerOutcome, Price};
use plyrum_protocol::{
    AttemptId, AttemptOutcome, ErrorKind, Fault, InvalidId, Role, RunId, SessionId, StepId, Timestamp,
    UsageView, view,
};
use std::fmt::Write as _;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run: an id, its beginning, or `last`
    #[arg(default_value = "last")]
    run: String,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let reader = ledger(&paths()?)?.ok_or_else(nothing_yet)?;
    let row = reader.run_by_prefix(&args.run).map_err(|e| of_ledger(&e))?;
    let attempts = reader.attempts_of(&row.run).map_err(|e| of_ledger(&e))?;
    let mut explained = Vec::with_capacity(attempts.len());
    let mut before: Option<&Attempt> = None;
    for attempt in &attempts {
        let same_step = before.filter(|b| b.step == attempt.step);
        explained.push(explain(attempt, same_step).map_err(|e| of_id(&e))?);
        before = Some(attempt);
    }
    let report = view::ExplainReport {
        run: RunId::new(row.run).map_err(|e| of_id(&e))?,
        session: SessionId::new(row.session).map_err(|e| of_id(&e))?,
        status: super::runs::status(row.status),
        plan: row.plan,
        started_at: Timestamp::from_millis(row.started_at),
        attempts: explained,
        cost_micro_rub: row.cost,
    };
    if args.json {
        out::print_json(&report)?;
    } else {
        out::print(&clean(&text(&report)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn of_id(error: &InvalidId) -> Fault {
    Fault::new(ErrorKind::Internal, format!("the ledger has a row with a bad id: {error}"))
}

fn explain(attempt: &Attempt, before: Option<&Attempt>) -> Result<view::ExplainAttempt, InvalidId> {
    let usage = attempt.usage.clone().unwrap_or_default();
    let quality = attempt.quality.unwrap_or(Quality::Missing);
    let price = attempt.price.as_ref();
    let computed = computed(&usage, quality, price);
    Ok(view::ExplainAttempt {
        attempt: AttemptId::new(attempt.attempt.clone())?,
        step: StepId::new(attempt.step.clone())?,
        role: role(&attempt.role),
        provider: attempt.provider.clone(),
        model: attempt.model.clone(),
        outcome: attempt.outcome.map(outcome),
        error: attempt.error_kind.clone(),
        retry: before.filter(|_| attempt.try_no > 1).map(|b| view::ExplainRetry {
            try_number: attempt.try_no,
            cause: b.error_kind.clone().unwrap_or_else(|| "failed".to_owned()),
        }),
        // What was not sent, or used nothing, owes no request fee either.
        meters: price.filter(|_| quality != Quality::Missing).map(|p| meters(&usage, p)).unwrap_or_default(),
        usage: UsageView { meters: usage, quality },
        currency: price.map_or_else(String::new, |p| p.currency.clone()),
        price_version: price.map_or_else(String::new, |p| p.version.clone()),
        fx: price.map_or_else(String::new, |p| p.fx.to_string()),
        hold_micro_rub: attempt.hold,
        cost_micro_rub: attempt.cost.unwrap_or_default(),
        computed_micro_rub: computed,
        recomputes: attempt.cost.is_none_or(|charged| recomputes(charged, computed, attempt.hold, quality)),
        review: attempt.review,
        ttft_ms: attempt.ttft_ms,
        ms: attempt.ms,
    })
}

/// What the formula gives for an attempt.
fn computed(usage: &Usage, quality: Quality, price: Option<&Price>) -> Option<MicroRub> {
    match quality {
        Quality::Missing => Some(MicroRub::ZERO),
        Quality::Reported | Quality::Estimated => price.and_then(|p| cost(usage, &p.card, &p.fx).ok()),
    }
}

/// Whether a charge follows from the formula's figure. An estimate is never over its hold, so it may be less.
fn recomputes(charged: MicroRub, computed: Option<MicroRub>, hold: MicroRub, quality: Quality) -> bool {
    let is_limited = quality == Quality::Estimated && charged == hold;
    match computed {
        Some(computed) => computed == charged || (is_limited && computed > hold),
        None => is_limited,
    }
}

/// Each meter that was used, with the rate that applied: the tier is chosen by total input.
fn meters(usage: &Usage, price: &Price) -> Vec<view::ExplainMeter> {
    let rates = price.card.at(usage.total_input());
    let tokens = [
        ("input", usage.input, rates.input),
        ("cache_read", usage.cache_read, rates.cache_read),
        ("cache_write_5m", usage.cache_write_5m, rates.cache_write_5m),
        ("cache_write_1h", usage.cache_write_1h, rates.cache_write_1h),
        ("output", usage.output, rates.output),
        ("reasoning", usage.reasoning, rates.reasoning),
    ];
    let meter = |meter: &str, count, price: Option<String>| view::ExplainMeter {
        meter: meter.to_owned(),
        count,
        price: price.unwrap_or_else(|| "unknown".to_owned()),
    };
    let used = tokens.into_iter().filter(|(_, count, _)| *count > 0);
    let mut rows: Vec<_> =
        used.map(|(name, count, rate)| meter(name, count, rate.map(|r| r.to_string()))).collect();
    rows.extend(
        usage.units.iter().map(|(unit, count)| {
            meter(unit, *count, price.card.unit_fees.get(unit).map(ToString::to_string))
        }),
    );
    if let Some(fee) = price.card.request_fee {
        rows.push(meter("request", 1, Some(fee.to_string())));
    }
    rows
}

fn role(word: &str) -> Role {
    [Role::Answer, Role::Proposer, Role::Aggregator, Role::Judge, Role::Title, Role::Compact]
        .into_iter()
        .find(|role| role.as_str() == word)
        .unwrap_or(Role::Answer)
}

const fn outcome(outcome: LedgerOutcome) -> AttemptOutcome {
    match outcome {
        LedgerOutcome::Ok => AttemptOutcome::Ok,
        LedgerOutcome::Cut => AttemptOutcome::Cut,
        LedgerOutcome::Cancelled => AttemptOutcome::Cancelled,
        LedgerOutcome::Failed => AttemptOutcome::Failed,
    }
}

fn text(report: &view::ExplainReport) -> String {
    let lang = Lang::of_environment();
    let mut text = format!(
        "run {} · {} · plan {} · {}\n",
        report.run,
        report.status.as_str(),
        report.plan,
        crate::text::time(report.started_at)
    );
    for attempt in &report.attempts {
        text += &attempt_text(attempt, lang);
    }
    if report.attempts.is_empty() {
        text += "  no request was made\n";
    }
    let _infallible = writeln!(text, "total {}", lang.rub(report.cost_micro_rub));
    text
}

fn attempt_text(attempt: &view::ExplainAttempt, lang: Lang) -> String {
    let outcome = attempt.outcome.map_or("unresolved or given back", |o| o.as_str());
    let mut text = format!(
        "\n{} · {} ({}) · {} · {outcome}{}\n",
        attempt.attempt,
        attempt.step,
        attempt.role.as_str(),
        attempt.model,
        attempt.error.as_ref().map(|e| format!(": {e}")).unwrap_or_default()
    );
    if let Some(retry) = &attempt.retry {
        let _infallible =
            writeln!(text, "  try {} because the one before: {}", retry.try_number, retry.cause);
    }
    for meter in &attempt.meters {
        let per = if ["request"].contains(&meter.meter.as_str()) { "each" } else { "per million" };
        let _infallible = writeln!(
            text,
            "  {:<15} {:>12} × {} {} {per}",
            meter.meter,
            money::count(meter.count),
            meter.price,
            attempt.currency
        );
    }
    if attempt.meters.is_empty() && attempt.price_version.is_empty() {
        text += "  the price is not known\n";
    }
    if attempt.currency != "RUB" && !attempt.fx.is_empty() {
        let _infallible =
            writeln!(text, "  {:<15} {:>12} RUB per {}", "exchange", attempt.fx, attempt.currency);
    }
    let _infallible = writeln!(
        text,
        "  {:<15} {:>12}   ({})",
        "cost",
        lang.rub(attempt.cost_micro_rub),
        verdict_text(attempt, lang)
    );
    text
}

/// How sure the cost is, what was held for it, and whether it comes out again.
fn verdict_text(attempt: &view::ExplainAttempt, lang: Lang) -> String {
    let (cost, hold) = (attempt.cost_micro_rub, attempt.hold_micro_rub);
    let mut said = vec![attempt.usage.quality.as_str().to_owned(), format!("held {}", lang.rub(hold))];
    if let Some(over) = cost.checked_sub(hold).filter(|over| *over > MicroRub::ZERO) {
        said.push(format!("over its hold by {}", lang.rub(over)));
    }
    said.push(match (attempt.recomputes, attempt.computed_micro_rub) {
        (true, Some(computed)) if computed == cost => "computed again: the same".to_owned(),
        (true, Some(computed)) => {
            format!("computed again: {}, but an estimate is limited to the hold", lang.rub(computed))
        }
        (true, None) => "nothing to compute again".to_owned(),
        (false, Some(computed)) => format!("computed again: DIFFERENT, {}", lang.rub(computed)),
        (false, None) => "computed again: DIFFERENT, no figure".to_owned(),
    });
    if attempt.review {
        said.push("flagged for review".to_owned());
    }
    said.join("; ")
}

#[cfg(test)]
mod tests;
