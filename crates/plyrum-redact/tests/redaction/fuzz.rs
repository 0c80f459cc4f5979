//! Any text at all: no panic, no dependence on the cuts, no change by a second redaction, no more held back
//! than promised, and markers that read as markers. `PLYRUM_FUZZ_CASES` says how many texts (1 500).

use std::sync::LazyLock;

use plyrum_redact::{HOLD_BACK_MAX, Redactor};
use proptest::prelude::*;

use crate::corpus::{ALNUM, HEX, SECRETS, random, redactor};
use crate::generate::kinds::{KINDS, Place};
use crate::generate::recall::one_of_each;

fn cases() -> u32 {
    std::env::var("PLYRUM_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_500)
}

/// Building a redactor sorts the encodings of its secrets: once is enough.
static SCREEN: LazyLock<Redactor> = LazyLock::new(redactor);
static RECORDS: LazyLock<Redactor> = LazyLock::new(|| SCREEN.for_records());
/// Secrets in their settings; the literal beginnings of their formats; the words of their names.
static SETTINGS: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..4).flat_map(one_of_each).map(|(_, text)| text).collect());
static LEADS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let literal = |format: &str| format.split(['[', '(', '<', '‹']).next().unwrap_or_default().to_owned();
    let named = KINDS.iter().filter_map(|kind| match kind.place {
        Place::Named(words) => Some(words.replace(' ', "_")),
        Place::Anywhere | Place::Alone => None,
    });
    KINDS.iter().map(|kind| literal(kind.format)).chain(named).filter(|lead| !lead.is_empty()).collect()
});

#[rustfmt::skip] // a list of bits
const BITS: [&str; 64] = [
    "=", ":", " = ", ": ", "=>", ":=", "==", "\"", "'", "`", "\\\"", "\\n", "\\", "%3D", "-", "_", "/", ".", ",",
    ";", "&", "?", "@", "|", "#", "$", "(", ")", "[", "]", "{", "<", ">", " ", "\n", "\t", "«", "»", "«redacted:",
    "«redacted:known:0123abcd»", "«redacted:api-key:01234567»", "é", "\u{1b}[31m", "password", "пароль", "Токен ",
    "secret_key", "apiKey", "token", "host=", "user=", " password=", ";pwd=", "://", "://u:", "bearer ",
    "authorization: ", "-----BEGIN ", " PRIVATE KEY-----", "-----", "eyJ", "?sig=", "a1B2c3", "\u{2014}",
];

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => (proptest::sample::select(&SETTINGS[..]), 0..100_usize, 0..100_usize).prop_map(|(text, from, to)| {
            let cut = |percent: usize| text.floor_char_boundary(text.len() * percent / 100);
            let (a, b) = (cut(from.min(to)), cut(from.max(to) + 1));
            text.get(a..b).unwrap().to_owned()
        }),
        1 => proptest::sample::select(&SETTINGS[..]),
        2 => proptest::sample::select(&LEADS[..]),
        5 => proptest::sample::select(&BITS[..]).prop_map(str::to_owned),
        1 => proptest::sample::select(&SECRETS[..]).prop_map(str::to_owned),
        1 => (0..80_usize, any::<u64>()).prop_map(|(n, seed)| random(ALNUM, n, seed)),
        1 => (0..80_usize, any::<u64>()).prop_map(|(n, seed)| random(HEX, n, seed)),
        1 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| as_text(&bytes)),
    ]
}

/// Bytes as a terminal would show them.
fn as_text(bytes: &[u8]) -> String {
    let valid = |chunk: std::str::Utf8Chunk<'_>| format!("{}\u{fffd}", chunk.valid());
    bytes.utf8_chunks().map(valid).collect()
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(fragment(), 0..14).prop_map(|parts| parts.concat())
}

fn streamed(redactor: &Redactor, text: &str, sizes: &[usize]) -> String {
    let (mut stream, mut out, mut rest) = (redactor.stream(), String::new(), text);
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(rest.ceil_char_boundary(*sizes.next().unwrap()));
        out.push_str(&stream.push(chunk));
        assert!(stream.held_bytes() <= HOLD_BACK_MAX, "{} bytes held", stream.held_bytes());
        rest = after;
    }
    out.push_str(&stream.finish());
    out
}

/// Markers that the text did not have before.
fn assert_markers(text: &str, out: &str) {
    let made = out.matches("«redacted:").count();
    let whole = out.split("«redacted:").skip(1).filter(|rest| {
        let (body, _) = rest.split_once('»').unwrap_or_default();
        let (name, print) = body.rsplit_once(':').unwrap_or_default();
        let is_name =
            !name.is_empty() && name.bytes().all(|b| b"-0123456789".contains(&b) || b.is_ascii_lowercase());
        is_name && print.len() == 8 && print.bytes().all(|b| HEX.as_bytes().contains(&b))
    });
    let there_before = text.matches("«redacted:").count();
    assert!(whole.count() + there_before >= made, "{out}");
}

fn check(redactor: &Redactor, text: &str, sizes: &[usize]) {
    let whole = redactor.redact(text).into_owned();
    assert_eq!(streamed(redactor, text, sizes), whole, "cut into {sizes:?}");
    assert_eq!(streamed(redactor, text, &[1]), whole, "character by character");
    assert_eq!(redactor.redact(&whole), whole, "twice");
    assert_markers(text, &whole);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 4096, ..ProptestConfig::default() })]

    #[test]
    fn any_text_keeps_the_promises(text in text(), sizes in proptest::collection::vec(1..60_usize, 1..20)) {
        check(&SCREEN, &text, &sizes);
        check(&RECORDS, &text, &sizes);
    }

    #[test]
    fn records_may_be_redacted_after_the_screen(text in text()) {
        let once = RECORDS.redact(&SCREEN.redact(&text)).into_owned();
        prop_assert_eq!(SCREEN.redact(&once), once.as_str());
        prop_assert_eq!(RECORDS.redact(&once), once.as_str());
    }
}
