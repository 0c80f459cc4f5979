//! Wire formats: bytes in, events out, no I/O, no clock. One file per format; the only seam where a vendor's
//! words become ours.

mod anthropic;
mod body;
mod calls;
mod counts;
mod deepseek;
mod failure;
mod gathered;
mod gemini;
mod gigachat;
#[cfg(test)]
mod golden;
mod loose;
mod models;
mod ollama;
mod openai_chat;
mod openai_responses;
mod openrouter;
mod write;
mod yandex;

use std::collections::VecDeque;
use std::fmt;

use plyrum_billing_client::Convention;

use crate::call_ids::CallIds;
use crate::{ChatRequest, ErrorClass, Listed, Manner, ProviderError, StreamEvent, Wire};

/// One wire format: how a request is written and an answer read.
pub(crate) trait Format: Send + Sync + fmt::Debug {
    /// What contains what in its counts.
    fn convention(&self) -> Convention;

    /// Where a request goes, behind the base URL, without a slash at its beginning.
    fn path(&self, request: &ChatRequest, manner: &Manner) -> String;

    /// How the key is shown.
    fn auth(&self) -> Auth {
        Auth::Bearer
    }

    /// Headers that every request has beside those of HTTP itself.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The JSON to send.
    fn body(&self, request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError>;

    /// Where the list of its models is, behind the base URL.
    fn list_path(&self) -> &'static str {
        "models"
    }

    /// Where the server's version is, behind the base URL; none of servers that tell none.
    fn version_path(&self) -> Option<&'static str> {
        None
    }

    /// Where more is told of one model than in the list, and what to send there.
    fn detail(&self, _name: &str) -> Option<(&'static str, String)> {
        None
    }

    /// What is told there; none: it is no model for conversations.
    fn with_detail(&self, listed: Listed, _body: &str) -> Result<Option<Listed>, ProviderError> {
        Ok(Some(listed))
    }

    /// A decoder at the first byte of an answer, with the ids that its calls may have.
    fn decoder(&self, ids: CallIds) -> Box<dyn Decode>;

    /// What an error status says, with the beginning of its body.
    fn refusal(&self, status: u16, body: &str) -> ProviderError {
        failure::refusal(status, body)
    }
}

/// How a key is shown to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// As a token that is lent for it: `Authorization: Basic KEY` at one address, `Authorization: Bearer TOKEN` elsewhere.
    Lent,
    /// In a header of its own.
    Header(&'static str),
    /// `Authorization: WORD KEY`.
    Word(&'static str),
}

/// The format of a wire.
pub(crate) const fn format(wire: Wire) -> &'static dyn Format {
    match wire {
        Wire::OpenAiChat => &openai_chat::OpenAiChat,
        Wire::Anthropic => &anthropic::Anthropic,
        Wire::GigaChat => &gigachat::GigaChat,
        Wire::Gemini => &gemini::Gemini,
        Wire::Ollama => &ollama::Ollama,
        Wire::OpenAiResponses => &openai_responses::OpenAiResponses,
        Wire::OpenRouter => &openrouter::OpenRouter,
        Wire::DeepSeek => &deepseek::DeepSeek,
        Wire::Yandex => &yandex::Yandex,
    }
}

/// The models of a list.
pub(crate) fn listed(wire: Wire, body: &str) -> Result<Vec<Listed>, ProviderError> {
    models::read(wire, body)
}

fn protocol(message: impl Into<String>) -> ProviderError {
    ProviderError::new(ErrorClass::Protocol, message)
}

/// Bytes that are not the JSON that a wire sends.
fn not_json(wire: &str, what: &str, text: &str, error: &serde_json::Error) -> ProviderError {
    let excerpt: String = text.chars().take(120).collect();
    protocol(format!("{what} is not what {wire} sends: {error}; it begins `{excerpt}`"))
}

/// What a format says about the bytes so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing that moves the answer: comments, roles, half a line.
    Noise,
    /// Something that moves the answer.
    Semantic,
    /// The provider said why it stopped; only its usage can still come.
    Stopping,
    /// The terminal event: nothing more is to be read.
    Over,
}

/// How the bytes ended, seen from the transport.
#[derive(Debug)]
pub(crate) enum End {
    /// The terminal event came; or the body ended as HTTP says it should.
    Clean,
    /// The body ended in the middle of its own framing.
    Truncated(ProviderError),
    /// The transport failed, a limit passed, or the bytes made no sense or said that they are an error.
    Broken(ProviderError),
}

/// One response's decoder.
pub(crate) trait Decode: Send {
    /// Takes the next bytes. An error is the end: [`Decode::end`] follows with it as [`End::Broken`].
    fn push(&mut self, bytes: &[u8], events: &mut VecDeque<StreamEvent>) -> Result<Progress, ProviderError>;

    /// No more bytes: adds usage, if any came, and the one `Closed`.
    fn end(&mut self, end: End, events: &mut VecDeque<StreamEvent>);
}
