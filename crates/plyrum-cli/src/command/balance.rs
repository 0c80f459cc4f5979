//! `plyrum balance`: the account, straight from the ledger.

use super::{Outcome, ledger, of_ledger, paths};
use crate::money::Lang;
use crate::out;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::view;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// What is there, what is reserved, what may be spent
    Show {
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(command: &Command) -> Outcome {
    let Command::Show { json } = command;
    let balance = match ledger(&paths()?)? {
        None => view::Balance {
            mode: "metered".to_owned(),
            posted_micro_rub: MicroRub::ZERO,
            held_micro_rub: MicroRub::ZERO,
            available_micro_rub: None,
        },
        Some(reader) => {
            let balance = reader.balance().map_err(|e| of_ledger(&e))?;
            view::Balance {
                mode: balance.mode.as_str().to_owned(),
                posted_micro_rub: balance.posted,
                held_micro_rub: balance.held,
                available_micro_rub: balance.available,
            }
        }
    };
    if *json {
        out::print_json(&balance)?;
    } else {
        let lang = Lang::of_environment();
        let available = balance.available_micro_rub.map_or("no limit".to_owned(), |amount| lang.rub(amount));
        out::print(&format!(
            "mode       {}\nposted     {}\nheld       {}\navailable  {available}\n",
            balance.mode,
            lang.rub(balance.posted_micro_rub),
            lang.rub(balance.held_micro_rub),
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
