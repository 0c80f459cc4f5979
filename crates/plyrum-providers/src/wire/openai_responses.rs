//! `openai-responses`: `POST {base}/responses`, typed server-sent events, a terminal event and no `[DONE]`.
//!
//! Servers tell the same text in up to four forms: in pieces, whole with its part, whole with its item, and whole with the
//! response at the end. All of them send the last, few send all: so the first form in which a kind of text comes is the
//! one that is listened to, and the others repeat it. Calls are known by their `call_id`, because not every server
//! numbers its items. Only the terminal event is an end; what it counts is billed even where it says `incomplete`.

mod calls;
mod event;
mod request;
#[cfg(test)]
mod tests;
mod usage;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use plyrum_billing_client::Convention;
use serde_json::value::RawValue;

use calls::{Begun, Place};
use event::{Event, Item, Response, parts_of, read, text_of};

use super::body::{Answer, EventBody};
use super::calls::Piece;
use super::gathered::{Ending, Gathered, other_stop};
use super::loose::Loose;
use super::{Decode, Format, failure, not_json, protocol};
use crate::call_ids::CallIds;
use crate::sse::{Next, SseEvent};
use crate::{
    Channel, ChatRequest, ErrorClass, Manner, ProviderError, ReportedUsage, Stop, StreamEvent, Thought, Wire,
};

/// The wire's name, for messages.
const WIRE: &str = Wire::OpenAiResponses.name();

/// The format.
#[derive(Debug)]
pub(crate) struct OpenAiResponses;

impl Format for OpenAiResponses {
    fn convention(&self) -> Convention {
        usage::CONVENTION
    }

    fn path(&self, _: &ChatRequest, _: &Manner) -> String {
        "responses".to_owned()
    }

    fn body(&self, request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
        request::body(request, manner)
    }

    fn decoder(&self, ids: CallIds) -> Box<dyn Decode> {
        Box::new(EventBody::new(Responses::default(), ids))
    }
}

/// What this wire makes of its events, with what it was told so far.
#[derive(Debug, Default)]
struct Responses {
    answer: Heard,
    reasoning: Heard,
    thoughts: Heard,
    calls: Begun,
}

/// The form in which one kind of text comes, once it came in one.
#[derive(Debug, Default)]
struct Heard(Option<Form>);

/// The forms in which servers tell a text, in the order in which they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// In pieces.
    Deltas,
    /// Whole, with the part that it is.
    Part,
    /// Whole, with its item.
    Item,
    /// Whole, with all of the response.
    Response,
}

impl Heard {
    /// Whether a text of this form is a new one.
    fn is_new(&mut self, form: Form) -> bool {
        *self.0.get_or_insert(form) == form
    }
}

impl Answer for Responses {
    const ENDING: Ending = Ending { reason: "response.completed", last: "response.incomplete" };

