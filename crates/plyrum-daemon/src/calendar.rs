//! When the current day and month began, in the time zone of the daemon's machine.

use jiff::Zoned;
use jiff::tz::TimeZone;
use plyrum_ledger::Windows;
use plyrum_protocol::Timestamp;

/// The windows that `now` is in. A zone in which there is no such day (nobody has one) counts from now on.
pub(crate) fn windows(now: Timestamp) -> Windows {
    in_zone(now, TimeZone::system())
}

fn in_zone(now: Timestamp, zone: TimeZone) -> Windows {
    let start = |of: &Zoned| of.start_of_day().map_or(now.millis(), |z| z.timestamp().as_millisecond());
    let Ok(instant) = jiff::Timestamp::from_millisecond(now.millis()) else {
        return Windows { day: now.millis(), month: now.millis() };
    };
    let now = instant.to_zoned(zone);
    Windows {
        day: start(&now),
        month: now.first_of_month().map_or_else(|_| start(&now), |first| start(&first)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str, zone: &str) -> [String; 2] {
        let now = time.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        let windows = in_zone(Timestamp::from_millis(now), TimeZone::get(zone).unwrap());
        [windows.day, windows.month].map(|ms| jiff::Timestamp::from_millisecond(ms).unwrap().to_string())
    }

    #[test]
    fn days_and_months_begin_at_the_zones_midnight() {
        assert_eq!(
            at("2026-11-21T22:30:00Z", "Europe/Moscow"),
            ["2026-11-21T21:00:00Z", "2026-10-31T21:00:00Z"]
        );
        assert_eq!(
            at("2026-11-21T20:30:00Z", "Europe/Moscow"),
            ["2026-11-20T21:00:00Z", "2026-10-31T21:00:00Z"]
        );
        assert_eq!(at("2026-11-21T20:30:00Z", "UTC"), ["2026-11-21T00:00:00Z", "2026-11-01T00:00:00Z"]);
    }

    #[test]
    fn a_clock_change_does_not_move_midnight() {
        // Summer time ended at 01:00 UTC on 25 October 2026.
        assert_eq!(
            at("2026-10-25T12:00:00Z", "Europe/Berlin"),
            ["2026-10-24T22:00:00Z", "2026-09-30T22:00:00Z"]
        );
        assert_eq!(
            at("2026-11-01T12:00:00Z", "Europe/Berlin"),
            ["2026-10-31T23:00:00Z", "2026-10-31T23:00:00Z"]
        );
    }
}
