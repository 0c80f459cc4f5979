//! A number among words: "18 apples", "there are 18 of them".
//!
//! Whether a model says of what is a matter of taste, so two such answers are the same number until one of them says something
//! else: "5 km" and "5 miles" are two, "5" goes with either, and "5km" and "5 километров" are one ([`units`]). Words that
//! make another number of it ("5 million", "not 5", "5 and a half") leave no number here: those texts are compared as they
//! stand.

use super::is_in;
use super::number::{joined, number, plain_fraction};
use super::units::{self, unit};
use std::collections::BTreeSet;

/// Letters of a word that are compared: "apple" and "apples", «яблок» and «яблока» are one.
const STEM: usize = 4;
/// What units begin with, and say little by: twice as many of their letters are compared.
const METRIC: [&str; 10] = ["kilo", "mega", "giga", "mill", "cent", "кило", "мега", "гига", "милл", "сант"];
/// Words that say nothing of what is counted.
const SILENT: &str = "a an the of in is are was were be there it its they them these those all he she we you i has have had \
will would to for at on and so now total altogether points point items item pieces piece штук штуки штука шт в на и с у это есть было был была будет он она они их них его всего итого \
теперь";
/// Currencies, of which an "m" makes millions.
const MONEY: [&str; 6] = ["usd", "eur", "rub", "gbp", "jpy", "cny"];
/// Words that make another number of a number.
const TELLING: &str = "hundred thousand million millions billion billions trillion trillions hundreds thousands dozen dozens k b bn mn not no never less fewer \
more than over under above below least most before after minus plus times half third quarter fifth squared cubed root bc bce \
or тыс тысяч тысяча тысячи млн миллион миллиона миллионов млрд миллиард миллиарда миллиардов трлн сотен сотни десятков дюжин \
дюжина не ни без менее меньше более больше свыше до после минус плюс половина половиной треть четверть квадрате или";

/// A number, and of what it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Its value, as [`super::number`] writes it.
    pub(crate) value: String,
    /// The units and the beginnings of the words around it.
    pub(crate) of: BTreeSet<String>,
}

impl Counted {
    /// A number alone.
    pub(super) const fn bare(value: String) -> Self {
        Self { value, of: BTreeSet::new() }
    }

    /// The one number among the words of a short text.
    pub(super) fn among(text: &str) -> Option<Self> {
        let text = without_markup(&plain_fraction(text));
        let text = joined(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        let (mut value, mut of) = (None, BTreeSet::new());
        let mut tokens = text.split(' ').map(alone).filter(|token| !token.is_empty()).peekable();
        while let Some(token) = tokens.next() {
            if token.starts_with(|c: char| !c.is_alphabetic()) && token.contains(|c: char| c.is_ascii_digit())
            {
                let (one, unit) = with_unit(token)?;
                of.extend(unit.map(str::to_owned));
                if value.replace(one).is_some() {
                    return None; // two numbers: a date, a ratio, a list
                }
            } else if let Some(unit) = tokens.peek().and_then(|next| units::power(token, next)) {
                of.insert(unit);
                tokens.next();
            } else {
                match beside(token) {
                    Beside::Nothing => {}
                    Beside::Of(what) => drop(of.insert(what)),
                    Beside::Other => return None,
                }
            }
        }
        let is_money = of.iter().any(|what| MONEY.contains(&what.as_str()));
        let is_million = is_money && of.contains("m");
        Some(Self { value: value?, of }).filter(|_| !is_million)
    }

    /// Whether nothing is said beside the number but its units.
    pub(super) fn is_measure(&self) -> bool {
        self.of.iter().all(|what| unit(what.trim_end_matches(['²', '³'])).is_some())
    }

    /// Whether two numbers may be the same one: neither says something else than the other.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        self.value == other.value && (self.of.is_subset(&other.of) || other.of.is_subset(&self.of))
    }
}

/// LaTeX's ways to set words and signs beside a number.
fn without_markup(text: &str) -> String {
    let text = text.to_lowercase().replace("^\\circ", "°").replace("\\%", "%").replace("\\$", "$");
    ["\\text{", "\\mathrm{", "\\,", "\\ ", "}"].iter().fold(text, |text, mark| text.replace(mark, " "))
}

/// A word without what is set around it.
fn alone(token: &str) -> &str {
    let token = token.trim_matches(|c: char| matches!(c, '(' | ')' | '"' | '*' | '`' | ';' | ':'));
    token.trim_end_matches(['.', ',', '!', '?'])
}

