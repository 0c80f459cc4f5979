//! The help of the command line and its errors of usage in Russian, found by what they are in English.
//!
//! The English is written where a flag is declared, and clap knows it: a catalogue of keys would hold it a second time. So these
//! are kept as gettext keeps them (`locales/ru/help.po`): whoever changes the English changes the key, and a test of the
//! command line fails until the Russian follows. Read only when help or an error of usage is shown.

use std::collections::BTreeMap;

const RU: &str = include_str!("../locales/ru/help.po");

/// English text → Russian text.
#[derive(Debug)]
pub struct Phrasebook {
    texts: BTreeMap<String, String>,
}

impl Phrasebook {
    /// The one that there is.
    #[must_use]
    pub fn russian() -> Self {
        Self { texts: entries(RU).into_iter().map(|entry| (entry.english, entry.russian)).collect() }
    }

    /// What a text is in Russian.
    #[must_use]
    pub fn of(&self, english: &str) -> Option<&str> {
        self.texts.get(english).map(String::as_str)
    }

    /// The same, and the English where there is no Russian; `{name}` stands for a value.
    #[must_use]
    pub fn say(&self, english: &str, values: &[(&str, &str)]) -> String {
        let text = self.of(english).unwrap_or(english);
        // Piece by piece: a value that looks like a name is no name.
        let mut said = String::new();
        let mut pieces = text.split('{');
        said.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let known = piece.split_once('}').and_then(|(name, rest)| {
                values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value, rest))
            });
            match known {
                Some((value, rest)) => said.extend([value, rest]),
                None => said.extend(["{", piece]),
            }
        }
        said
    }

    /// Every English text that has a Russian one.
    pub fn english(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Entry {
    english: String,
    russian: String,
}

/// The subset of PO that the file is written in: `msgid`, `msgstr`, quoted lines that go on, comments.
fn entries(po: &str) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let mut in_russian = false;
    for line in po.lines() {
        let quoted = if let Some(rest) = line.strip_prefix("msgid ") {
            found.push(Entry::default());
            in_russian = false;
            rest
        } else if let Some(rest) = line.strip_prefix("msgstr ") {
            in_russian = true;
            rest
        } else {
            line
        };
        let text = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        if let (Some(text), Some(entry)) = (text, found.last_mut()) {
            let side = if in_russian { &mut entry.russian } else { &mut entry.english };
            side.push_str(&unescaped(text));
        }
    }
    found
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match if c == '\\' { chars.next() } else { Some(c) } {
            Some('n') if c == '\\' => out.push('\n'),
            shown => out.extend(shown),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_may_have_several_lines_and_quotes() {
        let po = "# why\nmsgid \"\"\n\"Say \\\"hi\\\"\\n\"\n\"  twice\"\nmsgstr \"Скажи\"\n\nmsgid \"a\"\nmsgstr \"б\"\n";
        let entry = |english: &str, russian: &str| Entry { english: english.into(), russian: russian.into() };
        assert_eq!(entries(po), [entry("Say \"hi\"\n  twice", "Скажи"), entry("a", "б")]);
    }

    #[test]
    fn values_stand_where_their_names_do() {
        let book =
            Phrasebook { texts: BTreeMap::from([("no {a}, {b}".into(), "нет {b}, {a}, {c}".into())]) };
        assert_eq!(book.say("no {a}, {b}", &[("a", "{b}"), ("b", "2")]), "нет 2, {b}, {c}");
        assert_eq!(book.say("other {a}", &[("a", "1")]), "other 1");
    }

    #[test]
    fn every_text_is_there_once_and_says_something() {
        let mut seen = std::collections::BTreeSet::new();
        for Entry { english, russian } in entries(RU) {
            assert!(!russian.is_empty(), "no Russian: {english}");
            assert!(seen.insert(english.clone()), "twice: {english}");
        }
        assert!(seen.len() > 100);
    }

    /// Flags, ids and names in braces or backquotes are typed as they stand.
    #[test]
    fn what_is_typed_stays_in_russian() {
        for Entry { english, russian } in entries(RU) {
            let is_typed = |word: &&str| word.starts_with("--") || word.starts_with('{');
            let bare = |c: char| !(c.is_ascii_alphanumeric() || "-{}".contains(c));
            for word in english.split(|c: char| c.is_whitespace() || bare(c)).filter(is_typed) {
                assert!(russian.contains(word), "`{word}` is not in `{russian}`");
            }
        }
    }
}
