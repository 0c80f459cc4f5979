//! `plyrum usage`: what was used and what it cost, straight from the ledger, with or without a daemon.

mod compare;
pub(crate) mod period;

use super::{Outcome, ledger, of_ledger, paths, transcript};
use crate::fault::wrong_use;
use crate::money;
use crate::out;
use crate::table::{left, right, table};
use crate::text::{say, words};
use clap::ValueEnum;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp as Time, Zoned};
use period::{Period, PeriodArgs};
use plyrum_billing_client::Quality;
use plyrum_config::Paths;
use plyrum_ledger::{Buckets, LedgerReader, UsageBy, UsageFilter, UsageQuery, UsageTotal};
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
  plyrum usage --month --compare       this month beside the same part of the last one
  plyrum usage --by role --csv")]
pub(crate) struct Args {
    /// Group by
    #[arg(long, value_name = "DIMENSION", default_value = "model")]
    by: By,
    #[command(flatten)]
    period: PeriodArgs,
    /// Beside the period before, of the same length
    #[arg(long)]
    compare: bool,
    /// Time zone of days, hours and dates
    #[arg(long, value_name = "TZ")]
    tz: Option<String>,
    #[command(flatten)]
    only: Only,
    /// As one line of JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// As CSV
    #[arg(long)]
    csv: bool,
}

/// Only the usage of these.
#[derive(Debug, clap::Args)]
struct Only {
    /// Only this model
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// Only this provider
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Only runs with this persona
    #[arg(long, value_name = "NAME")]
    persona: Option<String>,
    /// Only this role
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// Only runs from this project; '' for those from none
    #[arg(long, value_name = "PATH")]
    project: Option<String>,
    /// Only this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
}

impl Only {
    fn filter(&self, paths: &Paths) -> Result<UsageFilter, Fault> {
        let session =
            self.session.as_deref().map(|asked| transcript::find_also_deleted(paths, asked)).transpose()?;
        Ok(UsageFilter {
            model: self.model.clone(),
            provider: self.provider.clone(),
            persona: self.persona.clone(),
            role: self.role.clone(),
            project: self.project.as_deref().map(project),
            session: session.map(|id| id.as_str().to_owned()),
        })
    }

    const fn is_some(&self) -> bool {
        self.model.is_some()
            || self.provider.is_some()
            || self.persona.is_some()
            || self.role.is_some()
            || self.project.is_some()
            || self.session.is_some()
    }
}

/// A directory as the ledger has it. One that is gone keeps its name.
fn project(asked: &str) -> String {
    let found = Some(asked).filter(|asked| !asked.is_empty()).and_then(|dir| std::fs::canonicalize(dir).ok());
    found.and_then(|dir| dir.into_os_string().into_string().ok()).unwrap_or_else(|| asked.to_owned())
}

/// Most days or hours of one report.
const MAX_BUCKETS: usize = 100_000;

pub(crate) fn run(args: &Args) -> Outcome {
    let zone = zone(args.tz.as_deref())?;
    let period = Period::of(&args.period, &zone, now())?;
    let before = args.compare.then(|| period.before()).transpose()?;
    let paths = paths()?;
    let report = match ledger(&paths)? {
        None => empty(args.by, &period, before.as_ref()),
        Some(reader) => {
            let source = Source { reader, filter: args.only.filter(&paths)?, zone };
            let report = source.report(args.by, &period)?;
            match &before {
                Some(before) => compare::beside(&report, &source.report(args.by, before)?, &period, before),
                None => view_of(args.by, &report, &period),
            }
        }
    };
    if args.json {
        out::print_json(&report)?;
    } else if args.csv {
        out::print(&csv(&report))?;
    } else if report.rows.is_empty()
        && (args.only.is_some() || report.since.is_some() || report.until.is_some())
    {
        out::print(&format!("{}\n", say!("usage-nothing-of-that")))?;
    } else {
        out::print(&text(&report))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::disallowed_methods, reason = "spans like `7d` count back from the caller's now")]
pub(crate) fn now() -> Time {
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
        Some(name) => TimeZone::get(name)
            .map_err(|_| wrong_use(say!("fault-zone", zone = name)).hint(say!("hint-zone"))),
    }
}

/// Where figures come from.
struct Source {
    reader: LedgerReader,
    filter: UsageFilter,
    zone: TimeZone,
}

/// A report as it was read. Days and hours know their place in the period.
struct Report {
    by: By,
    rows: Vec<(Option<usize>, plyrum_ledger::UsageRow)>,
    sum: UsageTotal,
    /// How each place is named; empty for groups, which have names of their own.
    names: Vec<String>,
}

impl Report {
    /// What the row at this place is called in this report.
    fn key_at(&self, at: Option<usize>, key: &str) -> Option<String> {
        match at {
            None => Some(key.to_owned()),
            Some(at) => self.names.get(at).cloned(),
        }
    }
}

