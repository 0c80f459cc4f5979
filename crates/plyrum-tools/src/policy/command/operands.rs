//! What the words are that are no options.

use super::grammar::{Parsed, word};
use super::{At, paths};

/// The operands of a command.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operands {
    /// There are none.
    None,
    /// Anything: the command only prints or compares them.
    Text,
    /// Plain names.
    Words,
    /// Paths that are read.
    Read,
    /// At most so many paths that are read: one more would be written.
    ReadAtMost(usize),
    /// Something that is searched for, then paths; only paths where one of these options gives it.
    PatternThenRead(&'static [&'static str]),
    /// Paths that are written.
    Write,
    /// Revisions or paths of git: whatever it is, as a path it lies inside.
    Revisions,
}

impl Operands {
    pub(super) fn check(self, name: &str, parsed: &Parsed<'_>, at: &At<'_>) -> Result<(), String> {
        let given = parsed.operands.as_slice();
        let too_many = |most: usize| match given.get(most) {
            Some(word) => Err(format!("`{word}` is one word more than `{name}` reads")),
            None => Ok(()),
        };
        match self {
            Self::None => too_many(0),
            Self::Text => Ok(()),
            Self::Words => match given.iter().find(|text| !word(text)) {
                Some(text) => Err(format!("`{text}` is no plain name for `{name}`")),
                None => Ok(()),
            },
            Self::Read => given.iter().try_for_each(|path| paths::read(path, at)),
            Self::ReadAtMost(most) => {
                too_many(most)?;
                given.iter().try_for_each(|path| paths::read(path, at))
            }
            Self::PatternThenRead(given_by) => {
                let pattern_is_option = given_by.iter().any(|option| parsed.has(option));
                given.iter().skip(usize::from(!pattern_is_option)).try_for_each(|path| paths::read(path, at))
            }
            Self::Write => given.iter().try_for_each(|path| paths::write(path, at)),
            Self::Revisions => given.iter().try_for_each(|word| paths::revision(word, at)),
        }
    }
}

/// `@file` stands for the words in it.
pub(super) fn no_response_file(args: &[String]) -> Result<(), String> {
    match args.iter().find(|arg| arg.starts_with('@')) {
        Some(file) => Err(format!("`{file}` stands for words of a file")),
        None => Ok(()),
    }
}
