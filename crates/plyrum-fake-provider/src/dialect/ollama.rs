//! `ollama`: lines of JSON. Calls are whole, objects and without ids; why it stopped and the usage are in the
//! last line, `done: true`.

use serde_json::{Value, json};

use super::{Answer, Asked, Call, Speak, put};
use crate::step::{Counts, Fault};

pub(super) struct Ollama {
    model: String,
    finish: Option<String>,
    usage: Option<Value>,
}

impl Ollama {
    pub(super) fn new(asked: &Asked) -> Self {
        Self { model: asked.model.clone(), finish: None, usage: None }
    }

    fn message(&self, message: &Value) -> Value {
        json!({ "model": self.model, "created_at": "2024-01-01T00:00:00Z", "message": message, "done": false })
    }

    fn last(&self, message: &Value, finish: Option<&str>, usage: Option<&Value>) -> Value {
        let mut last = self.message(message);
        put(&mut last, "done", Some(true.into()));
        put(&mut last, "done_reason", Some(word(finish.unwrap_or("stop")).into()));
        for (name, count) in usage.and_then(Value::as_object).into_iter().flatten() {
            put(&mut last, name, Some(count.clone()));
        }
        last
    }
}

impl Speak for Ollama {
    fn text(&mut self, text: &str) -> Vec<u8> {
        line(&self.message(&json!({ "role": "assistant", "content": text })))
    }

    fn reasoning(&mut self, text: &str) -> Vec<u8> {
        line(&self.message(&json!({ "role": "assistant", "content": "", "thinking": text })))
    }

    fn call(&mut self, call: &Call) -> Vec<u8> {
        let calls = json!([entry(call)]);
        line(&self.message(&json!({ "role": "assistant", "content": "", "tool_calls": calls })))
    }

    fn finish(&mut self, reason: &str, _usage: Option<&Value>) -> Vec<u8> {
        self.finish = Some(reason.to_owned());
        Vec::new()
    }

    fn usage(&mut self, usage: &Value) -> Vec<u8> {
        self.usage = Some(usage.clone());
        Vec::new()
    }

    fn error(&mut self, kind: Fault, message: &str) -> Vec<u8> {
        line(&self.refusal(kind.status(), kind, message))
    }

    fn done(&mut self) -> Vec<u8> {
        let message = json!({ "role": "assistant", "content": "" });
        line(&self.last(&message, self.finish.as_deref(), self.usage.as_ref()))
    }

    fn event(&self, data: &str) -> Vec<u8> {
        format!("{data}\n").into_bytes()
    }

    /// There are no comments in NDJSON.
    fn comment(&self, _text: &str) -> Vec<u8> {
        b"\n".to_vec()
    }

    fn stream_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn counts(&self, counts: &Counts) -> Value {
        json!({ "prompt_eval_count": counts.all_input(), "eval_count": counts.all_output() })
    }

    fn whole(&self, answer: &Answer) -> Value {
        let mut message = json!({ "role": "assistant", "content": answer.all_text() });
        let thinking = answer.all_reasoning();
        put(&mut message, "thinking", (!thinking.is_empty()).then(|| thinking.into()));
        let calls: Vec<_> = answer.calls().map(entry).collect();
        put(&mut message, "tool_calls", (!calls.is_empty()).then(|| calls.into()));
        self.last(&message, answer.finish.as_deref(), answer.usage.as_ref())
    }

    fn refusal(&self, _status: u16, _kind: Fault, message: &str) -> Value {
        json!({ "error": message })
    }
}

fn line(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}

fn entry(call: &Call) -> Value {
    json!({ "function": { "name": call.name, "arguments": call.object() } })
}

fn word(reason: &str) -> &str {
    match reason {
        "tool_calls" => "stop",
        other => other,
    }
}
