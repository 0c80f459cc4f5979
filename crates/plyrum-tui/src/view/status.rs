//! The last line: what keys do here, and how the money stands. Or what just happened.

use super::stack;
use crate::app::{App, Focus, Overlay, Screen};
use crate::keymap::{Action, Context};
use crate::paint::Pieces;
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

/// Most lines that a short word takes over what is above.
const MAX_TOAST: usize = 5;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let columns = usize::from(area.width);
    let money = money(app);
    let room = columns.saturating_sub(money.width() + 2);
    let left = match &app.toast {
        Some(toast) if crate::paint::width(&toast.text) <= room => {
            Pieces::new(&app.theme).add(Role::Text, " ").add(toast.role, &toast.text)
        }
        // Nothing covers what is to be allowed.
        Some(toast) if app.screen == Screen::Approvals || app.is_asked() => {
            Pieces::new(&app.theme).add(Role::Text, " ").fitted(toast.role, &toast.text, room)
        }
        // One that is longer stands elsewhere: see `draw_toast`.
        None | Some(_) => hints(app, room),
    };
    left.apart(money, columns).done().render(area, buffer);
}

/// What just happened, where it takes more than the room beside the money: whole, over what is at the top, where nothing is
/// written. While something is asked it stays in its line: nothing covers an action that is to be allowed.
pub(super) fn draw_toast(app: &App, body: Rect, buffer: &mut Buffer) {
    let is_asking = app.screen == Screen::Approvals || (app.screen == Screen::Chat && app.is_asked());
    let Some(toast) = app.toast.as_ref().filter(|_| !is_asking) else { return };
    let room = usize::from(body.width).saturating_sub(money(app).width() + 2);
    if crate::paint::width(&toast.text) <= room {
        return;
    }
    let lines = plyrum_markup::plain(&toast.text, body.width.saturating_sub(2).max(4));
    let lines = lines.get(..lines.len().min(MAX_TOAST)).unwrap_or_default();
    let height = u16::try_from(lines.len()).unwrap_or(1).min(body.height);
    let place = Rect { height, ..body };
    Clear.render(place, buffer);
    let said = lines.iter().map(|line| {
        let text: String = line.spans.iter().map(|span| span.text.as_str()).collect();
        Pieces::new(&app.theme).add(Role::Text, " ").add(toast.role, &text).done()
    });
    stack(said, place, buffer);
}

/// What was spent today and what is left.
fn money(app: &App) -> Pieces<'_> {
    let pieces = Pieces::new(&app.theme);
    let Some(figures) = &app.figures else { return pieces };
    let rub = |amount| app.words.lang().rub(amount);
    let today = app.words.charged(figures.today_micro_rub, figures.today_unpriced as usize);
    let today = app.words.with("status-today", &[("today", today.into())]);
    let left = figures.available_micro_rub.into_iter().chain(figures.budget_left_micro_rub).min();
    let pieces = pieces.add(Role::Money, &today);
    match left {
        Some(left) => {
            let text = app.words.with("status-left", &[("left", rub(left).into())]);
            pieces.add(Role::Dim, " · ").add(Role::Money, &text).add(Role::Text, " ")
        }
        None => pieces.add(Role::Text, " "),
    }
}

/// The keys that matter here.
fn hints(app: &App, room: usize) -> Pieces<'_> {
    let (context, actions) = match &app.overlay {
        Some(overlay) => keys_over(overlay),
        None => keys_of(app),
    };
    let mut pieces = Pieces::new(&app.theme);
    for (action, word) in actions {
        let Some(chord) = app.keymap.chord(context, *action) else { continue };
        let chord = chord.to_string();
        let word = app.words.say(word);
        let more = crate::paint::width(&chord) + crate::paint::width(&word) + 3;
        if pieces.width() + more > room {
            break;
        }
        let gap = if pieces.width() == 0 { " " } else { "  " };
        pieces = pieces.add(Role::Text, gap).add(Role::Key, &chord).add(Role::Dim, &format!(" {word}"));
    }
    pieces
}

