//! A question as it is shown: the exact action, whole, and what can be said.

use super::{Asking, Choice, Question, choices};
use crate::action;
use crate::paint::{self, Pieces};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_markup as markup;
use plyrum_protocol::{Action, ApprovalScope};
use plyrum_words::Words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget;

/// A question and its answers.
#[derive(Debug)]
pub(crate) struct Prompt<'a> {
    pub(crate) question: &'a Question,
    pub(crate) asking: Option<&'a Asking>,
    /// Its place among those that wait, and how many do.
    pub(crate) place: (usize, usize),
    pub(crate) look: Look<'a>,
}

/// How much of the screen a question takes where something else is to be seen too.
pub(crate) fn overlay_height(question: &Question, look: Look<'_>, width: u16, height: u16) -> u16 {
    let body = body(question, look, width.saturating_sub(2)).len();
    let wanted = body + choices(question).len() + 4;
    u16::try_from(wanted).unwrap_or(height).min(height)
}

/// Whether the end of the action is in view, with every answer under it.
pub(crate) fn is_seen_whole(question: &Question, asking: &Asking, look: Look<'_>, area: Rect) -> bool {
    let least = choices(question).len() + 3;
    let body = body(question, look, area.width.saturating_sub(2)).len();
    let room = usize::from(area.height).saturating_sub(least);
    room > 0 && asking.scroll.min(body.saturating_sub(room)) + room >= body
}

/// The action with everything that decides what will happen, never cut.
fn body(question: &Question, look: Look<'_>, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    match &question.action {
        Action::Write { changes } => {
            for change in changes {
                let what = match (&change.before_sha256, &change.after_sha256) {
                    (None, _) => "approval-create",
                    (_, None) => "approval-remove",
                    _ => "approval-change",
                };
                let path = markup::escaped(&change.path).replace('\n', "\\u{a}").replace('\t', "\\u{9}");
                let head = look.words.with(what, &[("path", path.into())]);
                let head = markup::exact(&head, width);
                lines.extend(
                    head.iter().map(|line| paint::line(look.theme, line).style(look.theme.of(Role::Title))),
                );
                lines.extend(paint::lines(look.theme, &markup::diff_exact(change.diff.trim_end(), width)));
            }
        }
        action => {
            // Every no-break space in it is of our own words: one of the action's would be written out.
            let whole = action::whole(look.words, &question.tool, action).replace('\u{a0}', " ");
            lines.extend(paint::lines(look.theme, &markup::exact(whole.trim_end(), width)));
        }
    }
    let why = look.words.with("approval-because", &[("why", look.told(&action::why(&question.why)).into())]);
    lines.extend(
        markup::plain(&why, width)
            .iter()
            .map(|line| paint::line(look.theme, line).style(look.theme.of(Role::Warning))),
    );
    if let Some(rule) = &question.rule {
        let rules = format!("{}\n{}", look.words.say("approval-rule"), action::rules(rule).trim_end());
        lines.extend(
            markup::exact(&rules, width)
                .iter()
                .map(|line| paint::line(look.theme, line).style(look.theme.of(Role::Dim))),
        );
    }
    let hash = format!("sha256 {}", question.sha256);
    lines.extend(
        markup::exact(&hash, width)
            .iter()
            .map(|line| paint::line(look.theme, line).style(look.theme.of(Role::Dim))),
    );
    lines
}

const fn label(choice: Choice) -> &'static str {
    match choice {
        Choice::Yes(ApprovalScope::Once) => "approval-yes",
        Choice::Yes(ApprovalScope::Session) => "approval-session",
        Choice::Yes(ApprovalScope::Always) => "approval-always",
        Choice::No => "approval-no",
        Choice::Why => "approval-why",
        Choice::End => "approval-end",
    }
}

/// A time to come, as coarse as people plan.
fn time_left(words: &Words, ms: u64) -> String {
    let seconds = ms / 1000;
    let (key, n) = match seconds {
        0..=119 => ("duration-seconds", seconds),
        120..=7199 => ("duration-minutes", seconds / 60),
        7200..=172_799 => ("duration-hours", seconds / 3600),
        _ => ("duration-days", seconds / 86_400),
    };
    words.with(key, &[("n", n.into())])
}

impl Prompt<'_> {
    fn title(&self, width: usize) -> Line<'static> {
        let (at, of) = self.place;
        let words = self.look.words;
        let left = Pieces::new(self.look.theme)
            .add(Role::Warning, &words.say("approval-title"))
            .add(Role::Dim, &format!(" · {}", markup::escaped(&self.question.tool)));
        let left_ms = self.question.deadline.millis_since(self.look.now);
        let mut right = words.with("approval-deadline", &[("left", time_left(words, left_ms).into())]);
        if of > 1 {
            let place =
                words.with("approval-place", &[("at", (at as u64).into()), ("of", (of as u64).into())]);
            right = format!("{place} · {right}");
        }
        left.apart(Pieces::new(self.look.theme).add(Role::Dim, &right), width).done()
    }

    fn answers(&self) -> Vec<Line<'static>> {
        let look = self.look;
        let mark = self.asking.map(|asking| asking.mark);
        let sign = if look.is_plain { ">" } else { "›" };
        let answer = |(at, choice): (usize, &Choice)| {
            let is_marked = mark == Some(at);
            let pieces = Pieces::new(look.theme)
                .add(Role::Key, if is_marked { sign } else { " " })
                .add(Role::Key, &format!(" {} ", at + 1))
                .add(Role::Text, &look.words.say(label(*choice)));
            if is_marked { pieces.all(look.theme.of(Role::Selected)) } else { pieces.done() }
        };
        choices(self.question).iter().enumerate().map(answer).collect()
    }

    fn foot(&self, hidden: usize) -> Line<'static> {
        let look = self.look;
        let pieces = Pieces::new(look.theme);
        match self.asking {
            Some(Asking { reason: Some(reason), .. }) => pieces
                .add(Role::Key, &format!("{} ", look.words.say("approval-reason")))
                .add(Role::Text, reason)
                .add(Role::Key, if look.is_plain { "_" } else { "▏" }),
            Some(asking) if asking.is_sent => pieces.add(Role::Busy, &look.words.say("approval-sent")),
            _ if hidden > 0 => pieces
                .add(Role::Warning, &look.words.with("approval-more", &[("n", (hidden as u64).into())]))
                .add(Role::Dim, &format!(" · {}", look.words.say("approval-keys"))),
            _ => pieces.add(Role::Dim, &look.words.say("approval-keys")),
        }
        .done()
    }
}

impl Widget for &Prompt<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let body = body(self.question, self.look, area.width.saturating_sub(2));
        let answers = self.answers();
        let room = usize::from(area.height).saturating_sub(answers.len() + 3).max(1);
        let scroll = self.asking.map_or(0, |asking| asking.scroll).min(body.len().saturating_sub(room));
        let shown = body.get(scroll..).unwrap_or_default();
        let hidden = shown.len().saturating_sub(room);
        let mut lines = vec![self.title(usize::from(area.width))];
        let indented = shown.iter().take(room).cloned().map(|mut line| {
            line.spans.insert(0, "  ".into());
            line
        });
        lines.extend(indented);
        lines.push(Line::default());
        lines.extend(answers);
        lines.push(self.foot(hidden));
        for (line, y) in lines.into_iter().zip(area.top()..area.bottom()) {
            line.render(Rect { y, height: 1, ..area }, buffer);
        }
    }
}
