//! Thoughts as they come in pieces, put together again: they have to go back as a whole, and where they are signed, to
//! the letter.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::dialect::{Dialect, ThoughtsField};

/// A part of `reasoning_details`. Its fields differ with the model behind it.
type Part = Map<String, Value>;

/// The thoughts of one answer. What is kept is bounded by what a body may have.
#[derive(Debug)]
pub(super) enum Thoughts {
    /// They do not go back.
    Nothing,
    /// As one text.
    Text(String),
    /// As parts.
    Parts(Vec<Part>),
}

impl Thoughts {
    /// None yet.
    pub(super) const fn of(dialect: &Dialect) -> Self {
        match dialect.thoughts {
            ThoughtsField::Nothing => Self::Nothing,
            ThoughtsField::ReasoningContent => Self::Text(String::new()),
            ThoughtsField::ReasoningDetails => Self::Parts(Vec::new()),
        }
    }

    /// What a delta has of them.
    pub(super) fn take(&mut self, text: Option<&str>, details: Option<&RawValue>) {
        match self {
            Self::Nothing => {}
            Self::Text(kept) => kept.push_str(text.unwrap_or_default()),
            Self::Parts(kept) => {
                let parts = details.and_then(|raw| serde_json::from_str::<Vec<Part>>(raw.get()).ok());
                parts.unwrap_or_default().into_iter().for_each(|part| add(kept, part));
            }
        }
    }

    /// All of them as JSON, once; none if there are none.
    pub(super) fn told(&mut self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Text(kept) => {
                let text = std::mem::take(kept);
                (!text.is_empty()).then(|| Value::String(text).to_string())
            }
            Self::Parts(kept) => {
                let parts: Vec<Value> = std::mem::take(kept).into_iter().map(Value::Object).collect();
                (!parts.is_empty()).then(|| Value::Array(parts).to_string())
            }
        }
    }
}

/// Adds a part, or a piece of the one before it of its type and index: a signature holds for the whole text only, and comes
/// after it, often in a piece of its own. Ciphers come whole.
fn add(kept: &mut Vec<Part>, piece: Part) {
    let field = match piece.get("type").and_then(Value::as_str) {
        Some("reasoning.text") => "text",
        Some("reasoning.summary") => "summary",
        _ => return kept.push(piece),
    };
    match kept.last_mut().filter(|part| continues(part, &piece)) {
        Some(part) => join(part, piece, field),
        None => kept.push(piece),
    }
}

fn continues(part: &Part, piece: &Part) -> bool {
    let same = |name| part.get(name) == piece.get(name);
    let is_signed = part.get("signature").is_some_and(|signature| !signature.is_null());
    same("type") && same("index") && !is_signed
}

fn join(part: &mut Part, piece: Part, field: &str) {
    for (name, value) in piece.into_iter().filter(|(_, value)| !value.is_null()) {
        match (part.get_mut(&name), value) {
            (Some(Value::String(text)), Value::String(more)) if name == field => text.push_str(&more),
            (_, value) => {
                part.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(deltas: &[&str]) -> Option<String> {
        let mut thoughts = Thoughts::Parts(Vec::new());
        for delta in deltas {
            thoughts.take(None, Some(serde_json::from_str(delta).unwrap()));
        }
        let told = thoughts.told();
        assert_eq!(thoughts.told(), None, "told once");
        told
    }

    #[test]
    fn pieces_of_a_part_become_one_with_the_signature_that_comes_last() {
        let found = told(&[
            r#"[{"type":"reasoning.text","text":"Let","format":"anthropic-claude-v1","index":0,"signature":null}]"#,
            r#"[{"type":"reasoning.text","text":" me.","format":"anthropic-claude-v1","index":0}]"#,
            r#"[{"type":"reasoning.text","signature":"c2ln","format":"anthropic-claude-v1","index":0}]"#,
        ]);
        let expected = r#"[{"format":"anthropic-claude-v1","index":0,"signature":"c2ln","text":"Let me.","type":"reasoning.text"}]"#;
        assert_eq!(found.as_deref(), Some(expected));
    }

    #[test]
    fn other_parts_stay_apart_and_ciphers_whole() {
        let parts = [
            r#"{"index":0,"signature":"a","text":"1","type":"reasoning.text"}"#,
            r#"{"index":0,"text":"2","type":"reasoning.text"}"#,
            r#"{"index":1,"text":"3","type":"reasoning.text"}"#,
            r#"{"index":1,"summary":"4","type":"reasoning.summary"}"#,
            r#"{"data":"5","index":1,"type":"reasoning.encrypted"}"#,
            r#"{"data":"6","index":1,"type":"reasoning.encrypted"}"#,
        ];
        let all = format!("[{}]", parts.join(","));
        assert_eq!(told(&[&all]), Some(all));
    }

    #[test]
    fn what_is_no_list_of_parts_is_nothing() {
        assert_eq!(told(&["null", "[]", "{}", "\"a\"", "[1]"]), None);
    }
}
