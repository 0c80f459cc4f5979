//! What an attempt is charged: pure, and from stored values only, so that anyone can do it again.
//!
//! Settling must never fail for want of a figure: a usage that cannot be priced is replaced by an estimate
//! and flagged, not lost. An unknown price stays unknown (`None`), which is not the same as free.

use plyrum_billing_client::{
    BytesPerToken, CostError, Fx, MicroRub, Quality, RateCard, Usage, cost, estimate,
};

use crate::bounds::{MAX_AMOUNT, MAX_UNIT_KINDS};

/// The price row and exchange rate that an attempt is charged with: the ids, and the values.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Price {
    /// Id of the catalogue's price row.
    pub version: String,
    /// Currency of the card, `RUB` where it needs no exchange.
    pub currency: String,
    /// The rates themselves.
    pub card: RateCard,
    /// Id of the exchange rate.
    pub fx_version: String,
    /// Rubles per unit of the currency, markup included.
    pub fx: Fx,
}

/// What is known about an attempt's usage when it is settled.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The provider's own figures.
    Reported(Usage),
    /// Sent, but nothing usable was reported: count from bytes, never over the hold.
    Estimated,
    /// Nothing was reported and nothing came: costs nothing.
    Nothing,
}

/// Everything that a charge depends on besides its basis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    /// `None`: the price was not known when the attempt was held.
    pub price: Option<Price>,
    pub hold: MicroRub,
    pub request_bytes: u64,
    pub received_bytes: u64,
    pub bytes_per_token: BytesPerToken,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Charge {
    pub usage: Usage,
    pub quality: Quality,
    /// `None`: unpriced.
    pub cost: Option<MicroRub>,
    /// A person may want to look at it.
    pub review: bool,
    /// Why the reported usage could not be charged: a [`CostError::code`].
    pub problem: Option<&'static str>,
}

impl Terms {
    /// The charge, with a cost of at most `room` where it is more than the hold.
    pub(crate) fn charge(&self, basis: &Basis, room: MicroRub) -> Charge {
        match basis {
            Basis::Nothing => Charge {
                usage: Usage::default(),
                quality: Quality::Missing,
                cost: Some(MicroRub::ZERO),
                review: false,
                problem: None,
            },
            Basis::Estimated => self.estimated(None),
            Basis::Reported(usage) => self.reported(usage, room),
        }
    }

    fn reported(&self, usage: &Usage, room: MicroRub) -> Charge {
        let charged = |cost, problem: Option<&'static str>| Charge {
            usage: usage.clone(),
            quality: Quality::Reported,
            cost,
            // More than was held is charged all the same, but somebody's count was wrong: a person may look.
            review: problem.is_some() || cost.is_some_and(|cost| cost > self.hold),
            problem,
        };
        match self.reported_cost(usage) {
            Ok(cost) if cost.is_none_or(|cost| cost <= room.max(self.hold)) => charged(cost, None),
            Ok(_) => self.estimated(Some(CostError::CostOverflow.code())),
            Err(error) => {
                let instead = self.estimated(Some(error.code()));
                let unpriced = instead.cost.is_none() && check_usage(usage).is_ok();
                if unpriced { charged(None, instead.problem) } else { instead }
            }
        }
    }

    /// What a reported usage costs; `None` for an attempt held without a price.
    pub(crate) fn reported_cost(&self, usage: &Usage) -> Result<Option<MicroRub>, CostError> {
        check_usage(usage)?;
        let Some(price) = &self.price else { return Ok(None) };
        match cost(usage, &price.card, &price.fx)? {
            cost if cost.get() > MAX_AMOUNT => Err(CostError::CostOverflow),
            cost => Ok(Some(cost)),
        }
    }

    fn estimated(&self, problem: Option<&'static str>) -> Charge {
        let usage = estimate(self.request_bytes, self.received_bytes, &self.bytes_per_token);
        let cost = self.estimated_cost(&usage);
        Charge { usage, quality: Quality::Estimated, cost, review: true, problem }
    }

    /// What an estimate costs: never over the hold, and the hold itself where the formula gives no figure.
    pub(crate) fn estimated_cost(&self, usage: &Usage) -> Option<MicroRub> {
        let price = self.price.as_ref()?;
        match cost(usage, &price.card, &price.fx) {
            Ok(cost) => Some(cost.min(self.hold)),
            Err(CostError::PriceUnknown { .. }) => None,
            Err(_) => Some(self.hold),
        }
    }
}

/// The formula's bounds, and one more: a row stays small whatever a provider counts.
fn check_usage(usage: &Usage) -> Result<(), CostError> {
    if usage.units.len() > MAX_UNIT_KINDS {
        return Err(CostError::UsageOutOfRange { what: format!("{} kinds of units", usage.units.len()) });
    }
    usage.check_bounds()
}

#[cfg(test)]
mod tests {
    use plyrum_billing_client::{PerMillion, Rates};
    use proptest::prelude::*;

    use super::*;

