//! `plyrum prices list`: the rows, which of them holds, and the rates that make rubles of them.

use super::{asked_day, fx_of, no_model, settings_on};
use crate::command::Outcome;
use crate::money::Lang;
use crate::out;
use crate::sanitize::clean;
use crate::table::{Lean, table};
use plyrum_billing_client::{Fee, Fx, MicroRub, PerMillion, RateCard, Rates, Usage, cost};
use plyrum_catalog::{Catalog, Day, FxRate, PriceOrigin, PriceState};
use plyrum_protocol::{Fault, view};
use plyrum_settings::Settings;
use std::fmt::Write as _;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this model, with everything that is known of its price
    #[arg(value_name = "MODEL")]
    model: Option<String>,
    /// Every row: earlier and later ones, and those of models that are not configured
    #[arg(long)]
    all: bool,
    /// As on this day (UTC) instead of today
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let day = asked_day(args.on.as_deref())?;
    let settings = settings_on(day)?;
    let report = report(args, &settings, day)?;
    if args.json {
        out::print_json(&report)?;
    } else {
        let lang = Lang::of_environment();
        let text = if args.model.is_some() { details(&report, lang) } else { overview(&report, lang) };
        out::print(&clean(&(text + &rates_text(&report))))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn report(args: &Args, settings: &Settings, day: Day) -> Result<view::PriceList, Fault> {
    let catalog = &settings.catalog;
    let asked = |name: &str| args.model.as_deref().is_none_or(|model| model == name);
    let mut rows = Vec::new();
    for model in catalog.models.values().filter(|model| asked(model.id.as_str())) {
        let held = match &model.price {
            PriceState::Known(row) => Some(row),
            PriceState::Unknown => None,
        };
        match held {
            None => rows.push(unknown(model.id.as_str())),
            Some(row) if !args.all => rows.push(shown(model.id.as_str(), row, true, true, catalog)),
            Some(_) => {}
        }
        if args.all {
            // The row itself, not its like: two rows may state the same figures at different times.
            let mut is_held = model.price_rows.iter().rposition(|row| Some(row) == held);
            rows.extend(model.price_rows.iter().enumerate().map(|(at, row)| {
                let holds = is_held.take_if(|held| *held == at).is_some();
                shown(model.id.as_str(), row, true, holds, catalog)
            }));
        }
    }
    if args.all || args.model.is_some() {
        for (name, booked) in settings.prices.models().filter(|(name, _)| asked(name.as_str())) {
            if catalog.models.values().any(|model| model.takes_price_of(name.as_str())) {
                continue; // shown with its model
            }
            let held = settings.prices.holding(name.as_str(), day);
            let visible = booked.iter().filter(|row| args.all || Some(*row) == held);
            rows.extend(visible.map(|row| shown(name.as_str(), row, false, Some(row) == held, catalog)));
        }
    }
    match &args.model {
        Some(name) if rows.is_empty() => Err(no_model(name, settings)),
        _ => Ok(view::PriceList {
            day: day.to_string(),
            rows,
            fx: catalog.fx.values().map(|rate| fx(rate, day)).collect(),
            notes: catalog.fx_notes(day),
        }),
    }
}

fn unknown(model: &str) -> view::PriceRow {
    view::PriceRow {
        model: model.to_owned(),
        configured: true,
        holds: true,
        known: false,
        origin: None,
        from: None,
        as_of: None,
        source: None,
        version: None,
        currency: None,
        figures: Vec::new(),
    }
}

fn shown(
    model: &str,
    row: &plyrum_catalog::PriceRow,
    configured: bool,
    holds: bool,
    catalog: &Catalog,
) -> view::PriceRow {
    let origin = match row.origin {
        PriceOrigin::User => "config.toml",
        PriceOrigin::Imported => "prices.toml",
        PriceOrigin::Shipped => "built in",
    };
    view::PriceRow {
        model: model.to_owned(),
        configured,
        holds,
        known: true,
        origin: Some(origin.to_owned()),
        from: row.from.map(|day| day.to_string()),
        as_of: row.as_of.map(|day| day.to_string()),
        source: row.source.clone(),
        version: Some(row.version.clone()),
        currency: Some(row.currency.clone()),
        figures: figures(&row.card, fx_of(catalog, &row.currency)),
    }
}

fn figures(card: &RateCard, fx: Option<Fx>) -> Vec<view::PriceFigure> {
    let mut figures = token_figures(&card.base, None, fx);
    for tier in &card.tiers {
        figures.extend(token_figures(&tier.price, Some(tier.above_input_tokens), fx));
    }
    let fee = |meter: &str, per: &str, fee: Fee| view::PriceFigure {
        meter: meter.to_owned(),
        per: per.to_owned(),
        above_input_tokens: None,
        price: fee.to_string(),
        price_micro_rub: fx.and_then(|fx| in_rubles_of_a_request(fee, fx)),
    };
    figures.extend(card.request_fee.map(|amount| fee("request", "request", amount)));
    figures.extend(card.unit_fees.iter().map(|(unit, &amount)| fee(unit, "unit", amount)));
    figures
}

fn token_figures(rates: &Rates, above: Option<u64>, fx: Option<Fx>) -> Vec<view::PriceFigure> {
    let named = [
        ("input", rates.input),
        ("output", rates.output),
        ("cache_read", rates.cache_read),
        ("cache_write_5m", rates.cache_write_5m),
        ("cache_write_1h", rates.cache_write_1h),
        ("reasoning", rates.reasoning),
    ];
    let figure = |(meter, price): (&str, Option<PerMillion>)| {
        price.map(|price| view::PriceFigure {
            meter: meter.to_owned(),
            per: "million_tokens".to_owned(),
            above_input_tokens: above,
            price: price.to_string(),
            price_micro_rub: fx.and_then(|fx| in_rubles(price, fx)),
        })
    };
    named.into_iter().filter_map(figure).collect()
}

/// What a million tokens cost, by the one formula.
fn in_rubles(price: PerMillion, fx: Fx) -> Option<MicroRub> {
    let base = Rates { input: Some(price), ..Rates::default() };
    let usage = Usage { input: 1_000_000, ..Usage::default() };
    cost(&usage, &RateCard { base, ..RateCard::default() }, &fx).ok()
}

fn in_rubles_of_a_request(fee: Fee, fx: Fx) -> Option<MicroRub> {
    cost(&Usage::default(), &RateCard { request_fee: Some(fee), ..RateCard::default() }, &fx).ok()
}

fn fx(rate: &FxRate, day: Day) -> view::PriceFx {
    view::PriceFx {
        currency: rate.currency.clone(),
        rate: rate.rate_text.clone(),
        charged: rate.fx.to_string(),
        date: rate.date.clone(),
        age_days: rate.age_days(day),
        stale: rate.is_stale(day),
        source: rate.source.clone(),
        version: rate.version.clone(),
    }
}

/// One line a row: what a million tokens cost.
fn overview(report: &view::PriceList, lang: Lang) -> String {
    let cells = report.rows.iter().map(|row| {
        let base =
            |meter: &str| row.figures.iter().find(|f| f.meter == meter && f.above_input_tokens.is_none());
        let price = |meter| base(meter).map_or_else(|| "–".to_owned(), |figure| figure.price.clone());
        let rub = |meter| {
            let amount = base(meter).and_then(|figure| figure.price_micro_rub);
            amount.map_or_else(|| "–".to_owned(), |amount| lang.rub(amount))
        };
        let tiers = row.figures.iter().any(|figure| figure.above_input_tokens.is_some());
        let fees = row.figures.iter().any(|figure| figure.per != "million_tokens");
        let more = match (tiers, fees) {
            (true, true) => "tiers, fees",
            (true, false) => "tiers",
            (false, true) => "fees",
            (false, false) => "",
        };
        vec![
            format!("{}{}", row.model, if row.holds { "" } else { " (does not hold)" }),
            if row.known { row.currency.clone().unwrap_or_default() } else { "unknown".to_owned() },
            price("input"),
            price("output"),
            price("cache_read"),
            rub("input"),
            rub("output"),
            more.to_owned(),
            row.from.clone().unwrap_or_default(),
            row.origin.clone().unwrap_or_default(),
            row.version.iter().flat_map(|version| version.chars().take(8)).collect(),
        ]
    });
    let (left, right) = (|name| (name, Lean::Left), |name| (name, Lean::Right));
    table(
        &[
            left("model"),
            left("price"),
            right("input"),
            right("output"),
            right("cached"),
            right("input ₽"),
            right("output ₽"),
            left("also"),
            left("from"),
            left("where"),
            left("version"),
        ],
        &cells.collect::<Vec<_>>(),
    )
}

/// Everything about each row.
fn details(report: &view::PriceList, lang: Lang) -> String {
    let mut text = String::new();
    for row in &report.rows {
        let _infallible = writeln!(text, "{}", row.model);
        if !row.known {
            text.push_str(
                "  price      unknown: it cannot be held or charged (config.toml, or plyrum prices import)\n",
            );
            continue;
        }
        let mut line = |name: &str, value: &str| {
            let _infallible = writeln!(text, "  {name:<10} {value}");
        };
        line("holds", if row.holds { "yes" } else { "no" });
        line("from", row.from.as_deref().unwrap_or("always"));
        line("where", row.origin.as_deref().unwrap_or_default());
        line("source", row.source.as_deref().unwrap_or("not told"));
        line("seen", row.as_of.as_deref().unwrap_or("not told"));
        line("version", row.version.as_deref().unwrap_or_default());
        let currency = row.currency.as_deref().unwrap_or_default();
        let cells = row.figures.iter().map(|figure| {
            let above =
                figure.above_input_tokens.map(|n| format!(" above {n} input tokens")).unwrap_or_default();
            let rub = figure.price_micro_rub.map_or_else(|| "no rate".to_owned(), |amount| lang.rub(amount));
            let per = figure.per.replace('_', " ");
            vec![format!("  {}{above}", figure.meter), figure.price.clone(), rub, format!("per {per}")]
        });
        let head = [("  meter", Lean::Left), (currency, Lean::Right), ("₽", Lean::Right), ("", Lean::Left)];
        text.push_str(&table(&head, &cells.collect::<Vec<_>>()));
    }
    text
}

fn rates_text(report: &view::PriceList) -> String {
    let mut text = format!(
        "prices of {} (UTC), per million tokens; plyrum prices list MODEL shows all of one\n",
        report.day
    );
    for rate in &report.fx {
        let age = rate.age_days.map(|days| format!(", {days} days old")).unwrap_or_default();
        let _infallible = writeln!(
            text,
            "1 {} = {} ₽, charged as {} ({}{age}, {})",
            rate.currency, rate.rate, rate.charged, rate.date, rate.source
        );
    }
    for note in &report.notes {
        let _infallible = writeln!(text, "note: {note}");
    }
    text
}
