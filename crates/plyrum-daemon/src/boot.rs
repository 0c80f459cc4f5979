//! From nothing to a listening daemon, and back, each in a fixed order.
//!
//! Up: own directories → lock → ledger (recovers itself) → audit (drains the outbox) → transcripts of
//! interrupted runs → socket → `ready`. Down: stop accepting → say so in the lock file →
//! what [`ending`] does → remove the socket → let the lock go.

use crate::daemon::{Daemon, Phase};
use crate::lock::{self, Lock};
use crate::recorder::{Kind, Recorder};
use crate::serve::{Bound, bind, serve};
use crate::signals::Signals;
use crate::{clock, ending, ids, limits, log, recover, resume, tools};
use plyrum_config::Paths;
use plyrum_ledger::{Ledger, Mode, ModeSource, Recovery, RecoverySpec};
use plyrum_protocol::{ENDS_WITHIN, ErrorKind, Fault};
use plyrum_redact::Redactor;
use plyrum_settings::BillingMode;
use serde_json::json;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Longest that a second starter waits for the first one's daemon to listen.
const OTHER_WITHIN: Duration = Duration::from_secs(25);
/// Longest that it waits for one that is ending: longer than that takes.
const ENDING_WITHIN: Duration = ENDS_WITHIN.saturating_add(Duration::from_secs(10));
/// What tasks that hang get when the runtime ends.
const TASKS_WITHIN: Duration = Duration::from_secs(1);

/// Threads for work that blocks: the embedded extractor's answers, flushes, looks into the ledger. More would wait for
/// the same processors and disk, and each keeps what it once allocated.
const MAX_BLOCKING: usize = 32;

/// How the daemon was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// By a person, in a terminal or under a supervisor; logs to standard error.
    Foreground,
    /// By a client: its own session, `ready` on standard output, then silence there.
    Detached,
}

/// Runs the daemon to its end.
pub fn run(paths: &Paths, start: Start) -> Result<(), Fault> {
    log::tell_panics();
    if start == Start::Detached {
        detach();
    }
    limits::set();
    let ran = match take_lock(paths) {
        Ok(Some(lock)) => with_lock(paths, start, lock),
        Ok(None) => beside_another(paths, start),
        Err(fault) => Err(fault),
    };
    if let (Err(fault), Start::Detached) = (&ran, start) {
        log::line(&format!("cannot run: {fault}"));
        say(&serde_json::to_string(fault).unwrap_or_default());
    }
    ran
}

fn take_lock(paths: &Paths) -> Result<Option<Lock>, Fault> {
    paths.prepare().map_err(|e| of_config(&e))?;
    log::cap(&paths.log_path());
    lock::take(&paths.lock_path())
}

fn of_config(error: &plyrum_config::ConfigError) -> Fault {
    let kind = match error.failure() {
        plyrum_config::Failure::Config => ErrorKind::Config,
        plyrum_config::Failure::Storage => ErrorKind::Storage,
    };
    Fault::new(kind, error.to_string()).hint(error.hint())
}

/// Leaves the starter's session and lets go of everything that was inherited from it, so that neither a
/// hang-up of its terminal reaches us nor a pipe of its shell stays open because of us.
fn detach() {
    if let Err(e) = nix::unistd::setsid() {
        log::line(&format!("cannot leave the session of the starter: {e}"));
    }
    let inherited: Vec<i32> = std::fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in inherited {
        let _listing_itself_is_closed_already = nix::unistd::close(fd);
    }
}

/// A line for the starter, then nothing more: standard output becomes the null device.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _starter_is_gone = writeln!(out, "{line}").and_then(|()| out.flush());
    if let Ok(null) = std::fs::OpenOptions::new().write(true).open("/dev/null") {
        let _still_the_pipe = nix::unistd::dup2_stdout(&null);
    }
}

/// Another daemon has the lock: a client that started us wants just one that listens. Where that other one
/// is ending, this one takes its place.
fn beside_another(paths: &Paths, start: Start) -> Result<(), Fault> {
    if start == Start::Foreground {
        let message = format!("a daemon runs already for {}", paths.run_dir.display());
        return Err(Fault::new(ErrorKind::Failed, message).hint("plyrum daemon status; plyrum daemon stop"));
    }
    let socket = paths.socket_path();
    let began = std::time::Instant::now();
    loop {
        let ending = lock::says_ending(&paths.lock_path());
        if began.elapsed() > if ending { ENDING_WITHIN } else { OTHER_WITHIN } {
            return Err(if ending { still_ending() } else { does_not_listen() });
        }
        if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
            say("ready");
            return Ok(());
        }
        if let Some(lock) = lock::take(&paths.lock_path())? {
            return with_lock(paths, start, lock);
        }
        std::thread::sleep(Duration::from_millis(10)); // the other one comes up or ends: nothing to wait on
    }
}

fn does_not_listen() -> Fault {
    Fault::new(ErrorKind::DaemonUnreachable, "another daemon holds the lock and does not listen")
        .hint("plyrum daemon restart --force; plyrum daemon logs")
}

fn still_ending() -> Fault {
    Fault::new(ErrorKind::DaemonUnreachable, "the daemon before this one is still ending")
        .hint("ask again in a moment; plyrum daemon logs")
}

fn with_lock(paths: &Paths, start: Start, lock: Lock) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(worker_threads())
        .max_blocking_threads(MAX_BLOCKING)
        .enable_all()
        .build()
        .map_err(|e| Fault::new(ErrorKind::Internal, format!("cannot start the runtime: {e}")))?;
    let ran = runtime.block_on(live(paths, start, &lock));
    runtime.shutdown_timeout(TASKS_WITHIN);
    Bound::unlink(&paths.socket_path());
    drop(lock);
    ran
}

