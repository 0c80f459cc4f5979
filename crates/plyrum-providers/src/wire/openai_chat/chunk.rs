//! A chunk's JSON, borrowed from the event's text: per delta nothing is allocated but the delta.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::wire::calls::Piece;
use crate::wire::loose::{Loose, Text};

/// One `data:` of a stream.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow, default, rename = "choices", deserialize_with = "first_choice")]
    pub(super) choice: Option<Choice<'a>>,
    #[serde(borrow, default)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    object: Option<Text<'a>>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

impl Chunk<'_> {
    /// Some servers send the error bare: `{"object":"error","message":…}`, or `{"status":500,"message":…}`.
    pub(super) fn is_error_object(&self) -> bool {
        let is_bare = self.choice.is_none() && self.usage.is_none() && self.message.is_some();
        is_bare || self.object.as_ref().is_some_and(|object| object.0 == "error")
    }
}

/// The whole answer of a server that did not stream, or its error.
#[derive(Debug, Deserialize)]
pub(super) struct Whole<'a> {
    #[serde(borrow, default)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "choices", deserialize_with = "first_choice")]
    pub(super) choice: Option<Choice<'a>>,
    #[serde(borrow, default)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
}

/// The one choice we asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default, rename = "delta", alias = "message")]
    pub(super) said: Option<Said<'a>>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Option<Text<'a>>,
}

/// What a delta, or a whole message, says.
#[derive(Debug, Deserialize)]
pub(super) struct Said<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) reasoning_content: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) reasoning: Option<Text<'a>>,
    /// The thoughts in parts, signed or encrypted, of `OpenRouter`.
    #[serde(borrow, default)]
    pub(super) reasoning_details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) refusal: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<ToolCall<'a>>>,
    /// The one call of servers from before `tool_calls`.
    #[serde(borrow, default)]
    pub(super) function_call: Option<Function<'a>>,
}

/// An entry of `tool_calls`: a piece of a call, or a whole one.
#[derive(Debug, Deserialize)]
pub(super) struct ToolCall<'a> {
    #[serde(borrow, default)]
    index: Option<Loose<'a>>,
    #[serde(borrow, default)]
    id: Option<Loose<'a>>,
    #[serde(borrow, default)]
    function: Option<Function<'a>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Function<'a> {
    #[serde(borrow, default)]
    name: Option<Loose<'a>>,
    #[serde(borrow, default)]
    arguments: Option<Loose<'a>>,
}

impl<'a> From<ToolCall<'a>> for Piece<'a> {
    fn from(call: ToolCall<'a>) -> Self {
        let index = call.index.and_then(Loose::said);
        let id = call.id.and_then(Loose::said);
        Self { index, id, ..Self::from(call.function.unwrap_or_default()) }
    }
}

impl<'a> From<Function<'a>> for Piece<'a> {
    fn from(function: Function<'a>) -> Self {
        Self {
            index: None,
            id: None,
            name: function.name.and_then(Loose::said),
            arguments: function.arguments.and_then(Loose::said).unwrap_or_default(),
        }
    }
}

/// The first choice of index 0, without a list around it. `null` and an empty list are no choice.
fn first_choice<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Choice<'de>>, D::Error> {
    struct First;

    impl<'de> Visitor<'de> for First {
        type Value = Option<Choice<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of choices")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut choices: A) -> Result<Self::Value, A::Error> {
            while let Some(choice) = choices.next_element::<Choice<'de>>()? {
                if choice.index.unwrap_or(0) == 0 {
                    while choices.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(Some(choice));
                }
            }
            Ok(None)
        }
    }

    deserializer.deserialize_any(First)
}
