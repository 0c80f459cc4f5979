//! A line's JSON, borrowed from its text.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::calls::Piece;
use crate::wire::loose::{Loose, Text};

/// One line of a stream, or a whole answer.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow, default)]
    pub(super) message: Option<Said<'a>>,
    #[serde(default)]
    pub(super) done: Option<bool>,
    #[serde(borrow, default)]
    done_reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prompt_eval_count: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prompt_eval_cached_count: Option<&'a RawValue>,
    #[serde(borrow, default)]
    eval_count: Option<&'a RawValue>,
    #[serde(borrow, default)]
    total_duration: Option<&'a RawValue>,
    #[serde(borrow, default)]
    load_duration: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prompt_eval_duration: Option<&'a RawValue>,
    #[serde(borrow, default)]
    eval_duration: Option<&'a RawValue>,
}

/// What a line says of the answer.
#[derive(Debug, Deserialize)]
pub(super) struct Said<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) thinking: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<ToolCall<'a>>>,
}

/// A call, whole. Its place (`function.index`) is not read: servers count anew in each line, or not at all.
#[derive(Debug, Deserialize)]
pub(super) struct ToolCall<'a> {
    #[serde(borrow, default)]
    id: Option<Loose<'a>>,
    #[serde(borrow, default)]
    function: Option<Function<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    name: Option<Loose<'a>>,
    #[serde(borrow, default)]
    arguments: Option<Loose<'a>>,
}

impl Chunk<'_> {
    /// Why the model stopped; empty where that is not said.
    pub(super) fn reason(&self) -> &str {
        self.done_reason.as_ref().map_or("", |reason| reason.0.as_ref())
    }

    /// Its counts and times as they were sent, without the rest of the line; none where a count is missing. A count of 0 is
    /// left out, too: of generated tokens that is what is meant as long as nothing was generated.
    pub(super) fn usage(&self, has_delivered: bool) -> Option<String> {
        self.prompt_eval_count?;
        if has_delivered {
            self.eval_count?;
        }
        let fields = [
            ("prompt_eval_count", self.prompt_eval_count),
            ("prompt_eval_cached_count", self.prompt_eval_cached_count),
            ("eval_count", self.eval_count),
            ("total_duration", self.total_duration),
            ("load_duration", self.load_duration),
            ("prompt_eval_duration", self.prompt_eval_duration),
            ("eval_duration", self.eval_duration),
        ];
        let said = fields.iter().filter_map(|(name, value)| Some(format!("\"{name}\":{}", (*value)?.get())));
        Some(format!("{{{}}}", said.collect::<Vec<_>>().join(",")))
    }
}

impl<'a> From<ToolCall<'a>> for Piece<'a> {
    fn from(call: ToolCall<'a>) -> Self {
        let function = call.function.unwrap_or_default();
        Self {
            index: None,
            id: call.id.and_then(Loose::said),
            name: function.name.and_then(Loose::said),
            arguments: function.arguments.and_then(Loose::said).unwrap_or_default(),
        }
    }
}
