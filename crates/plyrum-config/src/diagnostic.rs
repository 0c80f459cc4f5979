//! One clear line about one place in one file.
//!
//! The TOML parser's own report spans several lines and quotes the source, which may hold
//! a key; serde's speaks of fields and variants. Here both become: file, line, what is
//! wrong, and the nearest thing that would have been right.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::{literal, locate, nearest, secrecy};

/// So many known keys are listed where none is near; more would hide the message.
const MAX_LISTED: usize = 16;

/// Characters of a message; the rest of a longer one is left out.
const MAX_MESSAGE: usize = 1000;

/// What is wrong, where. Prints as
/// ``config.toml:12: unknown key `inptu` (did you mean `input`?)``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as it was opened (or the variable, for a value from the environment).
    pub file: PathBuf,
    /// From 1; 0 where the whole file is meant.
    pub line: usize,
    /// From 1, in characters; 0 where the whole line or file is meant.
    pub column: usize,
    /// One line of text, with values that could be secrets left out.
    pub message: String,
    /// What was probably meant.
    pub nearest: Option<String>,
}

impl Diagnostic {
    /// About a file as a whole.
    pub fn of_file(file: &Path, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 0, column: 0, message: message.into(), nearest: None }
    }

    /// About the bytes `span` of `text`; without a span, about the file as a whole.
    pub fn from_span(file: &Path, text: &str, span: Option<Range<usize>>, message: &str) -> Self {
        let (line, column) = span.map_or((0, 0), |span| locate::position(text, span.start));
        let message = one_line(&secrecy::conceal(text, message));
        Self { file: file.to_owned(), line, column, message, nearest: None }
    }

    /// From the parser's or serde's error over `text`.
    pub fn from_toml(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let words = Words::of(text, error);
        Self { nearest: words.nearest, ..Self::from_span(file, text, error.span(), &words.message) }
    }

    /// The same, with what was probably meant chosen from `known`.
    #[must_use]
    pub fn with_nearest<'a>(mut self, wrong: &str, known: impl Iterator<Item = &'a str>) -> Self {
        self.nearest = nearest(wrong, known).map(str::to_owned);
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if self.line > 0 {
            write!(f, "{}:", self.line)?;
        }
        write!(f, " {}", self.message)?;
        self.nearest.iter().try_for_each(|nearest| write!(f, " (did you mean `{nearest}`?)"))
    }
}

impl std::error::Error for Diagnostic {}

/// Serde's sentence in our words.
struct Words {
    message: String,
    nearest: Option<String>,
}

impl Words {
    fn of(text: &str, error: &toml::de::Error) -> Self {
        let message = error.message();
        if let Some((name, known)) = unknown("unknown field", message) {
            return Self::about_key(name, &known);
        }
        if DeTable::parse(text).is_err() {
            return Self::plain(message.to_owned());
        }
        let path = error.span().map(|span| locate::key_path(text, span.start)).unwrap_or_default();
        if let Some((name, known)) = unknown("unknown variant", message) {
            // `api_key = { evn = … }`: a choice spelled as a key.
            if path.last().is_some_and(|key| key == name) {
                return Self::about_key(name, &known);
            }
            return Self::about_value(&path, name, &known);
        }
        let message = message.replace("missing field", "missing key");
        Self::plain(if path.is_empty() { message } else { format!("{}: {message}", literal::dotted(&path)) })
    }

    fn plain(message: String) -> Self {
        Self { message, nearest: None }
    }

    fn about_key(name: &str, known: &[&str]) -> Self {
        let name = if secrecy::looks_secret(name) { crate::HIDDEN } else { name };
        Self::choose(format!("unknown key `{name}`"), name, known)
    }

    fn about_value(path: &[String], name: &str, known: &[&str]) -> Self {
        let message = match path {
            [] => format!("unknown value `{name}`"),
            path => format!("{}: unknown value `{name}`", literal::dotted(path)),
        };
        Self::choose(message, name, known)
    }

    fn choose(message: String, wrong: &str, known: &[&str]) -> Self {
        match nearest(wrong, known.iter().copied()) {
            Some(near) => Self { message, nearest: Some(near.to_owned()) },
            None => Self::plain(message + &listing(known)),
        }
    }
}

fn listing(known: &[&str]) -> String {
    let listed: Vec<String> = known.iter().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
    match known.len() {
        0 => "; nothing may be set here".to_owned(),
        1..=MAX_LISTED => format!("; known: {}", listed.join(", ")),
        _ => format!("; known: {} …", listed.join(", ")),
    }
}

/// Takes apart ``unknown field `x`, expected one of `a`, `b` `` and its shorter forms.
fn unknown<'m>(kind: &str, message: &'m str) -> Option<(&'m str, Vec<&'m str>)> {
    let rest = message.strip_prefix(kind)?.strip_prefix(" `")?;
    let (name, expected) = rest.split_once("`, ")?;
    Some((name, expected.split('`').skip(1).step_by(2).collect()))
}

