//! The edits that every shell has, and what they cut.

use super::buffer::{Buffer, Joining};
use super::chip::is_mark;
use crate::keymap::Action;
use std::collections::VecDeque;
use std::ops::Range;

/// Cuts that are kept.
const MAX_KILLS: usize = 16;

/// What was cut, for yanking. At most [`MAX_KILLS`] pieces, none longer than a prompt.
#[derive(Debug, Clone, Default)]
pub(super) struct Kills {
    ring: VecDeque<String>,
    last: Last,
}

/// What the last key did, as far as the next one asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Last {
    /// It cut: the next cut joins it.
    Killed,
    /// It put a cut back here: [`Action::YankPop`] takes another.
    Yanked(Range<usize>),
    #[default]
    Other,
}

/// On which side of the cursor it was cut.
#[derive(Debug, Clone, Copy)]
enum Side {
    Before,
    After,
}

impl Kills {
    /// Does a readline edit or move; false where the action is none of them.
    pub(super) fn press(&mut self, buffer: &mut Buffer, action: Action) -> bool {
        let last = std::mem::take(&mut self.last);
        let at = buffer.cursor();
        match action {
            Action::Left => step(buffer, previous(buffer, at)),
            Action::Right => step(buffer, next(buffer, at)),
            Action::WordLeft => step(buffer, word_left(buffer)),
            Action::WordRight => step(buffer, word_right(buffer)),
            Action::LineStart => step(buffer, line_start(buffer)),
            Action::LineEnd => step(buffer, line_end(buffer)),
            Action::DeleteBack => delete(buffer, previous(buffer, at)..at),
            Action::DeleteForward => delete(buffer, at..next(buffer, at)),
            Action::DeleteWordBack => self.kill(buffer, word_left(buffer)..at, Side::Before, &last),
            Action::DeleteWordForward => self.kill(buffer, at..word_right(buffer), Side::After, &last),
            Action::DeleteToStart => self.kill(buffer, to_start(buffer)..at, Side::Before, &last),
            Action::DeleteToEnd => self.kill(buffer, at..to_end(buffer), Side::After, &last),
            Action::Yank => self.yank(buffer, at..at),
            Action::YankPop => self.yank_other(buffer, last),
            Action::Undo => drop(buffer.undo()),
            _ => return false,
        }
        true
    }

    /// Another key came between.
    pub(super) fn rest(&mut self) {
        self.last = Last::Other;
    }

    /// The chips are gone: what was cut with one can no longer be put back.
    pub(super) fn forget_chips(&mut self) {
        self.ring.retain(|cut| !cut.contains(is_mark));
        self.rest();
    }

    fn kill(&mut self, buffer: &mut Buffer, range: Range<usize>, side: Side, last: &Last) {
        let cut = buffer.text().get(range.clone()).unwrap_or_default().to_owned();
        if cut.is_empty() {
            self.last = last.clone();
            return;
        }
        match (self.ring.front_mut().filter(|_| *last == Last::Killed), side) {
            (Some(newest), Side::Before) => newest.insert_str(0, &cut),
            (Some(newest), Side::After) => newest.push_str(&cut),
            (None, _) => self.ring.push_front(cut),
        }
        self.ring.truncate(MAX_KILLS);
        self.last = Last::Killed;
        delete(buffer, range);
    }

    fn yank(&mut self, buffer: &mut Buffer, place: Range<usize>) {
        let Some(cut) = self.ring.front() else { return };
        let start = place.start;
        if buffer.replace(place, cut, Joining::Alone).is_ok() {
            self.last = Last::Yanked(start..start + cut.len());
        }
    }

    fn yank_other(&mut self, buffer: &mut Buffer, last: Last) {
        let Last::Yanked(place) = last else { return };
        self.ring.rotate_left(1.min(self.ring.len()));
        self.yank(buffer, place);
    }
}

fn step(buffer: &mut Buffer, place: usize) {
    buffer.move_to(place);
}

/// Making a text shorter never fails.
fn delete(buffer: &mut Buffer, range: Range<usize>) {
    let _shorter_always_fits = buffer.replace(range, "", Joining::Alone);
}

fn previous(buffer: &Buffer, at: usize) -> usize {
    buffer.ruler().previous(at).unwrap_or(0)
}

fn next(buffer: &Buffer, at: usize) -> usize {
    buffer.ruler().next(at).unwrap_or(buffer.text().len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_mark(c)
}

fn word_left(buffer: &Buffer) -> usize {
    let before = |at| Some(previous(buffer, at)).filter(|_| at > 0);
    let is_word_at = |at| buffer.ruler().char_at(at).is_some_and(is_word);
    let mut at = buffer.cursor();
    while let Some(place) = before(at).filter(|place| !is_word_at(*place)) {
        at = place;
    }
    while let Some(place) = before(at).filter(|place| is_word_at(*place)) {
        at = place;
    }
    at
}

fn word_right(buffer: &Buffer) -> usize {
    let char_at = |at| buffer.ruler().char_at(at);
    let mut at = buffer.cursor();
    while char_at(at).is_some_and(|c| !is_word(c)) {
        at = next(buffer, at);
    }
    while char_at(at).is_some_and(is_word) {
        at = next(buffer, at);
    }
    at
}

fn line_start(buffer: &Buffer) -> usize {
    let before = buffer.text().get(..buffer.cursor()).unwrap_or_default();
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

fn line_end(buffer: &Buffer) -> usize {
    let after = buffer.text().get(buffer.cursor()..).unwrap_or_default();
    after.find('\n').map_or(buffer.text().len(), |newline| buffer.cursor() + newline)
}

/// At a line's start, cutting goes on with the line before.
fn to_start(buffer: &Buffer) -> usize {
    let start = line_start(buffer);
    if start == buffer.cursor() { previous(buffer, start) } else { start }
}

fn to_end(buffer: &Buffer) -> usize {
    let end = line_end(buffer);
    if end == buffer.cursor() { next(buffer, end) } else { end }
}
