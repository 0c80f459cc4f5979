//! Keys and strings spelled as TOML spells them, so that what is printed can be pasted back.

/// `["models", "lab/fast", "price"]` as `models."lab/fast".price`.
pub(crate) fn dotted(path: &[String]) -> String {
    path.iter().map(|key| key_text(key)).collect::<Vec<_>>().join(".")
}

pub(crate) fn key_text(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { key.to_owned() } else { string_text(key) }
}

/// A basic string on one line.
pub(crate) fn string_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.extend(format!("\\u{:04X}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_strings_read_back_as_themselves() {
        for text in ["plain", "", "lab/fast", "a.b", "кл\"юч\\", "line\nbreak\u{1b}[31m\u{85}"] {
            let line = format!("{} = {}", key_text(text), string_text(text));
            let table: toml::Table = toml::from_str(&line).unwrap();
            assert_eq!(table.get(text).and_then(toml::Value::as_str), Some(text), "{line}");
            assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
        }
    }
}
