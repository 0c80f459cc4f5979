//! From a submit to a living run, or a refusal with nothing left behind.

use crate::blocking;
use crate::budgets;
use crate::check;
use crate::clock;
use crate::context::Context;
use crate::daemon::{Daemon, Phase};
use crate::driver::Driver;
use crate::form;
use crate::gate;
use crate::hub::{Hub, Progress};
use crate::ids;
use crate::instructions;
use crate::keys;
use crate::outbox::Outbox;
use crate::project;
use crate::recording::Recording;
use crate::resolve::{Asked, Resolved, Told, is_told_how_to_act, resolve};
use crate::runs::MAX_RUNS;
use crate::sessions::past::{self, Past, Room};
use crate::sessions::pictures::{Pictures, Reads};
use crate::sessions::{Chosen, compact, storage as of_log};
use crate::tools;
use plyrum_engine::{AnswerForm, Conversation, Limits, Run, RunSpec, Tools};
use plyrum_protocol::{
    Compact, ContextMeter, ErrorKind, Fault, MAX_PROMPT_BYTES, Receipt, RunId, SessionId, StepKind, Submit,
    Submitted, Timestamp,
};
use plyrum_providers::offline::{Offline, Script};
use plyrum_sessions::{MAX_PICTURES_BYTES, Outline, Texts, has_room_for_pictures};
use sha2::{Digest, Sha256};
use std::sync::Arc;

mod acting;
mod begin;

/// A run that was accepted, not yet started: the receipt goes out before its first frame.
pub(crate) struct Accepted {
    pub(crate) reply: Submitted,
    start: Option<Box<Start>>,
}

struct Start {
    daemon: Arc<Daemon>,
    driver: Driver,
    spec: RunSpec,
    hub: Arc<Hub>,
}