    fn event(
        &mut self,
        event: SseEvent<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<Next, ProviderError> {
        let data = event.data.trim_ascii();
        // Not of this wire, but proxies write it; it says nothing about the answer.
        if data.is_empty() || data == "[DONE]" {
            return Ok(Next::More);
        }
        let read: Event<'_> =
            serde_json::from_str(data).map_err(|error| not_json(WIRE, "an event", data, &error))?;
        let kind = read.kind().filter(|kind| !kind.is_empty()).unwrap_or(event.name.into());
        match kind.as_ref() {
            "error" => Err(failure::in_stream(data)),
            "" if read.error.is_some() => Err(failure::in_stream(data)),
            "response.completed" => self.terminal(&read, "completed", gathered, events),
            "response.incomplete" => self.terminal(&read, "incomplete", gathered, events),
            "response.failed" => self.terminal(&read, "failed", gathered, events),
            kind => self.progress(kind, &read, gathered, events).map(|()| Next::More),
        }
    }

    fn whole(
        &mut self,
        text: &str,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let response: Response<'_> =
            serde_json::from_str(text).map_err(|error| not_json(WIRE, "the answer", text, &error))?;
        match (response.output, response.error, response.message) {
            (Some(_), _, _) => self.finish(&response, response.own_status("completed"), gathered, events),
            (None, Some(error), _) => {
                gathered.keep_usage(response.usage.map(RawValue::get));
                Err(failure::in_stream(error.get()))
            }
            (None, None, Some(_)) => Err(failure::in_stream(text)),
            (None, None, None) => {
                Err(protocol("the server answered 200 with JSON that holds neither an answer nor an error"))
            }
        }
    }

    fn report(raw: String) -> ReportedUsage {
        usage::report(raw)
    }
}

impl Responses {
    /// An event that is no end. Unknown ones are of tools that were not offered, or of a later time.
    fn progress(
        &mut self,
        kind: &str,
        event: &Event<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let (channel, form, said) = match kind {
            "response.output_text.delta" | "response.refusal.delta" => {
                (Channel::Answer, Form::Deltas, event.delta)
            }
            "response.output_text.done" => (Channel::Answer, Form::Part, event.text),
            "response.refusal.done" => (Channel::Answer, Form::Part, event.refusal),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                (Channel::Reasoning, Form::Deltas, event.delta)
            }
            "response.reasoning_summary_text.done" | "response.reasoning_text.done" => {
                (Channel::Reasoning, Form::Part, event.text)
            }
            "response.reasoning_summary_part.added" => {
                self.summary_part(event, gathered, events);
                return Ok(());
            }
            "response.function_call_arguments.delta" => {
                return self.arguments(event, event.delta, Form::Deltas, gathered, events);
            }
            "response.function_call_arguments.done" => {
                return self.arguments(event, event.arguments, Form::Part, gathered, events);
            }
            "response.output_item.added" | "response.output_item.done" => {
                let Some(raw) = event.item else { return Ok(()) };
                // An item that begins has no text yet, and its thoughts may still grow.
                let form = if kind.ends_with("done") { Form::Item } else { Form::Deltas };
                return self.item(raw, Place::of(event), form, gathered, events);
            }
            _ => return Ok(()),
        };
        let text = said.map(|raw| text_of(raw, "a text")).transpose()?.unwrap_or_default();
        self.deliver(channel, form, text, gathered, events);
        Ok(())
    }

    fn deliver(
        &mut self,
        channel: Channel,
        form: Form,
        text: String,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let heard = match channel {
            Channel::Answer => &mut self.answer,
            Channel::Reasoning => &mut self.reasoning,
            Channel::ToolArgs => return,
        };
        if !text.is_empty() && heard.is_new(form) {
            gathered.deliver(channel, text, events);
        }
    }

    /// Parts of a summary are paragraphs, and only their beginning says so.
    fn summary_part(&self, event: &Event<'_>, gathered: &mut Gathered, events: &mut VecDeque<StreamEvent>) {
        let is_later = event.summary_index.is_some_and(|index| index.get() != "0");
        if is_later && self.reasoning.0 == Some(Form::Deltas) {
            gathered.deliver(Channel::Reasoning, "\n\n".to_owned(), events);
        }
    }

    /// Arguments of a call, in pieces or whole.
    fn arguments(
        &mut self,
        event: &Event<'_>,
        said: Option<&RawValue>,
        form: Form,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let arguments = said.and_then(Loose::of).unwrap_or_default();
        let place = Place::of(event);
        let known = self.calls.at(&place);
        let is_told = form != Form::Deltas && known.is_some_and(|at| self.calls.has_arguments(at));
        if arguments.is_empty() || is_told {
            return Ok(());
        }
        let at = known.unwrap_or_else(|| self.calls.begin(place));
        self.tell(at, Piece { arguments: arguments.into(), ..Piece::default() }, gathered, events)
    }

