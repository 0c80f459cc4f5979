//! When the days, the week, the month and the periods of the dashboard begin: pure, from now in a time zone.

use crate::command::usage::period::{Period, PeriodArgs};
use crate::fault::wrong_use;
use jiff::{Span, Timestamp as Time, ToSpan as _, Zoned};
use plyrum_protocol::Fault;
use plyrum_protocol::view::{DashboardPeriod, DashboardQuery};

/// Bars of the chart of days.
const DAYS: i64 = 30;
/// Days of the heat map: each weekday four times.
const HEAT_DAYS: i64 = 28;

/// Every moment that the dashboard needs, in milliseconds since the epoch.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    pub(super) zone: String,
    pub(super) at: Zoned,
    pub(super) now: i64,
    pub(super) since: Option<i64>,
    pub(super) until: Option<i64>,
    pub(super) previous: Option<(i64, i64)>,
    /// Day, week and month: their beginning and end.
    pub(super) spans: [(i64, i64); 3],
    /// Where each day of the bars starts and what it is called; the last one is the end of the last day.
    pub(super) days: Vec<(i64, String)>,
    pub(super) hours_since: i64,
}

impl Calendar {
    pub(super) fn of(query: &DashboardQuery, now: &Zoned) -> Result<Self, Fault> {
        let midnight = now.start_of_day().map_err(out_of_range)?;
        let week = plus(&midnight, (-i64::from(now.weekday().to_monday_zero_offset())).days())?;
        let month = now.first_of_month().and_then(|day| day.start_of_day()).map_err(out_of_range)?;
        let span =
            |start: &Zoned, length: Span| Ok::<_, Fault>((millis(start), millis(&plus(start, length)?)));
        let period = period(query, now, [&midnight, &week, &month])?;
        let previous = period.since.is_some().then(|| period.before()).transpose()?;
        let ends = |before: Period| Some((before.since?.as_millisecond(), before.until?.as_millisecond()));
        let first = plus(&midnight, (1 - DAYS).days())?;
        let days = (0..=DAYS).map(|nth| {
            let day = plus(&first, nth.days())?;
            Ok((millis(&day), day.date().to_string()))
        });
        Ok(Self {
            zone: now
                .time_zone()
                .iana_name()
                .map_or_else(|| now.strftime("UTC%:z").to_string(), str::to_owned),
            now: millis(now),
            since: period.since.map(Time::as_millisecond),
            until: period.until.map(Time::as_millisecond),
            previous: previous.and_then(ends),
            spans: [span(&midnight, 1.day())?, span(&week, 7.days())?, span(&month, 1.month())?],
            days: days.collect::<Result<_, Fault>>()?,
            hours_since: millis(&plus(&midnight, (1 - HEAT_DAYS).days())?),
            at: now.clone(),
        })
    }

    /// The weekday, from 1 for Monday, the hour, and the minute of a moment.
    pub(super) fn hour_of(&self, at: i64) -> Option<(u8, u8, u8)> {
        let local = self.local(at)?;
        let weekday = local.weekday().to_monday_one_offset().unsigned_abs();
        Some((weekday, local.hour().unsigned_abs(), local.minute().unsigned_abs()))
    }

    /// The hour of a moment, as it is called: `14:00`.
    pub(super) fn hour_name(&self, at: i64) -> String {
        self.local(at).map(|local| local.strftime("%H:%M").to_string()).unwrap_or_default()
    }

    fn local(&self, at: i64) -> Option<Zoned> {
        Some(Time::from_millisecond(at).ok()?.to_zoned(self.at.time_zone().clone()))
    }
}

fn period(query: &DashboardQuery, now: &Zoned, [day, week, month]: [&Zoned; 3]) -> Result<Period, Fault> {
    let since = |start: &Zoned, step| Some((start.timestamp(), step));
    let begun = match query.period {
        DashboardPeriod::Today => since(day, 1.day()),
        DashboardPeriod::Week => since(week, 7.days()),
        DashboardPeriod::Month => since(month, 1.month()),
        DashboardPeriod::Days30 => since(&plus(day, (1 - DAYS).days())?, DAYS.days()),
        DashboardPeriod::All => None,
        DashboardPeriod::Custom => {
            let args = PeriodArgs {
                since: query.since.clone(),
                until: query.until.clone(),
                ..PeriodArgs::default()
            };
            return Period::of(&args, now.time_zone(), now.timestamp());
        }
    };
    Ok(Period::under_way(begun, now.clone()))
}

fn plus(start: &Zoned, span: Span) -> Result<Zoned, Fault> {
    start.checked_add(span).map_err(out_of_range)
}

fn millis(time: &Zoned) -> i64 {
    time.timestamp().as_millisecond()
}

fn out_of_range(_: jiff::Error) -> Fault {
    wrong_use("the time is out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(period: DashboardPeriod, zone: &str, now: &str) -> Calendar {
        let now = now.parse::<Time>().unwrap().in_tz(zone).unwrap();
        Calendar::of(&DashboardQuery { period, ..DashboardQuery::default() }, &now).unwrap()
    }

    fn told(at: i64) -> String {
        Time::from_millisecond(at).unwrap().to_string()
    }

    #[test]
    fn weeks_begin_on_monday_and_days_where_the_caller_is() {
        let moscow = calendar(DashboardPeriod::Week, "Europe/Moscow", "2026-11-27T12:00:00Z");
        assert_eq!(
            moscow.spans.map(|(since, _)| told(since)),
            ["2026-11-26T21:00:00Z", "2026-11-22T21:00:00Z", "2026-10-31T21:00:00Z",]
        );
        let (since, until) = moscow.previous.unwrap();
        assert_eq!(
            (told(since), told(until)),
            ("2026-11-15T21:00:00Z".into(), "2026-11-20T12:00:00Z".into())
        );
        assert_eq!(moscow.days.len(), 31);
        assert_eq!(moscow.days.first().unwrap().1, "2026-10-29");
        assert_eq!(moscow.hour_of(moscow.now), Some((5, 15, 0)));
    }

    #[test]
    fn a_day_of_a_clock_change_is_as_long_as_it_is() {
        let berlin = calendar(DashboardPeriod::Today, "Europe/Berlin", "2026-10-25T12:00:00Z");
        let [(since, until), ..] = berlin.spans;
        assert_eq!(until - since, 25 * 3_600_000);
    }

    #[test]
    fn all_time_has_nothing_before_it() {
        let all = calendar(DashboardPeriod::All, "UTC", "2026-11-27T12:00:00Z");
        assert_eq!((all.since, all.previous), (None, None));
    }
}
