//! Thirty days as bars.

use super::super::said;
use super::{Extent, Pair, Pane, draw_pairs};
use crate::theme::Role;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::view::DashboardPoint;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Bar, BarChart, BarGroup, Widget as _};
use unicode_width::UnicodeWidthStr as _;

/// How high the bars are at most when the days are listed below them.
const MAX_HEIGHT: u16 = 12;

pub(super) fn draw(pane: Pane<'_>, extent: Extent, area: Rect, buf: &mut Buffer) {
    let dearest = pane.board.days.iter().max_by_key(|day| day.cost_micro_rub);
    let Some(dearest) = dearest.filter(|day| day.cost_micro_rub > MicroRub::ZERO) else {
        let nothing = Pair::new(pane.look.words.say("screen-usage-nothing"), String::new(), Role::Dim);
        return draw_pairs(pane.look, &[nothing], 0, area, buf);
    };
    let height = match extent {
        Extent::Small => area.height,
        Extent::Whole { .. } => area.height.min(MAX_HEIGHT),
    };
    let part = Rect { height, ..area };
    let most = Pair::new(
        pane.look.words.with("usage-dearest-day", &[("day", dearest.name.as_str().into())]),
        cost(pane, dearest),
        Role::Money,
    );
    draw_pairs(pane.look, &[most], 0, Rect { height: height.min(1), ..part }, buf);
    if height > 2 {
        bars(pane, dearest, Rect { y: part.y + 1, height: height - 2, ..part }, buf);
        axis(pane, Rect { y: part.y + height - 1, height: 1, ..part }, buf);
    }
    let list = Rect { y: area.y + height, height: area.height - height, ..area };
    draw_pairs(pane.look, &pairs(pane), extent.scroll(), list, buf);
}

/// How wide a bar and the gap after it are.
fn widths(area: Rect, days: usize) -> (u16, u16) {
    let days = u16::try_from(days.max(1)).unwrap_or(u16::MAX);
    match area.width / days {
        0 | 1 => (1, 0),
        each => (each - 1, 1),
    }
}

fn bars(pane: Pane<'_>, dearest: &DashboardPoint, area: Rect, buf: &mut Buffer) {
    let (width, gap) = widths(area, pane.board.days.len());
    let value = |day: &DashboardPoint| day.cost_micro_rub.get().max(0).unsigned_abs();
    let bar = |day: &DashboardPoint| Bar::default().value(value(day)).text_value(String::new());
    let bars: Vec<Bar<'_>> = pane.board.days.iter().map(bar).collect();
    BarChart::default()
        .data(BarGroup::default().bars(&bars))
        .bar_width(width)
        .bar_gap(gap)
        .max(value(dearest))
        .bar_style(pane.look.theme.of(Role::Bar))
        .render(area, buf);
}

/// The first and the last day below their bars.
fn axis(pane: Pane<'_>, area: Rect, buf: &mut Buffer) {
    let days = &pane.board.days;
    let (width, gap) = widths(area, days.len());
    let all = u16::try_from(days.len()).unwrap_or(u16::MAX).saturating_mul(width + gap).saturating_sub(gap);
    let style = pane.look.theme.of(Role::Dim);
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return };
    buf.set_stringn(area.x, area.y, &first.name, usize::from(area.width), style);
    let wide = u16::try_from(last.name.width()).unwrap_or(u16::MAX);
    let at = all.min(area.width).saturating_sub(wide);
    buf.set_stringn(area.x + at, area.y, &last.name, usize::from(area.width - at), style);
}

/// The newest first: that is what is looked for.
pub(super) fn pairs(pane: Pane<'_>) -> Vec<Pair> {
    let days = pane.board.days.iter().rev();
    days.map(|day| Pair::new(day.name.clone(), cost(pane, day), Role::Money)).collect()
}

fn cost(pane: Pane<'_>, day: &DashboardPoint) -> String {
    let mark = if day.estimated > 0 { "~" } else { "" };
    let unpriced = if day.unpriced > 0 { "+?" } else { "" };
    format!("{mark}{}{unpriced}", said::rub(pane.look, day.cost_micro_rub))
}
