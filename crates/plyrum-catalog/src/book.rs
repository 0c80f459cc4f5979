//! The imported price book: rows by model, as kept in `prices.toml`.
//!
//! Apart from `config.toml`, because a program writes it: a person's file is never rewritten by us. A book only
//! grows. An import adds rows that hold from its own day; what was imported before stays and explains what was
//! charged before. Rows of models that nobody has configured are kept too: they are the price of the model on
//! the day that it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use plyrum_billing_client::Rates;
use serde::Deserialize;
use toml::Spanned;

use crate::day::Day;
use crate::error::{CatalogError, Problems};
use crate::id::ModelId;
use crate::price::{self, PriceOrigin, PriceRow};
use crate::section::PriceSection;

/// Most rows of a book.
const MAX_ROWS: usize = 50_000;

/// `prices.toml` as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BookSection {
    /// `[[row]]`, in the order in which they were added.
    pub row: Vec<BookRowSection>,
}

/// One `[[row]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookRowSection {
    /// `provider/name`.
    pub model: Spanned<String>,
    /// As in `config.toml`, with its day.
    pub price: Spanned<PriceSection>,
}

/// The imported rows, validated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceBook {
    rows: BTreeMap<ModelId, Vec<PriceRow>>,
}

impl PriceBook {
    /// Checks everything; gives every mistake with its place in the text.
    pub fn build(section: &BookSection) -> Result<Self, Vec<CatalogError>> {
        let mut problems = Problems::default();
        let mut book = Self::default();
        if section.row.len() > MAX_ROWS {
            problems.somewhere(format!(
                "more than {MAX_ROWS} rows: begin a new file from the rows that still matter"
            ));
            return problems.or(book);
        }
        for row in &section.row {
            let model = ModelId::new(row.model.get_ref().clone());
            let model = model.map_err(|why| problems.at(&row.model, format!("this model's name {why}"))).ok();
            if row.price.get_ref().from.is_none() {
                problems.at(&row.price, "a row of this file needs the day `from` which it holds");
            }
            let price = price::build(&row.price, PriceOrigin::Imported, &mut problems);
            if let (Some(model), Some(price)) = (model, price) {
                book.add(model, price);
            }
        }
        problems.or(book)
    }

    /// The rows of a model, in the order in which they were added.
    pub fn rows(&self, model: &str) -> &[PriceRow] {
        self.rows.get(model).map(Vec::as_slice).unwrap_or_default()
    }

    /// The row of a model that holds on a day.
    pub fn holding(&self, model: &str, day: Day) -> Option<&PriceRow> {
        price::holding(self.rows(model), Some(day))
    }

    /// All models of the book with their rows.
    pub fn models(&self) -> impl Iterator<Item = (&ModelId, &[PriceRow])> {
        self.rows.iter().map(|(model, rows)| (model, rows.as_slice()))
    }

    /// Adds a row behind those that are there.
    pub fn add(&mut self, model: ModelId, row: PriceRow) {
        self.rows.entry(model).or_default().push(row);
    }
}

/// The first lines of a new `prices.toml`.
pub const BOOK_HEAD: &str = "\
# Imported prices, kept by `plyrum prices import`: rows are only added, never changed.
# A price in config.toml goes before them. Figures are per million tokens, fees each.
";

/// A row as it is added to `prices.toml`.
pub fn book_text(model: &ModelId, row: &PriceRow) -> String {
    let mut text = format!("\n[[row]]\nmodel = {}\nprice = {{ ", quoted(model.as_str()));
    let mut keys: Vec<String> = Vec::new();
    keys.extend(row.from.map(|day| format!("from = \"{day}\"")));
    keys.extend(row.as_of.map(|day| format!("as_of = \"{day}\"")));
    keys.extend(row.source.as_ref().map(|source| format!("source = {}", quoted(source))));
    keys.push(format!("currency = {}", quoted(&row.currency)));
    keys.extend(rates_text(&row.card.base));
    keys.extend(row.card.request_fee.map(|fee| format!("request_fee = \"{fee}\"")));
    if !row.card.unit_fees.is_empty() {
        let fees = row.card.unit_fees.iter().map(|(unit, fee)| format!("{} = \"{fee}\"", quoted(unit)));
        keys.push(format!("unit_fees = {{ {} }}", fees.collect::<Vec<_>>().join(", ")));
    }
    if !row.card.tiers.is_empty() {
        let tiers = row.card.tiers.iter().map(|tier| {
            let mut keys = vec![format!("above_input_tokens = {}", tier.above_input_tokens)];
            keys.extend(rates_text(&tier.price));
            format!("{{ {} }}", keys.join(", "))
        });
        keys.push(format!("tiers = [{}]", tiers.collect::<Vec<_>>().join(", ")));
    }
    let _infallible = writeln!(text, "{} }}", keys.join(", "));
    text
}

fn rates_text(rates: &Rates) -> impl Iterator<Item = String> {
    let named = [
        ("input", rates.input),
        ("output", rates.output),
        ("cache_read", rates.cache_read),
        ("cache_write_5m", rates.cache_write_5m),
        ("cache_write_1h", rates.cache_write_1h),
        ("reasoning", rates.reasoning),
    ];
    named.into_iter().filter_map(|(name, price)| price.map(|price| format!("{name} = \"{price}\"")))
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _infallible = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
