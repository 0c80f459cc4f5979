//! Assumed prices: what the recorded models cost about when they were recorded.
//!
//! List prices of autumn 2024 in US dollars per million tokens, at 100 rubles a dollar; of open models, a usual host's. From
//! memory, and only to give arms a common measure: who needs a price of today asks `plyrum prices`.

use plyrum_billing_client::{
    AttemptBound, Billing, CostError, Fx, MicroRub, PerMillion, RateCard, Rates, Usage, affordable_output,
    cost, hold_amount,
};

/// Model, then cents of a dollar per million input and output tokens.
const PRICES: &[(&str, u64, u64)] = &[
    ("gpt-4o-2024-05-13", 500, 1500),
    ("claude-3-5-sonnet-20240620", 300, 1500),
    ("claude-3-5-sonnet-20241022", 300, 1500),
    ("Mistral-Large-2", 200, 600),
    ("Meta-Llama-3.1-70B-Instruct", 88, 88),
    ("Meta-Llama-3-70B-Instruct", 88, 88),
    ("Athene-70B", 88, 88),
    ("Qwen2-72B-Instruct", 90, 90),
    ("gemma-2-27b-it", 80, 80),
    ("deepseek-v2.5-0908", 14, 28),
    ("gemma-2-9b-it", 30, 30),
    ("Meta-Llama-3.1-8B-Instruct", 18, 18),
    ("Meta-Llama-3-8B-Instruct", 20, 20),
    ("Qwen2-7B-Instruct", 20, 20),
    ("Phi-3.5-mini-instruct", 10, 10),
    ("gpt-4o-mini-2024-07-18", 15, 60),
    ("gpt-3.5-turbo-0125", 50, 150),
    ("gemini-1.5-flash", 8, 30),
    ("claude-3-haiku-20240307", 25, 125),
];
/// Micro-rubles per million tokens that one cent per million is: a dollar is taken as 100 rubles.
const MICRO_RUB_PER_CENT: u64 = 1_000_000;

/// Rubles of each model by the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assumed;

fn card(model: &str) -> Result<RateCard, CostError> {
    let price = |cents: u64| Some(PerMillion::new(cents * MICRO_RUB_PER_CENT));
    let found = PRICES.iter().find(|(name, ..)| *name == model);
    let (_, input, output) = found.ok_or_else(|| CostError::PriceUnknown { what: model.to_owned() })?;
    let base = Rates { input: price(*input), output: price(*output), ..Rates::default() };
    Ok(RateCard { base, ..RateCard::default() })
}

impl Billing for Assumed {
    fn hold(&self, model: &str, bound: &AttemptBound) -> Result<MicroRub, CostError> {
        hold_amount(bound, &card(model)?, &Fx::RUB)
    }

    fn charge(&self, model: &str, usage: &Usage) -> Result<MicroRub, CostError> {
        cost(usage, &card(model)?, &Fx::RUB)
    }

    fn affordable_output(
        &self,
        model: &str,
        available: MicroRub,
        input_tokens: u64,
    ) -> Result<u64, CostError> {
        affordable_output(available, input_tokens, &card(model)?, &Fx::RUB)
    }
}

/// Everybody costs the same: of panels whose members have no price here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alike;

/// One of the middle of the table.
const USUAL: &str = "Meta-Llama-3.1-70B-Instruct";

impl Billing for Alike {
    fn hold(&self, _: &str, bound: &AttemptBound) -> Result<MicroRub, CostError> {
        Assumed.hold(USUAL, bound)
    }

    fn charge(&self, _: &str, usage: &Usage) -> Result<MicroRub, CostError> {
        Assumed.charge(USUAL, usage)
    }

    fn affordable_output(&self, _: &str, available: MicroRub, input_tokens: u64) -> Result<u64, CostError> {
        Assumed.affordable_output(USUAL, available, input_tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moa::PANELS;

    #[test]
    fn everybody_who_sits_on_a_panel_has_a_price() {
        for model in PANELS.iter().flat_map(|panel| panel.models) {
            let usage = Usage { input: 1_000_000, ..Usage::default() };
            assert!(Assumed.charge(model, &usage).unwrap() > MicroRub::ZERO, "{model}");
        }
        let haiku = Usage { input: 1_000_000, output: 1_000_000, ..Usage::default() };
        assert_eq!(Assumed.charge("claude-3-haiku-20240307", &haiku).unwrap(), MicroRub::new(150_000_000));
    }
}
