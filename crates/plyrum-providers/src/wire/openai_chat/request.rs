//! A request as `openai-chat` writes it.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::wire::write::{number, to_json};
use crate::{
    ChatMessage, ChatRequest, Effort, FormSupport, Manner, OutputLimit, ProviderError, ToolCall, ToolSpec,
};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    /// Left out where there is none: some servers refuse an empty list, others pay for it with tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat<'a> {
    JsonObject,
    JsonSchema { json_schema: JsonSchema<'a> },
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'a str,
    schema: &'a Value,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    /// `null` where a message only calls tools: some servers refuse an empty text there, others a missing one.
    content: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

/// A text, or parts where there are pictures: many servers know only texts.
#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

impl<'a> Content<'a> {
    fn of(message: &'a ChatMessage) -> Self {
        if message.images.is_empty() {
            return Self::Text(&message.content);
        }
        let text = Some(message.content.as_str()).filter(|text| !text.is_empty());
        let pictures = message.images.iter().map(|image| ImageUrl { url: image.data_url() });
        let parts = text.map(|text| Part::Text { text }).into_iter();
        Self::Parts(parts.chain(pictures.map(|image_url| Part::ImageUrl { image_url })).collect())
    }
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
            content: (!only_calls).then(|| Content::of(message)),
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
pub(super) fn body(request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
    let temperature = request.temperature.as_deref().filter(|_| manner.takes_temperature);
    let limit = Some(request.max_output_tokens);
    let (max_tokens, max_completion_tokens) = match manner.output_limit {
        OutputLimit::MaxTokens => (limit, None),
        OutputLimit::MaxCompletionTokens => (None, limit),
    };
    let response_format = request.form.as_ref().and_then(|form| match manner.form {
        FormSupport::Schema => {
            let json_schema = JsonSchema { name: &form.name, schema: &form.schema };
            Some(ResponseFormat::JsonSchema { json_schema })
        }
        FormSupport::Json => Some(ResponseFormat::JsonObject),
        FormSupport::Nothing => None,
    });
    let body = Body {
        model: &request.model,
        messages: request.messages.iter().map(Message::of).collect(),
        stream: manner.streams,
        stream_options: (manner.streams && manner.asks_usage)
            .then_some(StreamOptions { include_usage: true }),
        max_tokens,
        max_completion_tokens,
        temperature: temperature.map(number).transpose()?,
        stop: &request.stop,
        reasoning_effort: request.effort.filter(|_| manner.takes_effort).map(Effort::word),
        response_format,
        tools: request.tools.iter().map(Tool::of).collect(),
    };
    to_json(&body, request)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{AnswerForm, ErrorClass, Image, MediaType, Role};

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
            ..ChatRequest::default()
        }
    }

    fn written(request: &ChatRequest, manner: &Manner) -> String {
        String::from_utf8(body(request, manner).unwrap()).unwrap()
    }

    fn usual(request: &ChatRequest) -> String {
        written(request, &Manner::default())
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
            usual(&with_tools()),
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
            usual(&request()),
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
        let text = usual(&plain);
        for name in ["temperature", "stop\"", "tool"] {
            assert!(!text.contains(name), "{name}: {text}");
        }
    }

    #[test]
    fn a_temperature_that_is_no_number_never_reaches_the_wire() {
        for text in ["", "warm", "0.7,\"n\":9", "-1", "1e9", "00.1", "."] {
            let bad = ChatRequest { temperature: Some(text.to_owned()), ..request() };
            assert_eq!(body(&bad, &Manner::default()).unwrap_err().class, ErrorClass::Config, "{text}");
        }
    }

    #[test]
    fn a_server_is_asked_in_its_own_manner() {
        let schema = Arc::new(serde_json::json!({ "type": "object" }));
        let asked = ChatRequest {
            effort: Some(Effort::High),
            form: Some(AnswerForm { name: "answer".to_owned(), schema }),
            ..request()
        };
        let text = usual(&asked);
        assert!(text.contains(r#""reasoning_effort":"high""#), "{text}");
        let form = r#""response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}}"#;
        assert!(text.contains(form), "{text}");
        let manner = Manner {
            streams: false,
            output_limit: OutputLimit::MaxCompletionTokens,
            form: FormSupport::Json,
            takes_temperature: false,
            takes_effort: false,
            ..Manner::default()
        };
        let text = written(&asked, &manner);
        assert!(text.contains(r#""stream":false,"max_completion_tokens":100,"stop""#), "{text}");
        assert!(text.contains(r#""response_format":{"type":"json_object"}"#), "{text}");
        for name in ["temperature", "effort", "stream_options", "max_tokens"] {
            assert!(!text.contains(name), "{name}: {text}");
        }
    }

    #[test]
    fn pictures_are_parts_of_their_message_and_texts_stay_texts() {
        let image = Image { media: MediaType::Png, bytes: Arc::from([1, 2, 3].as_slice()) };
        let seen = ChatMessage { images: vec![image], ..ChatMessage::text(Role::User, "what is it?") };
        let asked = ChatRequest { messages: vec![ChatMessage::text(Role::System, "s"), seen], ..request() };
        let expected = concat!(
            r#"{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"what is it?"},"#,
            r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,AQID"}}]}"#
        );
        let text = usual(&asked);
        assert!(text.contains(expected), "{text}");
    }
}
