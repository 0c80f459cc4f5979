//! `ollama`: `POST {base}/api/chat`, a line of JSON for each piece of the answer, `"done":true` in the last one.
//!
//! Not streamed it is the same with one line. Two traps: a context that is not asked for is small, and what does not fit is
//! dropped without a word (see [`request`]); and once the answer has begun an error can only be another line.
//!
//! Usage stands in the last line, but `prompt_eval_count` may be missing from it: of old servers where the prompt
//! was in their cache, of servers that only forward. Then no usage is told at all, and whoever asked estimates it: half a count
//! would look like a whole one.

mod chunk;
mod failure;
mod request;
mod show;
#[cfg(test)]
mod tests;
mod usage;

use std::collections::VecDeque;
use std::sync::Arc;

use plyrum_billing_client::Convention;

use super::calls::Piece;
use super::gathered::{Ending, Gathered, other_stop};
use super::{Decode, End, Format, Progress, not_json, protocol};
use crate::call_ids::CallIds;
use crate::ndjson::{LineDecoder, LineError};
use crate::sse::Next;
use crate::{Channel, ChatRequest, Listed, Manner, ProviderError, Stop, StreamEvent, Thought, Wire};
use chunk::{Chunk, Said, ToolCall};

/// Bytes of a model's thoughts that are carried back; of longer ones none: they are of use as a whole only.
const MAX_THOUGHTS: usize = 256 * 1024;

const ENDING: Ending = Ending { reason: "`done`", last: "an error" };

/// The format.
#[derive(Debug)]
pub(crate) struct Ollama;

impl Format for Ollama {
    fn convention(&self) -> Convention {
        Convention::Plain
    }

    fn path(&self, _: &ChatRequest, _: &Manner) -> String {
        "api/chat".to_owned()
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("accept", "application/x-ndjson, application/json")]
    }

    fn list_path(&self) -> &'static str {
        "api/tags"
    }

    fn version_path(&self) -> Option<&'static str> {
        Some("api/version")
    }

    fn detail(&self, name: &str) -> Option<(&'static str, String)> {
        Some(("api/show", serde_json::json!({ "model": name }).to_string()))
    }

    fn with_detail(&self, listed: Listed, body: &str) -> Result<Option<Listed>, ProviderError> {
        show::read(listed, body)
    }

    fn body(&self, request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
        request::body(request, manner)
    }

    fn decoder(&self, ids: CallIds) -> Box<dyn Decode> {
        Box::new(Lines::new(ids))
    }

    fn refusal(&self, status: u16, body: &str) -> ProviderError {
        failure::refusal(status, body)
    }
}

/// Decodes one response.
#[derive(Debug)]
struct Lines {
    decoder: LineDecoder,
    /// Nothing but blanks so far.
    is_empty: bool,
    answer: Answer,
    gathered: Gathered,
}

impl Lines {
    fn new(ids: CallIds) -> Self {
        Self {
            decoder: LineDecoder::default(),
            is_empty: true,
            answer: Answer::default(),
            gathered: Gathered::new(ids),
        }
    }

    /// The last line, in which only the line's end is missing. Half a line is none: the body was cut in it.
    fn take_rest(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<(), ProviderError> {
        let Some(line) = self.decoder.rest() else { return Ok(()) };
        let line = line.map_err(|error| protocol(error.to_string()))?;
        let is_half = serde_json::from_str::<serde::de::IgnoredAny>(&line).is_err_and(|error| error.is_eof());
        if !is_half {
            self.answer.take(&line, &mut self.gathered, events)?;
        }
        Ok(())
    }
}

/// Lets the decoder's errors and ours leave the same callback.
struct Failure(ProviderError);

impl From<LineError> for Failure {
    fn from(error: LineError) -> Self {
        Self(protocol(error.to_string()))
    }
}

impl Decode for Lines {
    fn push(&mut self, bytes: &[u8], events: &mut VecDeque<StreamEvent>) -> Result<Progress, ProviderError> {
        if self.is_empty
            && let Some(first) = bytes.iter().find(|byte| !byte.is_ascii_whitespace())
        {
            self.is_empty = false;
            if *first == b'<' {
                return Err(protocol("the server answered 200 with a web page, not with an answer"));
            }
        }
        let (answer, gathered) = (&mut self.answer, &mut self.gathered);
        gathered.progress = Progress::Noise;
        let pushed = self.decoder.push(bytes, |line| answer.take(line, gathered, events).map_err(Failure));
        pushed.map_err(|failure| failure.0)?;
        Ok(gathered.progress)
    }

