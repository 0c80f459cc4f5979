//! JSON as a flat list of names with the text of their values.
//!
//! A price must be read from its digits. `serde_json`'s numbers are floats (and its feature that keeps the digits
//! changes them for every crate of the program), so values are kept as the text that they are, and a name that
//! comes twice is seen instead of overwritten. Values are taken apart one level at a time: no recursion.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{ListError, MAX_MODELS};

/// Levels of objects and lists; the lists that we read have six.
pub(crate) const MAX_DEPTH: usize = 64;

/// Members of one object or list: all models, and the entry that explains the format.
const MAX_MEMBERS: usize = MAX_MODELS + 1;

/// An object's members in their order.
#[derive(Debug, Default)]
pub(crate) struct Pairs<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'a> Pairs<'a> {
    /// A value that is an object.
    pub(crate) fn of(value: &'a RawValue) -> Option<Self> {
        serde_json::from_str(value.get()).ok()
    }

    /// The value of this name, the last where there are several; see [`Pairs::repeated`].
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    /// A text member.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(|value| serde_json::from_str(value.get()).ok())
    }

    /// A name that comes twice.
    pub(crate) fn repeated(&self) -> Option<&str> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).find_map(|pair| match pair {
            [a, b] if a == b => Some(*a),
            _ => None,
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    pairs.push((name, map.next_value()?));
                    if pairs.len() > MAX_MEMBERS {
                        return Err(A::Error::custom(too_many()));
                    }
                }
                Ok(pairs)
            }
        }

        deserializer.deserialize_map(Members).map(Pairs)
    }
}

/// A list's items in their order.
#[derive(Debug)]
pub(crate) struct Items<'a>(pub(crate) Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Vec<&'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                    if items.len() > MAX_MEMBERS {
                        return Err(A::Error::custom(too_many()));
                    }
                }
                Ok(items)
            }
        }

        deserializer.deserialize_seq(Members).map(Items)
    }
}

fn too_many() -> String {
    format!("more than {MAX_MEMBERS} members")
}

/// The text of a number, bare or in quotes; `None` for null. An error says what it is instead.
pub(crate) fn number_text(value: &RawValue) -> Result<Option<Cow<'_, str>>, &'static str> {
    let text = value.get();
    match text.bytes().next() {
        Some(b'n') => Ok(None),
        Some(b'"') => {
            serde_json::from_str(text).map(|text: String| Some(text.into())).map_err(|_| "not text")
        }
        Some(b'-' | b'0'..=b'9') => Ok(Some(text.into())),
        _ => Err("not a number"),
    }
}

/// Refuses what nests too deeply, before any parser sees it.
pub(crate) fn check_depth(text: &str) -> Result<(), ListError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(ListError::TooDeep);
        }
    }
    Ok(())
}
