//! Prompts on their way, and the runs that they become.

use super::{App, Effect, Order};
use crate::composer::Composed;
use crate::conversation::{State, Turn};
use crate::run::{Run, SHELL_MODEL, Taken};
use crate::theme::Role;
use plyrum_client::FrameLine;
use plyrum_protocol::{
    ApprovalAnswered, ApprovalVerdict, Attached, CancelReason, Fault, FrameBody, Receipt, RunId, RunStatus,
};

impl App {
    /// Sends a prompt, or lets it wait for the run before it.
    pub(super) fn send(&mut self, composed: Composed) -> Vec<Effect> {
        if self.is_busy() {
            if self.queue.len() < super::MAX_QUEUE {
                self.queue.push_back(composed);
            } else {
                self.put_back(&composed);
                self.toast(Role::Warning, self.words.say("queue-full"));
            }
            return Vec::new();
        }
        let order = self.order(&composed);
        let names = order.files.iter().cloned().chain(order.texts.iter().map(|(name, _)| name.clone()));
        let turn = Turn::new(
            self.key(),
            written(&composed),
            names.collect(),
            State::Sending { ticket: order.ticket },
        );
        self.conversation.push(turn);
        self.sent = Some((order.ticket, composed));
        self.watched = None;
        self.price.clear();
        vec![Effect::Submit(Box::new(order))]
    }

    /// A prompt as it is to be sent. What stands after `!` is carried out by no model, under the same policy.
    pub(super) fn order(&mut self, composed: &Composed) -> Order {
        let mut options = self.ask.options();
        let (prompt, files) = match composed {
            Composed::Shell(command) => {
                options.model = Some(SHELL_MODEL.to_owned());
                options.plan = Some("direct".to_owned());
                options.plan_mode = false;
                (command.clone(), Vec::new())
            }
            Composed::Prompt { text, files } => (text.clone(), files.clone()),
            Composed::Command { .. } => (written(composed), Vec::new()),
        };
        Order {
            ticket: self.ticket(),
            session: self.conversation.session.clone(),
            prompt,
            files,
            texts: Vec::new(),
            options,
            is_compaction: false,
        }
    }

    /// Asks what the prompt would cost, where that is due.
    pub(super) fn quote(&mut self) -> Option<Effect> {
        if self.composer.is_empty() {
            self.price.clear();
            return None;
        }
        let composed = Composed::of(&self.composer.text());
        if !matches!(composed, Composed::Prompt { .. }) {
            self.price.clear();
            return None;
        }
        let ticket = self.ticket();
        if !self.price.take_due(self.now, ticket) {
            return None;
        }
        let order = self.order(&composed);
        Some(Effect::Quote(Box::new(Order { ticket, ..order })))
    }

    pub(super) fn submitted(
        &mut self,
        ticket: u64,
        outcome: Result<Receipt, (Fault, Box<Order>)>,
    ) -> Vec<Effect> {
        let sent = self.sent.take_if(|(sent, _)| *sent == ticket);
        let place = self
            .conversation
            .turns
            .iter()
            .position(|turn| matches!(turn.state, State::Sending { ticket: waits } if waits == ticket));
        match outcome {
            Ok(receipt) => {
                if let Some(turn) = place.and_then(|at| self.conversation.turns.get_mut(at)) {
                    turn.state = State::Run(Box::new(Run::new(receipt.run.clone())));
                    turn.changed();
                    self.conversation.session = Some(receipt.session.clone());
                }
                self.received(receipt)
            }
            Err((fault, _)) => {
                if let Some(turn) = place.and_then(|at| self.conversation.turns.get_mut(at)) {
                    turn.state = State::Refused(fault);
                    turn.changed();
                }
                if let Some((_, composed)) = sent.filter(|_| self.composer.is_empty()) {
                    self.put_back(&composed);
                }
                self.queue_comes_back();
                Vec::new()
            }
        }
    }

    fn received(&mut self, receipt: Receipt) -> Vec<Effect> {
        self.is_offline = receipt.offline;
        self.context = receipt.context;
        if let Some(warning) = receipt.warning {
            self.toast(Role::Warning, warning);
        } else if !receipt.keys_only_in_client.is_empty() {
            let names = receipt.keys_only_in_client.join(", ");
            let text = self.words.with("keys-only-here", &[("names", names.into())]);
            self.toast(Role::Warning, text);
        }
        Vec::new()
    }

    pub(super) fn attached(&mut self, run: &RunId, outcome: Result<Attached, Fault>) -> Vec<Effect> {
        if self.reattaching.as_ref() == Some(run) {
            self.reattaching = None;
        }
        match outcome {
            Ok(_) => Vec::new(),
            Err(fault) => {
                self.fault(&fault);
                Vec::new()
            }
        }
    }

    pub(super) fn frame(&mut self, line: &FrameLine) -> Vec<Effect> {
        let Some(frame) = &line.frame else { return Vec::new() };
        let Some(turn) = self.conversation.turn_mut(&frame.run) else { return Vec::new() };
        let Some(run) = turn.run_mut() else { return Vec::new() };
        let taken = run.take(line);
        match taken {
            Taken::Nothing => return Vec::new(),
            Taken::Reattach { after_seq } => return self.reattach(&frame.run, after_seq),
            Taken::Changed => {}
        }
        // A piece of the answer changes no other line of the turn.
        let is_text = matches!(frame.body, FrameBody::Delta { .. });
        if !is_text || run.answer.len() < 256 {
            turn.changed();
        }
        match &frame.body {
            FrameBody::ApprovalRequested { .. } => {
                self.look_at_questions(&frame.run);
                self.notify("notify-approval")
            }
            FrameBody::ApprovalResolved { approval, verdict, by, .. } => {
                if *verdict != ApprovalVerdict::Expired && *by != self.client {
                    let text = self.words.with("answered-by", &[("by", by.as_str().into())]);
                    self.toast(Role::Text, text);
                }
                self.approvals.answered(approval, self.now);
                Vec::new()
            }
            FrameBody::BudgetNotice { .. } => vec![Effect::Figures],
            FrameBody::RunFinished { .. } => self.finished(&frame.run.clone()),
            _ => Vec::new(),
        }
    }

