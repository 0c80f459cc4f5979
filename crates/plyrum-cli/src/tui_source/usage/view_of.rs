//! The ledger's figures as the dashboard shows them: names and places, and the little that follows from a calendar.

use super::calendar::Calendar;
use crate::command::explain::cache::{self, Cause};
use plyrum_billing_client::{MicroRub, RateCard};
use plyrum_ledger::{
    BudgetScope, BudgetState, CacheCase, CacheFigures, DashboardFigures, Part, Period, UsageGroup,
    UsagePoint, UsageTotal, cache_saving_at_most,
};
use plyrum_protocol::view::{
    Balance, BudgetRow, Dashboard, DashboardBooks, DashboardCache, DashboardCacheCause, DashboardGroup,
    DashboardHour, DashboardPart, DashboardPoint, DashboardPrevious, DashboardQuery, DashboardRow,
    DashboardSpan, DashboardSum,
};
use plyrum_protocol::{ErrorKind, Fault, Timestamp, UsageView};
use std::collections::BTreeMap;

const HOUR_MS: i64 = 3_600_000;

/// Nothing was ever booked here.
pub(super) fn nothing(query: &DashboardQuery, calendar: &Calendar) -> Dashboard {
    let day = |(start, name): &(i64, String)| {
        point(name.clone(), &UsagePoint { start_at: *start, ..UsagePoint::default() })
    };
    let spans = ["today", "week", "month"].into_iter().zip(calendar.spans);
    let span = |(name, ends)| span(name, ends, &UsageTotal::default(), &[], calendar.now);
    Dashboard {
        at: stamp(calendar.now),
        zone: calendar.zone.clone(),
        query: query.clone(),
        since: calendar.since.map(stamp),
        until: calendar.until.map(stamp),
        total: DashboardSum::default(),
        previous: None,
        burn_micro_rub_per_hour: MicroRub::ZERO,
        last_day: Vec::new(),
        spans: spans.map(span).collect(),
        budgets: Vec::new(),
        groups: Vec::new(),
        days: calendar.days.split_last().map(|(_, days)| days.iter().map(day).collect()).unwrap_or_default(),
        hours: Vec::new(),
        cache: DashboardCache::default(),
        balance: Balance {
            mode: "metered".to_owned(),
            posted_micro_rub: MicroRub::ZERO,
            held_micro_rub: MicroRub::ZERO,
            available_micro_rub: None,
        },
        books: DashboardBooks { agree: true, ..DashboardBooks::default() },
    }
}

/// All of it.
pub(super) fn figures(
    query: &DashboardQuery,
    calendar: &Calendar,
    figures: &DashboardFigures,
) -> Result<Dashboard, Fault> {
    let budgets = &figures.budgets;
    let spans = ["today", "week", "month"].into_iter().zip(calendar.spans).zip(&figures.spans);
    let previous = calendar.previous.zip(figures.previous.as_ref());
    let balance = figures.balance;
    Ok(Dashboard {
        total: sum(&figures.total),
        previous: previous.map(|((since, until), total)| DashboardPrevious {
            since: stamp(since),
            until: stamp(until),
            sum: sum(total),
        }),
        burn_micro_rub_per_hour: figures.burn,
        last_day: last_day(calendar, &figures.last_day),
        spans: spans.map(|((name, ends), total)| span(name, ends, total, budgets, calendar.now)).collect(),
        budgets: budgets
            .iter()
            .filter(|state| state.budget.id.scope != BudgetScope::All)
            .map(budget)
            .collect(),
        groups: figures.groups.iter().map(group).collect(),
        days: figures
            .days
            .iter()
            .zip(&calendar.days)
            .map(|(day, (_, name))| point(name.clone(), day))
            .collect(),
        hours: hours(calendar, &figures.hours)?,
        cache: cache(&figures.total, &figures.cache)?,
        balance: Balance {
            mode: balance.mode.to_string(),
            posted_micro_rub: balance.posted,
            held_micro_rub: balance.held,
            available_micro_rub: balance.available,
        },
        books: DashboardBooks {
            agree: figures.agree,
            open_attempts: figures.open_attempts,
            review: figures.review,
            debt_micro_rub: balance.debt,
        },
        ..nothing(query, calendar)
    })
}

