//! The record: what happened, who allowed it, and whether anybody touched it since.
//!
//! Reading order: this file (state and keys) → `filter` (the line that narrows it) → `source` → `view`.

mod filter;
mod source;
mod view;

pub use filter::AuditFilter;
pub use source::{AuditAsk, AuditPage, AuditReply, AuditRow, AuditSource, answer};
pub use view::AuditView;

use super::cursor::{Cursor, scrolled};
use crate::composer::Line;
use crate::keymap::Action;
use plyrum_markup as markup;
use plyrum_protocol::view::AuditVerdict;
use plyrum_protocol::{Fault, Timestamp};
use ratatui::layout::Size;

/// Records that are read at first.
const FIRST: usize = 300;
/// Records that are kept at most: what a search gives.
const MOST: usize = 10_000;
/// Between two looks for records that came meanwhile.
const LOOK_EVERY_MS: u64 = 1_000;

/// What has the keys.
#[derive(Debug, Clone, Default)]
enum Mode {
    #[default]
    List,
    /// A filter is typed.
    Filter(Line),
    /// A record is read.
    Record(Box<Opened>),
}

/// A record, whole.
#[derive(Debug, Clone)]
struct Opened {
    row: AuditRow,
    /// It, as wide as the screen is.
    lines: Vec<markup::Line>,
    /// The first line that is seen.
    top: usize,
}

/// What comes while the list is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Follow {
    /// It was not said when to look.
    #[default]
    Unset,
    /// To be looked for then.
    At(Timestamp),
    /// It is being looked for.
    UnderWay,
}

/// Whether the chain holds, as far as somebody looked.
#[derive(Debug, Clone, Default)]
enum Proof {
    #[default]
    Unasked,
    /// So many records were checked so far.
    UnderWay(u64),
    Done(AuditVerdict),
    Failed(Fault),
}

/// The state of the screen.
#[derive(Debug, Clone, Default)]
pub struct AuditScreen {
    /// The newest first.
    rows: Vec<AuditRow>,
    has_more: bool,
    limit: usize,
    filter: AuditFilter,
    cursor: Cursor,
    room: Size,
    mode: Mode,
    follow: Follow,
    is_loading: bool,
    fault: Option<Fault>,
    proof: Proof,
}

impl AuditScreen {
    /// What to ask for when the screen is opened.
    pub fn open(&mut self) -> Vec<AuditAsk> {
        self.mode = Mode::List;
        self.cursor.go(0, self.rows.len());
        self.limit = FIRST;
        self.follow = Follow::Unset;
        self.load()
    }

    /// How much room the list, or a record, has: see [`AuditView::room`].
    pub fn resize(&mut self, room: Size) {
        let is_as_wide = room.width == self.room.width;
        self.room = room;
        self.cursor.resize(usize::from(room.height), self.rows.len());
        if let Mode::Record(opened) = &mut self.mode {
            if !is_as_wide {
                opened.lines = whole(&opened.row, room);
            }
            opened.top = opened.top.min(opened.lines.len().saturating_sub(usize::from(room.height)));
        }
    }

    /// When [`Self::tick`] is due. What comes is followed while the list is looked at.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Timestamp> {
        match (&self.mode, self.follow) {
            (Mode::List, Follow::Unset) => Some(Timestamp::from_millis(0)),
            (Mode::List, Follow::At(at)) => Some(at),
            _ => None,
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Timestamp) -> Option<AuditAsk> {
        match self.follow {
            Follow::Unset => self.follow = Follow::At(now.plus_millis(LOOK_EVERY_MS)),
            Follow::At(at) if at <= now && self.is_loading => self.follow = Follow::Unset,
            Follow::At(at) if at <= now => {
                self.follow = Follow::UnderWay;
                return Some(AuditAsk::Follow { filter: self.filter.clone(), limit: self.limit });
            }
            Follow::At(_) | Follow::UnderWay => {}
        }
        None
    }

    /// Whether keys are text.
    #[must_use]
    pub const fn is_typing(&self) -> bool {
        matches!(self.mode, Mode::Filter(_))
    }

    /// Whether escape closes something here, and does not leave the screen.
    #[must_use]
    pub fn is_open_inside(&self) -> bool {
        !matches!(self.mode, Mode::List) || self.filter != AuditFilter::default()
    }

    /// What a key comes to.
    pub fn press(&mut self, action: Action) -> Vec<AuditAsk> {
        match std::mem::take(&mut self.mode) {
            Mode::List => self.list_key(action),
            Mode::Filter(mut line) => match action {
                Action::Escape => Vec::new(),
                Action::Confirm | Action::Open | Action::Send => {
                    self.filter = AuditFilter::of(line.text());
                    self.cursor.go(0, 0);
                    self.limit = FIRST;
                    self.load()
                }
                action => {
                    line.press(action);
                    self.mode = Mode::Filter(line);
                    Vec::new()
                }
            },
            Mode::Record(opened) => {
                self.record_key(opened, action);
                Vec::new()
            }
        }
    }