type Keys = (Context, &'static [(Action, &'static str)]);

const fn keys_over(overlay: &Overlay) -> Keys {
    match overlay {
        Overlay::Picker(_) => (
            Context::Line,
            &[(Action::Confirm, "hint-choose"), (Action::Down, "hint-next"), (Action::Escape, "hint-close")],
        ),
        Overlay::Help { .. } => (
            Context::Pager,
            &[(Action::Down, "hint-scroll"), (Action::Bottom, "hint-bottom"), (Action::Escape, "hint-close")],
        ),
        Overlay::Reader(_) => (
            Context::Pager,
            &[
                (Action::Down, "hint-scroll"),
                (Action::Bottom, "hint-bottom"),
                (Action::Copy, "hint-copy"),
                (Action::Escape, "hint-close"),
            ],
        ),
    }
}

fn keys_of(app: &App) -> Keys {
    match app.screen {
        Screen::Chat if app.is_asked() => {
            (Context::Approval, &[(Action::Escape, "hint-no"), (Action::Interrupt, "hint-stop")])
        }
        Screen::Chat if app.focus == Focus::Pager => (
            Context::Pager,
            &[
                (Action::Down, "hint-scroll"),
                (Action::Bottom, "hint-bottom"),
                (Action::Copy, "hint-copy"),
                (Action::CopyCode, "hint-copy-code"),
                (Action::Expand, "hint-details"),
                (Action::Escape, "hint-write"),
            ],
        ),
        Screen::Chat if app.is_busy() => (
            Context::Composer,
            &[
                (Action::Escape, "hint-stop"),
                (Action::CompleteOrQueue, "hint-queue"),
                (Action::Steer, "hint-steer"),
                (Action::GoLifecycle, "hint-lifecycle"),
                (Action::Palette, "hint-palette"),
            ],
        ),
        Screen::Chat => (
            Context::Composer,
            &[
                (Action::Send, "hint-send"),
                (Action::Newline, "hint-newline"),
                (Action::CycleApproval, "hint-mode"),
                (Action::Palette, "hint-palette"),
                (Action::Help, "hint-help"),
            ],
        ),
        Screen::Lifecycle => (
            Context::Lifecycle,
            &[
                (Action::Open, "hint-open"),
                (Action::Drop, "hint-drop"),
                (Action::FinishNow, "hint-finish"),
                (Action::NextPane, "hint-next-run"),
                (Action::Escape, "hint-back"),
            ],
        ),
        Screen::Approvals => (
            Context::Approval,
            &[
                (Action::Up, "hint-answer"),
                (Action::NextPane, "hint-next-question"),
                (Action::GoChat, "hint-chat"),
            ],
        ),
        Screen::Usage => (
            Context::Usage,
            &[
                (Action::Escape, "hint-back"),
                (Action::GoChat, "hint-chat"),
                (Action::GoLifecycle, "hint-lifecycle"),
                (Action::Help, "hint-help"),
            ],
        ),
        Screen::Sessions => (
            Context::List,
            &[
                (Action::Open, "hint-resume"),
                (Action::Search, "hint-search"),
                (Action::Fork, "hint-fork"),
                (Action::Rename, "hint-rename"),
                (Action::Delete, "hint-delete"),
                (Action::Escape, "hint-back"),
            ],
        ),
        Screen::Audit => (
            Context::List,
            &[
                (Action::Open, "hint-open"),
                (Action::Search, "hint-search"),
                (Action::Verify, "hint-verify"),
                (Action::Escape, "hint-back"),
            ],
        ),
        Screen::Models => (
            Context::List,
            &[(Action::Open, "hint-open"), (Action::Search, "hint-search"), (Action::Escape, "hint-back")],
        ),
    }
}
