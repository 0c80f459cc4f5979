//! Scripts: prepared turns with text, waits, faults, usage and tool calls. They drive the real daemon in
//! whole-program tests and demonstrations, where a model must say exactly what the story needs.
//!
//! ```toml
//! [[turn]]
//! match = "weather"         # plays only when the last user message contains this; absent: always
//! match_tool = "cloudy"     # plays only when the last message is a tool's result that contains this
//! model = "script"          # plays only for this model name; absent: for any script model
//! text = "It rains."        # the answer
//! reasoning = "Clouds…"     # goes before the answer
//! chunk_bytes = 4           # size of a delta; absent: a few words
//! delay_ms = 20             # wait before each delta
//! fault = "reset"           # after the text: reset, stall, cut, no_usage, or status:503 instead of any text
//! retry_after_ms = 1000     # with a status
//! usage = { input = 10, output = 3 }                     # absent: counted
//! tool_calls = [{ name = "read", arguments = { path = "a" } }]
//! ```
//!
//! A request takes the first turn in order that matches and was not taken before.
//!
//! Tools are called after the text: the arguments go out in deltas, then come the calls. `arguments` is a table,
//! or a text that goes out as it stands, so that a script can play a broken call; absent: `{}`. A call may have
//! an `id`; otherwise, and where the conversation has that id already, it is `call_` with the call's number in the
//! conversation. A turn that a fault or the request's output bound cuts tells deltas, but no calls.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use plyrum_billing_client::Usage;
use serde::Deserialize;
use toml::Spanned;

use super::playback::{Step, deltas, in_bytes, in_words};
use super::{count, reported};
use crate::call_ids::CallIds;
use crate::{Channel, ChatRequest, Close, ErrorClass, ProviderError, Role, Stop, StreamEvent, ToolCall};

/// Turns of one script.
const MAX_TURNS: usize = 10_000;
const MAX_CHUNK_BYTES: u64 = 1 << 20;
const MAX_DELAY_MS: u64 = 600_000;
/// Deltas of one turn.
const MAX_CHUNKS: u64 = 1_000_000;
/// Calls of one turn, and bytes of one call's arguments: what a hosted provider may send.
const MAX_CALLS: usize = 64;
const MAX_ARGUMENTS: usize = 1 << 20;

/// A parsed script and which of its turns were taken.
#[derive(Debug)]
pub struct Script {
    turns: Vec<Turn>,
    taken: Mutex<Vec<bool>>,
}

/// Why a script cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScriptError {
    /// Where in the script's text, if known.
    pub span: Option<Range<usize>>,
    /// What is wrong and what would be right.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "turn")]
    turns: Vec<TurnEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TurnEntry {
    #[serde(rename = "match")]
    matches: Option<String>,
    match_tool: Option<String>,
    model: Option<String>,
    text: Option<Spanned<String>>,
    reasoning: Option<String>,
    chunk_bytes: Option<Spanned<u64>>,
    delay_ms: Option<Spanned<u64>>,
    fault: Option<Spanned<String>>,
    retry_after_ms: Option<u64>,
    usage: Option<Usage>,
    #[serde(default)]
    tool_calls: Vec<Spanned<CallEntry>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallEntry {
    id: Option<String>,
    name: String,
    #[serde(default)]
    arguments: Arguments,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "`arguments` is neither a table nor a text")]
enum Arguments {
    Text(String),
    Table(serde_json::Map<String, serde_json::Value>),
}

impl Default for Arguments {
    fn default() -> Self {
        Self::Table(serde_json::Map::new())
    }
}

#[derive(Clone, Debug)]
struct Turn {
    matches: Option<String>,
    match_tool: Option<String>,
    model: Option<String>,
    text: String,
    reasoning: String,
    chunk_bytes: Option<usize>,
    delay: Duration,
    fault: Option<Fault>,
    usage: Option<Usage>,
    calls: Vec<Call>,
}

/// A call before it is known in which conversation it is made.
#[derive(Clone, Debug)]
struct Call {
    id: Option<String>,
    name: String,
    arguments: String,
}

/// What of a turn fits into the request's output bound.
struct Said<'a> {
    text: &'a str,
    /// Arguments, call by call; the last ones may be cut.
    arguments: Vec<&'a str>,
    tokens: u64,
    cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Reset,
    Stall,
    Cut,
    NoUsage,
    Status { code: u16, retry_after_ms: Option<u64> },
}

