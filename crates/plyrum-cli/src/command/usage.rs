//! `plyrum usage`: what was used and what it cost, straight from the ledger, with or without a daemon.

use super::{Outcome, ledger, of_ledger, paths};
use crate::fault::wrong_use;
use crate::money::{self, Lang};
use crate::out;
use crate::table::{Lean, table};
use clap::ValueEnum;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp as Time, Zoned};
use plyrum_billing_client::{MicroRub, Quality};
use plyrum_ledger::{Buckets, UsageBy, UsageQuery, UsageTotal};
use plyrum_protocol::{Fault, Timestamp, UsageView, view};
use std::process::ExitCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Model,
    Provider,
    Persona,
    Role,
    Session,
    Project,
    Day,
    Hour,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  plyrum usage                         everything, by model
  plyrum usage --by day --since 30d --tz Europe/Moscow
  plyrum usage --by role --csv")]
pub(crate) struct Args {
    /// Group by
    #[arg(long, value_name = "DIMENSION", default_value = "model")]
    by: By,
    /// From: a date (2026-11-01), a time, or a span back from now (7d, 12h)
    #[arg(long, value_name = "D")]
    since: Option<String>,
    /// Up to, not including: the same forms
    #[arg(long, value_name = "D")]
    until: Option<String>,
    /// Time zone of days, hours and dates
    #[arg(long, value_name = "TZ")]
    tz: Option<String>,
    /// As one line of JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// As CSV
    #[arg(long)]
    csv: bool,
}

/// Most days or hours of one report.
const MAX_BUCKETS: usize = 10_000;

pub(crate) fn run(args: &Args) -> Outcome {
    let zone = zone(args.tz.as_deref())?;
    let now = now();
    let since = args.since.as_deref().map(|text| moment(text, &zone, now, "--since")).transpose()?;
    let until = args.until.as_deref().map(|text| moment(text, &zone, now, "--until")).transpose()?;
    if let (Some(since), Some(until)) = (since, until)
        && since >= until
    {
        return Err(wrong_use("--since must be before --until"));
    }
    let paths = paths()?;
    let report = match ledger(&paths)? {
        None => empty(args.by, since, until),
        Some(reader) => {
            let oldest = || reader.runs(1, None).ok().and_then(|_| first_usage(&reader));
            let by = dimension(args.by, &zone, since.or_else(oldest), until.unwrap_or(now))?;
            let query = UsageQuery { by, since: since.map(millis), until: until.map(millis) };
            let report = reader.usage(&query).map_err(|e| of_ledger(&e))?;
            view::UsageReport {
                by: name(args.by),
                since: since.map(stamp),
                until: until.map(stamp),
                rows: report.rows.iter().map(|row| line(key(args.by, row, &zone), &row.sum)).collect(),
                total: total(&report.total),
            }
        }
    };
    if args.json {
        out::print_json(&report)?;
    } else if args.csv {
        out::print(&csv(&report))?;
    } else {
        out::print(&text(&report, Lang::of_environment()))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::disallowed_methods, reason = "spans like `7d` count back from the caller's now")]
fn now() -> Time {
    Time::now()
}

fn millis(time: Time) -> i64 {
    time.as_millisecond()
}

fn stamp(time: Time) -> Timestamp {
    Timestamp::from_millis(millis(time))
}

