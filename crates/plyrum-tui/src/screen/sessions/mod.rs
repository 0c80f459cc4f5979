//! Conversations: find one, look into it, go on with it, copy, name or delete it.
//!
//! Reading order: this file (state and keys) → `ask` (what is wanted and what comes back) → `view`.

mod ask;
mod view;

pub use ask::{Preview, SessionsAsk, SessionsReply};
pub use view::SessionsView;

use crate::composer::Line;
use crate::keymap::Action;
use plyrum_protocol::view::{SessionHit, SessionPage, SessionRow};
use plyrum_protocol::{Fault, SessionId};

/// Most sessions that are kept in the list.
const MAX_ROWS: usize = 5_000;
/// Rows from the end at which the next page is asked for.
const NEAR_END: usize = 10;
/// Rows that a page key moves.
const PAGE: isize = 10;

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
    Hits { words: String, hits: Vec<SessionHit> },
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

/// The state of the screen.
#[derive(Debug, Default)]
pub struct SessionsScreen {
    rows: Vec<SessionRow>,
    next: Option<String>,
    /// Sessions that the search does not know yet.
    behind: u64,
    at: usize,
    mode: Mode,
    shown: Shown,
    whose: Whose,
    is_loading: bool,
    fault: Option<Fault>,
    preview: Option<Preview>,
    /// The session that a preview was asked for last.
    looked_at: Option<SessionId>,
}

impl SessionsScreen {
    /// What to ask for when the screen is opened.
    pub fn open(&mut self) -> Vec<SessionsAsk> {
        self.mode = Mode::List;
        self.looked_at = None;
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

    /// What a key comes to.
    pub fn press(&mut self, action: Action) -> Vec<SessionsAsk> {
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
            SessionsReply::Page { is_first, outcome } => self.page(is_first, outcome),
            SessionsReply::Hits { words, outcome } => self.hits(words, outcome),
            SessionsReply::Preview(Ok(preview)) => {
                if self.looked_at.as_ref() == Some(&preview.session) {
                    self.preview = Some(*preview);
                }
            }
            SessionsReply::Opened(Ok(session)) => return Some(session),
            SessionsReply::Renamed { session, title } => {
                if let Some(row) = self.rows.iter_mut().find(|row| row.session == session) {
                    row.title = title;
                }
            }
            SessionsReply::Deleted(session) => {
                self.rows.retain(|row| row.session != session);
                self.at = self.at.min(self.len().saturating_sub(1));
                self.preview = None;
            }
            SessionsReply::Preview(Err(fault))
            | SessionsReply::Opened(Err(fault))
            | SessionsReply::Failed(fault) => self.fault = Some(fault),
        }
        None
    }

    /// The session that is marked.
    #[must_use]
    pub fn chosen(&self) -> Option<&SessionId> {
        match &self.shown {
            Shown::All => self.rows.get(self.at).map(|row| &row.session),
            Shown::Hits { hits, .. } => hits.get(self.at).map(|hit| &hit.session),
        }
    }

    /// Looks into the session that is marked, where that was not done; asked after every message.
    pub fn look(&mut self) -> Option<SessionsAsk> {
        let session = self.chosen()?.clone();
        if self.looked_at.as_ref() == Some(&session) {
            return None;
        }
        self.looked_at = Some(session.clone());
        Some(SessionsAsk::Preview(session))
    }

    fn len(&self) -> usize {
        match &self.shown {
            Shown::All => self.rows.len(),
            Shown::Hits { hits, .. } => hits.len(),
        }
    }

    fn reload(&mut self) -> Vec<SessionsAsk> {
        self.is_loading = true;
        self.fault = None;
        vec![SessionsAsk::Load { cursor: None, whose: self.whose }]
    }

    fn search(&mut self, words: &str) -> Vec<SessionsAsk> {
        let words = words.trim().to_owned();
        if words.is_empty() {
            self.shown = Shown::All;
            return Vec::new();
        }
        self.is_loading = true;
        self.fault = None;
        vec![SessionsAsk::Search { words, whose: self.whose }]
    }

    fn page(&mut self, is_first: bool, outcome: Result<SessionPage, Fault>) {
        self.is_loading = false;
        match outcome {
            Ok(page) => {
                if is_first {
                    self.rows.clear();
                }
                let room = MAX_ROWS.saturating_sub(self.rows.len());
                self.rows.extend(page.rows.into_iter().take(room));
                self.next = page.next.filter(|_| self.rows.len() < MAX_ROWS);
                self.behind = page.behind;
                self.at = self.at.min(self.len().saturating_sub(1));
            }
            Err(fault) => self.fault = Some(fault),
        }
    }

    fn hits(&mut self, words: String, outcome: Result<Vec<SessionHit>, Fault>) {
        self.is_loading = false;
        match outcome {
            Ok(hits) => {
                self.shown = Shown::Hits { words, hits };
                self.at = 0;
            }
            Err(fault) => self.fault = Some(fault),
        }
    }

    fn list_key(&mut self, action: Action) -> Vec<SessionsAsk> {
        match action {
            Action::Up => return self.move_by(-1),
            Action::Down => return self.move_by(1),
            Action::PageUp => return self.move_by(-PAGE),
            Action::PageDown => return self.move_by(PAGE),
            Action::Top => return self.move_by(isize::MIN),
            Action::Bottom => return self.move_by(isize::MAX),
            Action::Escape | Action::ClearFilter => {
                self.shown = Shown::All;
                self.at = 0;
            }
            Action::Search => self.mode = Mode::Search(Line::default()),
            Action::Refresh => return self.reload(),
            Action::Filter => {
                self.whose = if self.whose == Whose::All { Whose::Here } else { Whose::All };
                self.shown = Shown::All;
                self.at = 0;
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
            Action::Open | Action::Confirm => return vec![SessionsAsk::Open(session)],
            Action::Fork => return vec![SessionsAsk::Fork(session)],
            Action::Rename => {
                let title = self.rows.iter().find(|row| row.session == session).map(|row| row.title.clone());
                self.mode = Mode::Rename(session, Line::of(&title.unwrap_or_default()));
            }
            Action::Delete => self.mode = Mode::Delete(session),
            _ => {}
        }
        Vec::new()
    }

    fn move_by(&mut self, by: isize) -> Vec<SessionsAsk> {
        let last = self.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
        let is_near = self.at + NEAR_END >= self.rows.len();
        match (&self.shown, self.next.clone()) {
            (Shown::All, Some(cursor)) if is_near && !self.is_loading => {
                self.is_loading = true;
                vec![SessionsAsk::Load { cursor: Some(cursor), whose: self.whose }]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
