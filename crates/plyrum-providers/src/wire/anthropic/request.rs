//! A request as `anthropic` writes it: what everybody is told apart from the messages, and messages of blocks whose speakers
//! take turns.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::wire::write::{number, to_json};
use crate::{
    ChatMessage, ChatRequest, Effort, FormSupport, Image, Manner, ProviderError, Role, ToolSpec, Wire,
};

/// Marks of the cache that one request may have.
const MAX_MARKS: usize = 4;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Block<'a>>,
    messages: Vec<Message<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
}

#[derive(Serialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<OutputFormat<'a>>,
}

#[derive(Serialize)]
struct OutputFormat<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    schema: &'a Value,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Block<'a> {
    Ours(Ours<'a>),
    /// A thought, as the provider sent it.
    Thought(&'a RawValue),
}

#[derive(Serialize)]
struct Ours<'a> {
    #[serde(flatten)]
    content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content<'a> {
    Text { text: &'a str },
    Image { source: Source },
    ToolUse { id: &'a str, name: &'a str, input: Value },
    ToolResult { tool_use_id: &'a str, content: &'a str },
}

#[derive(Serialize)]
struct Source {
    #[serde(rename = "type")]
    kind: &'static str,
    media_type: &'static str,
    data: String,
}

#[derive(Clone, Serialize)]
struct CacheControl {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'static str>,
}

impl<'a> Block<'a> {
    const fn of(content: Content<'a>) -> Self {
        Self::Ours(Ours { content, cache_control: None })
    }

    /// A text; the server refuses one that is blank.
    fn text(text: &'a str) -> Option<Self> {
        (!text.trim().is_empty()).then_some(Self::of(Content::Text { text }))
    }

    fn image(image: &Image) -> Self {
        let source = Source { kind: "base64", media_type: image.media.name(), data: image.base64() };
        Self::of(Content::Image { source })
    }
}

/// The JSON to send.
pub(super) fn body(request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
    let effort = request.effort.filter(|_| manner.takes_effort);
    let form = request.form.as_ref().filter(|_| manner.form == FormSupport::Schema);
    let output_config = (effort.is_some() || form.is_some()).then(|| OutputConfig {
        effort: effort.map(Effort::word),
        format: form.map(|form| OutputFormat { kind: "json_schema", schema: &form.schema }),
    });
    // With thinking there is no temperature to choose.
    let takes_temperature = manner.takes_temperature && effort.is_none();
    let temperature = request.temperature.as_deref().filter(|_| takes_temperature);
    let (system, messages) = blocks(request, manner);
    let body = Body {
        model: &request.model,
        max_tokens: request.max_output_tokens,
        system,
        messages,
        stream: manner.streams,
        temperature: temperature.map(number).transpose()?,
        stop_sequences: &request.stop,
        thinking: effort.map(|_| Kind { kind: "adaptive" }),
        output_config,
        tools: request.tools.iter().map(tool).collect(),
    };
    to_json(&body, request)
}

fn tool(tool: &ToolSpec) -> Tool<'_> {
    Tool { name: &tool.name, description: &tool.description, input_schema: &tool.schema }
}

/// What everybody is told, and the messages.
fn blocks<'a>(request: &'a ChatRequest, manner: &Manner) -> (Vec<Block<'a>>, Vec<Message<'a>>) {
    let mark = CacheControl { kind: "ephemeral", ttl: manner.caches_an_hour.then_some("1h") };
    let marked = request.stable_after.len().saturating_sub(MAX_MARKS);
    let marked = request.stable_after.get(marked..).filter(|_| manner.takes_cache_marks).unwrap_or_default();
    let (mut system, mut messages) = (Vec::new(), Vec::<Message<'a>>::new());
    for (at, message) in request.messages.iter().enumerate() {
        let mut content = of_message(message);
        if marked.contains(&at)
            && let Some(Ours { cache_control, .. }) = content.iter_mut().rev().find_map(Block::ours)
        {
            *cache_control = Some(mark.clone());
        }
        let role = match message.role {
            Role::System => {
                system.append(&mut content);
                continue;
            }
            Role::User | Role::Tool => "user",
            Role::Assistant => "assistant",
        };
        match messages.last_mut().filter(|last| last.role == role) {
            // All results of a turn belong into one message.
            Some(last) => last.content.append(&mut content),
            None if content.is_empty() => {}
            None => messages.push(Message { role, content }),
        }
    }
    (system, messages)
}

impl<'a> Block<'a> {
    const fn ours(&mut self) -> Option<&mut Ours<'a>> {
        match self {
            Self::Ours(ours) => Some(ours),
            Self::Thought(_) => None,
        }
    }
}

fn of_message(message: &ChatMessage) -> Vec<Block<'_>> {
    if let Some(call) = &message.call {
        return vec![Block::of(Content::ToolResult { tool_use_id: call, content: &message.content })];
    }
    // Thoughts come before what followed from them.
    let thoughts = message.thoughts_of(Wire::Anthropic).filter_map(|json| serde_json::from_str(json).ok());
    let pictures = message.images.iter().map(Block::image);
    let calls = message.calls.iter().map(|call| {
        Block::of(Content::ToolUse { id: &call.id, name: &call.name, input: input(call.sent_arguments()) })
    });
    let thoughts = thoughts.map(Block::Thought);
    thoughts.chain(pictures).chain(Block::text(&message.content)).chain(calls).collect()
}

