//! A request as `gigachat` writes it.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::wire::write::{number, to_json};
use crate::{
    ChatMessage, ChatRequest, Effort, ErrorClass, FormSupport, Manner, ProviderError, Role, ToolCall,
    ToolSpec, Wire,
};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    functions: Vec<Function<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<&'static str>,
}

#[derive(Serialize)]
struct ResponseFormat<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    schema: &'a Value,
    strict: bool,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<Called<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    functions_state_id: Option<String>,
}

#[derive(Serialize)]
struct Called<'a> {
    name: &'a str,
    arguments: Value,
}

/// The JSON to send.
pub(super) fn body(request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
    if request.messages.iter().any(|message| !message.images.is_empty()) {
        return Err(ProviderError::new(
            ErrorClass::Rejected,
            "gigachat takes pictures only as files that were sent before, which Plyrum does not do; ask another model",
        ));
    }
    let temperature = request.temperature.as_deref().filter(|_| manner.takes_temperature);
    let form = request.form.as_ref().filter(|_| manner.form == FormSupport::Schema);
    let functions: Vec<_> = request.tools.iter().map(function).collect();
    let body = Body {
        model: &request.model,
        messages: messages(request),
        stream: manner.streams,
        max_tokens: request.max_output_tokens,
        temperature: temperature.map(number).transpose()?,
        reasoning_effort: request.effort.filter(|_| manner.takes_effort).map(Effort::word),
        response_format: form.map(|form| ResponseFormat {
            kind: "json_schema",
            schema: &form.schema,
            strict: true,
        }),
        function_call: (!functions.is_empty()).then_some("auto"),
        functions,
    };
    to_json(&body, request)
}

fn function(tool: &ToolSpec) -> Function<'_> {
    Function { name: &tool.name, description: &tool.description, parameters: &tool.schema }
}

/// One call a message: of several calls of another model each gets a message of its own, with its result behind it.
fn messages(request: &ChatRequest) -> Vec<Message<'_>> {
    let mut messages = Vec::new();
    for message in &request.messages {
        match message.role {
            Role::System | Role::User => messages.push(Message::said(message)),
            Role::Assistant if message.calls.is_empty() => messages.push(Message::said(message)),
            Role::Assistant => {
                let state = state_of(message);
                for (nth, call) in message.calls.iter().enumerate() {
                    let content = if nth == 0 { message.content.as_str() } else { "" };
                    messages.push(Message {
                        content: content.into(),
                        function_call: Some(called(call)),
                        functions_state_id: state.clone().filter(|_| nth == 0),
                        ..Message::said(message)
                    });
                    messages.extend(result_of(request, call));
                }
            }
            // They stand behind their calls already.
            Role::Tool => {}
        }
    }
    messages
}

impl<'a> Message<'a> {
    fn said(message: &'a ChatMessage) -> Self {
        Self {
            role: message.role.name(),
            content: message.content.as_str().into(),
            name: None,
            function_call: None,
            functions_state_id: None,
        }
    }
}

fn called(call: &ToolCall) -> Called<'_> {
    let arguments = match serde_json::from_str(call.sent_arguments()) {
        Ok(object @ Value::Object(_)) => object,
        _ => serde_json::json!({ "arguments": call.sent_arguments() }),
    };
    Called { name: &call.name, arguments }
}

/// What came of a call. The server wants JSON; a text that is none becomes one.
fn result_of<'a>(request: &'a ChatRequest, call: &'a ToolCall) -> Option<Message<'a>> {
    let result = request.messages.iter().find(|message| message.call.as_deref() == Some(&call.id))?;
    let is_object = serde_json::from_str::<Value>(&result.content).is_ok_and(|value| value.is_object());
    let content = if is_object {
        result.content.as_str().into()
    } else {
        serde_json::json!({ "result": result.content }).to_string().into()
    };
    let name = request.tool_of(&call.id);
    Some(Message { role: "function", content, name, ..Message::said(result) })
}

/// Where the server keeps what it thought of a message's call.
fn state_of(message: &ChatMessage) -> Option<String> {
    let states =
        message.thoughts_of(Wire::GigaChat).filter_map(|json| serde_json::from_str::<Value>(json).ok());
    states.into_iter().find_map(|state| Some(state.get(super::STATE)?.as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{AnswerForm, Image, MediaType, Thought};

    fn written(request: &ChatRequest) -> String {
        String::from_utf8(body(request, &Manner::default()).unwrap()).unwrap()
    }

    fn request(messages: Vec<ChatMessage>) -> ChatRequest {
        ChatRequest {
            model: "GigaChat-2".to_owned(),
            messages,
            max_output_tokens: 100,
            ..ChatRequest::default()
        }
    }

    #[test]
    fn a_request_is_written_digit_for_digit() {
        let asked = ChatRequest {
            temperature: Some("0.70".to_owned()),
            effort: Some(Effort::Low),
            form: Some(AnswerForm {
                name: "a".into(),
                schema: Arc::new(serde_json::json!({ "type": "object" })),
            }),
            ..request(vec![ChatMessage::text(Role::System, "Кратко."), ChatMessage::text(Role::User, "да?")])
        };
        assert_eq!(
            written(&asked),
            concat!(
                r#"{"model":"GigaChat-2","messages":[{"role":"system","content":"Кратко."},"#,
                r#"{"role":"user","content":"да?"}],"stream":true,"max_tokens":100,"temperature":0.70,"#,
                r#""reasoning_effort":"low","response_format":{"type":"json_schema","schema":{"type":"object"},"strict":true}}"#
            )
        );
    }

    #[test]
    fn each_call_has_a_message_of_its_own_and_its_result_behind_it_as_json() {
        let thought = Thought { wire: Wire::GigaChat, json: Arc::from(r#"{"functions_state_id":"st-1"}"#) };
        let calls = vec![ToolCall::new("c1", "read", r#"{"path":"а"}"#), ToolCall::new("c2", "list", "[")];
        let calling = ChatMessage { thoughts: vec![thought], ..ChatMessage::calling("Смотрю.", calls) };
        let mut asked = request(vec![
            ChatMessage::text(Role::User, "go"),
            calling,
            ChatMessage::result("c1", "text"),
            ChatMessage::result("c2", r#"{"ok":true}"#),
        ]);
        asked.tools = vec![ToolSpec {
            name: "read".to_owned(),
            description: "Reads.".to_owned(),
            schema: Arc::new(serde_json::json!({ "type": "object" })),
        }];
        assert_eq!(
            written(&asked),
            concat!(
                r#"{"model":"GigaChat-2","messages":[{"role":"user","content":"go"},"#,
                r#"{"role":"assistant","content":"Смотрю.","function_call":{"name":"read","arguments":{"path":"а"}},"functions_state_id":"st-1"},"#,
                r#"{"role":"function","content":"{\"result\":\"text\"}","name":"read"},"#,
                r#"{"role":"assistant","content":"","function_call":{"name":"list","arguments":{"arguments":"["}}},"#,
                r#"{"role":"function","content":"{\"ok\":true}","name":"list"}],"stream":true,"max_tokens":100,"#,
                r#""functions":[{"name":"read","description":"Reads.","parameters":{"type":"object"}}],"function_call":"auto"}"#
            )
        );
    }

    #[test]
    fn pictures_are_refused_in_words() {
        let image = Image { media: MediaType::Png, bytes: Arc::from([1].as_slice()) };
        let seen = ChatMessage { images: vec![image], ..ChatMessage::text(Role::User, "?") };
        let refused = body(&request(vec![seen]), &Manner::default()).unwrap_err();
        assert_eq!(refused.class, ErrorClass::Rejected);
    }
}