fn worker_threads() -> usize {
    std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 8))
}

async fn live(paths: &Paths, start: Start, lock: &Lock) -> Result<(), Fault> {
    let (daemon, bound, audit) = up(paths).await?;
    let signals = Signals::listen();
    if start == Start::Detached {
        say("ready");
    }
    log::line(&format!("listening on {}", bound.path().display()));
    let accepting = tokio::spawn(serve(Arc::clone(&daemon), bound));
    let warming = tokio::spawn(warm(Arc::clone(&daemon)));
    let sweeping = tokio::spawn(crate::sweep::sweep(Arc::clone(&daemon)));
    let idling = tokio::spawn(crate::idle::watch(Arc::clone(&daemon)));
    tokio::select! {
        () = daemon.ending() => {}
        () = signals.to_end() => daemon.advance(Phase::Stopping),
    }
    accepting.abort();
    warming.abort();
    sweeping.abort();
    idling.abort();
    lock.tell_ending();
    ending::down(&daemon, audit, &signals).await;
    Ok(())
}

async fn up(paths: &Paths) -> Result<(Arc<Daemon>, Bound, std::thread::JoinHandle<()>), Fault> {
    let key_path = paths.data_dir.join("install.key");
    let install_key = recover::install_key(&key_path).map_err(|e| {
        Fault::new(ErrorKind::Storage, format!("{}: {e}", key_path.display())).hint("plyrum doctor")
    })?;
    let spec = RecoverySpec { at: clock::now().millis() };
    let (ledger, recovery) = Ledger::open(&paths.ledger_path(), spec)
        .map_err(|e| Fault::new(ErrorKind::Storage, e.to_string()).hint("plyrum doctor"))?;
    let redactor = Redactor::new(install_key, []).for_records();
    log::set_redactor(redactor.clone());
    let boot = ids::hex(&ids::random::<8>().map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?);
    let runtime = tokio::runtime::Handle::current();
    let (audit_dir, audit_ledger) = (paths.audit_dir(), ledger.clone());
    // The writer drains the outbox while it starts, which blocks on the ledger: not on a runtime thread.
    let (recorder, audit) = tokio::task::spawn_blocking(move || {
        Recorder::start(&audit_dir, redactor, &boot, audit_ledger, runtime)
    })
    .await
    .map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))??;
    recorder
        .record(Kind::DaemonStarted, json!({"build": env!("CARGO_PKG_VERSION"), "pid": std::process::id()}));
    recover::finish_deletions(&paths.sessions_dir(), &recorder).await;
    let ended = recover::finish_transcripts(&paths.sessions_dir(), &ledger, &recorder, &recovery).await;
    tell_recovery(&recorder, &recovery, ended);
    let daemon = Arc::new(Daemon::new(paths.clone(), ledger, recorder, install_key));
    set_mode_of_a_new_account(&daemon).await?;
    if let Err(e) = daemon.toolbox.clean_up() {
        log::line(&format!("what commands left in workspaces cannot be taken away: {e}"));
    }
    let looked = Arc::clone(&daemon);
    tokio::task::spawn_blocking(move || {
        tell_copies(looked.toolbox.clean_up_copies());
        tools::catch_up(&looked.toolbox);
    })
    .await
    .map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?;
    let waiting = resume::resume_parked(&daemon).await;
    if waiting > 0 {
        log::line(&format!("{waiting} runs go on waiting for an approval"));
    }
    let bound = bind(&paths.socket_path())?;
    Ok((daemon, bound, audit))
}

/// Says what became of copies of workspaces that checks of a crashed daemon left.
fn tell_copies(cleaned: std::io::Result<plyrum_tools::CleanedUp>) {
    match cleaned {
        Err(e) => log::line(&format!("copies of workspaces that checks left cannot be looked for: {e}")),
        Ok(cleaned) => {
            if cleaned.removed > 0 {
                log::line(&format!(
                    "{} copies of workspaces that checks left are taken away",
                    cleaned.removed
                ));
            }
            if let Some(e) = cleaned.why {
                let left = cleaned.left;
                log::line(&format!("{left} copies of workspaces that checks left cannot be taken away: {e}"));
            }
        }
    }
}

fn tell_recovery(recorder: &Recorder, recovery: &Recovery, transcripts: usize) {
    let (released, settled, interrupted) =
        (recovery.released.len(), recovery.settled.len(), recovery.interrupted.len());
    if released + settled + interrupted + transcripts > 0 {
        let text =
            format!("recovered: {released} released, {settled} settled, {interrupted} runs interrupted");
        log::line(&text);
        recorder.record(
            Kind::DaemonRecovered,
            json!({"released": released, "settled": settled, "interrupted": interrupted, "transcripts": transcripts}),
        );
    }
}

/// `[billing] mode` is the mode of a new account; what `balance set-mode` said wins from then on. A broken
/// configuration is told at the first submit, so that the daemon itself can always be asked.
async fn set_mode_of_a_new_account(daemon: &Daemon) -> Result<(), Fault> {
    let Ok(settings) = plyrum_settings::Settings::load(&daemon.paths, None) else { return Ok(()) };
    let mode = match settings.billing.mode {
        BillingMode::Metered => Mode::Metered,
        BillingMode::Prepaid => Mode::Prepaid,
    };
    let set = daemon.ledger.set_mode(mode, ModeSource::Config, clock::now().millis()).await;
    set.map(|_| ()).map_err(|e| crate::driver::convert::storage(&e))
}

/// Tests the sandbox and reads the configuration before the first submit needs them. A broken one is told at the submit.
async fn warm(daemon: Arc<Daemon>) {
    daemon.toolbox.warm().await;
    if let Err(fault) = daemon.context(None).await {
        log::line(&format!("the configuration cannot be used: {fault}"));
    }
}
