//! A number among words: "18 apples", "there are 18 of them".
//!
//! Whether a model says of what is a matter of taste, so two such answers are the same number until one of them says something
//! else: "5 km" and "5 miles" are two, "5" goes with either, and "5km" and "5 километров" are one ([`units`]). Words that
//! make another number of it ("not 5", "5 and a half", "at most 5") leave no number here: those texts are compared as they
//! stand. Thousands and millions are counted in.

use super::is_in;
use super::number::{joined, number, plain_fraction, times};
use super::units::{self, unit};
use rust_stemmers::{Algorithm, Stemmer};
use std::collections::BTreeSet;

/// Words that say nothing of what is counted.
const SILENT: &str = "a an the of in is are was were be there it its they them these those all he she we you i has have had \
will would to for at on and so now total altogether about around approximately roughly points point items item pieces \
piece штук штуки штука шт в на и с у это есть был была было будет он она они их него всего итого теперь около примерно";
/// Words that make another number of a number.
const TELLING: &str = "hundreds thousands millions billions trillions dozens pair pairs gross score lakh crore not no never \
none nothing cannot without except but besides wrong incorrect false untrue less fewer few more than over under above below \
least most almost nearly up from max maximum min minimum before after ago minus negative plus times twice double triple half \
halves third thirds quarter quarters fifth fifths sixth sixths seventh sevenths eighth eighths ninth ninths tenth tenths \
hundredth hundredths thousandth thousandths millionth millionths per squared square cubed cube cubic root factorial log ln sin \
cos tan pi binary octal hex hexadecimal decimal base bc bce loss decrease decreased down off short or десятков десятки пар пары \
сот не ни без кроме неверно неправильно менее меньше более больше свыше выше ниже почти от до после назад максимум минимум минус \
отрицательное отрицательный отрицательные плюс половина половиной треть трети четверть четвертью пятых десятых сотых тысячных \
миллионных дважды вдвое квадрат квадрате кубе корень факториал двоичной двоичное шестнадцатеричной или";
/// Words that stand behind a number and multiply it.
const SCALES: [(&str, i128); 6] = [
    ("dozen дюжина дюжины дюжин", 12),
    ("hundred сотня сотни сотен", 100),
    ("thousand k тыс тысяча тысячи тысяч", 1_000),
    ("million mln mio mn млн миллион миллиона миллионов", 1_000_000),
    ("billion bn b млрд миллиард миллиарда миллиардов", 1_000_000_000),
    ("trillion tn трлн триллион триллиона триллионов", 1_000_000_000_000),
];
/// Currencies: an "m" behind them is a million.
const MONEY: [&str; 11] = ["usd", "eur", "rub", "gbp", "jpy", "cny", "inr", "krw", "uah", "kzt", "try"];
/// Words before a unit that make a rate: "5 km per hour", «5 рублей в час».
const PER: &str = "per a an в за";

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
        let text = without_markup(&with_millions(&plain_fraction(text)));
        let text = joined(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        let mut value = None;
        let mut of: Vec<String> = Vec::new();
        // Whether the number itself was the last word.
        let mut follows = false;
        let mut tokens = text.split(' ').map(alone).filter(|token| !token.is_empty()).peekable();
        while let Some(token) = tokens.next() {
            let is_first = std::mem::replace(&mut follows, false);
            if token == "min" && value.is_none() {
                return None; // the least, not minutes
            }
            let rate = value.is_some() && is_in(PER, token);
            if token.starts_with(|c: char| !c.is_alphabetic()) && token.contains(|c: char| c.is_ascii_digit())
            {
                let (one, unit) = with_unit(token)?;
                of.extend(unit.map(str::to_owned));
                if value.replace(one).is_some() {
                    return None; // two numbers: a date, a ratio, a list
                }
                follows = true;
            } else if let Some(factor) = scale(token, of.last()).filter(|_| is_first) {
                value = Some(times(&value?, factor)?);
            } else if is_first && token == "т" && tokens.peek().is_some_and(|next| unit(next) == Some("rub"))
            {
                value = Some(times(&value?, 1_000)?); // «5 т. р.»: thousands before rubles, else tonnes
            } else if let Some(unit) = tokens.peek().and_then(|next| unit(next)).filter(|_| rate) {
                let what = of.pop().unwrap_or_default();
                of.push(format!("{what}/{unit}"));
                tokens.next();
            } else if let Some(unit) = tokens.peek().and_then(|next| units::power(token, next)) {
                of.push(unit);
                tokens.next();
            } else {
                match beside(token) {
                    Beside::Nothing => {}
                    Beside::Of(what) => of.push(what),
                    Beside::Other => return None,
                }
            }
        }
        Some(Self { value: value?, of: of.into_iter().collect() })
    }

    /// Whether nothing is said beside the number but its units.
    pub(super) fn is_measure(&self) -> bool {
        let is_unit = |what: &str| what.is_empty() || unit(what.trim_end_matches(['²', '³'])).is_some();
        self.of.iter().all(|what| what.split('/').all(is_unit))
    }

    /// Whether two numbers may be the same one: neither says something else than the other.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        self.value == other.value && (self.of.is_subset(&other.of) || other.of.is_subset(&self.of))
    }
}

