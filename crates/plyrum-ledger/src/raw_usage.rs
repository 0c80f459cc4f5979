//! The provider's own words about a usage, in a tenth of their size and byte for byte.
//!
//! A provider sends the same words each time with other numbers. The words, `#` in place of each number, are
//! kept once; a row has the numbers. What does not fit this (words with `#` in them, too many numbers, more
//! kinds of words than a handful of providers has) is kept as it came.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension as _, params};

/// The most different words that are kept once: a provider whose words differ each time must not fill it.
const MAX_SHAPES: i64 = 1024;
/// The longest words and the most numbers of a shape.
const MAX_SHAPE: usize = 4096;
const MAX_NUMBERS: usize = 64;

/// What a row has of a usage.
pub(crate) struct Kept<'a> {
    /// Id of the words; `None`: `text` is what was said.
    pub shape: Option<i64>,
    /// The numbers, with spaces between.
    pub text: Cow<'a, str>,
}

/// Finds or makes the words for what a provider said.
pub(crate) fn keep<'a>(conn: &Connection, said: &'a str) -> rusqlite::Result<Kept<'a>> {
    let as_it_came = Kept { shape: None, text: Cow::Borrowed(said) };
    let Some((shape, numbers)) = split(said) else { return Ok(as_it_came) };
    let id = match known(conn, &shape)? {
        Some(id) => Some(id),
        None => add(conn, &shape)?,
    };
    Ok(id.map_or(as_it_came, |id| Kept { shape: Some(id), text: Cow::Owned(numbers) }))
}

fn known(conn: &Connection, shape: &str) -> rusqlite::Result<Option<i64>> {
    let mut select = conn.prepare_cached("SELECT id FROM usage_shapes WHERE shape = ?1")?;
    select.query_row([shape], |row| row.get(0)).optional()
}

fn add(conn: &Connection, shape: &str) -> rusqlite::Result<Option<i64>> {
    let added = conn
        .prepare_cached(
            "INSERT INTO usage_shapes (shape) SELECT ?1 WHERE (SELECT count(*) FROM usage_shapes) < ?2",
        )?
        .execute(params![shape, MAX_SHAPES])?;
    Ok((added == 1).then(|| conn.last_insert_rowid()))
}

/// The words and the numbers; `None` where they would not give back what was said.
fn split(said: &str) -> Option<(String, String)> {
    if said.len() > MAX_SHAPE || said.contains('#') {
        return None;
    }
    let (mut shape, mut numbers, mut count) = (String::with_capacity(said.len()), String::new(), 0);
    let mut in_number = false;
    for letter in said.chars() {
        if letter.is_ascii_digit() {
            if !in_number {
                shape.push('#');
                if count > 0 {
                    numbers.push(' ');
                }
                count += 1;
            }
            numbers.push(letter);
        } else {
            shape.push(letter);
        }
        in_number = letter.is_ascii_digit();
    }
    (0 < count && count <= MAX_NUMBERS).then_some((shape, numbers))
}

/// What a row has, as it was said.
pub(crate) fn load(
    conn: &Connection,
    shape: Option<i64>,
    text: Option<String>,
) -> rusqlite::Result<Option<String>> {
    let (Some(shape), Some(numbers)) = (shape, text.as_deref()) else { return Ok(text) };
    let mut select = conn.prepare_cached("SELECT shape FROM usage_shapes WHERE id = ?1")?;
    select.query_row([shape], |row| Ok(Some(said(row.get_ref(0)?.as_str()?, numbers))))
}

/// What was said, from its words and its numbers.
fn said(shape: &str, numbers: &str) -> String {
    let mut said = String::with_capacity(shape.len() + numbers.len());
    let mut numbers = numbers.split(' ');
    for (nth, words) in shape.split('#').enumerate() {
        if nth > 0 {
            said.push_str(numbers.next().unwrap_or_default());
        }
        said.push_str(words);
    }
    said
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_words_with_other_numbers_have_one_shape() {
        let (shape, numbers) = split(r#"{"in":10,"cost":0.0070,"v":"gpt-4"}"#).unwrap();
        assert_eq!((shape.as_str(), numbers.as_str()), (r#"{"in":#,"cost":#.#,"v":"gpt-#"}"#, "10 0 0070 4"));
        assert_eq!(split(r#"{"in":7,"cost":1.5,"v":"gpt-5"}"#).unwrap().0, shape);
        assert_eq!(split("{}"), None);
        assert_eq!(split("# 1"), None);
        assert_eq!(split(&"1,".repeat(MAX_NUMBERS + 1)), None);
    }

    proptest! {
        #[test]
        fn what_was_said_comes_back(text in prop_oneof!["[{}:, \"a0-9#.]{0,40}", "\\PC{0,40}"]) {
            if let Some((shape, numbers)) = split(&text) {
                prop_assert_eq!(said(&shape, &numbers), text);
            }
        }
    }

    #[test]
    fn words_that_differ_each_time_do_not_fill_the_table() {
        let conn = crate::open::in_memory().unwrap().conn;
        for nth in 0..=MAX_SHAPES {
            let said = format!("{} 1", "x".repeat(usize::try_from(nth).unwrap()));
            let kept = keep(&conn, &said).unwrap();
            assert_eq!(kept.shape.is_some(), nth < MAX_SHAPES);
            assert_eq!(kept.text, if nth < MAX_SHAPES { "1" } else { said.as_str() });
        }
    }
}