const fn stamp(at: i64) -> Timestamp {
    Timestamp::from_millis(at)
}

fn sum(total: &UsageTotal) -> DashboardSum {
    let part = |part: Part| DashboardPart { attempts: part.attempts, cost_micro_rub: part.cost };
    DashboardSum {
        runs: total.runs,
        attempts: total.attempts,
        usage: UsageView { meters: total.usage.clone(), quality: total.quality() },
        cost_micro_rub: total.cost,
        unpriced: total.unpriced,
        estimated: total.estimated,
        failed: part(total.failed),
        cut: part(total.cut),
        cancelled: part(total.cancelled),
        retries: part(total.retries),
    }
}

fn span(
    name: &str,
    (since, until): (i64, i64),
    total: &UsageTotal,
    budgets: &[BudgetState],
    now: i64,
) -> DashboardSpan {
    let period = match name {
        "today" => Some(Period::Day),
        "month" => Some(Period::Month),
        _ => None,
    };
    let on_it = |state: &&BudgetState| {
        state.budget.id.scope == BudgetScope::All && Some(state.budget.id.period) == period
    };
    let limits = budgets.iter().filter(on_it);
    DashboardSpan {
        name: name.to_owned(),
        since: stamp(since),
        until: stamp(until),
        sum: sum(total),
        limit_micro_rub: limits.clone().map(|state| state.budget.limit).min(),
        left_micro_rub: limits.filter_map(left).min(),
        projected_micro_rub: projected(total.cost, (since, until), now),
    }
}

fn left(state: &BudgetState) -> Option<MicroRub> {
    state.budget.limit.checked_sub(state.spent?)?.checked_sub(state.held?)
}

/// `cost × length / elapsed`, rounded down; nothing in the first hour.
fn projected(cost: MicroRub, (since, until): (i64, i64), now: i64) -> Option<MicroRub> {
    let (elapsed, length) = (now - since, until - since);
    if elapsed < HOUR_MS || length <= 0 {
        return None;
    }
    let projected = i128::from(cost.get()) * i128::from(length) / i128::from(elapsed.min(length));
    i64::try_from(projected).ok().map(MicroRub::new)
}

fn budget(state: &BudgetState) -> BudgetRow {
    let id = &state.budget.id;
    BudgetRow {
        scope: id.scope.to_string(),
        key: Some(id.key.clone()).filter(|key| !key.is_empty()),
        period: id.period.to_string(),
        limit_micro_rub: state.budget.limit,
        spent_micro_rub: state.spent,
        unpriced: u32::try_from(state.unpriced).unwrap_or(u32::MAX),
        held_micro_rub: state.held,
        left_micro_rub: left(state),
        setting: state.setting.clone(),
    }
}

fn group(group: &UsageGroup) -> DashboardGroup {
    let row = |row: &plyrum_ledger::UsageRow| DashboardRow { key: row.key.clone(), sum: sum(&row.sum) };
    DashboardGroup {
        by: group.by.to_owned(),
        since: group.since.map(stamp),
        rows: group.rows.iter().map(row).collect(),
        more: group.more,
        rest: sum(&group.rest),
    }
}

fn point(name: String, point: &UsagePoint) -> DashboardPoint {
    DashboardPoint {
        name,
        since: stamp(point.start_at),
        attempts: point.attempts,
        cost_micro_rub: point.cost,
        unpriced: point.unpriced,
        estimated: point.estimated,
    }
}

/// The 24 hours up to the one under way, those without usage as well.
fn last_day(calendar: &Calendar, used: &[UsagePoint]) -> Vec<DashboardPoint> {
    let this_hour = calendar.now - calendar.now.rem_euclid(HOUR_MS);
    let hours = (0..24).map(|back| this_hour - (23 - back) * HOUR_MS);
    let of = |start_at: i64| {
        let found = used.iter().find(|hour| hour.start_at == start_at).copied();
        let hour = found.unwrap_or(UsagePoint { start_at, ..UsagePoint::default() });
        point(calendar.hour_name(start_at), &hour)
    };
    hours.map(of).collect()
}

