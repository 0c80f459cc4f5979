//! `plyrum config`: where the configuration is, what holds, and where each value comes from.

use super::{Outcome, paths};
use crate::out;
use crate::sanitize::clean;
use crate::table::{left, table};
use crate::text::{say, told};
use plyrum_config::Diagnostic;
use plyrum_protocol::{ErrorKind, Fault, view};
use plyrum_settings::Settings;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// The path of your configuration file
    Path,
    /// What holds, and where each value comes from
    Show {
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Check the files
    Check {
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(command: &Command) -> Outcome {
    let paths = paths()?;
    let workspace = std::env::current_dir().ok();
    match command {
        Command::Path => {
            let file = std::path::absolute(paths.config_file()).unwrap_or_else(|_| paths.config_file());
            out::print(&format!("{}\n", file.display()))?;
        }
        Command::Show { json } => {
            Settings::load(&paths, workspace.as_deref()).map_err(|problems| broken(&problems))?;
            let entries =
                Settings::entries(&paths, workspace.as_deref()).map_err(|problems| broken(&problems))?;
            let rows: Vec<view::ConfigRow> = entries
                .into_iter()
                .map(|e| view::ConfigRow { key: e.key, value: e.value, origin: e.origin })
                .collect();
            show(&rows, *json)?;
        }
        Command::Check { json } => {
            let checked = Settings::load(&paths, workspace.as_deref());
            return check(&checked.map(|settings| settings.notes), *json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(rows: &[view::ConfigRow], json: bool) -> Result<(), Fault> {
    if json {
        return out::print_json(&rows);
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| vec![row.key.clone(), row.value.clone(), told(&row.origin).into_owned()])
        .collect();
    let head = [left(say!("col-key")), left(say!("col-value")), left(say!("col-from"))];
    out::print(&table(&head, &cells))
}

fn check(checked: &Result<Vec<String>, Vec<Diagnostic>>, json: bool) -> Outcome {
    let check = |ok, detail: String| view::Check { name: "config".to_owned(), ok, detail };
    let checks = match checked {
        Ok(notes) => std::iter::once(check(true, say!("config-fine")))
            .chain(notes.iter().map(|note| check(true, note.clone())))
            .collect::<Vec<_>>(),
        Err(problems) => problems.iter().map(|problem| check(false, problem.to_string())).collect(),
    };
    let report = view::Checks { ok: checked.is_ok(), checks };
    if json {
        out::print_json(&report)?;
    } else {
        let lines: Vec<_> = report.checks.iter().map(|check| told(&check.detail)).collect();
        out::print(&clean(&format!("{}\n", lines.join("\n"))))?;
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::from(ErrorKind::Config.exit_code()) })
}

/// All problems in one error.
pub(crate) fn broken(problems: &[Diagnostic]) -> Fault {
    let lines: Vec<String> = problems.iter().take(10).map(ToString::to_string).collect();
    Fault::new(ErrorKind::Config, clean(&lines.join("\n"))).hint(say!("hint-config"))
}
