//! What is recorded over real sockets is played as it was: the same events, wherever the bytes are cut, and no secret in the file.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use plyrum_fake_provider::{FakeProvider, Framing, Reply, Script, Step};
use plyrum_providers::cassette::{Cassette, Ended, Pace, Replay, Tape};
use plyrum_providers::{
    Channel, ChatRequest, Close, Endpoint, Provider, StreamEvent, Timeouts, Wire, connect,
};
use plyrum_redact::{Redactor, Secret};
use tempfile::NamedTempFile;

use crate::{KEY, all, answer, close, endpoint, failure, outcome, request};

/// A shape of nobody's that the rules know.
const PLANTED: &str = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

/// Another provider's key, which codings change.
const OTHER: &str = "other/provider+key=\"77\"&more";

fn tape(path: &Path) -> Tape {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let redactor = Redactor::new([1; 32], [("other".to_owned(), Secret::from(OTHER))]);
    Tape::on(file, redactor.for_records()).unwrap()
}

/// Records what these replies come to, one request after the other.
async fn record(replies: Vec<Reply>, asked: &ChatRequest) -> (NamedTempFile, Vec<Vec<StreamEvent>>) {
    let file = NamedTempFile::new().unwrap();
    let n = replies.len();
    let fake = FakeProvider::spawn(replies.into_iter().fold(Script::new(), Script::then));
    let provider = connect(endpoint(&fake.base_url())).unwrap();
    let tape = tape(file.path());
    let mut events = Vec::new();
    for _ in 0..n {
        events.push(all(provider.open_on(asked.clone(), &tape)).await);
    }
    assert_eq!(tape.finished().await, None);
    (file, events)
}

fn replay(file: &NamedTempFile) -> Arc<dyn Provider> {
    Arc::new(Replay::new("lab", file.path(), Pace::AT_ONCE, Timeouts::default()).unwrap())
}

async fn played(provider: &dyn Provider, seed: u64) -> Vec<StreamEvent> {
    all(provider.open(ChatRequest { seed, ..request() })).await
}

