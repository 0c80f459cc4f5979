//! Amounts, spans, sizes and times with the words that belong to them. No clock is read here: spans and times are the
//! caller's.

use crate::money::NBSP;
use crate::{Value, Words, money};
use plyrum_billing_client::MicroRub;

/// A local time, as the caller's calendar has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// The year.
    pub year: i16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
    /// The hour, from 0.
    pub hour: u8,
    /// The minute, from 0.
    pub minute: u8,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Sizes from here on have a decimal: `1.5 KiB`.
const UNITS: [&str; 4] = ["size-kib", "size-mib", "size-gib", "size-tib"];

impl Words {
    /// Exact rubles: `1 234.56 ₽`.
    #[must_use]
    pub fn rub(&self, amount: MicroRub) -> String {
        self.lang().rub(amount)
    }

    /// What was charged, beside so many requests whose price is not known: they are never nothing.
    #[must_use]
    pub fn charged(&self, amount: MicroRub, unpriced: usize) -> String {
        match unpriced {
            0 => self.rub(amount),
            _ if amount == MicroRub::ZERO => self.say("money-unpriced"),
            _ => {
                let values = [("cost", self.rub(amount).into()), ("n", (unpriced as u64).into())];
                self.with("money-and-unpriced", &values)
            }
        }
    }

    /// A count with its thousands apart.
    #[must_use]
    pub fn count(&self, number: u64) -> String {
        money::count(number)
    }

    /// A decimal text with the language's point.
    #[must_use]
    pub fn decimal(&self, text: &str) -> String {
        self.lang().decimal(text)
    }

    /// Whole percent: `50 %`.
    #[must_use]
    pub fn percent(&self, percent: impl std::fmt::Display) -> String {
        self.lang().percent(percent)
    }

    /// Milliseconds as people feel them: `12 ms`, `1.2 s`.
    #[must_use]
    pub fn seconds(&self, ms: u64) -> String {
        if ms < 1000 {
            return self.with("span-ms", &[("n", ms.to_string().into())]);
        }
        let seconds = format!("{}{}{}", ms / 1000, self.lang().point(), ms % 1000 / 100);
        self.with("span-s", &[("n", seconds.into())])
    }

    /// A size: `512 B`, `1.5 KiB`; below what it is, never above.
    #[must_use]
    pub fn bytes(&self, bytes: u64) -> String {
        let mut tenths = u128::from(bytes) * 10;
        let mut unit = None;
        for next in UNITS {
            if tenths < 10 * 1024 {
                break;
            }
            tenths /= 1024;
            unit = Some(next);
        }
        match unit {
            None => self.with("size-b", &[("n", bytes.to_string().into())]),
            Some(unit) => {
                let text = format!("{}{}{}", tenths / 10, self.lang().point(), tenths % 10);
                self.with(unit, &[("n", text.into())])
            }
        }
    }

    /// How long ago it was: `just now`, `3 min ago`, `2 h ago`, `5 days ago`.
    #[must_use]
    pub fn ago(&self, seconds: u64) -> String {
        let told = |key, n: u64| self.with(key, &[("n", Value::Count(n))]);
        match seconds {
            0..5 => self.say("ago-now"),
            5..MINUTE => told("ago-seconds", seconds),
            MINUTE..HOUR => told("ago-minutes", seconds / MINUTE),
            HOUR..DAY => told("ago-hours", seconds / HOUR),
            _ => told("ago-days", seconds / DAY),
        }
    }

    /// A day: `2026-11-22`, in Russian `22.11.2026`.
    #[must_use]
    pub fn date(&self, at: Civil) -> String {
        let Civil { year, month, day, .. } = at;
        match self.lang() {
            crate::Lang::En => format!("{year:04}-{month:02}-{day:02}"),
            crate::Lang::Ru => format!("{day:02}.{month:02}.{year:04}"),
        }
    }

    /// A time of day: `09:05`.
    #[must_use]
    pub fn clock(&self, at: Civil) -> String {
        format!("{:02}:{:02}", at.hour, at.minute)
    }

    /// A day and a time that stay on one line.
    #[must_use]
    pub fn moment(&self, at: Civil) -> String {
        format!("{}{NBSP}{}", self.date(at), self.clock(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;

    fn both<T>(told: impl Fn(&Words) -> T) -> [T; 2] {
        [Lang::En, Lang::Ru].map(|lang| told(&Words::new(lang)))
    }

    #[test]
    fn spans_and_sizes_have_the_units_of_the_language() {
        assert_eq!(both(|w| w.seconds(999)), ["999 ms", "999\u{a0}мс"]);
        assert_eq!(both(|w| w.seconds(1234)), ["1.2 s", "1,2\u{a0}с"]);
        assert_eq!(both(|w| w.bytes(1023)), ["1023 B", "1023\u{a0}Б"]);
        assert_eq!(both(|w| w.bytes(1536)), ["1.5 KiB", "1,5\u{a0}КиБ"]);
        assert_eq!(both(|w| w.bytes(u64::MAX)), ["16777215.9 TiB", "16777215,9\u{a0}ТиБ"]);
    }

    #[test]
    fn what_was_a_while_ago_is_told_in_its_largest_unit() {
        assert_eq!(both(|w| w.ago(0)), ["just now", "только что"]);
        assert_eq!(both(|w| w.ago(59)), ["59 s ago", "59\u{a0}с назад"]);
        assert_eq!(both(|w| w.ago(200)), ["3 min ago", "3\u{a0}мин назад"]);
        assert_eq!(both(|w| w.ago(7200)), ["2 h ago", "2\u{a0}ч назад"]);
        assert_eq!(both(|w| w.ago(86_400)), ["1 day ago", "1\u{a0}день назад"]);
        assert_eq!(both(|w| w.ago(22 * 86_400)), ["22 days ago", "22\u{a0}дня назад"]);
        assert_eq!(both(|w| w.ago(11 * 86_400)), ["11 days ago", "11\u{a0}дней назад"]);
    }

    #[test]
    fn days_are_written_as_the_language_does() {
        let at = Civil { year: 2026, month: 3, day: 9, hour: 7, minute: 5 };
        assert_eq!(both(|w| w.moment(at)), ["2026-03-09\u{a0}07:05", "09.03.2026\u{a0}07:05"]);
    }
}
