//! A chunk's JSON, borrowed from the event's text.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::calls::Piece;
use crate::wire::loose::{Loose, Text};

/// What a finish reason is before there is one: the first value of Google's enumeration, which some servers write out.
const UNSPECIFIED: &str = "FINISH_REASON_UNSPECIFIED";

/// One `data:` of a stream, or a whole answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chunk<'a> {
    #[serde(borrow, default)]
    candidates: Option<Vec<Candidate<'a>>>,
    #[serde(borrow, default)]
    usage_metadata: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prompt_feedback: Option<Feedback<'a>>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
}

/// What was thought of the prompt, where it was refused.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback<'a> {
    #[serde(borrow, default)]
    block_reason: Option<Text<'a>>,
}

/// One of the answers that could be asked for; we ask for one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candidate<'a> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    parts: Option<Vec<Part<'a>>>,
}

/// A piece of an answer. Parts of other kinds, such as pictures, are never asked for and have none of these.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part<'a> {
    #[serde(borrow, default)]
    pub(super) text: Option<Text<'a>>,
    /// Its text is a summary of thoughts.
    #[serde(default)]
    pub(super) thought: Option<bool>,
    #[serde(borrow, default)]
    pub(super) thought_signature: Option<Loose<'a>>,
    #[serde(borrow, default)]
    pub(super) function_call: Option<FunctionCall<'a>>,
}

/// A call, whole.
#[derive(Debug, Deserialize)]
pub(super) struct FunctionCall<'a> {
    #[serde(borrow, default)]
    id: Option<Loose<'a>>,
    #[serde(borrow, default)]
    name: Option<Loose<'a>>,
    #[serde(borrow, default)]
    args: Option<Loose<'a>>,
}

impl<'a> Chunk<'a> {
    pub(super) fn usage(&self) -> Option<&'a str> {
        self.usage_metadata.map(RawValue::get)
    }

    pub(super) fn is_blocked(&self) -> bool {
        let reason = self.prompt_feedback.as_ref().and_then(|feedback| feedback.block_reason.as_ref());
        reason.is_some_and(|reason| !reason.0.is_empty())
    }

    /// The answer we asked for.
    pub(super) fn candidate(self) -> Option<Candidate<'a>> {
        let candidates = self.candidates.into_iter().flatten();
        candidates.into_iter().find(|candidate| candidate.index.unwrap_or(0) == 0)
    }
}

impl<'a> Candidate<'a> {
    /// Takes its parts out.
    pub(super) fn parts(&mut self) -> Vec<Part<'a>> {
        self.content.take().and_then(|content| content.parts).unwrap_or_default()
    }

    pub(super) fn finish_reason(&self) -> Option<&str> {
        let reason = self.finish_reason.as_ref().map(|reason| reason.0.as_ref());
        reason.filter(|reason| !reason.is_empty() && *reason != UNSPECIFIED)
    }
}

impl<'a> From<FunctionCall<'a>> for Piece<'a> {
    fn from(call: FunctionCall<'a>) -> Self {
        Self {
            index: None,
            id: call.id.and_then(Loose::said),
            name: call.name.and_then(Loose::said),
            arguments: call.args.and_then(Loose::said).unwrap_or_default(),
        }
    }
}
