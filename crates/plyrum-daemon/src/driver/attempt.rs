//! One attempt's stream: marked as sent, opened, redacted, and turned into inputs.

use super::convert;
use crate::clock;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::lanes::Rest;
use crate::recording::Recording;
use plyrum_engine::{AttemptEnd, Input, OpenAttempt};
use plyrum_protocol::{AttemptId, Channel};
use plyrum_providers::{ChatRequest, StreamEvent};
use plyrum_redact::{RedactStream, Redactor};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How often the count of received bytes is written down, so that a crash can be charged fairly.
const NOTE_EVERY: Duration = Duration::from_secs(1);

/// Streams one attempt to its end. Dropping the future hangs up.
pub(super) async fn stream(
    daemon: Arc<Daemon>,
    context: Arc<Context>,
    recording: Option<Arc<Recording>>,
    open: OpenAttempt,
    inputs: mpsc::Sender<Input>,
) {
    let attempt = open.attempt.clone();
    let mut pump = Pump::new(daemon, inputs, attempt.clone(), &context.redactor);
    let Some(entry) = context.registry.get(&open.provider) else {
        return pump.end(AttemptEnd::NotSent(not_configured(&open.provider))).await;
    };
    let provider = match &entry.provider {
        Ok(provider) => Arc::clone(provider),
        Err(why) => return pump.send(convert::unusable(&attempt, &open.provider, why)).await,
    };
    let lane = pump.daemon.lanes.lane(&open.provider, entry.limit);
    let mut asking = match lane.enter(async |limit| pump.queued(limit).await).await {
        Ok(asking) => asking,
        Err(fault) => return pump.end(AttemptEnd::NotSent(fault)).await,
    };
    if asking.waited || asking.is_probe {
        pump.send(Input::Admitted { attempt: attempt.clone(), is_probe: asking.is_probe }).await;
    }
    // Before a byte of the request goes out: after a crash, `sent` means that it may have to be paid. What goes out is put
    // together meanwhile.
    let sent = convert::sent(&open.request);
    let marking = pump.daemon.ledger.mark_sent_of(attempt.as_str(), clock::now().millis(), sent);
    let (marked, request) = tokio::join!(marking, async { request(&context, open) });
    if let Err(e) = marked {
        return pump.end(AttemptEnd::NotSent(convert::storage(&e))).await;
    }
    let mut events = match &recording {
        Some(recording) => provider.open_on(request, &recording.tape),
        None => provider.open(request),
    };
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = pump.note_is_due() => {
                pump.note();
                continue;
            }
        };
        let Some(event) = event else { return };
        match event {
            StreamEvent::Opened => pump.send(Input::Opened { attempt: attempt.clone() }).await,
            StreamEvent::Delta { channel, text } => pump.text(convert::channel(channel), &text).await,
            StreamEvent::Usage(report) => {
                let report = convert::usage(report, |text| context.redactor.redact(text).into_owned());
                pump.send(Input::Usage { attempt: attempt.clone(), report }).await;
            }
            StreamEvent::Thought(thought) => {
                // It goes back as it came or not at all: changed, its signature would not fit.
                if let Some(thought) = convert::thought(&thought, &context.redactor) {
                    pump.send(Input::Thought { attempt: attempt.clone(), thought }).await;
                }
            }
            StreamEvent::Call(call) => {
                let call = convert::call(call, &context.redactor);
                pump.send(Input::Call { attempt: attempt.clone(), call }).await;
            }
            StreamEvent::Closed(close) => {
                if let Some(Rest { failures, until }) = asking.ended(&close) {
                    let attempt = attempt.clone();
                    pump.send(Input::ProviderRests { attempt, failures, until }).await;
                }
                let redactor = context.redactor.clone();
                let end = convert::end(close, |text| redactor.redact(text).into_owned());
                pump.flush().await;
                return pump.end(end).await;
            }
        }
    }
}

/// An attempt's request in the provider's words.
fn request(context: &Context, open: OpenAttempt) -> ChatRequest {
    let model = context.catalog.model(&open.model);
    let wire_name = model.map_or_else(|| open.model.clone(), |m| m.name.clone());
    let context_tokens = model.map(|model| model.context_tokens);
    let thinks = model.is_some_and(|model| model.reasoning);
    let request = convert::request(open, &wire_name);
    // A model that does not think refuses to be told how long to.
    let effort = request.effort.filter(|_| thinks);
    ChatRequest { context_tokens, thinks, effort, ..request }
}

fn not_configured(provider: &str) -> plyrum_protocol::Fault {
    plyrum_protocol::Fault::new(
        plyrum_protocol::ErrorKind::Config,
        format!("provider {provider} is not configured any more"),
    )
}

/// Redacts an attempt's text channel by channel and passes it on.
struct Pump {
    daemon: Arc<Daemon>,
    inputs: mpsc::Sender<Input>,
    attempt: AttemptId,
    channels: [(Channel, Option<RedactStream>); 3],
    received: u64,
    /// What of it was written down last, and when.
    noted: u64,
    noted_at: Instant,
}

impl Pump {
    fn new(
        daemon: Arc<Daemon>,
        inputs: mpsc::Sender<Input>,
        attempt: AttemptId,
        redactor: &Redactor,
    ) -> Self {
        let channels =
            [Channel::Answer, Channel::Reasoning, Channel::ToolArgs].map(|c| (c, Some(redactor.stream())));
        Self { daemon, inputs, attempt, channels, received: 0, noted: 0, noted_at: Instant::now() }
    }

    /// A run that is over does not listen any more, which is no error.
    async fn send(&self, input: Input) {
        let _run_is_over = self.inputs.send(input).await;
    }

    async fn queued(&self, limit: u32) {
        self.send(Input::Queued { attempt: self.attempt.clone(), limit }).await;
    }

    async fn text(&mut self, channel: Channel, text: &str) {
        self.received += text.len() as u64;
        let stream = self.channels.iter_mut().find(|(c, _)| *c == channel);
        let text = stream
            .and_then(|(_, redact)| redact.as_mut())
            .map(|redact| redact.push(text))
            .unwrap_or_default();
        self.pass(channel, text).await;
        if self.noted_at.elapsed() >= NOTE_EVERY {
            self.note();
        }
    }

    /// Ends when there is something to note and it is time to: a provider that says a lot and then nothing
    /// is noted too.
    async fn note_is_due(&self) {
        if self.received == self.noted {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep_until(self.noted_at + NOTE_EVERY).await;
    }

    fn note(&mut self) {
        (self.noted_at, self.noted) = (Instant::now(), self.received);
        let (daemon, attempt, bytes) = (Arc::clone(&self.daemon), self.attempt.clone(), self.received);
        tokio::spawn(async move {
            if let Err(e) = daemon.ledger.note_received(attempt.as_str(), bytes).await {
                crate::log::line(&format!("attempt {attempt}: its byte count cannot be noted: {e}"));
            }
        });
    }

    async fn pass(&self, channel: Channel, text: String) {
        if !text.is_empty() {
            self.send(Input::Delta { attempt: self.attempt.clone(), channel, text }).await;
        }
    }

    /// What the redactor still holds back.
    async fn flush(&mut self) {
        let held = self.channels.each_mut().map(|(channel, stream)| (*channel, stream.take()));
        for (channel, stream) in held {
            self.pass(channel, stream.map(RedactStream::finish).unwrap_or_default()).await;
        }
    }

    async fn end(&self, end: AttemptEnd) {
        self.send(Input::Closed { attempt: self.attempt.clone(), end }).await;
    }
}
