//! Finds the texts and the question in a conversation.
//!
//! The daemon composes a user message so: first the attachments, each as
//!
//! ```text
//! <attachment name="NAME">
//! …text…
//! </attachment>
//! ```
//!
//! then the question. Proposals for an aggregator come as `<proposal label="A">…</proposal>` in the same
//! way. A message may end with an `<answer-form>`, which is nothing to read. The first message may begin with `<project-instructions file="NAME">` blocks, which are read only where
//! nothing else is there to read, and a `<summary of="…">` of what was said before. Nothing is escaped inside, so a block ends at the first closing tag that another block follows, and
//! the last block ends at the last closing tag: text that quotes a closing tag stays whole.

use super::document::Source;
use super::question;
use crate::{ChatMessage, Role};

/// Words of a pasted text worth extracting from; below that, a prompt is only a prompt.
const MIN_PASTED_WORDS: usize = 20;
/// Bytes of the longest line that is taken for the question around a pasted text.
const MAX_QUESTION_BYTES: usize = 400;

/// What the extractor works on.
#[derive(Debug, Default)]
pub(super) struct Input<'a> {
    /// Attached or pasted texts, of the whole conversation, oldest first.
    pub(super) sources: Vec<Source<'a>>,
    /// Proposals to merge, from the last user message.
    pub(super) proposals: Vec<&'a str>,
    /// The last user message without its blocks.
    pub(super) question: String,
}

impl<'a> Input<'a> {
    pub(super) fn read(messages: &'a [ChatMessage]) -> Self {
        let mut input = Self::default();
        let mut project = Vec::new();
        for message in messages.iter().filter(|message| message.role == Role::User) {
            let preface = Preface::of(without_form(&message.content));
            project.extend(preface.project);
            input.sources.extend(preface.summary);
            let attachments = Blocks::find(preface.rest, "<attachment name=\"", "</attachment>");
            input.sources.extend(attachments.found.iter().map(|&(name, text)| Source { name, text }));
            input.question = attachments.around();
            let proposals = Blocks::find(attachments.after, "<proposal label=\"", "</proposal>");
            input.proposals = proposals.found.iter().map(|&(_, text)| text).collect();
            if !input.proposals.is_empty() {
                input.question = proposals.around();
            }
        }
        if input.sources.is_empty() && input.proposals.is_empty() {
            input.pasted(messages);
        }
        if input.sources.is_empty() && input.proposals.is_empty() {
            input.sources = project;
        }
        input
    }

    /// A prompt that brings its own text: "Summarise: …", or a text with a question before or after it.
    fn pasted(&mut self, messages: &'a [ChatMessage]) {
        let users = messages.iter().rev().filter(|message| message.role == Role::User);
        for (back, message) in users.enumerate() {
            if let Some((question, text)) = split_prompt(Preface::of(without_form(&message.content)).rest) {
                self.sources.push(Source { name: "prompt", text });
                if back == 0 {
                    question.clone_into(&mut self.question);
                }
                return;
            }
        }
    }
}

/// A message without what it ends with where answers are counted: how a model shall write its own.
fn without_form(message: &str) -> &str {
    let form = message.strip_suffix("</answer-form>").and_then(|text| text.rsplit_once("\n\n<answer-form>"));
    form.map_or(message, |(said, _)| said)
}

/// What a conversation begins with before anything was said. Closing tags within these blocks are broken up, so
/// the first one ends a block.
struct Preface<'a> {
    project: Vec<Source<'a>>,
    summary: Option<Source<'a>>,
    rest: &'a str,
}

impl<'a> Preface<'a> {
    fn of(text: &'a str) -> Self {
        let mut preface = Self { project: Vec::new(), summary: None, rest: text };
        while let Some((source, rest)) =
            block(preface.rest, "<project-instructions file=\"", "</project-instructions>\n")
        {
            preface.project.push(source);
            preface.rest = rest;
        }
        if let Some((summary, rest)) = block(preface.rest, "<summary of=\"", "</summary>\n") {
            (preface.summary, preface.rest) = (Some(summary), rest);
        }
        preface
    }
}

/// A block that a text begins with, and what follows it.
fn block<'a>(text: &'a str, open: &str, close: &str) -> Option<(Source<'a>, &'a str)> {
    let (name, body) = text.strip_prefix(open)?.split_once("\">\n")?;
    let (text, rest) = body.split_once(close)?;
    Some((Source { name, text }, rest))
}

/// Tagged blocks of a message, and what stands around them.
struct Blocks<'a> {
    before: &'a str,
    found: Vec<(&'a str, &'a str)>,
    after: &'a str,
}

impl<'a> Blocks<'a> {
    fn find(text: &'a str, open: &str, close: &str) -> Self {
        let at_line_start =
            |&at: &usize| at == 0 || text.get(..at).is_some_and(|before| before.ends_with('\n'));
        let start = text.match_indices(open).map(|(at, _)| at).find(at_line_start);
        let (before, mut rest) = start.and_then(|at| text.split_at_checked(at)).unwrap_or(("", text));
        let mut found = Vec::new();
        while let Some((name, body)) =
            rest.trim_start().strip_prefix(open).and_then(|tag| tag.split_once("\">"))
        {
            let ends = |&(at, _): &(usize, &str)| {
                body.get(at + close.len()..).is_some_and(|after| after.trim_start().starts_with(open))
            };
            let end = body.match_indices(close).find(ends).or_else(|| body.rmatch_indices(close).next());
            let (inside, after) = match end {
                Some((at, _)) => {
                    (body.get(..at).unwrap_or_default(), body.get(at + close.len()..).unwrap_or_default())
                }
                None => (body, ""),
            };
            found.push((name, inside.strip_prefix('\n').unwrap_or(inside)));
            rest = after;
        }
        Self { before, found, after: rest }
    }

