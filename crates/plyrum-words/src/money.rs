//! Money and counts as people read them, in the order of their language; JSON has the exact integers.

use plyrum_billing_client::MicroRub;

/// Whose conventions numbers follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Russian.
    Ru,
}

impl Lang {
    /// By `PLYRUM_LANG`, `LC_ALL`, `LANG`, the first that is set.
    pub fn of_environment() -> Self {
        let set = ["PLYRUM_LANG", "LC_ALL", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
        match set.into_iter().find(|value| !value.is_empty() && value != "auto") {
            Some(locale) if locale.starts_with("ru") => Self::Ru,
            _ => Self::En,
        }
    }

    /// Exact rubles with at least two decimals: `1 234.56 ₽`, in Russian `1 234,56 ₽`.
    pub fn rub(self, amount: MicroRub) -> String {
        let text = amount.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
        let point = match self {
            Self::En => '.',
            Self::Ru => ',',
        };
        format!("{}{point}{fraction} ₽", grouped(whole))
    }

    /// A decimal text with the language's point.
    pub fn decimal(self, text: &str) -> String {
        match self {
            Self::En => text.to_owned(),
            Self::Ru => text.replace('.', ","),
        }
    }
}

/// Thousands apart, by a no-break space.
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut text = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// Milliseconds as people feel them.
pub fn seconds(ms: u64) -> String {
    if ms < 1000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1000, ms % 1000 / 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_in_both_languages() {
        let amount = MicroRub::new(1_234_567_890_001);
        assert_eq!(Lang::En.rub(amount), "1\u{a0}234\u{a0}567.890001 ₽");
        assert_eq!(Lang::Ru.rub(MicroRub::new(-1_500_000)), "-1,50 ₽");
        assert_eq!(seconds(1234), "1.2 s");
    }
}
