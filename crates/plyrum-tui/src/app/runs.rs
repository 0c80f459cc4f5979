//! Prompts on their way, and the runs that they become.

use super::{App, Effect, Order};
use crate::composer::{Composed, Outcome};
use crate::conversation::{State, Turn};
use crate::run::{Run, SHELL_MODEL, Taken};
use crate::theme::Role;
use plyrum_client::FrameLine;
use plyrum_protocol::{
    ApprovalAnswered, ApprovalVerdict, Attached, CancelReason, ErrorKind, Fault, FrameBody, Receipt, RunId,
    RunStatus, Timestamp,
};

/// A run that the daemon did not let follow is asked for again after this, doubling up to the last.
const FIRST_PAUSE_MS: u64 = 500;
const LAST_PAUSE_MS: u64 = 30_000;

/// An order on its way.
#[derive(Debug)]
pub(super) struct Sent {
    ticket: u64,
    /// The prompt, where it can come back.
    composed: Option<Composed>,
    /// Its run ends as soon as it has begun: it was taken back, or something else is to be said.
    ends: bool,
}

impl Sent {
    pub(super) const fn of(ticket: u64, composed: Option<Composed>) -> Self {
        Self { ticket, composed, ends: false }
    }
}

/// What is ended so that something else can be said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Steered {
    Order(u64),
    Run(RunId),
}

/// A run that is to be followed, as far as the daemon did not say that it is.
#[derive(Debug)]
pub(super) struct Following {
    run: RunId,
    /// When it is asked for again; none while an answer is waited for.
    at: Option<Timestamp>,
    pause: u64,
    /// The policy of this client was named with it.
    with_policy: bool,
}

