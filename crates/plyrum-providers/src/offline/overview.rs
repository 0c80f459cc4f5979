//! How well each unit says what a text is, or what it says on the whole: for "what is this?" and "summarise".

use super::central;
use super::document::{Document, Kind, Unit};
use super::index::{Index, real};
use super::words;

/// Units at the start of each source that are looked at even when they are not central.
const MAX_EARLY: usize = 1000;
/// Headings of parts that say nothing about the subject.
const SIDE_TITLES: &[&str] = &[
    "licen",
    "contribut",
    "changelog",
    "content",
    "acknowledg",
    "credit",
    "author",
    "badge",
    "sponsor",
    "thanks",
    "see also",
    "faq",
    "лиценз",
    "содержан",
    "оглавлен",
    "благодар",
    "автор",
    "участ",
    "changes",
];
/// Words by which a sentence says what something is or is for.
const PURPOSE: &[&str] = &[
    " is a ",
    " is an ",
    " is the ",
    " are a ",
    " lets you",
    " allows ",
    " helps ",
    " provides ",
    " designed to",
    " designed for",
    " aims to",
    "purpose",
    " goal ",
    "used to ",
    "used for",
    " makes it ",
    " turns ",
    " enables ",
    "this repository contains",
    "this project",
    "this document",
    "this library",
    "this tool",
    " — это ",
    " – это ",
    " - это ",
    " это ",
    "позволяет",
    "предназначен",
    "служит",
    "нужен для",
    "помогает",
    "предоставляет",
    "представляет собой",
    "цель",
    "является",
    "назначение",
    "создан для",
    "этот проект",
    "этот документ",
];
const CONCLUSION: &[&str] = &[
    "in short",
    "in summary",
    "overall",
    "in conclusion",
    "therefore",
    "as a result",
    "the result",
    "most important",
    "key ",
    "main ",
    "итак",
    "таким образом",
    "в итоге",
    "в результате",
    "главн",
    "вывод",
    "важн",
    "основн",
];
const NOTICE: &[&str] = &[
    "note:",
    "warning:",
    "tip:",
    "important:",
    "caution:",
    "deprecated",
    "click ",
    "see ",
    "copyright",
    "licensed under",
    "all rights",
    "примечание",
    "внимание:",
    "важно:",
    "см. ",
    "нажмите",
    "подробнее",
    "read more",
    "subscribe",
    "table of contents",
];

/// How well each unit says what the subject is or is for.
pub(super) fn definition(document: &Document, index: &Index) -> Vec<f64> {
    let central = central::scores(document, index);
    let title = subject(document);
    let rows = row_weight(document);
    each(document, &central, |unit, central| {
        let lower = unit.text.to_lowercase();
        let early = 1.0 / (1.0 + 0.3 * real(unit.place));
        let purpose = holds(&lower, PURPOSE);
        let opening = words::folded_words(lower.get(..lower.floor_char_boundary(90)).unwrap_or_default());
        let named = opening.iter().take(4).any(|word| title.contains(word));
        let form = match unit.kind {
            Kind::Sentence => 1.0,
            Kind::Item(_) => 0.45,
            Kind::Row => 0.35 * rows,
            Kind::Code(_) => 0.0,
        };
        (1.1 * early + 0.55 * purpose + 0.45 * f64::from(u8::from(named)) + 0.3 * central) * form
    })
}

/// How well each unit stands for the whole.
pub(super) fn summary(document: &Document, index: &Index) -> Vec<f64> {
    let central = central::scores(document, index);
    let rows = row_weight(document);
    each(document, &central, |unit, central| {
        let lower = unit.text.to_lowercase();
        let early = 1.0 / (1.0 + 0.5 * real(unit.place));
        let form = match unit.kind {
            Kind::Sentence => 1.0,
            Kind::Item(_) => 0.7,
            Kind::Row => 0.75 * rows,
            Kind::Code(_) => 0.0,
        };
        let failure = f64::from(u8::from(unit.kind == Kind::Row && is_failure(&lower)));
        (0.6 * central
            + 0.8 * early
            + 0.12 * f64::from(u8::from(unit.opens_section))
            + 0.15 * holds(&lower, CONCLUSION)
            + 0.1 * holds(&lower, PURPOSE)
            + 0.7 * failure)
            * form
    })
}

/// How early each unit stands: the leading sentences.
pub(super) fn lead(document: &Document) -> Vec<f64> {
    let none = vec![0.0; document.units.len()];
    each(document, &none, |unit, _| match unit.kind {
        Kind::Code(_) => 0.0,
        _ => 1.0 / (1.0 + real(unit.place)),
    })
}

/// Rows are the text itself in a log or a table, and detail in prose.
fn row_weight(document: &Document) -> f64 {
    let sentences = document.units.iter().filter(|unit| unit.kind == Kind::Sentence).count();
    if sentences * 3 > document.units.len() { 0.35 } else { 1.0 }
}

/// Scores every unit and takes off what notices, side sections, questions and scraps should not get.
fn each(document: &Document, central: &[f64], score: impl Fn(&Unit, f64) -> f64) -> Vec<f64> {
    let considered = |unit: &Unit, central: f64| central > 0.0 || unit.place < MAX_EARLY;
    let one = |unit: &Unit, central| {
        if considered(unit, central) { score(unit, central) * standing(document, unit) } else { 0.0 }
    };
    document.units.iter().zip(central).map(|(unit, &central)| one(unit, central)).collect()
}

/// What part of its score a unit keeps: notices, side sections, questions and scraps lose most.
pub(super) fn standing(document: &Document, unit: &Unit) -> f64 {
    let start = unit.text.get(..unit.text.floor_char_boundary(60)).unwrap_or_default().to_lowercase();
    let words = unit.text.split_whitespace().take(5).count();
    let scrap = if unit.kind == Kind::Sentence && words < 4 { 0.25 } else { 1.0 };
    let notice = if NOTICE.iter().any(|word| start.starts_with(word)) { 0.35 } else { 1.0 };
    let side = document.path(unit.section).any(|section| {
        let title = section.title.to_lowercase();
        SIDE_TITLES.iter().any(|word| title.starts_with(word))
    });
    let asks = if unit.text.ends_with('?') {
        0.4
    } else if unit.text.ends_with(':') {
        0.6
    } else {
        1.0
    };
    scrap * notice * asks * if side { 0.3 } else { 1.0 }
}

/// The words of the document's title: the subject's likely name.
fn subject(document: &Document) -> Vec<String> {
    let title = document.sections.iter().find(|section| !section.title.is_empty());
    let mut lexicon = words::Lexicon::new();
    let names = title.map(|section| words::folded_words(&section.title)).unwrap_or_default();
    names.into_iter().filter(|word| lexicon.term(word) != words::STOP).take(4).collect()
}

fn is_failure(lower: &str) -> bool {
    ["error", "fail", "panic", "fatal", "exception", "ошибк"].iter().any(|word| lower.contains(word))
}

fn holds(lower: &str, list: &[&str]) -> f64 {
    f64::from(u8::from(list.iter().any(|word| lower.contains(word))))
}
