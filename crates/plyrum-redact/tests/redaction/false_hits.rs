//! What looks like a secret and is none stays: hashes, UUIDs, lock files, images, code, docs.

use crate::corpus::{ALNUM, HEX, PROSE, RUSSIAN, random, redactor};
use crate::generate::negatives;

#[track_caller]
fn untouched(text: &str) {
    let out = redactor().redact(text).into_owned();
    if let Some(at) = out.find('«') {
        let around = out.get(out.floor_char_boundary(at.saturating_sub(80))..).unwrap();
        panic!("false hit: {}", around.chars().take(200).collect::<String>());
    }
}

#[test]
fn our_own_sources_and_designs_are_left_alone() {
    for text in [
        include_str!("../../src/redactor.rs"),
        include_str!("../../src/rules.rs"),
        include_str!("../../src/rules/table.rs"),
        include_str!("../../src/rules/header.rs"),
        include_str!("../../src/rules/pem.rs"),
        include_str!("../../src/stream.rs"),
        include_str!("../../../../Cargo.lock"),
        include_str!("../../../../Cargo.toml"),
    ] {
        untouched(&text.replace(['«', '»'], "\""));
    }
}

#[test]
fn hashes_uuids_and_checksums_are_left_alone() {
    let mut text = String::new();
    for n in 0..2_000 {
        let hash = random(HEX, 40, n);
        let (a, b) = hash.split_at(8);
        text += &format!("commit {hash}\nindex {a}..{b}\nsha256:{}\n", random(HEX, 64, n + 9));
        text += &format!(
            "id={a}-{}-4{}-8{}-{}\n",
            &random(HEX, 4, n),
            random(HEX, 3, n),
            random(HEX, 3, n),
            random(HEX, 12, n)
        );
        text += &format!("\"integrity\": \"sha512-{}==\",\n", random(&format!("{ALNUM}+/"), 86, n));
        text +=
            &format!("etag: W/\"{}\" SHA256:{}\n", random(HEX, 32, n), random(ALNUM, 43, n).to_lowercase());
    }
    untouched(&text);
}

#[test]
fn base64_images_are_left_alone() {
    for n in 0..5 {
        let body = random(&format!("{ALNUM}+/"), 200_000, n);
        untouched(&format!("<img src=\"data:image/png;base64,iVBORw0KGgo{body}==\">"));
    }
}

#[test]
fn prose_and_docs_are_left_alone() {
    untouched(&PROSE.repeat(50));
    untouched(&RUSSIAN.repeat(50));
    untouched(
        "Set `Authorization: Bearer $TOKEN` or `Authorization: Bearer <token>`; Authorization: Bearer YOUR_API_KEY.\n\
         Basic authentication and bearer authentication differ. A bearer token-based-authentication scheme.\n\
         postgres://user:${PASSWORD}@host/db, https://{user}:{password}@host, \"{}://{}:{}@{}\".\n\
         if text.starts_with(\"-----BEGIN PRIVATE KEY-----\") { return Err(Key::Private) }\n\
         It begins with -----BEGIN RSA PRIVATE KEY----- and goes on, line after line, to the end marker.\n\
         -----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH\n-----END CERTIFICATE-----\n\
         fn authorization(&self) -> Option<HeaderValue>; authorization: HeaderValue::from_static(x),\n\
         x-api-key: process.env.ANTHROPIC_API_KEY; let api_key = std::env::var(\"KEY\")?;\n\
         sk-learn, sk-SK locale, task-ant-colony, disk-or-memory, key-value, key-board, t1.micro, t2.large\n\
         gem install xai-sdk; class=\"fw_icon hf_model sk_ button\" npm_config_cache github_pat_ AKIA eyJ\n\
         http://[::1]:8080/x@y http://a.b:80/?q=a:b@c scp://git@host:22/path mailto:a@b.c\n",
    );
}

#[test]
fn logs_are_left_alone() {
    let mut log = String::new();
    for n in 0..1_000_u64 {
        log += &format!(
            "2026-11-22T13:54:{:02}.{:03}Z INFO daemon::connection client=c{n} run=r-{} bytes={} \
             path=/home/u/.local/state/plyrum/run/plyrum.sock took={}ms url=http://127.0.0.1:{}/v1/chat\n",
            n % 60,
            n % 1000,
            random(HEX, 16, n),
            n * 977,
            n % 90,
            1024 + n
        );
    }
    untouched(&log);
}

#[test]
fn generated_texts_have_at_most_one_false_hit_in_100_kilobytes() {
    const BYTES: usize = 200_000;
    for redactor in [redactor(), redactor().for_records()] {
        for (name, text) in negatives::corpora(BYTES) {
            let out = redactor.redact(&text);
            let hits = out.matches("«redacted:").count();
            assert!(hits * 100_000 <= text.len(), "{name}: {hits} in {} bytes\n{redactor:?}", text.len());
        }
    }
}

#[test]
fn neither_redactor_takes_words_for_secrets() {
    let text = "\
        secret_manager_client_factory(project)\n\
        let token = next_token(lexer); token = next_token(lexer)?; key = keys[17];\n\
        password: String, secret: SecretString, token: Option<Token2>, pwd: u32, key: [u8; 32]\n\
        password = getpass.getpass('Password: '); password=password, passwd=os.environ['PASSWD1']\n\
        password: ${DB_PASSWORD}; password: {{ .Values.db.password1 }}; PASSWORD=$1; password=<changeme1>\n\
        password: ********\n  password=***1234; token: <TOKEN_2>; secret = self.config.v2.secret\n\
        Пароль — это 12 знаков и 2 цифры; пароль: «введите ещё раз»; токен — «ключ» на 15 минут;\n\
        пароль: введите новый пароль; Пароль: не менее 12 знаков; ключ: см. п. 17; токен: истёк в 10:45\n\
        password_min_length = 12345678; password_changed_at: 2026-03-04T05:06:07Z; pass rate: 98.7%\n\
        key: primary; sort_key=created_at_desc_nulls_last_v2; tokens: 128000; max_tokens=4096\n\
        api_key_environment_variable: OPENROUTER_API_KEY; api_key = env.ANTHROPIC_API_KEY_2\n\
        curl -u $USER:$PASSWORD https://a.b; curl -s https://a.b:8080/c | sort -u; docker run -u 1000:1000 x\n\
        curl --user-agent 'x:y' https://a.b; curl -u admin https://a.b; curl -u user:<password> https://a.b\n\
        datadog.tags: env:prod; sentry-release: my-application@2.14.0; airtable: table-of-things\n\
        algolia index name: products_by_price_desc_v2_2026; the linear key: C minor, 120 bpm\n";
    for redactor in [redactor(), redactor().for_records()] {
        assert_eq!(redactor.redact(text), text);
    }
}
