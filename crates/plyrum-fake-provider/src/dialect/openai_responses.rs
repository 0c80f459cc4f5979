//! `openai-responses`: numbered, typed events around items of output. Why it stopped and the usage are told
//! once, in the terminal event, which also repeats the whole response.

use serde_json::{Value, json};

use super::openai_chat::{codes, error};
use super::{Answer, Asked, Call, Part, Speak, put, typed_event};
use crate::step::{Counts, Fault};

const ID: &str = "resp_fake";

pub(super) struct OpenAiResponses {
    model: String,
    /// The client asked for reasoning that it can send back.
    sealed: bool,
    begun: bool,
    /// The number of the next event.
    sequence: u64,
    /// Items that are complete.
    output: Vec<Value>,
    /// The text or reasoning that is being said.
    open: Option<(Kind, String)>,
    finish: Option<String>,
    usage: Option<Value>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Reasoning,
}

impl OpenAiResponses {
    pub(super) fn new(asked: &Asked) -> Self {
        let included = asked.body.get("include").and_then(Value::as_array);
        let sealed =
            included.is_some_and(|names| names.iter().any(|name| name == "reasoning.encrypted_content"));
        Self {
            model: asked.model.clone(),
            sealed,
            begun: false,
            sequence: 0,
            output: Vec::new(),
            open: None,
            finish: None,
            usage: None,
        }
    }

    fn event(&mut self, kind: &str, mut fields: Value) -> Vec<u8> {
        put(&mut fields, "sequence_number", Some(self.sequence.into()));
        self.sequence += 1;
        typed_event(kind, fields)
    }

    /// An event about the item that comes after the complete ones.
    fn item_event(&mut self, kind: &str, mut fields: Value) -> Vec<u8> {
        put(&mut fields, "output_index", Some(self.output.len().into()));
        self.event(kind, fields)
    }

    fn item_id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", self.output.len())
    }

    /// Opens an item of this kind unless it is open already.
    fn enter(&mut self, kind: Kind) -> Vec<u8> {
        if self.open.as_ref().is_some_and(|(open, _)| *open == kind) {
            return Vec::new();
        }
        let mut bytes = self.begin();
        bytes.extend(self.close());
        self.open = Some((kind, String::new()));
        match kind {
            Kind::Text => {
                let id = self.item_id("msg");
                let item = message(&id, "in_progress", &json!([]));
                bytes.extend(self.item_event("response.output_item.added", json!({ "item": item })));
                let part = json!({ "item_id": id, "content_index": 0, "part": output_text("") });
                bytes.extend(self.item_event("response.content_part.added", part));
            }
            Kind::Reasoning => {
                let id = self.item_id("rs");
                let item = json!({ "id": id, "type": "reasoning", "summary": [] });
                bytes.extend(self.item_event("response.output_item.added", json!({ "item": item })));
                let part = json!({ "item_id": id, "summary_index": 0, "part": summary_text("") });
                bytes.extend(self.item_event("response.reasoning_summary_part.added", part));
            }
        }
        bytes
    }

    fn close(&mut self) -> Vec<u8> {
        let Some((kind, text)) = self.open.take() else { return Vec::new() };
        let mut bytes = Vec::new();
        let item = match kind {
            Kind::Text => {
                let id = self.item_id("msg");
                let done = json!({ "item_id": id, "content_index": 0, "text": text });
                bytes.extend(self.item_event("response.output_text.done", done));
                let part = json!({ "item_id": id, "content_index": 0, "part": output_text(&text) });
                bytes.extend(self.item_event("response.content_part.done", part));
                message(&id, "completed", &json!([output_text(&text)]))
            }
            Kind::Reasoning => {
                let id = self.item_id("rs");
                let done = json!({ "item_id": id, "summary_index": 0, "text": text });
                bytes.extend(self.item_event("response.reasoning_summary_text.done", done));
                let part = json!({ "item_id": id, "summary_index": 0, "part": summary_text(&text) });
                bytes.extend(self.item_event("response.reasoning_summary_part.done", part));
                reasoning(&id, &text, self.sealed)
            }
        };
        bytes.extend(self.complete(item));
        bytes
    }

    fn complete(&mut self, item: Value) -> Vec<u8> {
        let bytes = self.item_event("response.output_item.done", json!({ "item": item.clone() }));
        self.output.push(item);
        bytes
    }

    /// The beginning of a call with some of its arguments.
    fn open_call(&mut self, call: &Call, arguments: &str) -> Vec<u8> {
        let mut bytes = self.begin();
        bytes.extend(self.close());
        let id = self.item_id("fc");
        let item = function_call(&id, "in_progress", call, "");
        bytes.extend(self.item_event("response.output_item.added", json!({ "item": item })));
        let delta = json!({ "item_id": id, "delta": arguments });
        bytes.extend(self.item_event("response.function_call_arguments.delta", delta));
        bytes
    }

    fn response(&self, status: &str, output: &[Value], usage: Option<&Value>) -> Value {
        let (status, details) = match status {
            "length" => ("incomplete", json!({ "reason": "max_output_tokens" })),
            "content_filter" => ("incomplete", json!({ "reason": "content_filter" })),
            "stop" | "tool_calls" => ("completed", Value::Null),
            "error" => ("failed", Value::Null),
            other => (other, Value::Null),
        };
        let error = match status {
            "failed" => json!({ "code": "server_error", "message": "The model failed." }),
            _ => Value::Null,
        };
        json!({
            "id": ID, "object": "response", "created_at": 0, "model": self.model, "status": status,
            "error": error, "incomplete_details": details, "output": output, "usage": usage,
        })
    }
}

