//! Conversations: find one, look into it, go on with it, copy, name or delete it.
//!
//! Reading order: this file (state and keys) → `ask` (what is wanted and what comes back) → `view`.

mod ask;
mod view;

pub use ask::{Preview, SessionsAsk, SessionsReply};
pub use view::SessionsView;

use super::cursor::Cursor;
use crate::composer::Line;
use crate::keymap::Action;
use plyrum_protocol::view::{SessionHit, SessionHits, SessionPage, SessionRow};
use plyrum_protocol::{Fault, SessionId};
use ratatui::layout::Size;

/// Most sessions that are kept in the list.
const MAX_ROWS: usize = 5_000;
/// Most messages that are kept of a search.
const MAX_HITS: usize = 1_000;
/// Rows from the end at which the next page is asked for.
const NEAR_END: usize = 10;

/// What has the keys.
#[derive(Debug, Clone, Default)]
enum Mode {
    #[default]
    List,
    /// Words to look for are typed.
    Search(Line),
    /// A name is typed for this session.
    Rename(SessionId, Line),
    /// It is asked whether this session is to go.
    Delete(SessionId),
}

/// What is listed.
#[derive(Debug, Clone, Default)]
enum Shown {
    #[default]
    All,
    /// What matches these words.
    Hits {
        words: String,
        /// At most [`MAX_HITS`].
        hits: Vec<SessionHit>,
        next: Option<String>,
    },
}

/// Whose sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Whose {
    /// Of every project.
    #[default]
    All,
    /// Of the project of the working directory.
    Here,
}

/// What was asked for last and has not come; what answers anything else is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Awaited {
    Page { cursor: Option<String>, whose: Whose },
    Hits { words: String, whose: Whose, cursor: Option<String> },
}

/// The state of the screen.
#[derive(Debug, Clone, Default)]
pub struct SessionsScreen {
    /// At most [`MAX_ROWS`].
    rows: Vec<SessionRow>,
    next: Option<String>,
    /// Sessions that the search does not know yet.
    behind: u64,
    /// Rows that there is room for.
    room: Size,
    cursor: Cursor,
    mode: Mode,
    shown: Shown,
    whose: Whose,
    awaited: Option<Awaited>,
    /// A session is on its way here, opened or copied: a second key does not copy it again.
    is_opening: bool,
    fault: Option<Fault>,
    /// One is read for its preview; who goes through the list quickly looks into the one at which they stop.
    is_looking: bool,
    /// The session that was looked into last, and what was found; none while it is read.
    looked_at: Option<SessionId>,
    preview: Option<Result<Preview, Fault>>,
}

impl SessionsScreen {
    /// What to ask for when the screen is opened.
    pub fn open(&mut self) -> Vec<SessionsAsk> {
        self.mode = Mode::List;
        self.looked_at = None;
        (self.is_opening, self.is_looking) = (false, false);
        self.reload()
    }

    /// Whether keys are text.
    #[must_use]
    pub const fn is_typing(&self) -> bool {
        matches!(self.mode, Mode::Search(_) | Mode::Rename(..))
    }

    /// Whether escape closes something here, and does not leave the screen.
    #[must_use]
    pub const fn is_open_inside(&self) -> bool {
        !matches!((&self.mode, &self.shown), (Mode::List, Shown::All))
    }

    /// How much room the list has: see [`SessionsView::room`].
    pub fn resize(&mut self, room: Size) {
        self.room = room;
        self.cursor.resize(self.seen(), self.len());
    }

    /// What a key comes to.
    pub fn press(&mut self, action: Action) -> Vec<SessionsAsk> {
        if self.len() > 0 {
            self.fault = None; // it was read
        }
        match std::mem::take(&mut self.mode) {
            Mode::List => self.list_key(action),
            Mode::Search(mut line) => match action {
                Action::Escape => Vec::new(),
                Action::Confirm | Action::Open | Action::Send => self.search(line.text()),
                action => {
                    line.press(action);
                    self.mode = Mode::Search(line);
                    Vec::new()
                }
            },
            Mode::Rename(session, mut line) => match action {
                Action::Escape => Vec::new(),
                Action::Confirm | Action::Open | Action::Send => {
                    vec![SessionsAsk::Rename { session, title: line.text().trim().to_owned() }]
                }
                action => {
                    line.press(action);
                    self.mode = Mode::Rename(session, line);
                    Vec::new()
                }
            },
            // Only the digit of "delete" deletes; every other key keeps it.
            Mode::Delete(_) => Vec::new(),
        }
    }

    /// A character that is typed.
    pub fn typed(&mut self, c: char) -> Vec<SessionsAsk> {
        match &mut self.mode {
            Mode::Search(line) | Mode::Rename(_, line) => line.typed(c),
            Mode::Delete(session) => {
                let session = session.clone();
                self.mode = Mode::List;
                if c == '1' {
                    return vec![SessionsAsk::Delete(session)];
                }
            }
            Mode::List => {}
        }
        Vec::new()
    }

