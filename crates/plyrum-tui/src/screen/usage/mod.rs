//! The usage dashboard: what was spent, on what, and how the money stands.
//!
//! Every figure comes from the ledger in one [`Dashboard`]; this screen chooses, lays out and names, and adds nothing up.
//! Reading order: [`UsageScreen`] (what is asked and shown, what keys do) → `filter` (the line that narrows it) →
//! [`UsageView`] (the layouts) → `panel/` (a file for each panel).

mod filter;
mod focus;
mod panel;
mod said;
mod source;
mod view;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use focus::{Page, Panel};
pub use source::{ExportFormat, UsageAsk, UsageSource};
pub use view::UsageView;

use crate::keymap::{Action, Context};
use filter::FilterLine;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::view::{Checks, Dashboard, DashboardFilter, DashboardPeriod, DashboardQuery};
use plyrum_protocol::{Fault, Timestamp};
use std::path::PathBuf;

/// How far a page key scrolls, in rows.
const PAGE_ROWS: usize = 10;

/// What the conversation knows while it goes on; the ledger has it once it is settled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LiveFigures {
    /// What the run costs so far.
    pub run_cost: Option<Spent>,
    /// What the session costs so far.
    pub session_cost: Option<Spent>,
    /// How much of the model's context is used.
    pub context_percent: Option<u8>,
    /// Whether these are final.
    pub certainty: Certainty,
}

/// What was charged, beside what has no known price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// The charges.
    pub cost: MicroRub,
    /// How many requests are not in them.
    pub unpriced: usize,
}

/// How well live figures are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Certainty {
    /// They are what was booked.
    #[default]
    Booked,
    /// An answer is streaming, and what is still to be booked is estimated: `~`.
    Streaming,
}

/// Whether new figures replace what is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Flow {
    #[default]
    Live,
    /// Only an answer to a new question does.
    Frozen,
}

/// What has the keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Panels,
    Filter(FilterLine),
    /// It is asked as what the figures are to be written.
    Export,
}

/// Whether the books were proved since the program began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Proof {
    #[default]
    Unasked,
    UnderWay,
    Done(Timestamp, Checks),
    Failed(Fault),
}

/// What came of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Exported {
    UnderWay,
    To(PathBuf),
    Failed(Fault),
}

/// The dashboard's state.
#[derive(Debug, Clone, Default)]
pub struct UsageScreen {
    query: DashboardQuery,
    board: Option<Dashboard>,
    fault: Option<Fault>,
    /// Whether an answer is waited for.
    is_waiting: bool,
    flow: Flow,
    focus: Panel,
    expanded: Option<Panel>,
    /// Rows of the expanded panel above its first visible one.
    scroll: usize,
    mode: Mode,
    live: LiveFigures,
    proof: Proof,
    exported: Option<Exported>,
}

impl UsageScreen {
    /// This month, of everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What to ask for when the screen is opened.
    pub fn open(&mut self) -> Vec<UsageAsk> {
        self.load()
    }

    /// What to ask for when time has passed or money was booked; nothing while frozen or waiting.
    pub fn tick(&mut self) -> Vec<UsageAsk> {
        if self.flow == Flow::Frozen || self.is_waiting { Vec::new() } else { self.load() }
    }

    /// Where a key is pressed.
    #[must_use]
    pub const fn context(&self) -> Context {
        match self.mode {
            Mode::Panels => Context::Usage,
            Mode::Filter(_) | Mode::Export => Context::Line,
        }
    }

    /// Whether [`Action::Escape`] closes something here, and does not leave the screen.
    #[must_use]
    pub const fn has_open(&self) -> bool {
        self.expanded.is_some() || !matches!(self.mode, Mode::Panels)
    }

    /// What a key comes to.
    pub fn press(&mut self, action: Action) -> Vec<UsageAsk> {
        match self.mode {
            Mode::Panels => self.press_panels(action),
            Mode::Filter(_) => self.press_filter(action),
            Mode::Export => {
                if action == Action::Escape {
                    self.mode = Mode::Panels;
                }
                Vec::new()
            }
        }
    }

    /// A character that is typed into the filter line, or answers what to export.
    pub fn typed(&mut self, c: char) -> Vec<UsageAsk> {
        match &mut self.mode {
            Mode::Panels => Vec::new(),
            Mode::Filter(line) => {
                line.type_in(c);
                Vec::new()
            }
            Mode::Export => match c {
                '1' => self.export(ExportFormat::Csv),
                '2' => self.export(ExportFormat::Json),
                _ => Vec::new(),
            },
        }
    }

    /// Figures have come. What answers an older question is dropped.
    pub fn loaded(&mut self, result: Result<Dashboard, Fault>) {
        if !self.is_waiting {
            return;
        }
        match result {
            Ok(board) if board.query != self.query => return,
            Ok(board) => {
                self.board = Some(board);
                self.fault = None;
            }
            Err(fault) => self.fault = Some(fault),
        }
        self.is_waiting = false;
        self.scroll_by(0);
    }

    /// The books were proved, or that could not be done.
    pub fn verified(&mut self, result: Result<Checks, Fault>, at: Timestamp) {
        self.proof = match result {
            Ok(checks) => Proof::Done(at, checks),
            Err(fault) => Proof::Failed(fault),
        };
    }

    /// The figures were written, or that could not be done.
    pub fn exported(&mut self, result: Result<PathBuf, Fault>) {
        self.exported = Some(match result {
            Ok(path) => Exported::To(path),
            Err(fault) => Exported::Failed(fault),
        });
    }

