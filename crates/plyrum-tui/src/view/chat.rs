//! The conversation, what goes on in it, and the prompt.

use super::{first, rule, stack};
use crate::app::{App, Link, written};
use crate::approvals::{Prompt, overlay_height};
use crate::composer::{CompletionView, ComposerView};
use crate::lifecycle;
use crate::paint::{Pieces, width};
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::Widget;

/// Most of the screen that the prompt takes, in eighths.
const COMPOSER_EIGHTHS: u16 = 3;
/// From this width on the steps of a mixture stand beside the conversation.
const WIDE: u16 = 110;

/// Columns that they take there, at most.
const SIDE: u16 = 62;

/// Where everything is.
struct Places {
    conversation: Rect,
    side: Option<Rect>,
    strip: Rect,
    queue: Rect,
    banner: Rect,
    rule: Rect,
    composer: Rect,
}

pub(super) fn conversation_area(app: &App, area: Rect) -> Rect {
    places(app, area).conversation
}

/// Where a question of the run is shown.
pub(super) fn question_area(app: &App, area: Rect) -> Rect {
    let place = places(app, area).composer;
    Rect { x: place.x + 1, width: place.width.saturating_sub(2), ..place }
}

fn places(app: &App, area: Rect) -> Places {
    let question = app.live().and_then(|run| app.approvals.of_run(&run.id));
    let composer = if let Some((question, _)) = question {
        overlay_height(question, app.look(), area.width, area.height.saturating_sub(4)).max(8)
    } else {
        let most = (area.height * COMPOSER_EIGHTHS / 8).max(1);
        ComposerView::new(&app.composer, app.look()).height(area.width.saturating_sub(2), most)
    };
    let mixture = app.live().filter(|run| run.is_mixture() && question.is_none());
    let is_wide = area.width >= WIDE && mixture.is_some();
    let strip = mixture
        .filter(|_| !is_wide)
        .map_or(0, |run| lifecycle::strip(run, app.look(), usize::from(area.width)).len() + 1);
    let strip = u16::try_from(strip).unwrap_or(0).min(area.height / 2);
    let banner = u16::from(matches!(app.link, Link::Down { .. }));
    let queue = u16::try_from(app.queue.len().min(3)).unwrap_or(3);
    let [conversation, strip, banner, queue, rule, composer] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(strip),
        Constraint::Length(banner),
        Constraint::Length(queue),
        Constraint::Length(1),
        Constraint::Length(composer),
    ])
    .areas(area);
    let side = if is_wide { (area.width / 2).min(SIDE) } else { 0 };
    let [conversation, side_area] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(side)]).areas(conversation);
    Places {
        conversation: Rect {
            x: conversation.x + 1,
            width: conversation.width.saturating_sub(2),
            ..conversation
        },
        side: is_wide.then_some(side_area),
        strip,
        queue,
        banner,
        rule,
        composer,
    }
}

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let places = places(app, area);
    if app.conversation.turns.is_empty() && !app.conversation.is_loading {
        first::draw(app, places.conversation, buffer);
    } else {
        conversation(app, places.conversation, buffer);
    }
    if let Some(run) = app.live() {
        if let Some(side) = places.side {
            steps_beside(app, run, side, buffer);
        } else if places.strip.height > 0 {
            rule(app, Rect { height: 1, ..places.strip }, buffer);
            let under = Rect { y: places.strip.y + 1, height: places.strip.height - 1, ..places.strip };
            stack(lifecycle::strip(run, app.look(), usize::from(under.width)), under, buffer);
        }
    }
    banner(app, places.banner, buffer);
    queue(app, places.queue, buffer);
    over_composer(app, places.rule, buffer);
    bottom(app, &places, area, buffer)
}

