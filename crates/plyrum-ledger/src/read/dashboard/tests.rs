//! The dashboard against the plainest sums there are: loops over the attempts of a random history.

use plyrum_billing_client::{PerMillion, RateCard, Rates, Usage};
use proptest::prelude::*;

use super::*;
use crate::rollup::tests::{Line, START, line, played, runtime, settled};
use crate::tests::{Told as _, batch, micro, price, settle, with_run};
use crate::{Attempt, Basis, Ledger, Settle, Windows};

const QUARTER: i64 = 15 * 60_000;

async fn read(ledger: &Ledger, query: DashboardQuery) -> DashboardFigures {
    ledger.look(move |conn| figures(conn, &query)).await.unwrap()
}

/// Attempts and charges of those that are wanted.
fn plain(rows: &[(Line, Attempt)], wanted: impl Fn(&Line) -> bool) -> (u64, i64) {
    let wanted = rows.iter().filter(|(line, _)| wanted(line));
    wanted.fold((0, 0), |(n, sum), (_, attempt)| (n + 1, sum + attempt.cost.map_or(0, MicroRub::get)))
}

fn of(sum: &UsageTotal) -> (u64, i64) {
    (sum.attempts, sum.cost.get())
}

fn of_points(points: &[UsagePoint]) -> (u64, i64) {
    points.iter().fold((0, 0), |(n, sum), point| (n + point.attempts, sum + point.cost.get()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is asked, at whatever edges: total, groups, spans, days and hours are sums of the same attempts.
    #[test]
    fn every_panel_is_the_sum_of_its_attempts(
        lines in prop::collection::vec(line(), 1..40), since in 0..40 * 96_i64, length in 0..40 * 96_i64, quarters in 0..4_i64,
        of_coder in any::<bool>(),
    ) {
        let (since, until) = (START + since * QUARTER, START + (since + length) * QUARTER);
        // Days of a zone that may be half an hour off.
        let day = |n: i64| START + n * DAY_MS + quarters * QUARTER;
        let filter =
            UsageFilter { persona: of_coder.then(|| "coder".to_owned()), ..UsageFilter::default() };
        let query = DashboardQuery {
            now: START + 40 * DAY_MS,
            since: Some(since),
            until: Some(until),
            previous: Some((START, since)),
            filter,
            week: day(2),
            limits: Limits { windows: Windows { day: day(5), month: day(1) }, ..Limits::default() },
            days: (3..34).map(day).collect(),
            hours_since: START + 12 * DAY_MS,
        };
        runtime().block_on(async {
            let ledger = played(&lines).await;
            let rows = settled(&ledger, &lines).await;
            let board = read(&ledger, query).await;
            let wanted = |line: &Line| !of_coder || line.persona() == "coder";
            let inside = |line: &Line| (since..until).contains(&line.at);
            let total = plain(&rows, |line| inside(line) && wanted(line));
            assert_eq!(of(&board.total), total);
            assert_eq!(of(&board.previous.unwrap()), plain(&rows, |line| line.at < since && line.at >= START && wanted(line)));
            for group in &board.groups {
                let of_rows = group.rows.iter().map(|row| of(&row.sum));
                assert_eq!(of_rows.fold((0, 0), |(n, c), (a, b)| (n + a, c + b)), total, "{}", group.by);
                for row in &group.rows {
                    let due = plain(&rows, |line| inside(line) && wanted(line) && line.key(group.by) == row.key);
                    assert_eq!(of(&row.sum), due, "{} {}", group.by, row.key);
                }
                assert_eq!((group.more, group.since, of(&group.rest)), (0, None, (0, 0)));
            }
            for (span, start) in board.spans.iter().zip([day(5), day(2), day(1)]) {
                assert_eq!(of(span), plain(&rows, |line| line.at >= start), "a span knows no filter");
            }
            for (n, point) in (3..33).zip(&board.days) {
                let due = plain(&rows, |line| (day(n)..day(n + 1)).contains(&line.at) && wanted(line));
                assert_eq!((point.start_at, point.attempts, point.cost.get()), (day(n), due.0, due.1));
            }
            assert_eq!(board.days.len(), 30);
            assert_eq!(of_points(&board.hours), plain(&rows, |line| line.at >= START + 12 * DAY_MS && wanted(line)));
            assert!(board.agree);
            assert_eq!((board.cache.looked_at, board.cache.is_whole), (total.0, true));
        });
    }
}

/// Input 10, cached 1, written 12 micro-rubles a token; above 1000 tokens of input everything is twice that.
fn tiered() -> RateCard {
    let rates = |times: u64| {
        let rate = |micro: u64| Some(PerMillion::new(micro * times * 1_000_000));
        Rates {
            input: rate(10),
            output: rate(1),
            cache_read: rate(1),
            cache_write_5m: rate(12),
            ..Rates::default()
        }
    };
    let tier = plyrum_billing_client::Tier { above_input_tokens: 1_000, price: rates(2) };
    RateCard { base: rates(1), tiers: vec![tier], ..RateCard::default() }
}

#[tokio::test]
async fn what_a_cache_saved_is_told_to_the_micro_ruble_whatever_the_tier() {
    let ledger = with_run().await;
    for (id, read, written) in [("small", 500, 100), ("large", 2_000, 0), ("none", 0, 0)] {
        let mut held = batch("run", &[(id, 100_000)]);
        held.holds[0].price = Some(price(tiered()));
        ledger.hold(held).await.unwrap();
        let usage = Usage { input: 100, cache_read: read, cache_write_5m: written, ..Usage::default() };
        let ending = Settle { at: START, ..settle(id, Basis::Reported(usage)) };
        ledger.settle(ending).await.unwrap();
    }
    let cache = read(&ledger, DashboardQuery { now: START, ..DashboardQuery::default() }).await.cache;
    assert_eq!(cache.saved, micro(500 * (10 - 1) + 2_000 * (20 - 2)));
    assert_eq!(cache.written, micro(100 * (12 - 10)));
    assert_eq!((cache.looked_at, cache.unpriced, cache.newest.len()), (3, 0, 3));
    let none = cache.newest.iter().find(|case| case.attempt.attempt == "none").unwrap();
    assert_eq!(cache_saving_at_most(&none.attempt, 5_000), Some(micro(100 * 9)), "no more than was sent");
}

#[tokio::test]
async fn the_cheap_check_finds_roll_ups_that_disagree() {
    let ledger = with_run().await;
    ledger.hold_and_send("a", 10).await;
    ledger.settle(settle("a", Basis::Estimated)).await.unwrap();
    let query = DashboardQuery { now: START, ..DashboardQuery::default() };
    assert!(read(&ledger, query.clone()).await.agree);
    let damage = "UPDATE rollups SET cost = cost + 1 WHERE level = 3";
    ledger.look(move |conn| Ok(conn.execute(damage, [])?)).await.unwrap();
    assert!(!read(&ledger, query).await.agree);
}

#[tokio::test]
async fn an_empty_ledger_has_an_empty_dashboard_and_a_session_is_refused() {
    let ledger = Ledger::open_in_memory().unwrap();
    let board = read(&ledger, DashboardQuery { now: START, ..DashboardQuery::default() }).await;
    assert_eq!(board.total, UsageTotal::default());
    assert!(board.groups.iter().all(|group| group.rows.is_empty()) && board.groups.len() == 6);
    let filter = UsageFilter { session: Some("s".to_owned()), ..UsageFilter::default() };
    let query = DashboardQuery { filter, ..DashboardQuery::default() };
    let refused = ledger.look(move |conn| figures(conn, &query)).await;
    assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{refused:?}");
}
