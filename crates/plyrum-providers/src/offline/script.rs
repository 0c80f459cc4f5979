//! Scripts: prepared turns with text, waits, faults, usage and tool calls. They drive the real daemon in
//! whole-program tests and demonstrations, where a model must say exactly what the story needs.
//!
//! ```toml
//! [[turn]]
//! match = "weather"         # plays only when the last user message contains this; absent: always
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

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use plyrum_billing_client::Usage;
use serde::Deserialize;
use toml::Spanned;

use super::playback::{Step, deltas, in_bytes, in_words};
use super::{count, reported};
use crate::{Channel, ChatRequest, Close, ErrorClass, ProviderError, Role, Stop, StreamEvent};

/// Turns of one script.
const MAX_TURNS: usize = 10_000;
const MAX_CHUNK_BYTES: u64 = 1 << 20;
const MAX_DELAY_MS: u64 = 600_000;
/// Deltas of one turn.
const MAX_CHUNKS: u64 = 1_000_000;

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
    model: Option<String>,
    text: Option<Spanned<String>>,
    reasoning: Option<String>,
    chunk_bytes: Option<Spanned<u64>>,
    delay_ms: Option<Spanned<u64>>,
    fault: Option<Spanned<String>>,
    retry_after_ms: Option<u64>,
    usage: Option<Usage>,
    #[serde(default)]
    tool_calls: Vec<Spanned<ToolCall>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolCall {
    id: Option<String>,
    name: String,
    #[serde(default)]
    arguments: serde_json::Map<String, serde_json::Value>,
}

#[derive(Clone, Debug)]
struct Turn {
    matches: Option<String>,
    model: Option<String>,
    text: String,
    reasoning: String,
    chunk_bytes: Option<usize>,
    delay: Duration,
    fault: Option<Fault>,
    usage: Option<Usage>,
    tool_calls: Vec<String>,
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
    pub(super) fn plays(model: &str) -> bool {
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
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        self.turns.iter().zip(taken.iter_mut()).find_map(|(turn, taken)| {
            let model = turn.model.as_ref().is_none_or(|model| *model == request.model);
            let matches = model && turn.matches.as_ref().is_none_or(|wanted| said.contains(wanted.as_str()));
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
        if let Some(bytes) = chunk_bytes
            && text.len() as u64 / bytes > MAX_CHUNKS
        {
            let message = format!(
                "{} bytes in pieces of {bytes} are too many pieces: at most {MAX_CHUNKS}",
                text.len()
            );
            return Err(ScriptError { span: text_span, message });
        }
        let tool_calls = entry
            .tool_calls
            .iter()
            .enumerate()
            .map(|(at, call)| ToolCall::check(at, call))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            matches: entry.matches,
            model: entry.model,
            text,
            reasoning: entry.reasoning.unwrap_or_default(),
            chunk_bytes: chunk_bytes.and_then(|bytes| usize::try_from(bytes).ok()),
            delay: Duration::from_millis(delay),
            fault,
            usage: entry.usage,
            tool_calls,
        })
    }

    fn steps(&self, request: &ChatRequest, stall: Duration) -> Vec<Step> {
        if let Some(Fault::Status { code, retry_after_ms }) = self.fault {
            return vec![Step::Event(StreamEvent::Closed(Close::Failed(refusal(code, retry_after_ms))))];
        }
        let (text, cut) = count::at_most(&self.text, request.max_output_tokens);
        let mut steps = vec![Step::Event(StreamEvent::Opened)];
        for (channel, said) in [(Channel::Reasoning, self.reasoning.as_str()), (Channel::Answer, text)] {
            let pieces: Box<dyn Iterator<Item = &str>> = match self.chunk_bytes {
                Some(bytes) => Box::new(in_bytes(said, bytes)),
                None => Box::new(in_words(said)),
            };
            for step in deltas(channel, pieces) {
                if matches!(step, Step::Event(_)) && !self.delay.is_zero() {
                    steps.push(Step::Wait(self.delay));
                }
                steps.push(step);
            }
        }
        steps.extend(deltas(Channel::ToolArgs, self.tool_calls.iter().map(String::as_str)));
        self.end(request, text, cut, stall, &mut steps);
        steps
    }

    /// Usage and end, or the fault in their place.
    fn end(&self, request: &ChatRequest, text: &str, cut: bool, stall: Duration, steps: &mut Vec<Step>) {
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
            _ if cut => Close::Finished(Stop::Length),
            _ if !self.tool_calls.is_empty() => Close::Finished(Stop::ToolUse),
            _ => Close::Finished(Stop::EndTurn),
        };
        if self.fault.is_none() {
            let counted = || Usage {
                input: request.messages.iter().map(|message| count::tokens(&message.content)).sum(),
                output: count::tokens(text)
                    + self.tool_calls.iter().map(|call| count::tokens(call)).sum::<u64>(),
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

impl ToolCall {
    /// The call as the JSON text that goes out on [`Channel::ToolArgs`], one object a line.
    fn check(at: usize, call: &Spanned<Self>) -> Result<String, ScriptError> {
        let inner = call.get_ref();
        if inner.name.is_empty() || inner.name.len() > 128 || inner.name.contains(char::is_whitespace) {
            let message = format!("`{}` cannot be a tool's name: 1 to 128 bytes without spaces", inner.name);
            return Err(ScriptError { span: Some(call.span()), message });
        }
        let id = inner.id.clone().unwrap_or_else(|| format!("call_{}", at + 1));
        let json = serde_json::json!({ "id": id, "name": inner.name, "arguments": inner.arguments });
        Ok(format!("{json}\n"))
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
