//! Where the reader is, and what is in view from there.

use super::Conversation;
use crate::screen::Look;
use ratatui::text::Line;

/// What is held in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The end.
    #[default]
    Bottom,
    /// This line of this turn is the first in view.
    At {
        /// The turn, by its key.
        turn: u64,
        /// Its line.
        line: usize,
    },
}

impl Conversation {
    /// Another width makes other lines: the turn that was read stays in view.
    pub(super) fn anchor_to_turn(&mut self) {
        if let Anchor::At { line, .. } = &mut self.anchor {
            *line = 0;
        }
    }

    /// Carries out the moving that was asked for.
    pub(super) fn settle(&mut self, look: Look<'_>) {
        let by = std::mem::take(&mut self.pending);
        if by == 0 {
            return;
        }
        let (mut at, mut line) = self.top(look);
        if by < 0 {
            let mut left = by.unsigned_abs();
            while left > 0 {
                if line >= left {
                    line -= left;
                    left = 0;
                } else if at > 0 {
                    left -= line + 1;
                    at -= 1;
                    line = self.height_of(at, look).saturating_sub(1);
                } else {
                    (line, left) = (0, 0);
                }
            }
        } else {
            line += by.unsigned_abs();
            loop {
                let height = self.height_of(at, look);
                if line < height || at + 1 >= self.turns.len() {
                    break;
                }
                line -= height;
                at += 1;
            }
        }
        let is_end = self.reaches_end(at, line, look);
        self.anchor = match self.turns.get(at) {
            Some(turn) if !is_end => Anchor::At { turn: turn.key(), line },
            _ => Anchor::Bottom,
        };
    }

    /// The lines in view, and whether there are more below.
    pub(super) fn window(&mut self, look: Look<'_>) -> (Vec<Line<'static>>, bool) {
        let (at, line) = self.top(look);
        let (width, height) = self.size;
        let mut lines = Vec::with_capacity(height);
        let (mut at, mut from) = (at, line);
        while lines.len() < height && at < self.turns.len() {
            let details = self.shows_details;
            let Some(turn) = self.turns.get_mut(at) else { break };
            turn.rows(width, details, look, from, height - lines.len(), &mut lines);
            (at, from) = (at + 1, 0);
        }
        let below = !self.is_at_bottom();
        (lines, below)
    }

    /// The first line in view.
    fn top(&mut self, look: Look<'_>) -> (usize, usize) {
        if let Anchor::At { turn, line } = self.anchor
            && let Some(at) = self.turns.iter().position(|it| it.key() == turn)
        {
            let last = self.height_of(at, look).saturating_sub(1);
            return (at, line.min(last));
        }
        let mut left = self.size.1;
        let mut at = self.turns.len();
        while at > 0 {
            at -= 1;
            let height = self.height_of(at, look);
            if height >= left {
                return (at, height - left);
            }
            left -= height;
        }
        (0, 0)
    }

    /// Whether the end is in view where this line is the first.
    fn reaches_end(&mut self, at: usize, line: usize, look: Look<'_>) -> bool {
        let mut left = self.size.1 + line;
        for at in at..self.turns.len() {
            let height = self.height_of(at, look);
            if height > left {
                return false;
            }
            left -= height;
        }
        true
    }

    fn height_of(&mut self, at: usize, look: Look<'_>) -> usize {
        let (width, details) = (self.size.0, self.shows_details);
        self.turns.get_mut(at).map_or(0, |turn| turn.height(width, details, look))
    }
}
