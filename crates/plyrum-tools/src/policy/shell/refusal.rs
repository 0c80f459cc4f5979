//! Why a shell string is not recognised.

/// What is in the way, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{why} at byte {at}")]
pub struct Refusal {
    /// What it is.
    pub why: Why,
    /// Where it begins, in bytes from 0.
    pub at: usize,
}

/// What the recogniser does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Why {
    /// The string is over 8 KiB.
    #[error("a string of more than 8 KiB")]
    TooLong,
    /// There are more than 64 commands.
    #[error("more than 64 commands")]
    TooMany,
    /// A control or invisible character, or a space that is none to the shell.
    #[error("a control, invisible or unusual space character")]
    Character,
    /// A line break, quoted or not.
    #[error("a line break")]
    LineBreak,
    /// A quote that is not closed.
    #[error("a quote that is not closed")]
    Unclosed,
    /// A backslash with nothing behind it.
    #[error("a backslash with nothing behind it")]
    Backslash,
    /// `$` or a backquote.
    #[error("an expansion")]
    Expansion,
    /// `~`, where the shell may put a home.
    #[error("a home directory (`~`)")]
    Tilde,
    /// Braces.
    #[error("a brace")]
    Brace,
    /// Parentheses.
    #[error("a parenthesis")]
    Parenthesis,
    /// A single `&`.
    #[error("a background `&`")]
    Background,
    /// A redirect other than `2>&1`, `>/dev/null`, `2>/dev/null`.
    #[error("a redirect other than `2>&1`, `>/dev/null` and `2>/dev/null`")]
    Redirect,
    /// `!`.
    #[error("an exclamation mark that is not in single quotes")]
    Exclamation,
    /// `#` at the beginning of a word.
    #[error("a comment")]
    Comment,
    /// `name=value` instead of a command.
    #[error("an assignment")]
    Assignment,
    /// A reserved word instead of a command.
    #[error("a reserved word of the shell")]
    Reserved,
    /// `%` at the beginning of a command.
    #[error("a job instead of a command")]
    Job,
    /// A program's name that is a pattern.
    #[error("a pattern as the name of a program")]
    PatternAsProgram,
    /// A pattern partly in quotes.
    #[error("a pattern that is partly quoted")]
    QuotedPattern,
    /// Nothing where a command should be.
    #[error("a missing command")]
    Missing,
}
