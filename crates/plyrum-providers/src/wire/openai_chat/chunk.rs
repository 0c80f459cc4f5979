//! A chunk's JSON, borrowed from the event's text: per delta nothing is allocated but the delta.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

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
}

impl Chunk<'_> {
    /// Some servers send the error bare: `{"object":"error","message":…}`.
    pub(super) fn is_error_object(&self) -> bool {
        self.object.as_ref().is_some_and(|object| object.0 == "error")
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

/// What a piece of a call says. Servers leave empty what others leave out: both are nothing said.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) index: Option<Cow<'a, str>>,
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) arguments: Cow<'a, str>,
}

impl Piece<'_> {
    /// Some servers send an entry that says nothing with every delta.
    pub(super) fn is_empty(&self) -> bool {
        self.id.is_none() && self.name.is_none() && self.arguments.is_empty()
    }
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

/// A string's text; of any other value its JSON as it was written: some servers send arguments as an object,
/// ids as numbers and indices as strings.
#[derive(Debug)]
struct Loose<'a>(Cow<'a, str>);

impl<'a> Loose<'a> {
    fn said(self) -> Option<Cow<'a, str>> {
        Some(self.0).filter(|text| !text.is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&'de RawValue>::deserialize(deserializer)?.get();
        if text.starts_with('"') {
            serde_json::from_str(text).map(|Text(text)| Self(text)).map_err(D::Error::custom)
        } else {
            Ok(Self(Cow::Borrowed(text)))
        }
    }
}

/// A string, borrowed unless it has escapes. A list of parts (`[{"type":"text","text":…}]`), which some
/// servers send in its place, is the text of its text parts.
#[derive(Debug)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of text parts")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Text<'de>, A::Error> {
                #[derive(Deserialize)]
                struct Part<'a> {
                    #[serde(borrow, default)]
                    text: Option<Cow<'a, str>>,
                }
                let mut text = String::new();
                while let Some(part) = parts.next_element::<Part<'de>>()? {
                    text.push_str(part.text.as_deref().unwrap_or_default());
                }
                Ok(Text(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_any(TextVisitor)
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