/// Hours of the four weeks by weekday and hour of the caller's zone.
fn hours(calendar: &Calendar, used: &[UsagePoint]) -> Result<Vec<DashboardHour>, Fault> {
    let mut places: BTreeMap<(u8, u8, u8), (u64, MicroRub)> = BTreeMap::new();
    for hour in used {
        let Some(place) = calendar.hour_of(hour.start_at) else { continue };
        let (attempts, cost) = places.entry(place).or_default();
        *attempts += hour.attempts;
        *cost = plus(*cost, hour.cost)?;
    }
    let hour = |((weekday, hour, minute), (attempts, cost_micro_rub))| DashboardHour {
        weekday,
        hour,
        minute,
        attempts,
        cost_micro_rub,
    };
    Ok(places.into_iter().map(hour).collect())
}

fn plus(a: MicroRub, b: MicroRub) -> Result<MicroRub, Fault> {
    a.checked_add(b).ok_or_else(|| Fault::new(ErrorKind::Internal, "a sum of charges is over 64 bits"))
}

fn cache(total: &UsageTotal, figures: &CacheFigures) -> Result<DashboardCache, Fault> {
    let (all, read) = (total.usage.total_input(), total.usage.cache_read);
    let per_mille = (u128::from(read) * 1000).checked_div(u128::from(all));
    let mut causes: BTreeMap<&'static str, (u64, MicroRub)> = BTreeMap::new();
    for case in &figures.newest {
        if let Some((cause, lost)) = explained(case) {
            let (attempts, of_cause) = causes.entry(cause).or_default();
            *attempts += 1;
            *of_cause = plus(*of_cause, lost)?;
        }
    }
    let cause = |(cause, (attempts, lost)): (&str, (u64, MicroRub))| DashboardCacheCause {
        cause: cause.to_owned(),
        attempts,
        lost_at_most_micro_rub: lost,
    };
    let explained = causes.values().map(|(attempts, _)| attempts).sum();
    let mut causes: Vec<DashboardCacheCause> = causes.into_iter().map(cause).collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.attempts));
    Ok(DashboardCache {
        input_tokens: all,
        read_tokens: read,
        written_tokens: total.usage.cache_write_5m + total.usage.cache_write_1h,
        hit_per_mille: per_mille.and_then(|tenths| u64::try_from(tenths).ok()),
        looked_at: figures.looked_at,
        is_whole: figures.is_whole,
        saved_micro_rub: figures.saved,
        written_micro_rub: figures.written,
        unpriced: figures.unpriced,
        explained,
        causes,
    })
}

/// Why an attempt hit or missed, and what a hit would have saved at most. What costs nothing, or was not sent, has no cause.
fn explained(case: &CacheCase) -> Option<(&'static str, MicroRub)> {
    if case.attempt.price.as_ref().is_some_and(|price| price.card == RateCard::free()) {
        return None;
    }
    let found = cache::of(&case.attempt, case.message_chain.as_deref(), case.earlier.as_ref())?;
    let could_hit = match found.cause {
        Cause::Expired | Cause::Missed => true,
        Cause::Changed { .. } => found.shared_messages.is_some_and(|shared| shared > 0),
        Cause::Hit | Cause::First | Cause::Short { .. } | Cause::NotReported => false,
    };
    let common = case.earlier.as_ref().and_then(|earlier| earlier.input_tokens).filter(|_| could_hit);
    let lost = common.and_then(|tokens| cache_saving_at_most(&case.attempt, tokens));
    Some((found.cause.word(), lost.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_projection_goes_on_as_so_far_and_waits_an_hour() {
        let day = (0, 24 * HOUR_MS);
        let of = |now| projected(MicroRub::new(10), day, now).map(MicroRub::get);
        assert_eq!(
            [of(HOUR_MS - 1), of(HOUR_MS), of(7 * HOUR_MS), of(48 * HOUR_MS)],
            [None, Some(240), Some(34), Some(10)]
        );
    }
}
