//! The TOML as written: `[providers.*]`, `[models."*"]` and `[fx]`.
//!
//! Shapes only; what the values mean is checked in [`crate::Catalog::build`]. Values that can be wrong keep
//! their place in the text. Embed [`Sections`]' fields by their own names in a bigger struct (not through
//! `#[serde(flatten)]`, which loses the places).

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use toml::Spanned;

use crate::key::KeySection;
use crate::provider::TimeoutsEntry;
use crate::replay::PaceSection;
use crate::text::DecimalText;
use crate::wire::Quirks;

/// The sections that this crate owns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sections {
    /// `[providers.lab]`, by id.
    pub providers: BTreeMap<String, ProviderSection>,
    /// `[models."lab/fast"]`, by id.
    pub models: BTreeMap<String, ModelSection>,
    /// `[fx]`.
    pub fx: FxSection,
}

/// One `[providers.lab]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSection {
    /// The wire: `openai-chat`, `anthropic`, …, `offline`.
    pub kind: Spanned<String>,
    /// Everything before the wire's own path: `http://127.0.0.1:9001/v1`. Absent: that of the wire's one server.
    pub base_url: Option<Spanned<String>>,
    /// Where the key is; absent: none is sent.
    pub api_key: Option<Spanned<KeySection>>,
    /// PEM certificates to trust beside the platform's.
    pub ca_file: Option<Spanned<String>>,
    /// Further request headers; none that carries a key.
    #[serde(default)]
    pub headers: BTreeMap<String, Spanned<String>>,
    /// An HTTP proxy for this provider.
    pub proxy: Option<Spanned<String>>,
    /// Requests at a time.
    pub max_concurrency: Option<Spanned<u32>>,
    /// What happens to a request that is not wanted any more: `abort` hangs up at once and charges an estimate,
    /// `drain` reads on, unseen, for the provider's own figures.
    pub on_cancel: Option<Spanned<OnCancel>>,
    /// Limits of waiting, in whole seconds or as `"2m"`.
    pub timeouts: Option<Spanned<TimeoutsEntry>>,
    /// Whether answers are asked for as streams.
    #[serde(default = "yes")]
    pub stream: bool,
    /// Where tokens are lent, of `gigachat`.
    pub auth_url: Option<Spanned<String>>,
    /// What they are lent for.
    pub scope: Option<Spanned<String>>,
    /// The folder that is charged, of `yandex`; absent: `YANDEX_FOLDER_ID`.
    pub folder: Option<Spanned<String>>,
    /// How the server differs from others of its wire.
    pub quirks: Option<Quirks>,
    /// The cassette that is played, of `replay`.
    pub file: Option<Spanned<String>>,
    /// The recorded waits times this, of `replay`: 0 (or absent) plays at once, 1 as it was.
    pub pace: Option<Spanned<PaceSection>>,
}

/// What happens to a request that is not wanted any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnCancel {
    /// Hang up at once.
    #[default]
    Abort,
    /// Read on until the usage report, at most for `timeouts.drain`.
    Drain,
}

const fn yes() -> bool {
    true
}

/// One `[models."lab/fast"]`. One without `provider`, `name` or `context_tokens` adds to the model of that name that a
/// provider's list or Plyrum itself has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSection {
    /// The provider's id.
    pub provider: Option<Spanned<String>>,
    /// The model's name on the wire.
    pub name: Option<Spanned<String>>,
    /// Input and output together, in tokens.
    pub context_tokens: Option<Spanned<u64>>,
    /// The model's own output limit, in tokens.
    pub max_output_tokens: Option<Spanned<u64>>,
    /// Absent, and no row in `prices` or among the imported ones: unknown, so that nothing can be held for it
    /// or charged.
    pub price: Option<Spanned<PriceSection>>,
    /// Further rows, each with the day `from` which it holds.
    #[serde(default)]
    pub prices: Vec<Spanned<PriceSection>>,
    /// Whose imported price this model has: `openrouter/openai/gpt-x`. Absent: the one of its id, else of
    /// `provider/name`.
    pub price_of: Option<Spanned<String>>,
    /// Average bytes of text per token, for estimates; 3.0 where absent.
    pub bytes_per_token: Option<Spanned<DecimalText>>,
    /// The model can call tools; it is taken to unless this says otherwise.
    pub tools: Option<bool>,
    /// The model thinks before it answers.
    pub reasoning: Option<bool>,
    /// The model takes pictures, or takes none; absent: not known, and it is sent none.
    pub images: Option<bool>,
    /// Most input tokens that one picture can come to; absent: not known, so that under a limit none is sent.
    pub image_tokens: Option<Spanned<u64>>,
    /// It serves only where somebody names it: no router chooses it, and it stands in for no other model.
    pub only_when_named: Option<bool>,
    /// Models to use instead when this one fails, in order.
    #[serde(default)]
    pub fallback: Vec<Spanned<String>>,
    /// Expected quality, in per mille; absent: not known.
    pub quality: Option<Spanned<u16>>,
}

