//! A number among words: "18 apples", "there are 18 of them".
//!
//! Whether a model says of what is a matter of taste, so two such answers are the same number until one of them says something
//! else: "5 km" and "5 miles" are two, "5" goes with either. Words that make another number of it ("5 million", "not 5",
//! "5 and a half") leave no number here: those texts are compared as they stand.

use std::collections::BTreeSet;

/// Letters of a word that are compared: "apple" and "apples", «яблок» and «яблока» are one.
const STEM: usize = 4;
/// What units begin with, and say little by: twice as many of their letters are compared.
const METRIC: [&str; 10] = ["kilo", "mega", "giga", "mill", "cent", "кило", "мега", "гига", "милл", "сант"];
/// Words that say nothing of what is counted.
const SILENT: &str = "a an the of in is are was were be there it its they them these those all he she we you i has have had \
will would to for at on and so now total altogether в на и с у это есть было был была будет он она они их них его всего итого \
теперь";
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
    /// The beginnings of the words around it.
    pub(crate) of: BTreeSet<String>,
}

impl Counted {
    /// A number alone.
    pub(super) const fn bare(value: String) -> Self {
        Self { value, of: BTreeSet::new() }
    }

    /// The one number among the words of a short text.
    pub(super) fn among(text: &str) -> Option<Self> {
        let text = without_markup(text);
        let text = super::by_thousands(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        let (mut value, mut of) = (None, BTreeSet::new());
        for token in text.split(' ') {
            let token = token.trim_matches(|c: char| matches!(c, '(' | ')' | '"' | '*' | '`' | ';' | ':'));
            let token = token.trim_end_matches(['.', ',', '!', '?']);
            if token.chars().any(|c| c.is_ascii_digit()) {
                let one = super::number(token.trim_start_matches(['$', '€', '₽', '~', '≈']))?;
                if value.replace(one).is_some() {
                    return None; // two numbers: a date, a ratio, a list
                }
            } else if !token.is_empty() {
                match beside(token) {
                    Beside::Nothing => {}
                    Beside::Of(what) => drop(of.insert(what)),
                    Beside::Other => return None,
                }
            }
        }
        Some(Self { value: value?, of })
    }

    /// Whether two numbers may be the same one: neither says something else than the other.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        self.value == other.value && (self.of.is_subset(&other.of) || other.of.is_subset(&self.of))
    }
}

/// LaTeX's ways to set words beside a number.
fn without_markup(text: &str) -> String {
    ["\\text{", "\\mathrm{", "\\,", "\\ ", "}"]
        .iter()
        .fold(text.to_lowercase(), |text, mark| text.replace(mark, " "))
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
    let is_rule = matches!(token, "—" | "–" | "=" | "%");
    if is_rule || is_in(SILENT, token) || is_in(super::UNITS, token) {
        Beside::Nothing
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

/// Whether a word is one of a list of words.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|one| one == word)
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
            "5-year",
            "± 5",
            "apples",
            "",
            "\\sqrt{5}",
            "5 \\pi",
            "2 to 1",
            "- 5",
            "5 тысяч",
            "5²",
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
        ] {
            assert!(!may_be(one, other), "{one} | {other}");
        }
    }
}
