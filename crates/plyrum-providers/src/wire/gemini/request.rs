//! A request as `gemini` writes it.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Signed;
use crate::wire::write::{arguments, number, to_json};
use crate::{
    ChatMessage, ChatRequest, Effort, FormSupport, Image, Manner, ProviderError, Role, ToolCall, ToolSpec,
    Wire,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Content<'a>>,
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tools<'a>>,
    generation_config: GenerationConfig<'a>,
}

/// What one side says. All results of one answer's calls are one content.
#[derive(Serialize)]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: Vec<Part<'a>>,
}

/// One of these, and the signature that it came with.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inline_data: Option<InlineData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<FunctionCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_response: Option<FunctionResponse<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InlineData {
    mime_type: &'static str,
    data: String,
}

#[derive(Serialize)]
struct FunctionCall<'a> {
    id: &'a str,
    name: &'a str,
    args: Cow<'a, RawValue>,
}

#[derive(Serialize)]
struct FunctionResponse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    name: &'a str,
    response: Response<'a>,
}

/// The object that a result has to be; `output` is Google's name for what a tool gave.
#[derive(Serialize)]
struct Response<'a> {
    output: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tools<'a> {
    function_declarations: Vec<Declaration<'a>>,
}

/// A tool. `parameters` would be a dialect of `OpenAPI` that refuses much of JSON Schema.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Declaration<'a> {
    name: &'a str,
    description: &'a str,
    parameters_json_schema: &'a Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig<'a> {
    max_output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
}

/// A budget or a level, by the model's generation: each refuses the other's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ThinkingConfig {
    /// Without it thoughts are paid for and never shown.
    include_thoughts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
}

/// What Google says to send as a signature for a call that none of its models made: from the third generation on a call
/// without any is refused, and a conversation may have begun with a model of another provider.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";
/// Tokens that a model of the second generation may think whatever else is asked: the least that all of them take.
const LEAST_BUDGET: u64 = 512;

/// Where a request goes. A model may be named as Google's lists have it, with `models/` or `tunedModels/` before it.
pub(super) fn path(model: &str, manner: &Manner) -> String {
    let (folder, name) = match model.split_once('/') {
        Some((folder @ ("models" | "tunedModels"), name)) => (folder, name),
        _ => ("models", model),
    };
    let method = if manner.streams { "streamGenerateContent?alt=sse" } else { "generateContent" };
    format!("v1beta/{folder}/{}:{method}", percent_encoded(name))
}

/// A name as one segment of a URL's path: all but what never needs it (RFC 3986) is encoded.
fn percent_encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// What a model's generation changes. Only its name tells, and Google's names have a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// Gemini 1 and 2, and whatever is no Gemini: thinks by a budget, gives no form beside tools, checks no signatures.
    Second,
    /// From Gemini 3 on.
    Third,
}

impl Generation {
    fn of(model: &str) -> Self {
        let name = model.strip_prefix("models/").unwrap_or(model);
        match name.strip_prefix("gemini-") {
            Some(version) if !version.starts_with("1.") && !version.starts_with("2.") => Self::Third,
            _ => Self::Second,
        }
    }
}

/// The JSON to send.
pub(super) fn body(request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
    let generation = Generation::of(&request.model);
    let declarations: Vec<_> = request.tools.iter().map(Declaration::of).collect();
    let tools = (!declarations.is_empty()).then_some(Tools { function_declarations: declarations });
    let body = Body {
        system_instruction: system(request),
        contents: contents(request, generation),
        tools: tools.into_iter().collect(),
        generation_config: GenerationConfig::of(request, manner, generation)?,
    };
    to_json(&body, request)
}

/// All standing instructions: there is one place for them, wherever they stood.
fn system(request: &ChatRequest) -> Option<Content<'_>> {
    let said = request.messages.iter().filter(|message| message.role == Role::System);
    let parts: Vec<_> = said.filter_map(|message| Part::text(&message.content)).collect();
    (!parts.is_empty()).then_some(Content { role: None, parts })
}

fn contents(request: &ChatRequest, generation: Generation) -> Vec<Content<'_>> {
    let is_result = |message: &ChatMessage| message.role == Role::Tool;
    let runs = request.messages.chunk_by(|one, next| is_result(one) && is_result(next));
    let contents = runs.filter_map(|run| {
        let first = run.first()?;
        let (role, parts) = match first.role {
            Role::System => return None,
            Role::User => ("user", user(first)),
            Role::Assistant => ("model", assistant(first, generation)),
            Role::Tool => ("user", run.iter().map(|message| Part::result(message, request)).collect()),
        };
        Some(Content { role: Some(role), parts })
    });
    // A content without parts is refused, and so is an empty text.
    contents.filter(|content| !content.parts.is_empty()).collect()
}

