//! Exactly one request gives one stream of deltas and canonical usage.
//!
//! [`connect`] turns an [`Endpoint`] into a [`Provider`]; [`Provider::open`] sends one [`ChatRequest`], once,
//! and gives a [`ProviderStream`] of [`StreamEvent`]s. Nothing here repeats a request, follows a redirect,
//! knows a price or a session: repeating is the engine's business, because only it knows what was forwarded
//! and what was held.
//!
//! Reading order: `request`, `event`, `error`, `provider` are the contract; `sse`, `ndjson` and `wire` turn bytes into
//! events without any I/O; `transport` is the one place that touches the network; `cassette` keeps exchanges and plays them.

mod call_ids;
pub mod cassette;
mod endpoint;
mod error;
mod event;
#[cfg(test)]
mod fuzz;
mod listing;
mod ndjson;
pub mod offline;
mod provider;
mod request;
mod sse;
mod transport;
mod way;
mod wire;

pub use endpoint::{Endpoint, FormSupport, Lender, Manner, OutputLimit, Timeouts, Wire};
pub use error::{ErrorClass, Limit, ProviderError};
pub use event::{Channel, Close, ReportedUsage, Stop, StreamEvent};
pub use listing::{Listed, Listing, MAX_LISTED, Version};
pub use provider::{Provider, ProviderStream};
pub use request::{
    AnswerForm, ChatMessage, ChatRequest, Effort, Image, MediaType, Role, Thought, ToolCall, ToolSpec,
};
pub use transport::Clock;
pub use way::{ProxyOrigin, ProxyWay, Way};

use std::sync::Arc;

/// Makes a provider of an endpoint. Opens no connection; reads the CA file, if there is one.
///
/// # Errors
/// [`ErrorClass::Config`] when the base URL, a header, the proxy or the CA file makes no sense.
pub fn connect(endpoint: Endpoint) -> Result<Arc<dyn Provider>, ProviderError> {
    Ok(Arc::new(transport::HttpProvider::new(endpoint, None)?))
}

/// The same with a wall clock, which is asked only when a server names a date to wait for and no date of its own.
pub fn connect_with_clock(endpoint: Endpoint, clock: Clock) -> Result<Arc<dyn Provider>, ProviderError> {
    Ok(Arc::new(transport::HttpProvider::new(endpoint, Some(clock))?))
}