/// One bounded line without control characters: a key can be a megabyte long and hold
/// escapes that a terminal or a log viewer would obey.
fn one_line(message: &str) -> String {
    let joined = message.lines().map(str::trim).collect::<Vec<_>>().join("; ");
    let visible = joined.chars().flat_map(|c| {
        let escaped = c.is_control().then(|| c.escape_default());
        escaped.into_iter().flatten().chain((!c.is_control()).then_some(c))
    });
    let mut line: String = visible.take(MAX_MESSAGE).collect();
    if line.chars().count() == MAX_MESSAGE {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    // Only its shape matters: what serde and the parser say about it.
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "deserialised for its errors, never read")]
    struct File {
        limit: Option<u32>,
        lab: Option<Lab>,
        #[serde(default)]
        models: std::collections::BTreeMap<String, Lab>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "deserialised for its errors, never read")]
    struct Lab {
        base_url: String,
        api_key: Option<Key>,
        price: Option<Price>,
        profile: Option<Profile>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "deserialised for its errors, never read")]
    struct Price {
        input: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "deserialised for its errors, never read")]
    enum Key {
        Env(String),
        File(String),
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Profile {
        Cheap,
        Balanced,
    }

    fn check(text: &str, expected: &str) {
        let error = toml::from_str::<File>(text).unwrap_err();
        let shown = Diagnostic::from_toml(Path::new("config.toml"), text, &error).to_string();
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_known_key() {
        check("limit = 1\nlimti = 2\n", "config.toml:2: unknown key `limti` (did you mean `limit`?)");
        check(
            "[lab]\nbase_url = \"x\"\n\n[lab.price]\ninptu = \"3\"\n",
            "config.toml:5: unknown key `inptu` (did you mean `input`?)",
        );
        check(
            "[models.\"lab/fast\"]\nbase_url = \"x\"\nprice = { inptu = \"3\" }\n",
            "config.toml:3: unknown key `inptu` (did you mean `input`?)",
        );
        check("[labb]\nx = 1\n", "config.toml:1: unknown key `labb` (did you mean `lab`?)");
    }

    #[test]
    fn a_key_that_is_near_to_none_lists_those_that_are_known() {
        check(
            "temperature = 1\n",
            "config.toml:1: unknown key `temperature`; known: `limit`, `lab`, `models`",
        );
    }

    #[test]
    fn a_wrong_value_names_its_key() {
        check("limit = \"many\"\n", "config.toml:1: limit: invalid type: string \"many\", expected u32");
        check(
            "[models.\"lab/fast\"]\nbase_url = \"x\"\nprofile = \"cheep\"\n",
            "config.toml:3: models.\"lab/fast\".profile: unknown value `cheep` (did you mean `cheap`?)",
        );
        check("[lab]\nprofile = \"cheap\"\n", "config.toml:1: lab: missing key `base_url`");
    }

    #[test]
    fn broken_syntax_is_one_line_too() {
        check("[lab\n", "config.toml:1: unclosed table, expected `]`");
        check("limit = 1\nlimit = 2\n", "config.toml:2: duplicate key");
        check("limit = \"x\n", "config.toml:1: invalid basic string, expected `\"`");
    }

    #[test]
    fn a_key_pasted_where_its_name_belongs_is_never_quoted() {
        check(
            "[lab]\nbase_url = \"x\"\napi_key = \"hunter2\"\n",
            "config.toml:3: lab.api_key: unknown value `«hidden»`; known: `env`, `file`",
        );
        check(
            "[lab]\nbase_url = \"x\"\napi_key = { evn = \"hunter2\" }\n",
            "config.toml:3: unknown key `evn` (did you mean `env`?)",
        );
        check(
            "limit = \"sk-proj-012345678\"\n",
            "config.toml:1: limit: invalid type: string \"«hidden»\", expected u32",
        );
    }

    #[test]
    fn a_message_of_several_lines_becomes_one() {
        let shown = Diagnostic::from_span(Path::new("c"), "a\nb", Some(2..3), "one\n  two");
        assert_eq!((shown.to_string().as_str(), shown.column), ("c:2: one; two", 1));
    }

    #[test]
    fn a_key_that_a_terminal_would_obey_is_shown_escaped_and_cut() {
        check(
            "\"\\u001b[2Jx\" = 1\n",
            "config.toml:1: unknown key `\\u{1b}[2Jx`; known: `limit`, `lab`, `models`",
        );
        let long = format!("{} = 1\n", "k".repeat(100_000));
        let error = toml::from_str::<File>(&long).unwrap_err();
        let shown = Diagnostic::from_toml(Path::new("c"), &long, &error).to_string();
        assert!(shown.len() < 1_100 && shown.ends_with('…'), "{}", shown.len());
    }
}
