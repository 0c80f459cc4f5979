//! The shape of `config.toml`: which keys exist, and nothing about what they decide.
//!
//! One closed struct, so that an unknown key is an error with a line instead of a setting
//! that silently does nothing.

use std::collections::BTreeMap;
use std::path::Path;

use plyrum_catalog::{FxSection, ModelSection, ProviderSection, Sections};
use plyrum_config::Diagnostic;
use serde::{Deserialize, Serialize};

use crate::budgets::BudgetsSection;
use crate::daemon::DaemonSection;
use crate::defaults::DefaultsSection;
use crate::moa::MoaSection;

/// `config.toml`, as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct UserFile {
    pub(crate) defaults: DefaultsSection,
    pub(crate) providers: BTreeMap<String, ProviderSection>,
    pub(crate) models: BTreeMap<String, ModelSection>,
    pub(crate) moa: MoaSection,
    pub(crate) fx: FxSection,
    pub(crate) billing: BillingSection,
    pub(crate) budgets: BudgetsSection,
    pub(crate) daemon: DaemonSection,
}

impl UserFile {
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Diagnostic> {
        toml::from_str(text).map_err(|error| Diagnostic::from_toml(path, text, &error))
    }

    /// The part that the catalogue owns.
    pub(crate) fn sections(&self) -> Sections {
        Sections { providers: self.providers.clone(), models: self.models.clone(), fx: self.fx.clone() }
    }
}

/// `[billing]`, as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BillingSection {
    pub(crate) mode: Option<BillingMode>,
    pub(crate) unpriced: Option<Unpriced>,
}

/// How an account pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingMode {
    /// Own keys: no limit but the budgets.
    Metered,
    /// Nothing may be spent that was not paid in.
    Prepaid,
}

/// Whether models may be asked whose price is not known, such as those that a provider lists and no catalogue has. Under a
/// limit, and in prepaid mode, they are never asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unpriced {
    /// They are not.
    Refuse,
    /// They are; what they cost is told as not known.
    Allow,
}

/// `[billing]`. The mode is what a new account starts with; an existing one keeps its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BillingSettings {
    /// The mode of a new account.
    pub mode: BillingMode,
    /// Models without a price.
    pub unpriced: Unpriced,
}
