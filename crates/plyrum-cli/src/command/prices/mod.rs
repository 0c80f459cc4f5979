//! `plyrum prices`: which prices hold, where they are from, and how they change. Works without a daemon: prices
//! are configuration, and the daemon reads them again at its next run.

mod changes;
mod import;
mod list;
mod quote;

use super::{Outcome, config, paths};
use crate::fault::wrong_use;
use crate::text::say;
use plyrum_catalog::{Catalog, Day};
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_settings::Settings;
use std::collections::BTreeSet;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Which price each model has, and since when, from whom, in rubles
    List(list::Args),
    /// Add the prices of a list that you have downloaded, after showing what it changes
    Import(import::Args),
    /// What an import would change; nothing is written
    Diff(changes::Args),
    /// What a request would cost, exactly, and what would be held for it
    Quote(quote::Args),
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::List(args) => list::run(args),
        Command::Import(args) => import::run(args),
        Command::Diff(args) => changes::run(args),
        Command::Quote(args) => quote::run(args),
    }
}

/// The configuration with the prices of a day.
fn settings_on(day: Day) -> Result<Settings, Fault> {
    let workspace = std::env::current_dir().ok();
    let mut settings =
        Settings::load(&paths()?, workspace.as_deref()).map_err(|problems| config::broken(&problems))?;
    settings.catalog = settings.catalog.at(day);
    Ok(settings)
}

/// The day that is asked about: today, UTC, where none is.
fn asked_day(written: Option<&str>) -> Result<Day, Fault> {
    written.map_or_else(
        || Ok(today()),
        |text| Day::parse(text).ok_or_else(|| wrong_use(say!("fault-day", text = text))),
    )
}

#[expect(clippy::disallowed_methods, reason = "imported prices hold from the caller's today")]
pub(crate) fn today() -> Day {
    Day::of_unix_millis(jiff::Timestamp::now().as_millisecond())
}

fn no_model(name: &str, settings: &Settings) -> Fault {
    let configured = settings.catalog.models.keys().map(plyrum_catalog::ModelId::as_str);
    let imported = settings.prices.models().map(|(model, _)| model.as_str());
    let known: BTreeSet<&str> = configured.chain(imported).collect();
    let hint = match plyrum_config::nearest(name, known.into_iter()) {
        Some(near) => say!("hint-did-you-mean", near = near),
        None => say!("hint-prices-all"),
    };
    let message = say!("fault-no-model", model = name.escape_debug().to_string());
    Fault::new(ErrorKind::NotFound, message).hint(hint)
}

/// The exchange rate of a currency; `None`: there is none.
fn fx_of(catalog: &Catalog, currency: &str) -> Option<plyrum_billing_client::Fx> {
    match currency {
        "RUB" => Some(plyrum_billing_client::Fx::RUB),
        other => catalog.fx.get(other).map(|rate| rate.fx),
    }
}
