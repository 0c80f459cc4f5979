//! A request as `ollama` writes it.
//!
//! A server that is not told a context takes a small one, and whatever does not fit it drops from the beginning without
//! a word. So the model's context is asked for, always the same one, since another loads the model anew; and `truncate`
//! and `shift` are refused, so that a server which knows them fails instead of forgetting.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::wire::write::{arguments, number, to_json};
use crate::{
    ChatMessage, ChatRequest, Effort, FormSupport, Image, Manner, ProviderError, ToolCall, ToolSpec, Wire,
};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    truncate: bool,
    shift: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Think>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Form<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    options: Options<'a>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
    /// The name, which templates of models have always read.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_name: Option<&'a str>,
    /// The call itself, where two are of the same tool; old servers do not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Call<'a> {
    id: &'a str,
    function: Called<'a>,
}

/// The arguments are an object here, not a text.
#[derive(Serialize)]
struct Called<'a> {
    name: &'a str,
    arguments: Cow<'a, RawValue>,
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

/// Whether to think; a few models take how hard.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
enum Think {
    OnOrOff(bool),
    Level(&'static str),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Form<'a> {
    Schema(&'a Value),
    Word(&'static str),
}

#[derive(Serialize)]
struct Options<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    num_ctx: Option<u64>,
    num_predict: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    seed: u64,
}

/// The only type of tool there is.
const FUNCTION: &str = "function";
/// Servers take a seed for a number of 31 bits, and read it as a float, which holds larger ones inexactly.
const SEED_BITS: u64 = 0x7fff_ffff;

impl<'a> Message<'a> {
    fn of(message: &'a ChatMessage, request: &'a ChatRequest) -> Self {
        let thoughts = message.thoughts_of(Wire::Ollama);
        let call = message.call.as_deref();
        Self {
            role: message.role.name(),
            content: &message.content,
            thinking: thoughts.filter_map(|json| serde_json::from_str::<String>(json).ok()).last(),
            images: message.images.iter().map(Image::base64).collect(),
            tool_calls: message.calls.iter().map(Call::of).collect(),
            tool_name: call.and_then(|id| request.tool_of(id)),
            tool_call_id: call,
        }
    }
}

impl<'a> Call<'a> {
    fn of(call: &'a ToolCall) -> Self {
        Self { id: &call.id, function: Called { name: &call.name, arguments: arguments(call) } }
    }
}

impl<'a> Tool<'a> {
    fn of(tool: &'a ToolSpec) -> Self {
        let function =
            Function { name: &tool.name, description: &tool.description, parameters: &tool.schema };
        Self { kind: FUNCTION, function }
    }
}

impl Think {
    /// Only gpt-oss takes a level, and cannot do without thinking; other models refuse a level and are told whether to think
    /// at all, of which "as little as it can" is not.
    fn of(effort: Effort, model: &str) -> Self {
        if model.contains("gpt-oss") {
            return Self::Level(effort.word());
        }
        Self::OnOrOff(match effort {
            Effort::Low => false,
            Effort::Medium | Effort::High => true,
        })
    }
}

/// The JSON to send.
pub(super) fn body(request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
    let temperature = request.temperature.as_deref().filter(|_| manner.takes_temperature);
    let format = request.form.as_ref().and_then(|form| match manner.form {
        FormSupport::Schema => Some(Form::Schema(&form.schema)),
        FormSupport::Json => Some(Form::Word("json")),
        FormSupport::Nothing => None,
    });
    let effort = request.effort.filter(|_| manner.takes_effort);
    let body = Body {
        model: &request.model,
        messages: request.messages.iter().map(|message| Message::of(message, request)).collect(),
        stream: manner.streams,
        truncate: false,
        shift: false,
        think: effort.map(|effort| Think::of(effort, &request.model)),
        format,
        tools: request.tools.iter().map(Tool::of).collect(),
        options: Options {
            num_ctx: request.context_tokens,
            num_predict: request.max_output_tokens,
            temperature: temperature.map(number).transpose()?,
            stop: &request.stop,
            seed: request.seed & SEED_BITS,
        },
    };
    to_json(&body, request)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{AnswerForm, ErrorClass, MediaType, Role, Thought};

    fn request() -> ChatRequest {
        ChatRequest {
            model: "qwen3:8b".to_owned(),
            messages: vec![
                ChatMessage::text(Role::System, "Кратко."),
                ChatMessage::text(Role::User, "say \"hi\"\n"),
            ],
            max_output_tokens: 100,
            context_tokens: Some(32_768),
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

    #[test]
    fn a_request_is_written_digit_for_digit() {
        assert_eq!(
            usual(&request()),
            concat!(
                r#"{"model":"qwen3:8b","messages":[{"role":"system","content":"Кратко."},"#,
                r#"{"role":"user","content":"say \"hi\"\n"}],"stream":true,"truncate":false,"shift":false,"#,
                r#""options":{"num_ctx":32768,"num_predict":100,"temperature":0.70,"stop":["END"],"seed":7}}"#,
            )
        );
    }

    #[test]
    fn tools_calls_results_and_thoughts_are_written_as_ollama_reads_them() {
        // Not by the constructor: whoever reads calls from a file may have some without arguments.
        let call = |id: &str, name: &str, arguments: &str| ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        };
        let calls = vec![call("c1", "read", r#"{"path": "а"}"#), call("c2", "list", " ")];
        let thoughts = vec![
            Thought { wire: Wire::Ollama, json: Arc::from(r#""I \"look\".""#) },
            Thought { wire: Wire::Gemini, json: Arc::from(r#"{"call":0}"#) },
        ];
        let asked = ChatRequest {
            messages: vec![
                ChatMessage::text(Role::User, "go"),
                ChatMessage { thoughts, ..ChatMessage::calling("", calls) },
                ChatMessage::result("c1", "text"),
                ChatMessage::result("c2", ""),
                ChatMessage::calling("Once more.", vec![call("c3", "read", r#"{"pa"#)]),
                ChatMessage::result("c3", "no JSON"),
                ChatMessage::result("c9", "of a call that nobody knows"),
            ],
            tools: vec![ToolSpec {
                name: "read".to_owned(),
                description: "Reads a file.".to_owned(),
                schema: Arc::new(serde_json::json!({ "type": "object" })),
            }],
            temperature: None,
            stop: Vec::new(),
            context_tokens: None,
            ..request()
        };
        assert_eq!(
            usual(&asked),
            concat!(
                r#"{"model":"qwen3:8b","messages":[{"role":"user","content":"go"},"#,
                r#"{"role":"assistant","content":"","thinking":"I \"look\".","tool_calls":["#,
                r#"{"id":"c1","function":{"name":"read","arguments":{"path": "а"}}},"#,
                r#"{"id":"c2","function":{"name":"list","arguments":{}}}]},"#,
                r#"{"role":"tool","content":"text","tool_name":"read","tool_call_id":"c1"},"#,
                r#"{"role":"tool","content":"","tool_name":"list","tool_call_id":"c2"},"#,
                r#"{"role":"assistant","content":"Once more.","tool_calls":["#,
                r#"{"id":"c3","function":{"name":"read","arguments":{"arguments":"{\"pa"}}}]},"#,
                r#"{"role":"tool","content":"no JSON","tool_name":"read","tool_call_id":"c3"},"#,
                r#"{"role":"tool","content":"of a call that nobody knows","tool_call_id":"c9"}],"#,
                r#""stream":true,"truncate":false,"shift":false,"#,
                r#""tools":[{"type":"function","function":{"name":"read","description":"Reads a file.","#,
                r#""parameters":{"type":"object"}}}],"options":{"num_predict":100,"seed":7}}"#,
            )
        );
    }

    #[test]
    fn a_seed_is_one_that_servers_can_hold() {
        let text = usual(&ChatRequest { seed: u64::MAX, ..request() });
        assert!(text.contains(r#""seed":2147483647}"#), "{text}");
    }

    #[test]
    fn a_temperature_that_is_no_number_never_reaches_the_wire() {
        for text in ["", "warm", "0.7,\"n\":9", "-1", "1e9", "00.1", "."] {
            let bad = ChatRequest { temperature: Some(text.to_owned()), ..request() };
            assert_eq!(body(&bad, &Manner::default()).unwrap_err().class, ErrorClass::Config, "{text}");
        }
    }

    #[test]
    fn effort_is_a_level_of_the_models_that_have_levels_and_else_on_or_off() {
        for (model, effort, expected) in [
            ("gpt-oss:20b", Effort::Low, r#""think":"low""#),
            ("gpt-oss:120b-cloud", Effort::High, r#""think":"high""#),
            ("qwen3:8b", Effort::Low, r#""think":false"#),
            ("qwen3:8b", Effort::Medium, r#""think":true"#),
            ("qwen3:8b", Effort::High, r#""think":true"#),
        ] {
            let text = usual(&ChatRequest { model: model.to_owned(), effort: Some(effort), ..request() });
            assert!(text.contains(expected), "{text}");
        }
        assert!(!usual(&request()).contains("think"));
    }

    #[test]
    fn a_server_is_asked_in_its_own_manner() {
        let form = AnswerForm {
            name: "answer".to_owned(),
            schema: Arc::new(serde_json::json!({ "type": "object" })),
        };
        let asked = ChatRequest { effort: Some(Effort::High), form: Some(form), ..request() };
        let text = usual(&asked);
        assert!(text.contains(r#""think":true,"format":{"type":"object"},"#), "{text}");
        let manner = Manner {
            streams: false,
            form: FormSupport::Json,
            takes_temperature: false,
            takes_effort: false,
            ..Manner::default()
        };
        let text = written(&asked, &manner);
        assert!(text.contains(r#""stream":false,"truncate":false,"shift":false,"format":"json","#), "{text}");
        for name in ["temperature", "think"] {
            assert!(!text.contains(name), "{name}: {text}");
        }
        let without = Manner { form: FormSupport::Nothing, ..Manner::default() };
        assert!(!written(&asked, &without).contains("format"));
    }

    #[test]
    fn pictures_are_bare_base64() {
        let image = Image { media: MediaType::Png, bytes: Arc::from([1, 2, 3].as_slice()) };
        let seen = ChatMessage { images: vec![image], ..ChatMessage::text(Role::User, "what is it?") };
        let text = usual(&ChatRequest { messages: vec![seen], ..request() });
        let expected = r#"{"role":"user","content":"what is it?","images":["AQID"]}"#;
        assert!(text.contains(expected), "{text}");
    }
}
