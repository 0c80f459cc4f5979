//! What a list would change, figure by figure, before anything is written.
//!
//! Compared are the rates that would be charged, with the fallbacks filled in: a list that drops the cache price
//! makes cache reads cost what input costs, which is a jump of ten times that the bare figures would not show.

use std::collections::{BTreeMap, BTreeSet};

use plyrum_billing_client::{PerMillion, RateCard, Rates};

use super::{CURRENCY, Claim, List, Listed};
use crate::book::PriceBook;
use crate::catalog::Catalog;
use crate::day::Day;
use crate::id::ModelId;
use crate::price::{MAX_SOURCE_BYTES, PriceOrigin, PriceRow, PriceState};

/// A figure that becomes so many times as much, or as little, needs a second word.
pub const JUMP: u64 = 5;

/// What becomes of a listed model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The book has no price of it.
    New,
    /// A figure is another one.
    Changed,
    /// A figure jumps: not taken without a second word.
    Jump,
    /// The list does not know its price.
    Unknown,
    /// It cannot be taken as it is written.
    Refused,
    /// It is not a model that answers with text.
    NotText,
    /// What holds says the same.
    Unchanged,
}

impl Verdict {
    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Jump => "jump",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::NotText => "not_text",
            Self::Unchanged => "unchanged",
        }
    }
}

/// What becomes of a listed model, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its name in the list.
    pub name: String,
    /// Its name here; `None` where it can have none.
    pub model: Option<ModelId>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Why, where that is not plain.
    pub reason: Option<String>,
    /// What is another figure, or the figures of a new price.
    pub figures: Vec<FigureChange>,
    /// Prices in the list that are left out.
    pub left_out: Vec<String>,
    /// The row to add; for a jump only after a second word.
    pub row: Option<PriceRow>,
}

/// One figure, per million tokens or each, as a decimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureChange {
    /// `input`, `input above 200000`, `request_fee`, `unit_fees.web_search`.
    pub figure: String,
    /// As it holds.
    pub old: Option<String>,
    /// As it would hold.
    pub new: Option<String>,
}

/// Compares a list with what holds on `day`; the rows would hold from then. `catalog` must be of that day.
pub fn diff(list: &List, catalog: &Catalog, book: &PriceBook, day: Day, source: &str) -> Vec<Change> {
    let own_prices = own_prices(catalog);
    list.models.iter().map(|listed| change(listed, &own_prices, book, day, source)).collect()
}

/// The user's own prices by every name that an imported row could be theirs under.
fn own_prices(catalog: &Catalog) -> BTreeMap<String, &PriceRow> {
    let models = catalog.models.values().filter_map(|model| match &model.price {
        PriceState::Known(row) if row.origin != PriceOrigin::Imported => Some((model, row)),
        _ => None,
    });
    models.flat_map(|(model, row)| model.price_keys().into_iter().map(move |key| (key, row))).collect()
}

fn change(
    listed: &Listed,
    own_prices: &BTreeMap<String, &PriceRow>,
    book: &PriceBook,
    day: Day,
    source: &str,
) -> Change {
    let none = |verdict, reason: Option<String>| Change {
        name: listed.name.clone(),
        model: listed.model.as_ref().ok().cloned(),
        verdict,
        reason,
        figures: Vec::new(),
        left_out: listed.left_out.clone(),
        row: None,
    };
    let card = match &listed.price {
        Claim::NotText => return none(Verdict::NotText, None),
        Claim::Unknown(why) => return none(Verdict::Unknown, Some(why.clone())),
        Claim::Refused(why) => return none(Verdict::Refused, Some(why.clone())),
        Claim::Price(card) => card,
    };
    let model = match &listed.model {
        Ok(model) => model,
        Err(why) => return none(Verdict::Refused, Some(why.clone())),
    };
    let row = PriceRow {
        from: Some(day),
        as_of: Some(day),
        source: Some(bounded(source)),
        ..PriceRow::new(CURRENCY, card.clone(), PriceOrigin::Imported)
    };
    let booked = book.holding(model.as_str(), day);
    if booked.is_some_and(|booked| booked.version == row.version) {
        return none(Verdict::Unchanged, None);
    }
    let own = own_prices.get(model.as_str()).copied();
    let held = booked.or(own);
    let figures = compare(held.map(|held| &held.card), card);
    let jump = held.and_then(|held| jump(held, &row));
    let beaten = own.map(|_| "config.toml has a price of its own, which goes before it".to_owned());
    let verdict = match (&jump, booked) {
        (Some(_), _) => Verdict::Jump,
        (None, Some(_)) => Verdict::Changed,
        (None, None) => Verdict::New,
    };
    Change { figures, row: Some(row), ..none(verdict, jump.or(beaten)) }
}

