//! Conversations: lists, searches, and what changes one of them.

use super::Visitor;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::recorder::Kind;
use crate::sessions::past::{self, Room};
use crate::sessions::storage;
use crate::{clock, ids, instructions, project, recover};
use plyrum_billing_client::MicroRub;
use plyrum_ledger::LedgerReader;
use plyrum_protocol::view::{self, TurnState};
use plyrum_protocol::{
    Empty, ErrorKind, Fault, Rewind, RunId, SessionDeleteOrder, SessionForkOrder, SessionId, SessionQuery,
    SessionRef, SessionRenameOrder, SessionRewindOrder, SessionSearchQuery,
};
use plyrum_router::Health;
use plyrum_sessions::index::{self, MAX_HITS, Search, SessionsAfter};
use plyrum_sessions::{Event, Outline, SessionLog};
use serde_json::json;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Hits of a search that says nothing else.
const HITS: usize = 20;
/// Longest text of a search.
const TEXT_MAX_BYTES: usize = 1024;
/// Rows of a page, on the wire: a message has at most 1 MiB.
const PAGE_MAX_BYTES: usize = 512 * 1024;
/// Turns that a session is shown with, the latest ones.
const MAX_TURNS: usize = 1000;

/// The sessions, a page at a time.
pub(super) async fn list(visitor: &mut Visitor, query: SessionQuery) -> Result<view::SessionPage, Fault> {
    let daemon = Arc::clone(&visitor.daemon);
    if query.cursor.is_none() {
        daemon.sessions.indexer.sync().await;
    }
    let after = query.cursor.as_deref().map(read_cursor).transpose()?;
    let project = project_of(&daemon, query.workspace.as_deref()).await?;
    blocking(move || {
        let found = indexed(&daemon, |searcher| searcher.sessions(project.as_deref(), after, MAX_HITS))?;
        let is_full = found.len() == MAX_HITS;
        let ledger = books(&daemon)?;
        let (mut rows, mut next, mut bytes) = (Vec::new(), None, 0);
        for (row, after) in found {
            let row = list_row(row, ledger.as_ref())?;
            bytes += size_of(&row);
            if bytes > PAGE_MAX_BYTES && !rows.is_empty() {
                return Ok(view::SessionPage { rows, next, behind: daemon.sessions.indexer.behind() });
            }
            rows.push(row);
            next = Some(format!("{}.{}", after.updated_at, after.id));
        }
        let next = next.filter(|_| is_full);
        Ok(view::SessionPage { rows, next, behind: daemon.sessions.indexer.behind() })
    })
    .await
}

/// Bytes of a value on the wire.
fn size_of(value: &impl serde::Serialize) -> usize {
    plyrum_protocol::to_line(value).map_or(usize::MAX, |line| line.len())
}

/// The project of a directory, spelt as it is in the logs.
async fn project_of(daemon: &Daemon, workspace: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(workspace) = workspace else { return Ok(None) };
    let redactor = daemon.context(None).await?.redactor.clone();
    Ok(Some(redactor.redact(&project::of(workspace)).into_owned()))
}

fn list_row(row: index::SessionRow, ledger: Option<&LedgerReader>) -> Result<view::SessionRow, Fault> {
    let (cost_micro_rub, unpriced) = charged(ledger, row.session.as_str())?;
    Ok(view::SessionRow {
        cost_micro_rub,
        unpriced,
        session: row.session,
        title: row.name,
        project: row.project,
        created_at: row.created_at,
        updated_at: row.updated_at,
        turns: row.turns,
        forked_from: row.forked_from,
    })
}

/// What a session's runs were charged, and how many of their requests have no known price.
fn charged(ledger: Option<&LedgerReader>, session: &str) -> Result<(MicroRub, u32), Fault> {
    let Some(books) = ledger else { return Ok((MicroRub::ZERO, 0)) };
    let of = |e| crate::driver::convert::storage(&e);
    let unpriced = books.unpriced_in_session(session).map_err(of)?;
    let cost = books.spent_in_session(session).map_err(of)?;
    Ok((cost, u32::try_from(unpriced).unwrap_or(u32::MAX)))
}

