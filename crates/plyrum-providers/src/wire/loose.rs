//! Texts that servers write in more forms than one, borrowed where they can be.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A string's text; of any other value its JSON as it was written: some servers send arguments as an object,
/// ids as numbers and indices as strings.
#[derive(Debug)]
pub(crate) struct Loose<'a>(Cow<'a, str>);

impl<'a> Loose<'a> {
    /// The text of a value that is not read with the rest; `null` and an empty text are none.
    pub(crate) fn of(raw: &RawValue) -> Option<String> {
        serde_json::from_str::<Option<Loose<'_>>>(raw.get()).ok()??.said().map(Cow::into_owned)
    }

    pub(crate) fn said(self) -> Option<Cow<'a, str>> {
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
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

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
