//! A request as `openai-chat` writes it, and the members of its family with what each has of its own.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::dialect::{Dialect, EffortField, ThoughtsField};
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
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    /// Left out where there is none: some servers refuse an empty list, others pay for it with tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
}

#[derive(Serialize)]
struct Reasoning {
    effort: &'static str,
}

/// `OpenRouter` once sent counts and its price only where they were asked for; it still takes the field.
#[derive(Serialize)]
struct Usage {
    include: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_details: Option<&'a RawValue>,
}

/// A text, or parts where there are pictures or marks: many servers know only texts.
#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
    ImageUrl {
        image_url: ImageUrl,
    },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

/// The beginning up to here will be sent again.
#[derive(Clone, Copy, Serialize)]
struct CacheControl {
    #[serde(rename = "type")]
    kind: &'static str,
}

/// How long it is kept cannot be chosen: one count is sent for what was written to caches of any length, and the longer
/// ones have another price.
const EPHEMERAL: CacheControl = CacheControl { kind: "ephemeral" };
/// Marks of one request: the server they are for refuses more.
const MAX_MARKS: usize = 4;

impl<'a> Content<'a> {
    /// A message without a text bears no mark: servers refuse one on nothing.
    fn of(message: &'a ChatMessage, mark: Option<CacheControl>) -> Self {
        let text = message.content.as_str();
        if message.images.is_empty() && (mark.is_none() || text.is_empty()) {
            return Self::Text(text);
        }
        let text = (!text.is_empty()).then_some(Part::Text { text, cache_control: mark });
        let pictures = message.images.iter().map(|image| ImageUrl { url: image.data_url() });
        let parts = text.into_iter();
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
    fn of(message: &'a ChatMessage, mark: Option<CacheControl>, dialect: &Dialect) -> Self {
        let only_calls = message.content.is_empty() && !message.calls.is_empty();
        let thoughts = || thoughts_of(message, dialect);
        let (reasoning_content, reasoning_details) = match dialect.thoughts {
            ThoughtsField::Nothing => (None, None),
            ThoughtsField::ReasoningContent => (thoughts(), None),
            ThoughtsField::ReasoningDetails => (None, thoughts()),
        };
        Self {
            role: message.role.name(),
            content: (!only_calls).then(|| Content::of(message, mark)),
            tool_calls: message.calls.iter().map(Call::of).collect(),
            tool_call_id: message.call.as_deref(),
            reasoning_content,
            reasoning_details,
        }
    }
}

/// What a message's calls followed from, as it came. Where there are no calls, servers ignore it or refuse it.
fn thoughts_of<'a>(message: &'a ChatMessage, dialect: &Dialect) -> Option<&'a RawValue> {
    let mut thoughts = message.thoughts_of(dialect.wire).filter(|_| !message.calls.is_empty());
    serde_json::from_str(thoughts.next()?).ok()
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
pub(in crate::wire) fn body(
    request: &ChatRequest,
    manner: &Manner,
    dialect: &Dialect,
) -> Result<Vec<u8>, ProviderError> {
    let temperature = request.temperature.as_deref().filter(|_| manner.takes_temperature);
    let limit = Some(request.max_output_tokens);
    let (max_tokens, max_completion_tokens) = match manner.output_limit {
        OutputLimit::MaxTokens => (limit, None),
        OutputLimit::MaxCompletionTokens => (None, limit),
    };
    let effort = request.effort.filter(|_| manner.takes_effort).map(Effort::word);
    let (reasoning_effort, reasoning) = match dialect.effort {
        EffortField::ReasoningEffort => (effort, None),
        EffortField::Reasoning => (None, effort.map(|effort| Reasoning { effort })),
    };
    let body = Body {
        model: &request.model,
        messages: messages(request, manner, dialect),
        stream: manner.streams,
        stream_options: (manner.streams && manner.asks_usage)
            .then_some(StreamOptions { include_usage: true }),
        max_tokens,
        max_completion_tokens,
        temperature: temperature.map(number).transpose()?,
        stop: &request.stop,
        reasoning_effort,
        reasoning,
        usage: dialect.asks_cost.then_some(Usage { include: true }),
        response_format: response_format(request, manner, dialect),
        tools: request.tools.iter().map(Tool::of).collect(),
    };
    to_json(&body, request)
}

fn messages<'a>(request: &'a ChatRequest, manner: &Manner, dialect: &Dialect) -> Vec<Message<'a>> {
    let marks =
        if dialect.marks_caches_of(&request.model) && manner.takes_cache_marks { MAX_MARKS } else { 0 };
    let marked: Vec<usize> = request.stable_after.iter().rev().take(marks).copied().collect();
    let mark = |at: usize| marked.contains(&at).then_some(EPHEMERAL);
    let messages = request.messages.iter().enumerate();
    messages.map(|(at, message)| Message::of(message, mark(at), dialect)).collect()
}

fn response_format<'a>(
    request: &'a ChatRequest,
    manner: &Manner,
    dialect: &Dialect,
) -> Option<ResponseFormat<'a>> {
    let form = request.form.as_ref()?;
    match manner.form {
        FormSupport::Schema if dialect.takes_schemas => {
            let json_schema = JsonSchema { name: &form.name, schema: &form.schema };
            Some(ResponseFormat::JsonSchema { json_schema })
        }
        FormSupport::Schema | FormSupport::Json => Some(ResponseFormat::JsonObject),
        FormSupport::Nothing => None,
    }
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
        String::from_utf8(body(request, manner, &crate::wire::openai_chat::COMMON).unwrap()).unwrap()
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
            let refused = body(&bad, &Manner::default(), &crate::wire::openai_chat::COMMON).unwrap_err();
            assert_eq!(refused.class, ErrorClass::Config, "{text}");
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
