//! Turns from the lines of a log.

use super::unreadable;
use crate::out;
use crate::text::say;
use plyrum_billing_client::MicroRub;
use plyrum_config::Paths;
use plyrum_protocol::{ErrorKind, Fault, FrameBody, RunId, RunStatus, SessionId, UsageView, view};
use plyrum_sessions::{Event, Item, Outline, TextRole};
use std::io;

/// What is kept of the texts that came with a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attached {
    /// Their names.
    Names,
    /// Names and texts.
    Texts,
}

/// A whole session.
pub(super) fn whole(
    paths: &Paths,
    session: SessionId,
    attached: Attached,
) -> Result<view::Transcript, Fault> {
    let dir = paths.sessions_dir();
    let items = plyrum_sessions::read(&dir, &session).map_err(|e| broken(&session, &e))?;
    let mut turns = Turns::new(attached);
    items.for_each(|item| turns.take_or_warn(&session, item));
    let outline = Outline::read(&dir, &session).map_err(|e| broken(&session, &e))?;
    turns.mark_inherited(&outline);
    let about = outline.about;
    Ok(view::Transcript {
        session,
        title: about.title,
        project: about.project,
        forked_from: about.forked_from.map(|(from, _)| from),
        turns: turns.turns,
    })
}

pub(crate) fn broken(session: &SessionId, error: &io::Error) -> Fault {
    let kind = if error.kind() == io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Storage };
    Fault::new(kind, unreadable(session, error)).hint("plyrum doctor")
}

/// Turns in the order in which they were asked.
#[derive(Debug)]
pub(super) struct Turns {
    pub(super) turns: Vec<view::TranscriptTurn>,
    attached: Attached,
}

impl Turns {
    pub(super) fn new(attached: Attached) -> Self {
        Self { turns: Vec::new(), attached }
    }

    /// Takes an item in; a line that cannot be read is told and passed over.
    pub(super) fn take_or_warn(&mut self, session: &SessionId, item: io::Result<Item>) {
        match item {
            Ok(item) => self.take(item),
            Err(e) => {
                let (session, why) = (session.as_str(), e.to_string());
                out::warning(&say!("transcript-bad-line", session = session, why = why));
            }
        }
    }

    pub(super) fn take(&mut self, item: Item) {
        match item {
            Item::Text(text) => {
                let keep = self.attached;
                let turn = self.of(&text.run);
                match text.role {
                    TextRole::User => turn.prompt = text.text,
                    TextRole::Attachment => {
                        turn.pictures.extend(text.picture);
                        let name = text.name.unwrap_or_default();
                        if keep == Attached::Texts {
                            turn.attached.push(view::AttachedText { name: name.clone(), text: text.text });
                        }
                        turn.attachments.push(name);
                    }
                }
            }
            Item::Frame(frame) => {
                let turn = self.of(&frame.run);
                match frame.body {
                    FrameBody::RunAccepted { compacts, .. } => {
                        (turn.at, turn.compacts) = (Some(frame.at), compacts);
                    }
                    FrameBody::RunFinished { result } => {
                        turn.answer = result.answer;
                        turn.status = result.status;
                        turn.model = result.model;
                        turn.usage = result.usage;
                        turn.cost_micro_rub = result.cost_micro_rub;
                        turn.unpriced = result.unpriced;
                    }
                    _ => {}
                }
            }
            Item::Event(Event::Rewound { to, .. }) => {
                let kept = to.and_then(|run| self.turns.iter().position(|turn| turn.run == run));
                let kept = kept.map_or(0, |at| at + 1);
                self.turns.iter_mut().skip(kept).for_each(|turn| turn.rewound = true);
            }
            Item::Event(_) => {}
        }
    }

    pub(super) fn mark_inherited(&mut self, outline: &Outline) {
        for turn in &mut self.turns {
            let known = outline.place_of(&turn.run).and_then(|at| outline.turns.get(at));
            turn.inherited = known.is_some_and(|known| known.is_inherited);
        }
    }

    fn of(&mut self, run: &RunId) -> &mut view::TranscriptTurn {
        let at = self.turns.iter().rposition(|turn| turn.run == *run).unwrap_or_else(|| {
            self.turns.push(view::TranscriptTurn {
                run: run.clone(),
                at: None,
                prompt: String::new(),
                attachments: Vec::new(),
                attached: Vec::new(),
                pictures: Vec::new(),
                answer: String::new(),
                status: RunStatus::Running,
                model: String::new(),
                usage: UsageView::missing(),
                cost_micro_rub: MicroRub::ZERO,
                unpriced: 0,
                compacts: None,
                rewound: false,
                inherited: false,
            });
            self.turns.len() - 1
        });
        &mut self.turns[at]
    }
}
