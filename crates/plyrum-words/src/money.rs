//! Money and counts as people read them, in the order of their language; JSON has the exact integers.

use crate::Lang;
use plyrum_billing_client::MicroRub;

/// Between thousands, and wherever a line must not break: a no-break space.
pub(crate) const NBSP: char = '\u{a0}';

impl Lang {
    /// Exact rubles with at least two decimals: `1 234.56 ₽`, in Russian `1 234,56 ₽`. What is negative has the minus of
    /// the keyboard, as both languages do in CLDR, so that it can be typed again.
    #[must_use]
    pub fn rub(self, amount: MicroRub) -> String {
        let text = amount.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
        format!("{}{}{fraction} ₽", grouped(whole), self.point())
    }

    /// A decimal text with the language's point.
    #[must_use]
    pub fn decimal(self, text: &str) -> String {
        match self {
            Self::En => text.to_owned(),
            Self::Ru => text.replace('.', ","),
        }
    }

    /// Whole percent: `50 %`. In Russian the sign never goes to the next line.
    pub fn percent(self, percent: impl std::fmt::Display) -> String {
        match self {
            Self::En => format!("{percent} %"),
            Self::Ru => format!("{percent}{NBSP}%"),
        }
    }

    /// What stands before decimals.
    pub(crate) const fn point(self) -> char {
        match self {
            Self::En => '.',
            Self::Ru => ',',
        }
    }
}

/// Thousands apart, by a no-break space.
#[must_use]
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

pub(crate) fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut text = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(NBSP);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn money_is_exact_in_both_languages() {
        let amount = MicroRub::new(1_234_567_890_001);
        assert_eq!(Lang::En.rub(amount), "1\u{a0}234\u{a0}567.890001 ₽");
        assert_eq!(Lang::Ru.rub(amount), "1\u{a0}234\u{a0}567,890001 ₽");
        assert_eq!(Lang::Ru.rub(MicroRub::new(-1_500_000)), "-1,50 ₽");
        assert_eq!(Lang::Ru.rub(MicroRub::new(-1)), "-0,000001 ₽");
    }

    #[test]
    fn shares_and_decimals_follow_the_language() {
        assert_eq!((Lang::En.percent(50), Lang::Ru.percent("+50")), ("50 %".into(), "+50\u{a0}%".into()));
        assert_eq!((Lang::En.decimal("0.5"), Lang::Ru.decimal("0.5")), ("0.5".into(), "0,5".into()));
        assert_eq!(count(1000), "1\u{a0}000");
    }

    proptest! {
        #[test]
        fn no_amount_loses_a_digit(micro in any::<i64>()) {
            for (lang, point) in [(Lang::En, "."), (Lang::Ru, ",")] {
                let told = lang.rub(MicroRub::new(micro));
                let plain = told.trim_end_matches(" ₽").replace(NBSP, "").replace(point, ".");
                prop_assert_eq!(MicroRub::parse_rub(&plain).unwrap(), MicroRub::new(micro));
            }
        }
    }
}
