//! What must hold for every usage, card and rate: the laws of the formula and of holds.

#![expect(clippy::expect_used, reason = "a test fails by panicking, with the reason")]

use plyrum_billing_client::{
    AttemptBound, CostError, Fee, Fx, MAX_FEE, MAX_FX_TERM, MAX_PRICE, MAX_TOKENS, MicroRub, PerMillion,
    RateCard, Rates, Tier, Usage, affordable_output, cost, hold_amount,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

/// Figures of every size, the ends of the range included.
fn sized(most: u64) -> impl Strategy<Value = u64> {
    prop_oneof![
        2 => Just(0),
        3 => 0..=most.min(5),
        6 => 0..=most.min(10_000),
        6 => 0..=most.min(100_000_000),
        1 => 0..=most,
        1 => Just(most),
    ]
}

fn price() -> impl Strategy<Value = PerMillion> {
    sized(MAX_PRICE).prop_map(PerMillion::new)
}

fn fee() -> impl Strategy<Value = Fee> {
    sized(MAX_FEE).prop_map(Fee::new)
}

fn rates() -> impl Strategy<Value = Rates> {
    let maybe = || option::of(price());
    (maybe(), maybe(), maybe(), maybe(), option::weighted(0.9, price()), option::weighted(0.9, price()))
        .prop_map(|(cache_read, cache_write_5m, cache_write_1h, reasoning, input, output)| Rates {
            input,
            output,
            cache_read,
            cache_write_5m,
            cache_write_1h,
            reasoning,
        })
}

/// Tiers with thresholds where the usages below really lie, dearer and cheaper ones alike.
fn tiers() -> impl Strategy<Value = Vec<Tier>> {
    let maybe = || option::of(price());
    let partial = (maybe(), maybe(), maybe(), maybe()).prop_map(|(input, output, cache_read, reasoning)| {
        Rates { input, output, cache_read, reasoning, ..Rates::default() }
    });
    vec((sized(20_000), partial), 0..4).prop_map(|tiers| {
        tiers.into_iter().map(|(above_input_tokens, price)| Tier { above_input_tokens, price }).collect()
    })
}

fn untiered() -> impl Strategy<Value = RateCard> {
    (rates(), option::of(fee()), btree_map("[ab]", fee(), 0..3)).prop_map(|(base, request_fee, unit_fees)| {
        RateCard { base, request_fee, unit_fees, tiers: Vec::new() }
    })
}

fn any_card() -> impl Strategy<Value = RateCard> {
    (untiered(), tiers()).prop_map(|(card, tiers)| RateCard { tiers, ..card })
}

fn fx() -> impl Strategy<Value = Fx> {
    let term = || prop_oneof![1..=MAX_FX_TERM, 1..=1000_u128];
    prop_oneof![
        Just(Fx::RUB),
        Just(Fx::parse("80.1234").expect("a rate")),
        (term(), term()).prop_map(|(num, den)| Fx::new(num, den).expect("terms in range")),
    ]
}

fn usage_up_to(most: u64) -> impl Strategy<Value = Usage> {
    let meter = move || sized(most);
    (meter(), meter(), meter(), meter(), meter(), meter(), btree_map("[ab]", 0..100_u64, 0..3)).prop_map(
        |(input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, units)| Usage {
            input,
            cache_read,
            cache_write_5m,
            cache_write_1h,
            output,
            reasoning,
            units,
        },
    )
}

fn bound() -> impl Strategy<Value = AttemptBound> {
    (sized(MAX_TOKENS), sized(MAX_TOKENS))
        .prop_map(|(input_tokens, max_output_tokens)| AttemptBound { input_tokens, max_output_tokens })
}

/// Some usage within the bound: cuts of the input into four meters with a rest, of the output likewise.
fn within(bound: AttemptBound, mut cuts: [u64; 4], out_cuts: [u64; 2]) -> Usage {
    let total = bound.input_tokens;
    cuts = cuts.map(|cut| cut % (total + 1));
    cuts.sort_unstable();
    let [a, b, c, d] = cuts;
    let mut ends = out_cuts.map(|cut| cut % (bound.max_output_tokens + 1));
    ends.sort_unstable();
    Usage {
        input: a,
        cache_read: b - a,
        cache_write_5m: c - b,
        cache_write_1h: d - c,
        output: ends[0],
        reasoning: ends[1] - ends[0],
        ..Usage::default()
    }
}

const METERS: [fn(&mut Usage) -> &mut u64; 6] = [
    |usage| &mut usage.input,
    |usage| &mut usage.cache_read,
    |usage| &mut usage.cache_write_5m,
    |usage| &mut usage.cache_write_1h,
    |usage| &mut usage.output,
    |usage| &mut usage.reasoning,
];

/// Every price and fee that a card states, base and tiers.
fn raise(card: &mut RateCard, which: usize, by: u64) {
    let higher = |price: PerMillion| PerMillion::new(price.get().saturating_add(by).min(MAX_PRICE));
    let higher_fee = |fee: Fee| Fee::new(fee.get().saturating_add(by).min(MAX_FEE));
    let mut prices: Vec<&mut PerMillion> = Vec::new();
    for rates in std::iter::once(&mut card.base).chain(card.tiers.iter_mut().map(|tier| &mut tier.price)) {
        let Rates { input, output, cache_read, cache_write_5m, cache_write_1h, reasoning } = rates;
        prices.extend(
            [input, output, cache_read, cache_write_5m, cache_write_1h, reasoning].into_iter().flatten(),
        );
    }
    let mut fees: Vec<&mut Fee> = card.request_fee.iter_mut().chain(card.unit_fees.values_mut()).collect();
    let stated = prices.len() + fees.len();
    match which.checked_rem(stated) {
        Some(index) if index < prices.len() => *prices[index] = higher(*prices[index]),
        Some(index) => {
            let index = index - prices.len();
            *fees[index] = higher_fee(*fees[index]);
        }
        None => {}
    }
}

fn overflowed_or_unknown(result: &Result<MicroRub, CostError>) -> bool {
    matches!(result, Err(CostError::CostOverflow | CostError::PriceUnknown { .. }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn splitting_never_pays_on_an_untiered_card(
        a in usage_up_to(MAX_TOKENS / 2), b in usage_up_to(MAX_TOKENS / 2), card in untiered(), fx in fx(),
    ) {
        let both = a.checked_add(&b).expect("half bounds add up");
        let (a, b, both) = (cost(&a, &card, &fx), cost(&b, &card, &fx), cost(&both, &card, &fx));
        if let (Ok(a), Ok(b)) = (&a, &b) {
            let apart = i128::from(a.get()) + i128::from(b.get());
            match both {
                Ok(both) => {
                    prop_assert!(apart >= i128::from(both.get()));
                    prop_assert!(both >= *a && both >= *b);
                }
                Err(error) => prop_assert!(error == CostError::CostOverflow && apart > i128::from(i64::MAX)),
            }
        } else {
            prop_assert!(overflowed_or_unknown(&both), "what has no figure apart has none together");
        }
    }

    #[test]
    fn more_of_any_meter_never_costs_less_on_an_untiered_card(
        usage in usage_up_to(MAX_TOKENS / 2), meter in 0..METERS.len(), more in sized(MAX_TOKENS / 2),
        card in untiered(), fx in fx(),
    ) {
        let mut larger = usage.clone();
        *METERS[meter](&mut larger) += more;
        match (cost(&usage, &card, &fx), cost(&larger, &card, &fx)) {
            (Ok(less), Ok(more)) => prop_assert!(less <= more),
            (_, larger) => prop_assert!(overflowed_or_unknown(&larger)),
        }
    }

    #[test]
    fn a_higher_price_never_costs_less_on_any_card(
        usage in usage_up_to(MAX_TOKENS), card in any_card(), which: usize, by in sized(MAX_PRICE), fx in fx(),
    ) {
        let mut dearer = card.clone();
        raise(&mut dearer, which, by);
        match (cost(&usage, &card, &fx), cost(&usage, &dearer, &fx)) {
            (Ok(less), Ok(more)) => prop_assert!(less <= more),
            (before, after) => prop_assert!(after == before || after == Err(CostError::CostOverflow)),
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_figure_after_storage(
        usage in usage_up_to(MAX_TOKENS), card in any_card(), fx in fx(),
    ) {
        let stored = serde_json::to_string(&(&usage, &card, &fx)).expect("serialises");
        let (usage_again, card_again, fx_again): (Usage, RateCard, Fx) =
            serde_json::from_str(&stored).expect("reads back");
        prop_assert_eq!(cost(&usage, &card, &fx), cost(&usage_again, &card_again, &fx_again));
    }

    #[test]
    fn use_at_a_price_is_never_free(
        usage in usage_up_to(MAX_TOKENS), price in 1..=MAX_PRICE, fx in fx(),
    ) {
        let price = Some(PerMillion::new(price));
        let card = RateCard { base: Rates { input: price, output: price, ..Rates::default() }, ..RateCard::default() };
        let usage = Usage { units: std::collections::BTreeMap::new(), ..usage };
        if let Ok(amount) = cost(&usage, &card, &fx) {
            prop_assert_eq!(amount == MicroRub::ZERO, usage.is_zero());
        }
    }

    #[test]
    fn a_hold_covers_any_usage_within_its_bound_on_any_card(
        bound in bound(), cuts: [u64; 4], out_cuts: [u64; 2], card in any_card(), fx in fx(),
    ) {
        if let Ok(hold) = hold_amount(&bound, &card, &fx) {
            let usage = within(bound, cuts, out_cuts);
            let settled = cost(&usage, &card, &fx);
            prop_assert!(settled.as_ref().is_ok_and(|settled| *settled <= hold), "{settled:?} > {hold}");
        }
    }

    #[test]
    fn a_hold_covers_usage_at_each_tier_edge(
        bound in bound(), at_edge: usize, split: u64, card in any_card(), fx in fx(),
    ) {
        let edges: Vec<u64> = card.tiers.iter()
            .flat_map(|tier| [tier.above_input_tokens, tier.above_input_tokens + 1])
            .chain([0, bound.input_tokens])
            .filter(|edge| *edge <= bound.input_tokens)
            .collect();
        let total = edges[at_edge % edges.len()];
        let reasoning = split % (bound.max_output_tokens + 1);
        let output = bound.max_output_tokens - reasoning;
        if let Ok(hold) = hold_amount(&bound, &card, &fx) {
            for input_meter in &METERS[..4] {
                let mut usage = Usage { output, reasoning, ..Usage::default() };
                *input_meter(&mut usage) = total;
                prop_assert!(cost(&usage, &card, &fx).is_ok_and(|settled| settled <= hold));
            }
        }
    }

    #[test]
    fn affordable_output_is_the_largest_whose_hold_fits(
        available in prop_oneof![any::<i64>(), -5..1_000_000_000_i64], input_tokens in sized(MAX_TOKENS),
        card in any_card(), fx in fx(),
    ) {
        let available = MicroRub::new(available);
        let fits = |max_output_tokens| {
            hold_amount(&AttemptBound { input_tokens, max_output_tokens }, &card, &fx)
                .is_ok_and(|hold| hold <= available)
        };
        match affordable_output(available, input_tokens, &card, &fx) {
            Ok(most) => {
                prop_assert!(most == 0 || fits(most));
                prop_assert!(most == MAX_TOKENS || !fits(most + 1));
            }
            Err(error) => {
                let hold = hold_amount(&AttemptBound { input_tokens, max_output_tokens: 1 }, &card, &fx);
                prop_assert_eq!(hold, Err(error), "refused where the hold is");
            }
        }
    }
}
