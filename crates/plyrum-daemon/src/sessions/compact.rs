//! Compaction: the older turns of a session become a summary, by a run like any other, with its own holds and
//! its own price. The turns stay in the log; only what is told from then on changes.

use super::past::{Room, exchange, pictures_from};
use super::pictures::Pictures;
use plyrum_engine::{Attachment, Conversation, Exchange, StepSpec};
use plyrum_protocol::{ErrorKind, Fault, Role, RunId, StepId};
use plyrum_sessions::{Outline, Texts, Turn};
use std::io;

/// Name of the plan and of its only step.
pub(crate) const PLAN: &str = "compact";
/// What the instruction takes.
const INSTRUCTION_BYTES: u64 = 2048;

const INSTRUCTION: &str = "\
Write a summary of the conversation so far. From now on it stands in place of the messages above, and whoever \
continues the conversation sees nothing else of them. Keep what is needed to go on: what the user wants and why, \
decisions and their reasons, facts, names, numbers, dates, file paths, commands and code that are still in use, what \
was tried and did not work, and questions that are open. Leave out greetings, repetitions and everything that was \
settled and is not needed any more. Write in the language of the conversation, in short paragraphs or lists. Answer \
with the summary alone.";

/// What is to be summarised.
#[derive(Debug)]
pub(crate) struct Covered {
    summary: Option<String>,
    exchanges: Vec<Exchange>,
    /// The last run that the summary will stand for.
    pub(crate) through: RunId,
}

/// The turns to summarise: all but the latest `keep`, or as many of the oldest as the model can read at once.
pub(crate) fn covered(
    outline: &Outline,
    texts: &Texts,
    pictures: Pictures<'_>,
    room: &Room,
    keep: usize,
) -> Result<Covered, Fault> {
    let told: Vec<&Turn> = settled(outline).collect();
    let (older, _) = told.split_at(told.len().saturating_sub(keep));
    if older.is_empty() {
        let message =
            format!("there is nothing to summarise: {} turns are told, {keep} are kept", told.len());
        let fault = Fault::new(ErrorKind::Usage, message);
        return Err(if keep > 0 { fault.hint("plyrum sessions compact --keep 0") } else { fault });
    }
    let summary = outline.summary().map(|(turn, _)| turn);
    let answer = room.bytes_per_token.bytes_in(room.output_tokens);
    let context = room.bytes_per_token.bytes_in(room.context_tokens);
    let taken = room.fixed_bytes + summary.map_or(0, |turn| turn.answer_bytes) + INSTRUCTION_BYTES + answer;
    let free = context.saturating_sub(taken);
    let mut sum = 0_u64;
    let fits = |turn: &&&Turn| {
        sum = sum.saturating_add(room.size_of(turn, free));
        sum <= free
    };
    let turns: Vec<&Turn> = older.iter().take_while(fits).copied().collect();
    let Some(last) = turns.last() else {
        let message = format!("the oldest turn of the session does not fit {}", room.model);
        return Err(Fault::new(ErrorKind::ContextTooLong, message)
            .hint("take a model with a larger context: plyrum sessions compact -m MODEL"));
    };
    let read = || -> io::Result<Covered> {
        let summary = summary.map(|turn| texts.of(turn)).transpose()?.map(|said| said.answer);
        let from = pictures_from(&turns, 0);
        let exchanges = turns.iter().enumerate().map(|(at, turn)| {
            let pictures = Some(pictures).filter(|_| at >= from && room.whole_size(turn) <= free);
            Ok(exchange(turn, texts.of(turn)?, pictures, free))
        });
        Ok(Covered { summary, exchanges: exchanges.collect::<io::Result<_>>()?, through: last.run.clone() })
    };
    read().map_err(|e| super::storage(&e))
}

/// The turns that are told, up to the first one that is still going: a summary must not stand for what it
/// cannot have seen.
fn settled(outline: &Outline) -> impl Iterator<Item = &Turn> {
    let going = |turn: &&Turn| turn.finished.is_none() && !turn.is_rewound;
    let first = outline.turns.iter().find(going).and_then(|turn| outline.place_of(&turn.run));
    outline.told().take_while(move |turn| first.is_none_or(|first| outline.place_of(&turn.run) < Some(first)))
}

impl Covered {
    /// The request: the conversation as it was told before, so that a provider meets what it has cached, and
    /// then the instruction.
    pub(crate) fn conversation(self, base: Conversation, focus: &str) -> Conversation {
        let mut prompt = INSTRUCTION.to_owned();
        if !focus.trim().is_empty() {
            prompt.push_str("\n\nMind especially: ");
            prompt.push_str(focus.trim());
        }
        Conversation {
            summary: self.summary,
            history: self.exchanges,
            prompt,
            attachments: Vec::new(),
            pictures: Vec::new(),
            ..base
        }
    }

    /// The same for the extractor, which reads texts and not conversations.
    pub(crate) fn text(self, base: Conversation) -> Conversation {
        let earlier = self.summary.into_iter().map(|summary| summary + "\n");
        let turns = self.exchanges.into_iter().map(|e| format!("{}\n\n{}\n", e.prompt, e.answer));
        let text = earlier.chain(turns).collect::<Vec<_>>().join("\n");
        Conversation {
            project: Vec::new(),
            summary: None,
            history: Vec::new(),
            prompt: "Summarise the conversation".to_owned(),
            attachments: vec![Attachment { name: "conversation".to_owned(), text }],
            pictures: Vec::new(),
            ..base
        }
    }
}

/// The steps of a direct plan, booked as what they are.
pub(crate) fn steps(steps: Vec<StepSpec>) -> Result<Vec<StepSpec>, Fault> {
    let name = StepId::new(PLAN).map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?;
    Ok(steps.into_iter().map(|step| StepSpec { step: name.clone(), role: Role::Compact, ..step }).collect())
}
