//! Fixed dashboards for tests.

use plyrum_billing_client::{MicroRub, Quality, Usage};
use plyrum_protocol::view::{
    Balance, BudgetRow, Dashboard, DashboardBooks, DashboardCache, DashboardCacheCause, DashboardGroup,
    DashboardHour, DashboardPart, DashboardPoint, DashboardPrevious, DashboardQuery, DashboardRow,
    DashboardSpan, DashboardSum,
};
use plyrum_protocol::{Timestamp, UsageView};

/// 2026-11-27T12:00:00Z, a Friday.
pub(super) const NOW: i64 = 1_795_780_800_000;
const DAY: i64 = 86_400_000;

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Nothing was ever used.
pub(super) fn empty() -> Dashboard {
    Dashboard {
        at: at(NOW),
        zone: "Europe/Moscow".to_owned(),
        query: DashboardQuery::default(),
        since: Some(at(NOW - 26 * DAY - 15 * 3_600_000)),
        until: None,
        total: DashboardSum::default(),
        previous: None,
        burn_micro_rub_per_hour: MicroRub::ZERO,
        last_day: Vec::new(),
        spans: Vec::new(),
        budgets: Vec::new(),
        groups: Vec::new(),
        days: Vec::new(),
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

fn sum(runs: u64, attempts: u64, cost: i64) -> DashboardSum {
    DashboardSum {
        runs,
        attempts,
        usage: UsageView {
            meters: Usage {
                input: attempts * 4_211,
                cache_read: attempts * 9_870,
                cache_write_5m: attempts * 120,
                output: attempts * 611,
                reasoning: attempts * 207,
                ..Usage::default()
            },
            quality: Quality::Reported,
        },
        cost_micro_rub: MicroRub::new(cost),
        ..DashboardSum::default()
    }
}

/// With estimates in it.
fn estimated(sum: DashboardSum) -> DashboardSum {
    let usage = UsageView { quality: Quality::Estimated, ..sum.usage };
    DashboardSum { usage, estimated: 3, ..sum }
}

fn group(by: &str, rows: &[(&str, DashboardSum)]) -> DashboardGroup {
    let rows =
        rows.iter().map(|(key, sum)| DashboardRow { key: (*key).to_owned(), sum: sum.clone() }).collect();
    DashboardGroup { by: by.to_owned(), rows, ..DashboardGroup::default() }
}

fn span(
    name: &str,
    since: i64,
    days: i64,
    sum: DashboardSum,
    limit: Option<i64>,
    projected: i64,
) -> DashboardSpan {
    let left = limit.map(|limit| MicroRub::new(limit - sum.cost_micro_rub.get() - 1_250_000));
    DashboardSpan {
        name: name.to_owned(),
        since: at(since),
        until: at(since + days * DAY),
        sum,
        limit_micro_rub: limit.map(MicroRub::new),
        left_micro_rub: left,
        projected_micro_rub: Some(MicroRub::new(projected)),
    }
}

fn cause(cause: &str, attempts: u64, lost: i64) -> DashboardCacheCause {
    DashboardCacheCause { cause: cause.to_owned(), attempts, lost_at_most_micro_rub: MicroRub::new(lost) }
}

fn groups() -> Vec<DashboardGroup> {
    let none = DashboardSum { unpriced: 4, ..sum(4, 4, 0) };
    let mut session = group(
        "session",
        &[
            ("7f3a9c21e0b4", estimated(sum(31, 96, 412_336_120))),
            ("0c11d8aa5e92", sum(12, 40, 187_004_000)),
            ("b2b94e07ff13", sum(9, 18, 61_500_250)),
        ],
    );
    session.more = 41;
    session.rest = sum(160, 448, 586_730_001);
    session.since = Some(at(NOW - 12 * DAY));
    vec![
        group(
            "model",
            &[
                ("anthropic/claude-sonnet-5", estimated(sum(140, 310, 812_345_678))),
                ("openai/gpt-5.5-mini", sum(82, 190, 301_002_200)),
                ("deepseek/deepseek-v4-chat", sum(60, 98, 134_222_493)),
                ("lab/experimental-with-a-long-name", none.clone()),
            ],
        ),
        group(
            "provider",
            &[
                ("anthropic", estimated(sum(140, 310, 812_345_678))),
                ("openai", sum(82, 190, 301_002_200)),
                ("deepseek", sum(60, 98, 134_222_493)),
                ("lab", none),
            ],
        ),
        group(
            "role",
            &[
                ("answer", sum(180, 260, 640_000_371)),
                ("proposer", estimated(sum(71, 213, 381_570_000))),
                ("aggregator", sum(71, 71, 160_000_000)),
                ("judge", sum(40, 40, 52_000_000)),
                ("title", sum(18, 18, 14_000_000)),
            ],
        ),
        group(
            "persona",
            &[("default", sum(120, 300, 690_111_000)), ("архитектор", estimated(sum(92, 302, 557_459_371)))],
        ),
        group(
            "project",
            &[
                ("/home/user/src/plyrum", estimated(sum(150, 420, 901_240_371))),
                ("", sum(62, 182, 346_330_000)),
            ],
        ),
        session,
    ]
}

/// A month of somebody who works with it, with estimates and unpriced attempts.
pub(super) fn full() -> Dashboard {
    let month = NOW - 26 * DAY - 15 * 3_600_000;
    let today = NOW - 15 * 3_600_000;
    let part = |attempts, cost| DashboardPart { attempts, cost_micro_rub: MicroRub::new(cost) };
    let total = DashboardSum {
        unpriced: 4,
        failed: part(7, 1_900_000),
        cut: part(2, 310_500),
        cancelled: part(11, 8_400_125),
        retries: part(9, 2_750_000),
        ..estimated(sum(212, 602, 1_247_570_371))
    };
    let cost_of = |n: i64| (n * 7_919_331) % 92_000_000;
    let point = |since, n: i64| DashboardPoint {
        name: if n < 4 { format!("2026-10-{:02}", 28 + n) } else { format!("2026-11-{:02}", n - 3) },
        since: at(since),
        attempts: u64::try_from(n % 17).unwrap(),
        cost_micro_rub: MicroRub::new(if n % 7 == 3 { 0 } else { cost_of(n) }),
        ..DashboardPoint::default()
    };
    let hours = (0..7_u8).flat_map(|day| {
        (8..23_u8).filter(move |hour| (hour + day) % 5 != 0 && !(day > 4 && *hour < 12)).map(move |hour| {
            DashboardHour {
                weekday: day + 1,
                hour,
                minute: 0,
                attempts: 3,
                cost_micro_rub: MicroRub::new((i64::from(hour) * 31 + i64::from(day) * 17) % 60 * 1_000_000),
            }
        })
    });
    Dashboard {
        total: total.clone(),
        previous: Some(DashboardPrevious {
            since: at(month - 31 * DAY),
            until: at(NOW - 31 * DAY),
            sum: sum(188, 540, 1_013_004_250),
        }),
        burn_micro_rub_per_hour: MicroRub::new(18_450_000),
        last_day: (0..24).map(|n| point(NOW - (23 - n) * 3_600_000, n + 3)).collect(),
        spans: vec![
            span("today", today, 1, sum(14, 37, 96_120_500), Some(300_000_000), 153_792_800),
            span("week", today - 4 * DAY, 7, estimated(sum(61, 180, 388_400_010)), None, 588_000_000),
            span("month", month, 30, total, Some(1_500_000_000), 1_405_991_120),
        ],
        budgets: vec![BudgetRow {
            scope: "provider".to_owned(),
            key: Some("openai".to_owned()),
            period: "month".to_owned(),
            limit_micro_rub: MicroRub::new(400_000_000),
            spent_micro_rub: Some(MicroRub::new(301_002_200)),
            unpriced: 0,
            held_micro_rub: Some(MicroRub::ZERO),
            left_micro_rub: Some(MicroRub::new(98_997_800)),
            setting: "plyrum budget set provider:openai --per month".to_owned(),
        }],
        groups: groups(),
        days: (0..30).map(|n| point(NOW - (29 - n) * DAY - 15 * 3_600_000, n + 1)).collect(),
        hours: hours.collect(),
        cache: DashboardCache {
            input_tokens: 8_549_002,
            read_tokens: 5_941_740,
            written_tokens: 72_240,
            hit_per_mille: Some(695),
            looked_at: 602,
            is_whole: true,
            saved_micro_rub: MicroRub::new(204_771_003),
            written_micro_rub: MicroRub::new(3_120_440),
            unpriced: 4,
            explained: 100,
            causes: vec![
                cause("hit", 61, 0),
                cause("changed", 14, 9_300_000),
                cause("expired", 11, 14_020_000),
                cause("first", 8, 0),
                cause("short", 4, 0),
                cause("not_reported", 2, 0),
            ],
        },
        balance: Balance {
            mode: "prepaid".to_owned(),
            posted_micro_rub: MicroRub::new(2_752_429_629),
            held_micro_rub: MicroRub::new(1_250_000),
            available_micro_rub: Some(MicroRub::new(2_751_179_629)),
        },
        books: DashboardBooks { agree: true, open_attempts: 2, review: 3, debt_micro_rub: MicroRub::ZERO },
        ..empty()
    }
}
