//! The record: what happened, who allowed it, and whether anybody touched it since.
//!
//! Reading order: this file (state and keys) → `filter` (the line that narrows it) → `source` → `view`.

mod filter;
mod source;
mod view;

pub use filter::AuditFilter;
pub use source::{AuditAsk, AuditPage, AuditReply, AuditRow, AuditSource, answer};
pub use view::AuditView;

use crate::composer::Line;
use crate::keymap::Action;
use plyrum_protocol::Fault;
use plyrum_protocol::view::AuditVerdict;

/// Records that are read at first.
const FIRST: usize = 300;
/// Records that are kept at most: what a search gives.
const MOST: usize = 10_000;
/// Rows that a page key moves.
const PAGE: isize = 10;

/// What has the keys.
#[derive(Debug, Clone, Default)]
enum Mode {
    #[default]
    List,
    /// A filter is typed.
    Filter(Line),
    /// A record is read, from this line on.
    Record { scroll: usize },
}

/// Whether the chain holds, as far as somebody looked.
#[derive(Debug, Clone, Default)]
enum Proof {
    #[default]
    Unasked,
    UnderWay,
    Done(AuditVerdict),
    Failed(Fault),
}

/// The state of the screen.
#[derive(Debug, Default)]
pub struct AuditScreen {
    /// The newest first.
    rows: Vec<AuditRow>,
    has_more: bool,
    limit: usize,
    filter: AuditFilter,
    at: usize,
    mode: Mode,
    is_loading: bool,
    fault: Option<Fault>,
    proof: Proof,
}

impl AuditScreen {
    /// What to ask for when the screen is opened.
    pub fn open(&mut self) -> Vec<AuditAsk> {
        self.mode = Mode::List;
        self.at = 0;
        self.limit = FIRST;
        self.load()
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
                    self.at = 0;
                    self.limit = FIRST;
                    self.load()
                }
                action => {
                    line.press(action);
                    self.mode = Mode::Filter(line);
                    Vec::new()
                }
            },
            Mode::Record { scroll } => {
                self.record_key(scroll, action);
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
                self.rows = page.rows;
                self.has_more = page.has_more;
                self.at = self.at.min(self.rows.len().saturating_sub(1));
            }
            AuditReply::Page { outcome: Err(fault), .. } => {
                self.is_loading = false;
                self.fault = Some(fault);
            }
            AuditReply::Verified(Ok(verdict)) => self.proof = Proof::Done(verdict),
            AuditReply::Verified(Err(fault)) => self.proof = Proof::Failed(fault),
        }
    }

    /// The record that is marked.
    #[must_use]
    pub fn chosen(&self) -> Option<&AuditRow> {
        self.rows.get(self.at)
    }

    fn load(&mut self) -> Vec<AuditAsk> {
        self.is_loading = true;
        self.fault = None;
        vec![AuditAsk::Load { filter: self.filter.clone(), limit: self.limit }]
    }

    fn list_key(&mut self, action: Action) -> Vec<AuditAsk> {
        match action {
            Action::Up => return self.move_by(-1),
            Action::Down => return self.move_by(1),
            Action::PageUp => return self.move_by(-PAGE),
            Action::PageDown => return self.move_by(PAGE),
            Action::Top => return self.move_by(isize::MIN),
            Action::Bottom => return self.move_by(isize::MAX),
            Action::Open | Action::Confirm if self.chosen().is_some() => {
                self.mode = Mode::Record { scroll: 0 };
            }
            Action::Search | Action::Filter => self.mode = Mode::Filter(Line::of(&self.filter.said())),
            Action::Escape | Action::ClearFilter if self.filter != AuditFilter::default() => {
                self.filter = AuditFilter::default();
                self.at = 0;
                return self.load();
            }
            Action::Refresh => return self.load(),
            Action::Verify => {
                self.proof = Proof::UnderWay;
                return vec![AuditAsk::Verify];
            }
            _ => {}
        }
        Vec::new()
    }

    fn record_key(&mut self, scroll: usize, action: Action) {
        let scroll = match action {
            Action::Up => scroll.saturating_sub(1),
            Action::Down => scroll.saturating_add(1),
            Action::PageUp => scroll.saturating_sub(PAGE.unsigned_abs()),
            Action::PageDown => scroll.saturating_add(PAGE.unsigned_abs()),
            Action::Top => 0,
            Action::Open | Action::Escape | Action::Confirm => return, // it closes
            _ => scroll,
        };
        self.mode = Mode::Record { scroll };
    }

    /// Older records are asked for when the end is reached.
    fn move_by(&mut self, by: isize) -> Vec<AuditAsk> {
        let last = self.rows.len().saturating_sub(1);
        let is_at_end = self.at == last && by > 0;
        self.at = self.at.saturating_add_signed(by).min(last);
        if is_at_end && self.has_more && !self.is_loading && self.limit < MOST {
            self.limit = (self.limit * 4).min(MOST);
            return self.load();
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
