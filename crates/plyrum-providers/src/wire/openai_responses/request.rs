//! A request as `openai-responses` writes it. Nothing is kept there (`store: false`): each request carries the whole
//! conversation, with the thoughts that calls followed from in the form that only the server reads. The wire has no
//! texts at which a model stops; those of a request are left out.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::wire::write::{number, to_json};
use crate::{
    ChatMessage, ChatRequest, Effort, FormSupport, Image, Manner, ProviderError, Role, ToolCall, ToolSpec,
    Wire,
};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: Vec<Item<'a>>,
    stream: bool,
    store: bool,
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    include: &'static [&'static str],
    max_output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
}

#[derive(Serialize)]
struct Reasoning {
    effort: &'static str,
}

#[derive(Serialize)]
struct Text<'a> {
    format: TextFormat<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum TextFormat<'a> {
    JsonObject,
    JsonSchema { name: &'a str, schema: &'a Value },
}

/// A system message is an item like the others instead of `instructions`, which every event that has a response in it
/// would repeat.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item<'a> {
    Message { role: &'static str, content: Vec<Part<'a>> },
    Reasoning { summary: Vec<&'a RawValue>, encrypted_content: &'a RawValue },
    FunctionCall { call_id: &'a str, name: &'a str, arguments: &'a str },
    FunctionCallOutput { call_id: &'a str, output: &'a str },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    InputText {
        text: &'a str,
    },
    /// What the model said is told apart from what it was told; servers refuse one in the other's place.
    OutputText {
        text: &'a str,
    },
    InputImage {
        image_url: String,
    },
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
    /// Left out it would be true, and true refuses schemas with anything optional.
    strict: bool,
}

/// Thoughts come back only if they are asked for, and models without thoughts refuse to be asked.
const THOUGHTS: &[&str] = &["reasoning.encrypted_content"];

/// What a thought's item has to have. Its own id names something that the server did not keep, so it stays away, and with
/// it the demand that the item after it be the one that it knows; its readable text is never taken back.
#[derive(Deserialize)]
struct Kept<'a> {
    #[serde(borrow, default)]
    summary: Vec<&'a RawValue>,
    #[serde(borrow)]
    encrypted_content: &'a RawValue,
}

impl<'a> Item<'a> {
    /// The items that a message is, in the order in which a model makes them.
    fn all_of(message: &'a ChatMessage) -> impl Iterator<Item = Self> {
        let result = message.call.as_deref().filter(|_| message.role == Role::Tool);
        let has_text = !message.content.is_empty() || !message.images.is_empty() || message.calls.is_empty();
        let text = (result.is_none() && has_text).then(|| Self::message(message));
        let result = result.map(|call_id| Self::FunctionCallOutput { call_id, output: &message.content });
        let thoughts = message.thoughts_of(Wire::OpenAiResponses).filter_map(Self::thought);
        thoughts.chain(text).chain(message.calls.iter().map(Self::call)).chain(result)
    }

    fn message(message: &'a ChatMessage) -> Self {
        let text = message.content.as_str();
        let (role, text) = match message.role {
            Role::System => ("system", Part::InputText { text }),
            // A result of no call: there is no other place for it.
            Role::User | Role::Tool => ("user", Part::InputText { text }),
            Role::Assistant => ("assistant", Part::OutputText { text }),
        };
        let text = (message.images.is_empty() || !message.content.is_empty()).then_some(text);
        let pictures =
            message.images.iter().map(|image: &Image| Part::InputImage { image_url: image.data_url() });
        Self::Message { role, content: text.into_iter().chain(pictures).collect() }
    }

    fn thought(json: &'a str) -> Option<Self> {
        let kept: Kept<'a> = serde_json::from_str(json).ok()?;
        Some(Self::Reasoning { summary: kept.summary, encrypted_content: kept.encrypted_content })
    }

    fn call(call: &'a ToolCall) -> Self {
        Self::FunctionCall { call_id: &call.id, name: &call.name, arguments: call.sent_arguments() }
    }
}

