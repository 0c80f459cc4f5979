//! `plyrum doctor`: everything that can be looked at without changing anything, one line each.

use super::{Outcome, daemon, hello, ledger, lists, paths, runtime};
use crate::out;
use crate::sanitize::clean;
use crate::text::{self, say, told};
use plyrum_client::connect;
use plyrum_config::Paths;
use plyrum_ledger::FileSystem;
use plyrum_protocol::{ErrorKind, Fault, ModelList, view};
use plyrum_settings::{ModelChoice, Settings};
use plyrum_tools::sandbox::{Config, Level, probe};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let paths = paths()?;
    let mut checks = vec![
        home(&paths),
        configuration(&paths),
        environment(),
        the_daemon(&paths),
        models(&paths),
        sandbox(&paths),
        place(&paths),
        original(&paths),
    ];
    checks.extend(books(&paths));
    let report = view::Checks { ok: checks.iter().all(|check| check.ok), checks };
    if args.json {
        out::print_json(&report)?;
    } else {
        let line = |check: &view::Check| {
            format!("{} {:<12} {}\n", text::verdict(check.ok), check.name, check.detail)
        };
        out::print(&clean(&report.checks.iter().map(line).collect::<String>()))?;
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check(name: String, found: Result<String, Fault>) -> view::Check {
    let (ok, detail) = match found {
        Ok(detail) => (true, detail),
        Err(fault) => {
            let what = told(&fault.message);
            (false, fault.hint.map_or_else(|| what.to_string(), |hint| format!("{what} ({})", told(&hint))))
        }
    };
    view::Check { name, ok, detail }
}

/// A daemon that is stuck or has the lock without listening is a finding.
fn the_daemon(paths: &Paths) -> view::Check {
    let found = daemon::status(paths).and_then(|status| match plyrum_client::trouble(&status) {
        Some(fault) => Err(fault),
        None if let Some(problem) = &status.audit_problem => {
            let message = say!("doctor-cannot-audit", problem = problem);
            Err(Fault::new(ErrorKind::Storage, message).hint(say!("doctor-cannot-audit-hint")))
        }
        None if let Some(what) = &status.audit_broken => {
            let message = say!("doctor-audit-broken", what = what);
            Err(Fault::new(ErrorKind::Storage, message).hint("plyrum audit verify"))
        }
        None if status.running => Ok(say!("doctor-daemon-running", status = daemon::in_words(&status))),
        None => Ok(daemon::in_words(&status)),
    });
    check(say!("doctor-daemon"), found)
}

fn home(paths: &Paths) -> view::Check {
    let found = paths.check().map_err(|e| plyrum_client::of_config(&e));
    check(
        say!("doctor-home"),
        found.map(|()| {
            let (data, socket) = (paths.data_dir.display(), paths.socket_path());
            say!("doctor-home-is", data = data.to_string(), socket = socket.display().to_string())
        }),
    )
}

fn configuration(paths: &Paths) -> view::Check {
    let workspace = std::env::current_dir().ok();
    let found = Settings::load(paths, workspace.as_deref()).map(|settings| {
        let (providers, models) = (settings.catalog.providers.len(), settings.catalog.models.len());
        let file = paths.config_file();
        let file = file.display().to_string();
        let mut detail = say!("doctor-config-is", path = file, providers = providers, models = models);
        for note in settings.notes.iter().chain(&settings.catalog.fx_notes(super::prices::today())) {
            detail += &format!("; {}", told(note));
        }
        detail
    });
    check(
        say!("doctor-config"),
        found.map_err(|problems| {
            let lines: Vec<String> = problems.iter().take(5).map(ToString::to_string).collect();
            Fault::new(ErrorKind::Config, lines.join("; "))
        }),
    )
}

/// Which side reads which variable; names only.
fn environment() -> view::Check {
    let keys = hello().key_names;
    let keys = if keys.is_empty() { say!("doctor-none") } else { keys.join(", ") };
    check(say!("doctor-environment"), Ok(say!("doctor-environment-is", keys = keys)))
}

/// What the sandbox of commands is worth, by trying to get out of it. Without the full one nothing is broken, but
/// commands are asked for each time.
fn sandbox(paths: &Paths) -> view::Check {
    let found = || -> Result<String, Fault> {
        let program = std::env::current_exe()
            .map_err(|e| Fault::new(ErrorKind::Internal, say!("fault-program", why = e.to_string())))?;
        let config = Config::of_user(paths, program);
        let probed = runtime()?.block_on(probe(&config));
        let held = probed.details.iter().filter(|check| check.ok).count();
        let failed =
            probed.details.iter().filter(|check| !check.ok).map(|c| format!("{}: {}", c.name, c.detail));
        let failed: Vec<String> = failed.take(4).collect();
        Ok(match probed.level {
            Level::Full => say!("doctor-sandbox-full", n = held),
            level => {
                say!("doctor-sandbox-part", level = level.to_string(), failed = failed.join("; "))
            }
        })
    };
    check(say!("doctor-sandbox"), found())
}

/// Which models can be asked: only a daemon knows, since it reads the keys. None is started for it.
fn models(paths: &Paths) -> view::Check {
    let found = || -> Result<String, Fault> {
        let workspace = std::env::current_dir().ok();
        let Ok(settings) = Settings::load(paths, workspace.as_deref()) else {
            return Ok(say!("doctor-models-config"));
        };
        let rows = runtime()?.block_on(async {
            let Some(mut client) = connect(paths, &hello()).await? else { return Ok(None) };
            client.require_common_version()?;
            lists::pages::<ModelList, _>(&mut client).await.map(Some)
        })?;
        match rows {
            None => Ok(say!("doctor-models-daemon")),
            Some(rows) => match &settings.defaults.model {
                ModelChoice::Auto => readiness(&rows, None),
                ModelChoice::Fixed(default) => readiness(&rows, Some(default.as_str())),
            },
        }
    };
    check(say!("doctor-models"), found())
}

/// How many can be asked, and whether the one that is asked by default is among them; without a default the
/// router chooses.
fn readiness(rows: &[view::ModelRow], default: Option<&str>) -> Result<String, Fault> {
    let (ready, all) = (rows.iter().filter(|row| row.ready).count(), rows.len());
    let Some(default) = default else {
        return Ok(say!("doctor-models-auto", ready = ready, all = all));
    };
    match rows.iter().find(|row| row.model == default) {
        Some(row) if row.ready => {
            Ok(say!("doctor-models-default", ready = ready, all = all, model = default))
        }
        row => {
            let why = row.and_then(|row| row.why_not.clone());
            let why = why.unwrap_or_else(|| say!("doctor-models-unknown"));
            let message = say!(
                "doctor-models-default-not",
                ready = ready,
                all = all,
                model = default,
                why = &*told(&why)
            );
            Err(Fault::new(ErrorKind::Config, message).hint(say!("doctor-models-hint")))
        }
    }
}

/// Where the ledger lies: SQLite's log works between processes of one host only.
fn place(paths: &Paths) -> view::Check {
    let dir = &paths.data_dir;
    let shown = dir.display().to_string();
    check(
        say!("doctor-place"),
        match plyrum_ledger::file_system(dir) {
            FileSystem::Local => Ok(say!("doctor-local", dir = shown)),
            FileSystem::Shared(kind) => Ok(say!("doctor-shared", dir = shown, kind = kind)),
            FileSystem::Network(kind) => {
                let message = say!("doctor-network", dir = shown, kind = kind);
                Err(Fault::new(ErrorKind::Storage, message).hint(say!("doctor-network-hint")))
            }
        },
    )
}

/// Two copies of one home would spend the same money.
fn original(paths: &Paths) -> view::Check {
    let found = || -> Result<String, Fault> {
        let Some(reader) = ledger(paths)? else { return Ok(say!("doctor-nothing")) };
        match reader.copy_of().map_err(|e| super::of_ledger(&e))? {
            None => Ok(say!("doctor-original")),
            Some(original) => {
                let message = say!("doctor-copy", path = original.display().to_string());
                Err(Fault::new(ErrorKind::Storage, message).hint(say!("doctor-copy-hint")))
            }
        }
    };
    check(say!("doctor-copies"), found())
}

/// What `plyrum ledger reconcile` finds: the books and what they say of the log, and the log itself.
fn books(paths: &Paths) -> [view::Check; 2] {
    match ledger::checks(paths) {
        Ok(mut checks) => {
            let log = checks.pop().map_or(Ok(String::new()), |log| {
                if log.ok { Ok(log.detail) } else { Err(Fault::new(ErrorKind::Storage, log.detail)) }
            });
            [check(say!("doctor-ledger"), proved(&checks)), check(say!("doctor-audit"), log)]
        }
        Err(fault) => {
            [check(say!("doctor-ledger"), Err(fault.clone())), check(say!("doctor-audit"), Err(fault))]
        }
    }
}

fn proved(checks: &[view::Check]) -> Result<String, Fault> {
    let broken = checks.iter().filter(|check| !check.ok);
    let broken: Vec<String> = broken.map(|check| format!("{}: {}", check.name, check.detail)).collect();
    match (checks.len(), broken.is_empty()) {
        (0, _) => Ok(say!("doctor-nothing")),
        (proofs, true) => Ok(say!("doctor-proofs", n = proofs)),
        (_, false) => Err(Fault::new(ErrorKind::Storage, broken.join("; ")).hint("plyrum ledger reconcile")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(model: &str, why_not: Option<&str>) -> view::ModelRow {
        view::ModelRow {
            model: model.to_owned(),
            provider: "lab".to_owned(),
            ready: why_not.is_none(),
            why_not: why_not.map(str::to_owned),
            only_when_named: false,
            images: None,
            image_tokens: None,
            context_tokens: 1,
            max_output_tokens: 1,
            currency: None,
            input_per_million: None,
            output_per_million: None,
            origin: "config.toml".to_owned(),
        }
    }

    #[test]
    fn a_default_model_that_cannot_be_asked_is_a_finding_and_another_one_is_not() {
        let rows = [row("lab/fast", None), row("lab/slow", Some("SLOW_KEY is not set"))];
        let found = |default| check(say!("doctor-models"), readiness(&rows, default));
        let auto = found(None);
        assert_eq!((auto.ok, auto.detail.as_str()), (true, "1 of 2 ready; the router chooses among them"));
        let fast = found(Some("lab/fast"));
        assert_eq!((fast.ok, fast.detail.as_str()), (true, "1 of 2 ready; lab/fast, the default, is"));
        let slow = found(Some("lab/slow"));
        assert!(!slow.ok && slow.detail.contains("lab/slow, the default, is not: SLOW_KEY is not set"));
        assert!(slow.detail.contains("daemon restart"), "{}", slow.detail);
    }
}
