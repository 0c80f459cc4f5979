//! `plyrum doctor`: everything that can be looked at without changing anything, one line each.

use super::{Outcome, audit, daemon, ledger, paths};
use crate::out;
use crate::sanitize::clean;
use plyrum_config::Paths;
use plyrum_protocol::{Fault, view};
use plyrum_settings::Settings;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let paths = paths()?;
    let checks = vec![
        home(&paths),
        configuration(&paths),
        environment(),
        check(
            "daemon",
            daemon::status(&paths).map(|status| match status.pid {
                Some(pid) => {
                    format!("running, process {pid}; it has the environment of the shell that started it")
                }
                None => "not running; it starts by itself when it is needed".to_owned(),
            }),
        ),
        books(&paths),
        record(),
    ];
    let report = view::Checks { ok: checks.iter().all(|check| check.ok), checks };
    if args.json {
        out::print_json(&report)?;
    } else {
        let line = |check: &view::Check| {
            format!("{} {:<12} {}\n", if check.ok { "ok  " } else { "FAIL" }, check.name, check.detail)
        };
        out::print(&clean(&report.checks.iter().map(line).collect::<String>()))?;
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check(name: &str, found: Result<String, Fault>) -> view::Check {
    let (ok, detail) = match found {
        Ok(detail) => (true, detail),
        Err(fault) => {
            (false, fault.hint.map_or(fault.message.clone(), |hint| format!("{} ({hint})", fault.message)))
        }
    };
    view::Check { name: name.to_owned(), ok, detail }
}

fn home(paths: &Paths) -> view::Check {
    let found = paths.check().map_err(|e| plyrum_client::of_config(&e));
    check(
        "home",
        found.map(|()| {
            format!("data in {}, socket {}", paths.data_dir.display(), paths.socket_path().display())
        }),
    )
}

fn configuration(paths: &Paths) -> view::Check {
    let workspace = std::env::current_dir().ok();
    let found = Settings::load(paths, workspace.as_deref()).map(|settings| {
        let (providers, models) = (settings.catalog.providers.len(), settings.catalog.models.len());
        format!("{}: {providers} providers, {models} models", paths.config_file().display())
    });
    check(
        "config",
        found.map_err(|problems| {
            let lines: Vec<String> = problems.iter().take(5).map(ToString::to_string).collect();
            Fault::new(plyrum_protocol::ErrorKind::Config, lines.join("; "))
        }),
    )
}

/// Which side reads which variable; names only.
fn environment() -> view::Check {
    let keys = super::hello().key_names;
    let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
    check(
        "environment",
        Ok(format!(
            "this shell: PLYRUM_HOME, PLYRUM_LANG, LC_ALL, LANG, TZ, NO_COLOR; read by the daemon from its own starter: provider keys, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE (key variables here: {keys})"
        )),
    )
}

fn books(paths: &Paths) -> view::Check {
    let proved = || -> Result<String, Fault> {
        let Some(reader) = ledger(paths)? else { return Ok("nothing booked yet".to_owned()) };
        let proofs = reader.check().map_err(|e| super::of_ledger(&e))?;
        match proofs.iter().find(|proof| !proof.ok) {
            None => Ok(format!("{} proofs hold", proofs.len())),
            Some(broken) => Err(Fault::new(
                plyrum_protocol::ErrorKind::Storage,
                format!("{}: {}", broken.name, broken.detail),
            )),
        }
    };
    check("ledger", proved())
}

fn record() -> view::Check {
    check(
        "audit",
        audit::verdict(None).and_then(|verdict| match verdict.problem {
            None => Ok(format!("{} records verify", verdict.records)),
            Some(problem) => Err(Fault::new(plyrum_protocol::ErrorKind::Storage, problem)),
        }),
    )
}
