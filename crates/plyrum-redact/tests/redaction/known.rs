//! A known secret survives in no encoding, wherever it stands.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use plyrum_redact::Redactor;
use proptest::prelude::*;

use crate::corpus::{SECRETS, redactor};

/// Percent-encodes all but letters, digits and what is to `keep`.
fn percent(text: &str, keep: &str, upper: bool) -> String {
    let encode = |b: u8| match b {
        _ if b.is_ascii_alphanumeric() || keep.as_bytes().contains(&b) => char::from(b).to_string(),
        _ if upper => format!("%{b:02X}"),
        _ => format!("%{b:02x}"),
    };
    text.bytes().map(encode).collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|b| format!("{b:02x}")).collect()
}

/// The bytes of `secret` that a reader of `text` could still decode from base64, at most.
fn base64_remains(text: &str, encoded: &str) -> usize {
    encoded.len() - text.matches('«').count().min(1) * encoded.len().saturating_sub(8)
}

#[test]
fn every_known_secret_goes_in_every_form() {
    let redactor = redactor();
    for secret in SECRETS {
        let json = serde_json::to_string(secret).unwrap();
        let json2 = serde_json::to_string(&json).unwrap();
        let upper = hex(secret).to_uppercase();
        let forms = [secret.to_owned(), json, json2, hex(secret), upper];
        for form in forms {
            for text in
                [form.clone(), format!("до {form} после"), format!("x{form}{form}y"), format!("={form}")]
            {
                let out = redactor.redact(&text);
                assert!(out.contains("«redacted:known:"), "{text} -> {out}");
                assert!(!out.contains(form.trim_matches(['"', '\\'])), "{text} -> {out}");
            }
        }
        for (before, after) in [("", ""), ("u", "x"), ("us:", ""), ("a:b", "yz"), ("к", "\n")] {
            for encoded in [STANDARD.encode(secret), URL_SAFE.encode(secret)] {
                let text = STANDARD.encode(format!("{before}{secret}{after}"));
                let out = redactor.redact(&text);
                assert!(base64_remains(&out, &encoded) <= 8, "{before}{secret}{after}: {out}");
            }
        }
    }
}

#[test]
fn the_fingerprint_tells_equal_secrets_apart_from_different_ones_and_depends_on_the_install() {
    let a = Redactor::new(
        [1; 32],
        [("k".to_owned(), "first-secret".into()), ("l".to_owned(), "other-secret".into())],
    );
    let b = Redactor::new([2; 32], [("k".to_owned(), "first-secret".into())]);
    let raw = a.redact("first-secret").into_owned();
    assert_eq!(raw, a.redact(&hex("first-secret")));
    assert_ne!(raw, a.redact("other-secret"));
    assert_ne!(raw, b.redact("first-secret"));
    assert_eq!(raw.chars().count(), "«redacted:known:01234567»".chars().count());
}

#[test]
fn overlapping_secrets_leave_no_tail() {
    let redactor =
        Redactor::new([1; 32], [("a".to_owned(), "abcdefgh".into()), ("b".to_owned(), "efghijkl".into())]);
    let out = redactor.redact("<abcdefghijkl>").into_owned();
    assert!(out.starts_with("<«redacted:known:") && out.ends_with("»>") && !out.contains("ijkl"), "{out}");
}

#[test]
fn secrets_that_cannot_be_searched_are_named() {
    let secrets = [("short", "abc"), ("blank", "  \n"), ("word", "redacted"), ("good", " lab-key-1\n")];
    let redactor = Redactor::new([1; 32], secrets.map(|(n, s)| (n.to_owned(), s.into())));
    assert_eq!(redactor.ignored(), ["short", "blank", "word"]);
    assert!(!redactor.redact("(lab-key-1)").contains("lab-key-1"));
    assert!(!format!("{redactor:?}").contains("lab-key"));
}

