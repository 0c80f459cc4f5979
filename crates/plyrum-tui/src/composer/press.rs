//! What each key does to the composer: to a search first, then to the menu, then to the text.

use super::buffer::Joining;
use super::complete::{Candidates, Completion, Token};
use super::search::Search;
use super::{Activity, Composed, Composer, Outcome, outcome};
use crate::keymap::Action;

impl Composer {
    pub(super) fn answer(&mut self, action: Action) -> Outcome {
        if self.search.is_some()
            && let Some(outcome) = self.search_press(action)
        {
            return outcome;
        }
        if self.menu.is_some()
            && let Some(outcome) = self.menu_press(action)
        {
            return outcome;
        }
        if self.kills.press(&mut self.buffer, action) {
            return Outcome::Edited;
        }
        match action {
            Action::Send => self.enter(),
            Action::Newline => self.insert("\n", Joining::Alone),
            Action::CompleteOrQueue if self.activity == Activity::Busy => self.send(Outcome::Queue),
            Action::CompleteOrQueue => Outcome::Nothing,
            Action::Steer if self.activity == Activity::Busy => self.send(Outcome::Steer),
            Action::Steer => self.send(Outcome::Send),
            Action::SearchHistory => self.begin_search(),
            Action::Editor => Outcome::OpenEditor(self.text()),
            Action::Expand => self.unfold(),
            Action::Up => self.up(),
            Action::Down => self.down(),
            // As in every shell: the same key deletes where there is something to delete.
            Action::QuitWhenEmpty if !self.is_empty() => self.answer(Action::DeleteForward),
            _ => Outcome::Unused,
        }
    }

    /// Sends, unless a backslash before the cursor asks for a new line.
    fn enter(&mut self) -> Outcome {
        let at = self.buffer.cursor();
        if self.buffer.ruler().char_before(at) == Some('\\') {
            return outcome(self.buffer.replace(at - 1..at, "\n", Joining::Alone));
        }
        self.send(Outcome::Send)
    }

    fn send(&mut self, how: impl FnOnce(Composed) -> Outcome) -> Outcome {
        if self.text().trim().is_empty() { Outcome::Nothing } else { how(self.take()) }
    }

    pub(super) fn insert(&mut self, text: &str, joining: Joining) -> Outcome {
        self.kills.rest();
        outcome(self.buffer.insert(text, joining))
    }

    /// Puts a text in the place of all of it.
    pub(super) fn put(&mut self, text: &str) -> Outcome {
        self.kills.rest();
        self.pasted.remember(self.buffer.chips());
        let text = self.pasted.fold(text, |chip| self.buffer.keep_chip(chip));
        let text = self.earlier.fold(&text, |chip| self.buffer.keep_chip(chip));
        let outcome = outcome(self.buffer.replace(0..usize::MAX, &text, Joining::Alone));
        self.menu = None;
        outcome
    }

    fn unfold(&mut self) -> Outcome {
        let Some((range, chip)) = self.buffer.chip_near() else { return Outcome::Nothing };
        let text = chip.text.clone();
        outcome(self.buffer.replace(range, &text, Joining::Alone))
    }

    fn up(&mut self) -> Outcome {
        if self.buffer.up() {
            return Outcome::Edited;
        }
        let older = self.history.older(self.buffer.text());
        older.map_or(Outcome::Nothing, |text| self.recall(&text))
    }

    fn down(&mut self) -> Outcome {
        if self.buffer.down() {
            return Outcome::Edited;
        }
        self.history.newer().map_or(Outcome::Nothing, |text| self.recall(&text))
    }

    /// Shows an earlier prompt. No menu opens over it, or the arrows would stay in the menu.
    fn recall(&mut self, text: &str) -> Outcome {
        let outcome = self.put(text);
        self.dismissed = self.token().map(|token| token.range.start);
        outcome
    }

    fn begin_search(&mut self) -> Outcome {
        self.menu = None;
        self.search = Some(Search::default());
        Outcome::Edited
    }

    /// What a key does to a search; none where it ends it and means something by itself.
    fn search_press(&mut self, action: Action) -> Option<Outcome> {
        match (action, &mut self.search) {
            (Action::SearchHistory | Action::Up, Some(search)) => search.older(&self.history),
            (Action::DeleteBack, Some(search)) => search.shorten(&self.history),
            (Action::Escape | Action::Interrupt, _) => self.search = None,
            (Action::Send | Action::CompleteOrQueue, _) => self.end_search(),
            _ => {
                self.end_search();
                return None;
            }
        }
        Some(Outcome::Edited)
    }

    /// Takes what was found.
    pub(super) fn end_search(&mut self) {
        let Some(search) = self.search.take() else { return };
        if let Some(found) = search.shown(&self.history).map(str::to_owned) {
            self.recall(&found);
        }
    }

    /// What a key does to the menu; none where it is not the menu's.
    fn menu_press(&mut self, action: Action) -> Option<Outcome> {
        let menu = self.menu.as_mut()?;
        match action {
            Action::Up => menu.up(),
            Action::Down => menu.down(),
            Action::Escape => self.dismiss(),
            Action::Send if menu.is_whole() => {
                self.menu = None;
                return None;
            }
            Action::CompleteOrQueue | Action::Send => return self.complete(),
            _ => return None,
        }
        // The menu stays as it is now; looking again would begin it anew.
        Some(Outcome::Edited)
    }

    fn complete(&mut self) -> Option<Outcome> {
        let (range, text) = self.menu.take()?.chosen()?;
        self.kills.rest();
        Some(outcome(self.buffer.replace(range, &text, Joining::Alone)))
    }

    fn dismiss(&mut self) {
        self.dismissed = self.menu.take().map(|menu| menu.start());
    }

    pub(super) fn token(&self) -> Option<Token> {
        Token::at(self.buffer.text(), self.buffer.cursor())
    }

    /// Opens, changes or closes the menu by what is at the cursor now.
    pub(super) fn look_for_names(&mut self) {
        let Some(token) = self.token().filter(|_| self.search.is_none()) else {
            self.menu = None;
            self.files = None;
            self.dismissed = None;
            return;
        };
        if self.dismissed == Some(token.range.start)
            || self.menu.as_ref().is_some_and(|menu| menu.is_of(&token))
        {
            return;
        }
        let none = Candidates::default();
        self.menu = Completion::of(token, self.files.as_ref().unwrap_or(&none), &self.commands);
    }
}
