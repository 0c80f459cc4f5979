//! The table as a whole, matching, and a few sentences as people meet them.

use super::pattern::{Held, Pattern, name_of};
use super::table::{AREAS, RU, Table};
use crate::{Lang, Words};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

fn told(english: &str) -> String {
    Words::new(Lang::Ru).told(english).into_owned()
}

fn held<'t>(pattern: &'static str, text: &'t str) -> Option<Vec<&'t str>> {
    Pattern::parse(pattern).matched(text)
}

fn table(area: &'static str) -> (Table, Vec<String>) {
    Table::parse(&[area])
}

#[test]
fn holes_hold_what_stands_between_the_pieces() {
    assert_eq!(held("no model", "no model"), Some(vec![]));
    assert_eq!(held("no model", "no models"), None);
    assert_eq!(held("{a} is gone", "x is gone"), Some(vec!["x"]));
    assert_eq!(held("cannot read {a}", "cannot read x"), Some(vec!["x"]));
    assert_eq!(held("{a}", "anything"), Some(vec!["anything"]));
    assert_eq!(held("{a}: {b}", "x: y: z"), Some(vec!["x", "y: z"]));
    assert_eq!(held("a {b} c", "a  c"), Some(vec![""]), "a hole may be empty");
    assert_eq!(held("a {b} c", "a c"), None, "pieces do not share a character");
    assert_eq!(held("`{a}` has no `{b}`", "`x` has no `y` has no `z`"), Some(vec!["x", "y` has no `z"]));
    assert_eq!(held("{a} ab", "ab ab ab"), Some(vec!["ab ab"]), "the last piece is at the end");
    assert_eq!(held("ключ «{a}»", "ключ «ё»"), Some(vec!["ё"]));
}

#[test]
fn braces_that_are_no_hole_stand_for_themselves() {
    let text = "write { env = \"NAME\" } or {X} or {a";
    assert_eq!(Pattern::parse(text).pieces, [text]);
    assert_eq!(held("use { env = {name} }", "use { env = X }"), Some(vec!["X"]));
}

#[test]
fn the_pair_with_more_literal_text_is_taken() {
    let area =
        "{a} is {b}\n    1 {a} {b}\nit is {b}\n    2 {b}\nit is a link\n    3\n{a} a link\n    4 {a}\n";
    let (table, wrong) = table(area);
    assert!(wrong.is_empty(), "{wrong:?}");
    let told = |text| table.told(text).into_owned();
    assert_eq!(told("it is a link"), "3");
    assert_eq!(told("that is a link"), "4 that is");
    assert_eq!(told("it is a file"), "2 a file");
    assert_eq!(told("that is a file"), "1 that a file");
    assert_eq!(told("nothing"), "nothing");
}

#[test]
fn only_marked_holes_are_told_and_blanks_stay() {
    let (table, _) =
        table("run {command}\n    выполнить {command}\na: {why}\n    а: {why…}\nlink\n    ссылка\n");
    assert_eq!(table.told("a:  link "), "а:  ссылка ");
    assert_eq!(table.told("run link"), "выполнить link");
    assert_eq!(table.told(" run a: link"), " выполнить a: link");
    assert_eq!(table.told("a: run link"), "а: выполнить link");
}

#[test]
fn a_pair_that_cannot_be_meant_is_no_pair() {
    let wrong = |area| table(area).1.len();
    assert_eq!(wrong("# a comment\n\none {a}\n    один {a}\n"), 0);
    assert_eq!(wrong("one\n"), 1);
    assert_eq!(wrong("    один\n"), 1);
    assert_eq!(wrong("one\ntwo\n    два\n"), 1);
    assert_eq!(wrong("one {a}\n    один {b}\n"), 1);
    assert_eq!(wrong("one {a}\n    один\n"), 1);
    assert_eq!(wrong("one {a}{b}\n    один {a} {b}\n"), 1);
    assert_eq!(wrong("one {a} {a}\n    один {a} {a}\n"), 1);
}

#[test]
fn every_area_is_in_the_program_and_every_pair_can_be_read() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales/ru/told");
    let there: BTreeSet<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(there, AREAS.iter().map(|area| (*area).to_owned()).collect());
    let (table, wrong) = Table::parse(RU);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(table.pairs.len() > 1000);
}

/// A text that fills each hole of a pair with something of its own.
fn sample(pattern: &Pattern) -> String {
    let mut text = String::new();
    for (at, piece) in pattern.pieces.iter().enumerate() {
        text.push_str(piece);
        if at < pattern.holes.len() {
            text.push_str(&format!("⟨{at}⟩"));
        }
    }
    text
}

#[test]
fn no_pair_stands_in_the_way_of_another() {
    let (table, _) = Table::parse(RU);
    let mut seen = BTreeSet::new();
    for pair in &table.pairs {
        let text = sample(&pair.english);
        assert!(seen.insert(text.clone()), "twice: {text}");
        let (found, _) = table.find(&text).unwrap();
        assert_eq!(sample(&found.english), text, "another pair is taken");
    }
}

/// Of a text that nobody has thought of, a pair with little text of its own would make half a sentence.
#[test]
fn no_pair_is_so_short_that_it_would_match_anything() {
    let joins = ["⟨0⟩: ⟨1⟩", "⟨0⟩; ⟨1⟩", "⟨0⟩, ⟨1⟩", "⟨0⟩ (⟨1⟩)"];
    let (table, _) = Table::parse(RU);
    for pair in table.pairs.iter().filter(|pair| !pair.english.holes.is_empty()) {
        let text = sample(&pair.english);
        assert!(pair.english.literal_bytes() >= 6 || joins.contains(&text.as_str()), "{text}");
    }
}