impl Script {
    /// Parses and checks a script.
    ///
    /// # Errors
    /// Broken TOML, an unknown key or fault, a figure out of its range, text beside a status.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let file: File = toml::from_str(text)
            .map_err(|error| ScriptError { span: error.span(), message: error.message().to_owned() })?;
        if file.turns.len() > MAX_TURNS {
            let message = format!("{} turns are too many: at most {MAX_TURNS}", file.turns.len());
            return Err(ScriptError { span: None, message });
        }
        let turns = file.turns.into_iter().map(Turn::check).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { taken: Mutex::new(vec![false; turns.len()]), turns })
    }

    /// Whether a wire name is a script's: `script`, or `script-` with anything after it.
    pub fn plays(model: &str) -> bool {
        model == "script" || model.starts_with("script-")
    }

    /// Takes the next turn for a request and prepares it.
    pub(super) fn play(&self, request: &ChatRequest, stall: Duration) -> Vec<Step> {
        match self.take(request) {
            Some(turn) => turn.steps(request, stall),
            None => vec![Step::Event(StreamEvent::Closed(Close::Failed(ProviderError::new(
                ErrorClass::Rejected,
                format!(
                    "the offline script has no turn left that matches this request ({} in all)",
                    self.turns.len()
                ),
            ))))],
        }
    }

    fn take(&self, request: &ChatRequest) -> Option<&Turn> {
        let last = request.messages.iter().rev().find(|message| message.role == Role::User);
        let said = last.map_or("", |message| message.content.as_str());
        let result = request.messages.last().filter(|message| message.role == Role::Tool);
        let result = result.map(|message| message.content.as_str());
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        self.turns.iter().zip(taken.iter_mut()).find_map(|(turn, taken)| {
            let matches = turn.answers(&request.model, said, result);
            (matches && !std::mem::replace(taken, *taken || matches)).then_some(turn)
        })
    }
}

impl Turn {
    fn check(entry: TurnEntry) -> Result<Self, ScriptError> {
        let chunk_bytes = bounded(entry.chunk_bytes.as_ref(), "chunk_bytes", 1, MAX_CHUNK_BYTES)?;
        let delay = bounded(entry.delay_ms.as_ref(), "delay_ms", 0, MAX_DELAY_MS)?.unwrap_or(0);
        let fault =
            entry.fault.as_ref().map(|fault| Fault::check(fault, entry.retry_after_ms)).transpose()?;
        let text_span = entry.text.as_ref().map(Spanned::span);
        let text = entry.text.map(Spanned::into_inner).unwrap_or_default();
        if matches!(fault, Some(Fault::Status { .. })) && !text.is_empty() {
            let message = "a turn that fails with a status has no text: leave `text` out";
            return Err(ScriptError { span: text_span, message: message.to_owned() });
        }
        let calls = entry.tool_calls.into_iter().map(Call::check).collect::<Result<Vec<_>, _>>()?;
        if calls.len() > MAX_CALLS {
            let message = format!("{} calls in a turn are too many: at most {MAX_CALLS}", calls.len());
            return Err(ScriptError { span: text_span, message });
        }
        let bytes = text.len() + calls.iter().map(|call| call.arguments.len()).sum::<usize>();
        if let Some(piece) = chunk_bytes
            && bytes as u64 / piece > MAX_CHUNKS
        {
            let message =
                format!("{bytes} bytes in pieces of {piece} are too many pieces: at most {MAX_CHUNKS}");
            return Err(ScriptError { span: text_span, message });
        }
        Ok(Self {
            matches: entry.matches,
            match_tool: entry.match_tool,
            model: entry.model,
            text,
            reasoning: entry.reasoning.unwrap_or_default(),
            chunk_bytes: chunk_bytes.and_then(|bytes| usize::try_from(bytes).ok()),
            delay: Duration::from_millis(delay),
            fault,
            usage: entry.usage,
            calls,
        })
    }

    /// Whether it plays for a model, the person's last words, and the tool's result that came last, if one did.
    fn answers(&self, model: &str, said: &str, result: Option<&str>) -> bool {
        self.model.as_ref().is_none_or(|wanted| wanted == model)
            && self.matches.as_ref().is_none_or(|wanted| said.contains(wanted.as_str()))
            && self.match_tool.as_ref().is_none_or(|wanted| result.is_some_and(|text| text.contains(wanted)))
    }

