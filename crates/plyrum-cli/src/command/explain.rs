//! `plyrum explain`: what a run was charged, from the stored inputs of each charge, computed again in the
//! open.

pub(crate) mod cache;
mod story;
mod sum;
mod way;

use super::{Outcome, ledger, nothing_yet, of_ledger, paths};
use crate::money;
use crate::out;
use crate::sanitize::clean;
use crate::text::{say, words};
use plyrum_billing_client::{MicroRub, Quality, RateCard, Usage, cost};
use plyrum_ledger::{Aside, Attempt, AttemptState, Outcome as LedgerOutcome, Price};
use plyrum_protocol::{
    AttemptId, AttemptOutcome, ErrorKind, Fault, InvalidId, Role, RunId, SessionId, StepId, Timestamp,
    UsageView, view,
};
use plyrum_words::Words;
use std::fmt::Write as _;
use std::process::ExitCode;
use story::{Story, Told};

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
    let paths = paths()?;
    let reader = ledger(&paths)?.ok_or_else(nothing_yet)?;
    let row = reader.run_by_prefix(&args.run).map_err(|e| of_ledger(&e))?;
    let attempts = reader.attempts_of(&row.run).map_err(|e| of_ledger(&e))?;
    let asides = reader.asides_of(&row.run).map_err(|e| of_ledger(&e))?;
    let run = RunId::new(row.run).map_err(|e| of_id(&e))?;
    let session = SessionId::new(row.session).map_err(|e| of_id(&e))?;
    let story = Story::read(&paths, &session, &run);
    let mut explained = Vec::with_capacity(attempts.len());
    for (at, attempt) in attempts.iter().enumerate() {
        let before = attempts.iter().take(at).rev().find(|before| before.step == attempt.step);
        let aside = asides.get(&attempt.attempt).cloned().unwrap_or_default();
        let earlier = reader.request_before(attempt).map_err(|e| of_ledger(&e))?;
        // What costs nothing is not made cheaper by a cache.
        let is_free = attempt.price.as_ref().is_some_and(|price| price.card == RateCard::free());
        let cache = cache::of(attempt, aside.message_chain.as_deref(), earlier.as_ref()).filter(|_| !is_free);
        let cache = cache.map(|cache| cache.view(earlier.as_ref())).transpose();
        let cache = cache.map_err(|e| of_id(&e))?;
        let row = explain(attempt, before, &aside, cache).map_err(|e| of_id(&e))?;
        let cause = before.map(|before| story.of(&before.attempt)).unwrap_or_default();
        let mut row = told(row, story.of(&attempt.attempt), cause);
        // A check tries a whole answer.
        row.check = story.check_of(&attempt.step).filter(|_| attempt.outcome == Some(LedgerOutcome::Ok));
        explained.push(row);
    }
    let cost_of = |wanted: &dyn Fn(&Attempt) -> bool| {
        MicroRub::sum(attempts.iter().filter(|a| wanted(a)).filter_map(|a| a.cost))
            .map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))
    };
    let unbilled = explained.iter().filter(|a| ["missing", "released"].contains(&a.billing.as_str())).count();
    let report = view::ExplainReport {
        extra_over_direct_micro_rub: story.extra_over_direct,
        run,
        session,
        status: super::runs::status(row.status),
        plan: row.plan,
        started_at: Timestamp::from_millis(row.started_at),
        cost_micro_rub: row.cost,
        repeats_micro_rub: cost_of(&|attempt| {
            attempt.try_no > 1 && story.of(&attempt.attempt).hedge.is_none()
        })?,
        wasted_micro_rub: cost_of(&|attempt| attempt.outcome.is_some_and(|end| end != LedgerOutcome::Ok))?,
        unbilled: u64::try_from(unbilled).unwrap_or(u64::MAX),
        unpriced: row.unpriced,
        decision: story.decision,
        votes: story.votes,
        resting: story.resting,
        attempts: explained,
    };
    if args.json {
        out::print_json(&report)?;
    } else {
        out::print(&clean(&text(words(), &report)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn of_id(error: &InvalidId) -> Fault {
    Fault::new(ErrorKind::Internal, say!("fault-bad-row", why = error.to_string()))
}

/// A row of the books with what was told while it went on, of it and of the attempt before it.
fn told(row: view::ExplainAttempt, own: Told, before: Told) -> view::ExplainAttempt {
    let why = before.why;
    let follows = own.hedge.is_none(); // what was asked beside another one followed from none
    view::ExplainAttempt {
        retry: row.retry.filter(|_| follows).map(|retry| view::ExplainRetry {
            why: why.clone(),
            after_ms: own.repeat.map(|repeat| repeat.after_ms),
            is_retry_after: own.repeat.is_some_and(|repeat| repeat.is_retry_after),
            ..retry
        }),
        fallback: row.fallback.filter(|_| follows).map(|from| view::ExplainFallback { why, ..from }),
        why: own.why,
        failure: own.failure,
        queued_ms: own.queued_ms,
        is_probe: own.is_probe,
        rest: own.rest,
        hedge: own.hedge,
        ..row
    }
}

fn explain(
    attempt: &Attempt,
    before: Option<&Attempt>,
    aside: &Aside,
    cache: Option<view::ExplainCache>,
) -> Result<view::ExplainAttempt, InvalidId> {
    let usage = attempt.usage.clone().unwrap_or_default();
    let quality = attempt.quality.unwrap_or(Quality::Missing);
    let price = attempt.price.as_ref();
    let computed = computed(&usage, quality, price);
    let ended_with = |b: &Attempt| {
        b.error_kind
            .clone()
            .or_else(|| b.outcome.map(|o| o.as_str().to_owned()))
            .unwrap_or_else(|| "failed".to_owned())
    };
    // What was not sent, or used nothing, owes no request fee either.
    let sum = price.filter(|_| quality != Quality::Missing).and_then(|p| sum::of(&usage, p));
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
            cause: ended_with(b),
            why: None,
            after_ms: None,
            is_retry_after: false,
        }),
        fallback: before.filter(|b| (&b.model, &b.provider) != (&attempt.model, &attempt.provider)).map(
            |b| view::ExplainFallback {
                from_model: b.model.clone(),
                from_provider: b.provider.clone(),
                cause: ended_with(b),
                why: None,
            },
        ),
        why: None,
        failure: None,
        queued_ms: None,
        is_probe: false,
        rest: None,
        hedge: None,
        check: None,
        billing: billing(attempt).to_owned(),
        cache,
        meters: price
            .filter(|_| quality != Quality::Missing)
            .map(|p| meters(&usage, &p.card))
            .unwrap_or_default(),
        usage: UsageView { meters: usage, quality },
        raw_usage: attempt.raw_usage.clone(),
        currency: price.map_or_else(String::new, |p| p.currency.clone()),
        price_version: price.map_or_else(String::new, |p| p.version.clone()),
        fx: price.map_or_else(String::new, |p| p.fx.to_string()),
        fx_version: price.map_or_else(String::new, |p| p.fx_version.clone()),
        sum_rub: sum.zip(price).map(|(sum, p)| sum::in_rubles(sum, p)),
        sum: sum.map(sum::decimal),
        hold_micro_rub: attempt.hold,
        cost_micro_rub: attempt.cost.unwrap_or_default(),
        computed_micro_rub: computed,
        recomputes: attempt.cost.is_none_or(|charged| recomputes(charged, computed, attempt.hold, quality)),
        debt_micro_rub: aside.debt,
        provider_cost: aside.provider_cost.clone().map(|said| view::ExplainProviderCost {
            said,
            micro_rub: aside.provider_cost_rub,
            difference_micro_rub: aside
                .provider_cost_rub
                .and_then(|theirs| theirs.checked_sub(attempt.cost.unwrap_or_default())),
        }),
        review: attempt.review,
        ttft_ms: attempt.ttft_ms,
        ms: attempt.ms,
    })
}