#[test]
fn a_secret_of_many_lines_and_kilobytes_goes_as_a_whole() {
    let secret: String = (0..200).map(|n| format!("line {n} of {}\n", n * 7919)).collect();
    let redactor = Redactor::new([1; 32], [("big".to_owned(), secret.as_str().into())]);
    for text in [
        secret.clone(),
        hex(&secret),
        serde_json::to_string(&secret).unwrap(),
        percent(&secret, "-._~", true),
    ] {
        let out = redactor.redact(&text);
        assert!(out.len() < text.len() / 10 || text.starts_with('%'), "{} of {}", out.len(), text.len());
    }
    assert!(!redactor.redact(&STANDARD.encode(&secret)).contains(&STANDARD.encode("line 77 of 6")));
}

/// How a program would write a secret down.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let json = json_text(secret);
    let upper_hex: String = hex(secret).to_uppercase();
    let unicode = |upper: bool| {
        json.chars().fold(String::new(), |mut out, c| {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out += &match (c.is_ascii(), upper) {
                    (true, _) => c.to_string(),
                    (false, true) => format!("\\u{unit:04X}"),
                    (false, false) => format!("\\u{unit:04x}"),
                };
            }
            out
        })
    };
    let html = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    vec![
        ("raw", secret.to_owned()),
        ("json", json.clone()),
        ("json in json", json_text(&json)),
        ("json, slashes escaped", json.replace('/', "\\/")),
        ("json in ascii", unicode(false)),
        ("json in ascii, upper", unicode(true)),
        ("json for html", html.clone()),
        ("json for html, upper", html.replace("u003c", "u003C").replace("u003e", "u003E")),
        ("percent", percent(secret, "-._~", true)),
        ("percent, lower", percent(secret, "-._~", false)),
        ("form", percent(secret, "-._~ ", true).replace(' ', "+")),
        ("whole url", percent(secret, "-._~;,/?:@&=+$#!*'()", true)),
        ("hex", hex(secret)),
        ("upper hex", upper_hex),
    ]
}

fn json_text(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted.get(1..quoted.len() - 1).unwrap().to_owned()
}

/// The whole, and the same in chunks of these sizes, which must be equal.
fn redacted(redactor: &Redactor, text: &str, sizes: &[usize]) -> String {
    let whole = redactor.redact(text).into_owned();
    let (mut stream, mut out, mut rest, mut sizes) =
        (redactor.stream(), String::new(), text, sizes.iter().cycle());
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(rest.ceil_char_boundary(*sizes.next().unwrap()));
        out += &stream.push(chunk);
        rest = after;
    }
    out += &stream.finish();
    assert_eq!(out, whole, "{text}");
    whole
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_secret_goes_in_any_form_and_place_however_it_is_cut(
        secret in "[!-~а-яё😀]{6,40}", before in "\\PC{0,20}", after in "\\PC{0,20}", extra in "[!-~]{6,40}",
        sizes in proptest::collection::vec(1..20_usize, 1..8),
    ) {
        prop_assume!(!"«redacted:known:".contains(&secret) && !"«redacted:known:".contains(&extra));
        let redactor = Redactor::new([9; 32], [("a".to_owned(), secret.as_str().into()), ("b".to_owned(), extra.as_str().into())]);
        for (name, form) in forms(&secret) {
            for text in [format!("{before}{form}{after}"), format!("{extra}{form}{extra}"), form.clone()] {
                let out = redacted(&redactor, &text, &sizes);
                prop_assert!(!out.contains(&form), "{}: {} -> {}", name, text, out);
            }
        }
    }

    #[test]
    fn any_secret_goes_in_base64_at_any_alignment_however_it_is_cut(
        secret in "[!-~а-яё]{8,40}", before in "\\PC{0,12}", after in "\\PC{0,12}",
        sizes in proptest::collection::vec(1..20_usize, 1..8),
    ) {
        let redactor = Redactor::new([9; 32], [("a".to_owned(), secret.as_str().into())]);
        let bytes = format!("{before}{secret}{after}");
        for text in [STANDARD.encode(&bytes), URL_SAFE.encode(&bytes)] {
            let out = redacted(&redactor, &text, &sizes);
            // Of the characters that carry the secret, one at either end depends on its neighbours as well.
            let (first, last) = ((before.len() * 8).div_ceil(6), (before.len() + secret.len()) * 8 / 6);
            let carried = text.get(first..last).unwrap();
            prop_assert!(!out.contains(carried), "{} -> {}", text, out);
        }
    }
}
