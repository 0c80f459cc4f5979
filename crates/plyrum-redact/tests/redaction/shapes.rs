//! Shapes of secrets are found in the places where people leave them.

use crate::corpus::{ALNUM, random, redactor, shapes};

#[test]
fn every_shape_is_found_in_every_setting() {
    let redactor = redactor();
    for (text, secret) in shapes() {
        for setting in [
            text.clone(),
            format!("export KEY={text}"),
            format!("{{\"key\":\"{text}\"}}"),
            format!("ключ:{text}."),
            format!("первая строка\n{text}\nвторая"),
            format!(r"log line\n{text}\n"),
            format!("?token%3D{text}&x=1"),
            format!("\u{1b}[31m{text}\u{1b}[0m"),
        ] {
            let out = redactor.redact(&setting);
            assert!(!out.contains(&secret) && out.contains("«redacted:"), "{setting}\n-> {out}");
        }
    }
}

#[test]
fn nothing_of_a_found_token_remains_and_its_surroundings_stay() {
    let redactor = redactor();
    let key = random(ALNUM, 48, 77);
    let check = |text: &str, wanted: &str| {
        let out = redactor.redact(text).into_owned();
        let masked =
            out.split('«').map(|p| p.split_once('»').map_or(p, |(_, rest)| rest)).collect::<Vec<_>>();
        assert_eq!(masked.join("*"), wanted, "{out}");
    };
    check(&format!("key sk-ant-{key}, yes."), "key *, yes.");
    check(&format!("Authorization: Bearer {key}\r\nHost: a"), "Authorization: Bearer *\r\nHost: a");
    check(&format!("curl -H \"x-api-key: {key}\" u"), "curl -H \"x-api-key: *\" u");
    check("postgres://app:s3cret@db/app", "postgres://app:*@db/app");
    check("bot123456789:AAabcdefghijklmnopqrstuvwxyz0123456 ok", "bot123456789:AA* ok");
    check("a;Password=hunter22;b", "a;Password=*;b");
}

#[test]
fn a_key_is_named_by_its_rule() {
    let redactor = redactor();
    for (lead, rule) in [
        ("sk-ant-", "anthropic-key"),
        ("sk-or-v1-", "openrouter-key"),
        ("sk-", "sk-key"),
        ("ghp_", "github-token"),
    ] {
        let out = redactor.redact(&format!("{lead}{}", random(ALNUM, 48, 1))).into_owned();
        assert!(out.starts_with(&format!("«redacted:{rule}:")), "{out}");
    }
}

#[test]
fn generated_keys_are_recalled() {
    let redactor = redactor();
    let leads =
        ["sk-", "sk-ant-api03-", "ghp_", "hf_", "gsk_", "xai-", "AIza", "Bearer ", "Authorization: Bearer "];
    let (mut found, mut all) = (0, 0);
    for seed in 0..2_000_u64 {
        for lead in leads {
            let secret = random(ALNUM, 40, seed * 31 + 7);
            found += usize::from(!redactor.redact(&format!("x {lead}{secret} y")).contains(&secret));
            all += 1;
        }
    }
    assert!(found * 1_000 >= all * 998, "{found} of {all}");
}
