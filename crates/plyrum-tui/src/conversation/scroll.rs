//! Where the reader is, and what is in view from there.

use super::Conversation;
use crate::screen::Look;
use ratatui::text::Line;

/// Turns before and behind those in view whose lines are kept.
const NEAR_VIEW: usize = 8;

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
    /// Another width makes other lines: the words that were read first stay the first ones.
    pub(super) fn widen(&mut self, width: usize, look: Look<'_>) {
        if self.size.0 == width {
            return;
        }
        let before = std::mem::replace(&mut self.size.0, width);
        let details = self.shows_details;
        let Anchor::At { turn, line } = self.anchor else { return };
        let Some(at) = self.turns.iter().position(|it| it.key() == turn) else { return };
        let mut first = line;
        if let Some(read) = self.turns.get_mut(at).filter(|_| line > 0) {
            let mark = ink(&read.lines(before, details, look, line));
            first = first_behind(&read.lines(width, details, look, usize::MAX), mark);
        }
        self.hold(at, first, look);
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
        self.hold(at, line, look);
    }

    /// Holds a line of a turn as the first in view; the end, where that comes into view.
    fn hold(&mut self, at: usize, line: usize, look: Look<'_>) {
        // Where later turns were let go, the end of what is here is none.
        let is_end = !self.is_cut_below() && self.reaches_end(at, line, look);
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
        let first = at;
        let (mut at, mut from) = (at, line);
        while lines.len() < height && at < self.turns.len() {
            let details = self.shows_details;
            let Some(turn) = self.turns.get_mut(at) else { break };
            turn.rows(width, details, look, from, height - lines.len(), &mut lines);
            (at, from) = (at + 1, 0);
        }
        self.see(first, at.saturating_sub(1));
        let below = !self.is_at_bottom();
        (lines, below)
    }

    /// Turns that went far out of view need no lines.
    fn see(&mut self, first: usize, last: usize) {
        if self.seen == (first, last) {
            return;
        }
        self.seen = (first, last);
        let near = first.saturating_sub(NEAR_VIEW)..=last.saturating_add(NEAR_VIEW);
        let far = self.turns.iter_mut().enumerate().filter(|(at, _)| !near.contains(at));
        far.for_each(|(_, turn)| turn.fold_away());
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

/// Characters that are seen: wrapping elsewhere moves blanks and line ends only.
fn ink(lines: &[Line<'_>]) -> usize {
    let of_line = |line: &Line<'_>| -> usize {
        line.spans.iter().flat_map(|span| span.content.chars()).filter(|c| !c.is_whitespace()).count()
    };
    lines.iter().map(of_line).sum()
}

/// The line in which the character after so many is.
fn first_behind(lines: &[Line<'_>], mark: usize) -> usize {
    let mut seen = 0;
    for (at, line) in lines.iter().enumerate() {
        seen += ink(std::slice::from_ref(line));
        if seen > mark {
            return at;
        }
    }
    lines.len().saturating_sub(1)
}
