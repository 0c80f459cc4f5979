//! What must be reserved before a request goes out.
//!
//! A hold is the cost of the worst that the attempt can report within its bound, so that settling never
//! exceeds it. The worst is not "the bound at its own tier": a discount tier makes a *shorter* input
//! dearer, and a cache read may be priced above plain input. So input and output are each taken at the
//! highest rate over everything that the bound can reach; since all usage within the bound is charged at
//! some reachable rates, and one upward rounding is monotone, hold ≥ settle follows.
//!
//! Counted units are not part of a bound: what they cost on top is posted as debt when it happens.

use serde::{Deserialize, Serialize};

use crate::card::{PerMillion, RateCard, Rates};
use crate::cost::{CostError, PER_MILLION, priced, request_fee, signed_terms, to_micro_rub};
use crate::fx::Fx;
use crate::money::MicroRub;
use crate::usage::{MAX_TOKENS, check_tokens};

/// Tokens added per message for what a chat template wraps around it (role, separators, turn marks, the
/// reply's own header). OpenAI's counting guide adds three per message and three for the reply; other
/// templates are longer, and a hold that is some tokens too high costs nobody anything.
pub const MESSAGE_OVERHEAD_TOKENS: u64 = 32;

/// Input tokens that a picture is taken to have where its model states no bound: for planning what fits, and for estimates
/// of streams that were cut. No hold that has to keep a limit is made from it.
pub const USUAL_PICTURE_TOKENS: u64 = 1600;

/// The most that an attempt can use: all four input meters together, and output with reasoning together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AttemptBound {
    /// Upper bound of `input + cache_read + cache_write_5m + cache_write_1h`.
    pub input_tokens: u64,
    /// Upper bound of `output + reasoning`; also what the request asks for at most.
    pub max_output_tokens: u64,
}

/// Upper bound of the input tokens of a text request. A byte-level BPE token covers at least one byte, so
/// the UTF-8 bytes of all text bound its tokens. Saturates; the hold then refuses it as out of range.
pub fn input_bound(text_bytes: u64, messages: u64) -> u64 {
    text_bytes.saturating_add(messages.saturating_mul(MESSAGE_OVERHEAD_TOKENS))
}

/// The amount to reserve for an attempt: at least [`crate::cost`] of every usage within `bound` that has
/// no counted units, and exact for the worst rates it can meet.
///
/// Errors as [`crate::cost`], in the same order; `price_unknown` where any usage within the bound would be.
pub fn hold_amount(bound: &AttemptBound, card: &RateCard, fx: &Fx) -> Result<MicroRub, CostError> {
    check_tokens("input bound", bound.input_tokens)?;
    check_tokens("output bound", bound.max_output_tokens)?;
    card.check_bounds()?;
    fx.check_bounds()?;
    let fixed = fixed_sum(bound.input_tokens, card)?;
    let output = priced("output", bound.max_output_tokens, worst_output(bound.input_tokens, card))?;
    to_micro_rub(fixed + output, *fx)
}

/// The largest `max_output_tokens` whose [`hold_amount`] is at most `available`; at most [`MAX_TOKENS`],
/// which is what free output gives. 0: not one token fits (the input and fees alone may already not fit).
///
/// Exact by integer division: with `S = fixed + n × rate`,
/// `ceil(S·num / (1e6·den)) ≤ a  ⇔  S·num ≤ a·1e6·den  ⇔  S ≤ ⌊a·1e6·den / num⌋  ⇔  n ≤ (⌊…⌋ − fixed) / rate`.
/// `a·1e6·den` ≤ 9.3e18 × 1e6 × 1e12 = 9.3e36 fits i128.
pub fn affordable_output(
    available: MicroRub,
    input_tokens: u64,
    card: &RateCard,
    fx: &Fx,
) -> Result<u64, CostError> {
    check_tokens("input bound", input_tokens)?;
    card.check_bounds()?;
    fx.check_bounds()?;
    let fixed = fixed_sum(input_tokens, card)?;
    let rate = priced("output", 1, worst_output(input_tokens, card))?;
    let (num, den) = signed_terms(*fx);
    let room = i128::from(available.get().max(0)) * PER_MILLION * den / num - fixed;
    if available < MicroRub::ZERO || room < 0 {
        return Ok(0);
    }
    let tokens =
        room.checked_div(rate).map_or(MAX_TOKENS, |tokens| u64::try_from(tokens).unwrap_or(MAX_TOKENS));
    Ok(tokens.min(MAX_TOKENS))
}

/// The part of a hold that does not depend on the output: input at its worst rate, and the request's fee.
fn fixed_sum(input_tokens: u64, card: &RateCard) -> Result<i128, CostError> {
    let input = priced("input", input_tokens, worst_input(input_tokens, card))?;
    Ok(input + PER_MILLION * request_fee(card))
}

/// The highest rate of any input meter in any reachable tier; `None` where one of them is unknown.
fn worst_input(input_tokens: u64, card: &RateCard) -> Option<PerMillion> {
    worst(input_tokens, card, |rates| {
        [rates.input, rates.cache_read, rates.cache_write_5m, rates.cache_write_1h]
    })
}

