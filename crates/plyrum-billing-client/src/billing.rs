//! How the rest of Plyrum asks about money.
//!
//! The engine and the ledger know models by name, not by price. Whoever has the catalogue answers; the
//! arithmetic stays in this crate.

use serde::{Deserialize, Serialize};

use crate::bound::AttemptBound;
use crate::cost::CostError;
use crate::money::MicroRub;
use crate::usage::{MAX_TOKENS, Usage};

/// What to reserve for an attempt, and the output limit that it is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HoldQuote {
    /// The amount to hold, in micro-rubles.
    pub micro_rub: MicroRub,
    /// The output limit to send with the request.
    pub max_output_tokens: u64,
}

/// Prices by model id. An unknown model, price or exchange rate is `price_unknown`, never 0.
pub trait Billing {
    /// The amount to reserve before an attempt: see [`crate::hold_amount`].
    fn hold(&self, model: &str, bound: &AttemptBound) -> Result<MicroRub, CostError>;

    /// What an attempt cost: see [`crate::cost`].
    fn charge(&self, model: &str, usage: &Usage) -> Result<MicroRub, CostError>;

    /// The longest output that `available` still covers: see [`crate::affordable_output`].
    fn affordable_output(
        &self,
        model: &str,
        available: MicroRub,
        input_tokens: u64,
    ) -> Result<u64, CostError>;

    /// Whether input costs nothing, however much of it there is: then nothing has to bound it.
    fn input_is_free(&self, model: &str) -> bool {
        let hold = |input_tokens| self.hold(model, &AttemptBound { input_tokens, max_output_tokens: 0 }).ok();
        hold(MAX_TOKENS).is_some_and(|dearest| Some(dearest) == hold(0))
    }

    /// The hold for `bound`, its output shortened to what `available` covers (`None`: no limit). Gives
    /// `None` where some output is asked for and not one token of it fits, or the input alone does not.
    fn quote(
        &self,
        model: &str,
        bound: &AttemptBound,
        available: Option<MicroRub>,
    ) -> Result<Option<HoldQuote>, CostError> {
        let mut bound = *bound;
        if let Some(available) = available
            && bound.max_output_tokens > 0
        {
            let affordable = self.affordable_output(model, available, bound.input_tokens)?;
            if affordable == 0 {
                return Ok(None);
            }
            bound.max_output_tokens = bound.max_output_tokens.min(affordable);
        }
        let micro_rub = self.hold(model, &bound)?;
        let fits = available.is_none_or(|available| micro_rub <= available);
        Ok(fits.then_some(HoldQuote { micro_rub, max_output_tokens: bound.max_output_tokens }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fx, PerMillion, RateCard, Rates};

    /// One model, one ruble per thousand tokens of either kind.
    struct OneModel(RateCard);

    fn one_model() -> OneModel {
        let price = Some(PerMillion::parse("1000").unwrap());
        OneModel(RateCard {
            base: Rates { input: price, output: price, ..Rates::default() },
            ..RateCard::default()
        })
    }

    impl Billing for OneModel {
        fn hold(&self, _: &str, bound: &AttemptBound) -> Result<MicroRub, CostError> {
            crate::hold_amount(bound, &self.0, &Fx::RUB)
        }

        fn charge(&self, _: &str, usage: &Usage) -> Result<MicroRub, CostError> {
            crate::cost(usage, &self.0, &Fx::RUB)
        }

        fn affordable_output(&self, _: &str, available: MicroRub, input: u64) -> Result<u64, CostError> {
            crate::affordable_output(available, input, &self.0, &Fx::RUB)
        }
    }

    fn quote(available: Option<i64>, input_tokens: u64, max_output_tokens: u64) -> Option<(i64, u64)> {
        let bound = AttemptBound { input_tokens, max_output_tokens };
        let quote = one_model().quote("any", &bound, available.map(MicroRub::new)).unwrap();
        quote.map(|quote| (quote.micro_rub.get(), quote.max_output_tokens))
    }

    #[test]
    fn input_is_free_where_no_amount_of_it_costs_anything() {
        assert!(!one_model().input_is_free("any"));
        assert!(OneModel(RateCard::free()).input_is_free("any"));
    }

    #[test]
    fn a_quote_shrinks_the_output_to_what_is_there() {
        assert_eq!(quote(None, 10, 100), Some((110_000, 100)));
        assert_eq!(quote(Some(110_000), 10, 100), Some((110_000, 100)));
        assert_eq!(quote(Some(109_999), 10, 100), Some((109_000, 99)));
    }

    #[test]
    fn nothing_is_quoted_where_no_output_fits() {
        assert_eq!(quote(Some(10_999), 10, 100), None);
        assert_eq!(quote(Some(9_999), 10, 0), None);
        assert_eq!(quote(Some(10_000), 10, 0), Some((10_000, 0)));
    }
}
