//! Small words that several commands share, and the catalogue that all of them speak from.

use plyrum_protocol::{RunStatus, Timestamp};
use plyrum_words::{Lang, Words};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::OnceLock;

static WORDS: OnceLock<Words> = OnceLock::new();

/// A message of the catalogue: `say!("key")`, `say!("key", name = value)`; `say!(in words, …)` where the words are given.
macro_rules! say {
    (in $words:expr, $key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $words.with($key, &[$((stringify!($name), ::plyrum_words::Value::from($value))),*])
    };
    ($key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        say!(in $crate::text::words(), $key $(, $name = $value)*)
    };
}
pub(crate) use say;

/// What this command says, in its user's language. In tests English, whatever the environment says.
pub(crate) fn words() -> &'static Words {
    WORDS.get_or_init(|| Words::new(if cfg!(test) { Lang::En } else { crate::language::of_user() }))
}

/// An English text of another crate, in the user's language; see [`Words::told`].
pub(crate) fn told(english: &str) -> Cow<'_, str> {
    words().told(english)
}

/// Output for programs is English everywhere, also where it quotes an error. To be said before anything is.
pub(crate) fn speak_to_programs() {
    let _said_already = WORDS.set(Words::new(Lang::En));
}

/// How a run stands.
pub(crate) fn status(words: &Words, status: RunStatus) -> String {
    words.say(&format!("status-{}", status.as_str()))
}

/// The word at the head of a check's line.
pub(crate) fn verdict(ok: bool) -> String {
    format!("{:<4}", if ok { say!("check-ok") } else { say!("check-fail") })
}

/// Labelled lines, the values one under another; at least so far from the margin.
pub(crate) fn labelled(least: usize, lines: &[(String, String)]) -> String {
    let longest = lines.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let width = least.max(longest + 2);
    let mut text = String::new();
    for (label, value) in lines {
        let _infallible = writeln!(text, "{label:<width$}{value}");
    }
    text
}

/// A time as people read it in lists: local to nobody, so UTC and said so.
pub(crate) fn time(at: Timestamp) -> String {
    let text = at.to_string();
    let (date, rest) = text.split_once('T').unwrap_or((&text, ""));
    let clock: String = rest.chars().take(8).collect();
    format!("{date} {clock}Z")
}

/// An id as lists show it: enough to be found by.
pub(crate) fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

/// At most so many characters of one line, with a sign where there are more.
pub(crate) fn shortened(text: &str, chars: usize) -> String {
    let mut shown: String = text.chars().take(chars).collect();
    if shown.len() < text.len() {
        shown.pop();
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_word_in_both_languages() {
        use RunStatus::{Cancelled, Degraded, Detached, Failed, Interrupted, Parked, Running, Succeeded};
        for lang in [Lang::En, Lang::Ru] {
            let words = Words::new(lang);
            for of_run in [Running, Succeeded, Degraded, Failed, Cancelled, Interrupted, Parked, Detached] {
                let said = status(&words, of_run);
                assert_eq!(said == of_run.as_str(), lang == Lang::En, "{said}");
            }
        }
    }

    #[test]
    fn labels_of_any_length_line_up() {
        let lines = |labels: [&str; 2]| labels.map(|label| (label.to_owned(), "1".to_owned()));
        assert_eq!(labelled(0, &lines(["mode", "posted"])), "mode    1\nposted  1\n");
        assert_eq!(labelled(10, &lines(["план", "риск"])), "план      1\nриск      1\n");
    }
}
