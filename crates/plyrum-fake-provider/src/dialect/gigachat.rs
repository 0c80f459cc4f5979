//! `gigachat`: OpenAI's chat with older words. A call is one whole `function_call` with an object of
//! arguments, cached tokens are outside `prompt_tokens`, usage comes with the reason of stopping.

use serde_json::{Value, json};

use super::{Answer, Asked, Call, Speak, data_event, put};
use crate::step::{Counts, Fault};

/// What must be sent back with a function's result.
const STATE: &str = "fake-functions-state";

pub(super) struct GigaChat {
    model: String,
}

impl GigaChat {
    pub(super) fn new(asked: &Asked) -> Self {
        Self { model: asked.model.clone() }
    }

    fn body(&self, choices: &Value, usage: Option<&Value>) -> Value {
        let mut body =
            json!({ "choices": choices, "created": 0, "model": self.model, "object": "chat.completion" });
        put(&mut body, "usage", usage.cloned());
        body
    }

    fn delta(&self, delta: &Value) -> Vec<u8> {
        data_event(&self.body(&json!([{ "delta": delta, "index": 0 }]), None).to_string())
    }
}

impl Speak for GigaChat {
    fn text(&mut self, text: &str) -> Vec<u8> {
        self.delta(&json!({ "content": text, "role": "assistant" }))
    }

    fn reasoning(&mut self, text: &str) -> Vec<u8> {
        self.delta(&json!({ "content": "", "reasoning_content": text, "role": "assistant" }))
    }

    fn call(&mut self, call: &Call) -> Vec<u8> {
        let mut delta = json!({ "content": "", "role": "assistant" });
        put_call(&mut delta, Some(call));
        self.delta(&delta)
    }

    fn finish(&mut self, reason: &str, usage: Option<&Value>) -> Vec<u8> {
        let choice = json!([{ "delta": { "content": "" }, "index": 0, "finish_reason": word(reason) }]);
        data_event(&self.body(&choice, usage).to_string())
    }

    fn joins_usage(&self) -> bool {
        true
    }

    fn usage(&mut self, usage: &Value) -> Vec<u8> {
        data_event(&self.body(&json!([]), Some(usage)).to_string())
    }

    fn error(&mut self, kind: Fault, message: &str) -> Vec<u8> {
        data_event(&self.refusal(kind.status(), kind, message).to_string())
    }

    fn done(&mut self) -> Vec<u8> {
        data_event("[DONE]")
    }

    fn counts(&self, counts: &Counts) -> Value {
        let prompt = counts.input.saturating_add(counts.cache_write);
        json!({
            "prompt_tokens": prompt, "completion_tokens": counts.all_output(),
            "total_tokens": prompt.saturating_add(counts.all_output()),
            "precached_prompt_tokens": counts.cache_read,
        })
    }

    fn whole(&self, answer: &Answer) -> Value {
        let mut message = json!({ "content": answer.all_text(), "role": "assistant" });
        let reasoning = answer.all_reasoning();
        put(&mut message, "reasoning_content", (!reasoning.is_empty()).then(|| reasoning.into()));
        put_call(&mut message, answer.calls().next());
        let finish = answer.finish.as_deref().map(word);
        self.body(
            &json!([{ "message": message, "index": 0, "finish_reason": finish }]),
            answer.usage.as_ref(),
        )
    }

    fn refusal(&self, status: u16, _kind: Fault, message: &str) -> Value {
        json!({ "status": status, "message": message })
    }
}

fn put_call(message: &mut Value, call: Option<&Call>) {
    let call = call.map(|call| json!({ "name": call.name, "arguments": call.object() }));
    put(message, "functions_state_id", call.is_some().then(|| STATE.into()));
    put(message, "function_call", call);
}

fn word(reason: &str) -> &str {
    match reason {
        "tool_calls" => "function_call",
        "content_filter" => "blacklist",
        other => other,
    }
}
