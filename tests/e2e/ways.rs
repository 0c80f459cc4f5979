//! What happens to a request on its way, and that people are told: queues, waits that a provider asks for, providers that
//! rest, limits that pass, proxies and certificates.

use crate::world::{FakeProvider, Reply, Script, World, eventually, lab_config};
use plyrum_fake_provider::Setup;
use serde_json::Value;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const CERTIFICATE: &str = include_str!("tls/certificate.pem");
const KEY: &str = include_str!("tls/key.pem");

fn lab_row(world: &World) -> Value {
    let rows = world.json(["providers", "list", "--json"]);
    rows.as_array().unwrap().iter().find(|row| row["provider"] == "lab").unwrap().clone()
}

fn frames(world: &World, run: &str) -> Vec<Value> {
    let out = world.plyrum(["runs", "attach", run, "-o", "stream-json"]).run();
    out.ok();
    out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn frame(frames: &[Value], kind: &str) -> Value {
    frames
        .iter()
        .find(|frame| frame["type"] == kind)
        .unwrap_or_else(|| panic!("no {kind}: {frames:#?}"))
        .clone()
}

#[test]
fn the_second_of_two_prompts_waits_for_the_providers_one_place_and_everybody_is_told() {
    let world = World::new();
    let script = Script::new()
        .then(Reply::sse().text("One").gate("held").text(" moment.").end(9, 4))
        .then(Reply::answer("Here I am.", 9, 4));
    let fake = FakeProvider::spawn(script);
    world.config(&lab_config(&fake.base_url(), "max_concurrency = 1", ""));
    let first = world.plyrum(["ask", "--no-stdin", "Hello?"]).start();
    fake.wait_at_gate_blocking("held");
    let second = world.plyrum(["ask", "--no-stdin", "Hello again?"]).start();
    second.wait_for_note("waiting for a free place: 1 request runs at lab, which is its limit");
    let row = lab_row(&world);
    assert_eq!((&row["running"], &row["waiting"], &row["limit"]), (&1.into(), &1.into(), &1.into()));
    let listed = world.plyrum(["providers", "list"]).run();
    assert!(listed.stdout.contains("1 of 1 requests running, 1 waiting"), "{listed}");
    assert_eq!(fake.requests().len(), 1, "what waits is not sent");
    fake.release("held");
    first.finish().answers("One moment.");
    second.finish().answers("Here I am.");
    let told = frames(&world, "last");
    assert_eq!(frame(&told, "attempt.queued")["provider"], "lab");
    let waited = frame(&told, "attempt.admitted")["queued_ms"].as_u64().unwrap();
    let finished = frame(&told, "attempt.finished");
    assert_eq!(finished["queued_ms"], waited);
    let explained = world.json(["explain", "last", "--json"]);
    let attempt = &explained["attempts"][0];
    assert_eq!(attempt["queued_ms"], waited);
    let own = attempt["ms"].as_u64().unwrap();
    assert_eq!(own, finished["ms"].as_u64().unwrap());
    assert!(explained["attempts"][0]["ttft_ms"].as_u64().unwrap() <= own, "{attempt}");
    let text = world.plyrum(["explain", "last"]).run();
    assert!(text.stdout.contains("for a free place of lab: no other figure counts that"), "{text}");
    assert_eq!(lab_row(&world)["waiting"], Value::Null);
    world.is_sound();
}

#[test]
fn a_prompt_that_is_given_up_in_the_queue_is_never_sent_and_costs_nothing() {
    let world = World::new();
    let script = Script::new().always(Reply::sse().text("One").gate("held").text(" moment.").end(9, 4));
    let fake = FakeProvider::spawn(script);
    world.config(&lab_config(&fake.base_url(), "max_concurrency = 1", ""));
    let first = world.plyrum(["ask", "--no-stdin", "Hello?"]).start();
    fake.wait_at_gate_blocking("held");
    let second = world.plyrum(["ask", "--no-stdin", "Hello again?"]).start();
    second.wait_for_note("waiting for a free place");
    second.signal(nix::sys::signal::Signal::SIGINT);
    assert_eq!(second.finish().code, 130);
    let explained = world.json(["explain", "last", "--json"]);
    assert_eq!(explained["cost_micro_rub"], 0);
    assert!(explained["attempts"][0]["queued_ms"].is_u64(), "{explained}");
    fake.release("held");
    first.finish().ok();
    assert_eq!(fake.requests().len(), 1);
    world.is_sound();
}

#[test]
fn a_wait_that_the_provider_asks_for_is_told_as_its_wish_also_when_the_session_is_gone() {
    let world = World::new();
    let busy = Reply::error(429, r#"{"error":{"message":"slow down"}}"#).header("retry-after", "1");
    let _fake = world.lab(Script::new().then(busy).then(Reply::answer("Here I am.", 9, 4)));
    let out = world.plyrum(["ask", "--no-stdin", "Hello?"]).run();
    out.answers("Here I am.");
    assert!(out.stderr.contains("asking again in 1.0 s, as the provider asked (Retry-After)"), "{out}");
    let retried = frame(&frames(&world, "last"), "attempt.retried");
    assert_eq!((&retried["after_ms"], &retried["is_retry_after"]), (&1000.into(), &true.into()));
    assert_eq!(retried["failure"], serde_json::json!({"class": "rate_limited", "status": 429}));
    let explains = |world: &World| {
        let explained = world.json(["explain", "last", "--json"]);
        let attempts = &explained["attempts"];
        assert_eq!(attempts[0]["failure"]["status"], 429, "{explained}");
        assert_eq!(attempts[1]["retry"]["after_ms"], 1000);
        assert_eq!(attempts[1]["retry"]["is_retry_after"], true);
        let text = world.plyrum(["explain", "last"]).run();
        assert!(
            text.stdout.contains("asked again after 1.0 s, as the provider asked (Retry-After)"),
            "{text}"
        );
        assert!(text.stdout.contains("slow down"), "{text}");
    };
    explains(&world);
    let session = world.json(["runs", "show", "last", "--json"])["session"].as_str().unwrap().to_owned();
    eventually("the record is written", || {
        world
            .plyrum(["audit", "search", "--kind", "attempt.retried"])
            .run()
            .stdout
            .contains("attempt.retried")
    });
    world.plyrum(["sessions", "delete", &session, "--yes"]).run().ok();
    explains(&world);
}

#[test]
fn a_provider_that_failed_five_times_rests_and_who_comes_next_is_told_until_when() {
    let world = World::new();
    let broken = Reply::error(503, r#"{"error":{"message":"down"}}"#).header("retry-after-ms", "0");
    let fake = FakeProvider::spawn(Script::new().always(broken));
    let other = FakeProvider::spawn(Script::new().always(Reply::answer("In its place.", 9, 4)));
    let config = lab_config(&fake.base_url(), "", "");
    world.config(&config);
    world.plyrum(["ask", "--no-stdin", "Hello?"]).run().fails_telling(4, ["down"]);
    let out = world.plyrum(["ask", "--no-stdin", "Hello?"]).run();
    out.fails_telling(4, ["lab failed 5 times in a row"]);
    assert!(
        out.stderr.contains("lab is not asked until") && out.stderr.contains("5 failures in a row"),
        "{out}"
    );
    assert_eq!(fake.requests().len(), 5);
    let rests = frame(&frames(&world, "last"), "provider.resting");
    assert_eq!((&rests["provider"], &rests["failures"]), (&"lab".into(), &5.into()));
    let text = world.plyrum(["explain", "last"]).run();
    assert!(text.stdout.contains("after it lab was not asked until"), "{text}");
    let row = lab_row(&world);
    assert_eq!((&row["ready"], &row["resting_until"]), (&false.into(), &rests["until"]));
    // Named, it is refused at once; nothing is sent or held.
    let refused = world.plyrum(["ask", "--no-stdin", "-m", "lab/fast", "Hello?"]).run();
    refused.fails_telling(4, ["lab failed 5 times in a row and is not asked for", "providers list"]);
    assert_eq!(fake.requests().len(), 5);
    // Not named, another one is asked, and the plan says who was passed over, and until when.
    let second = format!(
        r#"
[providers.spare]
kind = "openai-chat"
base_url = "{}"

[models."spare/slow"]
provider = "spare"
name = "slow-1"
context_tokens = 128000
tools = false
max_output_tokens = 1000
price = {{ currency = "USD", input = "3.00", output = "15.00" }}
"#,
        other.base_url()
    );
    world.config(&(config.replace("model = \"lab/fast\"", "model = \"auto\"") + &second));
    let plan = world.json(["ask", "--no-stdin", "--dry-run", "--json", "Hello?"]);
    assert_eq!(plan["steps"][0]["model"], "spare/slow", "{plan}");
    assert_eq!(plan["resting"][0]["model"], "lab/fast");
    assert_eq!(plan["resting"][0]["resting_until"], rests["until"]);
    let shown = world.plyrum(["ask", "--no-stdin", "--dry-run", "Hello?"]).run();
    assert!(shown.stdout.contains("lab/fast is not asked: its provider failed too often"), "{shown}");
    let answered = world.plyrum(["ask", "--no-stdin", "Hello?"]).run();
    answered.answers("In its place.");
    assert!(answered.stderr.contains("lab/fast is not asked: its provider failed too often"), "{answered}");
    let text = world.plyrum(["explain", "last"]).run();
    assert!(text.stdout.contains("lab/fast was not asked: its provider had failed too often"), "{text}");
    // Named with a fallback, the run goes on and tells who answers in its place.
    let with_fallback = "provider = \"lab\"\nfallback = [\"spare/slow\"]";
    world.config(&(config.replace("provider = \"lab\"", with_fallback) + &second));
    let answered = world.plyrum(["ask", "--no-stdin", "Hello?"]).run();
    answered.answers("In its place.");
    assert!(
        answered.stderr.contains("asking spare/slow instead of lab/fast: lab failed 5 times"),
        "{answered}"
    );
    world.is_sound();
}

#[test]
fn the_limit_that_passed_is_told_by_its_name() {
    let world = World::new();
    let fake = FakeProvider::spawn(Script::new().always(Reply::bare().stall()));
    world.config(&lab_config(&fake.base_url(), "timeouts = { headers = 1 }", ""));
    world.plyrum(["ask", "--no-stdin", "Hello?"]).run().fails_telling(4, ["limit `headers`"]);
    let finished = frame(&frames(&world, "last"), "attempt.finished");
    assert_eq!(finished["failure"], serde_json::json!({"class": "timeout", "limit": "headers"}));
    let explained = world.json(["explain", "last", "--json"]);
    assert_eq!(explained["attempts"][0]["failure"]["limit"], "headers");
    let text = world.plyrum(["explain", "last"]).run();
    assert!(text.stdout.contains("no response headers within 1 s (limit `headers`)"), "{text}");
}

#[test]
fn who_attaches_to_a_run_with_a_schema_is_shown_what_fits_and_not_what_was_replaced() {
    let world = World::new();
    let script = Script::new()
        .then(Reply::sse().text("{\"n\": ").gate("held").text("\"many\"}").end(9, 4))
        .then(Reply::answer("{\"n\": 3}", 9, 4));
    let fake = world.lab(script);
    let schema = world.file("s.json", r#"{"type":"object","properties":{"n":{"type":"integer"}}}"#);
    let asked = world.plyrum(["ask", "--no-stdin", "--schema", schema, "How many?"]).start();
    fake.wait_at_gate_blocking("held");
    let attached = world.plyrum(["runs", "attach", "last", "-o", "text"]).start();
    let as_json = world.plyrum(["runs", "attach", "last", "-o", "json"]).start();
    fake.release("held");
    asked.finish().answers("{\"n\": 3}");
    attached.finish().answers("{\"n\": 3}");
    assert_eq!(as_json.finish().json()["structured"]["n"], 3);
}

/// A proxy that speaks CONNECT and leads everything to one server, wherever it was to go.
struct Tunnel {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tunnel {
    fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                std::thread::spawn(move || serve(client, server, &log));
            }
        });
        Self { address, asked }
    }

    /// What it was asked for, a head each.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(client: TcpStream, server: SocketAddr, log: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    while reader.read_line(&mut head)? > 2 {}
    log.lock().unwrap().push(head);
    let mut server = TcpStream::connect(server)?;
    let (mut back, mut to_client) = (server.try_clone()?, client);
    to_client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    std::thread::spawn(move || io::copy(&mut back, &mut to_client));
    io::copy(&mut reader.by_ref(), &mut server).map(drop)
}

#[test]
fn certificates_that_ssl_cert_file_names_are_trusted_and_shown() {
    let fake = Setup::new(Script::new().always(Reply::answer("Sealed.", 9, 4))).tls(CERTIFICATE, KEY).spawn();
    let base_url = format!("https://{}/v1", fake.address());
    let stranger = World::new();
    stranger.config(&lab_config(&base_url, "", ""));
    stranger.plyrum(["ask", "--no-stdin", "Hello?"]).run().fails_telling(4, ["UnknownIssuer"]);
    let world = World::new();
    let file = world.beside("ca.pem").display().to_string();
    std::fs::write(&file, CERTIFICATE).unwrap();
    let world = world.with_env("SSL_CERT_FILE", &file);
    world.config(&lab_config(&base_url, "", ""));
    world.plyrum(["ask", "--no-stdin", "Hello?"]).run().answers("Sealed.");
    assert_eq!(lab_row(&world)["ca_files"], serde_json::json!([file]));
}

#[test]
fn a_proxy_of_the_environment_is_taken_no_proxy_is_heeded_and_no_password_is_shown() {
    let fake = Setup::new(Script::new().always(Reply::answer("By another way.", 9, 4)))
        .models(&["fast-1"])
        .tls(CERTIFICATE, KEY)
        .spawn();
    let tunnel = Tunnel::to(fake.address());
    let proxy = format!("http://me:pr0xy-s3cret@{}", tunnel.address);
    let with = |url: &str, no_proxy: &str| {
        let world = World::new();
        let file = world.beside("ca.pem").display().to_string();
        std::fs::write(&file, CERTIFICATE).unwrap();
        let world = world.with_env("HTTPS_PROXY", &proxy).with_env("NO_PROXY", no_proxy);
        world.config(&lab_config(url, &format!("ca_file = \"{file}\""), ""));
        (world, file)
    };
    let (world, file) = with("https://provider.invalid/v1", "example.org");
    world.plyrum(["ask", "--no-stdin", "Hello?"]).run().answers("By another way.");
    let asked = tunnel.asked();
    assert!(asked[0].starts_with("CONNECT provider.invalid:443"), "{asked:?}");
    assert!(asked[0].to_lowercase().contains("proxy-authorization: basic"), "{asked:?}");
    let address = tunnel.address.to_string();
    let expected = serde_json::json!({"address": address, "origin": "environment"});
    let row = lab_row(&world);
    assert_eq!((&row["proxy"], &row["ca_files"]), (&expected, &serde_json::json!([file])));
    for out in [
        world.plyrum(["providers", "list"]).run(),
        world.plyrum(["providers", "list", "--json"]).run(),
        world.plyrum(["providers", "test", "lab"]).run(),
    ] {
        assert!(out.stdout.contains(&address) && !out.stdout.contains("s3cret"), "{out}");
    }
    assert!(!world.log().contains("s3cret"));
    let before = tunnel.asked().len();
    let (world, _) = with(&format!("https://0.0.0.0:{}/v1", fake.address().port()), "0.0.0.0");
    world.plyrum(["ask", "--no-stdin", "Hello?"]).run().answers("By another way.");
    assert_eq!((tunnel.asked().len(), &lab_row(&world)["proxy"]), (before, &Value::Null));
    let (world, _) = with(&format!("https://0.0.0.0:{}/v1", fake.address().port()), "example.org");
    world.plyrum(["ask", "--no-stdin", "Hello?"]).run().answers("By another way.");
    assert!(tunnel.asked().len() > before, "without NO_PROXY it is asked by the proxy");
}
