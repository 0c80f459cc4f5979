//! The whole configuration as one validated value, composed from its owners' sections.
//!
//! `plyrum-config` finds and reports files without knowing what they mean, `plyrum-catalog`
//! owns providers, models and rates. What is left belongs to the whole: the top-level keys
//! of `config.toml`, the order of the layers, what a project may narrow, and names in one
//! section that must exist in another. It is read again at each submit
//! ([`Settings::changed`]), so a broken file stops new runs and never a running one.
//!
//! Reading order: [`Settings::load`] → the file's shape (`file`) → its parts
//! ([`Defaults`], [`Moa`], [`Budgets`], …) → what a project may do ([`Narrowing`]) →
//! what `plyrum config show` prints ([`Settings::entries`]).

mod add;
mod budgets;
mod check;
mod daemon;
mod defaults;
mod environment;
mod file;
mod fingerprint;
mod load;
mod moa;
mod models;
mod narrowing;
mod prices;
mod show;

pub use add::{AddProviderError, add_provider};
pub use budgets::Budgets;
pub use daemon::DaemonSettings;
pub use defaults::{Defaults, Lang, ModelChoice, Profile};
pub use file::{BillingMode, BillingSettings, Unpriced};
pub use fingerprint::Fingerprint;
pub use load::Settings;
pub use moa::{MAX_PROPOSERS, Moa};
pub use models::{ModelsFile, ReplaceError};
pub use narrowing::Narrowing;
pub use prices::{AddError, MAX_PRICES_BYTES, PricesFile};

pub use plyrum_config::Entry;

/// The lowest layer: every default with its comment.
pub const BUILT_IN: &str = include_str!("../../../config/defaults.toml");
