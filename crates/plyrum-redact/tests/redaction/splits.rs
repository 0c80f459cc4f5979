//! However a text is cut, the stream's output is the redaction of the whole.

use plyrum_redact::{HOLD_BACK_MAX, Redactor};
use proptest::prelude::*;

use crate::corpus::{ALNUM, PROSE, RUSSIAN, SECRETS, pem, random, redactor, shapes};

fn streamed<'t>(redactor: &Redactor, chunks: impl IntoIterator<Item = &'t str>) -> String {
    let mut stream = redactor.stream();
    let mut out = String::new();
    for chunk in chunks {
        out.push_str(&stream.push(chunk));
        assert!(stream.held_bytes() <= HOLD_BACK_MAX);
    }
    out.push_str(&stream.finish());
    out
}

fn characters(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, c)| text.get(at..at + c.len_utf8()).unwrap())
}

#[test]
fn character_by_character_equals_whole() {
    let redactor = redactor();
    for (text, _) in shapes() {
        for text in [format!("{RUSSIAN}x {text} y"), format!("{text}{text}"), format!("\"{text}\"\n{PROSE}")]
        {
            assert_eq!(streamed(&redactor, characters(&text)), redactor.redact(&text), "{text}");
        }
    }
}

#[test]
fn every_cut_in_two_equals_whole() {
    let redactor = redactor();
    let mut corpus = shapes().into_iter().map(|(text, _)| text).collect::<Vec<_>>().join(" ; ");
    corpus.push_str(&SECRETS.join("|"));
    let whole = redactor.redact(&corpus);
    for (at, _) in corpus.char_indices() {
        let (a, b) = corpus.split_at(at);
        assert_eq!(streamed(&redactor, [a, b]), whole, "cut at {at}");
    }
}

#[test]
fn endless_runs_stay_within_the_bound() {
    let redactor = redactor();
    for text in [
        format!("sk-ant-{}", random(ALNUM, 60_000, 3)),
        format!("eyJ{}", random(ALNUM, 60_000, 3)),
        format!("-----BEGIN PRIVATE KEY-----\n{}", random(ALNUM, 60_000, 3)),
        format!("-----BEGIN PRIVATE KEY-----{}", "\n".repeat(60_000)),
        format!("://{}", "a".repeat(60_000)),
        "a".repeat(60_000),
        format!("Authorization: Bearer {}", random(ALNUM, 60_000, 4)),
    ] {
        let chunks = text.as_bytes().chunks(997).map(|c| std::str::from_utf8(c).unwrap());
        assert_eq!(streamed(&redactor, chunks), redactor.redact(&text));
    }
}

/// Pieces that meet in ways no real text does: keys, halves of keys, leads, markers, known secrets.
fn fragment() -> impl Strategy<Value = String> {
    let whole: Vec<String> = shapes().into_iter().map(|(text, _)| text).collect();
    let secrets: Vec<String> = SECRETS.iter().map(ToString::to_string).collect();
    let leads = [
        "sk-",
        "sk-ant-",
        "Bearer ",
        "basic ",
        "://",
        "://u:",
        "@",
        "authorization: ",
        "x-api-key",
        "AKIA",
        "AIza",
        "-----BEGIN ",
        "-----",
        "\\n",
        "%3D",
        "-",
        "_",
        "/",
        ":",
        ".",
        "=",
        ";password=",
        "eyJ",
        "«",
        "»",
        "«redacted:known:0123abcd»",
        "a",
        "aaa",
        "ü",
        "\u{1b}[31m",
        " ",
        "\n",
        "YWE6YWE6",
        "0",
        "=xai-",
    ];
    prop_oneof![
        (proptest::sample::select(whole), 0..100_usize, 0..100_usize).prop_map(|(text, from, to)| {
            let cut = |percent: usize| text.floor_char_boundary(text.len() * percent / 100);
            let (a, b) = (cut(from.min(to)), cut(from.max(to) + 1));
            text.get(a..b).unwrap().to_owned()
        }),
        proptest::sample::select(shapes()).prop_map(|(text, _)| text),
        proptest::sample::select(secrets),
        proptest::sample::select(leads.to_vec()).prop_map(str::to_owned),
        (0..80_usize, any::<u64>()).prop_map(|(n, seed)| random(ALNUM, n, seed)),
        (0..40_usize, any::<u64>()).prop_map(|(n, seed)| random("ABCDEFGH234567", n, seed)),
        "\\PC{0,12}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(fragment(), 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_chunking_equals_whole(text in text(), cuts in proptest::collection::vec(1..60_usize, 1..40)) {
        let redactor = redactor();
        let (mut chunks, mut rest, mut sizes) = (Vec::new(), text.as_str(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(rest.ceil_char_boundary(*sizes.next().unwrap()));
            chunks.push(chunk);
            rest = after;
        }
        prop_assert_eq!(streamed(&redactor, chunks), redactor.redact(&text));
        prop_assert_eq!(streamed(&redactor, characters(&text)), redactor.redact(&text));
    }

    #[test]
    fn redacting_twice_changes_nothing(text in text()) {
        let redactor = redactor();
        let once = redactor.redact(&text).into_owned();
        prop_assert_eq!(redactor.redact(&once), once.as_str());
    }
}

#[test]
fn every_shape_is_stable_under_a_second_redaction() {
    let redactor = redactor();
    for (text, _) in shapes().into_iter().chain([(pem(false), String::new())]) {
        let once = redactor.redact(&text).into_owned();
        assert_eq!(redactor.redact(&once), once, "{text}");
    }
}
