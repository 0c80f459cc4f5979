//! Models, providers' entries, prices and FX as validated, versioned data.
//!
//! A price list that is wrong is worse than none: it bills. So the text of the configuration becomes a
//! [`Catalog`] in one step that either checks everything or says, with the place in the text, what is
//! wrong. After that nobody parses or guesses again; in particular a model without a price or a currency
//! without a rate is *known to be unknown*, and [`plyrum_billing_client::Billing`] refuses to charge it.
//!
//! [`Sections`] is the TOML as written (embeddable in a bigger file) → [`Catalog::build`] merges the
//! user's entries over the shipped ones and validates → [`Model`], [`ProviderEntry`] and [`FxRate`] are
//! what the rest of Plyrum reads. Prices and rates carry a version that is a hash of their content.
//!
//! Prices have dates. A model's rows come from the user's entry, from the imported [`PriceBook`] and from what is
//! shipped; which of them holds is a question of the day, and [`Catalog::at`] answers it once for a whole run.
//! [`import`] reads the price lists of others.
//!
//! Knows no network, no SQL, no files beyond what is embedded, and never holds a key: only where keys
//! are ([`KeySource`]).

mod address;
mod billing;
mod book;
mod catalog;
mod day;
mod duration;
mod error;
mod fx;
mod id;
pub mod import;
mod key;
mod listed;
mod model;
mod price;
mod provider;
mod replay;
mod section;
mod shipped;
mod text;
mod version;
mod wire;

pub use billing::PriceBasis;
pub use book::{BOOK_HEAD, BookRowSection, BookSection, PriceBook, book_text};
pub use catalog::Catalog;
pub use day::Day;
pub use error::CatalogError;
pub use fx::{FxRate, STALE_AFTER_DAYS};
pub use id::{InvalidId, ModelId, ProviderId};
pub use key::{KeySection, KeySource};
pub use listed::{LOCAL_CONTEXT, ListedModel, listed_text};
pub use model::{DEFAULT_MAX_OUTPUT_TOKENS, Model};
pub use price::{PriceOrigin, PriceRow, PriceState};
pub use provider::{DEFAULT_MAX_CONCURRENCY, ProviderEntry, TimeoutsEntry};
pub use replay::{PaceSection, ReplayEntry};
pub use section::{
    FxRow, FxSection, ModelSection, OnCancel, PriceSection, ProviderSection, Sections, TierSection,
};
pub use shipped::{LOCAL_PRESETS, shipped_files};
pub use text::DecimalText;
pub use text::is_of_this_machine;
pub use wire::{CacheLife, Lender, OutputLimitField, Quirks, SchemaSupport, Wire};

use serde::Serialize;

/// Who wrote an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Came with Plyrum.
    Shipped,
    /// A provider's own list; replaces a shipped entry of the same id whole.
    Listed,
    /// The user's configuration; replaces any other entry of the same id whole.
    User,
}
