//! The screen as it is drawn: a picture of the state and nothing else. No clock, no I/O.

mod chat;
mod first;
mod header;
mod lifecycle;
mod overlay;
mod status;

use crate::app::{App, Screen};
use crate::approvals::Prompt;
use crate::paint::{Pieces, stack};
use crate::screen::audit::AuditView;
use crate::screen::models::ModelsView;
use crate::screen::sessions::SessionsView;
use crate::screen::usage::UsageView;
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::widgets::{Clear, Widget};

/// What is smaller than this shows nothing but that it is too small.
const LEAST: (u16, u16) = (30, 8);

/// Lays out what needs to know how large the screen is. To be called before [`draw`].
pub fn prepare(app: &mut App, area: Rect) {
    if is_too_small(area) {
        return;
    }
    app.composer.resize(area.width.saturating_sub(2));
    app.sessions.resize(SessionsView::room(body(area)));
    let room = AuditView { screen: &app.audit, look: app.look() }.room(body(area));
    app.audit.resize(room);
    app.models.resize(ModelsView::room(body(area)));
    overlay::settle(app, body(area));
    see_question(app, body(area));
    let size = chat::conversation_area(app, body(area));
    // The conversation is laid out with what it is shown with; both are parts of one state.
    let mut conversation = std::mem::take(&mut app.conversation);
    conversation.prepare(usize::from(size.width), usize::from(size.height), app.look());
    app.conversation = conversation;
}

/// A question whose end is in view can be allowed from now on.
fn see_question(app: &mut App, area: Rect) {
    if app.overlay.is_some() {
        return;
    }
    let place = match app.screen {
        Screen::Chat if app.is_asked() => chat::question_area(app, area),
        Screen::Approvals => inner(area),
        _ => return,
    };
    let is_whole = app.approvals.chosen().is_some_and(|(question, asking, _)| {
        crate::approvals::is_seen_whole(question, asking, app.look(), place)
    });
    if is_whole {
        app.approvals.was_seen_whole();
    }
}

/// Without a column at either side.
const fn inner(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

/// Draws the state; where the cursor is.
pub fn draw(app: &App, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    if is_too_small(area) {
        let text = app.words.say("too-small");
        let text = plyrum_markup::plain(&text, area.width.max(4));
        stack(text.iter().map(|line| crate::paint::line(&app.theme, line)), area, buffer);
        return None;
    }
    let [head, _, foot] = frame(area);
    header::draw(app, head, buffer);
    status::draw(app, foot, buffer);
    let body = body(area);
    let cursor = screen(app, body, buffer);
    let cursor = match &app.overlay {
        Some(overlay) => overlay::draw(app, overlay, body, buffer),
        None => cursor,
    };
    status::draw_toast(app, body, buffer);
    cursor
}

const fn is_too_small(area: Rect) -> bool {
    area.width < LEAST.0 || area.height < LEAST.1
}

fn frame(area: Rect) -> [Rect; 3] {
    Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]).areas(area)
}

fn body(area: Rect) -> Rect {
    let [_, body, _] = frame(area);
    body
}

fn screen(app: &App, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let look = app.look();
    match app.screen {
        Screen::Chat => return chat::draw(app, area, buffer),
        Screen::Lifecycle => lifecycle::draw(app, area, buffer),
        Screen::Approvals => approvals(app, area, buffer),
        Screen::Sessions => return (SessionsView { screen: &app.sessions, look }).draw(area, buffer),
        Screen::Audit => return (AuditView { screen: &app.audit, look }).draw(area, buffer),
        Screen::Usage => (UsageView { screen: &app.usage, look }).render(area, buffer),
        Screen::Models => return (ModelsView { screen: &app.models, look }).draw(area, buffer),
    }
    None
}

/// The question that is chosen, whole.
fn approvals(app: &App, area: Rect, buffer: &mut Buffer) {
    let questions = app.approvals.questions();
    match app.approvals.chosen() {
        Some((question, asking, at)) => {
            let place = (at + 1, questions.len());
            let asking = Some(asking);
            let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
            (&Prompt { question, asking, place, look: app.look() }).render(area, buffer);
        }
        None => centred(
            app,
            &[(Role::Good, "screen-approvals-none"), (Role::Dim, "approvals-none-more")],
            area,
            buffer,
        ),
    }
}

/// Some lines in the middle of an area.
fn centred(app: &App, texts: &[(Role, &str)], area: Rect, buffer: &mut Buffer) {
    let height = u16::try_from(texts.len()).unwrap_or(1).min(area.height);
    let top = area.y + (area.height - height) / 2;
    for ((role, key), y) in texts.iter().zip(top..area.bottom()) {
        let line = Pieces::new(&app.theme).fitted(*role, &app.words.say(key), usize::from(area.width)).done();
        line.centered().render(Rect { y, height: 1, ..area }, buffer);
    }
}

/// A line across.
fn rule(app: &App, area: Rect, buffer: &mut Buffer) {
    let sign = if app.is_plain { "-" } else { "─" };
    let line = sign.repeat(usize::from(area.width));
    Pieces::new(&app.theme).add(Role::Border, &line).done().render(area, buffer);
}

/// A box over what is there.
fn window(app: &App, title: &str, area: Rect, buffer: &mut Buffer) -> Rect {
    use ratatui::symbols::border;
    use ratatui::widgets::{Block, BorderType, Borders};
    Clear.render(area, buffer);
    let title = Pieces::new(&app.theme).add(Role::Title, &format!(" {title} ")).done();
    let mut block = Block::new().borders(Borders::ALL).border_style(app.theme.of(Role::Focus)).title(title);
    block = if app.is_plain {
        block.border_set(border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        })
    } else {
        block.border_type(BorderType::Rounded)
    };
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}
