//! Exchange rates: dated, sourced, versioned, with the markup in them.

use std::collections::BTreeMap;

use plyrum_billing_client::Fx;
use serde::Serialize;
use toml::Spanned;

use crate::day::Day;
use crate::error::Problems;
use crate::section::{FxRow, FxSection};
use crate::text::{check_label, is_currency, is_date};
use crate::version;

pub(crate) const RUB: &str = "RUB";

/// A rate of more days than this is told as old. It is still charged with: which rate holds is the user's word.
pub const STALE_AFTER_DAYS: i64 = 30;

const MAX_ROWS: usize = 256;
const MAX_MARKUP_BPS: u32 = 100_000;

/// One immutable version of an exchange rate to the ruble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FxRate {
    /// ISO 4217 code.
    pub currency: String,
    /// Rubles per unit as written, before the markup.
    pub rate_text: String,
    /// The rate to charge with: markup applied, exact.
    pub fx: Fx,
    /// The day of the rate, `2026-11-20`.
    pub date: String,
    /// Who stated it.
    pub source: String,
    /// Hash of all of the above.
    pub version: String,
}

impl FxRate {
    /// Days since the day of the rate; negative where it is of a later day. `None`: it states no day.
    pub fn age_days(&self, on: Day) -> Option<i64> {
        Day::parse(&self.date).map(|date| on.days_since(date))
    }

    /// Whether it is too old on that day to be trusted without a look.
    pub fn is_stale(&self, on: Day) -> bool {
        self.age_days(on).is_none_or(|days| days > STALE_AFTER_DAYS)
    }
}

/// The user's rows over the shipped ones; the user's markup, where stated, on all.
pub(crate) fn build(
    shipped: &FxSection,
    user: &FxSection,
    problems: &mut Problems,
) -> BTreeMap<String, FxRate> {
    let markup = user.markup_bps.as_ref().or(shipped.markup_bps.as_ref());
    if let Some(markup) = markup
        && *markup.get_ref() > MAX_MARKUP_BPS
    {
        problems.at(markup, format!("markup_bps must be 0 to {MAX_MARKUP_BPS} (100 is 1 %)"));
        return BTreeMap::new();
    }
    let markup_bps = markup.map_or(0, |markup| *markup.get_ref());
    let mut rows: BTreeMap<&str, &Spanned<FxRow>> = BTreeMap::new();
    for (currency, row) in shipped.rows.iter().chain(&user.rows) {
        rows.insert(currency, row);
    }
    if rows.len() > MAX_ROWS {
        problems.somewhere(format!("more than {MAX_ROWS} exchange rates"));
        return BTreeMap::new();
    }
    let mut rates = BTreeMap::new();
    for (currency, row) in rows {
        rates.extend(rate(currency, row, markup_bps, problems).map(|rate| (currency.to_owned(), rate)));
    }
    rates
}

fn rate(currency: &str, row: &Spanned<FxRow>, markup_bps: u32, problems: &mut Problems) -> Option<FxRate> {
    if currency == RUB {
        problems.at(row, "the ruble needs no rate: it is 1 by definition");
        return None;
    }
    if !is_currency(currency) {
        problems
            .at(row, "a currency is three capital letters, such as USD (the other key here is markup_bps)");
        return None;
    }
    let FxRow { rate, date, source } = row.get_ref();
    if !is_date(date.get_ref()) {
        problems.at(date, "date must be a day such as \"2026-11-20\"");
    }
    if let Err(why) = check_label("source", source.get_ref(), 512) {
        problems.at(source, why);
    }
    let rate_text = rate.get_ref().as_str();
    let plain = Fx::parse(rate_text).map_err(|why| problems.at(rate, format!("rate {why}"))).ok()?;
    let fx = plain.with_markup_bps(markup_bps).map_err(|why| problems.at(rate, why.to_string())).ok()?;
    let (date, source) = (date.get_ref().clone(), source.get_ref().clone());
    let version = version::of(&(currency, rate_text, &fx, &date, &source));
    Some(FxRate { currency: currency.to_owned(), rate_text: rate_text.to_owned(), fx, date, source, version })
}
