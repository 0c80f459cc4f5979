//! `plyrum prices list`: the rows, which of them holds, and the rates that make rubles of them.

use super::{asked_day, fx_of, no_model, settings_on};
use crate::command::Outcome;
use crate::out;
use crate::sanitize::clean;
use crate::table::{left, right, table};
use crate::text::{say, words};
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
        let text = if args.model.is_some() { details(&report) } else { overview(&report) };
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
fn overview(report: &view::PriceList) -> String {
    let cells = report.rows.iter().map(|row| {
        let base =
            |meter: &str| row.figures.iter().find(|f| f.meter == meter && f.above_input_tokens.is_none());
        let price =
            |meter| base(meter).map_or_else(|| "–".to_owned(), |figure| words().decimal(&figure.price));
        let rub = |meter| {
            let amount = base(meter).and_then(|figure| figure.price_micro_rub);
            amount.map_or_else(|| "–".to_owned(), |amount| words().rub(amount))
        };
        let tiers = row.figures.iter().any(|figure| figure.above_input_tokens.is_some());
        let fees = row.figures.iter().any(|figure| figure.per != "million_tokens");
        let more = match (tiers, fees) {
            (true, true) => say!("prices-tiers-fees"),
            (true, false) => say!("prices-tiers"),
            (false, true) => say!("prices-fees"),
            (false, false) => String::new(),
        };
        vec![
            if row.holds { row.model.clone() } else { say!("prices-not-holding", model = &row.model) },
            if row.known { row.currency.clone().unwrap_or_default() } else { say!("unknown") },
            price("input"),
            price("output"),
            price("cache_read"),
            rub("input"),
            rub("output"),
            more,
            row.from.clone().unwrap_or_default(),
            row.origin.clone().unwrap_or_default(),
            row.version.iter().flat_map(|version| version.chars().take(8)).collect(),
        ]
    });
    table(
        &[
            left(say!("col-model")),
            left(say!("col-price")),
            right(say!("col-input")),
            right(say!("col-output")),
            right(say!("col-cached")),
            right(say!("col-input-rub")),
            right(say!("col-output-rub")),
            left(say!("col-also")),
            left(say!("col-since")),
            left(say!("col-where")),
            left(say!("col-version")),
        ],
        &cells.collect::<Vec<_>>(),
    )
}

/// Everything about each row.
fn details(report: &view::PriceList) -> String {
    let mut text = String::new();
    for row in &report.rows {
        let _infallible = writeln!(text, "{}", row.model);
        if !row.known {
            let _infallible = writeln!(text, "  {:<10} {}", say!("prices-label"), say!("prices-unknown-why"));
            continue;
        }
        let mut line = |name: String, value: &str| {
            let _infallible = writeln!(text, "  {name:<10} {value}");
        };
        let not_told = say!("prices-not-told");
        line(say!("prices-holds"), &if row.holds { say!("yes") } else { say!("no") });
        line(say!("prices-from"), row.from.as_deref().unwrap_or(&say!("prices-always")));
        line(say!("prices-where"), row.origin.as_deref().unwrap_or_default());
        line(say!("prices-source"), row.source.as_deref().unwrap_or(&not_told));
        line(say!("prices-seen"), row.as_of.as_deref().unwrap_or(&not_told));
        line(say!("prices-version"), row.version.as_deref().unwrap_or_default());
        let currency = row.currency.clone().unwrap_or_default();
        let cells: Vec<_> = row.figures.iter().map(figure_cells).collect();
        let meter = format!("  {}", say!("col-meter"));
        let head = [left(meter), right(currency), right("₽".to_owned()), left(String::new())];
        text.push_str(&table(&head, &cells));
    }
    text
}

fn figure_cells(figure: &view::PriceFigure) -> Vec<String> {
    let meter = match figure.above_input_tokens {
        Some(n) => say!("prices-above", meter = &figure.meter, n = n),
        None => figure.meter.clone(),
    };
    let per = match figure.per.as_str() {
        "request" => say!("prices-per-request"),
        "unit" => say!("prices-per-unit"),
        _ => say!("prices-per-million-tokens"),
    };
    let rub = figure.price_micro_rub.map_or_else(|| say!("prices-no-rate"), |amount| words().rub(amount));
    vec![format!("  {meter}"), words().decimal(&figure.price), rub, per]
}

fn rates_text(report: &view::PriceList) -> String {
    let mut text = format!("{}\n", say!("prices-of-day", day = &report.day));
    for rate in &report.fx {
        let values = [
            ("currency", rate.currency.as_str().into()),
            ("rate", words().decimal(&rate.rate).into()),
            ("charged", words().decimal(&rate.charged).into()),
            ("date", rate.date.as_str().into()),
            ("source", rate.source.as_str().into()),
            ("n", rate.age_days.and_then(|days| u64::try_from(days).ok()).unwrap_or_default().into()),
        ];
        let key = if rate.age_days.is_some() { "prices-fx-age" } else { "prices-fx" };
        let _infallible = writeln!(text, "{}", words().with(key, &values));
    }
    for note in &report.notes {
        let _infallible = writeln!(text, "{}", say!("note", text = note));
    }
    text
}
