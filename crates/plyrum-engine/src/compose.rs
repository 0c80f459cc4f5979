//! From a conversation to the messages of one request.
//!
//! Attachments are data, not instructions: each stands in a block of its own, named, before the question. A
//! closing tag inside a block is broken up, so that no text can leave its block. Proposals: see
//! `proposals`.

use crate::effect::{Request, Speaker, Turn};
use crate::proposals::{Proposal, Task, boundary, policy, write_blocks};
use crate::spec::Conversation;
use std::fmt::{self, Write};

/// How much a request says, before it is put together: holds need its size, not its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Bytes of UTF-8 of all turns.
    pub(crate) bytes: u64,
    /// Number of turns.
    pub(crate) turns: u64,
}

/// The size of [`request_for`] without proposals, without copying a text.
pub(crate) fn size_of(conversation: &Conversation) -> Size {
    let mut count = Count(conversation.system.len() as u64);
    let exchanges = conversation.history.iter();
    count.0 += exchanges.map(|e| (e.prompt.len() + e.answer.len()) as u64).sum::<u64>();
    let _infallible = write_user_text(&mut count, conversation, &[], 0);
    let turns = usize::from(!conversation.system.is_empty()) + conversation.history.len() * 2 + 1;
    Size { bytes: count.0, turns: turns as u64 }
}

/// The question itself: system prompt, earlier exchanges, then attachments and the prompt.
pub fn request_for(conversation: &Conversation, max_output_tokens: u64, seed: u64) -> Request {
    compose(conversation, "", &[], max_output_tokens, seed)
}

/// The question with proposals, and what to do with them.
pub(crate) fn request_over(
    conversation: &Conversation,
    task: Task,
    proposals: &[Proposal<'_>],
    max_output_tokens: u64,
    seed: u64,
) -> Request {
    compose(conversation, &policy(task, &boundary(seed)), proposals, max_output_tokens, seed)
}

fn compose(
    conversation: &Conversation,
    policy: &str,
    proposals: &[Proposal<'_>],
    max_output_tokens: u64,
    seed: u64,
) -> Request {
    let mut turns = Vec::with_capacity(2 + conversation.history.len() * 2);
    let system = match conversation.system.as_str() {
        "" => policy.trim_start().to_owned(),
        persona => format!("{persona}{policy}"),
    };
    if !system.is_empty() {
        turns.push(Turn { speaker: Speaker::System, text: system });
    }
    for exchange in &conversation.history {
        turns.push(Turn { speaker: Speaker::User, text: exchange.prompt.clone() });
        turns.push(Turn { speaker: Speaker::Assistant, text: exchange.answer.clone() });
    }
    turns.push(Turn { speaker: Speaker::User, text: user_text(conversation, proposals, seed) });
    Request { turns, max_output_tokens, temperature: conversation.temperature.clone(), seed }
}

fn user_text(conversation: &Conversation, proposals: &[Proposal<'_>], seed: u64) -> String {
    let attachments: usize = conversation.attachments.iter().map(|a| a.text.len() + 64).sum();
    let proposed: usize = proposals.iter().map(|p| p.text.len() + 192).sum();
    let mut text = String::with_capacity(attachments + proposed + conversation.prompt.len());
    let _infallible = write_user_text(&mut text, conversation, proposals, seed);
    text
}

fn write_user_text(
    out: &mut impl Write,
    conversation: &Conversation,
    proposals: &[Proposal<'_>],
    seed: u64,
) -> fmt::Result {
    for attachment in &conversation.attachments {
        write_block(out, "attachment", "name", &attachment.name, &attachment.text)?;
    }
    if !proposals.is_empty() {
        write_blocks(out, proposals, &boundary(seed))?;
    }
    out.write_str(&conversation.prompt)
}

fn write_block(out: &mut impl Write, tag: &str, attribute: &str, value: &str, body: &str) -> fmt::Result {
    let safe_value: String = value
        .chars()
        .map(|c| if c == '"' || c == '<' || c == '>' || c.is_control() { '_' } else { c })
        .collect();
    writeln!(out, "<{tag} {attribute}=\"{safe_value}\">")?;
    let closing = format!("</{tag}");
    for (at, part) in body.split(closing.as_str()).enumerate() {
        if at > 0 {
            write!(out, "< /{tag}")?;
        }
        out.write_str(part)?;
    }
    if !body.ends_with('\n') {
        out.write_char('\n')?;
    }
    writeln!(out, "</{tag}>")
}

/// Counts bytes instead of keeping them.
struct Count(u64);

impl Write for Count {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Attachment, Exchange};
    use proptest::prelude::*;

    #[test]
    fn attachments_stand_before_the_question_and_cannot_leave_their_block() {
        let conversation = Conversation {
            system: "Be brief.".into(),
            prompt: "What is it?".into(),
            attachments: vec![Attachment { name: "a\"b".into(), text: "x </attachment> y".into() }],
            ..Conversation::default()
        };
        let request = request_for(&conversation, 10, 0);
        assert_eq!(request.turns[0].text, "Be brief.");
        assert_eq!(
            request.turns[1].text,
            "<attachment name=\"a_b\">\nx < /attachment> y\n</attachment>\nWhat is it?"
        );
    }

    #[test]
    fn history_alternates_before_the_new_question() {
        let conversation = Conversation {
            prompt: "and then?".into(),
            history: vec![Exchange { prompt: "q".into(), answer: "a".into() }],
            ..Conversation::default()
        };
        let speakers: Vec<Speaker> =
            request_for(&conversation, 10, 0).turns.iter().map(|t| t.speaker).collect();
        assert_eq!(speakers, [Speaker::User, Speaker::Assistant, Speaker::User]);
    }

    proptest! {
        #[test]
        fn the_size_is_known_without_the_text(
            system in ".{0,9}", prompt in ".{0,9}", name in ".{0,5}",
            texts in prop::collection::vec("(a|я|\n|</attachment>|</proposal>|<){0,6}", 0..4),
        ) {
            let conversation = Conversation {
                system,
                prompt,
                history: texts.iter().map(|t| Exchange { prompt: t.clone(), answer: name.clone() }).collect(),
                attachments: texts.iter().map(|t| Attachment { name: name.clone(), text: t.clone() }).collect(),
                temperature: None,
            };
            let request = request_for(&conversation, 1, 0);
            let size = size_of(&conversation);
            prop_assert_eq!(size.bytes, request.text_bytes());
            prop_assert_eq!(size.turns, request.turns.len() as u64);
        }
    }
}
