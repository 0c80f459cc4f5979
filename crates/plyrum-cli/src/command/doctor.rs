//! `plyrum doctor`: everything that can be looked at without changing anything, one line each.

use super::{Outcome, daemon, hello, ledger, lists, paths, runtime};
use crate::out;
use crate::sanitize::clean;
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

/// A daemon that is stuck or has the lock without listening is a finding.
fn the_daemon(paths: &Paths) -> view::Check {
    let found = daemon::status(paths).and_then(|status| match plyrum_client::trouble(&status) {
        Some(fault) => Err(fault),
        None if let Some(problem) = &status.audit_problem => {
            let message = format!("it cannot write the audit log: {problem}");
            Err(Fault::new(ErrorKind::Storage, message)
                .hint("no run that may cost money starts until it can; it tries by itself"))
        }
        None if let Some(what) = &status.audit_broken => {
            let message = format!("it found the audit log broken: {what}");
            Err(Fault::new(ErrorKind::Storage, message).hint("plyrum audit verify"))
        }
        None if status.running => {
            Ok(format!("{}; it has the environment of the shell that started it", daemon::in_words(&status)))
        }
        None => Ok(daemon::in_words(&status)),
    });
    check("daemon", found)
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
        let file = paths.config_file();
        let mut detail = format!("{}: {providers} providers, {models} models", file.display());
        for note in settings.notes.iter().chain(&settings.catalog.fx_notes(super::prices::today())) {
            detail += &format!("; {note}");
        }
        detail
    });
    check(
        "config",
        found.map_err(|problems| {
            let lines: Vec<String> = problems.iter().take(5).map(ToString::to_string).collect();
            Fault::new(ErrorKind::Config, lines.join("; "))
        }),
    )
}

/// Which side reads which variable; names only.
fn environment() -> view::Check {
    let keys = hello().key_names;
    let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
    check(
        "environment",
        Ok(format!(
            "this shell: PLYRUM_HOME, PLYRUM_LANG, LC_ALL, LANG, TZ, NO_COLOR; read by the daemon from its own starter: provider keys, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE (key variables here: {keys})"
        )),
    )
}

/// What the sandbox of commands is worth, by trying to get out of it. Without the full one nothing is broken, but
/// commands are asked for each time.
fn sandbox(paths: &Paths) -> view::Check {
    let found = || -> Result<String, Fault> {
        let program = std::env::current_exe()
            .map_err(|e| Fault::new(ErrorKind::Internal, format!("where this program is: {e}")))?;
        let config = Config::of_user(paths, program);
        let probed = runtime()?.block_on(probe(&config));
        let held = probed.details.iter().filter(|check| check.ok).count();
        let failed =
            probed.details.iter().filter(|check| !check.ok).map(|c| format!("{}: {}", c.name, c.detail));
        let failed: Vec<String> = failed.take(4).collect();
        Ok(match probed.level {
            Level::Full => {
                format!("full: bubblewrap and seccomp, {held} checks held; policies may allow commands")
            }
            level => format!(
                "{level}: a command is asked for each time, whatever policies say ({})",
                failed.join("; ")
            ),
        })
    };
    check("sandbox", found())
}

/// Which models can be asked: only a daemon knows, since it reads the keys. None is started for it.
fn models(paths: &Paths) -> view::Check {
    let found = || -> Result<String, Fault> {
        let workspace = std::env::current_dir().ok();
        let Ok(settings) = Settings::load(paths, workspace.as_deref()) else {
            return Ok("unknown until the configuration is correct".to_owned());
        };
        let rows = runtime()?.block_on(async {
            let Some(mut client) = connect(paths, &hello()).await? else { return Ok(None) };
            client.require_common_version()?;
            lists::pages::<ModelList, _>(&mut client).await.map(Some)
        })?;
        match rows {
            None => Ok("unknown until the daemon runs: it is the one that reads the keys".to_owned()),
            Some(rows) => match &settings.defaults.model {
                ModelChoice::Auto => readiness(&rows, None),
                ModelChoice::Fixed(default) => readiness(&rows, Some(default.as_str())),
            },
        }
    };
    check("models", found())
}