/// Asks the index. A damaged or missing one is made again, and asked again when that is done, or as far as it is.
fn indexed<T>(daemon: &Daemon, ask: impl Fn(&index::Searcher) -> io::Result<T>) -> Result<T, Fault> {
    let indexer = &daemon.sessions.indexer;
    let asked = || indexer.searcher().and_then(|searcher| ask(&searcher));
    let answer = match asked() {
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            indexer.make_again();
            tokio::runtime::Handle::current().block_on(indexer.sync());
            asked()
        }
        answer => answer,
    };
    answer.map_err(|e| match e.kind() {
        io::ErrorKind::InvalidData => {
            Fault::new(ErrorKind::Storage, format!("{e}")).hint("it is being made again: try in a moment")
        }
        _ => storage(&e),
    })
}

fn read_cursor(cursor: &str) -> Result<SessionsAfter, Fault> {
    let parts = cursor.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    let (updated_at, id) = parts.ok_or_else(|| wrong("the cursor is none that a list gave out"))?;
    Ok(SessionsAfter { updated_at, id })
}

/// Looks for words in everything that was said.
pub(super) async fn search(
    visitor: &mut Visitor,
    query: SessionSearchQuery,
) -> Result<view::SessionHits, Fault> {
    if query.text.len() > TEXT_MAX_BYTES {
        return Err(wrong(&format!("a search has at most {TEXT_MAX_BYTES} bytes")));
    }
    let daemon = Arc::clone(&visitor.daemon);
    daemon.sessions.indexer.sync().await;
    let before =
        query.cursor.as_deref().map(|c| c.parse().map_err(|_| wrong("the cursor is none of a search")));
    let before = before.transpose()?;
    let project = project_of(&daemon, query.workspace.as_deref()).await?;
    blocking(move || {
        let session = query.session.as_deref().map(|asked| find(&daemon, asked)).transpose()?;
        let limit = if query.limit == 0 { HITS } else { usize::try_from(query.limit).unwrap_or(MAX_HITS) };
        let limit = limit.min(MAX_HITS);
        let search = Search { text: query.text, project, session, before, limit };
        let hits = indexed(&daemon, |searcher| searcher.search(&search))?;
        let hits = hits.ok_or_else(|| {
            wrong("there is no word to look for")
                .hint("plyrum sessions search маршрутизатор \"exact words\" -without begin*")
        })?;
        let is_full = hits.len() == limit;
        let (mut shown, mut next, mut bytes) = (Vec::new(), None, 0);
        for found in hits {
            let cursor = found.cursor.to_string();
            let found = hit(found);
            bytes += size_of(&found);
            if bytes > PAGE_MAX_BYTES && !shown.is_empty() {
                return Ok(view::SessionHits { hits: shown, next, behind: daemon.sessions.indexer.behind() });
            }
            shown.push(found);
            next = Some(cursor);
        }
        let next = next.filter(|_| is_full);
        Ok(view::SessionHits { hits: shown, next, behind: daemon.sessions.indexer.behind() })
    })
    .await
}

fn hit(hit: index::Hit) -> view::SessionHit {
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    view::SessionHit {
        session: hit.session,
        title: hit.name,
        project: hit.project,
        run: hit.run,
        role: hit.role.as_str().to_owned(),
        at: hit.at,
        marks: hit
            .snippet
            .marks
            .iter()
            .map(|(from, to)| view::SessionMark { from: place(*from), to: place(*to) })
            .collect(),
        snippet: hit.snippet.text,
    }
}

/// A session as it is.
pub(super) async fn show(visitor: &mut Visitor, asked: SessionRef) -> Result<view::SessionDetail, Fault> {
    let id = found(visitor, &asked.session).await?;
    detail(&visitor.daemon, id, asked.workspace.as_deref()).await
}

/// Makes a session the latest one.
pub(super) async fn resume(visitor: &mut Visitor, asked: SessionRef) -> Result<view::SessionDetail, Fault> {
    let _stays = visitor.daemon.sessions.writing().await;
    let id = found(visitor, &asked.session).await?;
    write(visitor, &id, Event::Resumed { at: clock::now() }).await?;
    visitor.daemon.sessions.used(&id);
    detail(&visitor.daemon, id, asked.workspace.as_deref()).await
}

/// Names a session.
pub(super) async fn rename(visitor: &mut Visitor, order: SessionRenameOrder) -> Result<Empty, Fault> {
    let _stays = visitor.daemon.sessions.writing().await;
    let id = found(visitor, &order.session).await?;
    let title = order.title.split_whitespace().collect::<Vec<_>>().join(" ");
    write(visitor, &id, Event::Renamed { at: clock::now(), title }).await?;
    visitor.daemon.recorder.record(Kind::SessionRenamed, json!({"session": id}));
    Ok(Empty {})
}

