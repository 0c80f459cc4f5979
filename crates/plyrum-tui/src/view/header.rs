//! The first line: where we are, what is asked with, who may act.

use crate::app::{App, Link, Mode, Screen};
use crate::paint::{Pieces, width};
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let columns = usize::from(area.width);
    let right = right(app, columns);
    let room = columns.saturating_sub(right.width() + 2 + width(" Plyrum  "));
    let sign = if app.is_plain { "|" } else { "│" };
    let left = Pieces::new(&app.theme)
        .add(Role::Title, " Plyrum ")
        .add(Role::Border, sign)
        .add(Role::Text, " ")
        .fitted(Role::Text, &title(app), room);
    left.apart(right, columns).done().render(area, buffer);
}

fn title(app: &App) -> String {
    match app.screen {
        Screen::Chat if !app.conversation.title.is_empty() => app.conversation.title.clone(),
        Screen::Chat if app.conversation.turns.is_empty() => app.words.say("new-conversation"),
        Screen::Chat => match app.conversation.turns.front() {
            Some(turn) => turn.prompt.lines().next().unwrap_or_default().to_owned(),
            None => String::new(),
        },
        screen => app.words.say(screen.name()),
    }
}

fn right(app: &App, columns: usize) -> Pieces<'_> {
    let mut pieces = Pieces::new(&app.theme);
    let waiting = app.approvals.questions().len();
    if waiting > 0 {
        let text = app.words.with("header-approvals", &[("n", (waiting as u64).into())]);
        pieces = pieces.add(Role::Warning, &text).add(Role::Dim, " · ");
    }
    if matches!(app.link, Link::Down { .. }) {
        pieces = pieces.add(Role::Bad, &app.words.say("header-offline-daemon")).add(Role::Dim, " · ");
    }
    if columns >= 60 {
        pieces = pieces.fitted(Role::Dim, &app.asked_with(), columns / 3).add(Role::Dim, " · ");
    }
    if let Some(context) = app.context.as_ref().filter(|_| columns >= 70) {
        let role = if context.is_nearly_full() { Role::Warning } else { Role::Dim };
        let text = app.words.with("header-context", &[("percent", context.percent().into())]);
        pieces = pieces.add(role, &text).add(Role::Dim, " · ");
    }
    let (role, mode) = mode(app);
    pieces.add(role, &mode).add(Role::Text, " ")
}

/// Who may act: always to be seen.
fn mode(app: &App) -> (Role, String) {
    let mode = match (&app.ask.mode, &app.ask.default_policy) {
        (Mode::Default, Some(name)) if name != "ask" => Mode::Policy(name.clone()),
        (mode, _) => mode.clone(),
    };
    match &mode {
        Mode::Default => (Role::Good, app.words.say("mode-default")),
        Mode::Plan => (Role::Good, app.words.say("mode-plan")),
        Mode::Policy(name) if name == "ask" || name == "read-only" => {
            (Role::Good, app.words.with("mode-policy", &[("name", name.as_str().into())]))
        }
        Mode::Policy(name) => {
            (Role::Warning, app.words.with("mode-policy", &[("name", name.as_str().into())]))
        }
    }
}
