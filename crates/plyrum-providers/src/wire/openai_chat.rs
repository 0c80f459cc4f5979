//! `openai-chat`: `POST {base}/chat/completions`, server-sent chunks, `[DONE]`.
//!
//! Many servers speak it and each a little differently, so reading is lenient where nothing is at stake
//! (unknown fields, missing `[DONE]`, JSON instead of a stream) and strict where money or text is (usage that
//! contradicts itself, bytes that are not UTF-8, chunks that are not JSON, a `[DONE]` that no
//! `finish_reason` came before). Calls of tools are told whole when the answer has ended well; `calls` knows how
//! servers send them.

mod calls;
mod chunk;
mod failure;
mod request;
#[cfg(test)]
mod tests;
mod usage;

use std::collections::VecDeque;

pub(crate) use failure::refusal;
pub(crate) use request::{body, body_bytes};

use calls::Calls;
use chunk::{Choice, Chunk, Piece, Said, Whole};

use super::{Decode, End, Progress};
use crate::call_ids::CallIds;
use crate::sse::{MAX_EVENT, Next, SseDecoder, SseError, SseEvent};
use crate::{Channel, Close, ErrorClass, ProviderError, Stop, StreamEvent};

/// Characters of a provider's own stop reason that we keep.
const MAX_REASON: usize = 64;

/// Decodes one response.
#[derive(Debug)]
pub(crate) struct ChatStream {
    body: Body,
    answer: Answer,
}

/// What the body turned out to be. Its content type is not asked: servers get it wrong, the first byte does not.
#[derive(Debug)]
enum Body {
    /// Nothing but white space so far, which may be the beginning of a stream's line.
    Unknown(SseDecoder),
    /// Chunks as events.
    Events(SseDecoder),
    /// One JSON text; the server did not stream.
    Json(Vec<u8>),
}

impl ChatStream {
    /// A decoder at the first byte of a body, with the ids that the answer's calls may have.
    pub(crate) fn new(ids: CallIds) -> Self {
        Self { body: Body::Unknown(SseDecoder::default()), answer: Answer::new(Calls::new(ids)) }
    }
}

impl Decode for ChatStream {
    fn push(&mut self, bytes: &[u8], events: &mut VecDeque<StreamEvent>) -> Result<Progress, ProviderError> {
        if let Body::Unknown(decoder) = &mut self.body {
            match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => {}
                Some(b'{' | b'[') => self.body = Body::Json(Vec::new()),
                Some(b'<') => {
                    return Err(protocol("the server answered 200 with a web page, not with an answer"));
                }
                Some(_) => self.body = Body::Events(std::mem::take(decoder)),
            }
        }
        match &mut self.body {
            Body::Unknown(decoder) | Body::Events(decoder) => {
                let answer = &mut self.answer;
                answer.progress = Progress::Noise;
                decoder.push(bytes, |event| answer.event(event, events)).map_err(|failure| failure.0)?;
                Ok(answer.progress)
            }
            Body::Json(text) => {
                if text.len() + bytes.len() > MAX_EVENT {
                    return Err(protocol("the answer is one JSON text of over 8 MiB"));
                }
                text.extend_from_slice(bytes);
                Ok(Progress::Noise)
            }
        }
    }

    fn end(&mut self, end: End, events: &mut VecDeque<StreamEvent>) {
        let end = match (&self.body, end) {
            (Body::Json(text), End::Clean) => {
                self.answer.whole(text, events).map_or_else(End::Broken, |()| End::Clean)
            }
            (_, end) => end,
        };
        let empty = matches!(self.body, Body::Unknown(_));
        self.answer.close(end, empty, events);
    }
}

/// What was learned of the answer so far.
#[derive(Debug)]
struct Answer {
    stop: Option<Stop>,
    /// The last usage block, as sent. A later one replaces it whole.
    usage: Option<String>,
    calls: Calls,
    done: bool,
    delivered: bool,
    progress: Progress,
}

