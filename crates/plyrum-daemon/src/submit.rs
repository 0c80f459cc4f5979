//! From a submit to a living run, or a refusal with nothing left behind.

use crate::blocking;
use crate::budgets;
use crate::clock;
use crate::context::Context;
use crate::daemon::{Daemon, Phase};
use crate::driver::Driver;
use crate::driver::convert;
use crate::history;
use crate::hub::Hub;
use crate::ids;
use crate::outbox::Outbox;
use crate::project;
use crate::resolve::{Asked, Resolved, resolve};
use crate::runs::{LiveRun, MAX_RUNS};
use plyrum_engine::{Run, RunSpec};
use plyrum_ledger::NewRun;
use plyrum_protocol::{
    ErrorKind, Fault, MAX_PROMPT_BYTES, Receipt, RunId, SessionId, Submit, Submitted, Timestamp,
};
use plyrum_sessions::{SessionLog, TextRole};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A run that was accepted, not yet started: the receipt goes out before its first frame.
pub(crate) struct Accepted {
    pub(crate) reply: Submitted,
    start: Option<Box<Start>>,
}

struct Start {
    driver: Driver,
    spec: RunSpec,
    hub: Arc<Hub>,
}

impl Accepted {
    /// Starts the run, with this client as its first follower. `None`: there is nothing new to start.
    pub(crate) fn start(self, outbox: &Outbox) -> Option<RunId> {
        let start = self.start?;
        start.hub.catch_up(outbox, 0, clock::now());
        let run = start.hub.run.clone();
        tokio::spawn(start.driver.drive(start.spec));
        Some(run)
    }
}

/// Accepts a submit.
pub(crate) async fn accept(
    daemon: &Arc<Daemon>,
    submit: Submit,
    asked: Asked,
    client_keys: &[String],
) -> Result<Accepted, Fault> {
    if let Some(receipt) = earlier(daemon, &submit.run).await {
        return Ok(Accepted { reply: Submitted::Receipt(receipt), start: None });
    }
    check(daemon, &asked)?;
    let now = clock::now();
    let context = daemon.context(submit.workspace.as_deref()).await?;
    let bytes = asked.bytes();
    let asked = blocking::by_size(bytes, || asked.redacted(&context));
    let project = submit.workspace.as_deref().map(project::of);
    let left = budgets::left(&daemon.ledger, &context.settings, project.as_deref()).await?;
    let resolved = blocking::by_size(bytes, || resolve(&context, &asked, &submit.options, left, now))?;
    let session = history::session(daemon, submit.session.as_deref())?;
    let keys_only_in_client = missing_keys(&context, client_keys);
    let offline = is_offline(&context, &resolved);
    let spec = spec(daemon, &submit, asked.clone(), resolved, &session, now)?;
    if submit.dry_run {
        let plan = Run::dry(spec, Arc::<plyrum_catalog::Catalog>::clone(&context.catalog));
        return Ok(Accepted { reply: Submitted::Planned(plan), start: None });
    }
    let receipt =
        Receipt { run: submit.run.clone(), session: session.id.clone(), offline, keys_only_in_client };
    let start = begin(daemon, context, project, &asked, spec).await?;
    Ok(Accepted { reply: Submitted::Receipt(receipt), start: Some(Box::new(start)) })
}

/// The receipt of a run that was submitted before: the same id starts nothing.
async fn earlier(daemon: &Daemon, run: &RunId) -> Option<Receipt> {
    let session = match daemon.runs.get(run) {
        Some(live) => live.hub.session.clone(),
        None => SessionId::new(daemon.ledger.run_totals(run.as_str()).await.ok()?.session).ok()?,
    };
    Some(Receipt { run: run.clone(), session, offline: false, keys_only_in_client: Vec::new() })
}

fn check(daemon: &Daemon, asked: &Asked) -> Result<(), Fault> {
    if daemon.phase() != Phase::Open {
        return Err(Fault::new(ErrorKind::DaemonUnreachable, "the daemon is stopping and takes no new run")
            .hint("ask again in a moment: a new daemon starts by itself"));
    }
    if asked.prompt.len() > MAX_PROMPT_BYTES {
        let message = format!("the prompt has {} bytes, the limit is {MAX_PROMPT_BYTES}", asked.prompt.len());
        return Err(Fault::new(ErrorKind::Usage, message).hint("pipe the text in, or pass it with --file"));
    }
    if asked.prompt.trim().is_empty() && asked.attachments.iter().all(|a| a.text.trim().is_empty()) {
        return Err(Fault::new(ErrorKind::Usage, "the prompt is empty").hint("plyrum ask \"your question\""));
    }
    if daemon.runs.count() >= MAX_RUNS {
        let message = format!("{MAX_RUNS} runs are going on, which is the limit");
        return Err(Fault::new(ErrorKind::Failed, message).hint("plyrum runs list"));
    }
    Ok(())
}

