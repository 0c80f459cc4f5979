//! What a server says that it serves.

use std::pin::Pin;

use crate::ProviderError;

/// Most models that are taken from one list.
pub const MAX_LISTED: usize = 2048;

/// A model in a provider's own list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its name on the wire.
    pub name: String,
    /// Input and output together, in tokens, where the list says it.
    pub context_tokens: Option<u64>,
    /// The longest answer, in tokens, where the list says it.
    pub max_output_tokens: Option<u64>,
    /// Whether it can call tools, where the server says it.
    pub tools: Option<bool>,
    /// Whether it thinks before it answers, where the server says it.
    pub thinks: Option<bool>,
    /// Whether it takes pictures, where the server says it.
    pub images: Option<bool>,
}

/// A server's version on its way: none of servers that tell none.
pub type Version<'a> = Pin<Box<dyn Future<Output = Result<Option<String>, ProviderError>> + Send + 'a>>;

/// A list on its way; nothing happens until it is awaited.
pub type Listing<'a> = Pin<Box<dyn Future<Output = Result<Vec<Listed>, ProviderError>> + Send + 'a>>;
