//! A report beside the one of the period before: what is in either is in a row.
//!
//! Groups are paired by their name, days and hours by their place in the period.

use super::{Period, Report, line, name, stamp, total};
use crate::text::{say, words};
use plyrum_billing_client::MicroRub;
use plyrum_ledger::UsageTotal;
use plyrum_protocol::view;
use std::collections::BTreeMap;

/// The view of `report` with the figures of `before` in each row and in the total.
pub(super) fn beside(
    report: &Report,
    before: &Report,
    period: &Period,
    earlier: &Period,
) -> view::UsageReport {
    let mut previous: BTreeMap<String, &UsageTotal> = BTreeMap::new();
    for (at, row) in &before.rows {
        // A place beyond the end of this period (months differ in length) has no row to stand beside.
        if let Some(key) = report.key_at(*at, &row.key) {
            previous.insert(key, &row.sum);
        }
    }
    let mut rows: Vec<(Option<usize>, view::UsageRow)> = Vec::new();
    for (at, row) in &report.rows {
        let key = report.key_at(*at, &row.key).unwrap_or_else(|| row.key.clone());
        let past = previous.remove(&key);
        rows.push((*at, with(line(key, &row.sum), past)));
    }
    let place: BTreeMap<&String, usize> =
        report.names.iter().enumerate().map(|(at, name)| (name, at)).collect();
    for (key, past) in previous {
        let at = place.get(&key).copied();
        rows.push((at, with(line(key, &UsageTotal::default()), Some(past))));
    }
    rows.sort_by(|a, b| {
        let dearest =
            |row: &view::UsageRow| std::cmp::Reverse((row.cost_micro_rub, row.previous_cost_micro_rub));
        a.0.cmp(&b.0).then_with(|| match a.0 {
            Some(_) => std::cmp::Ordering::Equal,
            None => dearest(&a.1).cmp(&dearest(&b.1)).then_with(|| a.1.key.cmp(&b.1.key)),
        })
    });
    let all = total(&report.sum);
    let past = &before.sum;
    view::UsageReport {
        by: name(report.by),
        since: period.since.map(stamp),
        until: period.until.map(stamp),
        previous_since: earlier.since.map(stamp),
        previous_until: earlier.until.map(stamp),
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        total: view::UsageTotal {
            previous_runs: Some(past.runs),
            previous_attempts: Some(past.attempts),
            previous_cost_micro_rub: Some(past.cost),
            previous_unpriced: Some(past.unpriced),
            ..all
        },
    }
}

fn with(row: view::UsageRow, past: Option<&UsageTotal>) -> view::UsageRow {
    view::UsageRow {
        previous_runs: Some(past.map_or(0, |past| past.runs)),
        previous_attempts: Some(past.map_or(0, |past| past.attempts)),
        previous_cost_micro_rub: Some(past.map_or(MicroRub::ZERO, |past| past.cost)),
        previous_unpriced: Some(past.map_or(0, |past| past.unpriced)),
        ..row
    }
}

/// By how much it changed, in whole percent towards zero.
pub(super) fn change(cost: MicroRub, previous: MicroRub) -> String {
    let (now, then) = (i128::from(cost.get()), i128::from(previous.get()));
    match then {
        0 if now == 0 => "–".to_owned(),
        0 => say!("usage-new"),
        _ => match (now - then) * 100 / then {
            0 if now == then => say!("usage-same"),
            percent => words().percent(format_args!("{percent:+}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_whole_percent() {
        let told = |now, then| change(MicroRub::new(now), MicroRub::new(then));
        assert_eq!(
            [
                told(150, 100),
                told(50, 100),
                told(0, 100),
                told(5, 0),
                told(0, 0),
                told(7, 7),
                told(999, 1000)
            ],
            ["+50 %", "-50 %", "-100 %", "new", "–", "same", "+0 %"]
        );
        assert_eq!(told(i64::MAX, 1), "+922337203685477580600 %");
    }
}