    fn end(&mut self, end: End, events: &mut VecDeque<StreamEvent>) {
        let end = match end {
            End::Clean if !self.gathered.has_stopped() => {
                self.take_rest(events).map_or_else(End::Broken, |()| End::Clean)
            }
            end => end,
        };
        self.gathered.close(end, self.is_empty, ENDING, usage::report, events);
    }
}

/// What this wire makes of its lines.
#[derive(Debug, Default)]
struct Answer {
    /// Calls so far.
    calls: usize,
    /// The thoughts so far, and no more of them than shows that they are too long to be carried back.
    thoughts: String,
}

impl Answer {
    fn take(
        &mut self,
        line: &str,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<Next, ProviderError> {
        let mut chunk: Chunk<'_> =
            serde_json::from_str(line).map_err(|error| not_json("ollama", "a line", line, &error))?;
        if chunk.error.is_some() {
            return Err(failure::in_stream(line));
        }
        if let Some(said) = chunk.message.take() {
            self.take_said(said, gathered, events)?;
        }
        if chunk.done != Some(true) {
            return Ok(Next::More);
        }
        self.carry_thoughts(gathered, events);
        gathered.stops(stop(chunk.reason()));
        gathered.keep_usage(chunk.usage(gathered.has_delivered()).as_deref());
        gathered.is_over();
        Ok(Next::Stop)
    }

    fn take_said(
        &mut self,
        said: Said<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        if let Some(thinking) = said.thinking {
            if self.thoughts.len() <= MAX_THOUGHTS {
                self.thoughts.push_str(&thinking.0);
            }
            gathered.deliver(Channel::Reasoning, thinking.0.into_owned(), events);
        }
        if let Some(content) = said.content {
            gathered.deliver(Channel::Answer, content.0.into_owned(), events);
        }
        for call in said.tool_calls.unwrap_or_default() {
            self.take_call(call, gathered, events)?;
        }
        Ok(())
    }

    /// Calls come whole: each is a place of its own, whatever its index. Servers count anew in each line.
    fn take_call(
        &mut self,
        call: ToolCall<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let piece = Piece { index: Some(self.calls.to_string().into()), ..Piece::from(call) };
        self.calls += usize::from(!piece.is_empty());
        gathered.call(piece, events)
    }

    /// Thoughts go back with the calls that followed from them, which templates of models put into the prompt.
    fn carry_thoughts(&mut self, gathered: &mut Gathered, events: &mut VecDeque<StreamEvent>) {
        let may_go_back = self.calls > 0 && !self.thoughts.is_empty() && self.thoughts.len() <= MAX_THOUGHTS;
        if may_go_back && let Ok(json) = serde_json::to_string(&self.thoughts) {
            let thought = Thought { wire: Wire::Ollama, json: Arc::from(json) };
            gathered.carry(StreamEvent::Thought(thought), events);
        }
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        // Servers from before there were reasons say none.
        "stop" | "" => Stop::EndTurn,
        "length" => Stop::Length,
        "tool_calls" => Stop::ToolUse,
        "content_filter" => Stop::ContentFilter,
        // `load` and `unload`, where nothing was to be generated, and whatever comes to be invented.
        other => other_stop(other),
    }
}
