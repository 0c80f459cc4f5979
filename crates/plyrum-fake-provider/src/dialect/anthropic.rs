//! `anthropic`: typed events around numbered blocks. Usage is split: the request's tokens in `message_start`,
//! all of them, grown, in `message_delta`; cached tokens are outside `input_tokens`.

use serde_json::{Value, json};

use super::{Answer, Asked, Call, Part, Speak, put, typed_event};
use crate::step::{Counts, Fault};

const ID: &str = "msg_fake";
/// What must be sent back with the thoughts before a call.
const SIGNATURE: &str = "fake-signature";

pub(super) struct Anthropic {
    model: String,
    /// Usage as `message_start` tells it.
    early: Option<Value>,
    begun: bool,
    /// The block that is open now.
    open: Option<Block>,
    /// The number of the next block.
    next: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Block {
    Text,
    Thinking,
    Call,
}

impl Anthropic {
    pub(super) fn new(asked: &Asked) -> Self {
        let early = asked.ahead.map(|ahead| usage(&Counts { output: 1, reasoning: 0, ..ahead }));
        Self { model: asked.model.clone(), early, begun: false, open: None, next: 0 }
    }

    fn start(&mut self, usage: Option<Value>) -> Vec<u8> {
        self.begun = true;
        let message = self.message(&json!([]), None, usage);
        [typed_event("message_start", json!({ "message": message })), typed_event("ping", json!({}))].concat()
    }

    fn message(&self, content: &Value, finish: Option<&str>, usage: Option<Value>) -> Value {
        let mut message = json!({
            "id": ID, "type": "message", "role": "assistant", "model": self.model, "content": content,
            "stop_reason": finish.map(word), "stop_sequence": null,
        });
        put(&mut message, "usage", usage);
        message
    }

    /// Opens a block, after what must come before it.
    fn open(&mut self, block: Block, content: &Value) -> Vec<u8> {
        let mut bytes = self.begin();
        bytes.extend(self.close());
        self.open = Some(block);
        bytes.extend(typed_event(
            "content_block_start",
            json!({ "index": self.next, "content_block": content }),
        ));
        bytes
    }

    /// Opens a block unless one of this kind is open already.
    fn enter(&mut self, block: Block, content: &Value) -> Vec<u8> {
        if self.open == Some(block) { Vec::new() } else { self.open(block, content) }
    }

    fn delta(&self, delta: &Value) -> Vec<u8> {
        typed_event("content_block_delta", json!({ "index": self.next, "delta": delta }))
    }

    fn close(&mut self) -> Vec<u8> {
        let Some(block) = self.open.take() else { return Vec::new() };
        let mut bytes = match block {
            Block::Thinking => self.delta(&json!({ "type": "signature_delta", "signature": SIGNATURE })),
            Block::Text | Block::Call => Vec::new(),
        };
        bytes.extend(typed_event("content_block_stop", json!({ "index": self.next })));
        self.next += 1;
        bytes
    }

    fn message_delta(finish: Option<&str>, usage: Option<&Value>) -> Vec<u8> {
        let mut event = json!({ "delta": { "stop_reason": finish.map(word), "stop_sequence": null } });
        put(&mut event, "usage", usage.cloned());
        typed_event("message_delta", event)
    }

    fn call_with(&mut self, call: &Call, arguments: &str) -> Vec<u8> {
        let content = json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": {} });
        let mut bytes = self.open(Block::Call, &content);
        bytes.extend(self.delta(&json!({ "type": "input_json_delta", "partial_json": arguments })));
        bytes
    }
}

impl Speak for Anthropic {
    fn begin(&mut self) -> Vec<u8> {
        if self.begun {
            return Vec::new();
        }
        let early = self.early.clone();
        self.start(early)
    }

    fn text(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = self.enter(Block::Text, &json!({ "type": "text", "text": "" }));
        bytes.extend(self.delta(&json!({ "type": "text_delta", "text": text })));
        bytes
    }

    fn reasoning(&mut self, text: &str) -> Vec<u8> {
        let content = json!({ "type": "thinking", "thinking": "", "signature": "" });
        let mut bytes = self.enter(Block::Thinking, &content);
        bytes.extend(self.delta(&json!({ "type": "thinking_delta", "thinking": text })));
        bytes
    }

    fn call(&mut self, call: &Call) -> Vec<u8> {
        let mut bytes = self.call_with(call, &call.arguments);
        bytes.extend(self.close());
        bytes
    }

    fn half_call(&mut self, call: &Call) -> Vec<u8> {
        self.call_with(call, &call.half())
    }

    fn finish(&mut self, reason: &str, usage: Option<&Value>) -> Vec<u8> {
        let mut bytes = self.begin();
        bytes.extend(self.close());
        bytes.extend(Self::message_delta(Some(reason), usage));
        bytes
    }

    fn joins_usage(&self) -> bool {
        true
    }

    /// Before anything else it is the usage of `message_start`, later one more `message_delta`.
    fn usage(&mut self, usage: &Value) -> Vec<u8> {
        if self.begun { Self::message_delta(None, Some(usage)) } else { self.start(Some(usage.clone())) }
    }

    fn error(&mut self, kind: Fault, message: &str) -> Vec<u8> {
        typed_event("error", json!({ "error": { "type": class(kind), "message": message } }))
    }

    fn done(&mut self) -> Vec<u8> {
        let mut bytes = self.begin();
        bytes.extend(self.close());
        bytes.extend(typed_event("message_stop", json!({})));
        bytes
    }

    fn counts(&self, counts: &Counts) -> Value {
        usage(counts)
    }

    fn whole(&self, answer: &Answer) -> Value {
        let content: Vec<_> = answer
            .parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => json!({ "type": "text", "text": text }),
                Part::Reasoning(text) => {
                    json!({ "type": "thinking", "thinking": text, "signature": SIGNATURE })
                }
                Part::Call(call) => json!({
                    "type": "tool_use", "id": call.id, "name": call.name, "input": call.object(),
                }),
            })
            .collect();
        self.message(&content.into(), answer.finish.as_deref(), answer.usage.clone())
    }

    fn refusal(&self, _status: u16, kind: Fault, message: &str) -> Value {
        json!({
            "type": "error", "error": { "type": class(kind), "message": message }, "request_id": "req_fake",
        })
    }
}

fn usage(counts: &Counts) -> Value {
    let mut usage = json!({
        "input_tokens": counts.input, "output_tokens": counts.all_output(),
        "cache_read_input_tokens": counts.cache_read, "cache_creation_input_tokens": counts.cache_write,
    });
    let thinking = (counts.reasoning > 0).then(|| json!({ "thinking_tokens": counts.reasoning }));
    put(&mut usage, "output_tokens_details", thinking);
    usage
}

fn class(kind: Fault) -> &'static str {
    match kind {
        Fault::Invalid => "invalid_request_error",
        Fault::Unauthorized => "authentication_error",
        Fault::Forbidden => "permission_error",
        Fault::NoCredit => "billing_error",
        Fault::RateLimited => "rate_limit_error",
        Fault::NotFound => "not_found_error",
        Fault::TooLarge => "request_too_large",
        Fault::Overloaded => "overloaded_error",
        Fault::Server => "api_error",
        Fault::Timeout => "timeout_error",
    }
}

fn word(reason: &str) -> &str {
    match reason {
        "stop" => "end_turn",
        "length" => "max_tokens",
        "tool_calls" => "tool_use",
        "content_filter" => "refusal",
        other => other,
    }
}