/// Copies a session.
pub(super) async fn fork(
    visitor: &mut Visitor,
    order: SessionForkOrder,
) -> Result<view::SessionDetail, Fault> {
    let daemon = Arc::clone(&visitor.daemon);
    let redactor = daemon.context(None).await?.redactor.clone();
    let _stays = daemon.sessions.writing().await;
    let from = found(visitor, &order.session).await?;
    let (copy, original) = (Arc::clone(&daemon), from.clone());
    let (id, through) = blocking(move || {
        let id = ids::session().map_err(|e| storage(&e))?;
        let through = copy
            .sessions
            .outlines
            .with(&original, |outline| through(outline, order.through.as_deref()))
            .map_err(|e| storage(&e))??;
        plyrum_sessions::fork(&copy.sessions.dir, &original, &through, &id, clock::now(), &redactor)
            .map_err(|e| storage(&e))?;
        Ok((id, through))
    })
    .await?;
    daemon.sessions.used(&id);
    daemon.recorder.record(Kind::SessionForked, json!({"session": id, "from": from, "through": through}));
    detail(&daemon, id, None).await
}

/// The last run to copy.
fn through(outline: &Outline, asked: Option<&str>) -> Result<RunId, Fault> {
    let Some(asked) = asked else {
        let last = outline.turns.iter().rev().find(|turn| !turn.is_rewound && turn.finished.is_some());
        return last.map(|turn| turn.run.clone()).ok_or_else(|| wrong("the session has no turn to copy yet"));
    };
    let at = place_of(outline, asked)?;
    match outline.turns.get(at) {
        Some(turn) if turn.is_rewound => Err(wrong(&format!("run {} was taken back", turn.run))),
        Some(turn) if turn.finished.is_some() => Ok(turn.run.clone()),
        _ => Err(wrong(&format!("run {asked} is not finished"))),
    }
}

/// Takes turns back.
pub(super) async fn rewind(
    visitor: &mut Visitor,
    order: SessionRewindOrder,
) -> Result<view::SessionDetail, Fault> {
    let daemon = Arc::clone(&visitor.daemon);
    let _stays = daemon.sessions.writing().await;
    let _alone = daemon.sessions.rewinding.lock().await;
    let id = found(visitor, &order.session).await?;
    let (look, session) = (Arc::clone(&daemon), id.clone());
    let to = blocking(move || {
        let kept = look.sessions.outlines.with(&session, |outline| last_kept(outline, &order.back));
        kept.map_err(|e| storage(&e))?
    })
    .await?;
    write(visitor, &id, Event::Rewound { at: clock::now(), to: to.clone() }).await?;
    daemon.recorder.record(Kind::SessionRewound, json!({"session": id, "to": to}));
    detail(&daemon, id, None).await
}

/// The last run that still counts.
fn last_kept(outline: &Outline, back: &Rewind) -> Result<Option<RunId>, Fault> {
    match back {
        Rewind::To(run) => {
            let turn = outline.turns.get(place_of(outline, run)?);
            match turn {
                Some(turn) if turn.is_rewound => {
                    Err(wrong(&format!("run {} was taken back already", turn.run)))
                }
                turn => Ok(turn.map(|turn| turn.run.clone())),
            }
        }
        Rewind::Turns(0) => Err(wrong("0 turns are nothing to take back")),
        Rewind::Turns(turns) => {
            // What a person would count: turns with an answer, and the summary. What failed goes with them.
            let holds = outline.summary().map(|(summary, _)| &summary.run);
            let counting: Vec<usize> = outline
                .turns
                .iter()
                .enumerate()
                .filter(|(_, turn)| turn.is_told() || Some(&turn.run) == holds)
                .map(|(at, _)| at)
                .collect();
            let turns = usize::try_from(*turns).unwrap_or(usize::MAX);
            let Some(kept) = counting.len().checked_sub(turns) else {
                let message = format!("the session has {} turns to take back, not {turns}", counting.len());
                return Err(wrong(&message));
            };
            let first = counting.get(kept).copied().unwrap_or(outline.turns.len());
            let last = outline.turns.iter().take(first).rev().find(|turn| !turn.is_rewound);
            Ok(last.map(|turn| turn.run.clone()))
        }
    }
}