/// Marks that are set around a number and its unit, most of them LaTeX's, and what they stand for, in order.
const MARKS: [(&str, &str); 19] = [
    ("^{\\circ}", "°"),
    ("^\\circ", "°"),
    ("\\%", "%"),
    ("\\$", "$"),
    ("{,}", ","),
    ("\\text{", " "),
    ("\\mathrm{", " "),
    ("\\,", " "),
    ("\\ ", " "),
    ("}^", "^"),
    ("^{2}", "²"),
    ("^{3}", "³"),
    ("^2", "²"),
    ("^3", "³"),
    ("}", " "),
    ("° c", "°c"),
    ("° f", "°f"),
    ("per cent", "percent"),
    ("ё", "е"),
];

fn without_markup(text: &str) -> String {
    MARKS.iter().fold(text.to_lowercase(), |text, (mark, plain)| text.replace(mark, plain))
}

/// With millions for an "M" behind digits: a small one is a metre.
fn with_millions(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_end = !letters.peek().is_some_and(|next| next.is_alphanumeric());
        let is_million = letter == 'M' && is_end && plain.ends_with(|c: char| c.is_ascii_digit());
        if is_million {
            plain.push_str(" million");
        } else {
            plain.push(letter);
        }
    }
    plain
}

/// What a word behind a number multiplies it by.
fn scale(word: &str, last: Option<&String>) -> Option<i128> {
    if word == "m" && last.is_some_and(|unit| MONEY.contains(&unit.as_str())) {
        return Some(1_000_000);
    }
    SCALES.iter().find(|(words, _)| is_in(words, word)).map(|(_, factor)| *factor)
}

/// A word without what is set around it. Brackets around several numbers are more than that.
fn alone(token: &str) -> &str {
    let token = token.trim_matches(|c: char| matches!(c, '(' | ')' | '"' | '*' | '`' | ';' | ':'));
    token.trim_end_matches(['.', ',', '!', '?'])
}

