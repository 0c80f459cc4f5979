//! The catalogue: the user's entries over the shipped ones, checked against each other.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Origin;
use crate::book::PriceBook;
use crate::day::Day;
use crate::error::{CatalogError, Problems};
use crate::fx::{self, FxRate};
use crate::id::{ModelId, ProviderId};
use crate::model::{self, Model};
use crate::price::{self, PriceState};
use crate::provider::{self, ProviderEntry};
use crate::section::{ModelSection, ProviderSection, Sections};
use crate::version;
use crate::wire::Wire;

const MAX_PROVIDERS: usize = 256;
const MAX_MODELS: usize = 4096;

/// Everything known about providers, models and exchange rates, validated as a whole. Immutable: a
/// changed configuration becomes a new catalogue with another version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// By id.
    pub providers: BTreeMap<ProviderId, ProviderEntry>,
    /// By id; every model's provider and fallbacks are in the catalogue.
    pub models: BTreeMap<ModelId, Model>,
    /// By currency; the ruble is not among them.
    pub fx: BTreeMap<String, FxRate>,
    /// The day whose prices hold in it; `None`: no day was said, and a model whose price depends on the day
    /// has none.
    pub day: Option<Day>,
    /// Hash of the models, prices, rates and addresses.
    pub version: String,
}

impl Catalog {
    /// Merges `user` over `shipped` (an entry of the same id replaces the shipped one whole) and checks
    /// the result. Gives every mistake, not only the first; a place is in the text that the entry came
    /// from, which for a tested build is always the user's.
    pub fn build(shipped: &Sections, user: &Sections) -> Result<Self, Vec<CatalogError>> {
        Self::build_with(shipped, &Sections::default(), user, &PriceBook::default())
    }

    /// The same with the models of providers' own lists between the two, and the imported prices: they go before shipped
    /// ones, and the user's own before them.
    pub fn build_with(
        shipped: &Sections,
        listed: &Sections,
        user: &Sections,
        imported: &PriceBook,
    ) -> Result<Self, Vec<CatalogError>> {
        let mut problems = Problems::default();
        let user = &completed(user, listed, shipped);
        let layers = [(shipped, Origin::Shipped), (listed, Origin::Listed), (user, Origin::User)];
        let providers = build_providers(&layers, &mut problems);
        let mut models = build_models(&layers, &mut problems);
        for model in models.values_mut() {
            let rows = model.price_keys().iter().map(|key| imported.rows(key)).find(|rows| !rows.is_empty());
            model.price_rows.extend_from_slice(rows.unwrap_or_default());
            model.price_rows.sort_by_key(|row| (row.origin, row.from)); // stable: later lines stay later
        }
        let fx = fx::build(&shipped.fx, &user.fx, &mut problems);
        problems.or(Self { providers, models, fx, day: None, version: String::new() }.with_prices_of(None))
    }

    /// The catalogue of a day: of each model the price row that holds then. One run is resolved, held and
    /// charged by one such view, made from the time at which it was accepted, so a run that lasts past midnight
    /// keeps the prices that its holds were planned with. The alternative, a day at each question for a price,
    /// would let the engine's figure and the ledger's row come from different days.
    #[must_use]
    pub fn at(&self, day: Day) -> Self {
        self.clone().with_prices_of(Some(day))
    }

    fn with_prices_of(mut self, day: Option<Day>) -> Self {
        self.day = day;
        for model in self.models.values_mut() {
            model.price = price::holding(&model.price_rows, day)
                .map_or(PriceState::Unknown, |row| PriceState::Known(row.clone()));
        }
        self.version = version::of(&Fingerprint::of(&self.providers, &self.models, &self.fx));
        self
    }

    /// What should be looked at on that day though nothing is wrong: exchange rates that are old, or of a day to
    /// come. One line each.
    pub fn fx_notes(&self, day: Day) -> Vec<String> {
        let old = self.fx.values().filter(|rate| rate.is_stale(day)).map(|rate| {
            let days = rate.age_days(day).unwrap_or_default();
            format!("the rate of {} is of {}, {days} days old: renew [fx] {0}", rate.currency, rate.date)
        });
        let early =
            self.fx.values().filter(|rate| rate.age_days(day).is_some_and(|days| days < 0)).map(|rate| {
                format!(
                    "the rate of {} is of {}, a day to come: is the clock right?",
                    rate.currency, rate.date
                )
            });
        old.chain(early).collect()
    }

    /// The model with this id.
    pub fn model(&self, id: &str) -> Option<&Model> {
        self.models.get(id)
    }

