//! The conversation as a long text that is read from its end: turns, each laid out only when it comes into view.
//!
//! A session of any size opens at once: only the latest turns are there, older ones are asked for when their place comes
//! near, and what is far away is forgotten again. New output never moves what is being read: the place that is held is a
//! line of a turn, not a distance from the end.

mod ahead;
mod pages;
mod rows;
mod scroll;
mod turn;

pub use ahead::{Laid, Unlaid};
pub use pages::Wanted;
pub use turn::Answer;
pub(crate) use turn::{State, Turn};

use crate::screen::Look;
use pages::Pages;
use plyrum_protocol::{RunId, SessionId};
use ratatui::text::Line;
use scroll::Anchor;
use std::collections::VecDeque;

/// The conversation that is open.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Conversation {
    /// Its session, once there is one.
    pub session: Option<SessionId>,
    /// Its name.
    pub title: String,
    /// Names it among those that were open here; what was read for another one is none of its turns.
    number: u64,
    /// Its turns, oldest first.
    pub turns: VecDeque<Turn>,
    /// Whether turns of an earlier time are on their way.
    pub is_loading: bool,
    /// Whether answers are being laid out ahead.
    is_laying_out: bool,
    pages: Pages,
    /// Whether what was done is shown whole.
    pub shows_details: bool,
    anchor: Anchor,
    pending: isize,
    size: (usize, usize),
    visible: Vec<Line<'static>>,
    below: bool,
    /// The first and the last turn in view, by their places.
    seen: (usize, usize),
}

impl Conversation {
    /// An empty one, by a number that no other has.
    #[must_use]
    pub fn numbered(number: u64) -> Self {
        Self { number, ..Self::default() }
    }

    /// Its number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The turn of a run.
    pub fn turn_mut(&mut self, run: &RunId) -> Option<&mut Turn> {
        self.turns.iter_mut().rev().find(|turn| turn.run_id() == Some(run))
    }

    /// The turn of a run.
    #[must_use]
    pub fn turn(&self, run: &RunId) -> Option<&Turn> {
        self.turns.iter().rev().find(|turn| turn.run_id() == Some(run))
    }

    /// The last turn.
    #[must_use]
    pub fn last(&self) -> Option<&Turn> {
        self.turns.back()
    }

    /// Adds a turn at the end.
    pub fn push(&mut self, turn: Turn) {
        self.turns.push_back(turn);
        self.pages.pushed();
        self.anchor = Anchor::Bottom;
    }

    /// Whether nothing was said or loaded yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty() && !self.is_loading
    }

    /// The width for which answers are laid out.
    #[must_use]
    pub fn columns(&self) -> u16 {
        rows::answer_width(self.size.0)
    }

    /// Moves by lines; up is negative.
    pub const fn scroll(&mut self, lines: isize) {
        self.pending = self.pending.saturating_add(lines);
    }

    /// Moves by pages of the size that was last seen.
    pub fn page(&mut self, pages: isize) {
        let page = isize::try_from(self.size.1.saturating_sub(2).max(1)).unwrap_or(1);
        self.scroll(pages.saturating_mul(page));
    }

    /// Goes to the first line that is loaded.
    pub fn go_to_top(&mut self) {
        self.pending = 0;
        self.anchor =
            self.turns.front().map_or(Anchor::Bottom, |turn| Anchor::At { turn: turn.key(), line: 0 });
    }

    /// Goes to the end, and stays there.
    pub const fn go_to_bottom(&mut self) {
        self.pending = 0;
        self.anchor = Anchor::Bottom;
    }

    /// Whether the end is followed.
    #[must_use]
    pub const fn is_at_bottom(&self) -> bool {
        matches!(self.anchor, Anchor::Bottom)
    }

    /// Whether something is below of what is seen.
    #[must_use]
    pub const fn has_below(&self) -> bool {
        self.below
    }

    /// Lays out what is in view.
    pub fn prepare(&mut self, width: usize, height: usize, look: Look<'_>) {
        self.size.1 = height;
        self.widen(width, look);
        self.settle(look);
        let (visible, below) = self.window(look);
        (self.visible, self.below) = (visible, below);
    }

    /// What is in view, as it was laid out last.
    #[must_use]
    pub fn visible(&self) -> &[Line<'static>] {
        &self.visible
    }

    /// The answer that was given last, for copying.
    #[must_use]
    pub fn last_answer(&self) -> Option<&str> {
        self.turns.iter().rev().map(Turn::answer).find(|answer| !answer.is_empty())
    }
}
