//! `openai-chat`: chunks with deltas, an extra chunk with usage and no choices, `[DONE]`. `DeepSeek`'s name
//! for reasoning, which many servers share.

use serde_json::{Value, json};

use super::{Answer, Call, Speak, data_event, put};
use crate::step::{Counts, Fault};

const ID: &str = "chatcmpl-fake";

pub(super) struct OpenAiChat;

impl Speak for OpenAiChat {
    fn text(&mut self, text: &str) -> Vec<u8> {
        delta(&json!({ "content": text }), &Value::Null)
    }

    fn reasoning(&mut self, text: &str) -> Vec<u8> {
        delta(&json!({ "reasoning_content": text }), &Value::Null)
    }

    /// First what is called, then the arguments, as most servers part them.
    fn call(&mut self, call: &Call) -> Vec<u8> {
        [named(call), arguments(call, &call.arguments)].concat()
    }

    fn half_call(&mut self, call: &Call) -> Vec<u8> {
        [named(call), arguments(call, &call.half())].concat()
    }

    fn finish(&mut self, reason: &str, _usage: Option<&Value>) -> Vec<u8> {
        delta(&json!({}), &json!(reason))
    }

    fn usage(&mut self, usage: &Value) -> Vec<u8> {
        data_event(
            &json!({
                "id": ID, "object": "chat.completion.chunk", "created": 0, "model": "fake",
                "choices": [], "usage": usage,
            })
            .to_string(),
        )
    }

    fn error(&mut self, kind: Fault, message: &str) -> Vec<u8> {
        data_event(&error(kind, message).to_string())
    }

    fn done(&mut self) -> Vec<u8> {
        data_event("[DONE]")
    }

    fn counts(&self, counts: &Counts) -> Value {
        let mut usage = json!({
            "prompt_tokens": counts.all_input(), "completion_tokens": counts.all_output(),
            "total_tokens": counts.total(),
        });
        let mut cached = json!({ "cached_tokens": counts.cache_read });
        put(&mut cached, "cache_write_tokens", (counts.cache_write > 0).then(|| counts.cache_write.into()));
        let has_cache = counts.cache_read > 0 || counts.cache_write > 0;
        put(&mut usage, "prompt_tokens_details", has_cache.then_some(cached));
        let reasoning = (counts.reasoning > 0).then(|| json!({ "reasoning_tokens": counts.reasoning }));
        put(&mut usage, "completion_tokens_details", reasoning);
        usage
    }

    fn whole(&self, answer: &Answer) -> Value {
        let mut message = json!({ "role": "assistant", "content": answer.all_text() });
        let reasoning = answer.all_reasoning();
        put(&mut message, "reasoning_content", (!reasoning.is_empty()).then(|| reasoning.into()));
        let calls: Vec<_> = answer.calls().map(entry).collect();
        put(&mut message, "tool_calls", (!calls.is_empty()).then(|| calls.into()));
        let mut whole = json!({
            "id": ID, "object": "chat.completion", "created": 0, "model": "fake",
            "choices": [{ "index": 0, "message": message, "finish_reason": answer.finish }],
        });
        put(&mut whole, "usage", answer.usage.clone());
        whole
    }

    fn refusal(&self, _status: u16, kind: Fault, message: &str) -> Value {
        error(kind, message)
    }
}

fn delta(delta: &Value, finish_reason: &Value) -> Vec<u8> {
    data_event(
        &json!({
            "id": ID, "object": "chat.completion.chunk", "created": 0, "model": "fake",
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }],
        })
        .to_string(),
    )
}

fn named(call: &Call) -> Vec<u8> {
    let entry = json!({
        "index": call.index, "id": call.id, "type": "function",
        "function": { "name": call.name, "arguments": "" },
    });
    delta(&json!({ "tool_calls": [entry] }), &Value::Null)
}

fn arguments(call: &Call, text: &str) -> Vec<u8> {
    let entry = json!({ "index": call.index, "function": { "arguments": text } });
    delta(&json!({ "tool_calls": [entry] }), &Value::Null)
}

fn entry(call: &Call) -> Value {
    json!({
        "id": call.id, "type": "function", "function": { "name": call.name, "arguments": call.arguments },
    })
}

/// `OpenAI`'s shape of an error, which the Responses API shares.
pub(super) fn error(kind: Fault, message: &str) -> Value {
    let (class, code) = codes(kind);
    json!({ "error": { "message": message, "type": class, "param": null, "code": code } })
}

/// `type` and `code`.
pub(super) fn codes(kind: Fault) -> (&'static str, Option<&'static str>) {
    match kind {
        Fault::Invalid => ("invalid_request_error", None),
        Fault::Unauthorized => ("invalid_request_error", Some("invalid_api_key")),
        Fault::Forbidden => ("permission_error", None),
        Fault::NoCredit => ("insufficient_quota", Some("insufficient_quota")),
        Fault::RateLimited => ("requests", Some("rate_limit_exceeded")),
        Fault::NotFound => ("invalid_request_error", Some("model_not_found")),
        Fault::TooLarge => ("invalid_request_error", Some("context_length_exceeded")),
        Fault::Overloaded => ("service_unavailable_error", Some("server_is_overloaded")),
        Fault::Server => ("server_error", Some("server_error")),
        Fault::Timeout => ("server_error", Some("timeout")),
    }
}