    /// What was asked for has come; the session that is to be opened, where one is.
    pub fn loaded(&mut self, reply: SessionsReply) -> Option<SessionId> {
        match reply {
            SessionsReply::Page { cursor, whose, outcome } => self.page(cursor, whose, outcome),
            SessionsReply::Hits { words, whose, cursor, outcome } => self.hits(words, whose, cursor, outcome),
            SessionsReply::Preview { session, outcome } => {
                self.is_looking = false;
                if self.looked_at.as_ref() == Some(&session) {
                    self.preview = Some(outcome.map(|preview| *preview));
                }
            }
            SessionsReply::Opened(Ok(session)) => {
                self.is_opening = false;
                return Some(session);
            }
            SessionsReply::Renamed { session, title } => self.renamed(&session, &title),
            SessionsReply::Deleted(session) => self.deleted(&session),
            SessionsReply::Opened(Err(fault)) => {
                self.is_opening = false;
                self.fault = Some(fault);
            }
            SessionsReply::Failed(fault) => self.fault = Some(fault),
        }
        None
    }

    /// Something was not even asked for: keys ask again.
    pub(crate) const fn not_asked(&mut self) {
        (self.is_opening, self.is_looking) = (false, false);
    }

    /// What was found in the session that is marked; none while it is read.
    fn preview(&self) -> Option<&Result<Preview, Fault>> {
        self.preview.as_ref().filter(|_| self.looked_at.as_ref() == self.chosen())
    }

    /// The session that is marked.
    #[must_use]
    pub fn chosen(&self) -> Option<&SessionId> {
        match &self.shown {
            Shown::All => self.rows.get(self.cursor.at()).map(|row| &row.session),
            Shown::Hits { hits, .. } => hits.get(self.cursor.at()).map(|hit| &hit.session),
        }
    }

    /// Looks into the session that is marked, where that was not done; asked after every message.
    pub fn look(&mut self) -> Option<SessionsAsk> {
        let session = self.chosen()?.clone();
        if self.is_looking || self.looked_at.as_ref() == Some(&session) {
            return None;
        }
        self.is_looking = true;
        self.preview = None;
        self.looked_at = Some(session.clone());
        Some(SessionsAsk::Preview(session))
    }

    /// What is known of the session that is marked beside what was found.
    fn chosen_row(&self) -> Option<&SessionRow> {
        let session = self.chosen()?;
        self.rows.iter().find(|row| row.session == *session)
    }

    /// Its name.
    fn chosen_title(&self) -> Option<&str> {
        match &self.shown {
            Shown::All => self.rows.get(self.cursor.at()).map(|row| row.title.as_str()),
            Shown::Hits { hits, .. } => hits.get(self.cursor.at()).map(|hit| hit.title.as_str()),
        }
    }

    fn len(&self) -> usize {
        match &self.shown {
            Shown::All => self.rows.len(),
            Shown::Hits { hits, .. } => hits.len(),
        }
    }

    /// Entries that are seen at once: what was found takes two rows each.
    fn seen(&self) -> usize {
        let rows = usize::from(self.room.height);
        match self.shown {
            Shown::All => rows,
            Shown::Hits { .. } => (rows / 2).max(1),
        }
    }

    fn show(&mut self, shown: Shown) {
        self.shown = shown;
        self.cursor = Cursor::default();
        self.cursor.resize(self.seen(), self.len());
    }

    fn ask(&mut self, awaited: Awaited) -> Vec<SessionsAsk> {
        self.fault = None;
        self.awaited = Some(awaited.clone());
        vec![match awaited {
            Awaited::Page { cursor, whose } => SessionsAsk::Load { cursor, whose },
            Awaited::Hits { words, whose, cursor } => SessionsAsk::Search { words, whose, cursor },
        }]
    }

    /// What is shown, anew.
    fn reload(&mut self) -> Vec<SessionsAsk> {
        let whose = self.whose;
        match self.shown.clone() {
            Shown::All => self.ask(Awaited::Page { cursor: None, whose }),
            Shown::Hits { words, .. } => self.ask(Awaited::Hits { words, whose, cursor: None }),
        }
    }

    fn search(&mut self, words: &str) -> Vec<SessionsAsk> {
        let words = words.trim().to_owned();
        if words.is_empty() {
            return self.all();
        }
        self.ask(Awaited::Hits { words, whose: self.whose, cursor: None })
    }

    /// Back to the list, which another scope or a search may have left behind.
    fn all(&mut self) -> Vec<SessionsAsk> {
        self.show(Shown::All);
        self.reload()
    }

