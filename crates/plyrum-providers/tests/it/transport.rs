use std::sync::Arc;
use std::time::{Duration, SystemTime};

use plyrum_fake_provider::{FakeProvider, OAuth, Reply, Script, Setup, Step};
use plyrum_providers::{
    ChatMessage, ChatRequest, Close, Endpoint, ErrorClass, Lender, ProxyOrigin, ProxyWay, Stop, StreamEvent,
    Timeouts, ToolCall, ToolSpec, Wire, connect, connect_with_clock,
};

use crate::{KEY, all, answer, ask, close, endpoint, failure, outcome, provider, request};

#[tokio::test]
async fn an_answer_arrives_as_it_is_written() {
    let fake = FakeProvider::spawn(
        Script::new().then(Reply::sse().reasoning("Хм").text("При").gate("half").text("вет").end(7, 3)),
    );
    let mut stream = provider(&fake).open(request());
    assert!(fake.requests().is_empty(), "nothing is sent before the stream is polled");
    let mut seen = Vec::new();
    while answer(&seen) != "При" {
        seen.push(stream.next().await.unwrap());
    }
    fake.release("half");
    seen.extend(all(stream).await);
    assert_eq!(seen.first(), Some(&StreamEvent::Opened));
    assert_eq!(answer(&seen), "Привет");
    assert_eq!(close(&seen), &Close::Finished(Stop::EndTurn));
    let usage = seen.iter().find_map(|event| match event {
        StreamEvent::Usage(reported) => reported.usage.clone().ok(),
        _ => None,
    });
    assert_eq!(usage.map(|usage| (usage.input, usage.output)), Some((7, 3)));
}

