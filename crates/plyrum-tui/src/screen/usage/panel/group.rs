//! What was used by one dimension, the dearest first.

use super::super::said;
use super::{Extent, Pair, Pane, Panel, draw_pairs};
use crate::theme::Role;
use plyrum_markup::cell;
use plyrum_protocol::view::{DashboardGroup, DashboardSum};
use plyrum_words::money;
use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Constraint, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Row, Table, Widget as _};
use unicode_width::UnicodeWidthStr as _;

/// The least width that names are given up to.
const NAMES: usize = 24;
/// What gives way to the names where they have no room, in this order.
const GIVE_WAY: [&str; 3] = ["usage-head-cached", "usage-head-runs", "usage-head-input"];

pub(super) fn draw(panel: Panel, pane: Pane<'_>, extent: Extent, area: Rect, buf: &mut Buffer) {
    let Some(group) = panel.by().and_then(|by| pane.board.group(by)).filter(|group| !group.rows.is_empty())
    else {
        let nothing = Pair::new(pane.look.words.say("screen-usage-nothing"), String::new(), Role::Dim);
        return draw_pairs(pane.look, &[nothing], 0, area, buf);
    };
    let mut columns = columns(panel, pane, group, extent);
    let wanted = columns.first().map_or(0, |names| names.width(extent)).min(NAMES);
    for key in GIVE_WAY {
        if left_for_names(&columns, extent, area) < wanted {
            columns.retain(|column| column.head != key);
        }
    }
    let room = left_for_names(&columns, extent, area);
    if let Some(names) = columns.first_mut() {
        names.cells.iter_mut().for_each(|name| *name = cut(name, room));
    }
    table(pane, &columns, extent, room).render(area, buf);
}

fn left_for_names(columns: &[Column], extent: Extent, area: Rect) -> usize {
    let others = columns.iter().skip(1).map(|column| column.width(extent) + SPACING);
    usize::from(area.width).saturating_sub(others.sum())
}

/// The end of a path, or of a model's id, tells more than its beginning.
fn cut(name: &str, width: usize) -> String {
    if name.contains('/') { said::fit_end(name, width) } else { said::fit(name, width) }
}

/// Columns between columns.
const SPACING: usize = 2;

/// A column as text, its head first.
struct Column {
    /// The key of its head.
    head: &'static str,
    cells: Vec<String>,
    role: Role,
}

impl Column {
    /// Among other panels, heads are not shown.
    fn width(&self, extent: Extent) -> usize {
        let shown = self.cells.iter().skip(usize::from(extent == Extent::Small));
        shown.map(|cell| cell.width()).max().unwrap_or_default()
    }
}

fn columns(panel: Panel, pane: Pane<'_>, group: &DashboardGroup, extent: Extent) -> Vec<Column> {
    let (look, words) = (pane.look, pane.look.words);
    let mut names: Vec<String> = group.rows.iter().map(|row| named(pane, &row.key)).collect();
    let mut sums: Vec<&DashboardSum> = group.rows.iter().map(|row| &row.sum).collect();
    if group.more > 0 {
        names.push(words.with("usage-more", &[("n", group.more.into())]));
        sums.push(&group.rest);
    }
    let column = |head: &'static str, cells: Vec<String>, role| {
        let cells = std::iter::once(words.say(head)).chain(cells).collect();
        Column { head, cells, role }
    };
    let each = |figure: &dyn Fn(&DashboardSum) -> String| sums.iter().map(|sum| figure(sum)).collect();
    let mut columns = vec![column(panel.word(), names, Role::Text)];
    if matches!(extent, Extent::Whole { .. }) {
        let input =
            |sum: &DashboardSum| said::marked(sum, said::tokens(look, sum.usage.meters.total_input()));
        let cached = |sum: &DashboardSum| said::tokens(look, sum.usage.meters.cache_read);
        let output = |sum: &DashboardSum| {
            said::marked(sum, said::tokens(look, sum.usage.meters.output + sum.usage.meters.reasoning))
        };
        columns.push(column("usage-head-runs", each(&|sum| money::count(sum.runs)), Role::Text));
        columns.push(column("usage-head-attempts", each(&|sum| money::count(sum.attempts)), Role::Text));
        columns.push(column("usage-head-input", each(&input), Role::Text));
        columns.push(column("usage-head-cached", each(&cached), Role::Text));
        columns.push(column("usage-head-output", each(&output), Role::Text));
    } else {
        columns.push(column("usage-head-attempts", each(&|sum| money::count(sum.attempts)), Role::Dim));
    }
    columns.push(column("usage-cost", said::column(look, &sums), Role::Money));
    columns
}

fn table<'a>(pane: Pane<'_>, columns: &[Column], extent: Extent, key: usize) -> Table<'a> {
    let theme = pane.look.theme;
    let row = |nth: usize| {
        let cells = columns.iter().enumerate().map(|(place, column)| {
            let text = column.cells.get(nth).cloned().unwrap_or_default();
            let lean = if place == 0 { Alignment::Left } else { Alignment::Right };
            Text::from(Line::styled(text, theme.of(column.role)).alignment(lean))
        });
        Row::new(cells.collect::<Vec<_>>())
    };
    let rows = columns.first().map_or(0, |column| column.cells.len());
    let width = |width: usize| Constraint::Length(u16::try_from(width).unwrap_or(u16::MAX));
    let widths =
        columns.iter().enumerate().map(|(place, c)| width(if place == 0 { key } else { c.width(extent) }));
    let table =
        Table::new((1 + extent.scroll()..rows).map(row), widths.collect::<Vec<_>>()).column_spacing(2);
    match extent {
        // Among others, the panel's title says what the names are.
        Extent::Small => table,
        Extent::Whole { .. } => table.header(row(0).style(theme.of(Role::Dim))),
    }
}

pub(super) fn pairs(panel: Panel, pane: Pane<'_>) -> Vec<Pair> {
    let Some(group) = panel.by().and_then(|by| pane.board.group(by)).filter(|group| !group.rows.is_empty())
    else {
        return vec![Pair::new(pane.look.words.say("screen-usage-nothing"), String::new(), Role::Dim)];
    };
    let sums: Vec<&DashboardSum> = group.rows.iter().map(|row| &row.sum).collect();
    let costs = sums.iter().flat_map(|sum| said::column(pane.look, &[*sum]));
    let rows = group.rows.iter().zip(costs);
    rows.map(|(row, cost)| Pair::new(named(pane, &row.key), cost, Role::Money)).collect()
}

/// A row's name; runs from no project have none.
fn named(pane: Pane<'_>, key: &str) -> String {
    if key.is_empty() { pane.look.words.say("usage-no-project") } else { cell(key) }
}