    /// Cuts text and arguments at the bound.
    fn said(&self, most: u64) -> Said<'_> {
        let (text, cut) = count::at_most(&self.text, most);
        let mut said = Said { text, arguments: Vec::new(), tokens: count::tokens(text), cut };
        for call in &self.calls {
            let left = most.saturating_sub(said.tokens).checked_sub(count::tokens(&call.name));
            let Some(left) = left.filter(|_| !said.cut) else {
                said.cut = true;
                break;
            };
            let (arguments, cut) = count::at_most(&call.arguments, left);
            said.tokens += count::tokens(&call.name) + count::tokens(arguments);
            said.cut = cut;
            said.arguments.push(arguments);
        }
        said
    }

    fn steps(&self, request: &ChatRequest, stall: Duration) -> Vec<Step> {
        if let Some(Fault::Status { code, retry_after_ms }) = self.fault {
            return vec![Step::Event(StreamEvent::Closed(Close::Failed(refusal(code, retry_after_ms))))];
        }
        let said = self.said(request.max_output_tokens);
        let texts = [(Channel::Reasoning, self.reasoning.as_str()), (Channel::Answer, said.text)];
        let arguments = said.arguments.iter().map(|text| (Channel::ToolArgs, *text));
        let mut steps = vec![Step::Event(StreamEvent::Opened)];
        for (channel, text) in texts.into_iter().chain(arguments) {
            let pieces: Box<dyn Iterator<Item = &str>> = match self.chunk_bytes {
                Some(bytes) => Box::new(in_bytes(text, bytes)),
                None => Box::new(in_words(text)),
            };
            for step in deltas(channel, pieces) {
                if matches!(step, Step::Event(_)) && !self.delay.is_zero() {
                    steps.push(Step::Wait(self.delay));
                }
                steps.push(step);
            }
        }
        self.end(request, &said, stall, &mut steps);
        steps
    }

    /// Calls, usage and end, or the fault in their place.
    fn end(&self, request: &ChatRequest, said: &Said<'_>, stall: Duration, steps: &mut Vec<Step>) {
        let failed = |class, message: String| Close::Failed(ProviderError::new(class, message));
        let close = match self.fault {
            Some(Fault::Reset) => failed(ErrorClass::Reset, "connection reset by the script".to_owned()),
            Some(Fault::Cut) => {
                Close::Cut { why: "the script ends the stream without a last event".to_owned() }
            }
            Some(Fault::Stall) => {
                steps.push(Step::Wait(stall));
                failed(ErrorClass::Timeout, format!("no bytes for {} s (the script stalls)", stall.as_secs()))
            }
            _ if said.cut => Close::Finished(Stop::Length),
            _ if !self.calls.is_empty() => Close::Finished(Stop::ToolUse),
            _ => Close::Finished(Stop::EndTurn),
        };
        if close == Close::Finished(Stop::ToolUse) {
            let mut ids = CallIds::after(request);
            steps.extend(self.calls.iter().map(|call| Step::Event(StreamEvent::Call(call.made(&mut ids)))));
        }
        if self.fault.is_none() {
            let counted = || Usage {
                input: count::conversation(&request.messages),
                output: said.tokens,
                reasoning: count::tokens(&self.reasoning),
                ..Usage::default()
            };
            steps.push(Step::Event(StreamEvent::Usage(reported(self.usage.clone().unwrap_or_else(counted)))));
        }
        steps.push(Step::Event(StreamEvent::Closed(close)));
    }
}

impl Fault {
    fn check(fault: &Spanned<String>, retry_after_ms: Option<u64>) -> Result<Self, ScriptError> {
        let wrong = |message: String| ScriptError { span: Some(fault.span()), message };
        match fault.get_ref().as_str() {
            "reset" => Ok(Self::Reset),
            "stall" => Ok(Self::Stall),
            "cut" => Ok(Self::Cut),
            "no_usage" => Ok(Self::NoUsage),
            other => {
                let code = other.strip_prefix("status:").ok_or_else(|| {
                    wrong(format!("unknown fault `{other}`: use reset, stall, cut, no_usage or status:CODE"))
                })?;
                let code: u16 =
                    code.parse().ok().filter(|code| (400..600).contains(code)).ok_or_else(|| {
                        wrong(format!(
                            "`{code}` is not a failing HTTP status: use 400 to 599, like status:503"
                        ))
                    })?;
                Ok(Self::Status { code, retry_after_ms })
            }
        }
    }
}

impl Call {
    fn check(entry: Spanned<CallEntry>) -> Result<Self, ScriptError> {
        let span = entry.span();
        let wrong = |message: String| Err(ScriptError { span: Some(span), message });
        let CallEntry { id, name, arguments } = entry.into_inner();
        if name.is_empty() || name.len() > 128 || name.contains(char::is_whitespace) {
            return wrong(format!("`{name}` cannot be a tool's name: 1 to 128 bytes without spaces"));
        }
        let arguments = match arguments {
            Arguments::Text(text) => text,
            Arguments::Table(table) => serde_json::Value::Object(table).to_string(),
        };
        if arguments.len() > MAX_ARGUMENTS {
            return wrong(format!("arguments of {} bytes are too many: at most 1 MiB", arguments.len()));
        }
        Ok(Self { id, name, arguments })
    }

    fn made(&self, ids: &mut CallIds) -> ToolCall {
        ToolCall::new(ids.next(self.id.clone()), self.name.as_str(), self.arguments.as_str())
    }
}

fn bounded(
    value: Option<&Spanned<u64>>,
    key: &str,
    least: u64,
    most: u64,
) -> Result<Option<u64>, ScriptError> {
    let Some(value) = value else { return Ok(None) };
    if (least..=most).contains(value.get_ref()) {
        return Ok(Some(*value.get_ref()));
    }
    let message = format!("`{key}` is {}: use {least} to {most}", value.get_ref());
    Err(ScriptError { span: Some(value.span()), message })
}

fn refusal(code: u16, retry_after_ms: Option<u64>) -> ProviderError {
    let class = match code {
        401 | 403 => ErrorClass::Auth,
        402 => ErrorClass::Quota,
        408 | 504 => ErrorClass::Timeout,
        413 => ErrorClass::TooLarge,
        429 => ErrorClass::RateLimited,
        529 => ErrorClass::Overloaded,
        500.. => ErrorClass::Server,
        _ => ErrorClass::Rejected,
    };
    ProviderError {
        status: Some(code),
        retry_after_ms,
        ..ProviderError::new(class, format!("HTTP {code} (from the script)"))
    }
}