/// The highest rate of output or reasoning in any reachable tier; `None` where one of them is unknown.
fn worst_output(input_tokens: u64, card: &RateCard) -> Option<PerMillion> {
    worst(input_tokens, card, |rates| [rates.output, rates.reasoning])
}

fn worst<const METERS: usize>(
    input_tokens: u64,
    card: &RateCard,
    meters: fn(Rates) -> [Option<PerMillion>; METERS],
) -> Option<PerMillion> {
    let mut highest = PerMillion::new(0);
    for rate in card.reachable(input_tokens).flat_map(meters) {
        highest = highest.max(rate?);
    }
    Some(highest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{Fee, Tier};

    #[expect(clippy::unnecessary_wraps, reason = "shaped like the fields that it fills")]
    fn per(micro: u64) -> Option<PerMillion> {
        Some(PerMillion::new(micro))
    }

    fn discount_card() -> RateCard {
        RateCard {
            base: Rates { input: per(4_000_000), output: per(9_000_000), ..Rates::default() },
            tiers: vec![Tier {
                above_input_tokens: 100,
                price: Rates { input: per(1_000_000), output: per(2_000_000), ..Rates::default() },
            }],
            ..RateCard::default()
        }
    }

    #[test]
    fn a_discount_tier_does_not_lower_the_hold() {
        let bound = AttemptBound { input_tokens: 1000, max_output_tokens: 10 };
        assert_eq!(hold_amount(&bound, &discount_card(), &Fx::RUB), Ok(MicroRub::new(4 * 1000 + 9 * 10)));
    }

    #[test]
    fn a_tier_counts_only_where_the_bound_exceeds_its_threshold() {
        let mut card = discount_card();
        card.tiers[0].price = Rates { input: per(8_000_000), ..Rates::default() };
        let hold = |input_tokens| {
            hold_amount(&AttemptBound { input_tokens, max_output_tokens: 0 }, &card, &Fx::RUB).unwrap().get()
        };
        assert_eq!((hold(100), hold(101)), (400, 808));
    }

    #[test]
    fn a_dear_cache_read_and_dear_reasoning_are_reserved_for() {
        let mut card = discount_card();
        card.base.cache_read = per(50_000_000);
        card.base.reasoning = per(70_000_000);
        card.request_fee = Some(Fee::new(3));
        let bound = AttemptBound { input_tokens: 10, max_output_tokens: 10 };
        assert_eq!(hold_amount(&bound, &card, &Fx::RUB), Ok(MicroRub::new(500 + 700 + 3)));
    }

    #[test]
    fn an_unknown_price_that_may_be_met_refuses_the_hold() {
        let card = RateCard { base: Rates { input: per(1), ..Rates::default() }, ..RateCard::default() };
        let bound = |max_output_tokens| AttemptBound { input_tokens: 1, max_output_tokens };
        assert_eq!(hold_amount(&bound(1), &card, &Fx::RUB).unwrap_err().code(), "price_unknown");
        assert!(hold_amount(&bound(0), &card, &Fx::RUB).is_ok());
        assert_eq!(
            affordable_output(MicroRub::new(9), 1, &card, &Fx::RUB).unwrap_err().code(),
            "price_unknown"
        );
        let cache_only =
            RateCard { base: Rates { cache_read: per(1), output: per(1), ..Rates::default() }, ..card };
        assert_eq!(hold_amount(&bound(0), &cache_only, &Fx::RUB).unwrap_err().code(), "price_unknown");
    }

    #[test]
    fn bounds_hold_up_to_the_corner_and_not_one_further() {
        let hold = |input_tokens, max_output_tokens| {
            hold_amount(&AttemptBound { input_tokens, max_output_tokens }, &RateCard::free(), &Fx::RUB)
        };
        assert_eq!(hold(MAX_TOKENS, MAX_TOKENS), Ok(MicroRub::ZERO));
        assert_eq!(hold(MAX_TOKENS + 1, 0).unwrap_err().code(), "usage_out_of_range");
        assert_eq!(hold(0, MAX_TOKENS + 1).unwrap_err().code(), "usage_out_of_range");
        assert!(affordable_output(MicroRub::ZERO, MAX_TOKENS + 1, &RateCard::free(), &Fx::RUB).is_err());
    }

    #[test]
    fn affordable_output_is_the_exact_edge() {
        let card = discount_card();
        let affordable =
            |available| affordable_output(MicroRub::new(available), 10, &card, &Fx::RUB).unwrap();
        assert_eq!((affordable(39), affordable(40), affordable(48), affordable(49)), (0, 0, 0, 1));
        assert_eq!(affordable(-1), 0);
        assert_eq!(affordable(i64::MAX), MAX_TOKENS);
    }

    #[test]
    fn free_output_is_affordable_without_money_but_not_in_debt() {
        let free =
            |available| affordable_output(MicroRub::new(available), 10, &RateCard::free(), &Fx::RUB).unwrap();
        assert_eq!((free(0), free(-1)), (MAX_TOKENS, 0));
    }

    #[test]
    fn input_is_bounded_by_its_bytes_and_messages() {
        assert_eq!(input_bound(100, 2), 100 + 2 * MESSAGE_OVERHEAD_TOKENS);
        assert_eq!(input_bound(u64::MAX, u64::MAX), u64::MAX);
    }
}
