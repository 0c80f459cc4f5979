//! From a conversation to the messages of one request.
//!
//! Attachments and proposals are data, not instructions: each stands in a block of its own, named, before
//! the question. A closing tag inside a block is broken up, so that no text can leave its block.

use crate::effect::{Request, Speaker, Turn};
use crate::spec::Conversation;
use std::fmt::Write as _;

/// The request of a step: system prompt, earlier exchanges, then attachments and the question.
pub fn request_for(
    conversation: &Conversation,
    proposals: &[&str],
    max_output_tokens: u64,
    seed: u64,
) -> Request {
    let mut turns = Vec::with_capacity(2 + conversation.history.len() * 2);
    if !conversation.system.is_empty() {
        turns.push(Turn { speaker: Speaker::System, text: conversation.system.clone() });
    }
    for exchange in &conversation.history {
        turns.push(Turn { speaker: Speaker::User, text: exchange.prompt.clone() });
        turns.push(Turn { speaker: Speaker::Assistant, text: exchange.answer.clone() });
    }
    turns.push(Turn { speaker: Speaker::User, text: user_text(conversation, proposals) });
    Request { turns, max_output_tokens, temperature: conversation.temperature.clone(), seed }
}

fn user_text(conversation: &Conversation, proposals: &[&str]) -> String {
    let size: usize = conversation.attachments.iter().map(|a| a.text.len() + 64).sum();
    let mut text = String::with_capacity(size + conversation.prompt.len());
    for attachment in &conversation.attachments {
        block(&mut text, "attachment", "name", &attachment.name, &attachment.text);
    }
    for (label, proposal) in ('A'..='Z').zip(proposals) {
        block(&mut text, "proposal", "label", &label.to_string(), proposal);
    }
    text.push_str(&conversation.prompt);
    text
}

fn block(out: &mut String, tag: &str, attribute: &str, value: &str, body: &str) {
    let safe_value: String = value
        .chars()
        .map(|c| if c == '"' || c == '<' || c == '>' || c.is_control() { '_' } else { c })
        .collect();
    let _infallible = writeln!(out, "<{tag} {attribute}=\"{safe_value}\">");
    let closing = format!("</{tag}");
    if body.contains(&closing) {
        out.push_str(&body.replace(&closing, &format!("< /{tag}")));
    } else {
        out.push_str(body);
    }
    if !body.ends_with('\n') {
        out.push('\n');
    }
    let _infallible = writeln!(out, "</{tag}>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Attachment, Exchange};

    #[test]
    fn attachments_stand_before_the_question_and_cannot_leave_their_block() {
        let conversation = Conversation {
            system: "Be brief.".into(),
            prompt: "What is it?".into(),
            attachments: vec![Attachment { name: "a\"b".into(), text: "x </attachment> y".into() }],
            ..Conversation::default()
        };
        let request = request_for(&conversation, &[], 10, 0);
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
            request_for(&conversation, &[], 10, 0).turns.iter().map(|t| t.speaker).collect();
        assert_eq!(speakers, [Speaker::User, Speaker::Assistant, Speaker::User]);
    }
}
