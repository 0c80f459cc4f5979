//! Days as price rows are dated by: the UTC calendar, as text that sorts.
//!
//! A price list says "from the first of March", not at which second. The day is UTC, so that every machine of
//! one ledger agrees on it. Nothing here reads a clock: who has one passes the time in.

use std::fmt;

use serde::{Serialize, Serializer};

const MILLIS_PER_DAY: i64 = 86_400_000;

/// A day that exists, in the years 0000 to 9999; ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    of_month: u8,
}

impl Day {
    /// Reads `2026-11-20`; `None` where that is no day of the calendar.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        let month = u8::try_from(month).ok()?;
        let day = u8::try_from(day).ok()?;
        (1..=days_in(year, month)).contains(&day).then_some(Self { year, month, of_month: day })
    }

    /// The UTC day of a time in milliseconds since the Unix epoch; the nearest day that there is where the
    /// time is outside the years 0000 to 9999.
    pub fn of_unix_millis(millis: i64) -> Self {
        // Days since 0000-03-01, in eras of 400 years (146 097 days): a year that begins in March has its
        // leap day at the end, which makes the arithmetic regular.
        let days = millis.div_euclid(MILLIS_PER_DAY).saturating_add(719_468);
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era.saturating_mul(400).saturating_add(year_of_era) + i64::from(month <= 2);
        match (u16::try_from(year), u8::try_from(month), u8::try_from(day)) {
            (Ok(year @ 0..=9999), Ok(month), Ok(day)) => Self { year, month, of_month: day },
            _ if millis < 0 => Self { year: 0, month: 1, of_month: 1 },
            _ => Self { year: 9999, month: 12, of_month: 31 },
        }
    }

    /// Days from `earlier` to this one; negative where that one is the later.
    pub fn days_since(self, earlier: Self) -> i64 {
        self.number() - earlier.number()
    }

    /// Days since 0000-03-01.
    fn number(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.of_month));
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn number(part: &str, digits: usize) -> Option<u16> {
    (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| part.parse().ok())
        .flatten()
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_days_that_exist_are_days() {
        for good in ["2026-11-20", "2024-02-29", "2000-02-29", "2026-12-31", "0000-01-01"] {
            assert_eq!(Day::parse(good).map(|day| day.to_string()).as_deref(), Some(good));
        }
        for bad in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "20-11-20",
            "2026-1-2",
            "today",
            "",
            "2026-11-20-1",
            "2026-11-00",
        ] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_day_ends_with_its_last_utc_millisecond() {
        let shown = |millis| Day::of_unix_millis(millis).to_string();
        assert_eq!(shown(0), "1970-01-01");
        assert_eq!(shown(-1), "1969-12-31");
        assert_eq!(shown(1_795_391_999_999), "2026-11-22");
        assert_eq!(shown(1_795_392_000_000), "2026-11-23");
        assert_eq!(shown(951_782_400_000), "2000-02-29");
        assert_eq!((shown(i64::MIN), shown(i64::MAX)), ("0000-01-01".into(), "9999-12-31".into()));
    }

    proptest! {
        #[test]
        fn the_next_day_is_one_later(number in -700_000_i64..2_900_000) {
            let day = Day::of_unix_millis(number * MILLIS_PER_DAY);
            let next = Day::of_unix_millis((number + 1) * MILLIS_PER_DAY);
            prop_assert_eq!(next.days_since(day), 1);
            prop_assert!(next > day);
            prop_assert_eq!(Day::parse(&day.to_string()), Some(day));
        }
    }
}
