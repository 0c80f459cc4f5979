//! `plyrum prices import`: the difference first, then a yes, then rows at the end of `prices.toml`.

use super::changes::{Compared, ListArgs, compare};
use super::{settings_on, today};
use crate::command::{Outcome, config, paths};
use crate::fault::wrong_use;
use crate::out;
use plyrum_catalog::book_text;
use plyrum_catalog::import::Verdict;
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_settings::{AddError, PricesFile};
use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    list: ListArgs,
    /// Write without asking
    #[arg(long)]
    yes: bool,
    /// Take prices too that become five times as much or as little
    #[arg(long)]
    allow_jumps: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let paths = paths()?;
    paths.prepare().map_err(|e| plyrum_client::of_config(&e))?;
    let day = today();
    let settings = settings_on(day)?;
    let file = PricesFile::read(&paths).map_err(|e| plyrum_client::of_config(&e))?;
    let book = file.book().map_err(|problems| config::broken(&problems))?;
    let compared = compare(&args.list, &settings.catalog, &book, day)?;
    out::print(&compared.text())?;
    let (count, rows) = rows(&compared, args.allow_jumps);
    if count > 0 {
        confirm(args.yes, count, &file)?;
        file.add(&rows).map_err(|e| of_add(&e))?;
        out::print(&format!("{} added to {}\n", prices(count), file.path().display()))?;
    } else {
        out::print("nothing to add: no price is another one\n")?;
    }
    match compared.count(Verdict::Jump) {
        jumps if jumps > 0 && !args.allow_jumps => Err(Fault::new(
            ErrorKind::Failed,
            format!("{} left out: five times as much or as little as the one that holds", prices(jumps)),
        )
        .hint("look at it in the list above, then import it with --allow-jumps --only MODEL")),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The rows to add, and how many.
fn rows(compared: &Compared, allow_jumps: bool) -> (usize, String) {
    let taken = compared.changes.iter().filter(|change| match change.verdict {
        Verdict::New | Verdict::Changed => true,
        Verdict::Jump => allow_jumps,
        Verdict::Unknown | Verdict::Refused | Verdict::NotText | Verdict::Unchanged => false,
    });
    let rows: Vec<String> =
        taken.filter_map(|change| Some(book_text(change.model.as_ref()?, change.row.as_ref()?))).collect();
    (rows.len(), rows.concat())
}

fn prices(count: usize) -> String {
    if count == 1 { "1 price".to_owned() } else { format!("{count} prices") }
}

/// A yes at the terminal, or in the command.
fn confirm(yes: bool, count: usize, file: &PricesFile) -> Result<(), Fault> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(wrong_use("nothing was added: there is no terminal to ask for a yes at")
            .hint("look at the list above, then say --yes"));
    }
    out::err(&format!("add {} to {}? [y/N]", prices(count), file.path().display()));
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|e| wrong_use(format!("cannot read the answer: {e}")))?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(wrong_use("nothing was added")),
    }
}

fn of_add(error: &AddError) -> Fault {
    match error {
        AddError::Changed(_) => Fault::new(ErrorKind::Storage, error.to_string())
            .hint("another import was faster: run the command again and look at its list"),
        AddError::TooLong(_) | AddError::Broken(_) => {
            Fault::new(ErrorKind::Storage, error.to_string()).hint("take fewer models with --only")
        }
        AddError::Storage(e) => plyrum_client::of_config(e),
    }
}