    fn page(&mut self, cursor: Option<String>, whose: Whose, outcome: Result<SessionPage, Fault>) {
        let is_first = cursor.is_none();
        if self.awaited.take_if(|it| *it == Awaited::Page { cursor, whose }).is_none() {
            return;
        }
        match outcome {
            Ok(page) => {
                let marked = self.chosen().cloned();
                if is_first {
                    self.rows.clear();
                    // The question names the marked row, and that may be another one now.
                    if matches!(self.mode, Mode::Delete(_)) {
                        self.mode = Mode::List;
                    }
                }
                let room = MAX_ROWS.saturating_sub(self.rows.len());
                self.rows.extend(page.rows.into_iter().take(room));
                self.next = page.next.filter(|_| self.rows.len() < MAX_ROWS);
                self.behind = page.behind;
                // The mark stays on its session, wherever that is now.
                let place = self.rows.iter().position(|row| Some(&row.session) == marked.as_ref());
                let is_listed = matches!(self.shown, Shown::All);
                self.cursor.go(place.filter(|_| is_listed).unwrap_or(self.cursor.at()), self.len());
            }
            Err(fault) => self.fault = Some(fault),
        }
    }

    fn hits(
        &mut self,
        words: String,
        whose: Whose,
        cursor: Option<String>,
        outcome: Result<SessionHits, Fault>,
    ) {
        let is_first = cursor.is_none();
        let answered = Awaited::Hits { words: words.clone(), whose, cursor };
        if self.awaited.take_if(|it| *it == answered).is_none() {
            return;
        }
        match (outcome, &mut self.shown) {
            (Err(fault), _) => self.fault = Some(fault),
            (Ok(found), Shown::Hits { hits, next, .. }) if !is_first => {
                let room = MAX_HITS.saturating_sub(hits.len());
                hits.extend(found.hits.into_iter().take(room));
                *next = found.next.filter(|_| hits.len() < MAX_HITS);
            }
            (Ok(found), _) => self.show(Shown::Hits { words, hits: found.hits, next: found.next }),
        }
    }

    fn renamed(&mut self, session: &SessionId, title: &str) {
        for row in self.rows.iter_mut().filter(|row| row.session == *session) {
            title.clone_into(&mut row.title);
        }
        if let Shown::Hits { hits, .. } = &mut self.shown {
            hits.iter_mut()
                .filter(|hit| hit.session == *session)
                .for_each(|hit| title.clone_into(&mut hit.title));
        }
    }

    fn deleted(&mut self, session: &SessionId) {
        self.rows.retain(|row| row.session != *session);
        if let Shown::Hits { hits, .. } = &mut self.shown {
            hits.retain(|hit| hit.session != *session);
        }
        self.cursor.go(self.cursor.at(), self.len());
    }

    fn list_key(&mut self, action: Action) -> Vec<SessionsAsk> {
        if self.cursor.press(action, self.len()) {
            return self.go_on();
        }
        match action {
            Action::Escape | Action::ClearFilter if matches!(self.shown, Shown::Hits { .. }) => {
                return self.all();
            }
            Action::Search => {
                let words = match &self.shown {
                    Shown::Hits { words, .. } => words.as_str(),
                    Shown::All => "",
                };
                self.mode = Mode::Search(Line::of(words));
            }
            Action::Refresh => return self.reload(),
            Action::Filter => {
                self.whose = if self.whose == Whose::All { Whose::Here } else { Whose::All };
                // Those of the other scope are no answer to this one.
                (self.rows, self.next) = (Vec::new(), None);
                self.cursor.go(0, self.len());
                return self.reload();
            }
            action => return self.chosen_key(action),
        }
        Vec::new()
    }

    /// What is done with the session that is marked.
    fn chosen_key(&mut self, action: Action) -> Vec<SessionsAsk> {
        let Some(session) = self.chosen().cloned() else { return Vec::new() };
        match action {
            Action::Open | Action::Confirm | Action::Fork if self.is_opening => {}
            Action::Open | Action::Confirm => {
                self.is_opening = true;
                return vec![SessionsAsk::Open(session)];
            }
            Action::Fork => {
                self.is_opening = true;
                return vec![SessionsAsk::Fork(session)];
            }
            Action::Rename => {
                let line = Line::of(self.chosen_title().unwrap_or_default());
                self.mode = Mode::Rename(session, line);
            }
            Action::Delete => self.mode = Mode::Delete(session),
            _ => {}
        }
        Vec::new()
    }

    /// Near the end of what is there, the next page is asked for.
    fn go_on(&mut self) -> Vec<SessionsAsk> {
        let is_near = self.cursor.at() + NEAR_END >= self.len();
        if !is_near || self.awaited.is_some() {
            return Vec::new();
        }
        let whose = self.whose;
        match (&self.shown, &self.next) {
            (Shown::All, Some(next)) => self.ask(Awaited::Page { cursor: Some(next.clone()), whose }),
            (Shown::Hits { words, next: Some(next), .. }, _) => {
                self.ask(Awaited::Hits { words: words.clone(), whose, cursor: Some(next.clone()) })
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