#[test]
fn every_pair_is_russian_with_the_holes_of_the_english() {
    let (table, _) = Table::parse(RU);
    for pair in &table.pairs {
        let names = |pattern: &Pattern| -> BTreeSet<&str> {
            pattern.holes.iter().map(|hole| name_of(hole).0).collect()
        };
        let english = sample(&pair.english);
        assert_eq!(names(&pair.english), names(&pair.russian), "{english}");
        assert!(
            pair.english.holes.iter().all(|hole| name_of(hole).1 == Held::AsItIs),
            "only Russian says what is told: {english}"
        );
        let letters = |pattern: &Pattern, of: std::ops::RangeInclusive<char>| {
            pattern.pieces.iter().any(|piece| piece.contains(|c| of.contains(&c)))
        };
        let is_key = [
            "budgets.",
            "ca_file ",
            "name: ",
            "policy: ",
            "rate ",
            "bytes_per_token ",
            "usage_invalid: ",
            "price_unknown: ",
        ];
        let has_nothing_to_say =
            !letters(&pair.english, 'a'..='z') || is_key.iter().any(|key| english.starts_with(key));
        assert!(letters(&pair.russian, 'А'..='я') || has_nothing_to_say, "{english}");
    }
}

#[test]
fn in_english_nothing_changes() {
    let words = Words::new(Lang::En);
    let text = "there is no model `fast`";
    assert!(matches!(words.told(text), Cow::Borrowed(same) if same == text));
}

#[test]
fn what_is_not_known_stays_as_it_is() {
    let words = Words::new(Lang::Ru);
    for text in ["", " ", "\n", "Rate limit reached for gpt", "модель «x» не настроена", "a: b; c, d: e"]
    {
        assert!(matches!(words.told(text), Cow::Borrowed(same) if same == text), "{text:?}");
    }
}

#[test]
fn causes_and_lists_are_told_in_their_turn() {
    assert_eq!(
        told(
            "provider `lab`: error sending request for url (http://127.0.0.1:1/v1): Connection refused (os error 111)"
        ),
        "провайдер «lab»: запрос не отправлен: http://127.0.0.1:1/v1: в соединении отказано (ошибка ОС 111)"
    );
    assert_eq!(
        told("the answer does not fit the schema: at its place /age: \"ten\" is not of type \"number\""),
        "ответ не подходит к схеме: в месте /age: \"ten\" — не number"
    );
    assert_eq!(
        told(
            "the answer does not fit the schema: at its place /age: -1 is less than the minimum of 0; at its place /name: 1 is not of type \"string\""
        ),
        "ответ не подходит к схеме: в месте /age: -1 меньше наименьшего — 0; в месте /name: 1 — не string"
    );
    assert_eq!(
        told("the answer does not fit the schema: \"name\" is a required property"),
        "ответ не подходит к схеме: нет обязательного поля \"name\""
    );
    assert_eq!(
        told("lab/fast cannot serve this prompt: no_key, not_allowed, only_when_named"),
        "модель lab/fast не подходит для этого запроса: нет ключа, проект её не разрешает, только по имени"
    );
    assert_eq!(
        told(
            "/h/config.toml:3: unknown key `modle` (did you mean `model`?)\n/h/config.toml:9: budgets.day: `x` is too large"
        ),
        "/h/config.toml:3: неизвестный ключ «modle» (возможно, «model»?)\n/h/config.toml:9: budgets.day: «x» — слишком большое число"
    );
    assert_eq!(
        told("this can cost up to 1.50 RUB, and 0.20 of 5 RUB is left (--max-cost, or run in [budgets])"),
        "это может стоить до 1,50 ₽, а осталось 0,20 из 5 ₽ (--max-cost или run в [budgets])"
    );
}

#[test]
fn what_is_run_is_never_told() {
    assert_eq!(
        told(
            "`run` wants to run network: it is not a directory, which must be asked for, and nobody is there: no policy is set, so everything is asked"
        ),
        "`run` просит выполнить network: it is not a directory; об этом надо спросить, а некого: политика не задана, поэтому спрашивается обо всём"
    );
    assert_eq!(told("there is no model `a brace`"), "нет модели «a brace»");
    assert_eq!(
        told("provider `a`: status 400: not_found: no_key"),
        "провайдер «a»: статус 400: not_found: no_key"
    );
}

#[test]
fn hostile_and_long_texts_end_soon() {
    let words = Words::new(Lang::Ru);
    let long = |text: &str| text.repeat(4096 / text.len());
    for text in [
        ": ",
        "; ",
        ", ",
        "`",
        "(",
        "a: ",
        "` is ",
        "{",
        "\n",
        " ",
        "é",
        "cannot a: ",
        "step `",
        " (os error ",
    ] {
        let begun = Instant::now();
        let _told = words.told(&long(text)).len();
        assert!(begun.elapsed() < Duration::from_secs(10), "{text:?} takes {:?}", begun.elapsed());
    }
    let over = format!("there is no model `{}`", "x".repeat(4096));
    assert!(matches!(words.told(&over), Cow::Borrowed(same) if same == over));
}
