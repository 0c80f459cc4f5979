//! From a byte offset to what a person looks for: a line, a column, a key.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// 1-based line and column (in characters) of a byte offset; past the end means the end.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..text.floor_char_boundary(offset)).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    (line, column)
}

/// The path of the innermost key whose name or value covers `offset`.
/// Empty where the text has no such key, or is too broken to say.
pub(crate) fn key_path(text: &str, offset: usize) -> Vec<String> {
    let (document, _) = DeTable::parse_recoverable(text);
    let mut best = Vec::new();
    search_table(document.get_ref(), offset, &mut Vec::new(), &mut best);
    best
}

fn search_table(table: &DeTable<'_>, offset: usize, path: &mut Vec<String>, best: &mut Vec<String>) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        if covers(&key.span(), offset) || covers(&value.span(), offset) {
            keep_longer(path, best);
        }
        search_value(value, offset, path, best);
        path.pop();
    }
}

fn search_value(value: &Spanned<DeValue<'_>>, offset: usize, path: &mut Vec<String>, best: &mut Vec<String>) {
    match value.get_ref() {
        DeValue::Table(table) => search_table(table, offset, path, best),
        DeValue::Array(items) => items.iter().for_each(|item| search_value(item, offset, path, best)),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => {}
    }
}

fn covers(span: &Range<usize>, offset: usize) -> bool {
    span.contains(&offset)
}

fn keep_longer(path: &[String], best: &mut Vec<String>) {
    if path.len() > best.len() {
        path.clone_into(best);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_columns_count_characters() {
        let text = "a = 1\nключ = 2\r\nc = 3";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, text.find('2').unwrap()), (2, 8));
        assert_eq!(position(text, text.find("c =").unwrap()), (3, 1));
        assert_eq!(position(text, 9_999), (3, 6));
        assert_eq!(position(text, 7), (2, 1), "inside a letter is the letter");
    }

    #[test]
    fn a_value_knows_its_key_however_it_is_written() {
        let text = "[models.\"lab/fast\"]\nprice = { input = \"3\" }\n[a]\nb.c = 7\n[[t]]\nd = 8\n";
        let at = |needle: &str| key_path(text, text.find(needle).unwrap()).join("|");
        assert_eq!(at("\"3\""), "models|lab/fast|price|input");
        assert_eq!(at("7"), "a|b|c");
        assert_eq!(at("8"), "t|d");
    }
}
