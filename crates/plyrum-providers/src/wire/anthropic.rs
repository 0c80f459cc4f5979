//! `anthropic`: `POST {base}/v1/messages`, typed server-sent events, `message_stop`.
//!
//! A message is blocks: texts, thoughts and calls, each begun, continued and ended by its index. Usage comes twice, and only
//! together the two are whole: `message_start` has the input, `message_delta` the output so far and, from newer servers, the
//! input again. Nothing is reported before `message_delta`: what `message_start` says of the output is no count of it, and an
//! answer that is cut is better estimated. Thoughts are signed; they go back as they came with the calls that followed.
//!
//! Facts: the provider's reference of the Messages API and its own client library's types.

mod event;
mod request;
#[cfg(test)]
mod tests;
mod usage;

use std::collections::VecDeque;
use std::sync::Arc;

use plyrum_billing_client::Convention;

use super::body::{Answer, EventBody};
use super::calls::Piece;
use super::gathered::{Ending, Gathered, other_stop};
use super::{Auth, Decode, Format, failure, not_json, protocol};
use crate::call_ids::CallIds;
use crate::sse::{Next, SseEvent};
use crate::{Channel, ChatRequest, Manner, ProviderError, ReportedUsage, Stop, StreamEvent, Thought, Wire};
use event::{Block, Event, Message};

/// The version of the API that requests name.
const VERSION: &str = "2023-06-01";
/// Bytes of one thought that are kept; a longer one is not carried back.
const MAX_THOUGHT: usize = 1024 * 1024;
/// The wire's name, for messages.
const NAME: &str = "anthropic";

/// The format.
#[derive(Debug)]
pub(crate) struct Anthropic;

impl Format for Anthropic {
    fn convention(&self) -> Convention {
        usage::CONVENTION
    }

    fn path(&self, _: &ChatRequest, _: &Manner) -> String {
        "v1/messages".to_owned()
    }

    fn auth(&self) -> Auth {
        Auth::Header("x-api-key")
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", VERSION)]
    }

    fn list_path(&self) -> &'static str {
        "v1/models?limit=1000"
    }

    fn body(&self, request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
        request::body(request, manner)
    }

    fn decoder(&self, ids: CallIds) -> Box<dyn Decode> {
        Box::new(EventBody::new(Messages::default(), ids))
    }
}

/// What this wire makes of its events.
#[derive(Debug, Default)]
struct Messages {
    /// The usage of `message_start`, as sent.
    begun_with: Option<String>,
    /// The thought that is being told.
    thought: Option<Thinking>,
    /// Indices of the blocks that are calls of ours; pieces of others are not heard.
    calls: Vec<u64>,
}

/// A thought with its signature, as far as it came.
#[derive(Debug)]
struct Thinking {
    index: u64,
    text: String,
    signature: String,
}

impl Answer for Messages {
    const ENDING: Ending = Ending { reason: "a stop_reason", last: "message_stop" };

    fn event(
        &mut self,
        event: SseEvent<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<Next, ProviderError> {
        let data = event.data.trim_ascii();
        if data.is_empty() || data == "[DONE]" {
            return Ok(Next::More); // some gateways end with the word of another wire
        }
        let event: Event<'_> =
            serde_json::from_str(data).map_err(|error| not_json(NAME, "an event", data, &error))?;
        match event.kind.as_ref() {
            "message_start" => {
                let usage = event.message.and_then(|message| message.usage);
                self.begun_with = usage.map(|usage| usage.get().to_owned());
            }
            "content_block_start" => {
                if let Some(block) = event.content_block {
                    self.begins(event.index, &block, gathered, events)?;
                }
            }
            "content_block_delta" => self.goes_on(event, gathered, events)?,
            "content_block_stop" => self.block_ends(event.index, gathered, events),
            "message_delta" => self.message_delta(&event, gathered),
            "message_stop" => {
                gathered.is_over();
                return Ok(Next::Stop);
            }
            "error" => return Err(failure::in_stream(data)),
            // `ping`, and whatever will come to be.
            _ => {}
        }
        Ok(Next::More)
    }

    fn whole(
        &mut self,
        text: &str,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let message: Message<'_> =
            serde_json::from_str(text).map_err(|error| not_json(NAME, "the answer", text, &error))?;
        if message.error.is_some() {
            return Err(failure::in_stream(text));
        }
        if message.content.is_empty() && message.stop_reason.is_none() {
            return Err(protocol(
                "the server answered 200 with JSON that holds neither an answer nor an error",
            ));
        }
        for (index, block) in (0_u64..).zip(&message.content) {
            self.begins(Some(index), block, gathered, events)?;
            self.block_ends(Some(index), gathered, events);
        }
        gathered.keep_usage(message.usage.map(serde_json::value::RawValue::get));
        match message.stop_reason {
            Some(reason) => gathered.stops(stop(&reason.0)),
            None if gathered.has_calls() => gathered.stops(Stop::ToolUse),
            None => gathered.stops(Stop::Other("no stop_reason".to_owned())),
        }
        Ok(())
    }

    fn report(raw: String) -> ReportedUsage {
        usage::report(raw)
    }
}

impl Messages {
    /// A block begins; servers that do not stream its content, and whole answers, have all of it here.
    fn begins(
        &mut self,
        index: Option<u64>,
        block: &Block<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let index = index.unwrap_or(0);
        match block.kind.as_ref() {
            "text" => deliver(Channel::Answer, block.text.as_deref(), gathered, events),
            "thinking" => {
                let text = block.thinking.as_deref().unwrap_or_default();
                gathered.deliver(Channel::Reasoning, text.to_owned(), events);
                let signature = block.signature.as_deref().unwrap_or_default();
                self.thought =
                    Some(Thinking { index, text: text.to_owned(), signature: signature.to_owned() });
            }
            "redacted_thinking" => {
                let data = block.data.as_deref().unwrap_or_default();
                carry(&serde_json::json!({ "type": "redacted_thinking", "data": data }), gathered, events);
            }
            "tool_use" => {
                gathered.next_delta();
                let input = block.input.map(serde_json::value::RawValue::get).unwrap_or_default();
                // An empty object only stands for what is to come.
                let input = if input.chars().all(|c| matches!(c, '{' | '}') || c.is_whitespace()) {
                    ""
                } else {
                    input
                };
                let piece = Piece {
                    index: Some(index.to_string().into()),
                    id: block.id.clone(),
                    name: block.name.clone(),
                    arguments: input.into(),
                };
                gathered.call(piece, events)?;
                self.calls.push(index);
            }
            // Tools of the provider's own, which are never offered.
            _ => {}
        }
        Ok(())
    }

