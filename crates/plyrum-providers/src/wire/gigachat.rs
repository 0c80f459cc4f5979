//! `gigachat`: `POST {base}/chat/completions` with a token that is lent for half an hour, chunks and `[DONE]` as
//! `openai-chat` has them, and functions in the form from before `tools`.
//!
//! One call an answer, its arguments an object. What the model thought of a call stays with the server under
//! `functions_state_id`, which goes back with the call. Usage may be missing in streams: then it is estimated.
//!
//! Facts: the provider's reference and its own client library's models.

mod request;
#[cfg(test)]
mod tests;
mod usage;

use std::collections::VecDeque;
use std::sync::Arc;

use plyrum_billing_client::Convention;
use serde::Deserialize;

use super::body::{Answer, EventBody};
use super::gathered::{Ending, Gathered};
use super::openai_chat::{Chat, Dialect};
use super::{Auth, Decode, Format};
use crate::call_ids::CallIds;
use crate::sse::{Next, SseEvent};
use crate::{ChatRequest, Manner, ProviderError, ReportedUsage, StreamEvent, Thought, Wire};

/// The format.
#[derive(Debug)]
pub(crate) struct GigaChat;

/// How its chunks differ from the family's.
const DIALECT: Dialect = Dialect::of(Wire::GigaChat);

impl Format for GigaChat {
    fn convention(&self) -> Convention {
        usage::CONVENTION
    }

    fn path(&self, _: &ChatRequest, _: &Manner) -> String {
        "chat/completions".to_owned()
    }

    fn auth(&self) -> Auth {
        Auth::Lent
    }

    fn body(&self, request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
        request::body(request, manner)
    }

    fn decoder(&self, ids: CallIds) -> Box<dyn Decode> {
        Box::new(EventBody::new(Chunks { chat: Chat::of(&DIALECT), has_state: false }, ids))
    }
}

/// What this wire makes of its chunks: what its family does, and the state of a call.
#[derive(Debug)]
struct Chunks {
    chat: Chat,
    has_state: bool,
}

impl Answer for Chunks {
    const ENDING: Ending = Chat::ENDING;

    fn event(
        &mut self,
        event: SseEvent<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<Next, ProviderError> {
        self.carry_state(event.data, gathered, events);
        self.chat.event(event, gathered, events)
    }

    fn whole(
        &mut self,
        text: &str,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        self.carry_state(text, gathered, events);
        self.chat.whole(text, gathered, events)
    }

    fn report(raw: String) -> ReportedUsage {
        usage::report(raw)
    }
}

/// The field under which the server keeps what it thought of a call.
const STATE: &str = "functions_state_id";

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default, alias = "message")]
    delta: Option<Delta>,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    functions_state_id: Option<String>,
}

impl Chunks {
    /// The state of the answer's call, once. Hardly a chunk names it, so the others are not read twice.
    fn carry_state(&mut self, data: &str, gathered: &mut Gathered, events: &mut VecDeque<StreamEvent>) {
        if self.has_state || !data.contains(STATE) {
            return;
        }
        // What is no chunk is told by who reads it for its text.
        let Ok(chunk) = serde_json::from_str::<Chunk>(data) else { return };
        let states = chunk.choices.into_iter().filter_map(|choice| choice.delta?.functions_state_id);
        if let Some(state) = states.into_iter().find(|state| !state.is_empty()) {
            self.has_state = true;
            let json = Arc::from(serde_json::json!({ STATE: state }).to_string());
            gathered.carry(StreamEvent::Thought(Thought { wire: Wire::GigaChat, json }), events);
        }
    }
}
