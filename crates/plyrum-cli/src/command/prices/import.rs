//! `plyrum prices import`: the difference first, then a yes, then rows at the end of `prices.toml`.

use super::changes::{Compared, ListArgs, compare};
use super::{settings_on, today};
use crate::command::{Outcome, config, paths};
use crate::fault::wrong_use;
use crate::out;
use crate::text::say;
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
        let added = say!("prices-added", n = count, path = file.path().display().to_string());
        out::print(&format!("{added}\n"))?;
    } else {
        out::print(&format!("{}\n", say!("prices-nothing")))?;
    }
    match compared.count(Verdict::Jump) {
        jumps if jumps > 0 && !args.allow_jumps => {
            Err(Fault::new(ErrorKind::Failed, say!("fault-jumps", n = jumps)).hint(say!("hint-jumps")))
        }
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

/// A yes at the terminal, or in the command.
fn confirm(yes: bool, count: usize, file: &PricesFile) -> Result<(), Fault> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(wrong_use(say!("fault-nothing-added-terminal")).hint(say!("hint-list-yes")));
    }
    out::err(&say!("prices-confirm", n = count, path = file.path().display().to_string()));
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|e| wrong_use(say!("fault-answer", why = e.to_string())))?;
    match answer.trim() {
        "y" | "Y" | "yes" | "да" => Ok(()),
        _ => Err(wrong_use(say!("fault-nothing-added"))),
    }
}

fn of_add(error: &AddError) -> Fault {
    match error {
        AddError::Changed(_) => {
            Fault::new(ErrorKind::Storage, error.to_string()).hint(say!("hint-another-import"))
        }
        AddError::TooLong(_) | AddError::Broken(_) => {
            Fault::new(ErrorKind::Storage, error.to_string()).hint(say!("hint-fewer-models"))
        }
        AddError::Storage(e) => plyrum_client::of_config(e),
    }
}
