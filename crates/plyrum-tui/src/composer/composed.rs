//! What a text asks for: a prompt, a command of the screen, or a line for the shell.

use super::chip::is_mark;
use std::ops::Range;

/// A text that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Composed {
    /// A question to the models.
    Prompt {
        /// All of it, with pasted text in its place.
        text: String,
        /// The files that the user named with `@`, in order. Pasted text that was folded names none: who wrote it is not
        /// who sends it.
        files: Vec<String>,
    },
    /// `/name arguments`.
    Command {
        /// Without the slash.
        name: String,
        /// What follows, trimmed.
        args: String,
    },
    /// `!line`.
    Shell(String),
}

impl Composed {
    /// By the sign at its beginning. `/etc/passwd` is no command: a name has no second slash.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let trimmed = text.trim_end();
        if let Some(line) = trimmed.strip_prefix('!').map(str::trim).filter(|line| !line.is_empty()) {
            return Self::Shell(line.to_owned());
        }
        if let Some((name, args)) = command(trimmed) {
            return Self::Command { name: name.to_owned(), args: args.to_owned() };
        }
        let files = mentions(trimmed).into_iter().map(|mention| mention.path).collect();
        Self::Prompt { text: trimmed.to_owned(), files }
    }
}

fn command(text: &str) -> Option<(&str, &str)> {
    let line = text.strip_prefix('/')?;
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    let (name, args) = (line.get(..end)?, line.get(end..)?);
    let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some((name, args.trim()))
}

/// A file that a text names: `@src/lib.rs`, or `@"with space.md"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where it is, with the sign.
    pub range: Range<usize>,
    /// The path.
    pub path: String,
}

/// The files that a text names with `@` at the beginning of a word.
#[must_use]
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let is_inside = found.last().is_some_and(|last| last.range.end > at);
        if !is_inside && begins_word(text, at) {
            found.extend(mention(text, at));
        }
    }
    found
}

/// The path as it stands in a text.
#[must_use]
pub fn mentioned(path: &str) -> String {
    if path.contains(|c: char| c.is_whitespace() || c == '"') || path.ends_with(is_closing) {
        return format!("@\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""));
    }
    format!("@{path}")
}

pub(super) fn begins_word(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    before.is_none_or(|c| c.is_whitespace() || "([{\"'«".contains(c))
}

fn mention(text: &str, at: usize) -> Option<Mention> {
    let after = text.get(at + 1..)?;
    if let Some(quoted) = after.strip_prefix('"') {
        let (path, len) = unquoted(quoted)?;
        return Some(Mention { range: at..at + 2 + len, path }).filter(|mention| !mention.path.is_empty());
    }
    let word = after.split(|c: char| c.is_whitespace() || is_mark(c)).next()?.trim_end_matches(is_closing);
    (!word.is_empty()).then(|| Mention { range: at..at + 1 + word.len(), path: word.to_owned() })
}

/// What ends a sentence or a bracket around a path, rather than the path.
fn is_closing(c: char) -> bool {
    ",.;:!?)]}\"'»".contains(c)
}

/// The path up to the closing quote, and the bytes with it; `\` says that the next character is meant.
fn unquoted(text: &str) -> Option<(String, usize)> {
    let mut path = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((path, at + 1)),
            '\\' => path.push(characters.next()?.1),
            c if c == '\n' || is_mark(c) => return None,
            c => path.push(c),
        }
    }
    None
}