fn shapes() -> Vec<(&'static str, Reply, &'static str)> {
    let mut letters = Reply::sse().framing(Framing::Chunked);
    for event in ["Привет, ", "мир! ", "€ 🦀"] {
        let json = serde_json::json!({"choices":[{"index":0,"delta":{"content":event}}]});
        for byte in format!("data: {json}\n\n").into_bytes().chunks(1) {
            letters = letters.bytes(byte);
        }
    }
    vec![
        ("text", Reply::answer("one two three", 11, 3), "finished"),
        ("letters in two pieces", letters.end(5, 6), "finished"),
        ("a call", Reply::calls(&[("c1", "read_file", r#"{"path":"a.md"}"#)], 4, 5), "finished"),
        ("reasoning", Reply::sse().reasoning("hm").text("да").end(1, 2), "finished"),
        (
            "429",
            Reply::error(429, r#"{"error":{"message":"slow"}}"#).header("retry-after", "7"),
            "rate_limited",
        ),
        ("500 with a page", Reply::error(500, "<html>oops</html>"), "server"),
        (
            "whole",
            Reply::json(r#"{"choices":[{"message":{"content":"Да"},"finish_reason":"stop"}]}"#),
            "finished",
        ),
        ("reset", Reply::sse().text("half an ans").reset(), "reset"),
        ("cut", Reply::sse().framing(Framing::Chunked).text("half").fin(), "cut"),
        ("no JSON", Reply::sse().text("a").event("{broken"), "protocol"),
        ("not UTF-8", Reply::sse().text("a").bytes(b"data: \xff\xfe\n\n"), "protocol"),
        ("no response", Reply::bare().step(Step::Fin), "reset"),
    ]
}

#[tokio::test]
async fn the_same_events_come_back_for_two_hundred_seeds() {
    for (shape, reply, end) in shapes() {
        let (file, recorded) = record(vec![reply], &request()).await;
        assert_eq!(outcome(&recorded[0]), end, "{shape}: {recorded:?}");
        let provider = replay(&file);
        for seed in 0..200 {
            assert_eq!(played(&*provider, seed).await, recorded[0], "{shape}, seed {seed}");
        }
    }
}

#[tokio::test]
async fn exchanges_of_one_key_are_played_in_order_and_then_the_last_again() {
    let replies = vec![Reply::error(503, ""), Reply::answer("first", 1, 1), Reply::answer("second", 1, 1)];
    let (file, recorded) = record(replies, &request()).await;
    let provider = replay(&file);
    for expected in [&recorded[0], &recorded[1], &recorded[2], &recorded[2]] {
        assert_eq!(&played(&*provider, 1).await, expected);
    }
}

#[tokio::test]
async fn what_was_not_recorded_is_named_beside_what_was() {
    let (file, _) = record(vec![Reply::answer("yes", 1, 1)], &request()).await;
    let provider = replay(&file);
    let events = all(provider.open(ChatRequest { model: "other".to_owned(), ..request() })).await;
    let error = failure(&events);
    assert_eq!(outcome(&events), "rejected");
    for said in ["model other", "1 messages", "at most 100 tokens", "it has fast ("] {
        assert!(error.message.contains(said), "{said}: {error}");
    }
    std::fs::write(file.path(), "something else\n").unwrap();
    let events = played(&*provider, 1).await;
    assert_eq!(outcome(&events), "config");
    assert!(failure(&events).message.contains("line 1 is no line of a cassette"), "{events:?}");
}

#[tokio::test]
async fn a_limit_that_passed_passes_again_and_what_was_hung_up_breaks_off() {
    let file = NamedTempFile::new().unwrap();
    let fake = FakeProvider::spawn(Script::new().always(Reply::sse().text("half").stall()));
    let timeouts = Timeouts { idle_bytes: std::time::Duration::from_millis(200), ..Timeouts::default() };
    let provider = connect(Endpoint { timeouts, ..endpoint(&fake.base_url()) }).unwrap();
    let tape = tape(file.path());
    let timed_out = all(provider.open_on(request(), &tape)).await;
    assert_eq!(outcome(&timed_out), "timeout");
    let mut left = provider.open_on(request(), &tape);
    while !matches!(left.next().await, Some(StreamEvent::Delta { .. })) {}
    drop(left);
    assert_eq!(tape.finished().await, None);
    let replay = replay(&file);
    assert_eq!(played(&*replay, 3).await, timed_out);
    let events = played(&*replay, 3).await;
    assert_eq!((answer(&events).as_str(), outcome(&events)), ("half", "cut"), "{events:?}");
    assert!(matches!(Cassette::read(file.path()).unwrap().exchanges[1].ended, Ended::Left));
}

#[tokio::test(start_paused = true)]
async fn recorded_waits_are_kept_at_the_recorded_pace() {
    let lines = [
        r#"{"v":1,"wire":"ollama","model":"m","key":"k"}"#,
        r#"{"us":2000000,"status":200,"headers":{}}"#,
        r#"{"us":3000000,"text":"{\"message\":{\"content\":\"a\"},\"done\":false}\n"}"#,
        r#"{"us":9000000,"text":"{\"done\":true,\"done_reason\":\"stop\"}\n"}"#,
        r#"{"us":9500000,"end":"clean"}"#,
    ];
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines.join("\n") + "\n").unwrap();
    let recorded = Cassette::read(file.path()).unwrap().exchanges.remove(0);
    for (pace, seconds) in [(Pace::AT_ONCE, 0), (Pace::AS_RECORDED, 9000), (Pace::permille(500), 4500)] {
        let start = tokio::time::Instant::now();
        let events = all(recorded.play(1, pace)).await;
        assert_eq!((answer(&events).as_str(), outcome(&events)), ("a", "finished"));
        assert_eq!(start.elapsed().as_millis(), seconds, "{pace:?}");
    }
}

/// A secret as it may stand in an answer, and what of that must then be nowhere in a file.
fn forms(secret: &str) -> Vec<(String, String)> {
    let by_byte = |write: &dyn Fn(u8) -> String| secret.bytes().map(write).collect::<String>();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let url =
        by_byte(&|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    let json = serde_json::to_string(secret).unwrap();
    let texts = [
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        url,
        by_byte(&|byte| format!("{byte:02x}")),
        by_byte(&|byte| format!("{byte:02X}")),
    ];
    let base64 = (0..3).map(|before| {
        let coded =
            base64::engine::general_purpose::STANDARD.encode(format!("{}{secret}", "x".repeat(before)));
        // The letters at both ends also depend on what stands around.
        let core = coded.get(4..coded.len() - 4).unwrap().to_owned();
        (coded, core)
    });
    texts.into_iter().map(|text| (text.clone(), text)).chain(base64).collect()
}

#[tokio::test]
async fn no_form_of_a_key_or_of_a_planted_secret_is_in_the_file() {
    let asked_forms = |secret: &str| {
        let forms = forms(secret);
        let whole =
            forms.iter().fold(Reply::sse(), |reply, (form, _)| reply.text(&format!("It is {form} .")));
        let letters = secret.split_inclusive(|c: char| c.is_ascii_digit()).fold(Reply::sse(), Reply::text);
        let head =
            Reply::answer("ok", 1, 1).header("content-type", &format!("text/event-stream; k={secret}"));
        let refused = Reply::error(
            401,
            &format!(r#"{{"error":{{"message":{}}}}}"#, serde_json::json!(format!("wrong key {secret}"))),
        )
        .header("x-request-id", secret)
        .header("set-cookie", secret)
        .header("retry-after", secret);
        let arguments = serde_json::json!({ "text": secret }).to_string();
        let call = Reply::calls(&[("c1", "write_file", &arguments)], 1, 1);
        let broken = Reply::sse().text("a").event(&format!("{{broken {secret}"));
        vec![whole.end(1, 1), letters.end(2, 2), head, refused, call, broken]
    };
    for secret in [KEY, PLANTED, OTHER] {
        let (file, recorded) = record(asked_forms(secret), &request()).await;
        let text = std::fs::read_to_string(file.path()).unwrap();
        // A planted secret that nobody holds is known by its shape alone: in another coding it has none.
        let coded = if secret == PLANTED { 2 } else { usize::MAX };
        for (_, core) in forms(secret).iter().take(coded) {
            assert!(!text.contains(core.as_str()), "{core}: {text}");
        }
        assert!(text.contains("«redacted:"), "{text}");
        assert!(!text.contains("set-cookie") && !text.contains("x-request-id"), "{text}");
        let read = Cassette::read(file.path()).unwrap();
        assert_eq!(read.exchanges.len(), recorded.len());
        for (exchange, recorded) in read.exchanges.iter().zip(&recorded) {
            let events = all(exchange.play(5, Pace::AT_ONCE)).await;
            assert_eq!(outcome(&events), outcome(recorded), "{exchange:?}");
            let told = format!("{events:?}");
            assert!(!told.contains(secret), "{told}");
        }
        let spelled = all(read.exchanges[1].play(5, Pace::AT_ONCE)).await;
        let text: String = spelled
            .iter()
            .filter_map(|event| match event {
                StreamEvent::Delta { channel: Channel::Answer, text } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert!(text.starts_with("«redacted:") && !text.contains(secret), "{text}");
        assert!(matches!(close(&spelled), Close::Finished(_)));
    }
}

#[tokio::test]
async fn a_lent_token_is_no_more_in_the_file_than_the_key_it_was_lent_for() {
    const TOKEN: &str = "lent-token-3f9a0b1c2d";
    let lender = FakeProvider::spawn(
        Script::new().always(Reply::json(&format!(r#"{{"access_token":"{TOKEN}","expires_at":1}}"#))),
    );
    let fake = FakeProvider::spawn(Script::new().always(Reply::answer(&format!("you sent {TOKEN} !"), 1, 1)));
    let file = NamedTempFile::new().unwrap();
    let lent = plyrum_providers::Lender {
        url: format!("{}/chat/completions", lender.base_url()),
        scope: "GIGACHAT_API_PERS".to_owned(),
    };
    let provider = connect(Endpoint {
        key: Some(KEY.into()),
        lender: Some(lent),
        ..Endpoint::new("giga", Wire::GigaChat, fake.base_url())
    })
    .unwrap();
    let tape = tape(file.path());
    let events = all(provider.open_on(request(), &tape)).await;
    assert_eq!(tape.finished().await, None);
    assert!(answer(&events).contains(TOKEN), "{events:?}");
    let text = std::fs::read_to_string(file.path()).unwrap();
    assert!(text.contains("«redacted:"), "{text}");
    for (_, core) in forms(TOKEN).iter().chain(&forms(KEY)) {
        assert!(!text.contains(core.as_str()), "{core}: {text}");
    }
}