/// Arguments as the object that they have to be; what a model wrote in its place is told as it is.
fn input(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(object @ Value::Object(_)) => object,
        _ => serde_json::json!({ "arguments": arguments }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{AnswerForm, MediaType, Thought, ToolCall};

    fn request() -> ChatRequest {
        ChatRequest {
            model: "claude".to_owned(),
            messages: vec![
                ChatMessage::text(Role::System, "Кратко."),
                ChatMessage::text(Role::User, "say \"hi\""),
            ],
            max_output_tokens: 100,
            temperature: Some("0.70".to_owned()),
            stop: vec!["END".to_owned()],
            ..ChatRequest::default()
        }
    }

    fn written(request: &ChatRequest, manner: &Manner) -> String {
        String::from_utf8(body(request, manner).unwrap()).unwrap()
    }

    #[test]
    fn a_request_is_written_digit_for_digit() {
        assert_eq!(
            written(&request(), &Manner::default()),
            concat!(
                r#"{"model":"claude","max_tokens":100,"system":[{"type":"text","text":"Кратко."}],"#,
                r#""messages":[{"role":"user","content":[{"type":"text","text":"say \"hi\""}]}],"#,
                r#""stream":true,"temperature":0.70,"stop_sequences":["END"]}"#
            )
        );
    }

    #[test]
    fn results_of_a_turn_are_one_message_behind_the_thoughts_and_calls_that_wanted_them() {
        let thought = Thought {
            wire: Wire::Anthropic,
            json: Arc::from(r#"{"type":"thinking","thinking":"hm","signature":"s=="}"#),
        };
        let other = Thought { wire: Wire::OpenAiChat, json: Arc::from("{}") };
        let calls = vec![ToolCall::new("t1", "read", r#"{"path":"а"}"#), ToolCall::new("t2", "list", "[1")];
        let calling =
            ChatMessage { thoughts: vec![other, thought], ..ChatMessage::calling("Let me see.", calls) };
        let asked = ChatRequest {
            messages: vec![
                ChatMessage::text(Role::User, "go"),
                calling,
                ChatMessage::result("t1", "text"),
                ChatMessage::result("t2", ""),
                ChatMessage::text(Role::User, "and now?"),
            ],
            tools: vec![ToolSpec {
                name: "read".to_owned(),
                description: "Reads.".to_owned(),
                schema: Arc::new(serde_json::json!({ "type": "object" })),
            }],
            temperature: None,
            stop: Vec::new(),
            ..request()
        };
        assert_eq!(
            written(&asked, &Manner::default()),
            concat!(
                r#"{"model":"claude","max_tokens":100,"messages":["#,
                r#"{"role":"user","content":[{"type":"text","text":"go"}]},"#,
                r#"{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s=="},"#,
                r#"{"type":"text","text":"Let me see."},"#,
                r#"{"type":"tool_use","id":"t1","name":"read","input":{"path":"а"}},"#,
                r#"{"type":"tool_use","id":"t2","name":"list","input":{"arguments":"[1"}}]},"#,
                r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"text"},"#,
                r#"{"type":"tool_result","tool_use_id":"t2","content":""},{"type":"text","text":"and now?"}]}],"#,
                r#""stream":true,"tools":[{"name":"read","description":"Reads.","input_schema":{"type":"object"}}]}"#
            )
        );
    }

    #[test]
    fn what_will_be_sent_again_is_marked_four_times_at_most() {
        let turns =
            (0..6).map(|n| ChatMessage::text(if n % 2 == 0 { Role::User } else { Role::Assistant }, "x"));
        let messages = std::iter::once(ChatMessage::text(Role::System, "s")).chain(turns).collect();
        let asked = ChatRequest { messages, stable_after: vec![0, 1, 2, 3, 4, 6], ..request() };
        let mark = r#""cache_control":{"type":"ephemeral"}"#;
        let text = written(&asked, &Manner::default());
        assert_eq!(text.matches(mark).count(), 4, "{text}");
        let hour = Manner { caches_an_hour: true, ..Manner::default() };
        assert!(written(&asked, &hour).contains(r#""cache_control":{"type":"ephemeral","ttl":"1h"}"#));
        let without = Manner { takes_cache_marks: false, ..Manner::default() };
        assert!(!written(&asked, &without).contains("cache_control"));
    }

    #[test]
    fn effort_form_and_pictures_are_asked_for_as_the_server_knows_them() {
        let image = Image { media: MediaType::Jpeg, bytes: Arc::from([1, 2, 3].as_slice()) };
        let seen = ChatMessage { images: vec![image], ..ChatMessage::text(Role::User, "what is it?") };
        let schema = Arc::new(serde_json::json!({ "type": "object" }));
        let asked = ChatRequest {
            messages: vec![seen],
            effort: Some(Effort::Low),
            form: Some(AnswerForm { name: "answer".to_owned(), schema }),
            ..request()
        };
        let text = written(&asked, &Manner::default());
        for part in [
            r#"{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"AQID"}},{"type":"text""#,
            r#""thinking":{"type":"adaptive"},"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}}"#,
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("temperature"), "{text}");
        let plain =
            Manner { takes_effort: false, form: FormSupport::Nothing, streams: false, ..Manner::default() };
        let text = written(&asked, &plain);
        assert!(!text.contains("output_config") && !text.contains("thinking"), "{text}");
        assert!(text.contains(r#""stream":false,"temperature":0.70"#), "{text}");
    }
}