/// Takes a session's texts off the disk.
pub(super) async fn delete(
    visitor: &mut Visitor,
    order: SessionDeleteOrder,
) -> Result<view::SessionDeleted, Fault> {
    let daemon = Arc::clone(&visitor.daemon);
    let redactor = daemon.context(None).await?.redactor.clone();
    let client = redactor.redact(&order.client).into_owned();
    let client: String = client.chars().filter(|c| !c.is_control()).take(80).collect();
    let alone = daemon.sessions.deleting().await;
    let id = found(visitor, &order.session).await?;
    if let Some(run) = daemon.runs.all().into_iter().find(|run| run.hub.session == id) {
        let message = format!("session {id} has a living run, {}", run.hub.run);
        return Err(
            Fault::new(ErrorKind::Failed, message).hint(format!("plyrum runs cancel {}", run.hub.run))
        );
    }
    let (dir, session) = (daemon.sessions.dir.clone(), id.clone());
    let stone = blocking(move || {
        plyrum_sessions::begin_deletion(&dir, &session, clock::now(), &client).map_err(|e| storage(&e))
    })
    .await?;
    drop(alone); // its texts are gone: the rest holds nobody up
    recover::record_deletion(&daemon.recorder, &stone);
    if daemon.recorder.flushed().await.is_ok() {
        let (dir, session) = (daemon.sessions.dir.clone(), id.clone());
        blocking(move || plyrum_sessions::end_deletion(&dir, &session).map_err(|e| storage(&e))).await?;
    } // else the next start puts it on record
    daemon.sessions.forgotten(&id).await;
    let (look, session) = (Arc::clone(&daemon), id.clone());
    // Whether there are copies is told where the index knows it.
    let copies = blocking(move || indexed(&look, |searcher| searcher.copies_of(&session))).await;
    Ok(view::SessionDeleted {
        session: id,
        deleted_at: stone.deleted_at,
        bytes: stone.bytes,
        sha256: stone.sha256,
        copies: copies.unwrap_or_default(),
    })
}

async fn found(visitor: &Visitor, asked: &str) -> Result<SessionId, Fault> {
    let (daemon, asked) = (Arc::clone(&visitor.daemon), asked.to_owned());
    blocking(move || find(&daemon, &asked)).await
}

fn find(daemon: &Daemon, asked: &str) -> Result<SessionId, Fault> {
    daemon.sessions.find(asked, &daemon.paths.ledger_path())
}

fn place_of(outline: &Outline, asked: &str) -> Result<usize, Fault> {
    let mut fits = outline.turns.iter().enumerate().filter(|(_, turn)| turn.run.as_str().starts_with(asked));
    match (fits.next(), fits.next()) {
        (Some((at, _)), None) => Ok(at),
        (Some(_), Some(_)) => {
            Err(Fault::new(ErrorKind::Ambiguous, format!("`{asked}` fits several runs of the session")))
        }
        (None, _) => Err(Fault::new(ErrorKind::NotFound, format!("the session has no run `{asked}`"))
            .hint("plyrum sessions show")),
    }
}

/// Appends an event and makes it durable.
async fn write(visitor: &Visitor, id: &SessionId, event: Event) -> Result<(), Fault> {
    let daemon = Arc::clone(&visitor.daemon);
    let redactor = daemon.context(None).await?.redactor.clone();
    let (dir, session) = (daemon.sessions.dir.clone(), id.clone());
    blocking(move || {
        let log = SessionLog::open_existing(&dir, &session).map_err(|e| storage(&e))?;
        log.append_event(&event, &redactor).and_then(|()| log.sync()).map_err(|e| storage(&e))
    })
    .await?;
    daemon.sessions.touched(id);
    Ok(())
}

async fn detail(
    daemon: &Arc<Daemon>,
    id: SessionId,
    workspace: Option<&str>,
) -> Result<view::SessionDetail, Fault> {
    // A broken configuration must not keep a session from being looked at.
    let context = daemon.context(workspace).await.ok();
    let room = context.as_deref().and_then(|context| room(context, workspace));
    let daemon = Arc::clone(daemon);
    blocking(move || {
        let bytes = daemon.sessions.dir.join(format!("{id}.jsonl"));
        let bytes = bytes.metadata().map_or(0, |about| about.len());
        let ledger = books(&daemon)?;
        let (cost, unpriced) = charged(ledger.as_ref(), id.as_str())?;
        let look = |outline: &Outline| {
            let choice = room.as_ref().map(|room| past::choose(outline, room));
            let about = &outline.about;
            let asked_here = outline.turns.iter().filter(|turn| !turn.is_inherited);
            let row = view::SessionRow {
                session: id.clone(),
                title: about.name().to_owned(),
                project: about.project.clone(),
                created_at: about.created_at.unwrap_or_default(),
                updated_at: about.updated_at.unwrap_or_default(),
                turns: asked_here.count() as u64,
                cost_micro_rub: cost,
                unpriced,
                forked_from: about.forked_from.as_ref().map(|(from, _)| from.clone()),
            };
            view::SessionDetail {
                row,
                forked_through: about.forked_from.as_ref().map(|(_, through)| through.clone()),
                turn_list: turns(outline, choice.as_ref()),
                context: choice.map(|choice| choice.meter),
                bytes,
            }
        };
        daemon.sessions.outlines.with(&id, look).map_err(|e| storage(&e))
    })
    .await
}

