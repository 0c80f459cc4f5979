//! Which time a report covers, and the one before it, by the caller's calendar.

use crate::fault::wrong_use;
use crate::text::say;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp as Time, Unit, Zoned};
use plyrum_protocol::Fault;

/// The time that is asked for.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PeriodArgs {
    /// From: a date (2026-11-01), a time, or a span back from now (7d, 12h)
    #[arg(long, value_name = "D")]
    pub(crate) since: Option<String>,
    /// Up to, not including: the same forms
    #[arg(long, value_name = "D")]
    pub(crate) until: Option<String>,
    /// Since midnight
    #[arg(long, conflicts_with_all = ["since", "until", "month"])]
    pub(crate) today: bool,
    /// Since the first of the month
    #[arg(long, conflicts_with_all = ["since", "until"])]
    pub(crate) month: bool,
}

/// A time, open where `None`.
#[derive(Debug, Clone)]
pub(crate) struct Period {
    pub(crate) since: Option<Time>,
    pub(crate) until: Option<Time>,
    /// Now, in the caller's zone.
    pub(crate) now: Zoned,
    /// How far back the period before begins.
    step: Option<Span>,
}

impl Period {
    pub(crate) fn of(args: &PeriodArgs, zone: &TimeZone, now: Time) -> Result<Self, Fault> {
        let local = now.to_zoned(zone.clone());
        let open =
            |since, step| Self { since: Some(since), until: None, now: local.clone(), step: Some(step) };
        if args.today {
            return Ok(open(midnight(&local)?.timestamp(), Span::new().days(1)));
        }
        if args.month {
            let first = local.first_of_month().map_err(out_of_range)?;
            return Ok(open(midnight(&first)?.timestamp(), Span::new().months(1)));
        }
        let read =
            |text: &Option<String>, flag| text.as_deref().map(|t| moment(t, zone, now, flag)).transpose();
        let since = read(&args.since, "--since")?;
        let until = read(&args.until, "--until")?;
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            return Err(wrong_use(say!("fault-since-until")));
        }
        let step = since.map(|since| step(since, until.unwrap_or(now), zone)).transpose()?;
        Ok(Self { since, until, now: local, step })
    }

    /// A day, a week, a month under way, or everything where it has no beginning.
    pub(crate) fn under_way(since: Option<(Time, Span)>, now: Zoned) -> Self {
        Self { since: since.map(|(since, _)| since), until: None, now, step: since.map(|(_, step)| step) }
    }

    /// Where the period ends, or now.
    pub(crate) fn end(&self) -> Time {
        self.until.unwrap_or_else(|| self.now.timestamp())
    }

    /// The period before, of the same length by the calendar. An open one ends as far into it as it is now:
    /// half a month is compared with half a month.
    pub(crate) fn before(&self) -> Result<Self, Fault> {
        let (Some(since), Some(step)) = (self.since, self.step) else {
            return Err(wrong_use(say!("fault-compare")).hint(say!("hint-compare")));
        };
        let zone = self.now.time_zone();
        let back = |time: Time| {
            time.to_zoned(zone.clone()).checked_sub(step).map(|z| z.timestamp()).map_err(out_of_range)
        };
        let (from, to) = (back(since)?, back(self.end())?.min(since));
        Ok(Self { since: Some(from), until: Some(to.max(from)), ..self.clone() })
    }
}

fn midnight(local: &Zoned) -> Result<Zoned, Fault> {
    local.start_of_day().map_err(out_of_range)
}

fn out_of_range(_: jiff::Error) -> Fault {
    wrong_use(say!("fault-time-range"))
}

/// Whole days by the calendar where the period has them, else its exact length.
fn step(since: Time, until: Time, zone: &TimeZone) -> Result<Span, Fault> {
    let (from, to) = (since.to_zoned(zone.clone()), until.to_zoned(zone.clone()));
    let days = from.until((Unit::Day, &to)).map_err(out_of_range)?;
    let whole = from.checked_add(Span::new().days(days.get_days())).map_err(out_of_range)?;
    if days.get_days() > 0 && whole == to {
        return Ok(Span::new().days(days.get_days()));
    }
    Ok(Span::new().milliseconds(until.as_millisecond() - since.as_millisecond()))
}

/// A date, a time, or a span back from now.
pub(crate) fn moment(text: &str, zone: &TimeZone, now: Time, flag: &str) -> Result<Time, Fault> {
    let wrong = || wrong_use(say!("fault-moment", flag = flag, text = text)).hint(say!("hint-moment"));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[test]
    fn moments_are_dates_times_or_spans() {
        let (now, moscow) = (at("2026-11-22T12:00:00Z"), zone("Europe/Moscow"));
        let at = |text| moment(text, &moscow, now, "--since").map(|t| t.to_string());
        assert_eq!(at("2026-11-01").unwrap(), "2026-10-31T21:00:00Z");
        assert_eq!(at("12h").unwrap(), "2026-11-22T00:00:00Z");
        assert_eq!(at("2026-11-01T09:00:00Z").unwrap(), "2026-11-01T09:00:00Z");
        for wrong in ["", "yesterday", "7x", "-3d", "99999999d"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }

    /// `since..until` of the period before.
    fn before(args: &PeriodArgs, zone_name: &str, now: &str) -> String {
        let before = Period::of(args, &zone(zone_name), at(now)).unwrap().before().unwrap();
        format!("{}..{}", before.since.unwrap(), before.until.unwrap())
    }

    #[test]
    fn the_period_before_is_as_long_by_the_calendar() {
        let since = |text: &str| PeriodArgs { since: Some(text.to_owned()), ..PeriodArgs::default() };
        assert_eq!(
            before(&since("7d"), "UTC", "2026-11-22T12:00:00Z"),
            "2026-11-08T12:00:00Z..2026-11-15T12:00:00Z"
        );
        assert_eq!(
            before(&since("90m"), "UTC", "2026-11-22T12:00:00Z"),
            "2026-11-22T09:00:00Z..2026-11-22T10:30:00Z"
        );
        let dates = PeriodArgs { until: Some("2026-11-01".to_owned()), ..since("2026-10-25") };
        // Berlin's 25th of October has 25 hours: seven days before are seven days, not 169 hours.
        assert_eq!(
            before(&dates, "Europe/Berlin", "2026-11-22T12:00:00Z"),
            "2026-10-17T22:00:00Z..2026-10-24T22:00:00Z"
        );
    }

    #[test]
    fn a_month_or_day_under_way_is_compared_with_the_same_part_of_the_last_one() {
        let month = PeriodArgs { month: true, ..PeriodArgs::default() };
        assert_eq!(
            before(&month, "Europe/Moscow", "2026-11-22T12:00:00Z"),
            "2026-09-30T21:00:00Z..2026-10-22T12:00:00Z"
        );
        // There is no 31st of February, and the last period ends where this one starts.
        assert_eq!(
            before(&month, "UTC", "2026-03-31T12:00:00Z"),
            "2026-02-01T00:00:00Z..2026-02-28T12:00:00Z"
        );
        let today = PeriodArgs { today: true, ..PeriodArgs::default() };
        assert_eq!(
            before(&today, "Asia/Kolkata", "2026-11-22T12:00:00Z"),
            "2026-11-20T18:30:00Z..2026-11-21T12:00:00Z"
        );
    }

    #[test]
    fn all_time_has_no_period_before_it() {
        let all = Period::of(&PeriodArgs::default(), &TimeZone::UTC, at("2026-11-22T12:00:00Z")).unwrap();
        assert!(all.before().unwrap_err().message.contains("--compare"));
    }
}
