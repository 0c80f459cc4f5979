//! Turns of an earlier time, as they come from the log.

use super::{App, Effect, Screen};
use crate::conversation::{Answer, Conversation, State, Turn, Wanted};
use crate::run::Run;
use crate::screen::sessions::SessionsReply;
use crate::theme::Role;
use crate::transcript::{PastTurn, TranscriptPage};
use plyrum_client::FrameLine;
use plyrum_protocol::{Fault, RunId, SessionId};

impl App {
    /// Opens a session, or the session of a run.
    pub(super) fn open_session(&mut self, asked: String) -> Vec<Effect> {
        self.screen = Screen::Chat;
        self.overlay = None;
        vec![self.read_session(asked)]
    }

    /// Reads the latest turns of a session; what was being read before is not wanted any more.
    pub(super) fn read_session(&mut self, asked: String) -> Effect {
        self.conversation.is_loading = true;
        let reading = self.ticket();
        self.opening = Some(reading);
        Effect::OpenSession { asked, reading }
    }

    pub(super) fn opened(
        &mut self,
        asked: &str,
        reading: u64,
        outcome: Result<Box<TranscriptPage>, Fault>,
    ) -> Vec<Effect> {
        if self.opening.take_if(|opening| *opening == reading).is_none() {
            return Vec::new();
        }
        let page = match outcome {
            Ok(page) => *page,
            Err(fault) => {
                self.conversation.is_loading = false;
                if self.conversation.session.as_ref().is_some_and(|session| session.as_str() == asked) {
                    self.conversation.not_read(&Wanted::Latest);
                }
                self.fault(&fault);
                return Vec::new();
            }
        };
        let is_same = self.conversation.session.as_ref() == Some(&page.session);
        if !is_same {
            self.leaves();
        }
        self.live_at = None;
        let turns: Vec<Turn> = page.turns.into_iter().map(|turn| self.past(turn)).collect();
        let mut conversation = Conversation::numbered(reading);
        conversation.session = Some(page.session);
        conversation.title = page.title.unwrap_or_default();
        conversation.shows_details = self.conversation.shows_details;
        conversation.open(turns, page.older);
        let before = std::mem::replace(&mut self.conversation, conversation);
        if is_same {
            self.keep_what_is_not_told(before);
        } else {
            self.context = None;
            self.watched = None;
        }
        if let Some(run) = self.asked_run(asked) {
            self.watched = Some(run);
        }
        self.follow_what_goes_on()
    }

    /// What goes on in the conversation that is left is said, and what waits in it comes back.
    pub(super) fn leaves(&mut self) {
        if self.is_busy() {
            self.toast(Role::Text, self.words.say("run-goes-on"));
        }
        self.steered = None;
        self.opening = None;
        self.queue_comes_back();
    }

    /// Turns behind those that the log tells of: on their way, refused, or just begun.
    fn keep_what_is_not_told(&mut self, before: Conversation) {
        let is_cut = before.is_cut_below();
        let is_told = |turn: &Turn| turn.run_id().is_some_and(|run| self.conversation.turn(run).is_some());
        let mut kept: Vec<Turn> = before.turns.into_iter().rev().take_while(|turn| !is_told(turn)).collect();
        kept.retain(|turn| turn.is_held() || !is_cut);
        for turn in kept.into_iter().rev() {
            self.conversation.push(turn);
        }
    }

    /// What goes on is followed from its last known frame: nothing of it is missed. A question that its log tells of waits
    /// here too.
    fn follow_what_goes_on(&mut self) -> Vec<Effect> {
        let Some((run, after_seq)) = self.live().map(|run| (run.id.clone(), run.last_seq())) else {
            return Vec::new();
        };
        self.look_at_questions(&run);
        self.following = None;
        self.follow(&run, after_seq).into_iter().collect()
    }

    /// The run that was asked for, where it was one.
    fn asked_run(&self, asked: &str) -> Option<RunId> {
        let ids = self.conversation.turns.iter().filter_map(Turn::run_id);
        ids.into_iter().find(|id| asked.len() >= 4 && id.as_str().starts_with(asked)).cloned()
    }

    pub(super) fn turns(
        &mut self,
        session: &SessionId,
        wanted: &Wanted,
        number: u64,
        outcome: Result<(Box<TranscriptPage>, Vec<Answer>), Fault>,
    ) -> Vec<Effect> {
        let conversation = &mut self.conversation;
        if conversation.session.as_ref() != Some(session) || conversation.number() != number {
            return Vec::new();
        }
        if matches!(wanted, Wanted::Newer(_)) && conversation.is_at_bottom() {
            conversation.is_loading = false; // somebody went to the end meanwhile: that is read instead
            return Vec::new();
        }
        let (page, answers) = match outcome {
            Ok(read) => read,
            Err(fault) => {
                self.conversation.not_read(wanted);
                self.fault(&fault);
                return Vec::new();
            }
        };
        let with_lines = page.turns.into_iter().zip(answers);
        let turns = with_lines.map(|(turn, answer)| self.past(turn).with_answer(answer)).collect();
        if let Wanted::Older(_) = wanted {
            self.conversation.prepend(turns, page.older);
            if let Some(title) = page.title.filter(|_| self.conversation.title.is_empty()) {
                self.conversation.title = title;
            }
            return Vec::new();
        }
        self.conversation.append(turns, page.older);
        self.follow_what_goes_on()
    }

    fn past(&mut self, past: PastTurn) -> Turn {
        let mut run = Run::new(past.run);
        for frame in past.frames {
            run.take(&FrameLine { json: String::new(), frame: Some(frame) });
        }
        let mut turn = Turn::new(self.key(), past.prompt, past.attachments, State::Run(Box::new(run)));
        turn.is_rewound = past.is_rewound;
        turn
    }

    pub(super) fn sessions_replied(&mut self, reply: SessionsReply) -> Vec<Effect> {
        match self.sessions.loaded(reply) {
            Some(session) => self.open_session(session.as_str().to_owned()),
            None => Vec::new(),
        }
    }
}
