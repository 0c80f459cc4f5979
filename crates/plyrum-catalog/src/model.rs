//! Models: who serves them, how much they take, what they cost.

use plyrum_billing_client::{BytesPerToken, MAX_TOKENS};
use serde::Serialize;
use toml::Spanned;

use crate::Origin;
use crate::error::Problems;
use crate::id::{ModelId, ProviderId};
use crate::price::{self, PriceRow, PriceState};
use crate::section::ModelSection;
use crate::text::check_label;

/// The output limit of a model that states none, where the user's defaults set no other; it is also sent.
pub const DEFAULT_MAX_OUTPUT_TOKENS: u64 = 4096;

pub(crate) const MAX_NAME_BYTES: usize = 256;
const MAX_FALLBACKS: usize = 16;
const MAX_QUALITY: u16 = 1000;

/// The word that leaves the choice of a model to the router.
const RESERVED_ID: &str = "auto";

/// A model, validated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Model {
    /// Its name in Plyrum.
    pub id: ModelId,
    /// Who serves it; always in the catalogue.
    pub provider: ProviderId,
    /// Its name on the wire.
    pub name: String,
    /// Input and output together, in tokens.
    pub context_tokens: u64,
    /// Its own output limit, where stated.
    pub max_output_tokens: Option<u64>,
    /// The price that holds on the catalogue's day, or that none is known.
    pub price: PriceState,
    /// All its rows that are known, of every day and origin: the user's, then the imported ones, then those
    /// that are shipped; within each by the day from which they hold.
    pub price_rows: Vec<PriceRow>,
    /// Whose imported rows it has; absent: those of its id, else of `provider/name`.
    pub price_of: Option<ModelId>,
    /// Average bytes of text per token, for estimates.
    pub bytes_per_token: BytesPerToken,
    /// It can call tools.
    pub tools: bool,
    /// It thinks before it answers.
    pub reasoning: bool,
    /// It takes pictures, or takes none; `None`: not known.
    pub images: Option<bool>,
    /// Most input tokens that one picture can come to, where stated.
    pub image_tokens: Option<u64>,
    /// It serves only where somebody names it.
    pub only_when_named: bool,
    /// What to use instead when it fails, in order; all in the catalogue, never itself.
    pub fallback: Vec<ModelId>,
    /// Expected quality in per mille; `None`: not known.
    pub quality: Option<u16>,
    /// Who wrote it.
    pub origin: Origin,
}

/// Checks one section on its own; whether its provider and fallbacks exist is the catalogue's question.
pub(crate) fn build(
    id: &str,
    section: &ModelSection,
    origin: Origin,
    problems: &mut Problems,
) -> Option<Model> {
    let (Some(place), Some(name), Some(context_tokens)) =
        (&section.provider, &section.name, &section.context_tokens)
    else {
        problems.somewhere(format!(
            "[models.\"{}\"] needs provider, name and context_tokens: no provider's list has a model of that name to add to",
            id.escape_debug()
        ));
        return None;
    };
    if id == RESERVED_ID {
        problems.at(place, "`auto` leaves the choice to the router and cannot name a model");
    }
    let id = ModelId::new(id).map_err(|why| problems.at(place, format!("this model's id {why}"))).ok();
    let provider = reference("provider", place, ProviderId::new, problems);
    if let Err(why) = check_label("name", name.get_ref(), MAX_NAME_BYTES) {
        problems.at(name, why);
    }
    let price_rows = price::build_all(section, origin, problems);
    let price_of =
        section.price_of.as_ref().and_then(|key| reference("price_of", key, ModelId::new, problems));
    Some(Model {
        name: name.get_ref().clone(),
        context_tokens: tokens("context_tokens", context_tokens, problems),
        max_output_tokens: section
            .max_output_tokens
            .as_ref()
            .map(|limit| tokens("max_output_tokens", limit, problems)),
        bytes_per_token: bytes_per_token(section, problems),
        tools: section.tools.unwrap_or(true),
        reasoning: section.reasoning.unwrap_or_default(),
        images: section.images,
        image_tokens: image_tokens(section, problems),
        only_when_named: section.only_when_named.unwrap_or_default(),
        fallback: fallback(section, problems),
        quality: quality(section, problems),
        origin,
        id: id?,
        provider: provider?,
        price: PriceState::Unknown, // until the catalogue knows all rows
        price_rows: price_rows?,
        price_of,
    })
}

impl Model {
    /// The names under which imported rows can be this model's: the first that has rows is.
    pub(crate) fn price_keys(&self) -> Vec<String> {
        match &self.price_of {
            Some(key) => vec![key.to_string()],
            None => vec![self.id.to_string(), format!("{}/{}", self.provider, self.name)],
        }
    }

    /// Whether imported rows under this name are this model's.
    pub fn takes_price_of(&self, key: &str) -> bool {
        self.price_keys().iter().any(|own| own == key)
    }
}

fn reference<T, E: std::fmt::Display>(
    what: &str,
    text: &Spanned<String>,
    parse: fn(String) -> Result<T, E>,
    problems: &mut Problems,
) -> Option<T> {
    parse(text.get_ref().clone()).map_err(|why| problems.at(text, format!("{what} {why}"))).ok()
}

fn tokens(what: &str, count: &Spanned<u64>, problems: &mut Problems) -> u64 {
    if !(1..=MAX_TOKENS).contains(count.get_ref()) {
        problems.at(count, format!("{what} must be 1 to {MAX_TOKENS}"));
    }
    *count.get_ref()
}

fn bytes_per_token(section: &ModelSection, problems: &mut Problems) -> BytesPerToken {
    let Some(text) = &section.bytes_per_token else {
        return BytesPerToken::default();
    };
    BytesPerToken::parse(text.get_ref().as_str()).unwrap_or_else(|why| {
        problems.at(text, format!("bytes_per_token {why}"));
        BytesPerToken::default()
    })
}

/// What a picture comes to says nothing of a model that takes none.
fn image_tokens(section: &ModelSection, problems: &mut Problems) -> Option<u64> {
    let stated = section.image_tokens.as_ref()?;
    if section.images != Some(true) {
        problems.at(stated, "image_tokens is of models that take pictures: images = true");
    }
    Some(tokens("image_tokens", stated, problems))
}

fn fallback(section: &ModelSection, problems: &mut Problems) -> Vec<ModelId> {
    if section.fallback.len() > MAX_FALLBACKS {
        problems.somewhere(format!("more than {MAX_FALLBACKS} fallback models"));
        return Vec::new();
    }
    section.fallback.iter().filter_map(|id| reference("fallback", id, ModelId::new, problems)).collect()
}

fn quality(section: &ModelSection, problems: &mut Problems) -> Option<u16> {
    let quality = section.quality.as_ref()?;
    if *quality.get_ref() > MAX_QUALITY {
        problems.at(quality, format!("quality is in per mille: 0 to {MAX_QUALITY}"));
    }
    Some(*quality.get_ref())
}
