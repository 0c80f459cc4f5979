//! `plyrum balance`: the account. What is there comes straight from the ledger; changes go through the daemon,
//! which alone writes it.

use super::budget::rubles;
use super::{Outcome, connected, ledger, of_ledger, paths, runtime};
use crate::fault::wrong_use;
use crate::out;
use crate::random;
use crate::text::{labelled, say, words};
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{BalanceSetMode, BalanceTopUp, ModeOrder, TopUp, view};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// What is there, what is reserved, what may be spent
    Show {
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Add money; debt is paid first
    #[command(after_help = "Examples:
  plyrum balance top-up 500
  plyrum balance top-up 500 --id invoice-17      the same id again adds nothing")]
    TopUp {
        /// How much, in rubles
        #[arg(value_name = "RUB")]
        amount: String,
        /// Your own id of this payment: a repeat of it adds nothing
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Limit the account by what was topped up, or not
    #[command(after_help = "metered: no limit of its own; budgets still hold (default, for your own keys)
prepaid: nothing is spent that was not topped up")]
    SetMode {
        #[arg(value_name = "MODE")]
        mode: Mode,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    Metered,
    Prepaid,
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::Show { json } => show(*json),
        Command::TopUp { amount, id, json } => top_up(amount, id.as_deref(), *json),
        Command::SetMode { mode, json } => set_mode(*mode, *json),
    }
}

fn top_up(amount: &str, id: Option<&str>, json: bool) -> Outcome {
    let micro_rub = rubles(amount)?;
    if micro_rub == MicroRub::ZERO {
        return Err(wrong_use(say!("fault-top-up-zero")));
    }
    let id = match id {
        Some(id) => id.to_owned(),
        None => format!("top-up-{}", random::id()?),
    };
    let order = TopUp { id, micro_rub };
    let done =
        runtime()?.block_on(async { connected(&paths()?).await?.call::<BalanceTopUp>(&order).await })?;
    if json {
        out::print_json(&done)?;
        return Ok(ExitCode::SUCCESS);
    }
    if done.paid_debt_micro_rub > MicroRub::ZERO {
        out::notice(&say!("balance-paid-debt", paid = words().rub(done.paid_debt_micro_rub)));
    }
    out::print(&text(&done.balance))?;
    Ok(ExitCode::SUCCESS)
}

fn set_mode(mode: Mode, json: bool) -> Outcome {
    let mode = match mode {
        Mode::Metered => "metered",
        Mode::Prepaid => "prepaid",
    };
    let order = ModeOrder { mode: mode.to_owned() };
    let balance =
        runtime()?.block_on(async { connected(&paths()?).await?.call::<BalanceSetMode>(&order).await })?;
    if json {
        out::print_json(&balance)?;
    } else {
        out::print(&text(&balance))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(json: bool) -> Outcome {
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
    if json {
        out::print_json(&balance)?;
    } else {
        out::print(&text(&balance))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(balance: &view::Balance) -> String {
    let rub = |amount| words().rub(amount);
    labelled(
        0,
        &[
            (say!("balance-mode"), balance.mode.clone()),
            (say!("balance-posted"), rub(balance.posted_micro_rub)),
            (say!("balance-held"), rub(balance.held_micro_rub)),
            (say!("balance-available"), balance.available_micro_rub.map_or_else(|| say!("no-limit"), rub)),
        ],
    )
}
