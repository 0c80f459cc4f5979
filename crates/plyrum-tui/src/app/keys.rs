//! Keys: whose they are, and what they do there.

use super::{App, Armed, Effect, Focus, Overlay, Screen};
use crate::approvals::UNREAD_MS;
use crate::composer::{Composed, Outcome};
use crate::keymap::{Action, Context};
use crate::theme::Role;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use plyrum_protocol::StepId;

/// So long after the last key of a prompt nobody is in the middle of it any more.
const WRITING_MS: u64 = 2_000;
/// Lines that the wheel moves.
const WHEEL: isize = 3;

impl App {
    pub(super) fn key_pressed(&mut self, key: &KeyEvent) -> Vec<Effect> {
        if key.kind == crossterm::event::KeyEventKind::Release {
            return Vec::new();
        }
        // What lies under something else was not read: its time begins when it is seen.
        if self.overlay.is_some() || !matches!(self.screen, Screen::Chat | Screen::Approvals) {
            self.approvals.typing(self.now);
        }
        let context = self.context_of(key);
        let action = self.keymap.resolve(context, key);
        let text = typed(key);
        if action != Some(Action::Escape) && action != Some(Action::Interrupt) {
            self.armed = None;
        }
        match action {
            Some(action) => match self.everywhere(action, context) {
                Some(effects) => effects,
                None => self.here(action),
            },
            None => text.map(|c| self.typed(c)).unwrap_or_default(),
        }
    }

    /// Whose key it is.
    fn context_of(&mut self, key: &KeyEvent) -> Context {
        match &self.overlay {
            Some(Overlay::Picker(_)) => return Context::Line,
            Some(Overlay::Help { .. } | Overlay::Reader(_)) => return Context::Pager,
            None => {}
        }
        match self.screen {
            Screen::Chat if self.is_asked() => self.of_question(key),
            Screen::Chat if self.focus == Focus::Pager => Context::Pager,
            Screen::Chat => Context::Composer,
            Screen::Approvals if self.approvals.is_typing_reason() => Context::Line,
            Screen::Approvals => Context::Approval,
            Screen::Lifecycle => Context::Lifecycle,
            Screen::Sessions if self.sessions.is_typing() => Context::Line,
            Screen::Audit if self.audit.is_typing() => Context::Line,
            Screen::Models if self.models.is_typing() => Context::Line,
            Screen::Usage if self.usage.context() == Context::Line => Context::Line,
            Screen::Usage => Context::Usage,
            Screen::Sessions | Screen::Audit | Screen::Models => Context::List,
        }
    }

