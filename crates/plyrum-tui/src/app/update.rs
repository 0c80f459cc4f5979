//! What follows from a message.

use super::{App, Edited, Effect, Link, Message, Overlay, Reply, Screen, UsageReply};
use crate::composer::Activity;
use crate::conversation::Wanted;
use crate::theme::Role;
use plyrum_protocol::{Timestamp, view};

/// Questions of other clients are looked for so often: nobody tells of them.
const LOOK_EVERY_MS: u64 = 30_000;
/// The same while they are looked at.
const LOOK_SOON_MS: u64 = 3_000;
/// The books are read so often for what goes on, while the dashboard is seen.
const LIVE_EVERY_MS: u64 = 1_000;

impl App {
    /// Takes a message at a time, and says what is asked of the world.
    pub fn update(&mut self, now: Timestamp, message: Message) -> Vec<Effect> {
        self.now = self.now.max(now);
        let mut effects = match message {
            Message::Key(key) => self.key_pressed(&key),
            Message::Paste(text) => self.pasted(&text),
            Message::Mouse(mouse) => self.moused(mouse),
            Message::Focus(has_focus) => {
                self.has_focus = has_focus;
                if has_focus { vec![Effect::ListApprovals] } else { Vec::new() }
            }
            Message::Tick => self.ticked(),
            Message::Terminate { code } => vec![Effect::Quit(self.farewell(code))],
            Message::Continued => vec![Effect::Redraw],
            Message::Connected { build } => self.connected(build),
            Message::Disconnected(fault) => {
                self.link = Link::Down { fault: Box::new(fault) };
                self.following = None;
                Vec::new()
            }
            Message::Frame(line) => self.frame(&line),
            Message::Reply(reply) => self.replied(reply),
        };
        effects.extend(self.missing_turns());
        if self.screen == Screen::Sessions {
            effects.extend(self.sessions.look().map(Effect::Sessions));
        }
        let activity = if self.is_busy() { Activity::Busy } else { Activity::Idle };
        self.composer.set_activity(activity);
        effects
    }

    fn ticked(&mut self) -> Vec<Effect> {
        if self.toast.as_ref().is_some_and(|toast| toast.until <= self.now) {
            self.toast = None;
        }
        if let Some(turn) = self.conversation.turns.back_mut().filter(|turn| turn.is_live()) {
            turn.changed(); // its clock moves
        }
        let mut effects: Vec<Effect> = self.quote().into_iter().collect();
        if self.look_at.is_some_and(|at| at <= self.now) && matches!(self.link, Link::Up { .. }) {
            self.look_at = None; // until it is answered
            effects.push(Effect::ListApprovals);
        }
        if self.screen == Screen::Usage && self.live_at.is_some_and(|at| at <= self.now) {
            effects.extend(self.live_figures());
        }
        effects.extend(self.follow_again());
        if self.screen == Screen::Audit {
            effects.extend(self.audit.tick(self.now).map(Effect::Audit));
        }
        effects
    }

    /// What the books have of the run and the conversation now.
    fn live_figures(&mut self) -> Option<Effect> {
        self.live_at = None;
        let run = self.watched_run()?;
        let (id, is_live) = (run.id.clone(), run.is_live());
        self.live_at = is_live.then(|| self.now.plus_millis(LIVE_EVERY_MS));
        Some(Effect::Live {
            run: id,
            session: self.conversation.session.clone()?,
            context_percent: self.context.as_ref().map(plyrum_protocol::ContextMeter::percent),
            is_live,
        })
    }

    fn questions_listed(&mut self, rows: &[plyrum_protocol::ApprovalRow]) {
        let followed = self.live().map(|run| run.id.clone());
        self.approvals.listed(rows, followed.as_ref(), self.now);
        let pause = if self.screen == Screen::Approvals { LOOK_SOON_MS } else { LOOK_EVERY_MS };
        self.look_at = Some(self.now.plus_millis(pause));
    }

    /// The daemon is there: what goes on is followed from where it was left.
    fn connected(&mut self, build: String) -> Vec<Effect> {
        if matches!(self.link, Link::Down { .. }) {
            self.toast(Role::Good, self.words.say("link-back"));
        }
        self.link = Link::Up { build };
        self.following = None;
        let attach = self.live().map(|run| (run.id.clone(), run.last_seq()));
        let attach = attach.and_then(|(run, after_seq)| self.follow(&run, after_seq));
        attach.into_iter().chain([Effect::ListApprovals, Effect::ListChoices]).collect()
    }