/// How many can be asked, and whether the one that is asked by default is among them; without a default the
/// router chooses.
fn readiness(rows: &[view::ModelRow], default: Option<&str>) -> Result<String, Fault> {
    let ready = format!("{} of {} ready", rows.iter().filter(|row| row.ready).count(), rows.len());
    let Some(default) = default else {
        return Ok(format!("{ready}; the router chooses among them"));
    };
    match rows.iter().find(|row| row.model == default) {
        Some(row) if row.ready => Ok(format!("{ready}; {default}, the default, is")),
        row => {
            let why = row.and_then(|row| row.why_not.as_deref()).unwrap_or("the daemon does not know it");
            let message = format!("{ready}; {default}, the default, is not: {why}");
            Err(Fault::new(ErrorKind::Config, message)
                .hint("plyrum models list; after changing an environment variable: plyrum daemon restart"))
        }
    }
}

/// Where the ledger lies: SQLite's log works between processes of one host only.
fn place(paths: &Paths) -> view::Check {
    let dir = &paths.data_dir;
    check(
        "file system",
        match plyrum_ledger::file_system(dir) {
            FileSystem::Local => Ok(format!("{} is local", dir.display())),
            FileSystem::Shared(kind) => Ok(format!(
                "{} is on {kind}, which other hosts may share: the ledger is safe only while a single host uses it",
                dir.display()
            )),
            FileSystem::Network(kind) => Err(Fault::new(
                ErrorKind::Storage,
                format!(
                    "{} is on {kind}, a network file system, where SQLite's write-ahead log does not work: the ledger is not opened there",
                    dir.display()
                ),
            )
            .hint("set PLYRUM_HOME to a local directory")),
        },
    )
}

/// Two copies of one home would spend the same money.
fn original(paths: &Paths) -> view::Check {
    let found = || -> Result<String, Fault> {
        let Some(reader) = ledger(paths)? else { return Ok("nothing booked yet".to_owned()) };
        match reader.copy_of().map_err(|e| super::of_ledger(&e))? {
            None => Ok("this ledger is nobody's copy".to_owned()),
            Some(original) => {
                let message =
                    format!("this home is a copy: the same ledger is still at {}", original.display());
                Err(Fault::new(ErrorKind::Storage, message).hint(
                    "use one of the two: both would spend the same money, and each would miss what the other spent",
                ))
            }
        }
    };
    check("copies", found())
}

/// What `plyrum ledger reconcile` finds: the books and what they say of the log, and the log itself.
fn books(paths: &Paths) -> [view::Check; 2] {
    match ledger::checks(paths) {
        Ok(mut checks) => {
            let log = checks.pop().map_or(Ok(String::new()), |log| {
                if log.ok { Ok(log.detail) } else { Err(Fault::new(ErrorKind::Storage, log.detail)) }
            });
            [check("ledger", proved(&checks)), check("audit", log)]
        }
        Err(fault) => [check("ledger", Err(fault.clone())), check("audit", Err(fault))],
    }
}

fn proved(checks: &[view::Check]) -> Result<String, Fault> {
    let broken = checks.iter().filter(|check| !check.ok);
    let broken: Vec<String> = broken.map(|check| format!("{}: {}", check.name, check.detail)).collect();
    match (checks.len(), broken.is_empty()) {
        (0, _) => Ok("nothing booked yet".to_owned()),
        (proofs, true) => Ok(format!("{proofs} proofs hold")),
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
        let found = |default| check("models", readiness(&rows, default));
        let auto = found(None);
        assert_eq!((auto.ok, auto.detail.as_str()), (true, "1 of 2 ready; the router chooses among them"));
        let fast = found(Some("lab/fast"));
        assert_eq!((fast.ok, fast.detail.as_str()), (true, "1 of 2 ready; lab/fast, the default, is"));
        let slow = found(Some("lab/slow"));
        assert!(!slow.ok && slow.detail.contains("lab/slow, the default, is not: SLOW_KEY is not set"));
        assert!(slow.detail.contains("daemon restart"), "{}", slow.detail);
    }
}