impl Speak for OpenAiResponses {
    fn begin(&mut self) -> Vec<u8> {
        if self.begun {
            return Vec::new();
        }
        self.begun = true;
        let response = self.response("in_progress", &[], None);
        let mut bytes = self.event("response.created", json!({ "response": response.clone() }));
        bytes.extend(self.event("response.in_progress", json!({ "response": response })));
        bytes
    }

    fn text(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = self.enter(Kind::Text);
        let delta = json!({ "item_id": self.item_id("msg"), "content_index": 0, "delta": text });
        bytes.extend(self.item_event("response.output_text.delta", delta));
        self.said(text);
        bytes
    }

    fn reasoning(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = self.enter(Kind::Reasoning);
        let delta = json!({ "item_id": self.item_id("rs"), "summary_index": 0, "delta": text });
        bytes.extend(self.item_event("response.reasoning_summary_text.delta", delta));
        self.said(text);
        bytes
    }

    fn call(&mut self, call: &Call) -> Vec<u8> {
        let mut bytes = self.open_call(call, &call.arguments);
        let id = self.item_id("fc");
        let done = json!({ "item_id": id, "name": call.name, "arguments": call.arguments });
        bytes.extend(self.item_event("response.function_call_arguments.done", done));
        bytes.extend(self.complete(function_call(&id, "completed", call, &call.arguments)));
        bytes
    }

    fn half_call(&mut self, call: &Call) -> Vec<u8> {
        self.open_call(call, &call.half())
    }

    fn finish(&mut self, reason: &str, _usage: Option<&Value>) -> Vec<u8> {
        self.finish = Some(reason.to_owned());
        self.close()
    }

    fn usage(&mut self, usage: &Value) -> Vec<u8> {
        self.usage = Some(usage.clone());
        Vec::new()
    }

    fn error(&mut self, kind: Fault, message: &str) -> Vec<u8> {
        let (class, code) = codes(kind);
        self.event("error", json!({ "code": code.unwrap_or(class), "message": message, "param": null }))
    }

    fn done(&mut self) -> Vec<u8> {
        let mut bytes = self.begin();
        bytes.extend(self.close());
        let response =
            self.response(self.finish.as_deref().unwrap_or("stop"), &self.output, self.usage.as_ref());
        let kind = format!("response.{}", response["status"].as_str().unwrap_or("completed"));
        bytes.extend(self.event(&kind, json!({ "response": response })));
        bytes
    }

    fn counts(&self, counts: &Counts) -> Value {
        json!({
            "input_tokens": counts.all_input(),
            "input_tokens_details": { "cached_tokens": counts.cache_read },
            "output_tokens": counts.all_output(),
            "output_tokens_details": { "reasoning_tokens": counts.reasoning },
            "total_tokens": counts.total(),
        })
    }

    fn whole(&self, answer: &Answer) -> Value {
        let items: Vec<_> = (0..)
            .zip(&answer.parts)
            .map(|(number, part): (u64, _)| match part {
                Part::Text(text) => {
                    message(&format!("msg_{number}"), "completed", &json!([output_text(text)]))
                }
                Part::Reasoning(text) => reasoning(&format!("rs_{number}"), text, self.sealed),
                Part::Call(call) => {
                    function_call(&format!("fc_{number}"), "completed", call, &call.arguments)
                }
            })
            .collect();
        self.response(answer.finish.as_deref().unwrap_or("stop"), &items, answer.usage.as_ref())
    }

    fn refusal(&self, _status: u16, kind: Fault, message: &str) -> Value {
        error(kind, message)
    }
}

impl OpenAiResponses {
    fn said(&mut self, text: &str) {
        if let Some((_, said)) = &mut self.open {
            said.push_str(text);
        }
    }
}

fn message(id: &str, status: &str, content: &Value) -> Value {
    json!({ "id": id, "type": "message", "status": status, "role": "assistant", "content": content })
}

fn output_text(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [] })
}

fn summary_text(text: &str) -> Value {
    json!({ "type": "summary_text", "text": text })
}

fn reasoning(id: &str, text: &str, sealed: bool) -> Value {
    let mut item = json!({ "id": id, "type": "reasoning", "summary": [summary_text(text)] });
    put(&mut item, "encrypted_content", sealed.then(|| "fake-sealed-thoughts".into()));
    item
}

fn function_call(id: &str, status: &str, call: &Call, arguments: &str) -> Value {
    json!({
        "id": id, "type": "function_call", "status": status,
        "call_id": call.id, "name": call.name, "arguments": arguments,
    })
}