fn turns(outline: &Outline, choice: Option<&past::Choice>) -> Vec<view::SessionTurn> {
    let left_out: BTreeSet<&RunId> = choice.iter().flat_map(|choice| &choice.left_out).collect();
    let summary = outline.summary();
    let behind = summary.map_or(0, |(_, behind)| behind);
    let state = |at: usize, turn: &plyrum_sessions::Turn| match () {
        () if turn.is_rewound => TurnState::Rewound,
        () if summary.is_some_and(|(holds, _)| holds.run == turn.run) => TurnState::Summary,
        () if turn.compacts.is_some() && turn.answer_bytes > 0 => TurnState::OldSummary,
        () if !turn.is_told() => TurnState::Unanswered,
        () if at < behind => TurnState::Summarised,
        () if left_out.contains(&turn.run) => TurnState::LeftOut,
        () => TurnState::Sent,
    };
    let skipped = outline.turns.len().saturating_sub(MAX_TURNS);
    let shown = outline.turns.iter().enumerate().skip(skipped);
    shown
        .map(|(at, turn)| view::SessionTurn {
            run: turn.run.clone(),
            at: turn.at,
            state: state(at, turn),
            inherited: turn.is_inherited,
            asked_bytes: turn.prompt_bytes + turn.attached_bytes,
            answer_bytes: turn.answer_bytes,
        })
        .collect()
}

/// The model that the next prompt would go to by default: the configured one, else the largest context among
/// those that can be asked.
fn room(context: &Context, workspace: Option<&str>) -> Option<Room> {
    let configured = match &context.settings.defaults.model {
        plyrum_settings::ModelChoice::Fixed(id) => context.catalog.model(id.as_str()),
        plyrum_settings::ModelChoice::Auto => None,
    };
    let ready = |model: &&plyrum_catalog::Model| context.health(&model.id) == Health::Ready;
    let is_offline = |model: &plyrum_catalog::Model| {
        context.registry.get(model.provider.as_str()).is_some_and(|entry| entry.is_offline)
    };
    let largest = || {
        let all = context.catalog.models.values().filter(|model| ready(model) && !model.only_when_named);
        all.max_by_key(|model| (!is_offline(model), model.context_tokens))
    };
    let model = configured.or_else(largest)?;
    let persona = crate::resolve::persona(context, None).ok()?;
    let workspace = workspace.filter(|_| context.settings.defaults.project_instructions);
    let context_bytes = model.bytes_per_token.bytes_in(model.context_tokens);
    let read = |workspace| instructions::read(workspace, &context.redactor, context_bytes, &crate::log::line);
    let files = workspace.map_or(Vec::new(), read);
    let files: usize = files.iter().map(|(file, _)| file.text.len()).sum();
    Some(Room {
        model: model.id.to_string(),
        context_tokens: model.context_tokens,
        bytes_per_token: model.bytes_per_token,
        fixed_bytes: (persona.prompt.len() + files) as u64,
        asked_bytes: 0,
        asked_picture_bytes: 0,
        picture_bytes: crate::expand::choice(model, &context.catalog).picture_bytes(1),
        output_tokens: model.max_output_tokens.unwrap_or(context.settings.defaults.max_output_tokens),
    })
}

/// The books, where there are any yet.
fn books(daemon: &Daemon) -> Result<Option<LedgerReader>, Fault> {
    let path = daemon.paths.ledger_path();
    if !Path::new(&path).exists() {
        return Ok(None);
    }
    LedgerReader::open(&path).map(Some).map_err(|e| crate::driver::convert::storage(&e))
}

fn wrong(message: &str) -> Fault {
    Fault::new(ErrorKind::Usage, message)
}

/// Work that reads or writes files, off the runtime's threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|e| Err(Fault::new(ErrorKind::Internal, e.to_string())))
}
