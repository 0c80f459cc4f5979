//! A file for each kind of panel. Each says what it shows as lines, which is also its plain form; what has a chart draws it.

use super::Panel;
use plyrum_protocol::view::Dashboard;

/// How many rows a panel has when it is expanded.
pub(super) fn rows(panel: Panel, board: &Dashboard) -> usize {
    match panel {
        Panel::Days => board.days.len(),
        Panel::Spans => board.spans.len() + board.budgets.len(),
        Panel::Cache => board.cache.causes.len(),
        _ => panel.by().and_then(|by| board.group(by)).map_or(0, |group| group.rows.len()),
    }
}
