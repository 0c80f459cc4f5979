//! The `openai-chat` words a script needs, as a server would write them.

use serde_json::{Value, json};

/// A `data:` line with its empty line.
pub(crate) fn event(data: &str) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

/// A chunk with one piece of the answer.
pub(crate) fn text(text: &str) -> Vec<u8> {
    delta(&json!({ "content": text }), &Value::Null)
}

/// A chunk with one piece of reasoning, as `DeepSeek` and many servers name it.
pub(crate) fn reasoning(text: &str) -> Vec<u8> {
    delta(&json!({ "reasoning_content": text }), &Value::Null)
}

/// The chunks of one call of a tool: first what is called, then the arguments, as most servers part them.
pub(crate) fn call(index: u64, id: &str, name: &str, arguments: &str) -> Vec<u8> {
    let first = json!({
        "index": index, "id": id, "type": "function", "function": { "name": name, "arguments": "" },
    });
    let second = json!({ "index": index, "function": { "arguments": arguments } });
    [first, second].iter().flat_map(|entry| delta(&json!({ "tool_calls": [entry] }), &Value::Null)).collect()
}

/// The chunk that says why the model stopped.
pub(crate) fn finish(reason: &str) -> Vec<u8> {
    delta(&json!({}), &json!(reason))
}

/// The extra last chunk, with no choices.
pub(crate) fn usage(usage: &Value) -> Vec<u8> {
    event(
        &json!({
            "id": ID, "object": "chat.completion.chunk", "created": 0, "model": "fake",
            "choices": [], "usage": usage,
        })
        .to_string(),
    )
}

/// Plain counts in the usual shape.
pub(crate) fn counts(prompt: u64, completion: u64) -> Value {
    json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion })
}

const ID: &str = "chatcmpl-fake";

fn delta(delta: &Value, finish_reason: &Value) -> Vec<u8> {
    event(
        &json!({
            "id": ID, "object": "chat.completion.chunk", "created": 0, "model": "fake",
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }],
        })
        .to_string(),
    )
}