/// Names of provider keys that the client's shell has and the daemon lacks.
fn missing_keys(context: &Context, client_keys: &[String]) -> Vec<String> {
    let wanted = context.catalog.models.keys().filter_map(|model| context.why_not(model)?.key_variable);
    let mut names: Vec<String> = wanted.filter(|name| client_keys.contains(name)).collect();
    names.sort();
    names.dedup();
    names
}

fn is_offline(context: &Context, resolved: &Resolved) -> bool {
    resolved
        .steps
        .iter()
        .filter_map(|step| step.models.first())
        .all(|model| context.registry.get(&model.provider).is_some_and(|entry| entry.is_offline))
}

fn spec(
    daemon: &Daemon,
    submit: &Submit,
    asked: Asked,
    resolved: Resolved,
    session: &history::Conversation,
    now: Timestamp,
) -> Result<RunSpec, Fault> {
    let prompt_sha256 = fingerprint(&asked);
    let context_bytes =
        resolved.steps.iter().filter_map(|s| s.models.first()).map(|m| m.context_tokens).min();
    let exchanges = history::exchanges(daemon, session, context_bytes.unwrap_or(0))?;
    Ok(RunSpec {
        run: submit.run.clone(),
        session: session.id.clone(),
        persona: resolved.persona.name.clone(),
        client: submit.client.chars().filter(|c| !c.is_control()).take(80).collect(),
        plan: resolved.plan.name.clone(),
        conversation: asked.conversation(&resolved.persona, exchanges),
        decision: resolved.decision,
        steps: resolved.steps,
        fan_out: resolved.fan_out,
        quorum: resolved.quorum,
        prompt_sha256,
        limits: resolved.limits,
        seed: ids::seed_of(&submit.run),
        accepted_at: now,
    })
}

/// SHA-256 over the prompt and its attachments, each length-framed, in hex.
fn fingerprint(asked: &Asked) -> String {
    let mut hash = Sha256::new();
    let parts = std::iter::once(("", asked.prompt.as_str()))
        .chain(asked.attachments.iter().map(|a| (a.name.as_str(), a.text.as_str())));
    for (name, text) in parts {
        for part in [name, text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    ids::hex(&hash.finalize())
}

/// Writes the run down and makes its driver.
async fn begin(
    daemon: &Arc<Daemon>,
    context: Arc<Context>,
    project: Option<String>,
    asked: &Asked,
    spec: RunSpec,
) -> Result<Start, Fault> {
    let log = open_log(daemon, &context, &spec, asked)?;
    let new = NewRun {
        run: spec.run.as_str().to_owned(),
        session: spec.session.as_str().to_owned(),
        persona: spec.persona.clone(),
        plan: spec.plan.clone(),
        project: project.clone(),
        client: spec.client.clone(),
        budget: spec.limits.budget,
        at: spec.accepted_at.millis(),
    };
    daemon.ledger.begin_run(new).await.map_err(|e| convert::storage(&e))?;
    let hub = Arc::new(Hub::new(spec.run.clone(), spec.session.clone()));
    let budgets = budgets::configured(&context.settings, project.as_deref());
    let (driver, inputs) = Driver::new(Arc::clone(daemon), context, Arc::clone(&hub), log, budgets);
    if !daemon.runs.add(LiveRun { hub: Arc::clone(&hub), inputs, accepted_at: spec.accepted_at }) {
        return Err(Fault::new(ErrorKind::Failed, "a run of this id was submitted at the same moment"));
    }
    Ok(Start { driver, spec, hub })
}

/// The session's log, with what was asked as its next items.
fn open_log(daemon: &Daemon, context: &Context, spec: &RunSpec, asked: &Asked) -> Result<SessionLog, Fault> {
    let storage = |e: std::io::Error| {
        Fault::new(ErrorKind::Storage, format!("the transcript cannot be written: {e}"))
            .hint("free some space or mend the disk, then ask again; plyrum doctor")
    };
    // A new session's directory is flushed.
    let opened =
        tokio::task::block_in_place(|| SessionLog::open(&daemon.paths.sessions_dir(), &spec.session));
    let log = opened.map_err(storage)?;
    let append = |role, name, text| {
        let appended = || log.append_text(&spec.run, role, name, text, &context.redactor);
        blocking::by_size(asked.bytes(), appended).map_err(storage)
    };
    append(TextRole::User, None, asked.prompt.as_str())?;
    for attachment in &asked.attachments {
        append(TextRole::Attachment, Some(attachment.name.as_str()), attachment.text.as_str())?;
    }
    Ok(log)
}