/// The source's text, made to pass its check when the book is read again.
fn bounded(source: &str) -> String {
    let mut text = String::new();
    for c in source.chars().filter(|c| !c.is_control()) {
        if text.len() + c.len_utf8() > MAX_SOURCE_BYTES {
            break;
        }
        text.push(c);
    }
    if text.is_empty() { "an import".to_owned() } else { text }
}

/// Figures as charged: name → micro-units.
type Figures = BTreeMap<String, u64>;

/// The figures that apply at these thresholds, with what is not stated filled in.
fn figures(card: &RateCard, thresholds: &BTreeSet<u64>) -> Figures {
    let mut figures = fees(card);
    add(&mut figures, card.at(0), "");
    for above in thresholds {
        add(&mut figures, card.at(above.saturating_add(1)), &format!(" above {above}"));
    }
    figures
}

/// The figures that are stated.
fn stated(card: &RateCard) -> Figures {
    let mut figures = fees(card);
    add(&mut figures, card.base, "");
    for tier in &card.tiers {
        add(&mut figures, tier.price, &format!(" above {}", tier.above_input_tokens));
    }
    figures
}

fn fees(card: &RateCard) -> Figures {
    let units = card.unit_fees.iter().map(|(unit, fee)| (format!("unit_fees.{unit}"), fee.get()));
    units.chain(card.request_fee.map(|fee| ("request_fee".to_owned(), fee.get()))).collect()
}

fn add(figures: &mut Figures, rates: Rates, at: &str) {
    let named = [
        ("input", rates.input),
        ("output", rates.output),
        ("cache_read", rates.cache_read),
        ("cache_write_5m", rates.cache_write_5m),
        ("cache_write_1h", rates.cache_write_1h),
        ("reasoning", rates.reasoning),
    ];
    for (name, price) in named {
        figures.extend(price.map(|price| (format!("{name}{at}"), price.get())));
    }
}

fn thresholds<'a>(cards: impl Iterator<Item = &'a RateCard>) -> BTreeSet<u64> {
    cards.flat_map(|card| card.tiers.iter().map(|tier| tier.above_input_tokens)).collect()
}

fn compare(old: Option<&RateCard>, new: &RateCard) -> Vec<FigureChange> {
    let at = thresholds(old.into_iter().chain([new]));
    let before = old.map(|card| figures(card, &at)).unwrap_or_default();
    let after = if old.is_some() { figures(new, &at) } else { stated(new) };
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let shown = |figures: &Figures, name: &str| figures.get(name).map(|&n| PerMillion::new(n).to_string());
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| FigureChange {
            figure: name.clone(),
            old: shown(&before, name),
            new: shown(&after, name),
        })
        .collect()
}

/// Which figure jumps, in words.
fn jump(held: &PriceRow, new: &PriceRow) -> Option<String> {
    if held.currency != new.currency {
        return Some(format!("it is priced in {} here and in {} there", held.currency, new.currency));
    }
    let at = thresholds([&held.card, &new.card].into_iter());
    let before = figures(&held.card, &at);
    figures(&new.card, &at).iter().find_map(|(name, &after)| {
        let before = *before.get(name)?;
        let jumps =
            before != after && (after >= before.saturating_mul(JUMP) || before >= after.saturating_mul(JUMP));
        jumps.then(|| {
            let (old, new) = (PerMillion::new(before), PerMillion::new(after));
            format!("{name} {old} → {new} is {JUMP} times or more")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(input: u64) -> PriceRow {
        let base = Rates { input: Some(PerMillion::new(input)), ..Rates::default() };
        PriceRow::new(CURRENCY, RateCard { base, ..RateCard::default() }, PriceOrigin::Imported)
    }

    #[test]
    fn a_jump_begins_at_five_times_in_both_directions() {
        for (old, new, jumps) in [
            (100, 499, false),
            (100, 500, true),
            (500, 101, false),
            (500, 100, true),
            (0, 1, true),
            (1, 0, true),
            (0, 0, false),
            (100, 100, false),
        ] {
            assert_eq!(jump(&row(old), &row(new)).is_some(), jumps, "{old} to {new}");
        }
    }

    #[test]
    fn another_currency_is_a_jump_whatever_the_figures() {
        let rubles = PriceRow { currency: "RUB".to_owned(), ..row(100) };
        assert!(jump(&rubles, &row(100)).is_some());
    }

    proptest! {
        #[test]
        fn a_jump_is_the_same_in_both_directions(a in 0..=10_000_000_000_000_u64, b in 0..=10_000_000_000_000_u64) {
            let far = a != b && (u128::from(a) >= 5 * u128::from(b) || u128::from(b) >= 5 * u128::from(a));
            prop_assert_eq!(jump(&row(a), &row(b)).is_some(), far);
            prop_assert_eq!(jump(&row(b), &row(a)).is_some(), far);
        }
    }
}
