//! The shapes of `plyrum providers` and `plyrum models list --refresh`.

use crate::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A proxy, without what it is told of who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProxyView {
    /// Host and port.
    pub address: String,
    /// `config.toml`, or `environment` (`HTTPS_PROXY` and its kind, as the daemon sees them).
    pub origin: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// A row of `providers list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderRow {
    /// Its id.
    pub provider: String,
    /// The wire that it speaks.
    pub kind: String,
    /// Where it is; none for what is embedded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Where its key is, never the key; none where it takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether it can be asked now.
    pub ready: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Models of it that the catalogue has.
    pub models: u64,
    /// Requests that run now.
    pub running: u32,
    /// Requests that wait for a free place.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waiting: u32,
    /// Requests that may run at a time.
    pub limit: u32,
    /// Failures in a row.
    pub failures: u32,
    /// Until when it is not asked, having failed too often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resting_until: Option<Timestamp>,
    /// One request is under way that tries whether it answers again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_probing: bool,
    /// The proxy that its requests go by; none: they go straight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxyView>,
    /// Files of certificates that are trusted for it beside, or in the place of, the machine's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ca_files: Vec<String>,
    /// The version that the server told, where it was asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `built in` or `config.toml`.
    pub origin: String,
}

/// What `providers test` found: the provider answered, and took the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderTested {
    /// Its id.
    pub provider: String,
    /// Models in its own list.
    pub models: u64,
    /// How long the list took, in milliseconds.
    pub ms: u64,
    /// The proxy that its requests go by; none: they go straight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxyView>,
    /// Files of certificates that are trusted for it beside, or in the place of, the machine's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ca_files: Vec<String>,
    /// The version that the server told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A row of `models list --refresh`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefreshRow {
    /// Whose list.
    pub provider: String,
    /// Models in it that are kept.
    pub models: u64,
    /// Names that are new.
    pub added: u64,
    /// Names that are not there any more.
    pub gone: u64,
    /// Names that cannot be ids.
    pub left_out: u64,
    /// Why there is no list; then the last one stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// A server of this machine that `providers list --scan` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundRow {
    /// The preset whose port it listens at.
    pub preset: String,
    /// Where it is.
    pub base_url: String,
    /// The models that it told.
    pub models: Vec<String>,
}

/// What `providers list --scan --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderScan {
    /// The providers.
    pub providers: Vec<ProviderRow>,
    /// The servers that were found and belong to none of them.
    pub found: Vec<FoundRow>,
}