    /// Whether the run of this conversation asks.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.live().is_some_and(|run| self.approvals.of_run(&run.id).is_some())
    }

    /// Whether a reason is typed where it is seen: it waits there while another screen is looked at.
    fn has_reason_keys(&self) -> bool {
        let is_seen = self.screen == Screen::Approvals || (self.screen == Screen::Chat && self.is_asked());
        is_seen && self.approvals.is_typing_reason()
    }

    /// A question has the keys, but not those of somebody who is in the middle of a word: they go on to the prompt, and
    /// the question waits until it can have been read.
    fn of_question(&mut self, key: &KeyEvent) -> Context {
        if self.approvals.is_typing_reason() {
            return Context::Line;
        }
        let asking =
            self.live().and_then(|run| self.approvals.of_run(&run.id)).map(|(_, asking)| asking.clone());
        // Somebody who was writing looks up later than somebody who waits.
        let quiet = if self.composer.is_empty() { UNREAD_MS } else { WRITING_MS };
        let is_text = typed(key).is_some() || key.code == KeyCode::Enter || key.code == KeyCode::Backspace;
        // A key that answers nothing begins a word: what follows it at once belongs to that word.
        let is_answer = self.keymap.resolve(Context::Approval, key).is_some();
        if is_text && (!is_answer || asking.is_some_and(|asking| !asking.is_quiet_for(quiet, self.now))) {
            self.approvals.typing(self.now);
            return Context::Composer;
        }
        Context::Approval
    }

    /// What a key does on every screen; none where the screen itself decides.
    fn everywhere(&mut self, action: Action, context: Context) -> Option<Vec<Effect>> {
        Some(match action {
            Action::GoChat => self.go(Screen::Chat),
            Action::GoLifecycle => self.go(Screen::Lifecycle),
            Action::GoApprovals => self.go(Screen::Approvals),
            Action::GoSessions => self.go(Screen::Sessions),
            Action::GoAudit => self.go(Screen::Audit),
            Action::GoUsage => self.go(Screen::Usage),
            Action::GoModels => self.go(Screen::Models),
            Action::Palette => {
                self.open_palette();
                Vec::new()
            }
            Action::Help => {
                self.overlay = Some(Overlay::Help { scroll: 0 });
                Vec::new()
            }
            Action::Redraw => vec![Effect::Redraw],
            Action::Suspend => vec![Effect::Suspend],
            Action::ToggleMouse => self.toggle_mouse(),
            Action::CycleApproval => self.cycle_mode(),
            Action::Interrupt => self.interrupt(),
            Action::QuitWhenEmpty if context == Context::Composer && !self.composer.is_empty() => {
                return None;
            }
            Action::QuitWhenEmpty if self.screen == Screen::Chat && self.overlay.is_none() => {
                vec![Effect::Quit(self.farewell(0))]
            }
            Action::Copy if context != Context::Composer && self.screen == Screen::Chat => self.copy_answer(),
            Action::CopyCode if self.screen == Screen::Chat => self.copy_code(),
            _ => return None,
        })
    }

    pub(super) fn toggle_mouse(&mut self) -> Vec<Effect> {
        self.has_mouse = !self.has_mouse;
        let key = if self.has_mouse { "mouse-on" } else { "mouse-off" };
        self.toast(Role::Text, self.words.say(key));
        vec![Effect::CaptureMouse(self.has_mouse)]
    }

    /// Another policy: for what is asked from now on, and for the run that is watched, where it may only become stricter.
    pub(super) fn cycle_mode(&mut self) -> Vec<Effect> {
        self.ask.cycle();
        self.price.edited(self.now);
        let Some(approve) = self.ask.policy() else { return Vec::new() };
        self.live()
            .map(|run| Effect::Attach {
                run: run.id.clone(),
                after_seq: run.last_seq(),
                approve: Some(approve),
            })
            .into_iter()
            .collect()
    }

    /// Ctrl+c: stops what runs, else clears what is written, else quits when it is pressed again.
    fn interrupt(&mut self) -> Vec<Effect> {
        if let Some(effect) = self.stop() {
            return vec![effect];
        }
        if self.overlay.take().is_some() {
            return Vec::new();
        }
        if !self.composer.is_empty() && self.screen == Screen::Chat {
            self.composer.clear();
            self.price.clear();
            return Vec::new();
        }
        if self.twice(Armed::Quit) {
            return vec![Effect::Quit(self.farewell(0))];
        }
        self.toast(Role::Text, self.words.say("quit-hint"));
        Vec::new()
    }

    fn here(&mut self, action: Action) -> Vec<Effect> {
        match self.overlay.take() {
            Some(Overlay::Picker(picker)) => return self.picker_key(picker, action),
            Some(Overlay::Help { scroll }) => {
                let scroll = scrolled(scroll, action);
                self.overlay = scroll.map(|scroll| Overlay::Help { scroll });
                return Vec::new();
            }
            Some(Overlay::Reader(mut reader)) => {
                if action == Action::Copy {
                    let text = reader.text.clone();
                    self.overlay = Some(Overlay::Reader(reader));
                    return vec![Effect::Copy(text)];
                }
                if let Some(scroll) = scrolled(reader.scroll, action) {
                    reader.scroll = scroll;
                    self.overlay = Some(Overlay::Reader(reader));
                }
                return Vec::new();
            }
            None => {}
        }
        match self.screen {
            Screen::Chat if self.is_asked() && action != Action::Send => self.question_key(action),
            Screen::Chat if self.focus == Focus::Pager => self.pager_key(action),
            Screen::Chat => self.composer_key(action),
            Screen::Approvals => self.approvals_key(action),
            Screen::Lifecycle => self.lifecycle_key(action),
            Screen::Sessions => {
                if action == Action::Escape && !self.sessions.is_open_inside() {
                    return self.go(Screen::Chat);
                }
                self.sessions.press(action).into_iter().map(Effect::Sessions).collect()
            }
            Screen::Audit => {
                if action == Action::Escape && !self.audit.is_open_inside() {
                    return self.go(Screen::Chat);
                }
                self.audit.press(action).into_iter().map(Effect::Audit).collect()
            }
            Screen::Models => {
                if action == Action::Escape && !self.models.is_open_inside() {
                    return self.go(Screen::Chat);
                }
                self.models.press(action).into_iter().map(Effect::Models).collect()
            }
            Screen::Usage => {
                if action == Action::Escape && !self.usage.has_open() {
                    return self.go(Screen::Chat);
                }
                self.usage.press(action).into_iter().map(Effect::Usage).collect()
            }
        }
    }

    fn typed(&mut self, c: char) -> Vec<Effect> {
        if let Some(Overlay::Picker(picker)) = &mut self.overlay {
            picker.typed(c.encode_utf8(&mut [0; 4]));
            return Vec::new();
        }
        if self.overlay.is_some() {
            return Vec::new();
        }
        match self.screen {
            _ if self.has_reason_keys() => self.approvals.typed(c.encode_utf8(&mut [0; 4])),
            Screen::Chat => {
                if self.focus == Focus::Composer {
                    let outcome = self.composer.typed(c);
                    return self.composed(Action::Help, outcome);
                }
            }
            Screen::Sessions => return self.sessions.typed(c).into_iter().map(Effect::Sessions).collect(),
            Screen::Audit => return self.audit.typed(c).into_iter().map(Effect::Audit).collect(),
            Screen::Models => return self.models.typed(c).into_iter().map(Effect::Models).collect(),
            Screen::Usage => return self.usage.typed(c).into_iter().map(Effect::Usage).collect(),
            Screen::Lifecycle | Screen::Approvals => {}
        }
        Vec::new()
    }

    pub(super) fn pasted(&mut self, text: &str) -> Vec<Effect> {
        if let Some(Overlay::Picker(picker)) = &mut self.overlay {
            picker.typed(text);
            return Vec::new();
        }
        if self.overlay.is_some() {
            return Vec::new(); // nothing is typed there
        }
        if self.has_reason_keys() {
            self.approvals.typed(text);
            return Vec::new();
        }
        if self.screen == Screen::Chat {
            self.focus = Focus::Composer;
            let outcome = self.composer.paste(text, &self.words);
            return self.composed(Action::Help, outcome);
        }
        // Where nothing is typed, characters are answers: a paste gives none.
        let is_typing = match self.screen {
            Screen::Sessions => self.sessions.is_typing(),
            Screen::Audit => self.audit.is_typing(),
            Screen::Models => self.models.is_typing(),
            Screen::Usage => self.usage.context() == Context::Line,
            Screen::Chat | Screen::Lifecycle | Screen::Approvals => false,
        };
        if !is_typing {
            return Vec::new();
        }
        text.chars().filter(|c| !c.is_control()).take(1000).flat_map(|c| self.typed(c)).collect()
    }

    pub(super) fn moused(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        let by = match mouse.kind {
            MouseEventKind::ScrollUp => -WHEEL,
            MouseEventKind::ScrollDown => WHEEL,
            _ => return Vec::new(),
        };
        if self.screen == Screen::Chat && self.overlay.is_none() {
            self.conversation.scroll(by);
        }
        Vec::new()
    }

    fn composer_key(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::PageUp => self.conversation.page(-1),
            Action::PageDown => self.conversation.page(1),
            Action::CompleteOrQueue if self.composer.is_empty() && !self.conversation.turns.is_empty() => {
                self.focus = Focus::Pager;
            }
            Action::Send if self.waiting_comes() => {}
            Action::Send if self.composer.is_empty() && self.may_try() => {
                return self.first_try();
            }
            Action::Copy => return self.copy_answer(),
            action => {
                let outcome = self.composer.press(action);
                return self.composed(action, outcome);
            }
        }
        Vec::new()
    }

    fn composed(&mut self, action: Action, outcome: Outcome) -> Vec<Effect> {
        match outcome {
            Outcome::Nothing => Vec::new(),
            Outcome::Edited => self.after_edit(),
            Outcome::TooLong => {
                self.toast(Role::Warning, self.words.say("composer-too-long"));
                Vec::new()
            }
            Outcome::Unused => match action {
                Action::Escape => self.escape(),
                Action::Top => {
                    self.conversation.go_to_top();
                    Vec::new()
                }
                Action::Bottom => {
                    self.conversation.go_to_bottom();
                    Vec::new()
                }
                _ => Vec::new(),
            },
            Outcome::Send(composed) | Outcome::Queue(composed) => self.carry_out(composed),
            Outcome::Steer(composed) => {
                let mut effects = Vec::new();
                if self.is_busy() && !matches!(composed, Composed::Command { .. }) {
                    self.queue.push_front(composed);
                    effects.extend(self.steer());
                } else {
                    effects.extend(self.carry_out(composed));
                }
                effects
            }
            Outcome::OpenEditor(text) => vec![Effect::Edit(text)],
            Outcome::Help => {
                self.overlay = Some(Overlay::Help { scroll: 0 });
                Vec::new()
            }
        }
    }

    /// What follows from every change of the prompt: its price is asked for later, files are looked up when one is named.
    fn after_edit(&mut self) -> Vec<Effect> {
        self.edited();
        if self.composer.needs_files().is_some() { vec![Effect::ListFiles] } else { Vec::new() }
    }

    pub(super) fn edited(&mut self) {
        if self.composer.is_empty() {
            self.price.clear();
        } else {
            self.price.edited(self.now);
        }
    }

    /// Esc on the conversation: stops, else takes back when it is pressed twice.
    fn escape(&mut self) -> Vec<Effect> {
        if let Some(effect) = self.stop() {
            return vec![effect];
        }
        if self.is_busy() || !self.composer.is_empty() || self.conversation.turns.is_empty() {
            return Vec::new();
        }
        if self.twice(Armed::Rewind) {
            return self.rewind(1);
        }
        self.toast(Role::Text, self.words.say("rewind-hint"));
        Vec::new()
    }

    pub(super) fn rewind(&self, turns: u32) -> Vec<Effect> {
        self.conversation
            .session
            .clone()
            .map(|session| Effect::Rewind { session, turns })
            .into_iter()
            .collect()
    }

    fn pager_key(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Up => self.conversation.scroll(-1),
            Action::Down => self.conversation.scroll(1),
            Action::PageUp => self.conversation.page(-1),
            Action::PageDown => self.conversation.page(1),
            Action::Top => self.conversation.go_to_top(),
            Action::Bottom => self.conversation.go_to_bottom(),
            Action::Expand => self.toggle_details(),
            Action::Copy => return self.copy_answer(),
            Action::CopyCode => return self.copy_code(),
            Action::Open | Action::Escape | Action::NextPane | Action::CompleteOrQueue => {
                self.focus = Focus::Composer;
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn toggle_details(&mut self) {
        self.conversation.shows_details = !self.conversation.shows_details;
    }

    fn question_key(&mut self, action: Action) -> Vec<Effect> {
        let client = self.client.clone();
        let reply = self.approvals.press(action, self.now, &client);
        reply.map(|reply| Effect::Answer(Box::new(reply))).into_iter().collect()
    }

    fn approvals_key(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::NextPane => self.approvals.step_around(self.now),
            Action::Refresh => return vec![Effect::ListApprovals],
            Action::Escape if self.approvals.questions().is_empty() => return self.go(Screen::Chat),
            action => return self.question_key(action),
        }
        Vec::new()
    }

    fn lifecycle_key(&mut self, action: Action) -> Vec<Effect> {
        let Some(run) = self.watched_run() else {
            return if action == Action::Escape { self.go(Screen::Chat) } else { Vec::new() };
        };
        let by = match action {
            Action::Up => -1,
            Action::Down => 1,
            Action::PageUp => -10,
            Action::PageDown => 10,
            Action::Top => isize::MIN / 2,
            Action::Bottom => isize::MAX / 2,
            _ => 0,
        };
        if by != 0 {
            let run_steps = run.steps.len();
            let last = run_steps.saturating_sub(1);
            self.lifecycle.at = self.lifecycle.at.min(last).saturating_add_signed(by).min(last);
            return Vec::new();
        }
        match action {
            Action::Escape => self.go(Screen::Chat),
            Action::FinishNow if run.is_live() => vec![Effect::FinishNow(run.id.clone())],
            Action::Drop => self.drop_step(),
            Action::Open => {
                self.read_step();
                Vec::new()
            }
            Action::NextPane => {
                self.watch_next(1);
                Vec::new()
            }
            Action::PreviousPane => {
                self.watch_next(-1);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn drop_step(&mut self) -> Vec<Effect> {
        let dropped: Option<(plyrum_protocol::RunId, StepId)> = self
            .watched_run()
            .and_then(|run| self.lifecycle.droppable(run).map(|step| (run.id.clone(), step.id.clone())));
        if let Some((run, step)) = dropped {
            vec![Effect::Drop { run, step }]
        } else {
            self.toast(Role::Warning, self.words.say("lifecycle-not-droppable"));
            Vec::new()
        }
    }

    /// Opens what a step said.
    fn read_step(&mut self) {
        let Some(step) = self.watched_run().and_then(|run| self.lifecycle.chosen(run)) else { return };
        let text = if step.text.is_empty() { self.words.say("lifecycle-no-text") } else { step.text.clone() };
        let title = format!("{} · {}", step.id, step.model);
        self.overlay = Some(Overlay::Reader(super::Reader { title, text, ..super::Reader::default() }));
    }

    /// Another run of this conversation.
    fn watch_next(&mut self, by: isize) {
        let ids: Vec<_> = self.conversation.turns.iter().filter_map(|turn| turn.run_id().cloned()).collect();
        let shown = self.watched_run().map(|run| run.id.clone());
        let at = ids.iter().position(|id| Some(id) == shown.as_ref()).unwrap_or(ids.len().saturating_sub(1));
        let to = at.saturating_add_signed(by).min(ids.len().saturating_sub(1));
        self.watched = ids.get(to).cloned();
        self.lifecycle = crate::lifecycle::Lifecycle::default();
    }

    pub(super) fn copy_answer(&mut self) -> Vec<Effect> {
        if let Some(answer) = self.conversation.last_answer().map(str::to_owned) {
            vec![Effect::Copy(answer)]
        } else {
            self.toast(Role::Warning, self.words.say("nothing-to-copy"));
            Vec::new()
        }
    }

    /// The last block of code of the last answer.
    pub(super) fn copy_code(&mut self) -> Vec<Effect> {
        let code =
            self.conversation.last_answer().and_then(|answer| plyrum_markup::code_blocks(answer).pop());
        if let Some(block) = code {
            vec![Effect::Copy(block.text)]
        } else {
            self.toast(Role::Warning, self.words.say("no-code-to-copy"));
            Vec::new()
        }
    }
}

/// The character that a key types.
fn typed(key: &KeyEvent) -> Option<char> {
    let is_plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
    match key.code {
        KeyCode::Char(c) if is_plain && !c.is_control() => Some(c),
        _ => None,
    }
}

/// The place in a text after a key; none where it closes.
const fn scrolled(scroll: usize, action: Action) -> Option<usize> {
    Some(match action {
        Action::Up => scroll.saturating_sub(1),
        Action::Down => scroll.saturating_add(1),
        Action::PageUp => scroll.saturating_sub(10),
        Action::PageDown => scroll.saturating_add(10),
        Action::Top => 0,
        Action::Bottom => usize::MAX / 2, // the next picture settles it
        Action::Escape | Action::Open | Action::Help => return None,
        _ => scroll,
    })
}
