//! The lifecycle screen: the plan, its steps, and what the chosen one said.

use super::{centred, rule, stack};
use crate::app::App;
use crate::lifecycle::{about, table};
use crate::paint::{self, Pieces};
use crate::run::Run;
use crate::screen::Look;
use crate::theme::Role;
use plyrum_markup as markup;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(run) = app.watched_run() else {
        return centred(
            app,
            &[(Role::Text, "lifecycle-none"), (Role::Dim, "lifecycle-none-more")],
            area,
            buffer,
        );
    };
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let look = app.look();
    let head = head(run, look, usize::from(area.width));
    let at = app.lifecycle.at.min(run.steps.len().saturating_sub(1));
    let steps = table(run, Some(at), look, usize::from(area.width));
    let rows = u16::try_from(steps.len()).unwrap_or(u16::MAX).min(area.height / 2 + 2);
    let [top, table_area, line, rest] = Layout::vertical([
        Constraint::Length(u16::try_from(head.len()).unwrap_or(2)),
        Constraint::Length(rows),
        Constraint::Length(1),
        Constraint::Fill(1),
    ])
    .areas(area);
    stack(head, top, buffer);
    stack(scrolled(steps, at, usize::from(rows)), table_area, buffer);
    rule(app, line, buffer);
    stack(detail(app, run, look, rest), rest, buffer);
}

/// The head of the table and the rows around the chosen one.
fn scrolled(mut rows: Vec<Line<'static>>, at: usize, room: usize) -> Vec<Line<'static>> {
    let skip = (at + 2).saturating_sub(room.max(2));
    if skip > 0 {
        rows.drain(1..=skip.min(rows.len().saturating_sub(1)));
    }
    rows
}

/// What runs, what it holds or cost, and why this plan.
fn head(run: &Run, look: Look<'_>, columns: usize) -> Vec<Line<'static>> {
    let rub = |amount| look.words.lang().rub(amount);
    let id: String = run.id.as_str().chars().take(8).collect();
    let left = Pieces::new(look.theme)
        .add(Role::Title, if run.plan.is_empty() { "…" } else { &run.plan })
        .add(Role::Dim, &format!(" · {id}"));
    let money = if let Some(result) = &run.result {
        let cost = look.words.charged(result.cost_micro_rub, result.unpriced as usize);
        let extra = result.extra_over_direct_micro_rub.map(|extra| {
            format!(" · {}", look.words.with("bill-over-direct", &[("extra", rub(extra).into())]))
        });
        format!("{cost}{} · {}", extra.unwrap_or_default(), look.words.seconds(result.duration_ms))
    } else {
        let ms = run.started_at.map_or(0, |began| look.now.millis_since(began));
        let held = look.words.with("lifecycle-held", &[("held", rub(run.held).into())]);
        format!("{held} · {}", look.words.seconds(ms / 100 * 100))
    };
    let mut lines = vec![left.apart(Pieces::new(look.theme).add(Role::Money, &money), columns).done()];
    let quorum = run.quorum.as_ref().map(|quorum| {
        let key = format!("quorum-{}", quorum.reason.replace('_', "-"));
        look.words.with(&key, &[("have", u64::from(quorum.have).into()), ("of", u64::from(quorum.of).into())])
    });
    let reasons = || run.reasons.iter().map(|reason| look.told(reason)).collect::<Vec<_>>().join(", ");
    let why = quorum.unwrap_or_else(reasons);
    lines.push(Pieces::new(look.theme).fitted(Role::Dim, &why, columns).done());
    lines
}

/// What the chosen step said.
fn detail(app: &App, run: &Run, look: Look<'_>, area: Rect) -> Vec<Line<'static>> {
    let Some(step) = app.lifecycle.chosen(run) else { return Vec::new() };
    let mut lines = vec![about(step, look)];
    let room = usize::from(area.height).saturating_sub(1);
    let text = markup::markdown(&step.text, area.width.max(10));
    // While it streams its end is what is new; afterwards it is read from its beginning.
    let from = if step.phase.is_over() { 0 } else { text.len().saturating_sub(room) };
    lines.extend(paint::lines(look.theme, text.get(from..).unwrap_or_default()));
    if step.text.is_empty() && step.phase.is_over() {
        lines.push(Pieces::new(look.theme).add(Role::Dim, &look.words.say("lifecycle-no-text")).done());
    }
    lines
}