    /// The models that their providers know by this name. Never found by it: two providers may have the same.
    pub fn named_on_the_wire<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Model> {
        self.models.values().filter(move |model| model.name == name)
    }

    /// The provider with this id.
    pub fn provider(&self, id: &str) -> Option<&ProviderEntry> {
        self.providers.get(id)
    }
}

/// What makes two catalogues the same for whoever routes or charges by them. Where keys are is left out.
#[derive(Serialize)]
struct Fingerprint<'a> {
    providers: Vec<(&'a ProviderId, Wire, &'a Option<String>)>,
    models: &'a BTreeMap<ModelId, Model>,
    fx: &'a BTreeMap<String, FxRate>,
}

impl<'a> Fingerprint<'a> {
    fn of(
        providers: &'a BTreeMap<ProviderId, ProviderEntry>,
        models: &'a BTreeMap<ModelId, Model>,
        fx: &'a BTreeMap<String, FxRate>,
    ) -> Self {
        let address = |entry: &'a ProviderEntry| (&entry.id, entry.kind, &entry.base_url);
        Self { providers: providers.values().map(address).collect(), models, fx }
    }
}

/// The user's models, each with what it leaves out as a list or what is shipped says it.
fn completed(user: &Sections, listed: &Sections, shipped: &Sections) -> Sections {
    let mut user = user.clone();
    for (id, section) in user.models.iter_mut().filter(|(_, section)| !section.is_whole()) {
        if let Some(base) = listed.models.get(id).or_else(|| shipped.models.get(id)) {
            *section = section.over(base);
        }
    }
    user
}

type Merged<'a, T> = BTreeMap<&'a str, (&'a T, Origin)>;
type Layers<'a> = [(&'a Sections, Origin); 3];

/// The entries that hold: a later layer's in the place of an earlier one's.
fn merged<'a, T>(layers: &Layers<'a>, of: fn(&'a Sections) -> &'a BTreeMap<String, T>) -> Merged<'a, T> {
    let entries = |(sections, origin): &(&'a Sections, Origin)| {
        let origin = *origin;
        of(sections).iter().map(move |(id, section)| (id.as_str(), (section, origin)))
    };
    layers.iter().flat_map(entries).collect()
}

fn build_providers(layers: &Layers<'_>, problems: &mut Problems) -> BTreeMap<ProviderId, ProviderEntry> {
    let mut providers = BTreeMap::new();
    let sections = merged(layers, |sections| &sections.providers);
    if sections.len() > MAX_PROVIDERS {
        problems.somewhere(format!("more than {MAX_PROVIDERS} providers"));
        return providers;
    }
    for (id, (section, origin)) in sections {
        let entry = provider::build(id, section, origin, problems);
        providers.extend(entry.map(|entry| (entry.id.clone(), entry)));
    }
    providers
}

fn build_models(layers: &Layers<'_>, problems: &mut Problems) -> BTreeMap<ModelId, Model> {
    let mut models = BTreeMap::new();
    let sections = merged(layers, |sections| &sections.models);
    if sections.len() > MAX_MODELS {
        problems.somewhere(format!("more than {MAX_MODELS} models"));
        return models;
    }
    let providers = merged(layers, |sections| &sections.providers);
    for (id, (section, origin)) in &sections {
        check_references(id, section, &providers, &sections, problems);
        let model = model::build(id, section, *origin, problems);
        models.extend(model.map(|model| (model.id.clone(), model)));
    }
    models
}

/// A name that leads nowhere is a mistake where it is written, whatever else is wrong with its target.
fn check_references(
    id: &str,
    section: &ModelSection,
    providers: &Merged<'_, ProviderSection>,
    models: &Merged<'_, ModelSection>,
    problems: &mut Problems,
) {
    if let Some(provider) = &section.provider
        && !providers.contains_key(provider.get_ref().as_str())
    {
        problems.at(provider, unknown("provider", provider.get_ref(), providers.keys()));
    }
    for fallback in &section.fallback {
        if fallback.get_ref() == id {
            problems.at(fallback, "a model cannot be its own fallback");
        } else if !models.contains_key(fallback.get_ref().as_str()) {
            problems.at(fallback, unknown("model", fallback.get_ref(), models.keys()));
        }
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a &'a str>) -> String {
    const SHOWN: usize = 8;
    let mut names: Vec<String> = known.map(|name| name.escape_debug().to_string()).collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    names.truncate(SHOWN);
    format!("unknown {what} `{}`; there are: {}{more}", name.escape_debug(), names.join(", "))
}
