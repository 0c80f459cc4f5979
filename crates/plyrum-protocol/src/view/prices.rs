//! `prices`: which price rows there are, what an import would change, and what a request would cost.

use crate::view::ExplainMeter;
use plyrum_billing_client::{MicroRub, Usage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `prices list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceList {
    /// The UTC day that `holds` is about.
    pub day: String,
    /// One per row; one without figures for a model whose price is unknown.
    pub rows: Vec<PriceRow>,
    /// Exchange rates that the figures in rubles are made with.
    pub fx: Vec<PriceFx>,
    /// What should be looked at, such as an old rate.
    pub notes: Vec<String>,
}

/// A price row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceRow {
    /// The model's id; of one that is not configured the name in the imported prices.
    pub model: String,
    /// Whether the model is configured.
    pub configured: bool,
    /// Whether this is the price of that day.
    pub holds: bool,
    /// Whether there is a price at all.
    pub known: bool,
    /// `config.toml`, `prices.toml` or `built in`.
    pub origin: Option<String>,
    /// The first day (UTC) on which it holds; null: it always did.
    pub from: Option<String>,
    /// The day on which the figures were seen at their source.
    pub as_of: Option<String>,
    /// Where the figures are from.
    pub source: Option<String>,
    /// Hash of currency and figures, as stored with every charge.
    pub version: Option<String>,
    /// ISO 4217 code of the figures.
    pub currency: Option<String>,
    /// The figures, as stated: one that is left out falls back as `money` has it.
    pub figures: Vec<PriceFigure>,
}

/// One figure of a price row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceFigure {
    /// `input`, `cache_read` …, `request`, or a unit.
    pub meter: String,
    /// `million_tokens`, `request` or `unit`.
    pub per: String,
    /// The tier: it applies to a total input of more than this; null: the base.
    pub above_input_tokens: Option<u64>,
    /// As a decimal in the row's currency.
    pub price: String,
    /// In rubles, rounded up once; null where the currency has no rate.
    pub price_micro_rub: Option<MicroRub>,
}

/// An exchange rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceFx {
    /// ISO 4217 code.
    pub currency: String,
    /// Rubles per unit as written, without the markup.
    pub rate: String,
    /// Rubles per unit as charged, exact: a decimal, or a fraction where no decimal is.
    pub charged: String,
    /// Its day.
    pub date: String,
    /// Days since then.
    pub age_days: Option<i64>,
    /// Whether that is more than thirty.
    pub stale: bool,
    /// Who stated it.
    pub source: String,
    /// Hash of all this, as stored with every charge.
    pub version: String,
}

/// `prices diff`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceDiff {
    /// `litellm` or `openrouter`.
    pub feed: String,
    /// The file.
    pub file: String,
    /// The UTC day from which new rows would hold.
    pub day: String,
    /// Models in the file, those that were not asked for included.
    pub total: usize,
    /// What would become of each, in the file's order.
    pub changes: Vec<PriceChange>,
}

/// What would become of a listed model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceChange {
    /// Its name in the file.
    pub name: String,
    /// Its name here.
    pub model: Option<String>,
    /// `new`, `changed`, `jump`, `unknown`, `refused`, `not_text` or `unchanged`.
    pub verdict: String,
    /// Why, where that is not plain.
    pub reason: Option<String>,
    /// Figures that change, in effect: with the fallbacks of what is not stated.
    pub figures: Vec<PriceFigureChange>,
    /// Prices in the file that are not read, so that their use is `price_unknown`.
    pub left_out: Vec<String>,
}

/// One figure, as a decimal per million tokens or each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceFigureChange {
    /// `input`, `input above 200000`, `request_fee`, `unit_fees.web_search`.
    pub figure: String,
    /// As it holds.
    pub old: Option<String>,
    /// As it would hold.
    pub new: Option<String>,
}

/// `prices quote`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceQuote {
    /// The model.
    pub model: String,
    /// The UTC day whose price it is.
    pub day: String,
    /// Version of the price row.
    pub price_version: String,
    /// ISO 4217 code of the prices.
    pub currency: String,
    /// Version of the exchange rate; `rub` where the price is in rubles.
    pub fx_version: String,
    /// RUB per unit of the currency, markup included, exact.
    pub fx: String,
    /// What would be used.
    pub usage: Usage,
    /// Meter by meter, with the prices that apply (tier chosen).
    pub meters: Vec<ExplainMeter>,
    /// What it would cost: the one formula, one rounding, upward.
    pub cost_micro_rub: MicroRub,
    /// What would be held before the request where these are its bounds.
    pub hold_micro_rub: MicroRub,
}
