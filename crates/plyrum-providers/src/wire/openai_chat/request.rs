//! A request as `openai-chat` writes it.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::request::ByteCount;
use crate::{ChatMessage, ChatRequest, ErrorClass, ProviderError, ToolCall, ToolSpec};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    /// Left out where there is none: some servers refuse an empty list, others pay for it with tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    /// `null` where a message only calls tools: some servers refuse an empty text there, others a missing one.
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Call<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Called<'a>,
}

#[derive(Serialize)]
struct Called<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

/// The only type of tool that servers other than OpenAI's own know.
const FUNCTION: &str = "function";

impl<'a> Message<'a> {
    fn of(message: &'a ChatMessage) -> Self {
        let only_calls = message.content.is_empty() && !message.calls.is_empty();
        Self {
            role: message.role.name(),
            content: (!only_calls).then_some(message.content.as_str()),
            tool_calls: message.calls.iter().map(Call::of).collect(),
            tool_call_id: message.call.as_deref(),
        }
    }
}

impl<'a> Call<'a> {
    fn of(call: &'a ToolCall) -> Self {
        let function = Called { name: &call.name, arguments: call.sent_arguments() };
        Self { id: &call.id, kind: FUNCTION, function }
    }
}

impl<'a> Tool<'a> {
    fn of(tool: &'a ToolSpec) -> Self {
        let function =
            Function { name: &tool.name, description: &tool.description, parameters: &tool.schema };
        Self { kind: FUNCTION, function }
    }
}

#[derive(Serialize)]
struct StreamOptions {
    /// Without it no usage comes at all.
    include_usage: bool,
}

/// The JSON to send.
pub(crate) fn body(request: &ChatRequest) -> Result<Vec<u8>, ProviderError> {
    let mut bytes =
        Vec::with_capacity(usize::try_from(request.text_bytes()).unwrap_or(0).saturating_add(512));
    let temperature = request.temperature.as_deref().map(number).transpose()?;
    write(request, temperature, &mut bytes).map_err(|error| {
        ProviderError::new(ErrorClass::Config, format!("the request is no JSON: {error}"))
    })?;
    Ok(bytes)
}

/// Bytes of [`body`], without keeping them. A temperature that is no number counts as its text's length.
pub(crate) fn body_bytes(request: &ChatRequest) -> u64 {
    let mut count = ByteCount(0);
    let temperature = request.temperature.as_deref().and_then(|text| number(text).ok());
    // Counting cannot fail: texts, integers and JSON values only.
    let _ = write(request, temperature, &mut count);
    count.0
}

fn write(
    request: &ChatRequest,
    temperature: Option<Box<RawValue>>,
    to: impl io::Write,
) -> serde_json::Result<()> {
    serde_json::to_writer(
        to,
        &Body {
            model: &request.model,
            messages: request.messages.iter().map(Message::of).collect(),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            max_tokens: request.max_output_tokens,
            temperature,
            stop: &request.stop,
            tools: request.tools.iter().map(Tool::of).collect(),
        },
    )
}