/// A number and the unit that is written to it: "$5", "-€5", "5km", "5%", "$5bn".
fn with_unit(token: &str) -> Option<(String, Option<&'static str>)> {
    let token = token.trim_start_matches(['~', '≈']);
    let (sign, token) = token.strip_prefix('-').map_or(("", token), |rest| ("-", rest));
    let before = token.chars().next().filter(|c| !c.is_ascii_digit() && *c != '.').map_or(0, char::len_utf8);
    let (before, token) = token.split_at_checked(before)?;
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '/' | '\'' | '’' | '_');
    let (digits, after) = token.split_at_checked(token.find(|c| !is_of_number(c)).unwrap_or(token.len()))?;
    let value = number(&format!("{sign}{digits}"))?;
    let currency = if before.is_empty() { None } else { Some(unit(before)?) };
    if after.is_empty() {
        return Some((value, currency));
    }
    if let Some(factor) = scale(after, currency.map(str::to_owned).as_ref()) {
        return Some((times(&value, factor)?, currency));
    }
    let after = unit(after.trim_start_matches('-'))?;
    currency.is_none().then_some((value, Some(after)))
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
    let is_word = token.starts_with(char::is_alphabetic)
        && token.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-' | '/'));
    let is_rule = matches!(token, "—" | "–" | "=");
    // An unknown of mathematics; in Russian texts "г" is a gram or a year.
    let is_letter = token.chars().count() == 1 && token != "г";
    if is_rule || is_in(SILENT, token) {
        Beside::Nothing
    } else if let Some(unit) = unit(token) {
        Beside::Of(unit.to_owned())
    } else if !is_word
        || is_letter
        || is_in(TELLING, token)
        || scale(token, None).is_some()
        || token.ends_with("n't")
        || token.ends_with("n’t")
    {
        Beside::Other
    } else {
        Beside::Of(stem(token))
    }
}

/// A word without its ending: "apple" and "apples", «яблок» and «яблока» are one (Porter's algorithms, Snowball).
fn stem(word: &str) -> String {
    let is_cyrillic = word.chars().any(|c| matches!(c, 'а'..='я'));
    let language = if is_cyrillic { Algorithm::Russian } else { Algorithm::English };
    Stemmer::create(language).stem(word).into_owned()
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
            ("5 million", "5,000,000"),
            ("5 млн руб.", "5 000 000 рублей"),
            ("$5M", "5 million dollars"),
            ("1.5k", "1500"),
            ("2 dozen eggs", "24"),
            ("5 тысяч", "5000"),
            ("5 т. р.", "5000 рублей"),
            ("5 т", "5 тонн"),
            ("5 km per hour", "5 км/ч"),
            ("5 миль в час", "5 mph"),
            ("5 per cent", "5%"),
            ("5 \\text{ m}^2", "5 м²"),
            ("5^{\\circ}\\text{C}", "5 °C"),
            ("5 \\mathrm{cm}^{2}", "5 cm²"),
            ("5 р.", "5 рублей"),
            ("5 km/h", "5"),
        ] {
            assert!(may_be(one, other), "{one} | {other}");
            assert!(may_be(other, one), "{other} | {one}");
        }
    }

    #[test]
    fn words_that_make_another_number_of_it_leave_none() {
        for text in [
            "millions of 5",
            "не 5",
            "it isn't 5",
            "2 dozens of them",
            "not 5",
            "5 and a half",
            "more than 5",
            "5 миллионных",
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
            "5+",
            ">5",
            "5 e",
            "5 π",
            "x² = 5",
            "at most 5",
            "min 5",
            "all except 5",
            "log 5",
            "5 tenths",
            "негативно, не 5",
            "Python 3.10 or 3.1",
            "[1, 2]",
            "5²",
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
            ("₹5", "$5"),
            ("5 рублей", "$5"),
            ("5%", "5 dollars"),
            ("5 hours", "5 minutes"),
            ("5 МБ", "5 ГБ"),
            ("5 km", "5 km per hour"),
            ("5 рублей в час", "5 рублей"),
            ("5 apples per hour", "5 apples"),
            ("$5M", "$5"),
            ("5M", "5m"),
            ("5 т. руб.", "5 руб."),
            ("5‰", "5%"),
            ("5 contracts", "5 contradictions"),
            ("5 переходов", "5 передач"),
            ("5 $ per hour", "5 € per hour"),
        ] {
            assert!(!may_be(one, other), "{one} | {other}");
        }
    }
}