impl Source {
    fn report(&self, by: By, period: &Period) -> Result<Report, Fault> {
        let (dimension, starts) = match by {
            By::Model => (UsageBy::Model, Vec::new()),
            By::Provider => (UsageBy::Provider, Vec::new()),
            By::Persona => (UsageBy::Persona, Vec::new()),
            By::Role => (UsageBy::Role, Vec::new()),
            By::Session => (UsageBy::Session, Vec::new()),
            By::Project => (UsageBy::Project, Vec::new()),
            By::Day => {
                let starts = self.starts(Span::new().days(1), period)?;
                (UsageBy::Day(Buckets::Starts(starts.clone())), starts)
            }
            By::Hour => {
                let starts = self.starts(Span::new().hours(1), period)?;
                (UsageBy::Hour(Buckets::Starts(starts.clone())), starts)
            }
        };
        let query =
            UsageQuery { by: dimension, since: period.since.map(millis), until: period.until.map(millis) };
        let report = self.reader.usage_of(&query, &self.filter).map_err(|e| of_ledger(&e))?;
        let place =
            |row: &plyrum_ledger::UsageRow| row.start_at.and_then(|at| starts.binary_search(&at).ok());
        let names = starts.iter().map(|start| named(by, *start, &self.zone)).collect();
        Ok(Report {
            by,
            rows: report.rows.into_iter().map(|r| (place(&r), r)).collect(),
            sum: report.total,
            names,
        })
    }

    /// Where the days or hours of a period start; an open one starts with the first usage and ends with the
    /// last, or now.
    fn starts(&self, width: Span, period: &Period) -> Result<Vec<i64>, Fault> {
        let used = self.reader.used_between().map_err(|e| of_ledger(&e))?;
        let first = used.and_then(|(first, _)| Time::from_millisecond(first).ok());
        let last = used.and_then(|(_, last)| Time::from_millisecond(last + 1).ok());
        let until = match period.until {
            Some(until) => until,
            None => period.end().max(last.unwrap_or(Time::MIN)),
        };
        match period.since.or(first) {
            Some(since) => bucket_starts(width, &self.zone, since, until),
            None => Ok(Vec::new()),
        }
    }
}

/// Where days or hours start in a zone: by its calendar, so that a day of a clock change has 23 or 25 hours.
fn bucket_starts(width: Span, zone: &TimeZone, since: Time, until: Time) -> Result<Vec<i64>, Fault> {
    let out_of_range = |_: jiff::Error| wrong_use(say!("fault-time-range"));
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
            return Err(wrong_use(say!("fault-many-rows", n = MAX_BUCKETS)).hint(say!("hint-later-since")));
        }
    }
    if starts.len() == 1 {
        starts.push(millis(until).max(millis(at.timestamp()) + 1));
    }
    Ok(starts)
}

/// Days and hours are named in the asked zone.
fn named(by: By, start: i64, zone: &TimeZone) -> String {
    let Ok(start) = Time::from_millisecond(start).map(|t| t.to_zoned(zone.clone())) else {
        return String::new();
    };
    match by {
        By::Hour => start.strftime("%Y-%m-%dT%H:%M%:z").to_string(),
        _ => start.date().to_string(),
    }
}

fn view_of(by: By, report: &Report, period: &Period) -> view::UsageReport {
    let rows = report
        .rows
        .iter()
        .map(|(at, row)| line(report.key_at(*at, &row.key).unwrap_or_else(|| row.key.clone()), &row.sum));
    view::UsageReport {
        by: name(by),
        since: period.since.map(stamp),
        until: period.until.map(stamp),
        previous_since: None,
        previous_until: None,
        rows: rows.collect(),
        total: total(&report.sum),
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
        previous_runs: None,
        previous_attempts: None,
        previous_cost_micro_rub: None,
        previous_unpriced: None,
    }
}

fn total(sum: &UsageTotal) -> view::UsageTotal {
    view::UsageTotal {
        runs: sum.runs,
        attempts: sum.attempts,
        usage: usage_view(sum),
        cost_micro_rub: sum.cost,
        unpriced: sum.unpriced,
        previous_runs: None,
        previous_attempts: None,
        previous_cost_micro_rub: None,
        previous_unpriced: None,
    }
}

/// Nothing was ever booked here.
fn empty(by: By, period: &Period, before: Option<&Period>) -> view::UsageReport {
    let nothing = || Report { by, rows: Vec::new(), sum: UsageTotal::default(), names: Vec::new() };
    match before {
        Some(before) => compare::beside(&nothing(), &nothing(), period, before),
        None => view_of(by, &nothing(), period),
    }
}

