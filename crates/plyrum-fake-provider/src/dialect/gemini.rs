//! `gemini`: each event is a response like the whole one, with the parts that are new. Calls are whole and
//! objects, thoughts are counted apart from candidates, nothing marks the end but the body's.

use serde_json::{Value, json};

use super::{Answer, Asked, Call, Part, Speak, data_event, put};
use crate::step::{Counts, Fault};

/// What must be sent back with the first call after thoughts: base64 of `fake-signature`.
const SIGNATURE: &str = "ZmFrZS1zaWduYXR1cmU=";

pub(super) struct Gemini {
    model: String,
    /// Usage as the first events tell it: the request's tokens alone.
    early: Option<Value>,
    /// The answer is one element of a list.
    listed: bool,
    /// It has thought, and the signature was not given yet.
    thought: bool,
}

impl Gemini {
    pub(super) fn new(asked: &Asked) -> Self {
        let early = asked.ahead.map(
            |counts| json!({ "promptTokenCount": counts.all_input(), "totalTokenCount": counts.all_input() }),
        );
        Self { model: asked.model.clone(), early, listed: asked.listed, thought: false }
    }

    fn response(&self, candidates: Option<Value>, usage: Option<&Value>) -> Value {
        let mut response = json!({ "modelVersion": self.model, "responseId": "fake" });
        put(&mut response, "candidates", candidates);
        put(&mut response, "usageMetadata", usage.cloned());
        response
    }

    fn part(&self, part: &Value) -> Vec<u8> {
        let candidates = json!([candidate(&json!([part]), None)]);
        data_event(&self.response(Some(candidates), self.early.as_ref()).to_string())
    }
}

impl Speak for Gemini {
    fn text(&mut self, text: &str) -> Vec<u8> {
        self.part(&json!({ "text": text }))
    }

    fn reasoning(&mut self, text: &str) -> Vec<u8> {
        self.thought = true;
        self.part(&json!({ "text": text, "thought": true }))
    }

    fn call(&mut self, call: &Call) -> Vec<u8> {
        let signed = std::mem::take(&mut self.thought);
        self.part(&function_call(call, signed))
    }

    fn finish(&mut self, reason: &str, usage: Option<&Value>) -> Vec<u8> {
        let candidates = json!([candidate(&json!([{ "text": "" }]), Some(reason))]);
        data_event(&self.response(Some(candidates), usage.or(self.early.as_ref())).to_string())
    }

    fn joins_usage(&self) -> bool {
        true
    }

    fn usage(&mut self, usage: &Value) -> Vec<u8> {
        data_event(&self.response(None, Some(usage)).to_string())
    }

    fn error(&mut self, kind: Fault, message: &str) -> Vec<u8> {
        data_event(&error(code(kind), kind, message).to_string())
    }

    fn done(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn counts(&self, counts: &Counts) -> Value {
        let mut usage = json!({
            "promptTokenCount": counts.all_input(), "candidatesTokenCount": counts.output,
            "totalTokenCount": counts.total(),
        });
        let some = |count: u64| (count > 0).then(|| count.into());
        put(&mut usage, "cachedContentTokenCount", some(counts.cache_read));
        put(&mut usage, "thoughtsTokenCount", some(counts.reasoning));
        usage
    }

    fn whole(&self, answer: &Answer) -> Value {
        let mut thought = false;
        let parts: Vec<_> = answer
            .parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => json!({ "text": text }),
                Part::Reasoning(text) => {
                    thought = true;
                    json!({ "text": text, "thought": true })
                }
                Part::Call(call) => function_call(call, std::mem::take(&mut thought)),
            })
            .collect();
        let candidates = json!([candidate(&parts.into(), answer.finish.as_deref())]);
        let whole = self.response(Some(candidates), answer.usage.as_ref());
        if self.listed { json!([whole]) } else { whole }
    }

    fn refusal(&self, status: u16, kind: Fault, message: &str) -> Value {
        let refusal = error(status, kind, message);
        if self.listed { json!([refusal]) } else { refusal }
    }
}

fn candidate(parts: &Value, finish: Option<&str>) -> Value {
    let mut candidate = json!({ "content": { "parts": parts, "role": "model" }, "index": 0 });
    put(&mut candidate, "finishReason", finish.map(|reason| word(reason).into()));
    candidate
}

fn function_call(call: &Call, signed: bool) -> Value {
    let mut part = json!({ "functionCall": { "id": call.id, "name": call.name, "args": call.object() } });
    put(&mut part, "thoughtSignature", signed.then(|| SIGNATURE.into()));
    part
}

fn error(status: u16, kind: Fault, message: &str) -> Value {
    json!({ "error": { "code": status, "message": message, "status": name(kind) } })
}

/// Gemini has no 402 and no 413.
fn code(kind: Fault) -> u16 {
    match kind {
        Fault::NoCredit => 429,
        Fault::TooLarge => 400,
        Fault::Invalid
        | Fault::Unauthorized
        | Fault::Forbidden
        | Fault::RateLimited
        | Fault::NotFound
        | Fault::Overloaded
        | Fault::Server
        | Fault::Timeout => kind.status(),
    }
}

fn name(kind: Fault) -> &'static str {
    match kind {
        Fault::Invalid | Fault::TooLarge => "INVALID_ARGUMENT",
        Fault::Unauthorized => "UNAUTHENTICATED",
        Fault::Forbidden => "PERMISSION_DENIED",
        Fault::NoCredit | Fault::RateLimited => "RESOURCE_EXHAUSTED",
        Fault::NotFound => "NOT_FOUND",
        Fault::Overloaded => "UNAVAILABLE",
        Fault::Server => "INTERNAL",
        Fault::Timeout => "DEADLINE_EXCEEDED",
    }
}

fn word(reason: &str) -> &str {
    match reason {
        "stop" | "tool_calls" => "STOP",
        "length" => "MAX_TOKENS",
        "content_filter" => "SAFETY",
        other => other,
    }
}