    /// A character that is typed.
    pub fn typed(&mut self, c: char) -> Vec<AuditAsk> {
        if let Mode::Filter(line) = &mut self.mode {
            line.typed(c);
        }
        Vec::new()
    }

    /// What was asked for has come.
    pub fn loaded(&mut self, reply: AuditReply) {
        match reply {
            AuditReply::Page { filter, .. } if filter != self.filter => {} // of an older filter
            AuditReply::Page { outcome: Ok(page), .. } => {
                self.is_loading = false;
                self.show(page);
            }
            AuditReply::Page { outcome: Err(fault), .. } => {
                self.is_loading = false;
                self.fault = Some(fault);
            }
            AuditReply::Followed { filter, outcome } => {
                self.follow = Follow::Unset;
                // A list that cannot be followed stays as it is: reading it anew says why.
                if let Ok(Some(page)) = outcome
                    && filter == self.filter
                    && !self.is_loading
                {
                    self.show(page);
                }
            }
            AuditReply::Verifying(checked) => {
                if let Proof::UnderWay(so_far) = &mut self.proof {
                    *so_far = checked;
                }
            }
            AuditReply::Verified(Ok(verdict)) => self.proof = Proof::Done(verdict),
            AuditReply::Verified(Err(fault)) => self.proof = Proof::Failed(fault),
        }
    }

    /// The record that is marked.
    #[must_use]
    pub fn chosen(&self) -> Option<&AuditRow> {
        self.rows.get(self.cursor.at())
    }

    /// Takes records in. The mark stays on the newest, or on the record that it is on.
    fn show(&mut self, page: AuditPage) {
        let seq = self.chosen().filter(|_| self.cursor.at() > 0).map(|row| row.seq);
        self.rows = page.rows;
        self.has_more = page.has_more;
        self.fault = None;
        let at = seq.and_then(|seq| self.rows.iter().position(|row| row.seq == seq)).unwrap_or(0);
        self.cursor.go(at, self.rows.len());
    }

    fn load(&mut self) -> Vec<AuditAsk> {
        self.is_loading = true;
        self.fault = None;
        vec![AuditAsk::Load { filter: self.filter.clone(), limit: self.limit }]
    }

    fn list_key(&mut self, action: Action) -> Vec<AuditAsk> {
        let is_at_end = self.cursor.at() + 1 >= self.rows.len();
        if self.cursor.press(action, self.rows.len()) {
            return if is_at_end { self.older(action) } else { Vec::new() };
        }
        match action {
            Action::Open | Action::Confirm => {
                if let Some(row) = self.chosen().cloned() {
                    let lines = whole(&row, self.room);
                    self.mode = Mode::Record(Box::new(Opened { row, lines, top: 0 }));
                }
            }
            Action::Search | Action::Filter => self.mode = Mode::Filter(Line::of(&self.filter.said())),
            Action::Escape | Action::ClearFilter if self.filter != AuditFilter::default() => {
                self.filter = AuditFilter::default();
                self.cursor.go(0, 0);
                return self.load();
            }
            Action::Refresh => return self.load(),
            Action::Verify if matches!(self.proof, Proof::UnderWay(_)) => {} // once at a time
            Action::Verify => {
                self.proof = Proof::UnderWay(0);
                return vec![AuditAsk::Verify];
            }
            _ => {}
        }
        Vec::new()
    }

    fn record_key(&mut self, mut opened: Box<Opened>, action: Action) {
        if matches!(action, Action::Open | Action::Escape | Action::Confirm) {
            return; // it closes
        }
        opened.top = scrolled(opened.top, action, usize::from(self.room.height), opened.lines.len());
        self.mode = Mode::Record(opened);
    }

    /// Older records are asked for by going on at the end.
    fn older(&mut self, action: Action) -> Vec<AuditAsk> {
        let is_down = matches!(action, Action::Down | Action::PageDown | Action::Bottom);
        if is_down && self.has_more && !self.is_loading && self.limit < MOST {
            self.limit = (self.limit * 4).min(MOST);
            return self.load();
        }
        Vec::new()
    }
}

/// The whole record, nothing hidden.
fn whole(row: &AuditRow, room: Size) -> Vec<markup::Line> {
    let value: Option<serde_json::Value> = serde_json::from_str(&row.json).ok();
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    markup::exact(pretty.as_deref().unwrap_or(&row.json), room.width.max(8))
}

#[cfg(test)]
mod tests;
