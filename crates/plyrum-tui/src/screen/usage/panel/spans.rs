//! Today, this week, this month: what was spent of the budget, and what it comes to at the end if it goes on so.

use super::super::said;
use super::{Extent, Pair, Pane, draw_pair};
use crate::theme::Role;
use plyrum_billing_client::MicroRub;
use plyrum_markup::cell;
use plyrum_protocol::view::{BudgetRow, DashboardSpan};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{LineGauge, Widget as _};

/// Lines of a span: its sum, its budget, its projection.
pub(super) const LINES: usize = 3;

/// A line of the panel.
enum Shown {
    Words(Pair),
    /// A budget: what is said of it, and how much of it is used, in percent.
    Bar(String, i64),
}

pub(super) fn draw(pane: Pane<'_>, extent: Extent, area: Rect, buf: &mut Buffer) {
    let lines = pane.board.spans.iter().flat_map(|span| of_span(pane, span));
    let budgets = pane.board.budgets.iter().map(|budget| of_budget(pane, budget));
    for (row, line) in area.rows().zip(lines.chain(budgets).skip(extent.scroll())) {
        match line {
            Shown::Words(pair) => draw_pair(pane.look, &pair, row, buf),
            Shown::Bar(label, percent) => gauge(pane, &label, percent, row, buf),
        }
    }
}

pub(super) fn pairs(pane: Pane<'_>) -> Vec<Pair> {
    let lines = pane.board.spans.iter().flat_map(|span| of_span(pane, span));
    let budgets = pane.board.budgets.iter().map(|budget| of_budget(pane, budget));
    let words = |line| match line {
        Shown::Words(pair) => pair,
        Shown::Bar(label, percent) => Pair::new(label, format!("{percent} %"), role(percent)),
    };
    lines.chain(budgets).map(words).collect()
}

fn of_span(pane: Pane<'_>, span: &DashboardSpan) -> Vec<Shown> {
    let (look, words) = (pane.look, pane.look.words);
    let name = match span.name.as_str() {
        "today" => words.say("usage-today"),
        "week" => words.say("usage-week"),
        "month" => words.say("usage-month"),
        other => cell(other),
    };
    let unpriced = if span.sum.unpriced > 0 { "+?" } else { "" };
    let cost = format!("{}{unpriced}", said::cost(look, &span.sum));
    let mut lines = vec![Shown::Words(Pair::new(name, cost, Role::Money))];
    if let Some(limit) = span.limit_micro_rub {
        lines.push(budget(
            words.with("usage-of-limit", &[("limit", said::rub(look, limit).into())]),
            span.sum.cost_micro_rub,
            limit,
        ));
    }
    if let Some(projected) = span.projected_micro_rub {
        let over = span.limit_micro_rub.is_some_and(|limit| projected > limit);
        let role = if over { Role::Warning } else { Role::Dim };
        let value = format!("~{}", said::rub(look, projected));
        lines.push(Shown::Words(Pair::new(words.say("usage-projected"), value, role)));
    }
    lines
}

fn of_budget(pane: Pane<'_>, row: &BudgetRow) -> Shown {
    let name = row.key.as_ref().map_or_else(|| row.scope.clone(), |key| cell(key));
    let label = pane.look.words.with(
        "usage-name-of-limit",
        &[("name", name.into()), ("limit", said::rub(pane.look, row.limit_micro_rub).into())],
    );
    match row.spent_micro_rub {
        Some(spent) => budget(label, spent, row.limit_micro_rub),
        None => Shown::Words(Pair::new(label, String::new(), Role::Text)),
    }
}

/// A limit of nothing is used up by anything.
fn budget(label: String, spent: MicroRub, limit: MicroRub) -> Shown {
    let all = if spent > MicroRub::ZERO { 100 } else { 0 };
    Shown::Bar(label, said::percent(spent, limit).unwrap_or(all))
}

const fn role(percent: i64) -> Role {
    match percent {
        ..80 => Role::Bar,
        80..100 => Role::Warning,
        _ => Role::Bad,
    }
}

/// The bar at the left, so that bars below one another are one column; beside it what they say.
fn gauge(pane: Pane<'_>, label: &str, percent: i64, row: Rect, buf: &mut Buffer) {
    let theme = pane.look.theme;
    let filled = u8::try_from(percent.clamp(0, 100)).unwrap_or_default();
    let width = row.width / 3;
    // The bar leaves a column for its label, which is not there: it may begin in the border's margin.
    let bar = Rect { x: row.x.saturating_sub(1), width: width + 1, ..row };
    LineGauge::default()
        .label("")
        .ratio(f64::from(filled) / 100.0)
        .filled_symbol("█")
        .unfilled_symbol("░")
        .filled_style(theme.of(role(percent)))
        .unfilled_style(theme.of(Role::BarBefore))
        .render(bar, buf);
    let said = Pair::new(String::new(), format!("{percent}\u{a0}% {label}"), Role::Text);
    let rest = row.width.saturating_sub(width + 1);
    draw_pair(pane.look, &said, Rect { x: row.x + width + 1, width: rest, ..row }, buf);
}