fn user(message: &ChatMessage) -> Vec<Part<'_>> {
    Part::text(&message.content).into_iter().chain(message.images.iter().map(Part::image)).collect()
}

fn assistant(message: &ChatMessage, generation: Generation) -> Vec<Part<'_>> {
    let thoughts = message.thoughts_of(Wire::Gemini);
    let signed: Vec<Signed<'_>> = thoughts.filter_map(|json| serde_json::from_str(json).ok()).collect();
    let signature = |call: Option<usize>| {
        let last = signed.iter().rfind(|signed| signed.call == call);
        last.map(|signed| signed.thought_signature.clone())
    };
    let text = Part::text(&message.content);
    let text = text.map(|part| Part { thought_signature: signature(None), ..part });
    let calls = message.calls.iter().enumerate().map(|(nth, call)| {
        // Of calls that came together only the first is signed.
        let is_needed = nth == 0 && generation == Generation::Third;
        let instead = is_needed.then_some(Cow::Borrowed(NO_SIGNATURE));
        Part { thought_signature: signature(Some(nth)).or(instead), ..Part::call(call) }
    });
    text.into_iter().chain(calls).collect()
}

impl<'a> Part<'a> {
    fn text(text: &'a str) -> Option<Self> {
        (!text.is_empty()).then(|| Self { text: Some(text), ..Self::default() })
    }

    fn image(image: &Image) -> Self {
        let inline_data = InlineData { mime_type: image.media.name(), data: image.base64() };
        Self { inline_data: Some(inline_data), ..Self::default() }
    }

    fn call(call: &'a ToolCall) -> Self {
        let function_call = FunctionCall { id: &call.id, name: &call.name, args: arguments(call) };
        Self { function_call: Some(function_call), ..Self::default() }
    }

    /// What a tool gave. It has to say which tool: the name, not the id, is what the wire refers by.
    fn result(message: &'a ChatMessage, request: &'a ChatRequest) -> Self {
        let id = message.call.as_deref();
        let name = id.and_then(|id| request.tool_of(id)).or(id).unwrap_or("tool");
        let response = Response { output: &message.content };
        Self { function_response: Some(FunctionResponse { id, name, response }), ..Self::default() }
    }
}

impl<'a> Declaration<'a> {
    fn of(tool: &'a ToolSpec) -> Self {
        Self { name: &tool.name, description: &tool.description, parameters_json_schema: &tool.schema }
    }
}

impl<'a> GenerationConfig<'a> {
    fn of(request: &'a ChatRequest, manner: &Manner, generation: Generation) -> Result<Self, ProviderError> {
        let temperature = request.temperature.as_deref().filter(|_| manner.takes_temperature);
        let effort = request.effort.filter(|_| manner.takes_effort);
        // Before the third generation a form beside tools is refused; whoever asks for one checks it anyway.
        let gives_form = request.tools.is_empty() || generation == Generation::Third;
        let form = request.form.as_ref().filter(|_| gives_form);
        let (response_mime_type, response_json_schema) = match (form, manner.form) {
            (Some(form), FormSupport::Schema) => (Some(JSON), Some(form.schema.as_ref())),
            (Some(_), FormSupport::Json) => (Some(JSON), None),
            (Some(_), FormSupport::Nothing) | (None, _) => (None, None),
        };
        Ok(Self {
            max_output_tokens: request.max_output_tokens,
            temperature: temperature.map(number).transpose()?,
            stop_sequences: &request.stop,
            response_mime_type,
            response_json_schema,
            thinking_config: effort.map(|effort| ThinkingConfig::of(effort, request, generation)),
        })
    }
}

const JSON: &str = "application/json";

impl ThinkingConfig {
    fn of(effort: Effort, request: &ChatRequest, generation: Generation) -> Self {
        let (thinking_budget, thinking_level) = match generation {
            Generation::Second => (Some(budget(effort, request.max_output_tokens)), None),
            Generation::Third => (None, Some(effort.word())),
        };
        Self { include_thoughts: true, thinking_budget, thinking_level }
    }
}

/// Tokens to think with, as Google itself translates the words; at most half of what may be generated, which thoughts are
/// part of: the rest is for the answer.
fn budget(effort: Effort, max_output_tokens: u64) -> u64 {
    let tokens = match effort {
        Effort::Low => 1024,
        Effort::Medium => 8192,
        Effort::High => 24_576,
    };
    tokens.min((max_output_tokens / 2).max(LEAST_BUDGET))
}
