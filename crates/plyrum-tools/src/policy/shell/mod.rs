//! The strict recogniser of shell strings. It is no parser of the shell's language: it knows plain words joined
//! by `&& || ; |` and three harmless redirects, and refuses everything else, so that what it accepts is what
//! every POSIX shell and `bash` run as exactly these words. What is refused is asked for, never guessed.

mod characters;
mod refusal;
mod scan;
#[cfg(test)]
mod tests;

pub(super) use characters::invisible;
pub use refusal::{Refusal, Why};

/// Longest string that is looked at, in bytes.
pub(super) const MAX_BYTES: usize = 8 * 1024;
/// Most commands of one string.
pub(super) const MAX_COMMANDS: usize = 64;

/// One simple command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Simple {
    /// What joins it with the command before: `&&`, `||`, `;` or `|`; none at the first.
    pub joined: Option<&'static str>,
    /// The program and its arguments, at least one.
    pub words: Vec<Word>,
    /// Harmless redirects, in order, as a shell reads them.
    pub redirects: Vec<&'static str>,
}

/// One word after quotes are taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// What the program gets, unless the word is a pattern that matches files.
    pub text: String,
    /// Whether the shell looks for files: it has an unquoted `*`, `?` or `[`.
    pub pattern: bool,
}

impl Simple {
    /// The words as they stand, patterns included.
    pub fn argv(&self) -> Vec<String> {
        self.words.iter().map(|word| word.text.clone()).collect()
    }
}

/// The simple commands of a shell string in order, or what is in the way.
pub fn recognise(command: &str) -> Result<Vec<Simple>, Refusal> {
    if command.len() > MAX_BYTES {
        return Err(Refusal { why: Why::TooLong, at: MAX_BYTES });
    }
    scan::scan(command)
}