/// The prompt, or the question that has to be answered first.
fn bottom(app: &App, places: &Places, around: Rect, buffer: &mut Buffer) -> Option<Position> {
    if let Some((question, asking)) = app.live().and_then(|run| app.approvals.of_run(&run.id)) {
        let mine = app.approvals.questions();
        let at = mine.iter().position(|it| it.approval == question.approval).unwrap_or(0);
        let area = Rect {
            x: places.composer.x + 1,
            width: places.composer.width.saturating_sub(2),
            ..places.composer
        };
        (&Prompt { question, asking: Some(asking), place: (at + 1, mine.len()), look: app.look() })
            .render(area, buffer);
        return None;
    }
    let area =
        Rect { x: places.composer.x + 1, width: places.composer.width.saturating_sub(2), ..places.composer };
    let view = ComposerView::new(&app.composer, app.look());
    view.render(area, buffer);
    if let Some(menu) = CompletionView::new(&app.composer, app.look()) {
        menu.render(menu.area(area, around), buffer);
    }
    view.cursor(area)
}

fn conversation(app: &App, area: Rect, buffer: &mut Buffer) {
    let lines = app.conversation.visible();
    // A conversation that is shorter than its place stands at the top of it.
    stack(lines.iter().cloned(), area, buffer);
    if app.conversation.has_below() && area.height > 1 {
        let text = app.words.say(if app.is_busy() { "more-below-live" } else { "more-below" });
        let line = Pieces::new(&app.theme).add(Role::Key, &format!(" {text} ")).done();
        let columns = u16::try_from(line.width()).unwrap_or(area.width).min(area.width);
        let place = Rect { x: area.right() - columns, y: area.bottom() - 1, width: columns, height: 1 };
        line.render(place, buffer);
    }
}

fn steps_beside(app: &App, run: &crate::run::Run, area: Rect, buffer: &mut Buffer) {
    for y in area.top()..area.bottom() {
        let sign = if app.is_plain { "|" } else { "│" };
        Pieces::new(&app.theme).add(Role::Border, sign).done().render(Rect { y, height: 1, ..area }, buffer);
    }
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area };
    stack(lifecycle::strip(run, app.look(), usize::from(inner.width)), inner, buffer);
}

/// The daemon is gone: said where the eyes are.
fn banner(app: &App, area: Rect, buffer: &mut Buffer) {
    if let Link::Down { fault } = &app.link
        && area.height > 0
    {
        let text = app.words.with("link-down", &[("why", app.look().told(&fault.message).into())]);
        let sign = if app.is_plain { "x" } else { "✗" };
        Pieces::new(&app.theme)
            .fitted(Role::Bad, &format!(" {sign} {text}"), usize::from(area.width))
            .done()
            .render(area, buffer);
    }
}

/// Prompts that wait.
fn queue(app: &App, area: Rect, buffer: &mut Buffer) {
    let lines = app.queue.iter().enumerate().map(|(at, composed)| {
        let text = written(composed).replace('\n', " ");
        let label = app.words.with("queued", &[("n", (at as u64 + 1).into())]);
        Pieces::new(&app.theme)
            .add(Role::Dim, &format!(" {label} "))
            .fitted(Role::Dim, &text, usize::from(area.width).saturating_sub(width(&label) + 3))
            .done()
    });
    stack(lines, area, buffer);
}

/// The line over the prompt: what it would cost.
fn over_composer(app: &App, area: Rect, buffer: &mut Buffer) {
    rule(app, area, buffer);
    let Some(line) = price(app) else { return };
    let columns = u16::try_from(line.width()).unwrap_or(area.width).min(area.width.saturating_sub(2));
    let place = Rect { x: area.right().saturating_sub(columns + 1), width: columns, ..area };
    line.render(place, buffer);
}

fn price(app: &App) -> Option<Line<'static>> {
    let range = app.price.range()?;
    let rub = |amount| app.words.lang().rub(amount);
    let text = if range.unpriced > 0 {
        app.words.charged(range.high, range.unpriced)
    } else if range.high == plyrum_billing_client::MicroRub::ZERO {
        app.words.say("price-free")
    } else if range.low == range.high {
        rub(range.high)
    } else {
        let dash = if app.is_plain { "-" } else { "–" };
        format!("{}{dash}{}", rub(range.low), rub(range.high))
    };
    let role = if range.is_old { Role::Dim } else { Role::Money };
    let pieces = Pieces::new(&app.theme)
        .add(Role::Dim, &format!(" {} · ", range.plan))
        .add(role, &text)
        .add(Role::Dim, " ");
    Some(pieces.done())
}
