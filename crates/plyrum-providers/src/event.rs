//! What comes back: one closed set of events, the same for every wire, so that the engine never learns
//! which vendor it talks to.
//!
//! A stream is `Opened`, any number of `Delta`, any number of `Call`, at most one `Usage`, and exactly one
//! `Closed`, which is last. A request that failed before the provider accepted it has no `Opened`.

use plyrum_billing_client::Usage;

use crate::{ProviderError, Thought, ToolCall};

/// One step of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// The provider accepted the request: from here on it may bill.
    Opened,
    /// A piece of text. Never empty.
    Delta {
        /// Which text it continues.
        channel: Channel,
        /// The piece, always whole characters.
        text: String,
    },
    /// One whole call of a tool, after the deltas of its arguments. Calls come only where the end is
    /// `Finished` with [`Stop::ToolUse`]: whatever cut an answer may have cut its arguments.
    Call(ToolCall),
    /// Something that has to come back with the calls of this answer; never shown.
    Thought(Thought),
    /// The provider's own count, its last word; absent when it sent none.
    Usage(ReportedUsage),
    /// The end. Nothing follows.
    Closed(Close),
}

/// The text a delta continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The visible answer.
    Answer,
    /// The model's reasoning, if the provider shows it.
    Reasoning,
    /// Arguments of a tool call, as JSON text in pieces: to show that something comes. What is to be run comes
    /// as a [`StreamEvent::Call`].
    ToolArgs,
}

/// What a provider says it counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedUsage {
    /// The disjoint meters, or why the provider's numbers contradict themselves. Never clamped.
    pub usage: Result<Usage, String>,
    /// The provider's JSON text, as sent, for the record.
    pub raw: String,
    /// The provider's own price of the answer as decimal text in its currency (`OpenRouter` sends one).
    pub provider_cost: Option<String>,
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Close {
    /// The provider said that it is done.
    Finished(Stop),
    /// The stream ended without the provider saying so: what was forwarded may be half an answer.
    Cut {
        /// What was seen at the end.
        why: String,
    },
    /// The request failed, before or after output.
    Failed(ProviderError),
}

/// Why a provider stopped generating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The model finished, or reached one of the request's stop texts.
    EndTurn,
    /// The output bound was reached.
    Length,
    /// The model asks for tools: those of the [`StreamEvent::Call`]s, of which there is none if the provider
    /// said so and named none.
    ToolUse,
    /// The provider withheld the rest.
    ContentFilter,
    /// A reason this build does not know, in the provider's words (at most 64 characters).
    Other(String),
}
