//! `openai-chat`: `POST {base}/chat/completions`, server-sent chunks, `[DONE]`.
//!
//! Many servers speak it and each a little differently, so reading is lenient where nothing is at stake
//! (unknown fields, missing `[DONE]`, JSON instead of a stream) and strict where money or text is (usage that
//! contradicts itself, bytes that are not UTF-8, chunks that are not JSON, a `[DONE]` that no
//! `finish_reason` came before). Calls of tools are told whole when the answer has ended well; [`super::calls`]
//! knows how servers send them.
//!
//! The members of the family that differ in more than a preset can say are wires of their own, over the same code: each
//! is a [`Dialect`] and a file that says why.

mod chunk;
mod dialect;
mod request;
#[cfg(test)]
mod tests;
mod thoughts;
mod usage;

use std::collections::VecDeque;

use chunk::{Choice, Chunk, Said, Whole};
use thoughts::Thoughts;

use plyrum_billing_client::Convention;

use super::body::{Answer, EventBody};
use super::calls::Piece;
use super::gathered::{Ending, Gathered, other_stop};
use super::{Decode, Format, failure, not_json, protocol};
use crate::call_ids::CallIds;
use crate::sse::{Next, SseEvent};
use crate::{
    Channel, ChatRequest, ErrorClass, Manner, ProviderError, ReportedUsage, Stop, StreamEvent, Thought, Wire,
};

pub(super) use dialect::{Dialect, EffortField, ThoughtsField};
pub(super) use request::body;
pub(super) use usage::CONVENTION;

/// The format.
#[derive(Debug)]
pub(crate) struct OpenAiChat;

/// What most servers know.
const COMMON: Dialect = Dialect::of(Wire::OpenAiChat);

/// Behind the base URL of every member of the family.
pub(super) const PATH: &str = "chat/completions";

/// A decoder of a member's answers.
pub(super) fn decoder(dialect: &'static Dialect, ids: CallIds) -> Box<dyn Decode> {
    Box::new(EventBody::new(Chat::of(dialect), ids))
}

impl Format for OpenAiChat {
    fn convention(&self) -> Convention {
        CONVENTION
    }

    fn path(&self, _: &ChatRequest, _: &Manner) -> String {
        PATH.to_owned()
    }

    fn body(&self, request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
        body(request, manner, &COMMON)
    }

    fn decoder(&self, ids: CallIds) -> Box<dyn Decode> {
        decoder(&COMMON, ids)
    }
}

/// What this wire makes of its chunks.
#[derive(Debug)]
pub(super) struct Chat {
    dialect: &'static Dialect,
    thoughts: Thoughts,
}

impl Chat {
    /// For the answer of a member.
    pub(super) const fn of(dialect: &'static Dialect) -> Self {
        Self { dialect, thoughts: Thoughts::of(dialect) }
    }
}

impl Answer for Chat {
    const ENDING: Ending = Ending { reason: "a finish_reason", last: "[DONE]" };

    fn event(
        &mut self,
        event: SseEvent<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<Next, ProviderError> {
        let data = event.data.trim_ascii();
        if data == "[DONE]" {
            gathered.is_over();
            return Ok(Next::Stop);
        }
        if data.is_empty() {
            return Ok(Next::More);
        }
        if event.name == "error" {
            return Err(failure::in_stream(data));
        }
        self.chunk(data, gathered, events)?;
        Ok(Next::More)
    }

    fn whole(
        &mut self,
        text: &str,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let whole: Whole<'_> = serde_json::from_str(text)
            .map_err(|error| not_json(self.dialect.wire.name(), "the answer", text, &error))?;
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
        gathered.keep_usage(whole.usage.map(serde_json::value::RawValue::get));
        self.choice(choice, gathered, events)?;
        // A whole JSON text is its own end, whether or not it says why it stopped.
        if !gathered.has_stopped() {
            if gathered.has_calls() {
                self.stops(Stop::ToolUse, gathered, events);
            } else if gathered.has_delivered() {
                gathered.stops(Stop::Other("no finish_reason".to_owned()));
            }
        }
        Ok(())
    }

    fn report(raw: String) -> ReportedUsage {
        usage::report(raw)
    }
}

impl Chat {
    fn chunk(
        &mut self,
        data: &str,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let chunk: Chunk<'_> = serde_json::from_str(data)
            .map_err(|error| not_json(self.dialect.wire.name(), "a chunk", data, &error))?;
        // First: whatever fails below, this was counted.
        gathered.keep_usage(chunk.usage.map(serde_json::value::RawValue::get));
        if let Some(error) = chunk.error {
            return Err(failure::in_stream(error.get()));
        }
        if chunk.is_error_object() {
            return Err(failure::in_stream(data));
        }
        match chunk.choice {
            Some(choice) => self.choice(choice, gathered, events),
            None => Ok(()),
        }
    }

    fn choice(
        &mut self,
        choice: Choice<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        if let Some(said) = choice.said {
            self.said(said, gathered, events)?;
        }
        match choice.finish_reason.as_ref().map(|reason| reason.0.as_ref()) {
            None | Some("") => Ok(()),
            Some("error") => Err(ProviderError::new(
                ErrorClass::Server,
                "the provider stopped with finish_reason `error` and said nothing more",
            )),
            // DeepSeek's: no end of the model's, and another try may go well.
            Some("insufficient_system_resource") => Err(ProviderError::new(
                ErrorClass::Overloaded,
                "the provider stopped for want of resources (finish_reason `insufficient_system_resource`)",
            )),
            Some(reason) => {
                self.stops(stop(reason), gathered, events);
                Ok(())
            }
        }
    }

    fn said(
        &mut self,
        said: Said<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let reasoning = said.reasoning_content.or(said.reasoning);
        self.thoughts.take(reasoning.as_ref().map(|text| text.0.as_ref()), said.reasoning_details);
        for (channel, text) in [
            (Channel::Reasoning, reasoning),
            (Channel::Answer, said.content),
            (Channel::Answer, said.refusal),
        ] {
            if let Some(text) = text {
                gathered.deliver(channel, text.0.into_owned(), events);
            }
        }
        gathered.next_delta();
        let calls = said.tool_calls.unwrap_or_default();
        // Some servers say the same call in both forms.
        let old = said.function_call.filter(|_| calls.is_empty());
        for piece in calls.into_iter().map(Piece::from).chain(old.map(Piece::from)) {
            gathered.call(piece, events)?;
        }
        Ok(())
    }

    /// The end; what was thought has to come back only where calls followed from it, and are told.
    fn stops(&mut self, stop: Stop, gathered: &mut Gathered, events: &mut VecDeque<StreamEvent>) {
        if matches!(stop, Stop::ToolUse | Stop::EndTurn)
            && gathered.has_calls()
            && let Some(json) = self.thoughts.told()
        {
            let thought = Thought { wire: self.dialect.wire, json: json.into() };
            gathered.carry(StreamEvent::Thought(thought), events);
        }
        gathered.stops(stop);
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "stop" | "eos" | "end_turn" => Stop::EndTurn,
        "length" | "max_tokens" => Stop::Length,
        "tool_calls" | "function_call" | "tool_use" => Stop::ToolUse,
        "content_filter" | "blacklist" => Stop::ContentFilter,
        other => other_stop(other),
    }
}