impl Accepted {
    /// Starts the run, with this client as its first follower. `None`: there is nothing new to start.
    pub(crate) fn start(self, outbox: &Outbox) -> Option<RunId> {
        let start = self.start?;
        start.hub.catch_up(outbox, &mut Progress::after(0), clock::now());
        let run = start.hub.run.clone();
        tokio::spawn(start.driver.drive(start.spec));
        // A file of its own: the run does not wait for it.
        start.daemon.sessions.used(&start.hub.session);
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
    let context = daemon.context(submit.workspace.as_deref()).await;
    let project = submit.workspace.as_deref().map(project::of);
    // The ledger and the audit's disk are asked at once: none waits for another.
    let left = async {
        let Ok(context) = &context else { return Ok(None) };
        budgets::left(&daemon.ledger, &context.settings, project.as_deref()).await
    };
    let can_record = async { if submit.dry_run { Ok(()) } else { daemon.recorder.ready().await } };
    let (earlier, left, can_record) = tokio::join!(earlier(daemon, &submit.run), left, can_record);
    if let Some(receipt) = earlier {
        return Ok(Accepted { reply: Submitted::Receipt(receipt), start: None });
    }
    not_called_off(daemon, &submit.run)?;
    may_begin(daemon, &asked, submit.compact)?;
    let now = clock::now();
    let (context, left) = (context?, left?);
    let bytes = asked.bytes();
    let asked = blocking::by_size(bytes, || asked.redacted(&context));
    let _stays = daemon.sessions.writing().await;
    // A conversation that goes on is looked for and read, however short the prompt.
    let bytes = submit.session.as_ref().map_or(bytes, |_| u64::MAX);
    let session = blocking::by_size(bytes, || {
        daemon.sessions.choose(submit.session.as_deref(), &daemon.paths.ledger_path())
    })?;
    let form = form::taken(&context, &submit).await?;
    let check = match submit.options.check {
        Some(_) => blocking::by_size(u64::MAX, || check::taken(&context, &submit, &daemon.toolbox.hidden()))?,
        None => None,
    };
    let mut told = blocking::by_size(bytes, || told(daemon, &session, asked.picture_bytes()))?;
    told.bytes = told.bytes.saturating_add(form.as_ref().map_or(0, AnswerForm::bytes));
    let resolved = blocking::by_size(bytes, || resolve_it(&context, &submit, &asked, told, left, now))?;
    form::not_of_a_command(form.as_ref(), resolved.is_command)?;
    if check.is_some() && resolved.is_command {
        let message = "a model that carries out commands proposes nothing that a check could judge";
        return Err(Fault::new(ErrorKind::Usage, message).hint("take another model, or leave --check away"));
    }
    keep_to_its_project(daemon, &session, project.as_deref(), &resolved).await?;
    let keys_only_in_client = missing_keys(&context, client_keys);
    let offline = is_offline(&context, &resolved);
    let warning = gate::pass(can_record, &context, &resolved)?;
    let mut acting = acting::of(daemon, &context, &submit)?;
    if check.is_some() && acting.is_none() {
        let message = "a check runs where models may act, and they may not in this folder";
        return Err(Fault::new(ErrorKind::Usage, message).hint("ask from the folder of a project"));
    }
    // Who reads what others wrote acts only where somebody has said how: a proposal may be hostile.
    let reads = resolved.steps.last().is_some_and(|step| step.kind == StepKind::Aggregate);
    if reads && !is_told_how_to_act(&submit.options) {
        acting = None;
    }
    let recording = match submit.options.record.as_deref().filter(|_| !submit.dry_run) {
        None => None,
        path => blocking::by_size(u64::MAX, || Recording::asked(path, &daemon.paths, &context, &resolved))?,
    };
    let (spec, meter) = blocking::by_size(bytes, || {
        let asked = asked.clone();
        spec(daemon, &context, &submit, asked, form, resolved, &session, offline, now, acting.is_some())
    })?;
    let spec = RunSpec { check, ..spec };
    let recording = recording.map(|recording| recording.of_run(&spec));
    if spec.tools.is_none() {
        acting = None;
    }
    if submit.dry_run {
        let plan = Run::dry(spec, Arc::<plyrum_catalog::Catalog>::clone(&context.catalog));
        return Ok(Accepted { reply: Submitted::Planned(plan), start: None });
    }
    let receipt = Receipt {
        run: submit.run.clone(),
        session: session.id.clone(),
        offline,
        keys_only_in_client,
        warning,
        context: meter.filter(|_| !session.is_new),
    };
    blocking::by_size(bytes, || check_room_for_pictures(daemon, &session.id, &asked))?;
    let start = begin::begin(daemon, context, project, &asked, spec, session.is_new, acting).await?;
    let start = Start { driver: start.driver.with_recording(recording), ..start };
    Ok(Accepted { reply: Submitted::Receipt(receipt), start: Some(Box::new(start)) })
}

/// The conversation's past, whether or not it fits any model.
fn told(daemon: &Daemon, session: &Chosen, asked_picture_bytes: u64) -> Result<Told, Fault> {
    if session.is_new {
        return Ok(Told::default());
    }
    daemon
        .sessions
        .outlines
        .with(&session.id, |outline| past::told(outline, asked_picture_bytes))
        .map_err(|e| of_log(&e))
}

/// What was said under a project's allow-list goes to no other provider, wherever it is continued from.
async fn keep_to_its_project(
    daemon: &Daemon,
    session: &Chosen,
    project: Option<&str>,
    resolved: &Resolved,
) -> Result<(), Fault> {
    if session.is_new {
        return Ok(());
    }
    let own = daemon.sessions.outlines.with(&session.id, |outline| outline.about.project.clone());
    let Some(own) = own.map_err(|e| of_log(&e))?.filter(|own| Some(own.as_str()) != project) else {
        return Ok(());
    };
    let theirs = daemon.context(Some(&own)).await?;
    let models = resolved.steps.iter().flat_map(|step| &step.models);
    let refused = models
        .filter_map(|model| theirs.catalog.provider(&model.provider))
        .find(|provider| !theirs.settings.narrowing.allows(&provider.id));
    refused.map_or(Ok(()), |provider| {
        let message = format!(
            "session {} was begun in {own}, which does not allow provider {}",
            session.id, provider.id
        );
        Err(Fault::new(ErrorKind::Config, message)
            .hint("name a model of a provider that it allows, or begin a new session"))
    })
}

/// A summary is written by one model.
fn resolve_it(
    context: &Context,
    submit: &Submit,
    asked: &Asked,
    told: Told,
    left: Option<plyrum_billing_client::MicroRub>,
    now: Timestamp,
) -> Result<Resolved, Fault> {
    if submit.compact.is_none() {
        return resolve(context, asked, &submit.options, told, left, now);
    }
    let options =
        plyrum_protocol::SubmitOptions { plan: Some("direct".to_owned()), ..submit.options.clone() };
    let mut resolved = resolve(context, asked, &options, told, left, now)?;
    if resolved.is_command {
        return Err(Fault::new(ErrorKind::Usage, "a model that carries out commands summarises nothing")
            .hint("plyrum sessions compact -m MODEL"));
    }
    resolved.steps = compact::steps(resolved.steps)?;
    Ok(resolved)
}

/// The receipt of a run that was submitted before: the same id starts nothing.
async fn earlier(daemon: &Daemon, run: &RunId) -> Option<Receipt> {
    let session = match daemon.runs.get(run) {
        Some(live) => live.hub.session.clone(),
        None => SessionId::new(daemon.ledger.run_totals(run.as_str()).await.ok()?.session).ok()?,
    };
    Some(Receipt {
        run: run.clone(),
        session,
        offline: false,
        keys_only_in_client: Vec::new(),
        warning: None,
        context: None,
    })
}

/// Whoever asks for a run may have taken it back on another connection, which was quicker.
fn not_called_off(daemon: &Daemon, run: &RunId) -> Result<(), Fault> {
    if daemon.runs.is_called_off(run) {
        return Err(Fault::new(ErrorKind::Cancelled, "the run was cancelled before it began"));
    }
    Ok(())
}

fn may_begin(daemon: &Daemon, asked: &Asked, compact: Option<Compact>) -> Result<(), Fault> {
    if daemon.phase() != Phase::Open {
        return Err(Fault::new(ErrorKind::DaemonUnreachable, "the daemon is stopping and takes no new run")
            .hint("ask again in a moment: a new daemon starts by itself"));
    }
    if asked.prompt.len() > MAX_PROMPT_BYTES {
        let message = format!("the prompt has {} bytes, the limit is {MAX_PROMPT_BYTES}", asked.prompt.len());
        return Err(Fault::new(ErrorKind::Usage, message).hint("pipe the text in, or pass it with --file"));
    }
    let is_empty = asked.prompt.trim().is_empty();
    let brings_nothing =
        asked.pictures.is_empty() && asked.attachments.iter().all(|a| a.text.trim().is_empty());
    if compact.is_none() && is_empty && brings_nothing {
        return Err(Fault::new(ErrorKind::Usage, "the prompt is empty").hint("plyrum ask \"your question\""));
    }
    if daemon.runs.count() >= MAX_RUNS {
        let message = format!("{MAX_RUNS} runs are going on, which is the limit");
        return Err(Fault::new(ErrorKind::Failed, message).hint("plyrum runs list"));
    }
    Ok(())
}

/// A session keeps what was sent to a bound: what goes over it is refused before it is in the books.
fn check_room_for_pictures(daemon: &Daemon, session: &SessionId, asked: &Asked) -> Result<(), Fault> {
    let marks: Vec<_> = asked.pictures.iter().map(|picture| picture.mark.clone()).collect();
    let room = || has_room_for_pictures(&daemon.sessions.dir, session, &marks);
    if marks.is_empty() || room().map_err(|e| of_log(&e))? {
        return Ok(());
    }
    let most = MAX_PICTURES_BYTES >> 20;
    let message = format!("session {session} keeps at most {most} MiB of pictures, and these are too much");
    Err(Fault::new(ErrorKind::Usage, message).hint("begin a new session"))
}

/// Names of provider keys that the client's shell has and the daemon lacks.
fn missing_keys(context: &Context, client_keys: &[String]) -> Vec<String> {
    let wanted = context.catalog.models.keys().filter_map(|model| context.why_not(model)?.key_variable);
    // A variable that is there and holds no key is a mistake of its value, not of the place.
    let lacks = |name: &String| client_keys.contains(name) && keys::is_unset(name);
    let mut names: Vec<String> = wanted.filter(lacks).collect();
    names.sort();
    names.dedup();
    names
}

fn is_offline(context: &Context, resolved: &Resolved) -> bool {
    resolved.steps.iter().filter_map(|step| step.models.first()).all(|model| {
        let is_offline = context.registry.get(&model.provider).is_some_and(|entry| entry.is_offline);
        let extracts = |name: &str| !Script::plays(name) && !Offline::takes_a_command(name);
        is_offline && context.catalog.model(&model.id).is_some_and(|model| extracts(&model.name))
    })
}

#[expect(clippy::too_many_arguments, reason = "a run is made of all of these, once")]
fn spec(
    daemon: &Daemon,
    context: &Context,
    submit: &Submit,
    asked: Asked,
    form: Option<AnswerForm>,
    resolved: Resolved,
    session: &Chosen,
    offline: bool,
    now: Timestamp,
    acts: bool,
) -> Result<(RunSpec, Option<ContextMeter>), Fault> {
    let prompt_sha256 = fingerprint(&asked);
    let reads_files = context.settings.defaults.project_instructions && !resolved.is_command;
    let workspace = submit.workspace.as_deref().filter(|_| reads_files);
    let smallest =
        resolved.steps.iter().filter_map(|step| step.models.first()).min_by_key(|m| m.context_tokens);
    let limit = smallest.map_or(0, |model| model.bytes_per_token.bytes_in(model.context_tokens));
    let tell = |line: &str| {
        if !submit.dry_run {
            crate::log::line(line); // what is asked for with each key that is typed would fill the log
        }
    };
    let read = |workspace| instructions::read(workspace, &context.redactor, limit, &tell);
    let files = workspace.map_or(Vec::new(), read);
    let (files, records) = files.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
    let form_bytes = form.as_ref().map_or(0, AnswerForm::bytes);
    let room = room(&resolved, &files, form_bytes, &asked).filter(|_| !resolved.is_command);
    let focus = submit.compact.map(|_| asked.prompt.clone());
    let base = if resolved.is_command {
        Conversation { prompt: asked.prompt, ..Conversation::default() }
    } else {
        asked.conversation(&resolved.persona, submit.options.effort, files)
    };
    let reads = if submit.dry_run { Reads::Nothing } else { Reads::Bytes };
    let pictures = Pictures { dir: &daemon.sessions.dir, session: &session.id, reads };
    let mut plan = resolved.plan.name.clone();
    let (conversation, meter, compacts) = match (submit.compact, room) {
        (Some(_), _) if session.is_new => {
            let message = "a new session has nothing to summarise";
            return Err(Fault::new(ErrorKind::Usage, message).hint("plyrum sessions compact last"));
        }
        (Some(compact), Some(room)) => {
            let covered = covered(daemon, pictures, &room, compact)?;
            let through = covered.through.clone();
            compact::PLAN.clone_into(&mut plan);
            let focus = focus.unwrap_or_default();
            let conversation = if offline { covered.text(base) } else { covered.conversation(base, &focus) };
            (conversation, None, Some(through))
        }
        (None, Some(room)) if !session.is_new => {
            let Past { summary, exchanges, meter } = past(daemon, pictures, &room)?;
            (Conversation { summary, history: exchanges, ..base }, Some(meter), None)
        }
        (_, _) => (base, None, None),
    };
    let conversation = past::redacted(conversation, &context.redactor);
    let seed = recorded_seed(context, &resolved, &prompt_sha256);
    let spec = RunSpec {
        run: submit.run.clone(),
        session: session.id.clone(),
        persona: resolved.persona.name.clone(),
        client: client_name(&submit.client, context),
        plan,
        conversation,
        decision: resolved.decision,
        steps: resolved.steps,
        fan_out: resolved.fan_out,
        quorum: resolved.quorum,
        prompt_sha256,
        check: None, // added by who has looked at it
        context: records,
        compacts,
        tools: acts.then(|| offer(context, submit)),
        limits: limits(resolved.limits, form.as_ref()),
        form,
        seed: seed.unwrap_or_else(|| ids::seed_of(&submit.run)),
        accepted_at: now,
    };
    Ok((spec, meter))
}

/// The seed of the run that a cassette was recorded from, where a cassette answers: only with it a mixture asks the same.
fn recorded_seed(context: &Context, resolved: &Resolved, prompt_sha256: &str) -> Option<u64> {
    let mut models = resolved.steps.iter().flat_map(|step| &step.models);
    models.find_map(|model| {
        let entry = context.registry.get(&model.provider)?;
        entry.provider.as_ref().ok()?.seed_of(prompt_sha256)
    })
}

/// An answer that stands twice in the result may be half as long.
fn limits(limits: Limits, form: Option<&AnswerForm>) -> Limits {
    let most = form.map_or(u64::MAX, |_| form::MAX_ANSWER_BYTES);
    Limits { max_answer_bytes: limits.max_answer_bytes.min(most), ..limits }
}

/// What the step that writes the answer may call.
fn offer(context: &Context, submit: &Submit) -> Tools {
    let max_turns = submit.options.max_turns.unwrap_or(context.settings.defaults.max_turns);
    Tools { offered: tools::offered(submit.options.plan_mode), max_turns }
}

/// The client's name, as it goes on record.
fn client_name(client: &str, context: &Context) -> String {
    let client = context.redactor.redact(client);
    client.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// The smallest context of the models that are asked first.
fn room(
    resolved: &Resolved,
    files: &[plyrum_engine::Attachment],
    form_bytes: u64,
    asked: &Asked,
) -> Option<Room> {
    let first = resolved.steps.iter().filter_map(|step| step.models.first());
    let model = first.min_by_key(|model| model.context_tokens)?;
    let files: usize = files.iter().map(|file| file.text.len() + file.name.len() + 64).sum();
    let output = model.max_output_tokens.unwrap_or(resolved.limits.max_output_tokens);
    let picture_bytes = model.picture_bytes(1);
    let pictures = picture_bytes.saturating_mul(asked.pictures.len() as u64);
    Some(Room {
        model: model.id.clone(),
        context_tokens: model.context_tokens,
        bytes_per_token: model.bytes_per_token,
        fixed_bytes: (resolved.persona.prompt.len() + files) as u64,
        asked_bytes: asked.bytes().saturating_add(form_bytes).saturating_add(pictures),
        asked_picture_bytes: asked.picture_bytes(),
        picture_bytes,
        output_tokens: resolved.limits.asked_output_tokens.map_or(output, |asked| asked.min(output)),
    })
}

fn past(daemon: &Daemon, pictures: Pictures<'_>, room: &Room) -> Result<Past, Fault> {
    let texts = Texts::open(pictures.dir, pictures.session).map_err(|e| of_log(&e))?;
    let read = |outline: &Outline| past::read(outline, &texts, pictures, room);
    let read = daemon.sessions.outlines.with(pictures.session, read);
    read.and_then(std::convert::identity).map_err(|e| of_log(&e))
}

fn covered(
    daemon: &Daemon,
    pictures: Pictures<'_>,
    room: &Room,
    compact: Compact,
) -> Result<compact::Covered, Fault> {
    let texts = Texts::open(pictures.dir, pictures.session).map_err(|e| of_log(&e))?;
    let keep = usize::try_from(compact.keep_turns).unwrap_or(usize::MAX);
    daemon
        .sessions
        .outlines
        .with(pictures.session, |outline| compact::covered(outline, &texts, pictures, room, keep))
        .map_err(|e| of_log(&e))?
}

/// SHA-256 over the prompt, its attachments and the hashes of its pictures, each length-framed, in hex.
fn fingerprint(asked: &Asked) -> String {
    let mut hash = Sha256::new();
    let parts = std::iter::once(("", asked.prompt.as_str()))
        .chain(asked.attachments.iter().map(|a| (a.name.as_str(), a.text.as_str())))
        .chain(asked.pictures.iter().map(|p| (p.mark.name.as_str(), p.mark.sha256.as_str())));
    for (name, text) in parts {
        for part in [name, text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    ids::hex(&hash.finalize())
}
