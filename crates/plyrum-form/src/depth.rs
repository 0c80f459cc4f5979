//! How far a schema leads without reading a part of the answer: `$ref` and its like are followed in place, and each
//! step takes room on the stack for each level of the answer.

use crate::NoForm;
use serde_json::Value;
use std::collections::HashMap;

/// Schemas that may stand within each other in one place of the answer, references followed.
pub(crate) const MAX_DEPTH: usize = 64;
/// Schemas that may be tried on one place of the answer in all.
const MAX_TRIED: u64 = 10_000;

/// Keywords that hold a schema for the same place of the answer.
const HERE: [&str; 4] = ["not", "if", "then", "else"];
/// Keywords that hold a list of those.
const HERE_LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Keywords that hold them by name.
const HERE_MAPS: [&str; 2] = ["dependentSchemas", "dependencies"];
/// Keywords that refer to one.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// Refuses a schema whose references leave it, lead in a circle, or lead too far.
pub(crate) fn check(schema: &Value) -> Result<(), NoForm> {
    let mut walk = Walk { root: schema, known: HashMap::new() };
    let mut open = vec![schema]; // a stack of our own: every value may be referred to, so every one is looked at
    while let Some(value) = open.pop() {
        walk.visit(value, 0)?;
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                open.extend(fields.iter().filter(|(key, _)| !is_data(key)).map(|(_, value)| value));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Keywords that hold values and no schemas.
fn is_data(key: &str) -> bool {
    matches!(key, "const" | "enum" | "default" | "examples")
}

struct Walk<'a> {
    root: &'a Value,
    /// Depth and tries of what was visited; none while it is being visited.
    known: HashMap<*const Value, Option<(usize, u64)>>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, schema: &'a Value, above: usize) -> Result<(usize, u64), NoForm> {
        let Value::Object(_) = schema else { return Ok((1, 1)) };
        match self.known.get(&std::ptr::from_ref(schema)) {
            Some(Some(known)) => return Ok(*known),
            Some(None) => return Err(NoForm::TooDeep),
            None if above >= MAX_DEPTH => return Err(NoForm::TooDeep),
            None => {}
        }
        self.known.insert(schema, None);
        let (mut depth, mut tried) = (0, 1_u64);
        for next in self.in_place(schema)? {
            let (below, tries) = self.visit(next, above + 1)?;
            depth = depth.max(below);
            tried = tried.saturating_add(tries);
        }
        if depth >= MAX_DEPTH || tried > MAX_TRIED {
            return Err(NoForm::TooDeep);
        }
        self.known.insert(schema, Some((depth + 1, tried)));
        Ok((depth + 1, tried))
    }

    /// The schemas that hold for the same place as this one.
    fn in_place(&self, schema: &'a Value) -> Result<Vec<&'a Value>, NoForm> {
        let mut found: Vec<&Value> = HERE.iter().filter_map(|key| schema.get(key)).collect();
        let lists = HERE_LISTS.iter().filter_map(|key| schema.get(key)?.as_array());
        found.extend(lists.flatten());
        let maps = HERE_MAPS.iter().filter_map(|key| schema.get(key)?.as_object());
        found.extend(maps.flat_map(|map| map.values()));
        for reference in REFERENCES.iter().filter_map(|key| schema.get(key)?.as_str()) {
            // A pointer that leads nowhere is the validator's to tell.
            found.extend(self.root.pointer(&pointer(reference)?));
        }
        Ok(found)
    }
}

/// The JSON pointer of a reference within the schema.
fn pointer(reference: &str) -> Result<String, NoForm> {
    let outside = || NoForm::Outside(reference.chars().take(120).collect());
    match reference.strip_prefix('#') {
        Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
            decoded(pointer).ok_or_else(outside)
        }
        _ => Err(outside()),
    }
}

/// A fragment of a URI without its escapes.
fn decoded(fragment: &str) -> Option<String> {
    let (first, escaped) = fragment.split_once('%').map_or((fragment, None), |(a, b)| (a, Some(b)));
    let mut bytes = first.as_bytes().to_vec();
    for part in escaped.into_iter().flat_map(|rest| rest.split('%')) {
        let (hex, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(hex, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}