/// How an attempt stands in the books.
fn billing(attempt: &Attempt) -> &'static str {
    match (attempt.state, attempt.quality, attempt.cost) {
        (AttemptState::Released, ..) => "released",
        (AttemptState::Held | AttemptState::Sent | AttemptState::Streaming, ..) => "open",
        (AttemptState::Settled, Some(Quality::Missing), _) => "missing",
        (AttemptState::Settled, _, None) => "unpriced",
        (AttemptState::Settled, _, Some(MicroRub::ZERO)) => "free",
        (AttemptState::Settled, ..) => "charged",
    }
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
/// Every meter that was used, with its price and what that comes to.
pub(crate) fn meters(usage: &Usage, card: &RateCard) -> Vec<view::ExplainMeter> {
    let rates = card.at(usage.total_input());
    let tokens = [
        ("input", usage.input, rates.input),
        ("cache_read", usage.cache_read, rates.cache_read),
        ("cache_write_5m", usage.cache_write_5m, rates.cache_write_5m),
        ("cache_write_1h", usage.cache_write_1h, rates.cache_write_1h),
        ("output", usage.output, rates.output),
        ("reasoning", usage.reasoning, rates.reasoning),
    ];
    let meter = |meter: &str, count, price: Option<(String, i128)>| view::ExplainMeter {
        meter: meter.to_owned(),
        count,
        amount: price.as_ref().map(|(_, each)| sum::decimal(i128::from(count) * each)),
        price: price.map_or_else(|| UNKNOWN.to_owned(), |(text, _)| text),
    };
    let used = tokens.into_iter().filter(|(_, count, _)| *count > 0);
    let mut rows: Vec<_> = used
        .map(|(name, count, rate)| meter(name, count, rate.map(|r| (r.to_string(), i128::from(r.get())))))
        .collect();
    rows.extend(usage.units.iter().map(|(unit, count)| {
        meter(unit, *count, card.unit_fees.get(unit).map(|fee| (fee.to_string(), sum::of_fee(*fee))))
    }));
    if let Some(fee) = card.request_fee {
        rows.push(meter("request", 1, Some((fee.to_string(), sum::of_fee(fee)))));
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

fn text(words: &Words, report: &view::ExplainReport) -> String {
    let head = say!(
        in words,
        "explain-run",
        run = report.run.as_str(),
        status = crate::text::status(words, report.status),
        plan = &report.plan,
        at = crate::text::time(report.started_at)
    );
    let mut text = format!("{head}\n");
    for told in report.decision.iter().flat_map(|decision| way::decided(words, decision)) {
        line(&mut text, &told);
    }
    for told in report.votes.iter().flat_map(|votes| way::counted(words, votes)) {
        line(&mut text, &told);
    }
    for told in way::resting(words, &report.resting) {
        line(&mut text, &told);
    }
    for attempt in &report.attempts {
        text += &attempt_text(words, attempt);
    }
    if report.attempts.is_empty() {
        let _infallible = writeln!(text, "  {}", words.say("explain-no-request"));
    }
    let unpriced = usize::try_from(report.unpriced).unwrap_or(usize::MAX);
    let total = match words.charged(report.cost_micro_rub, unpriced) {
        _ if unpriced > 0 && report.cost_micro_rub == MicroRub::ZERO => words.say("explain-total-unpriced"),
        total => say!(in words, "explain-total", amount = total),
    };
    let _infallible = writeln!(text, "{total}");
    for (amount, key) in [
        (report.repeats_micro_rub, "explain-repeats"),
        (report.wasted_micro_rub, "explain-wasted"),
        (report.extra_over_direct_micro_rub.unwrap_or_default(), "explain-extra"),
    ] {
        if amount > MicroRub::ZERO {
            let told = words.with(key, &[("amount", words.rub(amount).into())]);
            let _infallible = writeln!(text, "  {told}");
        }
    }
    for (count, key) in [(report.unbilled, "explain-unbilled"), (report.unpriced, "explain-unpriced")] {
        if count > 0 {
            let _infallible = writeln!(text, "  {}", words.with(key, &[("n", count.into())]));
        }
    }
    text
}

fn attempt_text(words: &Words, attempt: &view::ExplainAttempt) -> String {
    let mut text = head_text(words, attempt);
    match attempt.billing.as_str() {
        "released" => line(&mut text, &words.say("explain-never-sent")),
        "missing" => line(&mut text, &words.say("explain-nothing-used")),
        "open" => line(&mut text, &words.say("explain-open")),
        _ => {}
    }
    if attempt.usage.quality == Quality::Estimated {
        labelled(&mut text, &words.say("explain-usage"), &why_estimated(words, attempt));
    }
    if let Some(cache) = &attempt.cache {
        labelled(&mut text, &words.say("explain-cache"), &cache::text(words, cache));
    }
    for meter in &attempt.meters {
        text += &meter_text(words, meter, &attempt.currency);
    }
    if attempt.meters.is_empty() && attempt.price_version.is_empty() {
        line(&mut text, &words.say("explain-no-price"));
    }
    text += &sum_text(words, attempt);
    let cost = cost_text(words, attempt);
    let verdict = verdict_text(words, attempt);
    labelled(&mut text, &words.say("explain-cost"), &format!("{cost:>12}   ({verdict})"));
    if attempt.debt_micro_rub > MicroRub::ZERO {
        let debt = words.rub(attempt.debt_micro_rub);
        let over = words.say("explain-over-its-hold");
        labelled(&mut text, &words.say("explain-owed"), &format!("{debt:>12}   {over}"));
    }
    if let Some(theirs) = &attempt.provider_cost {
        labelled(&mut text, &words.say("explain-provider-says"), &theirs_text(words, theirs));
    }
    text
}

/// What it was charged; what has no known price is not told as nothing.
fn cost_text(words: &Words, attempt: &view::ExplainAttempt) -> String {
    words.charged(attempt.cost_micro_rub, usize::from(attempt.billing == "unpriced"))
}

/// Which request it was, how it ended, and what it stands for.
fn head_text(words: &Words, attempt: &view::ExplainAttempt) -> String {
    let outcome = match attempt.outcome {
        Some(outcome) => words.say(&format!("outcome-{}", outcome.as_str())),
        None => words.say("explain-unresolved"),
    };
    let error = attempt.error.as_ref().map(|e| format!(": {}", words.told(e))).unwrap_or_default();
    let (step, role, model) = (&attempt.step, attempt.role.as_str(), &attempt.model);
    let mut text = format!("\n{} · {step} ({role}) · {model} · {outcome}{error}\n", attempt.attempt);
    if let Some(retry) = &attempt.retry {
        let (number, cause) = (retry.try_number.to_string(), &*words.told(&retry.cause));
        let told = if attempt.billing == "unpriced" {
            say!(in words, "explain-try-unpriced", try = number, cause = cause)
        } else {
            let amount = words.rub(attempt.cost_micro_rub);
            say!(in words, "explain-try", try = number, cause = cause, amount = amount)
        };
        line(&mut text, &told);
    }
    if let Some(from) = &attempt.fallback {
        let (model, provider) = (&from.from_model, &from.from_provider);
        let cause = &*words.told(&from.cause);
        line(
            &mut text,
            &say!(in words, "explain-fallback", model = model, provider = provider, cause = cause),
        );
    }
    for told in way::lines(words, attempt) {
        line(&mut text, &told);
    }
    text
}

fn meter_text(words: &Words, meter: &view::ExplainMeter, currency: &str) -> String {
    let is_tokens = TOKEN_METERS.contains(&meter.meter.as_str());
    let per = words.say(if is_tokens { "explain-per-million" } else { "explain-each" });
    let rate = format!("{} {currency} {per}", price_text(words, &meter.price));
    let amount = meter.amount.as_ref().map(|amount| format!(" = {} {currency}", words.decimal(amount)));
    let (count, amount) = (money::count(meter.count), amount.unwrap_or_default());
    format!("  {:<15} {count:>12} × {rate:<26}{amount}\n", meter.meter)
}

/// A price of a view; one that is not known is a word there.
pub(crate) fn price_text(words: &Words, price: &str) -> String {
    if price == UNKNOWN { words.say("unknown") } else { words.decimal(price) }
}

/// The exact sum, the rate, and the one rounding.
fn sum_text(words: &Words, attempt: &view::ExplainAttempt) -> String {
    let mut text = String::new();
    if let (Some(sum), Some(rubles)) = (&attempt.sum, &attempt.sum_rub) {
        let (sum, rubles, currency) = (words.decimal(sum), words.decimal(rubles), &attempt.currency);
        labelled(&mut text, &words.say("explain-sum"), &format!("{sum:>12} {currency}"));
        if currency != "RUB" {
            let version = short(&attempt.fx_version);
            let rate = say!(in words, "explain-rate", currency = currency, version = version);
            labelled(
                &mut text,
                &words.say("explain-exchange"),
                &format!("{:>12} {rate}", words.decimal(&attempt.fx)),
            );
        }
        let rounded = words.say("explain-rounded");
        labelled(&mut text, &words.say("explain-in-rubles"), &format!("{rubles:>12} {rounded}"));
    }
    if !attempt.price_version.is_empty() {
        let version = short(&attempt.price_version);
        labelled(&mut text, &words.say("explain-price-version"), &format!("{version:>12}"));
    }
    text
}

fn theirs_text(words: &Words, theirs: &view::ExplainProviderCost) -> String {
    let rubles = theirs.micro_rub.map(|rub| format!(" = {}", words.rub(rub))).unwrap_or_default();
    let difference = theirs.difference_micro_rub.filter(|d| *d != MicroRub::ZERO);
    let difference = difference
        .map(|d| format!("; {}", say!(in words, "explain-from-ours", amount = words.rub(d))))
        .unwrap_or_default();
    format!("{}{rubles}{difference}", theirs.said)
}

fn line(text: &mut String, told: &str) {
    let _infallible = writeln!(text, "  {told}");
}

fn labelled(text: &mut String, label: &str, value: &str) {
    let _infallible = writeln!(text, "  {label:<15} {value}");
}

/// Why there are no counts of the provider's own to charge by.
fn why_estimated(words: &Words, attempt: &view::ExplainAttempt) -> String {
    match &attempt.raw_usage {
        None => words.say("explain-estimated"),
        Some(raw) => {
            let mut shown: String = raw.chars().take(MAX_SHOWN_USAGE).collect();
            if shown.len() < raw.len() {
                shown.push('…');
            }
            say!(in words, "explain-estimated-wrong", raw = shown)
        }
    }
}

/// Characters of a provider's report that people are shown; JSON has it whole.
const MAX_SHOWN_USAGE: usize = 240;

/// What stands in a view where a price is not known.
const UNKNOWN: &str = "unknown";

const TOKEN_METERS: [&str; 6] =
    ["input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning"];

/// Enough of a version to find it by.
fn short(version: &str) -> String {
    version.chars().take(12).collect()
}

/// How sure the cost is, what was held for it, and whether it comes out again.
fn verdict_text(words: &Words, attempt: &view::ExplainAttempt) -> String {
    let (cost, hold) = (attempt.cost_micro_rub, attempt.hold_micro_rub);
    let quality = words.say(&format!("quality-{}", attempt.usage.quality.as_str()));
    let mut said = vec![quality, say!(in words, "explain-held", amount = words.rub(hold))];
    if let Some(over) = cost.checked_sub(hold).filter(|over| *over > MicroRub::ZERO) {
        said.push(say!(in words, "explain-over-by", amount = words.rub(over)));
    }
    said.push(match (attempt.recomputes, attempt.computed_micro_rub) {
        (true, Some(computed)) if computed == cost => words.say("explain-same"),
        (true, Some(computed)) => say!(in words, "explain-limited", amount = words.rub(computed)),
        (true, None) => words.say("explain-no-figure"),
        (false, Some(computed)) => say!(in words, "explain-different", amount = words.rub(computed)),
        (false, None) => words.say("explain-different-none"),
    });
    if attempt.review {
        said.push(words.say("explain-review"));
    }
    said.join("; ")
}

#[cfg(test)]
mod tests;