/// A number and the unit that is written to it: "$5", "-€5", "5km", "5%".
fn with_unit(token: &str) -> Option<(String, Option<&'static str>)> {
    let token = token.trim_start_matches(['~', '≈']);
    let (sign, token) = token.strip_prefix('-').map_or(("", token), |rest| ("-", rest));
    let before = token.chars().next().filter(|c| !c.is_ascii_digit() && *c != '.').map_or(0, char::len_utf8);
    let (before, token) = token.split_at_checked(before)?;
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '/' | '\'' | '’');
    let (digits, after) = token.split_at_checked(token.find(|c| !is_of_number(c)).unwrap_or(token.len()))?;
    let unit = match (before, after.trim_start_matches('-')) {
        ("", "") => None,
        (sign, "") | ("", sign) => Some(unit(sign)?),
        _ => return None,
    };
    Some((number(&format!("{sign}{digits}"))?, unit))
}

/// What stands beside a number.
enum Beside {
    /// Nothing that changes anything.
    Nothing,
    /// Of what it is a number.
    Of(String),
    /// What makes another number of it.
    Other,
}

fn beside(token: &str) -> Beside {
    let is_word = token.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-' | '/' | '²' | '°'));
    let is_rule = matches!(token, "—" | "–" | "=");
    if is_rule || is_in(SILENT, token) {
        Beside::Nothing
    } else if let Some(unit) = unit(token) {
        Beside::Of(unit.to_owned())
    } else if !is_word
        || matches!(token, "-" | "/")
        || is_in(TELLING, token)
        || token.ends_with("n't")
        || token.ends_with("n’t")
    {
        Beside::Other
    } else {
        let letters = if METRIC.iter().any(|prefix| token.starts_with(prefix)) { 2 * STEM } else { STEM };
        Beside::Of(token.chars().take(letters).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_be(one: &str, other: &str) -> bool {
        let (one, other) = (Counted::among(one), Counted::among(other));
        one.zip(other).is_some_and(|(one, other)| one.may_be(&other))
    }

    #[test]
    fn words_that_say_of_what_change_nothing() {
        for (one, other) in [
            ("18", "18 apples"),
            ("There are 18 apples.", "18 apples left"),
            ("There are 18 of them.", "18 apples"),
            ("18 яблок", "Всего 18 яблока"),
            ("5", "5 km"),
            ("5 километров", "5 километра"),
            ("18 \\text{ cm}", "18 cm"),
            ("about 1,500 people", "1500"),
            ("у Маши 3 рубля", "3"),
            ("she has $18", "18 dollars"),
            ("(18)", "18!"),
            ("1 500 человек", "1500"),
            ("March 5", "5 March"),
            ("5 dollars", "$5"),
            ("-$5", "-5 долларов"),
            ("5km", "5 километров"),
            ("5 km²", "5 square kilometers"),
            ("5 кв. м", "5 m^2"),
            ("It is 5 p.m.", "5pm"),
            ("75 %", "75 percent"),
            ("12\\%", "12"),
            ("$1,500", "1500 USD"),
            ("Всего 1 500 000 рублей", "1500000 ₽"),
            ("½ cup", "0.5 cups"),
            ("\\frac{1}{2} hour", "1/2 hours"),
            ("1 1/2 hours", "1.5 h"),
            ("90^\\circ", "90 degrees"),
            ("5-km", "5 km"),
            ("4 square units", "4"),
            ("4 units", "4"),
        ] {
            assert!(may_be(one, other), "{one} | {other}");
            assert!(may_be(other, one), "{other} | {one}");
        }
    }

    #[test]
    fn words_that_make_another_number_of_it_leave_none() {
        for text in [
            "5 million",
            "не 5",
            "it isn't 5",
            "2 dozens",
            "not 5",
            "5 and a half",
            "more than 5",
            "5 млн",
            "100 BC",
            "x > 5",
            "5 or 6",
            "5:30 pm",
            "March 5, 2020",
            "5-fold",
            "± 5",
            "apples",
            "",
            "\\sqrt{5}",
            "5 \\pi",
            "2 to 1",
            "- 5",
            "5 тысяч",
            "5²",
            "$5 m",
            "€5€",
            "5th",
            "1'5",
            "2020-05-01",
        ] {
            assert_eq!(Counted::among(text), None, "{text}");
        }
    }

    #[test]
    fn who_says_something_else_means_something_else() {
        for (one, other) in [
            ("5 km", "5 miles"),
            ("5 am", "5 pm"),
            ("7 days ago", "7 days later"),
            ("5 км", "5 миль"),
            ("5 apples", "6 apples"),
            ("Apollo 11", "Soyuz 11"),
            ("5 kilometers", "5 kilograms"),
            ("5 километров", "5 килограммов"),
            ("5 миллиметров", "5 миллиграммов"),
            ("5 m", "5 m²"),
            ("5 meters", "5 square meters"),
            ("5 dollars", "5 euros"),
            ("$5", "€5"),
            ("5 рублей", "$5"),
            ("5%", "5 dollars"),
            ("5 hours", "5 minutes"),
            ("5 МБ", "5 ГБ"),
            ("the square of 5", "5 km"),
            ("5 $ per hour", "5 € per hour"),
        ] {
            assert!(!may_be(one, other), "{one} | {other}");
        }
    }
}