    /// What the conversation knows now. Nothing moves while frozen.
    pub const fn live(&mut self, figures: LiveFigures) {
        if matches!(self.flow, Flow::Live) {
            self.live = figures;
        }
    }

    fn press_panels(&mut self, action: Action) -> Vec<UsageAsk> {
        self.exported = self.exported.take().filter(|told| *told == Exported::UnderWay);
        match action {
            Action::NextPane => self.go(self.focus.next()),
            Action::PreviousPane => self.go(self.focus.previous()),
            Action::Expand | Action::Open | Action::Confirm => self.expand(),
            Action::Escape => self.expanded = None,
            Action::Up => self.scroll_by(-1),
            Action::Down => self.scroll_by(1),
            Action::PageUp => self.scroll_by(-(PAGE_ROWS.cast_signed())),
            Action::PageDown => self.scroll_by(PAGE_ROWS.cast_signed()),
            Action::Top => self.scroll = 0,
            Action::Bottom => self.scroll_by(isize::MAX),
            Action::Period => return self.next_period(),
            Action::Filter | Action::Search => self.mode = Mode::Filter(FilterLine::of(&self.query)),
            Action::ClearFilter => {
                return self.ask(DashboardQuery { filter: DashboardFilter::default(), ..self.query.clone() });
            }
            Action::Freeze => return self.freeze(),
            Action::Export if self.board.is_some() => self.mode = Mode::Export,
            Action::Refresh => return self.load(),
            Action::Verify => return self.verify(),
            _ => {}
        }
        Vec::new()
    }

    fn press_filter(&mut self, action: Action) -> Vec<UsageAsk> {
        let Mode::Filter(line) = &mut self.mode else { return Vec::new() };
        match action {
            Action::Escape => self.mode = Mode::Panels,
            Action::Open | Action::Confirm | Action::Send => return self.apply(),
            Action::CompleteOrQueue | Action::NextPane => line.complete(self.board.as_ref()),
            Action::DeleteBack => line.delete_back(),
            Action::DeleteForward => line.delete_forward(),
            Action::DeleteToStart | Action::ClearFilter => line.clear(),
            Action::Left => line.left(),
            Action::Right => line.right(),
            Action::LineStart => line.start(),
            Action::LineEnd => line.end(),
            _ => {}
        }
        Vec::new()
    }

    fn apply(&mut self) -> Vec<UsageAsk> {
        let Mode::Filter(line) = &mut self.mode else { return Vec::new() };
        match line.query(self.query.period) {
            Ok(query) => {
                self.mode = Mode::Panels;
                self.ask(query)
            }
            Err(part) => {
                line.wrong = Some(part);
                Vec::new()
            }
        }
    }

    fn go(&mut self, panel: Panel) {
        self.focus = panel;
        self.scroll = 0;
        if self.expanded.is_some() {
            self.expanded = Some(panel);
        }
    }

    fn expand(&mut self) {
        self.scroll = 0;
        self.expanded = if self.expanded.is_some() { None } else { Some(self.focus) };
    }

    /// Only an expanded panel scrolls; without one, the keys walk through the panels.
    fn scroll_by(&mut self, rows: isize) {
        let Some(panel) = self.expanded else {
            return match rows {
                1 => self.go(self.focus.next()),
                -1 => self.go(self.focus.previous()),
                _ => {}
            };
        };
        let last = self.board.as_ref().map_or(0, |board| panel::rows(panel, board)).saturating_sub(1);
        self.scroll = self.scroll.saturating_add_signed(rows).min(last);
    }

    fn next_period(&mut self) -> Vec<UsageAsk> {
        let period = match self.query.period {
            DashboardPeriod::Today => DashboardPeriod::Week,
            DashboardPeriod::Week => DashboardPeriod::Month,
            DashboardPeriod::Month => DashboardPeriod::Days30,
            DashboardPeriod::Days30 => DashboardPeriod::All,
            DashboardPeriod::All | DashboardPeriod::Custom => DashboardPeriod::Today,
        };
        self.ask(DashboardQuery { period, filter: self.query.filter.clone(), ..DashboardQuery::default() })
    }

    fn ask(&mut self, query: DashboardQuery) -> Vec<UsageAsk> {
        self.query = query;
        self.load()
    }

    fn load(&mut self) -> Vec<UsageAsk> {
        self.is_waiting = true;
        vec![UsageAsk::Load(self.query.clone())]
    }

    /// Frozen: an answer that is under way is not waited for any more. Thawed: what is now is read at once.
    fn freeze(&mut self) -> Vec<UsageAsk> {
        match self.flow {
            Flow::Live if self.board.is_some() => {
                self.flow = Flow::Frozen;
                self.is_waiting = false;
                Vec::new()
            }
            Flow::Live => Vec::new(),
            Flow::Frozen => {
                self.flow = Flow::Live;
                self.load()
            }
        }
    }

    fn verify(&mut self) -> Vec<UsageAsk> {
        if self.proof == Proof::UnderWay {
            return Vec::new();
        }
        self.proof = Proof::UnderWay;
        vec![UsageAsk::Verify]
    }

    fn export(&mut self, format: ExportFormat) -> Vec<UsageAsk> {
        self.mode = Mode::Panels;
        let Some(board) = &self.board else { return Vec::new() };
        self.exported = Some(Exported::UnderWay);
        vec![UsageAsk::Export { format, shown: Box::new(board.clone()) }]
    }
}