impl Following {
    pub(super) const fn due_at(&self) -> Option<Timestamp> {
        self.at
    }
}

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
            State::Sending { ticket: order.ticket, is_withdrawn: false },
        );
        self.conversation.push(turn);
        self.sent.push(Sent::of(order.ticket, Some(composed)));
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
        let composed = self.composer.composed();
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
        is_again: bool,
    ) -> Vec<Effect> {
        let sent = self.sent.iter().position(|sent| sent.ticket == ticket);
        let sent = sent.map_or_else(|| Sent::of(ticket, None), |at| self.sent.swap_remove(at));
        let place =
            self.conversation.turns.iter().position(
                |turn| matches!(turn.state, State::Sending { ticket: waits, .. } if waits == ticket),
            );
        match outcome {
            Ok(receipt) => self.taken(place, &sent, receipt, is_again),
            Err((fault, _)) => {
                self.refused(place, fault, sent);
                Vec::new()
            }
        }
    }

    /// The daemon has the prompt.
    fn taken(&mut self, place: Option<usize>, sent: &Sent, receipt: Receipt, is_again: bool) -> Vec<Effect> {
        let run = receipt.run.clone();
        if self.steered == Some(Steered::Order(sent.ticket)) {
            self.steered = Some(Steered::Run(run.clone()));
        }
        let cancel = Effect::Cancel { run: run.clone(), reason: CancelReason::Interrupt };
        let mut effects: Vec<Effect> = sent.ends.then_some(cancel).into_iter().collect();
        let Some(turn) = place.and_then(|at| self.conversation.turns.get_mut(at)) else {
            // Its conversation was left meanwhile.
            if !sent.ends {
                let id: String = run.as_str().chars().take(8).collect();
                self.toast(Role::Text, self.words.with("run-goes-on-elsewhere", &[("run", id.into())]));
            }
            return effects;
        };
        let mut begun = Run::new(run.clone());
        begun.is_ending = sent.ends;
        turn.state = State::Run(Box::new(begun));
        turn.changed();
        self.conversation.session = Some(receipt.session.clone());
        if is_again {
            effects.extend(self.follow(&run, 0));
        }
        self.received(receipt, is_again);
        effects
    }

    /// The prompt was not taken: it comes back, at once where nothing else is written, or where it is seen nowhere else.
    fn refused(&mut self, place: Option<usize>, fault: Fault, sent: Sent) {
        if self.steered == Some(Steered::Order(sent.ticket)) {
            self.steered = None;
        }
        let Some((at, turn)) = place.and_then(|at| Some((at, self.conversation.turns.get_mut(at)?))) else {
            // Its conversation was left: nothing that goes on here has to do with it.
            self.fault(&fault);
            return self.comes_back(sent.composed);
        };
        if sent.ends && fault.kind == ErrorKind::Cancelled {
            self.conversation.withdraw(at);
            self.comes_back(sent.composed);
        } else {
            turn.state = State::Refused(fault);
            turn.changed();
            if self.composer.is_empty() {
                self.comes_back(sent.composed);
            }
        }
        self.queue_comes_back();
    }

    fn received(&mut self, receipt: Receipt, is_again: bool) {
        if is_again {
            return; // of a run that it knew the daemon tells no more than that
        }
        self.is_offline = receipt.offline;
        self.context = receipt.context;
        if let Some(warning) = receipt.warning {
            let warning = self.look().told(&warning);
            self.toast(Role::Warning, warning);
        } else if !receipt.keys_only_in_client.is_empty() {
            let names = receipt.keys_only_in_client.join(", ");
            let text = self.words.with("keys-only-here", &[("names", names.into())]);
            self.toast(Role::Warning, text);
        }
    }

    pub(super) fn attached(&mut self, run: &RunId, outcome: Result<Attached, Fault>) -> Vec<Effect> {
        let following = self.following.take_if(|it| it.run == *run);
        let Err(fault) = outcome else { return Vec::new() };
        let Some(turn) = self.conversation.turn_mut(run) else { return Vec::new() };
        let Some(lost) = turn.run_mut().filter(|run| run.is_live()) else { return Vec::new() };
        let with_policy = following.as_ref().is_none_or(|it| it.with_policy);
        if fault.kind == ErrorKind::NotFound && !with_policy {
            lost.is_lost(fault);
            turn.changed();
            let mut effects = vec![Effect::Figures];
            effects.extend(self.ended(run, false));
            return effects;
        }
        self.fault(&fault);
        let pause = following.map_or(FIRST_PAUSE_MS, |it| (it.pause * 2).min(LAST_PAUSE_MS));
        // It may have been the policy that there is none of: the run is followed in any case.
        let at = Some(self.now.plus_millis(if with_policy { 0 } else { pause }));
        self.following = Some(Following { run: run.clone(), at, pause, with_policy: false });
        Vec::new()
    }

    pub(super) fn frame(&mut self, line: &FrameLine) -> Vec<Effect> {
        let Some(frame) = &line.frame else { return Vec::new() };
        let Some(turn) = self.conversation.turn_mut(&frame.run) else { return Vec::new() };
        let Some(run) = turn.run_mut() else { return Vec::new() };
        let taken = run.take(line);
        match taken {
            Taken::Nothing => return Vec::new(),
            Taken::Reattach { after_seq } => {
                return self.follow(&frame.run, after_seq).into_iter().collect();
            }
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

    /// Follows a run from behind a frame on, unless that is asked for already.
    pub(super) fn follow(&mut self, run: &RunId, after_seq: u64) -> Option<Effect> {
        if self.following.as_ref().is_some_and(|it| it.run == *run) {
            return None; // what is missing is on its way
        }
        self.following =
            Some(Following { run: run.clone(), at: None, pause: FIRST_PAUSE_MS, with_policy: true });
        Some(Effect::Attach { run: run.clone(), after_seq, approve: self.ask.policy() })
    }

    /// Asks again for a run that the daemon did not let follow.
    pub(super) fn follow_again(&mut self) -> Option<Effect> {
        let now = self.now;
        let following = self.following.as_mut().filter(|it| it.at.is_some_and(|at| at <= now))?;
        let Some(run) = self.conversation.turn(&following.run).and_then(Turn::run) else {
            self.following = None;
            return None;
        };
        following.at = None;
        Some(Effect::Attach { run: run.id.clone(), after_seq: run.last_seq(), approve: None })
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
        effects.extend(self.ended(run, went_well));
        effects
    }

    /// Nothing more comes of a run: what waited for it goes on, or comes back.
    fn ended(&mut self, run: &RunId, went_well: bool) -> Vec<Effect> {
        if self.following.as_ref().is_some_and(|it| it.run == *run) {
            self.following = None;
        }
        self.conversation.let_go_above();
        let was_steered = self.steered.take_if(|it| *it == Steered::Run(run.clone())).is_some();
        if was_steered || went_well {
            return self.next_in_queue();
        }
        // What was to follow it may make no sense any more, and would be paid for.
        self.queue_comes_back();
        Vec::new()
    }

    /// Prompts that waited are put back into the editor: as many as are one prompt together and fit. What else waits is sent
    /// behind it, or comes when the editor is empty.
    pub(super) fn queue_comes_back(&mut self) {
        if self.queue.is_empty() {
            return;
        }
        let mut is_first = self.composer.is_empty();
        while let Some(next) = self.queue.pop_front() {
            let joins = is_first
                || (matches!(next, Composed::Prompt { .. })
                    && matches!(self.composer.composed(), Composed::Prompt { .. }));
            if !joins || !self.put_behind(&next) {
                self.queue.push_front(next);
                break;
            }
            is_first = false;
        }
        self.toast(Role::Warning, self.words.say("queue-back"));
    }

    /// A prompt comes back into the editor, or before those that wait where it does not fit there.
    fn comes_back(&mut self, composed: Option<Composed>) {
        let Some(composed) = composed else { return };
        let joins = self.composer.is_empty()
            || (matches!(composed, Composed::Prompt { .. })
                && matches!(self.composer.composed(), Composed::Prompt { .. }));
        if !joins || !self.put_behind(&composed) {
            self.queue.push_front(composed);
        }
    }

    /// Puts a prompt into the editor, behind what is written there; false where there is no room.
    fn put_behind(&mut self, composed: &Composed) -> bool {
        let all = [self.composer.text(), written(composed)];
        let all: Vec<&str> = all.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        let has_room = self.composer.replace(&all.join("\n\n")) != Outcome::TooLong;
        self.edited();
        has_room
    }

    /// Enter on an empty editor brings what waits.
    pub(super) fn waiting_comes(&mut self) -> bool {
        let may_come = self.composer.is_empty() && !self.is_busy() && !self.queue.is_empty();
        if may_come {
            self.queue_comes_back();
        }
        may_come
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

    /// Ends what goes on so that something else can be said; an order on its way ends as soon as it is taken.
    pub(super) fn steer(&mut self) -> Option<Effect> {
        let turn = self.conversation.last()?;
        match &turn.state {
            State::Sending { ticket, .. } => {
                let ticket = *ticket;
                self.steered = Some(Steered::Order(ticket));
                self.ends(ticket);
                None
            }
            State::Run(run) if run.is_live() => {
                self.steered = Some(Steered::Run(run.id.clone()));
                self.stop()
            }
            State::Run(_) | State::Refused(_) => None,
        }
    }

    /// An order's run ends as soon as it has begun.
    fn ends(&mut self, ticket: u64) {
        for sent in self.sent.iter_mut().filter(|sent| sent.ticket == ticket) {
            sent.ends = true;
        }
    }

    /// Ends the run that goes on, or takes back the prompt that is on its way; none where there is neither.
    pub(super) fn stop(&mut self) -> Option<Effect> {
        let turn = self.conversation.turns.back_mut()?;
        if let State::Sending { ticket, is_withdrawn } = &mut turn.state {
            let ticket = *ticket;
            let was_withdrawn = std::mem::replace(is_withdrawn, true);
            turn.changed();
            self.ends(ticket);
            return (!was_withdrawn).then_some(Effect::Withdraw { ticket });
        }
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
                    let note = self.look().told(&note);
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