fn name(by: By) -> String {
    by.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn zone(asked: Option<&str>) -> Result<TimeZone, Fault> {
    match asked {
        None => Ok(TimeZone::system()),
        Some(name) => TimeZone::get(name).map_err(|_| {
            wrong_use(format!("there is no time zone `{name}`")).hint("use a name like Europe/Moscow or UTC")
        }),
    }
}

/// A date, a time, or a span back from now.
fn moment(text: &str, zone: &TimeZone, now: Time, flag: &str) -> Result<Time, Fault> {
    let wrong = || {
        wrong_use(format!("{flag} `{text}` is no date, time or span"))
            .hint("use 2026-11-01, 2026-11-01T09:00:00Z, or a span like 7d or 12h")
    };
    if let Ok(time) = text.parse::<Time>() {
        return Ok(time);
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        return date.to_zoned(zone.clone()).map(|z| z.timestamp()).map_err(|_| wrong());
    }
    let (number, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let number: i64 = number.parse().ok().filter(|n| (0..100_000).contains(n)).ok_or_else(wrong)?;
    let span = match unit {
        "d" => Span::new().days(number),
        "w" => Span::new().weeks(number),
        "h" => Span::new().hours(number),
        "m" => Span::new().minutes(number),
        _ => return Err(wrong()),
    };
    now.to_zoned(zone.clone()).checked_sub(span).map(|z| z.timestamp()).map_err(|_| wrong())
}

/// Time of the first usage, for reports by day or hour that have no `--since`.
fn first_usage(reader: &plyrum_ledger::LedgerReader) -> Option<Time> {
    let all = UsageQuery { by: UsageBy::Day(Buckets::OffsetMinutes(0)), since: None, until: None };
    let first = reader.usage(&all).ok()?.rows.first()?.start_at?;
    Time::from_millisecond(first).ok()
}

fn dimension(by: By, zone: &TimeZone, since: Option<Time>, until: Time) -> Result<UsageBy, Fault> {
    Ok(match by {
        By::Model => UsageBy::Model,
        By::Provider => UsageBy::Provider,
        By::Persona => UsageBy::Persona,
        By::Role => UsageBy::Role,
        By::Session => UsageBy::Session,
        By::Project => UsageBy::Project,
        By::Day => UsageBy::Day(buckets(Span::new().days(1), zone, since, until)?),
        By::Hour => UsageBy::Hour(buckets(Span::new().hours(1), zone, since, until)?),
    })
}

/// Where days or hours start in a zone: by its calendar, so that a day of a clock change has 23 or 25 hours.
fn buckets(width: Span, zone: &TimeZone, since: Option<Time>, until: Time) -> Result<Buckets, Fault> {
    let Some(since) = since else { return Ok(Buckets::OffsetMinutes(0)) };
    let out_of_range = |_: jiff::Error| wrong_use("the time is out of range");
    let hourly = width.get_hours() == 1;
    let local = since.to_zoned(zone.clone());
    let floor = if hourly { jiff::Unit::Hour } else { jiff::Unit::Day };
    let mut at: Zoned = local
        .round(jiff::ZonedRound::new().smallest(floor).mode(jiff::RoundMode::Floor))
        .map_err(out_of_range)?;
    let mut starts = vec![millis(at.timestamp())];
    while at.timestamp() < until {
        at = at.checked_add(width).map_err(out_of_range)?;
        starts.push(millis(at.timestamp()));
        if starts.len() > MAX_BUCKETS {
            return Err(
                wrong_use(format!("that is more than {MAX_BUCKETS} rows")).hint("give a later --since")
            );
        }
    }
    if starts.len() == 1 {
        starts.push(millis(until).max(millis(at.timestamp()) + 1));
    }
    Ok(Buckets::Starts(starts))
}

/// Days and hours are named in the asked zone.
fn key(by: By, row: &plyrum_ledger::UsageRow, zone: &TimeZone) -> String {
    let start = row.start_at.and_then(|ms| Time::from_millisecond(ms).ok()).map(|t| t.to_zoned(zone.clone()));
    match (by, start) {
        (By::Day, Some(start)) => start.date().to_string(),
        (By::Hour, Some(start)) => start.strftime("%Y-%m-%dT%H:%M%:z").to_string(),
        _ => row.key.clone(),
    }
}

fn usage_view(sum: &UsageTotal) -> UsageView {
    UsageView { meters: sum.usage.clone(), quality: sum.quality() }
}

fn line(key: String, sum: &UsageTotal) -> view::UsageRow {
    view::UsageRow {
        key,
        runs: sum.runs,
        attempts: sum.attempts,
        usage: usage_view(sum),
        cost_micro_rub: sum.cost,
        unpriced: sum.unpriced,
    }
}

fn total(sum: &UsageTotal) -> view::UsageTotal {
    view::UsageTotal {
        runs: sum.runs,
        attempts: sum.attempts,
        usage: usage_view(sum),
        cost_micro_rub: sum.cost,
        unpriced: sum.unpriced,
    }
}

fn empty(by: By, since: Option<Time>, until: Option<Time>) -> view::UsageReport {
    view::UsageReport {
        by: name(by),
        since: since.map(stamp),
        until: until.map(stamp),
        rows: Vec::new(),
        total: view::UsageTotal {
            runs: 0,
            attempts: 0,
            usage: UsageView::missing(),
            cost_micro_rub: MicroRub::ZERO,
            unpriced: 0,
        },
    }
}

fn text(report: &view::UsageReport, lang: Lang) -> String {
    if report.rows.is_empty() {
        return "nothing was used yet\n".to_owned();
    }
    let row = |key: &str, runs: u64, attempts: u64, usage: &UsageView, cost, unpriced: u64| {
        let meters = &usage.meters;
        let cached = meters.cache_read + meters.cache_write_5m + meters.cache_write_1h;
        let mut cost = lang.rub(cost);
        if unpriced > 0 {
            cost += &format!(" + {unpriced} unpriced");
        }
        let key = if key.is_empty() { "–" } else { key };
        let [runs, attempts, input, cached, output] =
            [runs, attempts, meters.input, cached, meters.output + meters.reasoning].map(money::count);
        // Nobody estimates how much was cached.
        let [input, output, cost] = [input, output, cost].map(|figure| marked(figure, usage.quality));
        vec![key.to_owned(), runs, attempts, input, cached, output, cost]
    };
    let mut rows: Vec<Vec<String>> = report
        .rows
        .iter()
        .map(|r| row(&r.key, r.runs, r.attempts, &r.usage, r.cost_micro_rub, r.unpriced))
        .collect();
    let t = &report.total;
    rows.push(row("total", t.runs, t.attempts, &t.usage, t.cost_micro_rub, t.unpriced));
    let right = |name| (name, Lean::Right);
    let head = [
        (report.by.as_str(), Lean::Left),
        right("runs"),
        right("attempts"),
        right("input"),
        right("cached"),
        right("output"),
        right("cost"),
    ];
    let note = if t.usage.quality == Quality::Estimated { ESTIMATED_NOTE } else { "" };
    table(&head, &rows) + note
}

const ESTIMATED_NOTE: &str =
    "~ includes estimates: for some attempts the provider did not report what was used\n";

/// A sum that is not wholly what providers reported says so.
fn marked(figure: String, quality: Quality) -> String {
    match quality {
        Quality::Estimated => format!("~{figure}"),
        Quality::Reported | Quality::Missing => figure,
    }
}

/// CSV (RFC 4180); the heads are the JSON keys.
fn csv(report: &view::UsageReport) -> String {
    let mut text = String::from(
        "key,runs,attempts,input,cache_read,cache_write_5m,cache_write_1h,output,reasoning,quality,cost_micro_rub,unpriced\r\n",
    );
    for row in &report.rows {
        let m = &row.usage.meters;
        let numbers = [
            row.runs,
            row.attempts,
            m.input,
            m.cache_read,
            m.cache_write_5m,
            m.cache_write_1h,
            m.output,
            m.reasoning,
        ];
        let numbers = numbers.map(|n| n.to_string()).join(",");
        let (quality, cost) = (row.usage.quality.as_str(), row.cost_micro_rub.get());
        text += &format!("{},{numbers},{quality},{cost},{}\r\n", quoted(&row.key), row.unpriced);
    }
    text
}

fn quoted(cell: &str) -> String {
    // A leading = + - @ would be run as a formula by spreadsheets.
    let safe = if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell.to_owned() };
    if safe.contains([',', '"', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_billing_client::Usage;

    #[test]
    fn moments_are_dates_times_or_spans() {
        let now: Time = "2026-11-22T12:00:00Z".parse().unwrap();
        let moscow = TimeZone::get("Europe/Moscow").unwrap();
        let at = |text| moment(text, &moscow, now, "--since").map(|t| t.to_string());
        assert_eq!(at("2026-11-01").unwrap(), "2026-10-31T21:00:00Z");
        assert_eq!(at("12h").unwrap(), "2026-11-22T00:00:00Z");
        assert_eq!(at("2026-11-01T09:00:00Z").unwrap(), "2026-11-01T09:00:00Z");
        for wrong in ["", "yesterday", "7x", "-3d", "99999999d"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_day_of_a_clock_change_is_as_long_as_the_calendar_says() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let since: Time = "2026-10-24T22:00:00Z".parse().unwrap();
        let until: Time = "2026-10-25T23:00:00Z".parse().unwrap();
        let Buckets::Starts(starts) = buckets(Span::new().days(1), &berlin, Some(since), until).unwrap()
        else {
            panic!("starts")
        };
        assert_eq!(starts[1] - starts[0], 25 * 3_600_000);
    }

    #[test]
    fn csv_cells_cannot_break_the_file_or_run_as_formulas() {
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
    }

    #[test]
    fn sums_with_estimates_are_marked_and_explained_and_others_are_not() {
        let sum = |attempts, estimated| UsageTotal {
            runs: attempts,
            attempts,
            usage: Usage { input: 1234, output: 56, ..Usage::default() },
            cost: MicroRub::new(7_000_000),
            estimated,
            reported: attempts - estimated,
            ..UsageTotal::default()
        };
        let report = |rows: &[UsageTotal], all: &UsageTotal| view::UsageReport {
            by: "model".to_owned(),
            since: None,
            until: None,
            rows: rows.iter().map(|row| line(format!("lab/{}", row.estimated), row)).collect(),
            total: total(all),
        };
        let mixed = text(&report(&[sum(1, 0), sum(2, 1)], &sum(3, 1)), Lang::En);
        let lines: Vec<&str> = mixed.lines().collect();
        assert!(lines[1].starts_with("lab/0") && !lines[1].contains('~'), "{mixed}");
        for line in [lines[2], lines[3]] {
            assert!(
                ["~1\u{a0}234 ", "~56 ", "~7.00 ₽"].iter().all(|figure| line.contains(figure)),
                "{mixed}"
            );
        }
        assert_eq!(lines[4].get(..22), Some("~ includes estimates: "), "{mixed}");
        assert!(!text(&report(&[sum(1, 0)], &sum(1, 0)), Lang::En).contains('~'));
    }
}