/// Lets the decoder's errors and ours leave the same callback.
struct Failure(ProviderError);

impl From<SseError> for Failure {
    fn from(error: SseError) -> Self {
        Self(protocol(error.to_string()))
    }
}

impl Answer {
    fn new(calls: Calls) -> Self {
        Self { stop: None, usage: None, calls, done: false, delivered: false, progress: Progress::Noise }
    }

    fn event(&mut self, event: SseEvent<'_>, events: &mut VecDeque<StreamEvent>) -> Result<Next, Failure> {
        let data = event.data.trim_ascii();
        if data == "[DONE]" {
            self.done = true;
            self.progress = Progress::Over;
            return Ok(Next::Stop);
        }
        if data.is_empty() {
            return Ok(Next::More);
        }
        if event.name == "error" {
            return Err(Failure(failure::in_stream(data)));
        }
        self.chunk(data, events).map_err(Failure)?;
        Ok(Next::More)
    }

    fn chunk(&mut self, data: &str, events: &mut VecDeque<StreamEvent>) -> Result<(), ProviderError> {
        let chunk: Chunk<'_> =
            serde_json::from_str(data).map_err(|error| not_json("a chunk", data, &error))?;
        if let Some(error) = chunk.error {
            self.keep_usage(chunk.usage.map(serde_json::value::RawValue::get));
            return Err(failure::in_stream(error.get()));
        }
        if chunk.is_error_object() {
            return Err(failure::in_stream(data));
        }
        if let Some(choice) = chunk.choice {
            self.choice(choice, events)?;
        }
        self.keep_usage(chunk.usage.map(serde_json::value::RawValue::get));
        Ok(())
    }

