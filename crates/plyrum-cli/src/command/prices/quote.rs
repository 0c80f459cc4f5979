//! `plyrum prices quote`: the one formula on numbers that you say.

use super::{asked_day, no_model, settings_on};
use crate::command::Outcome;
use crate::command::explain::{meters, price_text};
use crate::fault::wrong_use;
use crate::money::count;
use crate::out;
use crate::sanitize::clean;
use crate::text::{labelled, say, words};
use plyrum_billing_client::{AttemptBound, CostError, Usage, cost, hold_amount};
use plyrum_protocol::{ErrorKind, Fault, view};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The model
    #[arg(value_name = "MODEL")]
    model: String,
    /// Input tokens that no cache has a part in
    #[arg(long, value_name = "N")]
    input: u64,
    /// Visible output tokens
    #[arg(long, value_name = "N")]
    output: u64,
    /// Input tokens read from a cache
    #[arg(long, value_name = "N", default_value_t = 0)]
    cache_read: u64,
    /// Input tokens written to a five-minute cache
    #[arg(long, value_name = "N", default_value_t = 0)]
    cache_write_5m: u64,
    /// Input tokens written to a one-hour cache
    #[arg(long, value_name = "N", default_value_t = 0)]
    cache_write_1h: u64,
    /// Output tokens spent on thinking
    #[arg(long, value_name = "N", default_value_t = 0)]
    reasoning: u64,
    /// Things charged by the piece, such as `web_search=2`
    #[arg(long, value_name = "NAME=N")]
    unit: Vec<String>,
    /// At the prices of this day (UTC) instead of today's
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let day = asked_day(args.on.as_deref())?;
    let usage = usage(args)?;
    let settings = settings_on(day)?;
    let catalog = &settings.catalog;
    let basis = match (catalog.model(&args.model), settings.prices.holding(&args.model, day)) {
        (Some(model), _) => catalog.price_basis(model.id.as_str()),
        (None, Some(row)) => catalog.basis_of(&args.model, row), // imported, not configured: its price is known
        (None, None) => return Err(no_model(&args.model, &settings)),
    };
    let basis = basis.map_err(|e| of_cost(&e))?;
    let bound = AttemptBound {
        input_tokens: usage.total_input(),
        max_output_tokens: usage.output.saturating_add(usage.reasoning),
    };
    let quote = view::PriceQuote {
        model: args.model.clone(),
        day: day.to_string(),
        meters: meters(&usage, &basis.card),
        cost_micro_rub: cost(&usage, &basis.card, &basis.fx).map_err(|e| of_cost(&e))?,
        hold_micro_rub: hold_amount(&bound, &basis.card, &basis.fx).map_err(|e| of_cost(&e))?,
        price_version: basis.price_version,
        currency: basis.currency,
        fx_version: basis.fx_version,
        fx: basis.fx.to_string(),
        usage,
    };
    if args.json {
        out::print_json(&quote)?;
    } else {
        out::print(&clean(&text(&quote)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn usage(args: &Args) -> Result<Usage, Fault> {
    let mut units = BTreeMap::new();
    for written in &args.unit {
        let bad = || wrong_use(say!("fault-unit", text = written));
        let (name, number) = written.split_once('=').ok_or_else(bad)?;
        let number: u64 = number.parse().map_err(|_| bad())?;
        if name.is_empty() || units.insert(name.to_owned(), number).is_some() {
            return Err(bad());
        }
    }
    Ok(Usage {
        input: args.input,
        cache_read: args.cache_read,
        cache_write_5m: args.cache_write_5m,
        cache_write_1h: args.cache_write_1h,
        output: args.output,
        reasoning: args.reasoning,
        units,
    })
}

/// A price that is not known is the configuration's lack; a number out of range is the question's.
fn of_cost(error: &CostError) -> Fault {
    match error {
        CostError::PriceUnknown { .. } => {
            let message = say!("fault-price-unknown", why = error.to_string());
            Fault::new(ErrorKind::Config, message).hint(say!("hint-price-unknown"))
        }
        _ => wrong_use(error.to_string()),
    }
}

fn text(quote: &view::PriceQuote) -> String {
    let head = say!(
        "quote-head",
        model = &quote.model,
        day = &quote.day,
        version = &quote.price_version,
        currency = &quote.currency,
        fx = words().decimal(&quote.fx)
    );
    let mut text = format!("{head}\n");
    for meter in &quote.meters {
        let amount = meter.amount.as_ref().map(|amount| format!(" = {}", words().decimal(amount)));
        let _infallible = writeln!(
            text,
            "  {:<16} {} × {}{}",
            meter.meter,
            count(meter.count),
            price_text(words(), &meter.price),
            amount.unwrap_or_default()
        );
    }
    let sums = [
        (say!("quote-cost"), words().rub(quote.cost_micro_rub)),
        (say!("quote-hold"), words().rub(quote.hold_micro_rub)),
    ];
    text + &labelled(0, &sums)
}
