//! The conversation as a long text that is read from its end: turns, each laid out only when it comes into view.
//!
//! A session of any size opens at once: only the latest turns are there, older ones are asked for when their place comes
//! near, and what is far away is forgotten again. New output never moves what is being read: the place that is held is a
//! line of a turn, not a distance from the end.

mod rows;
mod scroll;
mod turn;

pub use turn::Answer;
pub(crate) use turn::{State, Turn};

use crate::screen::Look;
use crate::transcript::Cursor;
use plyrum_protocol::{RunId, SessionId};
use ratatui::text::Line;
use scroll::Anchor;
use std::collections::VecDeque;

/// Bytes of text that are kept at once. What is over goes from the end that is not read, and comes again when it is wanted.
const MAX_BYTES: usize = 3 * 1024 * 1024;

/// Turns behind the one that is read that stay in any case.
const KEPT_BELOW: usize = 40;

/// The conversation that is open.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about what is loaded and seen")]
pub struct Conversation {
    /// Its session, once there is one.
    pub session: Option<SessionId>,
    /// Its name.
    pub title: String,
    /// Its turns, oldest first.
    pub turns: VecDeque<Turn>,
    /// Where older turns begin that are not loaded.
    pub older: Option<Cursor>,
    /// Whether older turns are on their way.
    pub is_loading: bool,
    /// Whether the latest turns were let go, since what is read is far from them.
    pub is_cut_below: bool,
    weight: usize,
    /// Whether what was done is shown whole.
    pub shows_details: bool,
    anchor: Anchor,
    pending: isize,
    size: (usize, usize),
    visible: Vec<Line<'static>>,
    below: bool,
}

impl Conversation {
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
        self.anchor = Anchor::Bottom;
    }

    /// Puts older turns before those that are there. What is read stays where it is.
    pub fn prepend(&mut self, older: Vec<Turn>, before: Option<Cursor>) {
        for turn in older.into_iter().rev() {
            self.weight += turn.weight();
            self.turns.push_front(turn);
        }
        self.older = before;
        self.is_loading = false;
        self.forget_what_is_below();
    }

    /// Lets turns go that are far below of what is read, but nothing that goes on.
    fn forget_what_is_below(&mut self) {
        let Anchor::At { turn, .. } = self.anchor else { return };
        let Some(read) = self.turns.iter().position(|it| it.key() == turn) else { return };
        while self.weight > MAX_BYTES && self.turns.len() > read + KEPT_BELOW {
            match self.turns.pop_back() {
                Some(last) if last.is_live() => {
                    self.turns.push_back(last);
                    return;
                }
                Some(last) => self.weight = self.weight.saturating_sub(last.weight()),
                None => return,
            }
            self.is_cut_below = true;
        }
    }

    /// Whether the latest turns are to be read again: the end of what is here is reached, and it is not the end.
    #[must_use]
    pub const fn wants_latest(&self) -> bool {
        self.is_cut_below && self.is_at_bottom() && !self.is_loading
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

    /// Whether older turns are to be asked for: the beginning of what is loaded is near.
    #[must_use]
    pub fn wants_older(&self) -> bool {
        let near = match &self.anchor {
            Anchor::Bottom => self.visible.len() < self.size.1,
            Anchor::At { turn, .. } => self.turns.iter().take(3).any(|first| first.key() == *turn),
        };
        near && self.older.is_some() && !self.is_loading && !self.turns.is_empty()
    }

    /// Lays out what is in view.
    pub fn prepare(&mut self, width: usize, height: usize, look: Look<'_>) {
        if self.size.0 != width {
            self.anchor_to_turn();
        }
        self.size = (width, height);
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
