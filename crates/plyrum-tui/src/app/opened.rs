//! Turns of an earlier time, as they come from the log.

use super::{App, Effect, Screen};
use crate::conversation::{Answer, Conversation, State, Turn};
use crate::run::Run;
use crate::screen::sessions::SessionsReply;
use crate::transcript::{PastTurn, TranscriptPage};
use plyrum_client::FrameLine;
use plyrum_protocol::{Fault, SessionId};

impl App {
    /// Opens a session, or the session of a run.
    pub(super) fn open_session(&mut self, asked: String) -> Vec<Effect> {
        self.screen = Screen::Chat;
        self.overlay = None;
        self.conversation.is_loading = true;
        vec![Effect::OpenSession(asked)]
    }

    pub(super) fn opened(&mut self, asked: &str, outcome: Result<Box<TranscriptPage>, Fault>) -> Vec<Effect> {
        let page = match outcome {
            Ok(page) => *page,
            Err(fault) => {
                self.conversation.is_loading = false;
                self.conversation.is_cut_below = false; // asked for once
                self.fault(&fault);
                return Vec::new();
            }
        };
        if self.conversation.session.as_ref() != Some(&page.session) {
            self.queue_comes_back();
        }
        self.live_at = None;
        let turns: Vec<Turn> = page.turns.into_iter().map(|turn| self.past(turn)).collect();
        let mut conversation = Conversation::default();
        conversation.session = Some(page.session.clone());
        conversation.title = page.title.unwrap_or_default();
        conversation.prepend(turns, page.older);
        self.conversation = conversation;
        self.watched = self.asked_run(asked);
        self.context = None;
        // A question that its log tells of waits here too.
        if let Some(run) = self.live().map(|run| run.id.clone()) {
            self.look_at_questions(&run);
        }
        // What still goes on is followed from its beginning: nothing of it is missed.
        self.live()
            .map(|run| Effect::Attach {
                run: run.id.clone(),
                after_seq: run.last_seq(),
                approve: self.ask.policy(),
            })
            .into_iter()
            .collect()
    }

    /// The run that was asked for, where it was one.
    fn asked_run(&self, asked: &str) -> Option<plyrum_protocol::RunId> {
        let ids = self.conversation.turns.iter().filter_map(Turn::run_id);
        ids.into_iter().find(|id| asked.len() >= 4 && id.as_str().starts_with(asked)).cloned()
    }

    pub(super) fn older(
        &mut self,
        session: &SessionId,
        outcome: Result<(Box<TranscriptPage>, Vec<Answer>), Fault>,
    ) {
        if self.conversation.session.as_ref() != Some(session) {
            return;
        }
        match outcome {
            Ok((page, answers)) => {
                let with_lines = page.turns.into_iter().zip(answers);
                let turns = with_lines.map(|(turn, answer)| self.past(turn).with_answer(answer)).collect();
                self.conversation.prepend(turns, page.older);
                if let Some(title) = page.title.filter(|_| self.conversation.title.is_empty()) {
                    self.conversation.title = title;
                }
            }
            Err(fault) => {
                self.conversation.is_loading = false;
                self.conversation.older = None;
                self.fault(&fault);
            }
        }
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
