//! Now: what the run and the session cost, how full the context is, what an hour costs, what is left.

use super::super::{Certainty, Spent, said};
use super::{Pair, Pane, draw_pairs};
use crate::theme::Role;
use plyrum_billing_client::MicroRub;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Sparkline, Widget as _};

/// Below the figures, the last 24 hours; as soon as there is room for it and its name.
pub(super) fn draw(pane: Pane<'_>, area: Rect, buf: &mut Buffer) {
    let pairs = pairs(pane);
    draw_pairs(pane.look, &pairs, 0, area, buf);
    let used = u16::try_from(pairs.len()).unwrap_or(u16::MAX);
    let rest = area.height.saturating_sub(used);
    if rest < 2 || pane.board.last_day.is_empty() {
        return;
    }
    let name = pane.look.words.say("usage-last-day");
    let line = Rect { y: area.y + used, height: 1, ..area };
    draw_pairs(pane.look, &[Pair::new(name, String::new(), Role::Dim)], 0, line, buf);
    let chart = Rect { y: line.y + 1, height: (rest - 1).min(5), ..area };
    let hours = pane.board.last_day.iter();
    let values: Vec<u64> = hours.map(|hour| hour.cost_micro_rub.get().unsigned_abs()).collect();
    // One column an hour; two where they fit.
    let wide = usize::from(area.width) >= values.len() * 2;
    let values: Vec<u64> =
        if wide { values.iter().flat_map(|value| [*value, *value]).collect() } else { values };
    Sparkline::default().data(values).style(pane.look.theme.of(Role::Bar)).render(chart, buf);
}

pub(super) fn pairs(pane: Pane<'_>) -> Vec<Pair> {
    let (look, board, live) = (pane.look, pane.board, pane.screen.live);
    let say = |key| look.words.say(key);
    let mark = if live.certainty == Certainty::Streaming { "~" } else { "" };
    let known = |spent: Option<Spent>| {
        let charged = |spent: Spent| look.words.charged(spent.cost, spent.unpriced);
        spent.map_or_else(|| say("usage-none"), |spent| format!("{mark}{}", charged(spent)))
    };
    let context =
        live.context_percent.map_or_else(|| say("usage-none"), |percent| format!("{percent}\u{a0}%"));
    let full = live.context_percent.is_some_and(|percent| percent >= 80);
    vec![
        Pair::new(say("usage-run"), known(live.run_cost), Role::Money),
        Pair::new(say("usage-session"), known(live.session_cost), Role::Money),
        Pair::new(say("usage-context"), context, if full { Role::Warning } else { Role::Text }),
        Pair::new(say("usage-burn"), said::rub(look, board.burn_micro_rub_per_hour), Role::Money),
        left(pane),
    ]
}

/// The least that the balance and the limits of today and of the month leave.
fn left(pane: Pane<'_>) -> Pair {
    let limits = pane.board.spans.iter().filter_map(|span| span.left_micro_rub);
    let least = limits.chain(pane.board.balance.available_micro_rub).min();
    let (value, role) = match least {
        None => (pane.look.words.say("usage-no-limit"), Role::Dim),
        Some(left) if left <= MicroRub::ZERO => (said::rub(pane.look, left), Role::Bad),
        Some(left) => (said::rub(pane.look, left), Role::Good),
    };
    Pair::new(pane.look.words.say("usage-left"), value, role)
}
