//! Which part of a long conversation is here. Turns of an earlier time come page by page, towards the end that is read;
//! pages at the other end go once there is too much, and come again from where they were read.

use super::Conversation;
use super::scroll::Anchor;
use super::turn::Turn;
use crate::transcript::Cursor;
use std::collections::VecDeque;

/// Bytes of turns that are kept at once, with the lines of their answers; in tests few, so that they read many pages in
/// little time.
const MAX_BYTES: usize = if cfg!(test) { 64 * 1024 } else { 8 * 1024 * 1024 };
/// Turns from an end at which more are asked for.
const NEAR: usize = 8;
/// Turns between what is read and a page that goes: it would be wanted again at once otherwise.
const MARGIN: usize = 14;
/// A page that was never read, since its turns were asked here, is read when it has more than these and too much text.
const LARGE: usize = 40;

/// The pages that are here, and where the others are.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// The oldest first. The last one grows with what is asked.
    here: VecDeque<Page>,
    /// Where older turns are; none at the beginning.
    older: Option<Cursor>,
    /// With what the pages were read that were let go behind those that are here, the nearest last.
    later: Vec<Option<Cursor>>,
    /// Newer turns could not be read: they are not asked for again.
    is_unreadable: bool,
}

/// Turns that were read together.
#[derive(Debug)]
struct Page {
    turns: usize,
    /// With what they are read again; none for the latest.
    read_with: Option<Cursor>,
}

/// Turns that are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Those before this place, to be put before what is here.
    Older(Cursor),
    /// Those before this place, to be put behind what is here; none: the latest.
    Newer(Option<Cursor>),
    /// The latest, in the place of what is here.
    Latest,
}

impl Pages {
    /// A turn was added at the end.
    pub(super) fn pushed(&mut self) {
        match self.here.back_mut() {
            Some(last) => last.turns += 1,
            None => self.here.push_back(Page { turns: 1, read_with: None }),
        }
    }

    /// Whether pages were let go behind those that are here.
    pub(super) const fn is_cut_below(&self) -> bool {
        !self.later.is_empty()
    }
}

impl Conversation {
    /// A session as it was opened: its latest turns, and where older ones are.
    pub fn open(&mut self, turns: Vec<Turn>, older: Option<Cursor>) {
        self.pages = Pages::default();
        self.turns.clear();
        self.prepend(turns, older);
    }

    /// Puts older turns before those that are here. What is read stays where it is.
    pub fn prepend(&mut self, older: Vec<Turn>, before: Option<Cursor>) {
        let read_with = std::mem::replace(&mut self.pages.older, before);
        self.pages.here.push_front(Page { turns: older.len(), read_with });
        for turn in older.into_iter().rev() {
            self.turns.push_front(turn);
        }
        self.is_loading = false;
        self.let_go_below();
    }

    /// Puts turns behind those that are here, which were let go before. What is read stays where it is. A page that begins
    /// later than what is here ends waits for the one between them: the latest grew while it was away.
    pub fn append(&mut self, newer: Vec<Turn>, before: Option<Cursor>) {
        self.is_loading = false;
        let ends =
            self.pages.here.back().and_then(|page| page.read_with.as_ref()).map(|cursor| cursor.before);
        if let (Some(before), Some(ends)) = (before, ends)
            && before.before > ends
        {
            return self.pages.later.push(Some(before));
        }
        let is_here = |turn: &Turn| turn.run_id().is_some_and(|run| self.turn(run).is_some());
        let newer: Vec<Turn> = newer.into_iter().filter(|turn| !is_here(turn)).collect();
        let read_with = self.pages.later.pop().flatten();
        self.pages.here.push_back(Page { turns: newer.len(), read_with });
        self.turns.extend(newer);
        self.let_go_above();
    }

    /// Nothing more is read in this direction: it failed, and that was told.
    pub fn not_read(&mut self, wanted: &Wanted) {
        self.is_loading = false;
        match wanted {
            Wanted::Older(_) => self.pages.older = None,
            Wanted::Newer(_) | Wanted::Latest => self.pages.is_unreadable = true,
        }
    }

    /// Takes a turn away that nobody has heard of but this screen.
    pub fn withdraw(&mut self, at: usize) {
        if self.turns.remove(at).is_some()
            && let Some(last) = self.pages.here.back_mut()
        {
            last.turns = last.turns.saturating_sub(1);
        }
    }

    /// Whether there are older turns that are not here.
    #[must_use]
    pub const fn has_older(&self) -> bool {
        self.pages.older.is_some()
    }

    /// Whether the latest turns were let go, since what is read is far from them.
    #[must_use]
    pub const fn is_cut_below(&self) -> bool {
        self.pages.is_cut_below()
    }

    /// Turns that are to be read now.
    #[must_use]
    pub fn wants(&self) -> Option<Wanted> {
        if self.is_loading || self.turns.is_empty() {
            return None;
        }
        let may_read = !self.pages.is_unreadable;
        if may_read && self.is_at_bottom() && (self.is_cut_below() || self.is_overgrown()) {
            return Some(Wanted::Latest);
        }
        let near = match &self.anchor {
            Anchor::Bottom => self.visible.len() < self.size.1,
            Anchor::At { turn, .. } => self.turns.iter().take(NEAR).any(|first| first.key() == *turn),
        };
        if let Some(older) = self.pages.older.clone().filter(|_| near) {
            return Some(Wanted::Older(older));
        }
        let is_near_end = self.seen.1 + NEAR >= self.turns.len();
        self.pages.later.last().cloned().filter(|_| may_read && is_near_end).map(Wanted::Newer)
    }

    /// Whether what was asked here in one sitting is more than is kept: it is read again from its end.
    fn is_overgrown(&self) -> bool {
        let is_one_page = self.pages.here.len() <= 1 && self.turns.len() > LARGE;
        is_one_page && !self.turns.iter().any(Turn::is_held) && self.weight() > MAX_BYTES
    }

    /// Lets pages go that are far below of what is read, but nothing that goes on.
    fn let_go_below(&mut self) {
        let Anchor::At { turn, .. } = self.anchor else { return };
        let Some(read) = self.turns.iter().position(|it| it.key() == turn) else { return };
        while self.pages.here.len() > 1 && self.weight() > MAX_BYTES {
            let Some(last) = self.pages.here.back() else { return };
            let stays = self.turns.len().saturating_sub(last.turns);
            let seen = read.max(self.seen.1.min(self.turns.len()));
            let goes_on = self.turns.iter().skip(stays).any(Turn::is_held);
            if goes_on || seen + MARGIN >= stays {
                return;
            }
            self.turns.truncate(stays);
            self.pages.later.extend(self.pages.here.pop_back().map(|page| page.read_with));
        }
    }

    /// Lets pages go that are far above of what is read.
    pub(crate) fn let_go_above(&mut self) {
        let read = match &self.anchor {
            Anchor::At { turn, .. } => self.turns.iter().position(|it| it.key() == *turn),
            Anchor::Bottom => Some(self.seen.0),
        };
        let Some(mut read) = read else { return };
        while self.pages.here.len() > 1 && self.weight() > MAX_BYTES {
            let Some(first) = self.pages.here.front() else { return };
            let goes = first.turns;
            if read < goes + MARGIN {
                return;
            }
            self.turns.drain(..goes.min(self.turns.len()));
            read -= goes;
            if let Some(page) = self.pages.here.pop_front() {
                self.pages.older = page.read_with;
            }
        }
    }

    /// About how many bytes its texts take.
    fn weight(&self) -> usize {
        self.turns.iter().map(Turn::weight).sum()
    }
}

#[cfg(test)]
mod tests;
