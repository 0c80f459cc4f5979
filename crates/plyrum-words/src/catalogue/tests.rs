//! Every catalogue of both languages, read from its folder: whoever adds a file or a message is checked by these.

use super::AREAS;
use crate::{Lang, Value, Words};
use fluent_bundle::FluentResource;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const LANGS: [(Lang, &str); 2] = [(Lang::En, "en"), (Lang::Ru, "ru")];
/// Counts whose Russian forms differ: 1, 21, 101 are one; 2, 22 are few; 5, 11, 25, 111 are many.
const COUNTS: [u64; 9] = [1, 2, 5, 11, 21, 22, 25, 101, 111];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(name: &str) -> Vec<(String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(name);
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ftl"))
        .map(|path| {
            let area = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (area, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Key → its text, of a whole language.
fn messages(name: &str) -> BTreeMap<String, String> {
    files(name).iter().flat_map(|(_, source)| messages_of(source)).collect()
}

/// A message begins at the start of a line and goes on in indented ones.
fn messages_of(source: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in source.lines() {
        let begins = line.starts_with(|c: char| c.is_ascii_alphabetic());
        match (begins, line.split_once('='), found.last_mut()) {
            (true, Some((key, text)), _) => found.push((key.trim().to_owned(), text.to_owned())),
            (false, _, Some((_, text))) if !line.starts_with('#') => {
                text.push('\n');
                text.push_str(line);
            }
            _ => {}
        }
    }
    found
}

fn variables(text: &str) -> BTreeSet<String> {
    let name = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || "_-".contains(*c)).collect();
    text.split('$').skip(1).map(name).collect()
}

/// Variables that choose a form; the others may be texts.
fn selectors(text: &str) -> BTreeSet<String> {
    text.split("->")
        .filter_map(|before| before.rsplit_once('$'))
        .map(|(_, name)| name.trim().to_owned())
        .collect()
}

#[test]
fn every_file_is_in_the_program_and_in_both_languages() {
    let areas: BTreeSet<String> = AREAS.iter().map(|area| (*area).to_owned()).collect();
    for (_, name) in LANGS {
        let there: BTreeSet<String> = files(name).into_iter().map(|(area, _)| area).collect();
        assert_eq!(there, areas, "locales/{name}");
    }
}

#[test]
fn every_file_parses() {
    for (_, name) in LANGS {
        for (area, source) in files(name) {
            if let Err((_, errors)) = FluentResource::try_new(source.clone()) {
                let at = |e: &fluent_bundle::FluentError| format!("{e}");
                let told: Vec<String> =
                    errors.into_iter().map(|e| at(&fluent_bundle::FluentError::ParserError(e))).collect();
                panic!("locales/{name}/{area}.ftl: {told:?}");
            }
        }
    }
}

#[test]
fn no_key_is_there_twice() {
    for (_, name) in LANGS {
        let mut seen = BTreeMap::new();
        for (area, source) in files(name) {
            for (key, _) in messages_of(&source) {
                let before = seen.insert(key.clone(), area.clone());
                assert_eq!(before, None, "{name}: {key} is in {area}.ftl again");
            }
        }
    }
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_variables() {
    let [en, ru] = ["en", "ru"].map(messages);
    let keys = |of: &BTreeMap<String, String>| of.keys().cloned().collect::<BTreeSet<_>>();
    let lacking: Vec<_> = keys(&en).symmetric_difference(&keys(&ru)).cloned().collect();
    assert!(lacking.is_empty(), "only in one language: {lacking:?}");
    for (key, text) in &en {
        assert_eq!(variables(text), variables(&ru[key]), "{key}");
    }
}

#[test]
fn every_message_can_be_said_with_every_count_and_without_invisible_marks() {
    for (lang, name) in LANGS {
        let words = Words::new(lang);
        for (key, text) in messages(name) {
            assert!(words.has(&key), "{name}: {key} is in the file and not in the program");
            for count in COUNTS {
                let chosen = selectors(&text);
                let values: Vec<(String, Value)> = variables(&text)
                    .into_iter()
                    .map(|v| (v.clone(), if chosen.contains(&v) { count.into() } else { "x".into() }))
                    .collect();
                let given: Vec<(&str, Value)> = values.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
                let (said, errors) = words.formatted(&key, &given);
                assert!(errors.is_empty(), "{name}: {key}: {errors:?}");
                let marks =
                    ['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{200e}', '\u{200f}', '\u{feff}'];
                assert!(!said.contains(marks), "{name}: {key}: {said:?}");
                assert!(!said.is_empty() && !said.contains("{$"), "{name}: {key}: {said:?}");
            }
        }
    }
}

#[test]
fn what_chooses_by_a_count_has_all_russian_forms() {
    for (key, text) in messages("ru") {
        for block in text.split("->").skip(1) {
            let block = block.split('}').next().unwrap_or_default();
            let has = |form: &str| text.contains(form);
            if !block.contains("[one]") {
                continue; // chosen by a word
            }
            assert!(has("[one]") && has("[few]") && has("*[many]"), "{key} lacks a form");
        }
    }
}

#[test]
fn russian_counts_choose_their_form() {
    let source =
        "runs = { $n ->\n    [one] { $n } запуск\n    [few] { $n } запуска\n   *[many] { $n } запусков\n}\n";
    let bundle = super::bundle(Lang::Ru, source);
    let said = COUNTS.map(|n| {
        let mut args = fluent_bundle::FluentArgs::new();
        args.set("n", n);
        let pattern = bundle.get_message("runs").and_then(|message| message.value()).unwrap();
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    });
    let forms =
        ["запуск", "запуска", "запусков", "запусков", "запуск", "запуска", "запусков", "запуск", "запусков"];
    for ((said, count), form) in said.iter().zip(COUNTS).zip(forms) {
        assert_eq!(*said, format!("{count} {form}"));
    }
}

#[test]
fn counts_in_russian_messages_have_their_thousands_apart() {
    let words = Words::new(Lang::Ru);
    assert_eq!(words.with("ago-days", &[("n", 12_345_u64.into())]), "12\u{a0}345\u{a0}дней назад");
    let words = Words::new(Lang::En);
    assert_eq!(words.with("ago-days", &[("n", 12_345_u64.into())]), "12345 days ago");
}

/// An error that does not begin in Russian is told under the heading of its kind: those of our own need none.
#[test]
fn every_russian_error_begins_in_russian() {
    for (key, text) in messages("ru").iter().filter(|(key, _)| key.starts_with("fault-")) {
        let first = text.trim_start().chars().next();
        let is_russian = first.is_some_and(|c| ('а'..='я').contains(&c) || c == 'ё');
        assert!(is_russian, "{key}: {text}");
    }
}

/// Keys as code names them: `say("key"`, `with("key"`, `say!("key"`.
fn named_in(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for call in [".say(", ".with(", "say!("] {
        for rest in source.split(call).skip(1) {
            let rest = rest.trim_start();
            let rest = rest.strip_prefix("in words,").unwrap_or(rest).trim_start();
            let Some(rest) = rest.strip_prefix('"') else { continue };
            let key = rest.split('"').next().unwrap_or_default();
            let is_key = key.contains('-') && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            found.extend(is_key.then(|| key.to_owned()));
        }
    }
    found
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_key_that_code_names_is_a_message() {
    let words = Words::new(Lang::En);
    let mut all = Vec::new();
    for crate_name in ["plyrum-cli", "plyrum-tui", "plyrum-words"] {
        sources(&crates().join(crate_name).join("src"), &mut all);
    }
    assert!(all.len() > 50, "the sources are where they were");
    for path in all {
        for key in named_in(&std::fs::read_to_string(&path).unwrap()) {
            assert!(words.has(&key), "{}: there is no message `{key}`", path.display());
        }
    }
}