#[tokio::test]
async fn one_request_is_sent_with_the_key_and_the_body_that_was_counted() {
    let fake = FakeProvider::spawn(Script::new().then(Reply::answer("ok", 1, 1)));
    let mut endpoint = endpoint(&format!("{}/", fake.base_url()));
    endpoint.headers = vec![("OpenAI-Project".to_owned(), "folder".to_owned())];
    let provider = connect(endpoint).unwrap();
    let counted = provider.request_bytes(&request());
    all(provider.open(request())).await;
    let requests = fake.requests();
    assert_eq!(requests.len(), 1);
    let sent = &requests[0];
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(sent.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(sent.header("openai-project"), Some("folder"));
    assert_eq!(sent.body.len() as u64, counted);
    assert_eq!(sent.json()["stream_options"]["include_usage"], true);
}

#[tokio::test]
async fn a_key_is_shown_under_the_word_of_its_wire() {
    let fake = FakeProvider::spawn(Script::new().then(Reply::answer("ok", 1, 1)));
    let yandex = Endpoint { key: Some(KEY.into()), ..Endpoint::new("y", Wire::Yandex, fake.base_url()) };
    assert_eq!(answer(&ask(yandex).await), "ok");
    assert_eq!(fake.requests()[0].header("authorization"), Some(format!("Api-Key {KEY}").as_str()));
}

#[tokio::test]
async fn calls_arrive_and_their_results_go_back() {
    let fake = FakeProvider::spawn(
        Script::new()
            .then(Reply::calls(&[("c1", "read", r#"{"path":"a"}"#), ("c2", "now", "")], 5, 4))
            .then(Reply::answer("done", 9, 1)),
    );
    let tool = ToolSpec {
        name: "read".to_owned(),
        description: "Reads a file.".to_owned(),
        schema: Arc::new(serde_json::json!({ "type": "object" })),
    };
    let mut asked = ChatRequest { tools: vec![tool], ..request() };
    let seen = all(provider(&fake).open(asked.clone())).await;
    let calls: Vec<ToolCall> = seen
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Call(call) => Some(call.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(calls, [ToolCall::new("c1", "read", r#"{"path":"a"}"#), ToolCall::new("c2", "now", "{}")]);
    assert_eq!(close(&seen), &Close::Finished(Stop::ToolUse));

    asked.messages.push(ChatMessage::calling("", calls));
    asked.messages.push(ChatMessage::result("c1", "text"));
    let counted = provider(&fake).request_bytes(&asked);
    assert_eq!(answer(&all(provider(&fake).open(asked)).await), "done");
    let requests = fake.requests();
    let [first, second] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    assert_eq!(first.json()["tools"][0]["function"]["name"], "read");
    assert_eq!(second.json()["messages"][1]["tool_calls"][1]["function"]["arguments"], "{}");
    assert_eq!(second.json()["messages"][2]["tool_call_id"], "c1");
    assert_eq!(second.body.len() as u64, counted);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let fake = FakeProvider::spawn(Script::new().always(Reply::answer("ok then", 1, 1)));
    let provider = provider(&fake);
    for n in 1..=20 {
        all(provider.open(request())).await;
        // Waiting on another thread gives the connection a turn to see its end of the body.
        fake.wait_for_requests(n).await;
    }
    assert!(fake.connections() <= 10, "{} connections for 20 requests", fake.connections());
}

#[tokio::test]
async fn dropping_the_stream_hangs_up_in_the_middle_of_an_answer() {
    let fake = FakeProvider::spawn(Script::new().then(Reply::sse().text("half").stall()));
    let mut stream = provider(&fake).open(request());
    stream.next().await;
    stream.next().await;
    assert_eq!(fake.hangups(), 0);
    drop(stream);
    fake.wait_for_hangups(1).await;
}

#[tokio::test]
async fn dropping_the_stream_hangs_up_before_the_headers() {
    let fake = FakeProvider::spawn(Script::new().then(Reply::sse().first(Step::Stall)));
    let mut stream = provider(&fake).open(request());
    tokio::select! {
        event = stream.next() => panic!("{event:?}"),
        _ = fake.wait_for_requests(1) => {}
    }
    drop(stream);
    fake.wait_for_hangups(1).await;
}

#[tokio::test]
async fn a_limit_that_passes_hangs_up_and_says_which() {
    let short = Duration::from_millis(60);
    for (limit, reply, timeouts) in [
        ("headers", Reply::sse().first(Step::Stall), Timeouts { headers: short, ..Timeouts::default() }),
        (
            "first_event",
            Reply::sse().comment("hi").stall(),
            Timeouts { first_event: short, ..Timeouts::default() },
        ),
        (
            "idle_bytes",
            Reply::sse().text("a").body("data: {").stall(),
            Timeouts { idle_bytes: short, ..Timeouts::default() },
        ),
        (
            "idle_events",
            Reply::sse().text("a").stall(),
            Timeouts { idle_events: short, ..Timeouts::default() },
        ),
        ("total", Reply::sse().text("a").stall(), Timeouts { total: short, ..Timeouts::default() }),
    ] {
        let fake = FakeProvider::spawn(Script::new().then(reply));
        let events = ask(Endpoint { timeouts, ..endpoint(&fake.base_url()) }).await;
        let error = failure(&events);
        assert_eq!(error.class, ErrorClass::Timeout, "{limit}: {error}");
        assert!(error.message.contains(&format!("limit `{limit}`")), "{limit}: {error}");
        assert_eq!(error.limit.map(plyrum_providers::Limit::name), Some(limit));
        fake.wait_for_hangups(1).await;
    }
}

#[tokio::test]
async fn a_handshake_that_is_never_answered_meets_the_connect_limit() {
    let fake = FakeProvider::spawn(Script::new());
    let timeouts = Timeouts { connect: Duration::from_millis(60), ..Timeouts::default() };
    let url = format!("https://{}/v1", fake.address());
    let events = ask(Endpoint { timeouts, ..endpoint(&url) }).await;
    let error = failure(&events);
    assert_eq!(error.class, ErrorClass::Connect, "{error}");
    assert!(error.message.contains("limit `connect`"), "{error}");
}

#[tokio::test]
async fn a_key_never_appears_in_a_message() {
    let quoted =
        format!(r#"{{"error":{{"message":"Incorrect API key provided: {KEY}, header folder-secret"}}}}"#);
    let in_stream = Reply::sse().text("a").event(&quoted);
    for reply in [Reply::error(401, &quoted), in_stream, Reply::error(500, KEY), Reply::json(&quoted)] {
        let fake = FakeProvider::spawn(Script::new().then(reply));
        let mut endpoint = endpoint(&fake.base_url());
        endpoint.headers = vec![("x-folder".to_owned(), "folder-secret".to_owned())];
        let provider = connect(endpoint).unwrap();
        let shown = format!("{:?} {provider:?}", all(provider.open(request())).await);
        assert!(!shown.contains(KEY) && !shown.contains("folder-secret"), "{shown}");
        assert!(shown.contains("redacted"), "{shown}");
    }
}

#[tokio::test]
async fn the_wait_a_provider_asks_for_is_handed_on() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let clock = || SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 5);
    for (name, value, expected) in [
        ("retry-after", "3", Some(3000)),
        ("retry-after-ms", "250", Some(250)),
        ("retry-after", date, Some(5000)),
        ("retry-after", "-3", None),
        ("retry-after", "NaN", None),
        ("retry-after", "999999999", None),
    ] {
        let fake = FakeProvider::spawn(Script::new().then(Reply::error(429, "{}").header(name, value)));
        let provider = connect_with_clock(endpoint(&fake.base_url()), clock).unwrap();
        let events = all(provider.open(request())).await;
        assert_eq!(outcome(&events), "rate_limited");
        assert_eq!(failure(&events).retry_after_ms, expected, "{name}: {value}");
        assert_eq!(fake.requests().len(), 1, "nothing is repeated here");
    }
}

#[tokio::test]
async fn a_redirect_is_refused_and_the_key_does_not_follow() {
    let elsewhere = FakeProvider::spawn(Script::new());
    let to = format!("{}/chat/completions", elsewhere.base_url());
    for status in [301, 302, 307, 308] {
        let fake = FakeProvider::spawn(Script::new().then(Reply::error(status, "").header("location", &to)));
        let events = ask(endpoint(&fake.base_url())).await;
        assert_eq!(outcome(&events), "redirected");
        assert!(failure(&events).message.contains(&to), "{}", failure(&events));
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn an_endpoint_that_makes_no_sense_is_refused_at_once_and_without_its_secrets() {
    let with = |change: fn(&mut Endpoint)| {
        let mut endpoint = endpoint("http://127.0.0.1:1/v1");
        change(&mut endpoint);
        connect(endpoint).err()
    };
    assert_eq!(with(|_| {}), None);
    let wrong: [fn(&mut Endpoint); 9] = [
        |e| e.base_url = "not a url".to_owned(),
        |e| e.base_url = "ftp://host/v1".to_owned(),
        |e| e.base_url = "http://me:hunter22@host/v1".to_owned(),
        |e| e.base_url = "http://host/v1?key=hunter22".to_owned(),
        |e| e.headers = vec![("bad name".to_owned(), "x".to_owned())],
        |e| e.headers = vec![("x-key".to_owned(), "hunter22\r\nevil: 1".to_owned())],
        |e| e.key = Some("hunter22\n".into()),
        |e| e.proxy = Some("socks9://me:hunter22@host".to_owned()),
        |e| e.ca_file = Some("/nonexistent/ca.pem".into()),
    ];
    for (number, change) in wrong.into_iter().enumerate() {
        let error = with(change).unwrap_or_else(|| panic!("{number} was accepted"));
        assert_eq!(error.class, ErrorClass::Config, "{error}");
        assert!(error.message.contains("provider `lab`") && !error.message.contains("hunter22"), "{error}");
    }
}

#[test]
fn debug_output_of_an_endpoint_holds_no_secret() {
    let mut endpoint = endpoint("http://127.0.0.1:1/v1");
    endpoint.headers = vec![("x-key".to_owned(), "hunter22".to_owned())];
    endpoint.proxy = Some("http://me:hunter33@host".to_owned());
    let shown = format!("{endpoint:?}");
    assert!(!shown.contains("hunter") && !shown.contains(KEY) && shown.contains("x-key"), "{shown}");
}

#[test]
fn the_way_to_a_provider_names_proxy_and_certificates_and_nothing_secret() {
    let ca_file = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tls/ca.pem");
    let way = |base_url: &str, proxy: Option<&str>| {
        let proxy = proxy.map(str::to_owned);
        let endpoint = Endpoint { proxy, ca_file: Some(ca_file.clone()), ..endpoint(base_url) };
        connect(endpoint).unwrap().way()
    };
    for (proxy, address) in [
        ("http://me:hunter22@proxy.lan:3128", "proxy.lan:3128"),
        ("http://proxy.lan", "proxy.lan:80"),
        ("https://me@[::1]:8443/path?hunter22", "[::1]:8443"),
    ] {
        let way = way("https://lab.example/v1", Some(proxy));
        let expected = ProxyWay { address: address.to_owned(), origin: ProxyOrigin::Configuration };
        assert_eq!(way.proxy, Some(expected));
        assert!(way.ca_files.contains(&ca_file), "{way:?}");
    }
    assert_eq!(way("http://127.0.0.1:1/v1", None).proxy, None, "loopback goes straight, whatever is set");
}

#[tokio::test]
async fn a_model_that_thinks_has_a_limit_of_its_own_for_its_first_text() {
    let short = Duration::from_millis(60);
    let timeouts = Timeouts { first_thought: short, ..Timeouts::default() };
    let fake = FakeProvider::spawn(Script::new().then(Reply::sse().comment("hi").stall()));
    let endpoint = Endpoint { timeouts, ..endpoint(&fake.base_url()) };
    let events = all(connect(endpoint).unwrap().open(ChatRequest { thinks: true, ..request() })).await;
    assert!(failure(&events).message.contains("limit `first_event`"), "{events:?}");
}

#[tokio::test]
async fn every_wire_lists_its_models_and_shows_its_key_as_it_does_at_an_answer() {
    for wire in Wire::ALL.iter().copied() {
        let fake = Setup::new(Script::new()).models(&["b", "a"]).oauth(OAuth::new()).spawn();
        let base_url = fake.base_url();
        let base_url = match wire {
            Wire::Anthropic | Wire::Gemini | Wire::Ollama => base_url.trim_end_matches("/v1").to_owned(),
            _ => base_url,
        };
        let lender = (wire == Wire::GigaChat)
            .then(|| Lender { url: fake.oauth_url(), scope: "GIGACHAT_API_PERS".to_owned() });
        let asked = Endpoint { key: Some(KEY.into()), lender, ..Endpoint::new("lab", wire, base_url) };
        let listed = connect(asked).unwrap().list().await.unwrap();
        let names: Vec<&str> = listed.iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["a", "b"], "{wire:?}");
        let told = fake.requests();
        let shown = |request: &plyrum_fake_provider::Request| {
            ["authorization", "x-api-key", "x-goog-api-key"].iter().any(|name| request.header(name).is_some())
        };
        assert!(told.iter().all(shown), "{wire:?}: {told:?}");
        assert!(told.iter().all(|request| !request.path.contains(KEY)), "{wire:?}: {told:?}");
    }
}

#[tokio::test]
async fn a_list_that_there_is_not_is_told_and_asked_for_once() {
    let fake = FakeProvider::spawn(Script::new());
    let error = provider(&fake).list().await.unwrap_err();
    assert_eq!((error.class, error.status), (ErrorClass::Rejected, Some(404)), "{error}");
    assert!(!error.message.contains(KEY), "{error}");
    assert_eq!(fake.requests().len(), 1);
}