    fn around(&self) -> String {
        let (before, after) = (self.before.trim(), self.after.trim());
        if before.is_empty() { after.to_owned() } else { format!("{before}\n{after}").trim_end().to_owned() }
    }
}

/// Splits a prompt into its question and the text it brings, if it brings one.
fn split_prompt(prompt: &str) -> Option<(&str, &str)> {
    let prompt = prompt.trim();
    let first_line = prompt.split_once('\n');
    let last_line = prompt.rsplit_once('\n').map(|(text, question)| (question, text));
    let after_colon = prompt.split_once(": ").filter(|(question, _)| question.len() <= 120);
    let after_mark =
        prompt.split_once("? ").and_then(|(question, _)| prompt.split_at_checked(question.len() + 1));
    let sides = [first_line, last_line, after_colon, after_mark];
    sides.into_iter().flatten().map(|(question, text)| (question.trim(), text.trim())).find(
        |(question, text)| {
            question.len() <= MAX_QUESTION_BYTES
                && question::asks(question)
                && text.split_whitespace().count() >= MIN_PASTED_WORDS
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(content: &str) -> ChatMessage {
        ChatMessage::text(Role::User, content)
    }

    #[test]
    fn how_answers_are_to_be_written_is_no_text_to_quote() {
        let form = "\n\n<answer-form>End with a line of its own that begins with \"Answer:\" and holds it.</answer-form>";
        let messages = [user(&format!("What is 17*23?{form}"))];
        let input = Input::read(&messages);
        assert_eq!((input.question.as_str(), input.sources.len()), ("What is 17*23?", 0));
    }

    #[test]
    fn attachments_and_question_are_told_apart() {
        let messages = [user(
            "<attachment name=\"a \"b\".md\">\nText </attachment> here\n</attachment>\n<attachment name=\"c\">\nMore\n</attachment>\nWhat is it?",
        )];
        let input = Input::read(&messages);
        assert_eq!(input.sources.len(), 2);
        assert_eq!(input.sources[0].name, "a \"b\".md");
        assert_eq!(input.sources[0].text, "Text </attachment> here\n");
        assert_eq!(input.sources[1].text, "More\n");
        assert_eq!(input.question, "What is it?");
    }

    #[test]
    fn an_earlier_turn_keeps_its_attachments() {
        let messages = [user("<attachment name=\"a\">\nText\n</attachment>\nOne?"), user("Two?")];
        let input = Input::read(&messages);
        assert_eq!((input.sources.len(), input.question.as_str()), (1, "Two?"));
    }

    #[test]
    fn a_summary_is_read_and_a_project_only_where_there_is_nothing_else() {
        let project = "<project-instructions file=\"AGENTS.md\">\nUse tabs.\n</project-instructions>\n";
        let summary = "<summary of=\"earlier messages\">\nThey spoke of tea.\n</summary>\n";
        let attached = "<attachment name=\"a\">\nText\n</attachment>\n";
        for (preface, expected) in [
            (project.to_owned(), vec!["Use tabs.\n"]),
            (format!("{project}{summary}"), vec!["They spoke of tea.\n"]),
            (format!("{project}{attached}"), vec!["Text\n"]),
            (format!("{summary}{attached}"), vec!["They spoke of tea.\n", "Text\n"]),
        ] {
            let messages = [user(&format!("{preface}What is it?"))];
            let input = Input::read(&messages);
            let texts: Vec<&str> = input.sources.iter().map(|source| source.text).collect();
            assert_eq!((texts, input.question.as_str()), (expected, "What is it?"));
        }
    }

    #[test]
    fn proposals_are_found_on_either_side_of_the_question() {
        let messages = [user(
            "Which?\n<proposal label=\"A\">\nYes.\n</proposal>\n<proposal label=\"B\">No.</proposal>\nDecide.",
        )];
        let input = Input::read(&messages);
        assert_eq!(input.proposals, ["Yes.\n", "No."]);
        assert_eq!(input.question, "Which?\nDecide.");
    }

    #[test]
    fn a_prompt_may_bring_its_own_text() {
        let text = "word ".repeat(30);
        for prompt in
            [format!("Summarise: {text}"), format!("What is this?\n\n{text}"), format!("{text}\nО чём это?")]
        {
            let messages = [user(&prompt)];
            let input = Input::read(&messages);
            assert_eq!(input.sources.len(), 1, "{prompt}");
            assert!(input.question.len() < 20, "{}", input.question);
        }
    }

    #[test]
    fn a_long_wish_is_not_a_text() {
        let messages = [user(&format!("Write a program\n{}", "that does this and that ".repeat(10)))];
        assert!(Input::read(&messages).sources.is_empty());
    }

    #[test]
    fn an_unclosed_block_is_all_text() {
        let messages = [user("<attachment name=\"a\">\nText goes on")];
        let input = Input::read(&messages);
        assert_eq!((input.sources[0].text, input.question.as_str()), ("Text goes on", ""));
    }
}