impl<'a> Tool<'a> {
    fn of(tool: &'a ToolSpec) -> Self {
        let (name, description) = (tool.name.as_str(), tool.description.as_str());
        Self { kind: "function", name, description, parameters: &tool.schema, strict: false }
    }
}

/// The JSON to send.
pub(super) fn body(request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
    let temperature = request.temperature.as_deref().filter(|_| manner.takes_temperature);
    let effort = request.effort.filter(|_| manner.takes_effort).map(Effort::word);
    let input: Vec<Item<'_>> = request.messages.iter().flat_map(Item::all_of).collect();
    let has_thoughts = input.iter().any(|item| matches!(item, Item::Reasoning { .. }));
    let format = request.form.as_ref().and_then(|form| match manner.form {
        FormSupport::Schema => Some(TextFormat::JsonSchema { name: &form.name, schema: &form.schema }),
        FormSupport::Json => Some(TextFormat::JsonObject),
        FormSupport::Nothing => None,
    });
    let body = Body {
        model: &request.model,
        input,
        stream: manner.streams,
        store: false,
        include: if effort.is_some() || has_thoughts { THOUGHTS } else { &[] },
        max_output_tokens: request.max_output_tokens,
        temperature: temperature.map(number).transpose()?,
        reasoning: effort.map(|effort| Reasoning { effort }),
        text: format.map(|format| Text { format }),
        tools: request.tools.iter().map(Tool::of).collect(),
    };
    to_json(&body, request)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{AnswerForm, ErrorClass, MediaType, Thought};

    fn request() -> ChatRequest {
        ChatRequest {
            model: "gpt-x".to_owned(),
            messages: vec![
                ChatMessage::text(Role::System, "Кратко."),
                ChatMessage::text(Role::User, "say \"hi\"\n"),
            ],
            max_output_tokens: 100,
            temperature: Some("0.70".to_owned()),
            stop: vec!["END".to_owned()],
            attempt: "a1".to_owned(),
            seed: 7,
            stable_after: vec![0],
            ..ChatRequest::default()
        }
    }

    fn written(request: &ChatRequest, manner: &Manner) -> String {
        String::from_utf8(body(request, manner).unwrap()).unwrap()
    }

    fn usual(request: &ChatRequest) -> String {
        written(request, &Manner::default())
    }

    fn thought(wire: Wire, json: &str) -> Thought {
        Thought { wire, json: Arc::from(json) }
    }

    #[test]
    fn a_request_is_written_digit_for_digit() {
        assert_eq!(
            usual(&request()),
            concat!(
                r#"{"model":"gpt-x","input":["#,
                r#"{"type":"message","role":"system","content":[{"type":"input_text","text":"Кратко."}]},"#,
                r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"say \"hi\"\n"}]}],"#,
                r#""stream":true,"store":false,"max_output_tokens":100,"temperature":0.70}"#,
            )
        );
    }

    #[test]
    fn thoughts_calls_and_results_are_items_in_their_order() {
        let schema = serde_json::json!({ "type": "object", "properties": { "path": { "type": "string" } } });
        let calls = vec![ToolCall::new("c1", "read", r#"{"path":"а"}"#), ToolCall::new("c2", "list", " ")];
        let own = r#"{"id":"rs_1","type":"reasoning","status":"completed","encrypted_content":"gAA=","summary":[{"type":"summary_text","text":"Hm."}],"content":[{"type":"reasoning_text","text":"raw"}]}"#;
        let thoughts = vec![
            thought(Wire::OpenAiResponses, own),
            thought(Wire::OpenAiChat, "\"another's\""),
            thought(Wire::OpenAiResponses, r#"{"type":"reasoning"}"#),
            thought(Wire::OpenAiResponses, "spoilt"),
        ];
        let asked = ChatRequest {
            messages: vec![
                ChatMessage::text(Role::User, "go"),
                ChatMessage { thoughts, ..ChatMessage::calling("I will look.", calls) },
                ChatMessage::result("c1", "text"),
                ChatMessage::result("c2", ""),
                ChatMessage::calling("", vec![ToolCall::new("c3", "read", r#"{"pa"#)]),
                ChatMessage::result("c3", "no JSON"),
                ChatMessage::text(Role::Assistant, "Done."),
            ],
            tools: vec![ToolSpec {
                name: "read".to_owned(),
                description: "Reads a file.".to_owned(),
                schema: Arc::new(schema),
            }],
            temperature: None,
            ..request()
        };
        assert_eq!(
            usual(&asked),
            concat!(
                r#"{"model":"gpt-x","input":["#,
                r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"go"}]},"#,
                r#"{"type":"reasoning","summary":[{"type":"summary_text","text":"Hm."}],"encrypted_content":"gAA="},"#,
                r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"I will look."}]},"#,
                r#"{"type":"function_call","call_id":"c1","name":"read","arguments":"{\"path\":\"а\"}"},"#,
                r#"{"type":"function_call","call_id":"c2","name":"list","arguments":"{}"},"#,
                r#"{"type":"function_call_output","call_id":"c1","output":"text"},"#,
                r#"{"type":"function_call_output","call_id":"c2","output":""},"#,
                r#"{"type":"function_call","call_id":"c3","name":"read","arguments":"{\"pa"},"#,
                r#"{"type":"function_call_output","call_id":"c3","output":"no JSON"},"#,
                r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Done."}]}],"#,
                r#""stream":true,"store":false,"include":["reasoning.encrypted_content"],"max_output_tokens":100,"#,
                r#""tools":[{"type":"function","name":"read","description":"Reads a file.","#,
                r#""parameters":{"properties":{"path":{"type":"string"}},"type":"object"},"strict":false}]}"#,
            )
        );
    }

    #[test]
    fn what_is_not_set_is_not_sent() {
        let text = usual(&ChatRequest { temperature: None, ..request() });
        for name in ["temperature", "END", "tool", "include", "reasoning", "format", "instructions"] {
            assert!(!text.contains(name), "{name}: {text}");
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
        let expected = concat!(
            r#""store":false,"include":["reasoning.encrypted_content"],"max_output_tokens":100,"temperature":0.70,"#,
            r#""reasoning":{"effort":"high"},"text":{"format":{"type":"json_schema","name":"answer","schema":{"type":"object"}}}}"#
        );
        assert!(text.ends_with(expected), "{text}");
        let manner = Manner {
            streams: false,
            form: FormSupport::Json,
            takes_temperature: false,
            takes_effort: false,
            ..Manner::default()
        };
        let expected = r#""stream":false,"store":false,"max_output_tokens":100,"text":{"format":{"type":"json_object"}}}"#;
        let text = written(&asked, &manner);
        assert!(text.ends_with(expected), "{text}");
        let nothing = Manner { form: FormSupport::Nothing, ..manner };
        assert!(!written(&asked, &nothing).contains("\"text\":{"));
    }

    #[test]
    fn pictures_are_parts_of_their_message() {
        let image = Image { media: MediaType::Png, bytes: Arc::from([1, 2, 3].as_slice()) };
        let seen =
            |text: &str| ChatMessage { images: vec![image.clone()], ..ChatMessage::text(Role::User, text) };
        let asked = ChatRequest { messages: vec![seen("what is it?"), seen("")], ..request() };
        let expected = concat!(
            r#""input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"what is it?"},"#,
            r#"{"type":"input_image","image_url":"data:image/png;base64,AQID"}]},"#,
            r#"{"type":"message","role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,AQID"}]}],"#,
        );
        let text = usual(&asked);
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn a_temperature_that_is_no_number_never_reaches_the_wire() {
        let bad = ChatRequest { temperature: Some("warm".to_owned()), ..request() };
        assert_eq!(body(&bad, &Manner::default()).unwrap_err().class, ErrorClass::Config);
    }
}