    /// An item, as it begins or whole.
    fn item(
        &mut self,
        raw: &RawValue,
        place: Place,
        form: Form,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let item: Item<'_> = read(raw, "an item")?;
        match item.kind.as_ref().map_or("", |kind| kind.0.as_ref()) {
            "function_call" => self.call(item, place, gathered, events),
            // What an item has at its beginning comes again in pieces.
            _ if form == Form::Deltas => Ok(()),
            "message" => {
                let text = parts_of(item.content)?;
                self.deliver(Channel::Answer, form, text.concat(), gathered, events);
                Ok(())
            }
            "reasoning" => {
                let mut text = parts_of(item.content)?;
                if text.is_empty() {
                    text = parts_of(item.summary)?;
                }
                self.deliver(Channel::Reasoning, form, text.join("\n\n"), gathered, events);
                let can_go_back = item.encrypted_content.and_then(Loose::said).is_some();
                if can_go_back && self.thoughts.is_new(form) {
                    let thought = Thought { wire: Wire::OpenAiResponses, json: Arc::from(raw.get()) };
                    gathered.carry(StreamEvent::Thought(thought), events);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A call's item: what is new of it.
    fn call(
        &mut self,
        item: Item<'_>,
        place: Place,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let own = item.id.and_then(Loose::said).map(Cow::into_owned);
        let place = Place { item: own.or(place.item), ..place };
        let id = item.call_id.and_then(Loose::said).or_else(|| place.item.clone().map(Cow::Owned));
        let (name, arguments) = (item.name.and_then(Loose::said), item.arguments.and_then(Loose::said));
        let whole = Piece { index: None, id, name, arguments: arguments.unwrap_or_default() };
        if whole.is_empty() {
            return Ok(());
        }
        let at = self.calls.of(&whole, &place).unwrap_or_else(|| self.calls.begin(place));
        self.tell(at, self.calls.new_of(at, whole), gathered, events)
    }

    /// A piece of a call, under a number of ours.
    fn tell(
        &mut self,
        at: usize,
        piece: Piece<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        self.calls.learn(at, &piece);
        gathered.next_delta();
        gathered.call(Piece { index: Some(at.to_string().into()), ..piece }, events)
    }

    /// The end of a stream.
    fn terminal(
        &mut self,
        event: &Event<'_>,
        status: &str,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<Next, ProviderError> {
        let response = event.response.map(|raw| read::<Response<'_>>(raw, "a response")).transpose()?;
        self.finish(&response.unwrap_or_default(), status, gathered, events)?;
        gathered.is_over();
        Ok(Next::Stop)
    }

    /// What a whole response says: what was not told yet, the count, and why it ended.
    fn finish(
        &mut self,
        response: &Response<'_>,
        status: &str,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        // First: whatever fails below, this was counted.
        gathered.keep_usage(response.usage.map(RawValue::get));
        let output: Vec<&RawValue> = match response.output {
            Some(raw) => read::<Option<_>>(raw, "the output")?.unwrap_or_default(),
            None => Vec::new(),
        };
        for (at, item) in output.into_iter().enumerate() {
            let place = Place { index: Some(at.to_string()), item: None };
            self.item(item, place, Form::Response, gathered, events)?;
        }
        gathered.stops(response.stop(status)?);
        Ok(())
    }
}

impl Response<'_> {
    fn own_status<'s>(&'s self, otherwise: &'s str) -> &'s str {
        let own = self.status.as_ref().map(|status| status.0.as_ref());
        own.filter(|own| !own.is_empty()).unwrap_or(otherwise)
    }

    /// Why it ended, where the event that it came with says `status`. Some servers leave in it what it was at the beginning.
    fn stop(&self, status: &str) -> Result<Stop, ProviderError> {
        let own = Some(self.own_status(status)).filter(|own| *own != "in_progress");
        match own.unwrap_or(status) {
            "completed" => Ok(Stop::EndTurn),
            "incomplete" => Ok(self.cut()),
            failed @ ("failed" | "cancelled") => Err(match self.error {
                Some(error) => failure::in_stream(error.get()),
                None => ProviderError::new(
                    ErrorClass::Server,
                    format!("the provider stopped with status `{failed}` and said nothing more"),
                ),
            }),
            other => Ok(other_stop(other)),
        }
    }

    fn cut(&self) -> Stop {
        let details = self.incomplete_details.as_ref();
        match details.and_then(|details| details.reason.as_ref()).map_or("", |reason| reason.0.as_ref()) {
            "max_output_tokens" | "max_tokens" | "length" => Stop::Length,
            "content_filter" => Stop::ContentFilter,
            "" => other_stop("incomplete"),
            other => other_stop(other),
        }
    }
}
