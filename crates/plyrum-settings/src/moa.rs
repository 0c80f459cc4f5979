//! `[moa]`: the user's own panel. Without one the router chooses.

use plyrum_catalog::ModelId;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// More proposers than this do not pay (and would hold money for each).
pub const MAX_PROPOSERS: usize = 16;

/// `[moa]`, as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoaSection {
    pub(crate) proposers: Option<Spanned<Vec<Spanned<String>>>>,
    pub(crate) aggregator: Option<Spanned<String>>,
}

/// The panel of a Mixture-of-Agents run; every model in it is in the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Moa {
    /// Who proposes; `None` leaves it to the router. A model may stand twice: two samples.
    pub proposers: Option<Vec<ModelId>>,
    /// Who combines; `None` leaves it to the router.
    pub aggregator: Option<ModelId>,
}