    fn reattach(&mut self, run: &RunId, after_seq: u64) -> Vec<Effect> {
        if self.reattaching.as_ref() == Some(run) {
            return Vec::new(); // what is missing is on its way
        }
        self.reattaching = Some(run.clone());
        vec![Effect::Attach { run: run.clone(), after_seq, approve: self.ask.policy() }]
    }

    pub(super) fn look_at_questions(&mut self, run: &RunId) {
        let Some(run) = self.conversation.turn(run).and_then(Turn::run) else { return };
        self.approvals.seen(run, self.now);
        if self.screen == super::Screen::Approvals {
            return; // what is read there stays
        }
        if let Some(first) = self.approvals.questions().iter().find(|q| q.run == run.id) {
            let approval = first.approval.clone();
            self.approvals.show(&approval, self.now);
        }
    }

    fn finished(&mut self, run: &RunId) -> Vec<Effect> {
        self.look_at_questions(run);
        let mut effects = vec![Effect::Figures];
        if self.screen == super::Screen::Usage {
            effects.extend(self.usage.tick().into_iter().map(Effect::Usage));
        }
        effects.extend(self.notify("notify-finished"));
        let went_well = self.conversation.turn(run).and_then(Turn::run).is_some_and(|run| {
            let status = run.result.as_ref().map(|result| result.status);
            matches!(status, Some(RunStatus::Succeeded | RunStatus::Degraded))
        });
        if std::mem::take(&mut self.is_steering) || went_well {
            effects.extend(self.next_in_queue());
        } else {
            // What was to follow it may make no sense any more, and would be paid for.
            self.queue_comes_back();
        }
        effects
    }

    /// Prompts that waited are put back into the editor, behind what is written there.
    pub(super) fn queue_comes_back(&mut self) {
        if self.queue.is_empty() {
            return;
        }
        let written_now = self.composer.text();
        let waited: Vec<String> = self.queue.drain(..).map(|composed| written(&composed)).collect();
        let all = std::iter::once(written_now).chain(waited).filter(|text| !text.is_empty());
        let _edited = self.composer.replace(&all.collect::<Vec<_>>().join("\n\n"));
        self.edited();
        self.toast(Role::Warning, self.words.say("queue-back"));
    }

    fn next_in_queue(&mut self) -> Vec<Effect> {
        if self.is_busy() {
            return Vec::new();
        }
        let Some(next) = self.queue.pop_front() else { return Vec::new() };
        self.send(next)
    }

    /// Tells who does not look.
    fn notify(&self, key: &str) -> Vec<Effect> {
        if self.has_focus { Vec::new() } else { vec![Effect::Notify(self.words.say(key))] }
    }

    /// Ends the run that goes on; whether there was one.
    pub(super) fn stop(&mut self) -> Option<Effect> {
        let turn = self.conversation.turns.back_mut()?;
        let run = turn.run_mut().filter(|run| run.is_live() && !run.is_ending)?;
        run.is_ending = true;
        let effect = Effect::Cancel { run: run.id.clone(), reason: CancelReason::Interrupt };
        turn.changed();
        Some(effect)
    }

    pub(super) fn answered(&mut self, outcome: Result<Box<ApprovalAnswered>, Fault>) {
        match outcome {
            Ok(answered) => {
                self.approvals.answered(&answered.approval.approval, self.now);
                if let Some(note) = answered.note {
                    self.toast(Role::Text, note);
                } else if !answered.first {
                    let by = answered.approval.by.unwrap_or_default();
                    let text = self.words.with("answered-by", &[("by", by.into())]);
                    self.toast(Role::Warning, text);
                }
            }
            Err(fault) => {
                self.approvals.not_sent();
                self.fault(&fault);
            }
        }
    }

    /// What is said on the terminal when the screen is gone.
    pub(super) fn farewell(&self, code: u8) -> super::Farewell {
        let mut lines = Vec::new();
        if let Some(run) = self.live() {
            lines.push(self.words.with("farewell-run", &[("run", run.id.as_str().into())]));
        } else if let Some(session) = &self.conversation.session {
            let id: String = session.as_str().chars().take(8).collect();
            lines.push(self.words.with("farewell-session", &[("session", id.into())]));
        }
        super::Farewell { lines, code }
    }

    /// Whether the last run succeeded; for what may be undone.
    pub(super) fn last_run(&self) -> Option<&Run> {
        self.conversation
            .turns
            .iter()
            .rev()
            .find_map(Turn::run)
            .filter(|run| run.result.as_ref().is_some_and(|result| result.status != RunStatus::Running))
    }
}

impl App {
    /// Puts a prompt back into the editor.
    pub(super) fn put_back(&mut self, composed: &Composed) {
        let _edited = self.composer.replace(&written(composed));
        self.edited();
    }
}

/// A prompt as it was written.
pub(crate) fn written(composed: &Composed) -> String {
    match composed {
        Composed::Prompt { text, .. } => text.clone(),
        Composed::Command { name, args } => format!("/{name} {args}").trim_end().to_owned(),
        Composed::Shell(line) => format!("!{line}"),
    }
}
