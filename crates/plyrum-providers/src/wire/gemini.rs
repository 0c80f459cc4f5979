//! `gemini`: `POST {base}/v1beta/models/{model}:streamGenerateContent?alt=sse`, server-sent chunks, no `[DONE]`.
//!
//! Each chunk has the form of a whole answer with a piece of it inside: parts of text, of thoughts, whole calls. There is no
//! terminal event: the end is a `finishReason` (or a `blockReason` where the prompt was refused), and usage stands in
//! each chunk, of which the last one counts. The key goes into a header and never into the URL, where Google takes it, too:
//! URLs end up in logs and in messages of errors.
//!
//! Models sign their thoughts. A signature belongs to the part on which it came, and has to be on the same part again when
//! results of tools are sent: [`Signed`] is how it travels with us.

mod chunk;
mod failure;
mod request;
#[cfg(test)]
mod tests;
mod usage;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use plyrum_billing_client::Convention;
use serde::{Deserialize, Serialize};

use super::body::{Answer, EventBody};
use super::calls::Piece;
use super::gathered::{Ending, Gathered, other_stop};
use super::loose::Loose;
use super::{Auth, Decode, Format, not_json, protocol};
use crate::call_ids::CallIds;
use crate::sse::{Next, SseEvent};
use crate::{Channel, ChatRequest, Manner, ProviderError, ReportedUsage, Stop, StreamEvent, Thought, Wire};
use chunk::{Chunk, Part};

/// The format.
#[derive(Debug)]
pub(crate) struct Gemini;

impl Format for Gemini {
    fn convention(&self) -> Convention {
        Convention::ThoughtsOutside
    }

    fn path(&self, request: &ChatRequest, manner: &Manner) -> String {
        request::path(&request.model, manner)
    }

    fn auth(&self) -> Auth {
        Auth::Header("x-goog-api-key")
    }

    fn list_path(&self) -> &'static str {
        "v1beta/models?pageSize=1000"
    }

    fn body(&self, request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
        request::body(request, manner)
    }

    fn decoder(&self, ids: CallIds) -> Box<dyn Decode> {
        Box::new(EventBody::new(Reply::default(), ids))
    }

    fn refusal(&self, status: u16, body: &str) -> ProviderError {
        failure::refusal(status, body)
    }
}

/// A signature of the model's thoughts, and the part that it was on.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Signed<'a> {
    /// Which call of the answer, counted from 0; none where it was on text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call: Option<usize>,
    #[serde(borrow)]
    thought_signature: Cow<'a, str>,
}

/// What this wire makes of its chunks.
#[derive(Debug, Default)]
struct Reply {
    /// Calls so far.
    calls: usize,
}

impl Answer for Reply {
    const ENDING: Ending = Ending { reason: "a finishReason", last: "an error" };

    fn event(
        &mut self,
        event: SseEvent<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<Next, ProviderError> {
        let data = event.data.trim_ascii();
        if data.is_empty() {
            return Ok(Next::More);
        }
        let chunk =
            serde_json::from_str(data).map_err(|error| not_json("gemini", "a chunk", data, &error))?;
        self.take(chunk, gathered, events)?;
        Ok(Next::More)
    }

    /// One chunk that has all of the answer; or, from servers that do not know `alt=sse`, a list of chunks.
    fn whole(
        &mut self,
        text: &str,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let chunks: Result<Vec<Chunk<'_>>, _> = if text.trim_ascii_start().starts_with('[') {
            serde_json::from_str(text)
        } else {
            serde_json::from_str(text).map(|chunk| vec![chunk])
        };
        for chunk in chunks.map_err(|error| not_json("gemini", "the answer", text, &error))? {
            self.take(chunk, gathered, events)?;
        }
        // A whole JSON text is its own end, whether or not it says why it stopped.
        if !gathered.has_stopped() {
            if gathered.has_calls() {
                gathered.stops(Stop::ToolUse);
            } else if gathered.has_delivered() {
                gathered.stops(Stop::Other("no finishReason".to_owned()));
            } else {
                return Err(protocol(
                    "the server answered 200 with JSON that holds neither an answer nor an error",
                ));
            }
        }
        Ok(())
    }

    fn report(raw: String) -> ReportedUsage {
        usage::report(raw)
    }
}

impl Reply {
    fn take(
        &mut self,
        chunk: Chunk<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        if let Some(error) = chunk.error {
            gathered.keep_usage(chunk.usage());
            return Err(failure::in_stream(error.get()));
        }
        let usage = chunk.usage();
        let is_blocked = chunk.is_blocked();
        if let Some(mut candidate) = chunk.candidate() {
            for part in candidate.parts() {
                self.take_part(part, gathered, events)?;
            }
            if let Some(reason) = candidate.finish_reason() {
                gathered.stops(stop(reason));
            }
        }
        if is_blocked {
            gathered.stops(Stop::ContentFilter);
        }
        gathered.keep_usage(usage);
        Ok(())
    }

    fn take_part(
        &mut self,
        part: Part<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        if let Some(text) = part.text {
            let channel = if part.thought == Some(true) { Channel::Reasoning } else { Channel::Answer };
            gathered.deliver(channel, text.0.into_owned(), events);
        }
        let call = part.function_call.map(Piece::from).filter(|piece| !piece.is_empty());
        let nth = call.is_some().then_some(self.calls);
        if let Some(piece) = call {
            // Calls come whole: each is a place of its own, whatever its id.
            let index = Some(self.calls.to_string().into());
            self.calls += 1;
            gathered.call(Piece { index, ..piece }, events)?;
        }
        if let Some(signature) = part.thought_signature.and_then(Loose::said) {
            let signed = Signed { call: nth, thought_signature: signature };
            if let Ok(json) = serde_json::to_string(&signed) {
                let thought = Thought { wire: Wire::Gemini, json: Arc::from(json) };
                gathered.carry(StreamEvent::Thought(thought), events);
            }
        }
        Ok(())
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "STOP" => Stop::EndTurn,
        "MAX_TOKENS" => Stop::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => Stop::ContentFilter,
        // `MALFORMED_FUNCTION_CALL`, `UNEXPECTED_TOOL_CALL`, `OTHER` and whatever comes to be invented.
        other => other_stop(other),
    }
}
