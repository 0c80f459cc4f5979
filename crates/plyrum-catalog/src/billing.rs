//! The catalogue answers what things cost.
//!
//! All arithmetic is in `plyrum-billing-client`; here a model's name becomes the card and the rate that it
//! is charged with, or the reason why it cannot be.

use plyrum_billing_client::{AttemptBound, Billing, CostError, Fx, MicroRub, RateCard, Usage};
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::fx::RUB;
use crate::price::{PriceRow, PriceState};

/// What a model is charged with, by version and by value: enough to recompute a charge for ever, whatever
/// the catalogue says later. Stored with every usage row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceBasis {
    /// [`PriceRow::version`].
    pub price_version: String,
    /// ISO 4217 code of the card's figures.
    pub currency: String,
    /// The figures.
    pub card: RateCard,
    /// [`crate::FxRate::version`]; `rub` where the price is in rubles.
    pub fx_version: String,
    /// The rate, markup applied.
    pub fx: Fx,
}

impl Catalog {
    /// What `model` is charged with; [`CostError::PriceUnknown`] where the model, its price or the rate
    /// of its currency is not known.
    pub fn price_basis(&self, model: &str) -> Result<PriceBasis, CostError> {
        let (row, fx_version, fx) = self.row_and_fx(model)?;
        Ok(basis(row, fx_version, fx))
    }

    /// What a row is charged with, whosever it is: for a model that is not configured, `model` being its name.
    pub fn basis_of(&self, model: &str, row: &PriceRow) -> Result<PriceBasis, CostError> {
        let (fx_version, fx) = self.fx_of(model, row)?;
        Ok(basis(row, fx_version, fx))
    }

    fn row_and_fx(&self, model: &str) -> Result<(&PriceRow, &str, Fx), CostError> {
        let unknown = |what: String| CostError::PriceUnknown { what };
        let shown = model.escape_debug();
        let entry =
            self.model(model).ok_or_else(|| unknown(format!("no model `{shown}` in the catalogue")))?;
        let PriceState::Known(row) = &entry.price else {
            return Err(unknown(match (entry.price_rows.is_empty(), self.day) {
                (true, _) => format!(
                    "model `{shown}` has no price: add price = {{ currency = …, input = …, output = … }} (\"0\" declares it free)"
                ),
                (false, Some(day)) => format!(
                    "model `{shown}` has no price that holds on {day}: each of its rows is `from` a later day"
                ),
                (false, None) => {
                    format!("the price of model `{shown}` depends on the day, and none was said")
                }
            }));
        };
        let (version, fx) = self.fx_of(model, row)?;
        Ok((row, version, fx))
    }

    fn fx_of(&self, model: &str, row: &PriceRow) -> Result<(&str, Fx), CostError> {
        if row.currency == RUB {
            return Ok(("rub", Fx::RUB));
        }
        let (currency, shown) = (&row.currency, model.escape_debug());
        let rate = self.fx.get(currency).ok_or_else(|| CostError::PriceUnknown {
            what: format!(
                "model `{shown}` is priced in {currency}, which has no exchange rate: add [fx] {currency} = {{ rate = …, date = …, source = … }}"
            ),
        })?;
        Ok((&rate.version, rate.fx))
    }
}

fn basis(row: &PriceRow, fx_version: &str, fx: Fx) -> PriceBasis {
    PriceBasis {
        price_version: row.version.clone(),
        currency: row.currency.clone(),
        card: row.card.clone(),
        fx_version: fx_version.to_owned(),
        fx,
    }
}

impl Billing for Catalog {
    fn hold(&self, model: &str, bound: &AttemptBound) -> Result<MicroRub, CostError> {
        let (row, _, fx) = self.row_and_fx(model)?;
        plyrum_billing_client::hold_amount(bound, &row.card, &fx)
    }

    fn charge(&self, model: &str, usage: &Usage) -> Result<MicroRub, CostError> {
        let (row, _, fx) = self.row_and_fx(model)?;
        plyrum_billing_client::cost(usage, &row.card, &fx)
    }

    fn affordable_output(
        &self,
        model: &str,
        available: MicroRub,
        input_tokens: u64,
    ) -> Result<u64, CostError> {
        let (row, _, fx) = self.row_and_fx(model)?;
        plyrum_billing_client::affordable_output(available, input_tokens, &row.card, &fx)
    }
}