/// Decimal text as a JSON number, digit for digit.
fn number(text: &str) -> Result<Box<RawValue>, ProviderError> {
    let decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    decimal.then(|| RawValue::from_string(text.to_owned()).ok()).flatten().ok_or_else(|| {
        ProviderError::new(
            ErrorClass::Config,
            format!("temperature `{text}` is not a decimal number; write it like `0.7`"),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Role;

    fn request() -> ChatRequest {
        ChatRequest {
            model: "fast".to_owned(),
            messages: vec![
                ChatMessage::text(Role::System, "Кратко."),
                ChatMessage::text(Role::User, "say \"hi\"\n"),
            ],
            max_output_tokens: 100,
            temperature: Some("0.70".to_owned()),
            stop: vec!["END".to_owned()],
            attempt: "a1".to_owned(),
            seed: 7,
            tools: Vec::new(),
        }
    }

    fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
        // Not by the constructor: whoever reads calls from a file may have some without arguments.
        ToolCall { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_owned() }
    }

    /// A conversation with calls, results and tools.
    fn with_tools() -> ChatRequest {
        let schema = serde_json::json!({ "type": "object", "properties": { "path": { "type": "string" } } });
        ChatRequest {
            messages: vec![
                ChatMessage::text(Role::User, "go"),
                ChatMessage::calling(
                    "",
                    vec![call("c1", "read", r#"{"path":"а"}"#), call("c2", "list", " ")],
                ),
                ChatMessage::result("c1", "text"),
                ChatMessage::result("c2", ""),
                ChatMessage::calling("Once more.", vec![call("c3", "read", r#"{"pa"#)]),
                ChatMessage::result("c3", "no JSON"),
            ],
            tools: vec![ToolSpec {
                name: "read".to_owned(),
                description: "Reads a file.".to_owned(),
                schema: Arc::new(schema),
            }],
            temperature: None,
            stop: Vec::new(),
            ..request()
        }
    }

    #[test]
    fn tools_calls_and_results_are_written_as_servers_read_them() {
        assert_eq!(
            String::from_utf8(body(&with_tools()).unwrap()).unwrap(),
            concat!(
                r#"{"model":"fast","messages":[{"role":"user","content":"go"},"#,
                r#"{"role":"assistant","content":null,"tool_calls":["#,
                r#"{"id":"c1","type":"function","function":{"name":"read","arguments":"{\"path\":\"а\"}"}},"#,
                r#"{"id":"c2","type":"function","function":{"name":"list","arguments":"{}"}}]},"#,
                r#"{"role":"tool","content":"text","tool_call_id":"c1"},"#,
                r#"{"role":"tool","content":"","tool_call_id":"c2"},"#,
                r#"{"role":"assistant","content":"Once more.","tool_calls":["#,
                r#"{"id":"c3","type":"function","function":{"name":"read","arguments":"{\"pa"}}]},"#,
                r#"{"role":"tool","content":"no JSON","tool_call_id":"c3"}],"#,
                r#""stream":true,"stream_options":{"include_usage":true},"max_tokens":100,"#,
                r#""tools":[{"type":"function","function":{"name":"read","description":"Reads a file.","#,
                r#""parameters":{"properties":{"path":{"type":"string"}},"type":"object"}}}]}"#,
            )
        );
    }

    #[test]
    fn a_request_is_written_digit_for_digit() {
        assert_eq!(
            String::from_utf8(body(&request()).unwrap()).unwrap(),
            concat!(
                r#"{"model":"fast","messages":[{"role":"system","content":"Кратко."},"#,
                r#"{"role":"user","content":"say \"hi\"\n"}],"stream":true,"#,
                r#""stream_options":{"include_usage":true},"max_tokens":100,"temperature":0.70,"stop":["END"]}"#,
            )
        );
    }

    #[test]
    fn what_is_not_set_is_not_sent() {
        let plain = ChatRequest { temperature: None, stop: Vec::new(), ..request() };
        let text = String::from_utf8(body(&plain).unwrap()).unwrap();
        for name in ["temperature", "stop\"", "tool"] {
            assert!(!text.contains(name), "{name}: {text}");
        }
    }

    #[test]
    fn request_bytes_are_exactly_the_bytes_sent() {
        for request in [request(), with_tools()] {
            assert_eq!(body_bytes(&request), body(&request).unwrap().len() as u64);
            assert!(body_bytes(&request) > request.text_bytes());
        }
    }

    #[test]
    fn a_temperature_that_is_no_number_never_reaches_the_wire() {
        for text in ["", "warm", "0.7,\"n\":9", "-1", "1e9", "00.1", "."] {
            let bad = ChatRequest { temperature: Some(text.to_owned()), ..request() };
            assert_eq!(body(&bad).unwrap_err().class, ErrorClass::Config, "{text}");
        }
    }
}