fn text(report: &view::UsageReport) -> String {
    if report.rows.is_empty() {
        return format!("{}\n", say!("usage-nothing"));
    }
    let compared = report.total.previous_cost_micro_rub.is_some();
    let mut rows: Vec<Vec<String>> = report.rows.iter().map(cells).collect();
    let t = report.total.clone();
    rows.push(cells(&view::UsageRow {
        key: say!("total"),
        runs: t.runs,
        attempts: t.attempts,
        usage: t.usage,
        cost_micro_rub: t.cost_micro_rub,
        unpriced: t.unpriced,
        previous_runs: t.previous_runs,
        previous_attempts: t.previous_attempts,
        previous_cost_micro_rub: t.previous_cost_micro_rub,
        previous_unpriced: t.previous_unpriced,
    }));
    let mut head = vec![
        left(words().say(&format!("by-{}", report.by))),
        right(say!("col-runs")),
        right(say!("col-attempts")),
        right(say!("col-input")),
        right(say!("col-cached")),
        right(say!("col-output")),
        right(say!("col-cost")),
    ];
    if compared {
        head.extend([right(say!("col-before")), right(say!("col-change"))]);
    }
    let has_estimates = report.total.usage.quality == Quality::Estimated;
    let note = if has_estimates { format!("{}\n", say!("usage-estimates")) } else { String::new() };
    table(&head, &rows) + &note
}

fn cells(row: &view::UsageRow) -> Vec<String> {
    let meters = &row.usage.meters;
    let cached = meters.cache_read + meters.cache_write_5m + meters.cache_write_1h;
    let with_unpriced =
        |cost, unpriced: u64| words().charged(cost, usize::try_from(unpriced).unwrap_or(usize::MAX));
    let cost = with_unpriced(row.cost_micro_rub, row.unpriced);
    let key = if row.key.is_empty() { "–" } else { &row.key };
    let [runs, attempts, input, cached, output] =
        [row.runs, row.attempts, meters.input, cached, meters.output + meters.reasoning].map(money::count);
    // Nobody estimates how much was cached.
    let [input, output, cost] = [input, output, cost].map(|figure| marked(figure, row.usage.quality));
    let mut cells = vec![key.to_owned(), runs, attempts, input, cached, output, cost];
    if let Some(previous) = row.previous_cost_micro_rub {
        cells.push(with_unpriced(previous, row.previous_unpriced.unwrap_or_default()));
        cells.push(compare::change(row.cost_micro_rub, previous));
    }
    cells
}

/// A sum that is not wholly what providers reported says so.
fn marked(figure: String, quality: Quality) -> String {
    match quality {
        Quality::Estimated => format!("~{figure}"),
        Quality::Reported | Quality::Missing => figure,
    }
}

/// CSV (RFC 4180); the heads are the JSON keys.
fn csv(report: &view::UsageReport) -> String {
    let compared = report.total.previous_cost_micro_rub.is_some();
    let mut text = String::from(
        "key,runs,attempts,input,cache_read,cache_write_5m,cache_write_1h,output,reasoning,quality,cost_micro_rub,unpriced",
    );
    if compared {
        text += ",previous_runs,previous_attempts,previous_cost_micro_rub,previous_unpriced";
    }
    text += "\r\n";
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
        text += &format!("{},{numbers},{quality},{cost},{}", quoted(&row.key), row.unpriced);
        if let (Some(runs), Some(attempts), Some(cost), Some(unpriced)) =
            (row.previous_runs, row.previous_attempts, row.previous_cost_micro_rub, row.previous_unpriced)
        {
            text += &format!(",{runs},{attempts},{},{unpriced}", cost.get());
        }
        text += "\r\n";
    }
    text
}

pub(crate) fn quoted(cell: &str) -> String {
    // A leading = + - @ would be run as a formula by spreadsheets.
    let safe = if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell.to_owned() };
    if safe.contains([',', '"', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_billing_client::{MicroRub, Usage};
    use plyrum_words::{Lang, Words};

    #[test]
    fn every_dimension_has_its_heading_in_both_languages() {
        for lang in [Lang::En, Lang::Ru] {
            let words = Words::new(lang);
            for by in By::value_variants() {
                assert!(words.has(&format!("by-{}", name(*by))), "{by:?}");
            }
        }
    }

    #[test]
    fn a_day_of_a_clock_change_is_as_long_as_the_calendar_says() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let since: Time = "2026-10-24T22:00:00Z".parse().unwrap();
        let until: Time = "2026-10-25T23:00:00Z".parse().unwrap();
        let starts = bucket_starts(Span::new().days(1), &berlin, since, until).unwrap();
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
            previous_since: None,
            previous_until: None,
            rows: rows.iter().map(|row| line(format!("lab/{}", row.estimated), row)).collect(),
            total: total(all),
        };
        let mixed = text(&report(&[sum(1, 0), sum(2, 1)], &sum(3, 1)));
        let lines: Vec<&str> = mixed.lines().collect();
        assert!(lines[1].starts_with("lab/0") && !lines[1].contains('~'), "{mixed}");
        for line in [lines[2], lines[3]] {
            assert!(
                ["~1\u{a0}234 ", "~56 ", "~7.00 ₽"].iter().all(|figure| line.contains(figure)),
                "{mixed}"
            );
        }
        assert_eq!(lines[4].get(..22), Some("~ includes estimates: "), "{mixed}");
        assert!(!text(&report(&[sum(1, 0)], &sum(1, 0))).contains('~'));
    }
}
