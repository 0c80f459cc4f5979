//! Whole exchanges over real sockets, against the fake provider.
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not know as such here")]

mod cassettes;
mod cost;
mod faults;
mod tls;
mod transport;
mod wires;

use std::sync::Arc;

use plyrum_fake_provider::FakeProvider;
use plyrum_providers::{
    Channel, ChatMessage, ChatRequest, Close, Endpoint, Provider, ProviderError, ProviderStream, Role,
    StreamEvent, Wire, connect,
};

const KEY: &str = "sk-fake-0123456789abcdef";

fn endpoint(base_url: &str) -> Endpoint {
    Endpoint { key: Some(KEY.into()), ..Endpoint::new("lab", Wire::OpenAiChat, base_url) }
}

fn provider(fake: &FakeProvider) -> Arc<dyn Provider> {
    connect(endpoint(&fake.base_url())).unwrap()
}

fn request() -> ChatRequest {
    ChatRequest {
        model: "fast".to_owned(),
        messages: vec![ChatMessage::text(Role::User, "Привет")],
        max_output_tokens: 100,
        temperature: None,
        stop: Vec::new(),
        attempt: "a1".to_owned(),
        seed: 0,
        tools: Vec::new(),
        ..ChatRequest::default()
    }
}

/// Everything that comes, with the promise of every stream checked: one `Closed`, last.
async fn all(mut stream: ProviderStream) -> Vec<StreamEvent> {
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.push(event);
    }
    let closed = events.iter().filter(|event| matches!(event, StreamEvent::Closed(_))).count();
    assert_eq!(closed, 1, "{events:?}");
    assert!(matches!(events.last(), Some(StreamEvent::Closed(_))), "{events:?}");
    events
}

async fn ask(endpoint: Endpoint) -> Vec<StreamEvent> {
    all(connect(endpoint).unwrap().open(request())).await
}

fn answer(events: &[StreamEvent]) -> String {
    events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Delta { channel: Channel::Answer, text } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn close(events: &[StreamEvent]) -> &Close {
    match events.last() {
        Some(StreamEvent::Closed(close)) => close,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn failure(events: &[StreamEvent]) -> &ProviderError {
    match close(events) {
        Close::Failed(error) => error,
        other => panic!("not a failure: {other:?}"),
    }
}

/// `finished`, `cut`, or the class of the failure.
fn outcome(events: &[StreamEvent]) -> &'static str {
    match close(events) {
        Close::Finished(_) => "finished",
        Close::Cut { .. } => "cut",
        Close::Failed(error) => error.class.name(),
    }
}
