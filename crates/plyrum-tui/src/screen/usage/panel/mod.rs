//! A file for each kind of panel. What a panel says in words is a list of [`Pair`]s, which is also its plain form; what has
//! a chart draws that beside them.

mod books;
mod cache;
mod days;
mod failures;
mod group;
mod heat;
mod now;
mod spans;
mod total;

use super::{Panel, UsageScreen, said};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_protocol::view::Dashboard;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use unicode_width::UnicodeWidthStr as _;

/// What every panel is drawn from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pane<'a> {
    pub(super) screen: &'a UsageScreen,
    pub(super) board: &'a Dashboard,
    pub(super) look: Look<'a>,
}

/// How much of a panel there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Among others.
    Small,
    /// Alone, with this many of its rows above the first visible one.
    Whole { scroll: usize },
}

impl Extent {
    const fn scroll(self) -> usize {
        match self {
            Self::Small => 0,
            Self::Whole { scroll } => scroll,
        }
    }
}

/// A name and its figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) role: Role,
}

impl Pair {
    fn new(label: String, value: String, role: Role) -> Self {
        Self { label, value, role }
    }

    /// Its plain form.
    pub(super) fn line(&self) -> String {
        if self.value.is_empty() { self.label.clone() } else { format!("{}: {}", self.label, self.value) }
    }
}

/// How many rows a panel has when it is expanded.
pub(super) fn rows(panel: Panel, board: &Dashboard) -> usize {
    match panel {
        Panel::Days => board.days.len(),
        Panel::Spans => board.spans.len() * spans::LINES + board.budgets.len(),
        Panel::Cache => cache::LINES + board.cache.causes.len(),
        _ => panel.by().and_then(|by| board.group(by)).map_or(0, |group| group.rows.len()),
    }
}

/// Draws the inside of a panel.
pub(super) fn draw(panel: Panel, pane: Pane<'_>, extent: Extent, area: Rect, buf: &mut Buffer) {
    match panel {
        Panel::Now => now::draw(pane, area, buf),
        Panel::Spans => spans::draw(pane, extent, area, buf),
        Panel::Days => days::draw(pane, extent, area, buf),
        Panel::Heat => heat::draw(pane, area, buf),
        Panel::Cache => cache::draw(pane, extent, area, buf),
        Panel::Model | Panel::Provider | Panel::Role | Panel::Persona | Panel::Project | Panel::Session => {
            group::draw(panel, pane, extent, area, buf);
        }
        Panel::Total | Panel::Books | Panel::Failures => {
            draw_pairs(pane.look, &pairs(panel, pane), extent.scroll(), area, buf);
        }
    }
}

/// A panel in words.
pub(super) fn pairs(panel: Panel, pane: Pane<'_>) -> Vec<Pair> {
    match panel {
        Panel::Now => now::pairs(pane),
        Panel::Spans => spans::pairs(pane),
        Panel::Total => total::pairs(pane),
        Panel::Books => books::pairs(pane),
        Panel::Cache => cache::pairs(pane),
        Panel::Failures => failures::pairs(pane),
        Panel::Days => days::pairs(pane),
        Panel::Heat => heat::pairs(pane),
        Panel::Model | Panel::Provider | Panel::Role | Panel::Persona | Panel::Project | Panel::Session => {
            group::pairs(panel, pane)
        }
    }
}

/// A panel's title, with what it is limited to, or not limited by.
pub(super) fn title(panel: Panel, pane: Pane<'_>) -> String {
    let title = pane.look.words.say(panel.word());
    if let Some(since) = panel.by().and_then(|by| pane.board.group(by)).and_then(|group| group.since) {
        let days = pane.board.at.millis_since(since) / 86_400_000 + 1;
        return format!("{title} {}", pane.look.words.with("usage-last-days", &[("n", days.into())]));
    }
    let is_of_everything = matches!(panel, Panel::Now | Panel::Spans | Panel::Books);
    if is_of_everything && !pane.board.query.filter.is_empty() {
        return format!("{title} {}", pane.look.words.say("usage-unfiltered"));
    }
    title
}

/// Names at the left, figures at the right; a name gives way to its figure.
fn draw_pairs(look: Look<'_>, pairs: &[Pair], scroll: usize, area: Rect, buf: &mut Buffer) {
    for (row, pair) in area.rows().zip(pairs.iter().skip(scroll)) {
        draw_pair(look, pair, row, buf);
    }
}

fn draw_pair(look: Look<'_>, pair: &Pair, row: Rect, buf: &mut Buffer) {
    let width = usize::from(row.width);
    let value = said::fit(&pair.value, width);
    let room = width.saturating_sub(value.width() + usize::from(!value.is_empty()));
    let label = said::fit(&pair.label, room);
    let label_role = if pair.value.is_empty() { pair.role } else { Role::Text };
    buf.set_span(row.x, row.y, &Span::styled(label, look.theme.of(label_role)), row.width);
    let at = u16::try_from(width.saturating_sub(value.width())).unwrap_or_default();
    buf.set_span(row.x + at, row.y, &Span::styled(value, look.theme.of(pair.role)), row.width - at);
}