    fn goes_on(
        &mut self,
        event: Event<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let index = event.index.unwrap_or(0);
        let Some(delta) = event.delta else { return Ok(()) };
        match delta.kind.as_deref().unwrap_or_default() {
            "text_delta" => deliver(Channel::Answer, delta.text.as_deref(), gathered, events),
            "thinking_delta" => {
                let text = delta.thinking.as_deref().unwrap_or_default();
                if let Some(thought) = self.thought.as_mut().filter(|thought| thought.index == index) {
                    thought.add(text, "");
                }
                gathered.deliver(Channel::Reasoning, text.to_owned(), events);
            }
            "signature_delta" => {
                if let Some(thought) = self.thought.as_mut().filter(|thought| thought.index == index) {
                    thought.add("", delta.signature.as_deref().unwrap_or_default());
                }
            }
            "input_json_delta" if self.calls.contains(&index) => {
                gathered.next_delta();
                let arguments = delta.partial_json.unwrap_or_default();
                let index = Some(index.to_string().into());
                gathered.call(Piece { index, arguments, ..Piece::default() }, events)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// A thought is whole: it is carried on, if it is signed.
    fn block_ends(
        &mut self,
        index: Option<u64>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let index = index.unwrap_or(0);
        let Some(thought) = self.thought.take_if(|thought| thought.index == index) else { return };
        if !thought.signature.is_empty() && thought.text.len() + thought.signature.len() <= MAX_THOUGHT {
            let Thinking { text, signature, .. } = thought;
            let json = serde_json::json!({ "type": "thinking", "thinking": text, "signature": signature });
            carry(&json, gathered, events);
        }
    }

    fn message_delta(&self, event: &Event<'_>, gathered: &mut Gathered) {
        if let Some(reason) = event.delta.as_ref().and_then(|delta| delta.stop_reason.as_deref()) {
            gathered.stops(stop(reason));
        }
        if let Some(last) = event.usage {
            gathered.keep_usage(Some(&usage::whole(self.begun_with.as_deref(), last.get())));
        }
    }
}

impl Thinking {
    /// Adds to it, up to what is over the bound: that is not carried at all.
    fn add(&mut self, text: &str, signature: &str) {
        if self.text.len() + self.signature.len() <= MAX_THOUGHT {
            self.text.push_str(text);
            self.signature.push_str(signature);
        }
    }
}

fn deliver(
    channel: Channel,
    text: Option<&str>,
    gathered: &mut Gathered,
    events: &mut VecDeque<StreamEvent>,
) {
    gathered.deliver(channel, text.unwrap_or_default().to_owned(), events);
}

fn carry(json: &serde_json::Value, gathered: &mut Gathered, events: &mut VecDeque<StreamEvent>) {
    let thought = Thought { wire: Wire::Anthropic, json: Arc::from(json.to_string()) };
    gathered.carry(StreamEvent::Thought(thought), events);
}

fn stop(reason: &str) -> Stop {
    match reason {
        "end_turn" | "stop_sequence" => Stop::EndTurn,
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "tool_use" => Stop::ToolUse,
        "refusal" => Stop::ContentFilter,
        other => other_stop(other),
    }
}
