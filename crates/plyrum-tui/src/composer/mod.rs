//! Where a prompt is written: text, its past, what could be meant, and what was pasted. It knows no terminal and no file;
//! what it needs from outside it asks for ([`Composer::needs_files`], [`Outcome::OpenEditor`]).

mod buffer;
mod chip;
mod complete;
mod composed;
mod edit;
mod history;
mod line;
mod press;
mod ruler;
mod search;
mod view;
mod wrap;

pub use complete::{CommandHint, Completion, Item, MAX_MENU_ROWS};
pub use composed::{Composed, Mention, mentioned, mentions};
pub use history::History;
pub use line::Line;
pub use view::{CompletionView, ComposerView, LineView};

use crate::keymap::Action;
use buffer::{Buffer, Joining, TooLong};
use chip::{Chip, Pasted, is_mark};
use complete::Candidates;
use edit::Kills;
use plyrum_words::Words;
use search::Search;

/// A paste of more lines is folded.
const FOLD_LINES: usize = 8;
/// A paste of more characters is folded.
const FOLD_CHARS: usize = 1_000;

/// Whether a run is going on, which decides what tab does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Activity {
    /// Nothing runs.
    #[default]
    Idle,
    /// A run is going on: a prompt can be queued or steer it.
    Busy,
}

/// What came of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The text, the cursor or the menu has changed: draw.
    Edited,
    /// It was the composer's, and changed nothing.
    Nothing,
    /// It is not the composer's: whoever is around it may take it.
    Unused,
    /// Send this.
    Send(Composed),
    /// Send this when the run has ended.
    Queue(Composed),
    /// Give this to the run that is going on.
    Steer(Composed),
    /// Open this in the external editor, then call [`Composer::replace`].
    OpenEditor(String),
    /// Show the help.
    Help,
    /// It does not fit into a prompt; nothing was changed. The message is `composer-too-long`.
    TooLong,
}

/// The prompt that is being written.
#[derive(Debug, Clone, Default)]
pub struct Composer {
    buffer: Buffer,
    kills: Kills,
    /// What was folded in earlier prompts: where it comes back, it is folded again and names no files.
    pasted: Pasted,
    /// Long prompts of earlier sessions, each folded as a whole.
    earlier: Pasted,
    history: History,
    search: Option<Search>,
    menu: Option<Completion>,
    commands: Vec<CommandHint>,
    /// The files for the name that is being written; none until the runtime has offered them.
    files: Option<Candidates>,
    /// Where a name begins whose menu was closed.
    dismissed: Option<usize>,
    activity: Activity,
}

impl Composer {
    /// Empty, with what was sent before and what can be commanded.
    #[must_use]
    pub fn new(history: History, commands: Vec<CommandHint>) -> Self {
        Self { history, commands, ..Self::default() }
    }

    /// Does what a key means.
    pub fn press(&mut self, action: Action) -> Outcome {
        let outcome = self.answer(action);
        if outcome == Outcome::Edited {
            self.look_for_names();
        }
        outcome
    }

    /// Takes a typed character.
    pub fn typed(&mut self, c: char) -> Outcome {
        if let Some(search) = &mut self.search {
            if !c.is_control() {
                search.typed(c, &self.history);
            }
            return Outcome::Edited;
        }
        if c == '?' && self.is_empty() {
            return Outcome::Help;
        }
        if (c.is_control() && c != '\n' && c != '\t') || is_mark(c) {
            return Outcome::Nothing;
        }
        let outcome = self.insert(c.encode_utf8(&mut [0; 4]), Joining::Typed);
        self.look_for_names();
        outcome
    }

    /// Takes a pasted text. A long one is folded, with a label in the user's language.
    pub fn paste(&mut self, text: &str, words: &Words) -> Outcome {
        let text = clean_text(text);
        if text.is_empty() {
            return Outcome::Nothing;
        }
        self.end_search();
        let outcome = if is_long(&text) {
            let label = label(self.buffer.chips().count() + 1, text.lines().count(), words);
            self.kills.rest();
            outcome(self.buffer.insert_chip(Chip { label, text }))
        } else {
            self.insert(&text, Joining::Alone)
        };
        self.look_for_names();
        outcome
    }

