//! What a decision is made from.

use std::fmt;

use plyrum_billing_client::MicroRub;
use plyrum_catalog::{Catalog, ModelId};
use plyrum_protocol::{Profile, Timestamp};

use crate::quality::Verdicts;

/// Whether a model could be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Health {
    /// Its provider is set up and answering.
    Ready,
    /// Its provider has no key, or cannot be built.
    NoKey,
    /// Its provider failed too often lately.
    BreakerOpen {
        /// Until when it is not asked.
        until: Timestamp,
    },
}

/// An attachment by its measurable side; the router never reads one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentFacts {
    /// Its name as the client gave it (`stdin`, a path).
    pub name: String,
    /// Size in bytes of UTF-8.
    pub bytes: u64,
    /// Number of lines.
    pub lines: u64,
}

/// Abilities that a run cannot do without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// It was told how it may act: a model that calls no tools could not.
    pub tools: bool,
}

/// Everything that a decision depends on.
#[derive(Clone, Copy)]
pub struct RouteInput<'a> {
    /// The prompt without attachments.
    pub prompt: &'a str,
    /// What comes with it.
    pub attachments: &'a [AttachmentFacts],
    /// Number of pictures that come with it.
    pub pictures: u64,
    /// Number of pictures of the conversation that the prompt goes on with.
    pub told_pictures: u64,
    /// Bytes of the conversation that the prompt goes on with; a model is told at most half of its context of it.
    pub told_bytes: u64,
    /// Models, prices, rates.
    pub catalog: &'a Catalog,
    /// State of each model.
    pub health: &'a dyn Fn(&ModelId) -> Health,
    /// The model that the user, the persona or the configuration names; it alone may then serve.
    pub requested_model: Option<&'a ModelId>,
    /// Names of providers or models that may serve; none: all.
    pub allow_list: Option<&'a [String]>,
    /// The person's verdicts on earlier answers.
    pub verdicts: &'a Verdicts,
    /// How long a model's whole answers take, in milliseconds; none where that was not seen yet.
    pub pace: &'a dyn Fn(&ModelId) -> Option<u64>,
    /// What the run needs that not every model has.
    pub needs: Needs,
    /// What to weigh most.
    pub profile: Profile,
    /// The plan that was asked for; none leaves it to the router.
    pub plan_requested: Option<&'a str>,
    /// What may be spent; none: no limit. With a limit, a model of unknown price cannot serve.
    pub available: Option<MicroRub>,
    /// Whether a model of unknown price can serve where there is no limit.
    pub allows_unpriced: bool,
    /// The output limit of models that state none.
    pub max_output_tokens_default: u64,
}

impl fmt::Debug for RouteInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The prompt stays out: debug output ends up in logs.
        f.debug_struct("RouteInput")
            .field("prompt_bytes", &self.prompt.len())
            .field("attachments", &self.attachments.len())
            .field("catalog", &self.catalog.version)
            .field("requested_model", &self.requested_model)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}
