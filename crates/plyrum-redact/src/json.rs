//! Redaction of JSON values: every string, every key, and numbers that are a known secret. A member is read
//! like `key=value`, since its name may be what tells its value (`"password": "…"`).

use serde_json::{Map, Value};

use crate::Redactor;

/// The longest key that is looked at as a name.
const NAME_MAX_BYTES: usize = 128;

impl Redactor {
    /// Redacts keys and values in place. A number that is a known secret becomes a string. Two keys that
    /// become equal are kept apart by a `~2`, `~3` … at the end.
    pub fn redact_json(&self, value: &mut Value) {
        let mut open = vec![value]; // a stack of our own: nesting depth is the sender's choice
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => self.redact_string(text),
                Value::Number(number) => {
                    let text = number.to_string();
                    let redacted = self.redact(&text);
                    if redacted != text {
                        *value = Value::String(redacted.into_owned());
                    }
                }
                Value::Array(items) => open.extend(items),
                Value::Object(map) => {
                    self.redact_keys(map);
                    self.redact_members(map);
                    open.extend(map.values_mut());
                }
                Value::Null | Value::Bool(_) => {}
            }
        }
    }

    fn redact_string(&self, text: &mut String) {
        if let std::borrow::Cow::Owned(redacted) = self.redact(text) {
            *text = redacted;
        }
    }

    /// Values that are secrets because of their names.
    fn redact_members(&self, map: &mut Map<String, Value>) {
        for (key, value) in map.iter_mut().filter(|(key, _)| key.len() <= NAME_MAX_BYTES) {
            if let Value::String(text) = value {
                let name = format!("{key}=");
                let member = format!("{name}{text}");
                if let Some(redacted) = self.redact(&member).strip_prefix(&name).filter(|r| r != text) {
                    *text = redacted.to_owned();
                }
            }
        }
    }

    fn redact_keys(&self, map: &mut Map<String, Value>) {
        if map.keys().all(|key| self.redact(key) == *key) {
            return;
        }
        for (key, value) in std::mem::take(map) {
            let redacted = self.redact(&key).into_owned();
            let mut free = redacted.clone();
            let mut copy = 2;
            while map.contains_key(&free) {
                free = format!("{redacted}~{copy}");
                copy += 1;
            }
            map.insert(free, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redactor() -> Redactor {
        Redactor::new(
            [7; 32],
            [("k".to_owned(), "hunter-22".into()), ("pin".to_owned(), "9876543210".into())],
        )
    }

    #[test]
    fn keys_values_and_numbers_are_redacted() {
        let mut value = json!({"hunter-22": 1, "68756e7465722d3232": [2], "a": {"b": ["x hunter-22 y", 9_876_543_210_u64, 5]}});
        redactor().redact_json(&mut value);
        let text = value.to_string();
        assert!(!text.contains("hunter-22") && !text.contains("9876543210"), "{text}");
        assert_eq!(value.as_object().map(Map::len), Some(3), "equal keys are kept apart: {text}");
        assert_eq!(value["a"]["b"][2], json!(5));
    }

    #[test]
    fn deep_nesting_does_not_recurse() {
        let mut value = json!("hunter-22");
        for _ in 0..20_000 {
            value = Value::Array(vec![value]);
        }
        redactor().redact_json(&mut value);
        let mut at = &value;
        while let Some(inner) = at.get(0) {
            at = inner;
        }
        assert!(at.as_str().is_some_and(|s| s.starts_with("«redacted:known:")));
        std::mem::forget(value); // dropping it recurses inside serde_json
    }
}
