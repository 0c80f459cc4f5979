//! Price lists of others: LiteLLM's file and OpenRouter's model list, read from text.
//!
//! Such a list is somebody's claim, and a wrong claim bills. So figures are read from their digits and never
//! through a float, a figure that our units cannot hold exactly refuses its model, a zero or an absence is
//! *unknown* and never free, a great jump is not taken without a second word, and nothing is taken before its
//! difference was shown ([`diff`]).
//!
//! [`read`] turns a list into [`Listed`] models; [`diff`] compares them with what holds and gives the rows to add.

mod diff;
mod glob;
mod json;
mod litellm;
mod number;
mod openrouter;

pub use diff::{Change, FigureChange, JUMP, Verdict, diff};
pub use glob::Glob;

use plyrum_billing_client::RateCard;

use crate::id::{ModelId, ProviderId};
use json::Pairs;

/// Most models of a list.
pub const MAX_MODELS: usize = 20_000;
/// Longest list, in bytes (64 MiB).
pub const MAX_BYTES: u64 = 64 << 20;

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// `model_prices_and_context_window.json`: an object of models, US dollars per token as numbers.
    LiteLlm,
    /// `GET /api/v1/models`: `{"data": […]}`, US dollars per token as strings.
    OpenRouter,
}

impl Feed {
    /// As it is written on the command line and in sources.
    pub fn name(self) -> &'static str {
        match self {
            Self::LiteLlm => "litellm",
            Self::OpenRouter => "openrouter",
        }
    }
}

/// Which models of a list are meant, and whose they are here.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The list's format; `None`: told by its shape.
    pub feed: Option<Feed>,
    /// Only models whose name in the list, or whose name here, fits one of these; empty: all.
    pub only: Vec<Glob>,
    /// The provider here that the prices are of; `None`: the one that the list names.
    pub provider: Option<ProviderId>,
}

/// What a list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Whose format it has.
    pub feed: Feed,
    /// Models in it, those that are not meant included.
    pub total: usize,
    /// Those that are meant, in the list's order.
    pub models: Vec<Listed>,
}

/// One model of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name in the list.
    pub name: String,
    /// Its name here, `provider/name`; or why it can have none.
    pub model: Result<ModelId, String>,
    /// Its price.
    pub price: Claim,
    /// Prices of it that are left out, so that using them is `price_unknown`.
    pub left_out: Vec<String>,
}

/// What a list claims of a model's price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Figures in US dollars.
    Price(RateCard),
    /// None: missing, zero or varying. Never free.
    Unknown(String),
    /// Something that cannot be held exactly or is not understood; the reason.
    Refused(String),
    /// Not a model that answers with text.
    NotText,
}

/// Currency of both lists.
pub const CURRENCY: &str = "USD";

/// Why a whole list cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It is not JSON, or not an object.
    #[error("it is not a JSON object ({0})")]
    NotJson(String),
    /// It nests deeper than any price list.
    #[error("it nests deeper than {} levels", json::MAX_DEPTH)]
    TooDeep,
    /// It has more models than we take.
    #[error("it has more than {MAX_MODELS} models")]
    TooMany,
    /// It has the shape of neither list.
    #[error(
        "it is neither LiteLLM's price file (an object of models) nor OpenRouter's model list (\"data\": […])"
    )]
    Neither,
}

/// Reads a list.
pub fn read(text: &str, selection: &Selection) -> Result<List, ListError> {
    json::check_depth(text)?;
    let top: Pairs<'_> = serde_json::from_str(text).map_err(|e| ListError::NotJson(e.to_string()))?;
    let feed = selection.feed.unwrap_or_else(|| {
        let is_list = top.get("data").is_some_and(|data| data.get().starts_with('['));
        if is_list { Feed::OpenRouter } else { Feed::LiteLlm }
    });
    let models = match feed {
        Feed::LiteLlm => litellm::read(&top, selection.provider.as_ref())?,
        Feed::OpenRouter => openrouter::read(&top, selection.provider.as_ref())?,
    };
    let total = models.len();
    let mut models: Vec<Listed> = models.into_iter().filter(|listed| selection.means(listed)).collect();
    refuse_doubles(&mut models);
    Ok(List { feed, total, models })
}

impl Selection {
    fn means(&self, listed: &Listed) -> bool {
        let here = listed.model.as_ref().map_or("", ModelId::as_str);
        self.only.is_empty() || self.only.iter().any(|glob| glob.fits(&listed.name) || glob.fits(here))
    }
}

/// Two entries that would be one model here: one where they agree, none where they do not.
fn refuse_doubles(models: &mut Vec<Listed>) {
    use std::collections::BTreeMap;
    let mut first: BTreeMap<ModelId, usize> = BTreeMap::new();
    let mut repeats = Vec::new();
    let mut disagree = Vec::new();
    for (at, listed) in models.iter().enumerate() {
        let (Ok(model), Claim::Price(_)) = (&listed.model, &listed.price) else { continue };
        let Some(&earlier) = first.get(model) else {
            first.insert(model.clone(), at);
            continue;
        };
        if models.get(earlier).is_some_and(|other| other.price == listed.price) {
            repeats.push(at);
        } else {
            disagree.extend([earlier, at]);
        }
    }
    for at in disagree {
        if let Some(listed) = models.get_mut(at)
            && let Ok(model) = &listed.model
        {
            listed.price = Claim::Refused(format!(
                "several entries with different prices would be `{model}` here: choose one with --only"
            ));
        }
    }
    let mut at = 0;
    models.retain(|_| {
        at += 1;
        repeats.binary_search(&(at - 1)).is_err()
    });
}

/// The name of a listed model here.
fn model_id(provider: &str, name: &str) -> Result<ModelId, String> {
    ModelId::new(format!("{provider}/{name}")).map_err(|why| format!("its name {why}"))
}

/// The most text of a list that a message repeats.
const SHOWN_CHARS: usize = 60;

/// A text of the list for a message.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}