    fn replied(&mut self, reply: Reply) -> Vec<Effect> {
        match reply {
            Reply::Submitted { ticket, outcome, is_again } => {
                return self.submitted(ticket, outcome, is_again);
            }
            Reply::Quoted { ticket, outcome } => self.price.quoted(ticket, outcome),
            Reply::Attached { run, outcome } => return self.attached(&run, outcome),
            Reply::Refused(fault) => {
                self.approvals.not_sent();
                self.sessions.not_asked();
                self.fault(&fault);
            }
            Reply::Answered(outcome) => self.answered(outcome),
            Reply::Approvals(Ok(rows)) => self.questions_listed(&rows),
            Reply::Live(live) => self.usage.live(live),
            Reply::Choices(Ok(choices)) => self.chosen_from(*choices),
            Reply::Figures(Ok(figures)) => self.figures = Some(figures),
            Reply::Opened { asked, reading, outcome } => return self.opened(&asked, reading, outcome),
            Reply::Turns { session, wanted, number, outcome } => {
                return self.turns(&session, &wanted, number, outcome);
            }
            Reply::LaidOut(laid) => self.conversation.take_laid(*laid),
            Reply::Rewound(outcome) => return self.rewound(outcome),
            Reply::Forked(Ok(session)) => {
                self.toast(Role::Good, self.words.say("forked"));
                return self.open_session(session.as_str().to_owned());
            }
            Reply::Renamed(Ok(title)) => self.conversation.title = title,
            Reply::Undone(Ok(undone)) => self.undone(&undone),
            Reply::Sessions(reply) => return self.sessions_replied(reply),
            Reply::Audit(reply) => self.audit.loaded(reply),
            Reply::Models(reply) => self.models.loaded(reply),
            Reply::Usage(reply) => self.usage_replied(reply),
            Reply::Files(files) => self.composer.offer_files(files),
            Reply::EarlierPrompts(prompts) => self.composer.remember_earlier(prompts, &self.words),
            Reply::Edited(edited) => self.came_back(edited),
            Reply::Copied(bytes) => {
                let text = self.words.with("copied", &[("bytes", (bytes as u64).into())]);
                self.toast(Role::Good, text);
            }
            Reply::Approvals(Err(fault))
            | Reply::Choices(Err(fault))
            | Reply::Figures(Err(fault))
            | Reply::Forked(Err(fault))
            | Reply::Renamed(Err(fault))
            | Reply::Undone(Err(fault)) => self.fault(&fault),
        }
        Vec::new()
    }

    fn usage_replied(&mut self, reply: UsageReply) {
        match reply {
            UsageReply::Loaded(outcome) => self.usage.loaded(outcome.map(|board| *board)),
            UsageReply::Exported(outcome) => self.usage.exported(outcome),
            UsageReply::Verified(outcome) => self.usage.verified(outcome, self.now),
        }
    }

    /// Says what time it is, before a picture is made.
    pub fn tell_time(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    fn undone(&mut self, undone: &plyrum_protocol::Undone) {
        let n = (undone.restored.len() + undone.removed.len()) as u64;
        let (role, left) =
            if undone.left.is_empty() { (Role::Good, 0) } else { (Role::Warning, undone.left.len()) };
        let text = self.words.with("undone", &[("n", n.into()), ("left", (left as u64).into())]);
        self.toast(role, text);
    }

    fn rewound(&mut self, outcome: Result<Box<view::SessionDetail>, plyrum_protocol::Fault>) -> Vec<Effect> {
        match outcome {
            Err(fault) => self.fault(&fault),
            Ok(detail) => {
                let is_rewound = |run: &plyrum_protocol::RunId| {
                    detail
                        .turn_list
                        .iter()
                        .any(|turn| turn.run == *run && turn.state == view::TurnState::Rewound)
                };
                let mut prompt = None;
                for turn in &mut self.conversation.turns {
                    if turn.run_id().is_some_and(is_rewound) && !turn.is_rewound {
                        turn.is_rewound = true;
                        turn.changed();
                        prompt = Some(turn.prompt.clone());
                    }
                }
                self.context = detail.context;
                if let Some(prompt) = prompt.filter(|_| self.composer.is_empty()) {
                    let _edited = self.composer.replace(&prompt);
                    self.edited();
                }
                self.toast(Role::Good, self.words.say("rewound"));
                // What lies outside of what is loaded was read before it was taken back.
                if self.conversation.has_older() || self.conversation.is_cut_below() {
                    return vec![self.read_session(detail.row.session.as_str().to_owned())];
                }
            }
        }
        Vec::new()
    }

    /// What is to be prepared, now that a picture is drawn, for the next ones.
    pub fn look_ahead(&mut self) -> Option<Effect> {
        self.conversation.look_ahead().map(Effect::LayOut)
    }

    /// Turns of an earlier time that come into view and are not here.
    fn missing_turns(&mut self) -> Option<Effect> {
        let wanted = self.conversation.wants()?;
        let session = self.conversation.session.clone()?;
        if wanted == Wanted::Latest {
            return Some(self.read_session(session.as_str().to_owned()));
        }
        self.conversation.is_loading = true;
        let (number, columns) = (self.conversation.number(), self.conversation.columns());
        Some(Effect::Turns { session, wanted, number, columns })
    }

    /// The user's editor is done.
    fn came_back(&mut self, edited: Edited) {
        if let Some(text) = edited.text {
            let _edited = self.composer.replace(&text);
            self.edited();
        }
        if let Some(fault) = edited.fault {
            self.fault(&fault);
        }
    }

    /// Goes to a screen; what it shows is asked for.
    pub(super) fn go(&mut self, screen: Screen) -> Vec<Effect> {
        self.overlay = None;
        self.screen = screen;
        match screen {
            Screen::Chat => {
                if let Some(run) = self.live().map(|run| run.id.clone()) {
                    self.look_at_questions(&run);
                }
                self.approvals.typing(self.now);
                Vec::new()
            }
            Screen::Lifecycle => Vec::new(),
            Screen::Approvals => {
                self.approvals.typing(self.now);
                vec![Effect::ListApprovals]
            }
            Screen::Sessions => self.sessions.open().into_iter().map(Effect::Sessions).collect(),
            Screen::Audit => self.audit.open().into_iter().map(Effect::Audit).collect(),
            Screen::Usage => {
                let mut effects: Vec<Effect> = self.usage.open().into_iter().map(Effect::Usage).collect();
                effects.extend(self.live_figures());
                effects
            }
            Screen::Models => self.models.open().into_iter().map(Effect::Models).collect(),
        }
    }

    /// A list over the screen.
    pub(super) fn pick(&mut self, picker: super::Picker) {
        self.overlay = Some(Overlay::Picker(picker));
    }
}
