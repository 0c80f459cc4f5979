//! Keys reach their own provider and nothing else: not the answer, not a file, not another request.

use crate::world::{LAB_KEY, Reply, Script, World};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use plyrum_fake_provider::{FakeProvider, OAuth, Setup};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Every file below, and what is in it.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let about = path.symlink_metadata().unwrap();
        if about.is_dir() {
            found.extend(files(&path));
        } else if about.is_file() {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

/// The ways in which a text can stand in a file: as it is, in JSON, in an address, in hex, and in base64 at each
/// alignment.
fn spellings(secret: &str) -> Vec<String> {
    let hex = secret.bytes().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    let json = serde_json::to_string(secret).unwrap();
    let mut all = vec![
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        in_address(secret),
        hex.to_uppercase(),
        hex,
    ];
    for lead in 0..3 {
        let bytes = [&vec![0; lead], secret.as_bytes()].concat();
        // The characters at both ends also depend on what stands beside.
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = engine.encode(&bytes);
            all.push(text.chars().skip(4).take(text.len() - 8).collect());
        }
    }
    all
}

fn in_address(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[track_caller]
fn is_nowhere(world: &World, secret: &str) {
    let files = files(world.home());
    assert!(files.len() > 6, "only {} files were looked at", files.len());
    for (path, bytes) in files {
        for spelling in spellings(secret) {
            let there = bytes.windows(spelling.len()).any(|window| window == spelling.as_bytes());
            assert!(!there, "{} holds the secret as {spelling}", path.display());
        }
    }
}

#[test]
fn a_key_that_a_provider_echoes_is_masked_and_never_written() {
    let world = World::new().with_env("LAB_KEY", LAB_KEY);
    let (head, tail) = LAB_KEY.split_at(9);
    let echo = Reply::sse()
        .text("Your key is ")
        .text(head)
        .text(tail)
        .text(", in base64 ")
        .text(&base64::engine::general_purpose::STANDARD.encode(LAB_KEY))
        .text(". Keep it.")
        .end(100, 10);
    let fake = world.lab_with_key(Script::new().always(echo));
    for args in [["ask", "-o", "text", "What is my key?"], ["ask", "-o", "stream-json", "What is my key?"]] {
        let out = world.plyrum(args).run();
        out.ok();
        for spelling in spellings(LAB_KEY) {
            assert!(!out.stdout.contains(&spelling) && !out.stderr.contains(&spelling), "{out}");
        }
        assert!(out.stdout.contains("redacted") && out.stdout.contains("Keep it."), "{out}");
    }
    assert_eq!(fake.requests()[0].header("authorization"), Some(format!("Bearer {LAB_KEY}").as_str()));
    is_nowhere(&world, LAB_KEY);
    world.plyrum(["daemon", "stop"]).run().ok();
    is_nowhere(&world, LAB_KEY);
}

/// A full run on every wire, from every source of keys, recorded: the server echoes the key, and the token that it lent for it.
#[test]
fn no_artefact_of_any_wire_holds_a_key_from_any_source_or_what_is_lent_for_it() {
    let world = World::new().with_env("LAB_KEY", LAB_KEY);
    let file = world.beside("key");
    fs::write(&file, LAB_KEY).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let path = file.display().to_string();
    let sources = [
        "{ env = \"LAB_KEY\" }".to_owned(),
        format!("{{ file = \"{path}\" }}"),
        format!("{{ command = [\"cat\", \"{path}\"] }}"),
    ];
    let wires = [
        ("openai-chat", "/v1"),
        ("openai-responses", "/v1"),
        ("anthropic", ""),
        ("gemini", ""),
        ("ollama", ""),
        ("openrouter", "/v1"),
        ("deepseek", ""),
        ("yandex", "/v1"),
        ("gigachat", "/v1"),
    ];
    let (head, tail) = LAB_KEY.split_at(7);
    let echo = Reply::sse().text("Your key is ").text(head).text(tail).text(". Keep it.").end(100, 10);
    let script = Script::new().always(echo);
    let mut config = String::new();
    let mut fakes = Vec::new();
    for (number, (kind, base)) in wires.iter().enumerate() {
        let fake = match *kind {
            "gigachat" => Setup::new(script.clone()).oauth(OAuth::new()).spawn(),
            _ => FakeProvider::spawn(script.clone()),
        };
        let lender =
            if *kind == "gigachat" { format!("auth_url = \"{}\"", fake.oauth_url()) } else { String::new() };
        let (origin, source) = (fake.origin(), &sources[number % sources.len()]);
        writeln!(
            config,
            "[providers.{kind}]\nkind = \"{kind}\"\nbase_url = \"{origin}{base}\"\napi_key = {source}\n{lender}\n\
             [models.\"{kind}/m\"]\nprovider = \"{kind}\"\nname = \"m\"\ncontext_tokens = 32000\n\
             price = {{ currency = \"RUB\", input = \"100\", output = \"400\" }}"
        )
        .unwrap();
        fakes.push(fake);
    }
    world.config(&config);
    let mut secrets = vec![LAB_KEY.to_owned()];
    for ((kind, _), fake) in wires.iter().zip(&fakes) {
        let tape = world.beside(&format!("{kind}.jsonl")).display().to_string();
        let args =
            ["ask", "-m", &format!("{kind}/m"), "--record", &tape, "-o", "stream-json", "What is my key?"];
        let out = world.plyrum(args).run();
        out.ok();
        let shown = fake.requests().iter().any(|request| {
            let headers = ["authorization", "x-api-key", "x-goog-api-key"].map(|name| request.header(name));
            headers.into_iter().flatten().any(|value| value.contains(LAB_KEY))
        });
        assert!(shown, "{kind}: the key did not reach its own provider");
        let lent = fake.requests().into_iter().filter_map(|request| {
            let value = request.header("authorization")?.strip_prefix("Bearer ")?.to_owned();
            (*kind == "gigachat").then_some(value)
        });
        secrets.extend(lent);
        let recorded = fs::read(&tape).unwrap();
        for spelling in spellings(LAB_KEY) {
            assert!(!out.stdout.contains(&spelling) && !out.stderr.contains(&spelling), "{kind}: {out}");
            let there = recorded.windows(spelling.len()).any(|window| window == spelling.as_bytes());
            assert!(!there, "{kind}: the cassette holds the key as {spelling}");
        }
        assert!(out.stdout.contains("Keep it."), "{kind}: {out}");
    }
    assert!(secrets.len() > 1, "no token was lent");
    world.plyrum(["daemon", "stop"]).run().ok();
    for secret in &secrets {
        is_nowhere(&world, secret);
    }
}

#[test]
fn a_key_in_a_prompt_or_a_file_is_masked_before_it_is_sent_or_written() {
    let world = World::new().with_env("LAB_KEY", LAB_KEY);
    let fake = world.lab_with_key(Script::new().always(Reply::answer("I see.", 9, 2)));
    world.file("env.txt", format!("export LAB_KEY={LAB_KEY}\n"));
    let prompt = format!("Why is my key {LAB_KEY} refused?");
    world.plyrum(["ask", "-f", "env.txt", &prompt]).stdin(format!("log: Bearer {LAB_KEY}")).run().ok();
    let body = String::from_utf8(fake.requests()[0].body.clone()).unwrap();
    assert!(!body.contains(LAB_KEY) && body.contains("redacted"), "{body}");
    is_nowhere(&world, LAB_KEY);
}

#[test]
fn a_key_in_a_providers_error_is_masked() {
    let world = World::new().with_env("LAB_KEY", LAB_KEY);
    let body = format!(r#"{{"error":{{"message":"Incorrect API key provided: {LAB_KEY}"}}}}"#);
    let _fake = world.lab_with_key(Script::new().always(Reply::error(401, &body)));
    let out = world.plyrum(["ask", "--json", "Hello there"]).run();
    out.fails_telling(3, ["Incorrect API key"]);
    assert!(!out.stderr.contains(LAB_KEY) && !out.stdout.contains(LAB_KEY), "{out}");
    is_nowhere(&world, LAB_KEY);
}

#[test]
fn a_well_known_kind_of_key_is_masked_though_nobody_configured_it() {
    let world = World::new();
    let token = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";
    world
        .plyrum(["ask", &format!("Is {token} a token?")])
        .stdin(format!("The token {token} is a token."))
        .run()
        .ok();
    is_nowhere(&world, token);
}

#[test]
fn no_command_prints_a_key() {
    let world = World::new().with_env("LAB_KEY", LAB_KEY);
    let _fake = world.lab_with_key(Script::new().always(Reply::answer("I see.", 9, 2)));
    world.plyrum(["ask", "-v", "Hello there"]).run().ok();
    let commands: [&[&str]; 8] = [
        &["config", "show"],
        &["config", "show", "--json"],
        &["doctor"],
        &["daemon", "logs"],
        &["models", "list"],
        &["transcript", "show"],
        &["audit", "tail"],
        &["explain", "last"],
    ];
    for args in commands {
        let out = world.sh(&format!("exec \"$PLYRUM\" {}", args.join(" "))).run();
        assert!(!out.ok().contains(LAB_KEY) && !out.stderr.contains(LAB_KEY), "{out}");
    }
}

#[test]
fn the_audit_notices_a_changed_byte() {
    let world = World::new();
    world.plyrum(["ask", "What is it?"]).stdin("It is a record.").run().ok();
    world.plyrum(["daemon", "stop"]).run().ok();
    let before = world.json(["audit", "verify", "--json"]);
    let (path, bytes) = files(&world.home().join("data/audit"))
        .into_iter()
        .find(|(path, _)| path.extension().is_some_and(|end| end == "jsonl"))
        .unwrap();
    for at in [bytes.len() / 3, bytes.len() / 2, bytes.len() - 2] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(&path, &changed).unwrap();
        let out = world.plyrum(["audit", "verify"]).run();
        assert!(out.code == 1 && out.stdout.contains(".jsonl:"), "byte {at}: {out}");
    }
    // Whole records gone from the end, the last booking among them: the ledger remembers how far it was.
    let text = String::from_utf8(bytes.clone()).unwrap();
    let kept = text.lines().count() - 3;
    let shorter: String = text.lines().take(kept).flat_map(|line| [line, "\n"]).collect();
    fs::write(&path, shorter).unwrap();
    assert_eq!(world.plyrum(["audit", "verify"]).run().code, 1, "a missing end is noticed");
    fs::remove_file(&path).unwrap();
    assert_eq!(world.plyrum(["audit", "verify"]).run().code, 1, "a missing file is noticed");
    fs::write(&path, &bytes).unwrap();
    assert_eq!(world.json(["audit", "verify", "--json"]), before);
    let head = before["head"].as_str().unwrap();
    world.plyrum(["audit", "verify", "--expect-head", head]).run().ok();
    assert_eq!(world.plyrum(["audit", "verify", "--expect-head", &"0".repeat(64)]).run().code, 1);
}

/// A key whose every spelling differs, said by the provider in all of them, asked about, and kept in a file.
#[test]
fn a_key_with_odd_characters_is_nowhere_in_any_spelling() {
    const ODD_KEY: &str = r#"lab/4f+9d=2c&7b"81\e6%a035d8c1"#;
    let world = World::new().with_env("LAB_KEY", ODD_KEY);
    let spelled = spellings(ODD_KEY);
    let whole = [ODD_KEY.to_owned(), STANDARD_NO_PAD.encode(ODD_KEY), URL_SAFE_NO_PAD.encode(ODD_KEY)];
    let said =
        spelled.iter().take(5).chain(&whole).fold(String::new(), |text, one| text + "Is it " + one + " ? ");
    let echo = Reply::sse().text(&said).text("That is all.").end(100, 60);
    let _fake = world.lab_with_key(Script::new().then(echo).always(Reply::error(500, &said)));
    world.file("notes.txt", &said);
    let asked = |prompt: &str| {
        let out = world
            .plyrum(["ask", "-f", "notes.txt", "-o", "stream-json", "--timeout", "20s", prompt])
            .stdin(said.clone())
            .run();
        for spelling in &spelled {
            assert!(!out.stdout.contains(spelling) && !out.stderr.contains(spelling), "{spelling}: {out}");
        }
        out
    };
    assert!(asked(&said).stdout.contains("That is all."));
    assert_ne!(asked("Once more, please").code, 0, "an error that says the key");
    is_nowhere(&world, ODD_KEY);
    world.plyrum(["daemon", "stop"]).run().ok();
    is_nowhere(&world, ODD_KEY);
}