    fn terms(price: Option<u64>, hold: i64, received_bytes: u64) -> Terms {
        let rate = price.map(PerMillion::new);
        let card =
            RateCard { base: Rates { input: rate, output: rate, ..Rates::default() }, ..RateCard::default() };
        let (version, fx_version) = ("p".to_owned(), "f".to_owned());
        Terms {
            price: Some(Price { version, currency: "RUB".to_owned(), card, fx_version, fx: Fx::RUB }),
            hold: MicroRub::new(hold),
            request_bytes: 30,
            received_bytes,
            bytes_per_token: BytesPerToken::default(),
        }
    }

    #[test]
    fn more_than_was_held_is_charged_and_flagged_and_the_hold_itself_is_not() {
        for (output, review) in [(4, false), (5, false), (6, true)] {
            let usage = Usage { output, ..Usage::default() };
            let charge = terms(Some(1_000_000), 5, 0).charge(&Basis::Reported(usage), MicroRub::new(100));
            let cost = Some(MicroRub::new(i64::try_from(output).unwrap()));
            assert_eq!((charge.cost, charge.review, charge.problem), (cost, review, None));
        }
    }

    #[test]
    fn the_largest_amount_is_charged_and_one_micro_ruble_more_is_an_overflow() {
        let (price, hold) = (10_000_000_000_000, 5);
        let cost_of =
            |output| terms(Some(price), hold, 0).reported_cost(&Usage { output, ..Usage::default() });
        assert_eq!(cost_of(100_000_000_000), Ok(Some(MicroRub::new(MAX_AMOUNT))));
        assert_eq!(cost_of(100_000_000_001), Err(CostError::CostOverflow));
    }

    #[test]
    fn what_has_room_is_charged_and_what_has_none_is_estimated() {
        for (room, cost, quality) in [(20, 20, Quality::Reported), (19, 5, Quality::Estimated)] {
            let usage = Usage { output: 20, ..Usage::default() };
            let charge = terms(Some(1_000_000), 5, 0).charge(&Basis::Reported(usage), MicroRub::new(room));
            assert_eq!((charge.cost, charge.quality), (Some(MicroRub::new(cost)), quality));
            assert!(charge.review);
        }
        let within = Usage { output: 5, ..Usage::default() };
        let charge = terms(Some(1_000_000), 5, 0).charge(&Basis::Reported(within), MicroRub::ZERO);
        assert_eq!(charge.quality, Quality::Reported, "there is always room for what was held");
    }

    #[test]
    fn as_many_kinds_of_units_as_fit_a_row_are_kept() {
        let units = (0..MAX_UNIT_KINDS).map(|i| (format!("unit {i}"), 0)).collect();
        let usage = Usage { units, ..Usage::default() };
        let charge = terms(Some(1), 5, 0).charge(&Basis::Reported(usage.clone()), MicroRub::new(100));
        assert_eq!((charge.usage, charge.problem), (usage, None));
    }

    #[test]
    fn too_many_kinds_of_units_are_not_kept() {
        let units = (0..=MAX_UNIT_KINDS).map(|i| (format!("unit {i}"), 0)).collect();
        let usage = Usage { units, ..Usage::default() };
        let charge = terms(Some(1), 5, 0).charge(&Basis::Reported(usage), MicroRub::new(100));
        assert_eq!((charge.quality, charge.problem), (Quality::Estimated, Some("usage_out_of_range")));
    }

    proptest! {
        /// Every charge is a figure that a row can hold and that comes out again from the row.
        #[test]
        fn every_charge_recomputes(
            price in prop::option::of(0..20_000_000_000_000_u64), hold in 0..MAX_AMOUNT, received in 0..1_000_000_000_u64,
            output: u64, room in 0..i64::MAX, which in 0..3_u8,
        ) {
            let usage = Usage { output: output >> (output % 64), ..Usage::default() };
            let basis = [Basis::Reported(usage), Basis::Estimated, Basis::Nothing][usize::from(which)].clone();
            let terms = terms(price, hold, received);
            let charge = terms.charge(&basis, MicroRub::new(room));
            prop_assert!(charge.usage.check_bounds().is_ok());
            prop_assert!(charge.cost.is_none_or(|cost| (0..=MAX_AMOUNT).contains(&cost.get())));
            match charge.quality {
                Quality::Reported => prop_assert_eq!(terms.reported_cost(&charge.usage).unwrap_or(None), charge.cost),
                Quality::Estimated => {
                    prop_assert_eq!(terms.estimated_cost(&charge.usage), charge.cost);
                    prop_assert!(charge.review && charge.cost.is_none_or(|cost| cost <= terms.hold));
                }
                Quality::Missing => prop_assert_eq!(charge.cost, Some(MicroRub::ZERO)),
            }
            prop_assert!(charge.problem.is_none() || charge.review);
            prop_assert!(charge.review || charge.cost.is_none_or(|cost| cost <= terms.hold));
        }
    }
}
