//! A new fault without its Russian fails here: the texts are read from the sources of the crates that compose them.
//!
//! Read are the literals in calls that make faults, hints, errors and reasons, by name. A text that is composed elsewhere
//! and handed on is not seen; the table may well have it. What is no text for people is listed in `english.txt`.

use super::pattern::{Held, name_of};
use super::table::{RU, Table};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Crates whose faults people meet.
const CRATES: [&str; 16] = [
    "plyrum-audit",
    "plyrum-billing-client",
    "plyrum-catalog",
    "plyrum-cli",
    "plyrum-client",
    "plyrum-config",
    "plyrum-daemon",
    "plyrum-engine",
    "plyrum-form",
    "plyrum-ledger",
    "plyrum-protocol",
    "plyrum-providers",
    "plyrum-sessions",
    "plyrum-settings",
    "plyrum-tools",
    "plyrum-tui",
];

/// What makes a text for people: all literals up to the closing bracket are.
const CALLS: [&str; 19] = [
    "Fault::new(",
    ".hint(",
    "error(",
    "wrong(",
    "wrong_use(",
    "unreachable(",
    "lost(",
    "garbled(",
    "not_retired(",
    "of_trouble(",
    "invalid(",
    "always_asked(",
    "never(",
    "Err(",
    "problem(",
    "unusable(",
    "refusal(",
    "ProviderError::new(",
    "ok_or_else(",
];

/// In files that make faults, and in policies, whose reasons are all composed, this one, too.
const FORMAT: &str = "format!(";

/// Stands for what a hole holds.
const HELD: &str = "□";

#[test]
fn every_text_of_a_fault_has_its_russian() {
    let (table, _) = Table::parse(RU);
    let allowed: BTreeSet<&str> =
        include_str!("english.txt").lines().filter(|line| !line.starts_with('#')).collect();
    let (mut lacking, mut unused) = (BTreeSet::new(), allowed.clone());
    for path in sources() {
        let source = std::fs::read_to_string(&path).unwrap();
        let composes =
            source.contains("Fault::new(") || path.components().any(|part| part.as_os_str() == "policy");
        for text in texts(&source, composes) {
            let shown = text.replace(HELD, "{}");
            if !unused.remove(shown.as_str()) && !allowed.contains(shown.as_str()) && !is_told(&table, &text)
            {
                lacking.insert(format!("{}: {shown}", path.file_name().unwrap().to_str().unwrap()));
            }
        }
    }
    unused.remove("");
    assert!(
        lacking.is_empty(),
        "no Russian in locales/ru/told (or, if it is not for people, no line in src/told/english.txt):\n{}",
        lacking.into_iter().collect::<Vec<_>>().join("\n")
    );
    assert!(unused.is_empty(), "english.txt lists what is in no source: {unused:#?}");
}

/// Whether all of a text is told: what its holes swallow is data, or told in its turn.
fn is_told(table: &Table, text: &str) -> bool {
    let text = text.trim();
    if !text.contains(|c: char| c.is_ascii_alphabetic()) {
        return true;
    }
    let Some((pair, held)) = table.find(text) else { return false };
    let mut quotes = 0;
    pair.english.holes.iter().zip(&pair.english.pieces).zip(held).all(|((name, before), held)| {
        quotes += before.matches('`').count();
        let is_data = quotes % 2 == 1 || held.is_empty() || held.contains(HELD) && !held.contains(' ');
        is_data
            || pair.russian.holes.iter().any(|hole| name_of(hole) == (*name, Held::Told))
                && is_told(table, held)
    })
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for name in CRATES {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src");
        gather(&dir, &mut found);
    }
    assert!(found.len() > 300, "the sources are where they were");
    found.sort();
    found
}

fn gather(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_test = name.contains("test") || ["conformance", "faults", "states"].contains(&name);
        if path.is_dir() && !is_test {
            gather(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
            found.push(path);
        }
    }
}

/// The texts of the calls in a source, tests left out. Each a line of several words, its holes as [`HELD`].
fn texts(source: &str, composes: bool) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let (code, literals) = apart(source);
    let mut found = Vec::new();
    for call in CALLS.into_iter().chain(composes.then_some(FORMAT)) {
        for (at, _) in code.match_indices(call) {
            let (before, after) = code.split_at(at);
            let is_part_of_a_name = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if is_part_of_a_name && !call.starts_with('.') {
                continue;
            }
            let inner = within(after.split_at(call.len()).1);
            let named = inner.split('"').skip(1).step_by(2).filter_map(|index| index.parse::<usize>().ok());
            let lines =
                named.flat_map(|index| held(&literals[index]).lines().map(str::to_owned).collect::<Vec<_>>());
            found.extend(lines.filter(|line| line.trim().contains(' ')));
        }
    }
    found
}

/// Up to the bracket that closes what is open.
fn within(code: &str) -> &str {
    let mut depth = 1;
    for (at, c) in code.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 {
            return code.split_at(at).0;
        }
    }
    code
}

/// The code without comments, each string literal replaced by its number in quotes, and the literals.
fn apart(source: &str) -> (String, Vec<String>) {
    let (mut code, mut literals) = (String::new(), Vec::new());
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            '"' => {
                code.push_str(&format!("\"{}\"", literals.len()));
                literals.push(literal(&mut chars));
            }
            '\'' => {
                // A character, which may be a quote or a bracket; or a lifetime.
                let ahead: String = chars.clone().take(3).collect();
                let length = if ahead.starts_with('\\') { 3 } else { 2 };
                if ahead.chars().nth(length - 1) == Some('\'') {
                    chars.nth(length - 1);
                }
            }
            other => code.push(other),
        }
    }
    (code, literals)
}

/// The rest of a literal behind its quote, escapes undone.
fn literal(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                other => text.extend(other),
            },
            other => text.push(other),
        }
    }
    text
}

/// A format string with [`HELD`] for each hole, and once for holes that touch.
fn held(literal: &str) -> String {
    let mut text = String::new();
    let mut rest = literal;
    while let Some((before, braced)) = rest.split_once('{') {
        text.push_str(before);
        rest = match (braced.strip_prefix('{'), braced.split_once('}')) {
            (Some(after), _) => {
                text.push('{');
                after
            }
            (None, Some((hole, after))) if !hole.contains(' ') => {
                text.push_str(HELD);
                after
            }
            (None, _) => {
                text.push('{');
                braced
            }
        };
    }
    text.push_str(rest);
    text.replace("}}", "}").replace("□□", HELD)
}
