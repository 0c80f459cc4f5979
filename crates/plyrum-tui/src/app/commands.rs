//! What can be written after `/`. One table makes completion, the palette and the help.

use crate::composer::CommandHint;

/// A command of the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the table in this file describes each")]
pub enum Command {
    New,
    Sessions,
    Resume,
    Model,
    Persona,
    Plan,
    Profile,
    Effort,
    Approve,
    Runs,
    Attach,
    Lifecycle,
    FinishNow,
    Approvals,
    Undo,
    Rewind,
    Fork,
    Rename,
    Compact,
    Copy,
    Code,
    Details,
    Usage,
    Audit,
    Models,
    Mouse,
    Help,
    Quit,
}

/// The word, what it means, and the key of its description.
pub const COMMANDS: &[(&str, Command, &str)] = &[
    ("new", Command::New, "command-new"),
    ("sessions", Command::Sessions, "command-sessions"),
    ("resume", Command::Resume, "command-resume"),
    ("fork", Command::Fork, "command-fork"),
    ("rename", Command::Rename, "command-rename"),
    ("rewind", Command::Rewind, "command-rewind"),
    ("compact", Command::Compact, "command-compact"),
    ("model", Command::Model, "command-model"),
    ("persona", Command::Persona, "command-persona"),
    ("plan", Command::Plan, "command-plan"),
    ("profile", Command::Profile, "command-profile"),
    ("effort", Command::Effort, "command-effort"),
    ("approve", Command::Approve, "command-approve"),
    ("runs", Command::Runs, "command-runs"),
    ("attach", Command::Attach, "command-attach"),
    ("lifecycle", Command::Lifecycle, "command-lifecycle"),
    ("finish", Command::FinishNow, "command-finish"),
    ("approvals", Command::Approvals, "command-approvals"),
    ("undo", Command::Undo, "command-undo"),
    ("copy", Command::Copy, "command-copy"),
    ("code", Command::Code, "command-code"),
    ("details", Command::Details, "command-details"),
    ("usage", Command::Usage, "command-usage"),
    ("audit", Command::Audit, "command-audit"),
    ("models", Command::Models, "command-models"),
    ("mouse", Command::Mouse, "command-mouse"),
    ("help", Command::Help, "command-help"),
    ("quit", Command::Quit, "command-quit"),
];

/// The same for completion.
pub(super) fn hints() -> Vec<CommandHint> {
    let hint = |(name, _, about): &(&str, Command, &str)| CommandHint {
        name: (*name).to_owned(),
        about: (*about).to_owned(),
    };
    COMMANDS.iter().map(hint).collect()
}

impl Command {
    /// The command of a word: the whole word, or a beginning that only one has.
    pub fn named(word: &str) -> Option<Self> {
        if let Some((_, command, _)) = COMMANDS.iter().find(|(name, ..)| *name == word) {
            return Some(*command);
        }
        let mut fits = COMMANDS.iter().filter(|(name, ..)| name.starts_with(word));
        match (fits.next(), fits.next()) {
            (Some((_, command, _)), None) if !word.is_empty() => Some(*command),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_or_a_beginning_of_one_names_a_command() {
        assert_eq!(Command::named("model"), Some(Command::Model));
        assert_eq!(Command::named("und"), Some(Command::Undo));
        for nothing in ["", "re", "nonsense", "modelss"] {
            assert_eq!(Command::named(nothing), None, "{nothing}");
        }
    }
}
