//! An event's JSON, borrowed from its text. What differs between events is read only where its kind is known: events of
//! tools that were not offered have fields of the same names and other forms.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::WIRE;
use crate::ProviderError;
use crate::wire::loose::{Loose, Text};
use crate::wire::not_json;

/// One `data:` of a stream.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) output_index: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) item_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) summary_index: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) delta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) refusal: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) arguments: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) item: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) response: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
}

impl Event<'_> {
    pub(super) fn kind(&self) -> Option<Cow<'_, str>> {
        self.kind.as_ref().map(|kind| Cow::Borrowed(kind.0.as_ref()))
    }
}

/// A response, at the end of a stream or instead of one.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Response<'a> {
    #[serde(borrow, default)]
    pub(super) status: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) incomplete_details: Option<Incomplete<'a>>,
    #[serde(borrow, default)]
    pub(super) output: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) usage: Option<&'a RawValue>,
    /// Of an error without an object of its own.
    #[serde(borrow, default)]
    pub(super) message: Option<&'a RawValue>,
}

/// Why a response is not whole.
#[derive(Debug, Deserialize)]
pub(super) struct Incomplete<'a> {
    #[serde(borrow, default)]
    pub(super) reason: Option<Text<'a>>,
}

/// An item of a response: a message, a call, a thought, or something of a tool that was not offered.
#[derive(Debug, Deserialize)]
pub(super) struct Item<'a> {
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) id: Option<Loose<'a>>,
    #[serde(borrow, default)]
    pub(super) call_id: Option<Loose<'a>>,
    #[serde(borrow, default)]
    pub(super) name: Option<Loose<'a>>,
    #[serde(borrow, default)]
    pub(super) arguments: Option<Loose<'a>>,
    #[serde(borrow, default)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) summary: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) encrypted_content: Option<Loose<'a>>,
}

/// Reads a value whose form its event's kind has told.
pub(super) fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue, what: &str) -> Result<T, ProviderError> {
    serde_json::from_str(raw.get()).map_err(|error| not_json(WIRE, what, raw.get(), &error))
}

/// A text; `null` is none.
pub(super) fn text_of(raw: &RawValue, what: &str) -> Result<String, ProviderError> {
    let text: Option<Text<'_>> = read(raw, what)?;
    Ok(text.map(|text| text.0.into_owned()).unwrap_or_default())
}

/// The texts of a list of parts, those that are refusals among them.
pub(super) fn parts_of(raw: Option<&RawValue>) -> Result<Vec<String>, ProviderError> {
    #[derive(Deserialize)]
    struct Part<'a> {
        #[serde(borrow, default)]
        text: Option<Text<'a>>,
        #[serde(borrow, default)]
        refusal: Option<Text<'a>>,
    }
    let Some(raw) = raw else { return Ok(Vec::new()) };
    if raw.get().starts_with('"') {
        return text_of(raw, "a text").map(|text| vec![text]);
    }
    let parts: Option<Vec<Part<'_>>> = read(raw, "a list of parts")?;
    let said = parts.unwrap_or_default().into_iter().filter_map(|part| part.text.or(part.refusal));
    Ok(said.map(|text| text.0.into_owned()).filter(|text| !text.is_empty()).collect())
}
