//! Secrets that came in pieces: `{"content":"sk-12"}`, then `{"content":"34…"}`. The strings of all members of one name, read one
//! behind the other, are what a stream says under that name, whatever its wire; where a redactor takes something out of that, the
//! strings that carried it are written anew.

use std::collections::BTreeMap;
use std::ops::Range;

use plyrum_redact::{RedactStream, Redactor};

use super::clean::{Body, Edit};

/// Names of members that are followed; streams have a few dozen.
const MAX_NAMES: usize = 256;

/// What one redactor makes of a body's strings.
pub(super) fn edits(body: &Body, redactor: &Redactor) -> Vec<Edit> {
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    let mut edits = Vec::new();
    for (place, text) in body.texts() {
        for literal in literals(text) {
            let is_known = told.contains_key(literal.name);
            if !is_known && told.len() == MAX_NAMES {
                continue;
            }
            let told = told.entry(literal.name.to_owned()).or_insert_with(|| Told::new(redactor.stream()));
            let range = literal.range.start + place..literal.range.end + place;
            told.push(range, literal.value, &mut edits);
        }
    }
    for told in told.into_values() {
        told.finish(&mut edits);
    }
    edits.sort_by_key(|(range, _)| range.start);
    edits
}

/// What is said under one name.
struct Told {
    stream: RedactStream,
    /// Strings since the redactor held nothing back: where, what they were, what came out at each.
    open: Vec<(Range<usize>, String, String)>,
}

impl Told {
    fn new(stream: RedactStream) -> Self {
        Self { stream, open: Vec::new() }
    }

    fn push(&mut self, range: Range<usize>, value: String, edits: &mut Vec<Edit>) {
        let out = self.stream.push(&value);
        self.open.push((range, value, out));
        if self.stream.held_bytes() == 0 {
            settle(std::mem::take(&mut self.open), edits);
        }
    }

    fn finish(mut self, edits: &mut Vec<Edit>) {
        let rest = self.stream.finish();
        if let Some((_, _, out)) = self.open.last_mut() {
            out.push_str(&rest);
        }
        settle(self.open, edits);
    }
}

/// Writes strings anew if something was taken out of them; each then says what had come out of the redactor by then.
fn settle(strings: Vec<(Range<usize>, String, String)>, edits: &mut Vec<Edit>) {
    let is_same = {
        let before = strings.iter().flat_map(|(_, value, _)| value.bytes());
        let after = strings.iter().flat_map(|(_, _, out)| out.bytes());
        before.eq(after)
    };
    if is_same {
        return;
    }
    for (range, value, out) in strings {
        if value != out {
            edits.push((range, serde_json::Value::String(out).to_string().into_bytes()));
        }
    }
}

/// A string that is the value of a member, or stands in a list that is.
struct Literal<'t> {
    name: &'t str,
    /// With its quotes.
    range: Range<usize>,
    value: String,
}

/// Every such string of a text that has JSON in it. Not a parser: a stream's lines are whole JSON texts between other words, and
/// what is no JSON gives at worst strings that nobody redacts.
fn literals(text: &str) -> Vec<Literal<'_>> {
    let mut found = Vec::new();
    let mut name = "";
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find('"')).map(|offset| at + offset) {
        let Some(end) = end_of(text, start) else {
            at = start + 1;
            continue;
        };
        at = end;
        let Some(raw) = text.get(start..end) else { continue };
        if text.get(end..).is_some_and(|rest| rest.trim_start().starts_with(':')) {
            name = raw.trim_matches('"');
        } else if let Ok(value) = serde_json::from_str::<String>(raw) {
            found.push(Literal { name, range: start..end, value });
        }
    }
    found
}

/// Where the string that begins here ends, behind its closing quote; none where its line ends before.
fn end_of(text: &str, start: usize) -> Option<usize> {
    let mut is_escaped = false;
    for (offset, byte) in text.bytes().enumerate().skip(start + 1) {
        match byte {
            b'\n' => return None,
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(offset + 1),
            _ => {}
        }
    }
    None
}
