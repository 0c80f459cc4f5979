//! For records (audit, logs) also what stands behind a secret's name is taken; on the screen it stays.

use serde_json::json;

use crate::corpus::redactor;
use crate::generate::format;
use crate::generate::random::Random;

#[test]
fn values_behind_a_secret_s_name_go_from_records_and_stay_on_the_screen() {
    let (screen, records) = (redactor(), redactor().for_records());
    for (text, secret) in [
        ("DB_PASSWORD=hunter22", "hunter22"),
        ("password: qwerty123,", "qwerty123"),
        ("{\"password\":\"Tr0ub4dor&3\"}", "Tr0ub4dor&3"),
        (r#"{"body":"{\"dbPassword\":\"s3cret!x\"}"}"#, "s3cret!x"),
        ("mysql --password=Pa55word -u root", "Pa55word"),
        ("passwd: 123456", "123456"),
        ("пароль: Зима2024!", "Зима2024!"),
        ("Пароль от базы данных: Zx9-kot", "Zx9-kot"),
        ("ПАРОЛЬ = 'корова77'", "корова77"),
        ("Пароль от почты — Zx9kot77, никому не говори", "Zx9kot77"),
        ("новый пароль: «Зима2024»", "Зима2024"),
        ("SESSION_TOKEN=q7Xb2LmP9aRt5Kd3", "q7Xb2LmP9aRt5Kd3"),
        ("client_secret: 'f3a9b1c27d5e48f0a6b2'", "f3a9b1c27d5e48f0a6b2"),
        ("токен доступа: q7Xb2LmP9aRt5Kd3wZ", "q7Xb2LmP9aRt5Kd3wZ"),
        ("ключ шифрования = 9f8e7d6c5b4a39281706f5e4d3c2b1a0", "9f8e7d6c5b4a39281706f5e4d3c2b1a0"),
        ("x-my-api-key => \"aZ3kQ9xW2mN7pL5t\"", "aZ3kQ9xW2mN7pL5t"),
    ] {
        let out = records.redact(text);
        assert!(!out.contains(secret) && out.contains("«redacted:"), "{text} -> {out}");
        assert_eq!(records.redact(&out), out);
        assert!(screen.redact(text).contains(secret), "{text} -> {}", screen.redact(text));
    }
}

#[test]
fn generated_secrets_of_nobody_known_are_found_behind_their_names() {
    let records = redactor().for_records();
    let mut random = Random::new(3);
    let (mut found, mut all) = (0, 0);
    for name in ["token", "SECRET_KEY", "apiKey", "access-key", "auth_token", "секретный ключ", "Токен"]
    {
        for value in ["[A-Za-z0-9]{24}", "[a-f0-9]{32}", "[A-Za-z0-9_-]{43}", "[A-Za-z0-9+/]{40}", "<uuid>"] {
            for sign in ["=", ": ", " = '", "\": \""] {
                let (secret, _) = format::sample(value, &mut random);
                all += 1;
                found += usize::from(!records.redact(&format!("{name}{sign}{secret}'\n")).contains(&secret));
            }
        }
    }
    assert!(found * 100 >= all * 97, "{found} of {all}");
}

#[test]
fn a_json_member_is_read_as_name_and_value() {
    let mut body = json!({
        "password": "hunter22", "note": "hunter22", "nested": [{"authToken": "q7Xb2LmP9aRt5Kd3"}],
        "algolia_api_key": "0123456789abcdef0123456789abcdef", "hash": "0123456789abcdef0123456789abcdef",
        "token": "lead", "key": "openrouter",
    });
    let mut screen = body.clone();
    redactor().for_records().redact_json(&mut body);
    redactor().redact_json(&mut screen);
    let text = body.to_string();
    assert!(text.contains(r#""note":"hunter22""#) && !text.contains(r#""password":"hunter22""#), "{text}");
    assert!(!text.contains("q7Xb2LmP9aRt5Kd3") && text.contains(r#""token":"lead""#), "{text}");
    assert!(text.contains(r#""hash":"0123456789abcdef"#) && text.contains(r#""key":"openrouter""#), "{text}");
    let shown = screen.to_string();
    assert!(shown.contains(r#""password":"hunter22""#), "{shown}");
    assert!(shown.contains(r#""algolia_api_key":"«redacted:algolia-key:"#), "{shown}");
    let once = body.clone();
    redactor().for_records().redact_json(&mut body);
    assert_eq!(body, once, "a second redaction changes nothing");
}
