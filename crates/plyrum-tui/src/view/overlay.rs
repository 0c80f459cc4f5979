//! Lists, the help and long texts, over what is there.

use super::{stack, window};
use crate::app::{App, Overlay, Picker, Reader};
use crate::keymap::Context;
use crate::paint::{self, Pieces, width};
use crate::theme::Role;
use plyrum_markup as markup;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

pub(super) fn draw(app: &App, overlay: &Overlay, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    match overlay {
        Overlay::Picker(it) => Some(picker(app, it, area, buffer)),
        Overlay::Help { scroll } => {
            help(app, *scroll, area, buffer);
            None
        }
        Overlay::Reader(it) => {
            reader(app, it, area, buffer);
            None
        }
    }
}

/// A place in the middle.
fn middle(area: Rect, columns: u16, rows: u16) -> Rect {
    let (width, height) = (columns.min(area.width), rows.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

fn picker(app: &App, picker: &Picker, area: Rect, buffer: &mut Buffer) -> Position {
    let place = middle(area, area.width.saturating_sub(4).min(90), area.height.saturating_sub(2).min(22));
    let inner = window(app, &app.words.say(picker.title), place, buffer);
    let fitting = picker.fitting();
    let room = usize::from(inner.height).saturating_sub(1).max(1);
    let at = picker.at.min(fitting.len().saturating_sub(1));
    let from = (at + 1).saturating_sub(room);
    let sign = if app.is_plain { "> " } else { "› " };
    let prompt = Pieces::new(&app.theme).add(Role::Key, sign).add(Role::Text, &picker.filter);
    let cursor = Position {
        x: inner.x + u16::try_from(prompt.width()).unwrap_or(0).min(inner.width.saturating_sub(1)),
        y: inner.y,
    };
    let label =
        fitting.iter().map(|item| width(&item.label)).max().unwrap_or(0).min(usize::from(inner.width) / 2);
    let columns = usize::from(inner.width);
    let rows = fitting.iter().enumerate().skip(from).take(room).map(|(nth, item)| {
        let is_chosen = nth == at;
        let pieces = Pieces::new(&app.theme)
            .add(Role::Key, if is_chosen { sign } else { "  " })
            .column(Role::Text, &item.label, label)
            .add(Role::Text, "  ")
            .column(Role::Dim, &item.detail, columns.saturating_sub(label + 4));
        if is_chosen { pieces.all(app.theme.of(Role::Selected)) } else { pieces.done() }
    });
    let mut lines: Vec<Line<'static>> = std::iter::once(prompt.done()).chain(rows).collect();
    if fitting.is_empty() {
        lines.push(
            Pieces::new(&app.theme).add(Role::Dim, &format!("  {}", app.words.say("pick-nothing"))).done(),
        );
    }
    stack(lines, inner, buffer);
    cursor
}

/// Keeps the place of a long text within it, so that the next key moves from what is seen.
pub(super) fn settle(app: &mut App, area: Rect) {
    let room = usize::from(area.height.saturating_sub(2));
    let columns = area.width.saturating_sub(2);
    match app.overlay.take() {
        Some(Overlay::Help { scroll }) if scroll > 0 => {
            let scroll = scroll.min(help_lines(app, columns).len().saturating_sub(room));
            app.overlay = Some(Overlay::Help { scroll });
        }
        Some(Overlay::Reader(mut reader)) => {
            let lines = reader.lines.take().filter(|(made_for, _)| *made_for == columns);
            let lines = lines.unwrap_or_else(|| (columns, markup::markdown(&reader.text, columns.max(10))));
            reader.scroll = reader.scroll.min(lines.1.len().saturating_sub(room));
            reader.lines = Some(lines);
            app.overlay = Some(Overlay::Reader(reader));
        }
        other => app.overlay = other,
    }
}

/// The keys, as they are bound now.
fn help(app: &App, scroll: usize, area: Rect, buffer: &mut Buffer) {
    let inner = window(app, &app.words.say("help-title"), area, buffer);
    let lines = help_lines(app, inner.width);
    let from = scroll.min(lines.len().saturating_sub(usize::from(inner.height)));
    stack(lines.into_iter().skip(from), inner, buffer);
}

fn help_lines(app: &App, columns: u16) -> Vec<Line<'static>> {
    let room = usize::from(columns).saturating_sub(30);
    let row = |keys: &str, about: &str| {
        Pieces::new(&app.theme)
            .add(Role::Text, "  ")
            .column(Role::Key, keys, 28)
            .fitted(Role::Text, &app.words.say(about), room)
            .done()
    };
    let mut lines = Vec::new();
    for (context, title) in [
        (Context::Everywhere, "help-everywhere"),
        (Context::Composer, "help-composer"),
        (Context::Pager, "help-pager"),
        (Context::Approval, "help-approval"),
        (Context::Lifecycle, "help-lifecycle"),
        (Context::List, "help-list"),
        (Context::Usage, "help-usage"),
        (Context::Line, "help-line"),
    ] {
        lines.push(Pieces::new(&app.theme).add(Role::Title, &app.words.say(title)).done());
        lines.extend(app.keymap.help(context).iter().map(|it| row(&it.keys(), it.about)));
        lines.push(Line::default());
    }
    lines.push(Pieces::new(&app.theme).add(Role::Title, &app.words.say("help-commands")).done());
    lines.extend(crate::app::COMMANDS.iter().map(|(name, _, about)| row(&format!("/{name}"), about)));
    lines
}

fn reader(app: &App, reader: &Reader, area: Rect, buffer: &mut Buffer) {
    let inner = window(app, &markup::cell(&reader.title), area, buffer);
    let Some((_, lines)) = &reader.lines else { return };
    let seen = lines.iter().skip(reader.scroll).take(usize::from(inner.height));
    stack(seen.map(|line| paint::line(&app.theme, line)), inner, buffer);
}