    /// The text, and an empty composer. It is kept in the history.
    pub fn take(&mut self) -> Composed {
        let composed = self.composed();
        self.history.add(&self.buffer.unfolded());
        self.clear();
        composed
    }

    /// What the text asks for as it is now.
    #[must_use]
    pub fn composed(&self) -> Composed {
        let mut composed = Composed::of(&self.buffer.unfolded());
        if let Composed::Prompt { files, .. } = &mut composed {
            *files = mentions(self.buffer.text()).into_iter().map(|mention| mention.path).collect();
        }
        composed
    }

    /// Empties it; nothing is kept.
    pub fn clear(&mut self) {
        self.pasted.remember(self.buffer.chips());
        self.buffer.clear();
        self.history.leave();
        self.kills.forget_chips();
        self.search = None;
        self.menu = None;
        self.files = None;
        self.dismissed = None;
    }

    /// Puts another text in the place of all of it, as after the external editor. It can be undone.
    pub fn replace(&mut self, text: &str) -> Outcome {
        let text = clean_text(text);
        let outcome = self.put(text.strip_suffix('\n').unwrap_or(&text));
        self.look_for_names();
        outcome
    }

    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.text().is_empty()
    }

    /// The text, with what was pasted in its place.
    #[must_use]
    pub fn text(&self) -> String {
        self.buffer.unfolded()
    }

    /// Says whether a run is going on.
    pub fn set_activity(&mut self, activity: Activity) {
        self.activity = activity;
    }

    /// Says how wide the view is. A view of another width is drawn right, and slower.
    pub fn resize(&mut self, width: u16) {
        self.buffer.set_columns(view::columns(width));
    }

    /// The beginning of a path for which [`Composer::offer_files`] is waited for.
    #[must_use]
    pub fn needs_files(&self) -> Option<String> {
        let is_wanted = self.files.is_none() && self.search.is_none();
        let token = self.token().filter(|_| is_wanted)?;
        let is_open = token.kind == complete::Kind::File && self.dismissed != Some(token.range.start);
        is_open.then_some(token.partial)
    }

    /// The paths that could be meant; folders end with `/`. At most ten thousand are looked at.
    pub fn offer_files(&mut self, paths: Vec<String>) {
        self.files = Some(Candidates::new(paths));
        self.menu = None;
        self.look_for_names();
    }

    /// The menu, while it is open.
    #[must_use]
    pub const fn completion(&self) -> Option<&Completion> {
        self.menu.as_ref()
    }

    /// Whether a search through earlier prompts is going on.
    #[must_use]
    pub const fn is_searching(&self) -> bool {
        self.search.is_some()
    }

    /// Puts older prompts before those that were sent from here, the oldest first. Which part of a long one was pasted is on
    /// no record, so it comes back folded and names no files until it is unfolded; those that are too many for that are
    /// left out.
    pub fn remember_earlier(&mut self, prompts: Vec<String>, words: &Words) {
        let mut kept = Vec::new();
        for prompt in prompts.into_iter().rev().map(|prompt| clean_text(&prompt)) {
            if !is_long(&prompt) || self.earlier.keep_older(earlier_chip(&prompt, words)) {
                kept.push(prompt);
            }
        }
        kept.reverse();
        self.history.put_before(kept);
    }
}

fn outcome(edited: Result<(), TooLong>) -> Outcome {
    edited.map_or(Outcome::TooLong, |()| Outcome::Edited)
}

/// Whether a text is folded where nobody typed it here.
fn is_long(text: &str) -> bool {
    text.lines().count() > FOLD_LINES || text.chars().nth(FOLD_CHARS).is_some()
}

fn earlier_chip(prompt: &str, words: &Words) -> Chip {
    let lines = u64::try_from(prompt.lines().count()).unwrap_or(u64::MAX);
    let label = words.with("composer-earlier", &[("lines", lines.into())]);
    Chip { label, text: prompt.trim_end().to_owned() }
}

fn label(number: usize, lines: usize, words: &Words) -> String {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX).into();
    words.with("composer-pasted", &[("number", count(number)), ("lines", count(lines))])
}

/// Text from outside: newlines of one kind, no control characters, nothing that stands for a chip.
fn clean_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    plyrum_markup::clean(&text).replace(is_mark, "")
}

#[cfg(test)]
mod tests;