impl ModelSection {
    /// Whether it stands for itself.
    pub(crate) const fn is_whole(&self) -> bool {
        self.provider.is_some() && self.name.is_some() && self.context_tokens.is_some()
    }

    /// What it says, and what `base` says of everything else.
    pub(crate) fn over(&self, base: &Self) -> Self {
        let (own, base) = (self.clone(), base.clone());
        let has_price = own.price.is_some() || !own.prices.is_empty() || own.price_of.is_some();
        let (price, prices, price_of) = if has_price {
            (own.price, own.prices, own.price_of)
        } else {
            (base.price, base.prices, base.price_of)
        };
        Self {
            provider: own.provider.or(base.provider),
            name: own.name.or(base.name),
            context_tokens: own.context_tokens.or(base.context_tokens),
            max_output_tokens: own.max_output_tokens.or(base.max_output_tokens),
            price,
            prices,
            price_of,
            bytes_per_token: own.bytes_per_token.or(base.bytes_per_token),
            tools: own.tools.or(base.tools),
            reasoning: own.reasoning.or(base.reasoning),
            images: own.images.or(base.images),
            image_tokens: own.image_tokens.or(base.image_tokens),
            only_when_named: own.only_when_named.or(base.only_when_named),
            fallback: if own.fallback.is_empty() { base.fallback } else { own.fallback },
            quality: own.quality.or(base.quality),
        }
    }
}

/// `price = { … }`: decimals in quotes, per million tokens; fees per request or unit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceSection {
    /// ISO 4217 code of all figures here.
    pub currency: Spanned<String>,
    /// The first day (UTC) on which the row holds; absent: it always did.
    pub from: Option<Spanned<String>>,
    /// The day on which the figures were seen at their source.
    pub as_of: Option<Spanned<String>>,
    /// Where the figures are from: an address, a file.
    pub source: Option<Spanned<String>>,
    /// See [`plyrum_billing_client::Rates`], as all of the next five.
    pub input: Option<Spanned<DecimalText>>,
    /// Visible output.
    pub output: Option<Spanned<DecimalText>>,
    /// Cache reads; absent: as input.
    pub cache_read: Option<Spanned<DecimalText>>,
    /// Five-minute cache writes; absent: as input.
    pub cache_write_5m: Option<Spanned<DecimalText>>,
    /// One-hour cache writes; absent: as five-minute ones.
    pub cache_write_1h: Option<Spanned<DecimalText>>,
    /// Reasoning; absent: as output.
    pub reasoning: Option<Spanned<DecimalText>>,
    /// Per attempt.
    pub request_fee: Option<Spanned<DecimalText>>,
    /// Per counted unit, by the unit's name.
    #[serde(default)]
    pub unit_fees: BTreeMap<String, Spanned<DecimalText>>,
    /// Rates above a total input.
    #[serde(default)]
    pub tiers: Vec<TierSection>,
}

/// One of `tiers = [{ above_input_tokens = 200000, input = "…" }]`; what is not named keeps the base rate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierSection {
    /// The tier applies to a total input of more than this.
    pub above_input_tokens: Spanned<u64>,
    /// Uncached input.
    pub input: Option<Spanned<DecimalText>>,
    /// Visible output.
    pub output: Option<Spanned<DecimalText>>,
    /// Cache reads.
    pub cache_read: Option<Spanned<DecimalText>>,
    /// Five-minute cache writes.
    pub cache_write_5m: Option<Spanned<DecimalText>>,
    /// One-hour cache writes.
    pub cache_write_1h: Option<Spanned<DecimalText>>,
    /// Reasoning.
    pub reasoning: Option<Spanned<DecimalText>>,
}

/// `[fx]`: a row per currency, and a markup on all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FxSection {
    /// `USD = { … }`, by currency.
    pub rows: BTreeMap<String, Spanned<FxRow>>,
    /// Added to every rate, in basis points (100 = 1 %); absent: none.
    pub markup_bps: Option<Spanned<u32>>,
}

/// `USD = { rate = "80.1234", date = "2026-11-20", source = "…" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FxRow {
    /// Rubles per one unit of the currency.
    pub rate: Spanned<DecimalText>,
    /// The day of the rate.
    pub date: Spanned<String>,
    /// Who stated it.
    pub source: Spanned<String>,
}

/// By hand, because `#[serde(flatten)]` would lose the places of the rows.
impl<'de> Deserialize<'de> for FxSection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;

        impl<'de> Visitor<'de> for Rows {
            type Value = FxSection;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of currencies, and markup_bps")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FxSection, A::Error> {
                let mut section = FxSection::default();
                while let Some(key) = map.next_key::<String>()? {
                    if key == "markup_bps" {
                        section.markup_bps = Some(map.next_value()?);
                    } else {
                        section.rows.insert(key, map.next_value()?);
                    }
                }
                Ok(section)
            }
        }

        deserializer.deserialize_map(Rows)
    }
}
