//! Where a provider's key is: never the key itself.
//!
//! Configuration files are committed, shared and pasted into issues. So a key written in one is refused,
//! and since people do write them there, nothing on the way to that refusal may repeat the value: the
//! table is read without any error that quotes it.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use toml::Value;

const MAX_TEXT_BYTES: usize = 4096;
const MAX_COMMAND_WORDS: usize = 64;

/// What to write instead; a part of every message here.
const HINT: &str = "write { env = \"NAME\" }, { file = \"…\" } or { command = [\"…\"] }";

/// A place that the daemon reads a key from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// An environment variable of the daemon, by name.
    Env(String),
    /// A file that only its owner can read, as written; relative means beside the configuration file.
    File(PathBuf),
    /// A program and its arguments, whose output is the key.
    Command(Vec<String>),
}

/// `api_key` as written: a source, or why it is none (without its value).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySection(Result<KeySource, String>);

impl KeySection {
    /// The source, or a message that tells what to write instead and never holds what was written.
    pub fn source(&self) -> Result<&KeySource, &str> {
        self.0.as_ref().map_err(String::as_str)
    }
}

impl<'de> Deserialize<'de> for KeySection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(source_of(Value::deserialize(deserializer)?)))
    }
}

fn source_of(value: Value) -> Result<KeySource, String> {
    let Value::Table(table) = value else {
        return Err(format!("a key must not stand in the configuration: {HINT}"));
    };
    let mut entries = table.into_iter();
    let (Some((kind, value)), None) = (entries.next(), entries.next()) else {
        return Err(format!("a key has exactly one source: {HINT}"));
    };
    match (kind.as_str(), value) {
        ("env", Value::String(name)) if is_variable(&name) => Ok(KeySource::Env(name)),
        ("env", _) => Err(format!(
            "`env` takes the name of a variable (letters, digits, underscores), not its value: {HINT}"
        )),
        ("file", Value::String(path)) if is_word(&path) => Ok(KeySource::File(PathBuf::from(path))),
        ("file", _) => Err(format!("`file` takes a path: {HINT}")),
        ("command", Value::Array(words)) => {
            command(words).ok_or_else(|| format!("`command` takes 1 to {MAX_COMMAND_WORDS} texts: {HINT}"))
        }
        ("command", _) => Err(format!("`command` takes a list, it is not run by a shell: {HINT}")),
        _ => Err(format!("a key comes from `env`, `file` or `command`: {HINT}")),
    }
}

fn command(words: Vec<Value>) -> Option<KeySource> {
    if words.is_empty() || words.len() > MAX_COMMAND_WORDS {
        return None;
    }
    let word = |value| match value {
        Value::String(word) if word.len() <= MAX_TEXT_BYTES && !word.contains('\0') => Some(word),
        _ => None,
    };
    let words: Vec<String> = words.into_iter().map(word).collect::<Option<_>>()?;
    words.first().is_some_and(|program| !program.is_empty()).then_some(KeySource::Command(words))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_TEXT_BYTES && !text.contains('\0')
}

fn is_variable(name: &str) -> bool {
    name.len() <= 256
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Holder {
        api_key: KeySection,
    }

    fn read(toml: &str) -> Result<KeySource, String> {
        let holder: Holder = toml::from_str(&format!("api_key = {toml}")).expect("never a parse error");
        holder.api_key.source().cloned().map_err(str::to_owned)
    }

    #[test]
    fn a_key_comes_from_one_of_three_places() {
        assert_eq!(read(r#"{ env = "LAB_KEY" }"#), Ok(KeySource::Env("LAB_KEY".to_owned())));
        assert_eq!(read(r#"{ file = "/k" }"#), Ok(KeySource::File("/k".into())));
        let command = vec!["pass".to_owned(), "show".to_owned(), String::new()];
        assert_eq!(read(r#"{ command = ["pass", "show", ""] }"#), Ok(KeySource::Command(command)));
    }

    #[test]
    fn whatever_else_stands_there_is_refused_with_the_hint_and_never_repeated() {
        for toml in [
            r#""sk-live-424242""#,
            "424242",
            "424242.5",
            r#"["424242"]"#,
            r#"{ value = "424242" }"#,
            r#"{ env = "sk-424242" }"#,
            r#"{ env = "424242" }"#,
            "{ env = 424242 }",
            "{ file = 424242 }",
            r#"{ command = "pass 424242" }"#,
            r#"{ command = ["x", 424242] }"#,
            r#"{ command = ["", "424242"] }"#,
            r#"{ env = "A", file = "424242" }"#,
            r#"{ "424242" = "x" }"#,
            "{}",
            "{ command = [] }",
            r#"{ file = "" }"#,
        ] {
            let message = read(toml).unwrap_err();
            assert!(message.contains("{ env = "), "{toml}: {message}");
            assert!(!message.contains("424242"), "{toml}: {message}");
        }
    }
}
