//! One file per command: its arguments, what it does, how it shows it.

pub(crate) mod approvals;
pub(crate) mod ask;
pub(crate) mod audit;
pub(crate) mod balance;
pub(crate) mod bench;
pub(crate) mod budget;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod daemon;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod feedback;
pub(crate) mod ledger;
pub(crate) mod lists;
pub(crate) mod man;
mod overhead;
pub(crate) mod plain;
pub(crate) mod policy;
pub(crate) mod prices;
pub(crate) mod providers;
pub(crate) mod replay;
pub(crate) mod route;
pub(crate) mod runs;
pub(crate) mod screen;
pub(crate) mod sessions;
pub(crate) mod statusline;
pub(crate) mod transcript;
pub(crate) mod undo;
pub(crate) mod usage;

use crate::args::{Args, Command};
use crate::fault;
use crate::text::say;
use plyrum_client::{Client, Launch, connect_or_start};
use plyrum_config::Paths;
use plyrum_ledger::{LedgerError, LedgerReader};
use plyrum_protocol::{ErrorKind, Fault, Hello};
use std::process::ExitCode;

/// What a command comes to: an exit code, or an error to tell.
pub(crate) type Outcome = Result<ExitCode, Fault>;

/// Runs a command.
pub(crate) fn run(args: Args) -> ExitCode {
    let Some(command) = args.command else {
        return screen::run(args.screen).unwrap_or_else(|fault| fault::tell(&fault));
    };
    let outcome = match command {
        Command::Ask(args) => return ask::run(&args),
        Command::Runs(command) => runs::run(&command),
        Command::Sessions(command) => return sessions::run(&command),
        Command::Transcript(command) => transcript::run(&command),
        Command::Usage(args) => usage::run(&args),
        Command::Balance(command) => balance::run(&command),
        Command::Budget(command) => budget::run(&command),
        Command::Bench(command) => bench::run(&command),
        Command::Explain(args) => explain::run(&args),
        Command::Ledger(command) => ledger::run(&command),
        Command::Statusline(args) => statusline::run(&args),
        Command::Audit(command) => audit::run(&command),
        Command::Approvals(command) => approvals::run(&command),
        Command::Approve(args) => approvals::approve(&args),
        Command::Deny(args) => approvals::deny(&args),
        Command::Undo(args) => undo::run(&args),
        Command::Feedback(args) => feedback::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Route(args) => route::run(args),
        Command::Policy(command) => policy::run(&command),
        Command::Prices(command) => prices::run(&command),
        Command::Plans(command) => lists::plans(&command),
        Command::Personas(command) => lists::personas(&command),
        Command::Models(command) => lists::models(&command),
        Command::Providers(command) => providers::run(&command),
        Command::Daemon(command) => daemon::run(&command),
        Command::Config(command) => config::run(&command),
        Command::Doctor(args) => doctor::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man => man::run(),
    };
    outcome.unwrap_or_else(|fault| fault::tell(&fault))
}

/// Where everything of this user is.
pub(crate) fn paths() -> Result<Paths, Fault> {
    Paths::resolve(|name| std::env::var_os(name)).map_err(|e| plyrum_client::of_config(&e))
}

/// What this client says of itself, with the names of the key variables that its environment has.
pub(crate) fn hello() -> Hello {
    let mut key_names: Vec<String> = std::env::vars_os()
        .filter_map(|(name, value)| name.into_string().ok().filter(|_| !value.is_empty()))
        .filter(|name| {
            let key_like = ["KEY", "TOKEN", "CREDENTIALS", "SECRET"].iter().any(|end| name.ends_with(end));
            key_like && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
        .take(64)
        .collect();
    key_names.sort();
    Hello { key_names, ..Hello::of_this_build() }
}

/// The working directory, as the daemon takes it.
pub(crate) fn workspace() -> Option<String> {
    std::env::current_dir().ok()?.into_os_string().into_string().ok()
}

/// A small runtime: a client waits for one thing at a time.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Fault::new(ErrorKind::Internal, say!("fault-start", why = e.to_string())))
}

/// A connection that speaks our protocol, with the daemon started where none runs.
pub(crate) async fn connected(paths: &Paths) -> Result<Client, Fault> {
    let client = connect_or_start(paths, &hello(), &Launch::this_program()?).await?;
    client.require_common_version()?;
    Ok(client)
}

/// The ledger, read without a daemon. `None`: nothing was ever booked here.
pub(crate) fn ledger(paths: &Paths) -> Result<Option<LedgerReader>, Fault> {
    paths.check().map_err(|e| plyrum_client::of_config(&e))?;
    let path = paths.ledger_path();
    match path.try_exists() {
        Ok(false) => Ok(None),
        Ok(true) => match LedgerReader::open(&path) {
            // A daemon that starts for the first time has made the file and not yet its tables.
            Err(LedgerError::OlderSchema { found: 0, .. }) => Ok(None),
            opened => opened.map(Some).map_err(|e| of_ledger(&e)),
        },
        Err(e) => {
            let message = say!("fault-file", path = path.display().to_string(), why = e.to_string());
            Err(Fault::new(ErrorKind::Storage, message))
        }
    }
}

/// A ledger error as the user meets it.
pub(crate) fn of_ledger(error: &LedgerError) -> Fault {
    match error {
        LedgerError::UnknownRun { .. } => {
            Fault::new(ErrorKind::NotFound, error.to_string()).hint("plyrum runs list")
        }
        LedgerError::AmbiguousRun { .. } => {
            Fault::new(ErrorKind::Ambiguous, error.to_string()).hint(say!("hint-more-of-id"))
        }
        _ => Fault::new(ErrorKind::Storage, error.to_string()).hint("plyrum doctor"),
    }
}

/// The ledger has nothing yet.
pub(crate) fn nothing_yet() -> Fault {
    Fault::new(ErrorKind::NotFound, say!("fault-nothing-yet")).hint(say!("hint-ask"))
}