    fn choice(
        &mut self,
        choice: Choice<'_>,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        if let Some(said) = choice.said {
            self.said(said, events)?;
        }
        match choice.finish_reason.as_ref().map(|reason| reason.0.as_ref()) {
            None | Some("") => Ok(()),
            Some("error") => Err(ProviderError::new(
                ErrorClass::Server,
                "the provider stopped with finish_reason `error` and said nothing more",
            )),
            Some(reason) => {
                self.stop = Some(stop(reason));
                self.progress = Progress::Stopping;
                Ok(())
            }
        }
    }

    fn said(&mut self, said: Said<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), ProviderError> {
        let reasoning = said.reasoning_content.or(said.reasoning);
        for (channel, text) in [
            (Channel::Reasoning, reasoning),
            (Channel::Answer, said.content),
            (Channel::Answer, said.refusal),
        ] {
            if let Some(text) = text {
                self.deliver(channel, text.0.into_owned(), events);
            }
        }
        self.calls.next_delta();
        let calls = said.tool_calls.unwrap_or_default();
        // Some servers say the same call in both forms.
        let old = said.function_call.filter(|_| calls.is_empty());
        for piece in calls.into_iter().map(Piece::from).chain(old.map(Piece::from)) {
            self.call(piece, events)?;
        }
        Ok(())
    }

    fn call(&mut self, piece: Piece<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), ProviderError> {
        let begins = self.calls.take(&piece).inspect_err(|_| {
            // Whatever was said before, a call is missing now: this is no end that went well.
            self.stop = None;
        })?;
        if begins {
            self.progress = Progress::Semantic;
        }
        self.deliver(Channel::ToolArgs, piece.arguments.into_owned(), events);
        Ok(())
    }

    fn deliver(&mut self, channel: Channel, text: String, events: &mut VecDeque<StreamEvent>) {
        if text.is_empty() {
            return;
        }
        self.delivered = true;
        self.progress = Progress::Semantic;
        events.push_back(StreamEvent::Delta { channel, text });
    }

    fn keep_usage(&mut self, raw: Option<&str>) {
        if let Some(raw) = raw {
            let kept = self.usage.get_or_insert_default();
            kept.clear();
            kept.push_str(raw);
            if self.progress == Progress::Noise {
                self.progress = if self.stop.is_some() { Progress::Stopping } else { Progress::Semantic };
            }
        }
    }

    /// Takes an answer that came in one piece.
    fn whole(&mut self, text: &[u8], events: &mut VecDeque<StreamEvent>) -> Result<(), ProviderError> {
        let text = std::str::from_utf8(text).map_err(|_| protocol("the answer is not UTF-8"))?;
        let whole: Whole<'_> =
            serde_json::from_str(text).map_err(|error| not_json("the answer", text, &error))?;
        if let Some(error) = whole.error {
            return Err(failure::in_stream(error.get()));
        }
        let Some(choice) = whole.choice else {
            return Err(match whole.message {
                Some(_) => failure::in_stream(text),
                None => {
                    protocol("the server answered 200 with JSON that holds neither an answer nor an error")
                }
            });
        };
        self.keep_usage(whole.usage.map(serde_json::value::RawValue::get));
        self.choice(choice, events)?;
        // A whole JSON text is its own end, whether or not it says why it stopped.
        if !self.calls.is_empty() {
            self.stop.get_or_insert(Stop::ToolUse);
        } else if self.delivered {
            self.stop.get_or_insert_with(|| Stop::Other("no finish_reason".to_owned()));
        }
        Ok(())
    }

    fn close(&mut self, end: End, empty: bool, events: &mut VecDeque<StreamEvent>) {
        let close = match (self.stop.take(), end) {
            // The provider said that it had stopped: whatever broke later took no text with it.
            (Some(stop), _) => self.finish(stop, events),
            // Proxies write `[DONE]` after an upstream that broke off, too: only a finish_reason is an end.
            (None, End::Clean) if self.done && self.delivered => {
                Close::Cut { why: "[DONE] came without a finish_reason".to_owned() }
            }
            (None, End::Clean) if self.delivered => {
                Close::Cut { why: "the stream ended without a finish_reason or [DONE]".to_owned() }
            }
            (None, End::Clean) if empty => {
                Close::Failed(protocol("the server answered 200 with an empty body"))
            }
            (None, End::Clean) => Close::Failed(protocol("the stream ended without an answer")),
            (None, End::Truncated(error)) if self.delivered => Close::Cut { why: error.message },
            (None, End::Truncated(error) | End::Broken(error)) => Close::Failed(error),
        };
        self.report_usage(events);
        events.push_back(StreamEvent::Closed(close));
    }

    /// Tells the calls, unless what stopped the answer may have cut them.
    fn finish(&mut self, stop: Stop, events: &mut VecDeque<StreamEvent>) -> Close {
        if !matches!(stop, Stop::ToolUse | Stop::EndTurn) {
            return Close::Finished(stop);
        }
        match self.calls.finish() {
            Err(error) => Close::Failed(error),
            Ok(calls) if calls.is_empty() => Close::Finished(stop),
            Ok(calls) => {
                events.extend(calls.into_iter().map(StreamEvent::Call));
                // Some servers say `stop` to every answer.
                Close::Finished(Stop::ToolUse)
            }
        }
    }

    fn report_usage(&mut self, events: &mut VecDeque<StreamEvent>) {
        if let Some(raw) = self.usage.take() {
            events.push_back(StreamEvent::Usage(usage::report(raw)));
        }
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "stop" | "eos" | "end_turn" => Stop::EndTurn,
        "length" | "max_tokens" => Stop::Length,
        "tool_calls" | "function_call" | "tool_use" => Stop::ToolUse,
        "content_filter" => Stop::ContentFilter,
        other => Stop::Other(other.chars().take(MAX_REASON).collect()),
    }
}

fn protocol(message: impl Into<String>) -> ProviderError {
    ProviderError::new(ErrorClass::Protocol, message)
}

fn not_json(what: &str, text: &str, error: &serde_json::Error) -> ProviderError {
    let excerpt: String = text.chars().take(120).collect();
    protocol(format!("{what} is not what openai-chat sends: {error}; it begins `{excerpt}`"))
}
