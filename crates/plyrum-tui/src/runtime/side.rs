//! The second connection: lists, prices, and what changes sessions. What takes long here holds up no frame of a run.

use super::link::{Way, submission, submit_with};
use super::wake::Teller;
use crate::app::{Choices, Message, Order, Reply};
use crate::screen::sessions::{SessionsAsk, SessionsReply, Whose};
use plyrum_client::{Client, Event};
use plyrum_protocol::{
    ApprovalList, ApprovalQuery, DryRun, ErrorKind, Fault, Method, ModelList, Page, PersonaList, PlanList,
    ProviderList, Rewind, RunUndo, SessionDelete, SessionDeleteOrder, SessionFork, SessionForkOrder,
    SessionId, SessionList, SessionQuery, SessionRef, SessionRename, SessionRenameOrder, SessionResume,
    SessionRewind, SessionRewindOrder, SessionSearch, SessionSearchQuery, Submitted, UndoOrder, view,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Most pages of a list that are read.
const MAX_PAGES: usize = 16;

/// Messages that a search brings at once.
const HITS: u32 = 50;

/// What is asked of the second connection.
#[derive(Debug)]
pub(super) enum Query {
    Quote(Box<Order>),
    Approvals,
    Choices,
    Rewind { session: SessionId, turns: u32 },
    Undo(plyrum_protocol::RunId),
    Fork(SessionId),
    Rename { session: SessionId, title: String },
    Sessions(SessionsAsk),
}

/// Answers one question after the other; of prices only the newest.
pub(super) async fn keep(
    way: Way,
    desk: Arc<dyn super::DeskSource>,
    mut queries: mpsc::Receiver<Query>,
    teller: Teller,
) {
    let mut client: Option<Client> = None;
    let mut waiting: Option<Query> = None;
    loop {
        let Some(mut query) = (match waiting.take() {
            Some(query) => Some(query),
            None => queries.recv().await,
        }) else {
            return;
        };
        // A prompt that has changed since makes its old price useless.
        while let Query::Quote(_) = query {
            match queries.try_recv() {
                Ok(newer @ Query::Quote(_)) => query = newer,
                Ok(other) => {
                    waiting = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        let reply = answer(&way, &desk, &mut client, query).await;
        if !teller.tell(Message::Reply(reply)).await {
            return;
        }
    }
}

async fn answer(
    way: &Way,
    desk: &Arc<dyn super::DeskSource>,
    client: &mut Option<Client>,
    query: Query,
) -> Reply {
    match query {
        Query::Quote(order) => {
            Reply::Quoted { ticket: order.ticket, outcome: quote(way, client, &order).await }
        }
        Query::Approvals => Reply::Approvals(
            all::<ApprovalList, _, _>(way, client, |cursor| ApprovalQuery { all: false, cursor }).await,
        ),
        Query::Choices => Reply::Choices(choices(way, desk, client).await.map(Box::new)),
        Query::Rewind { session, turns } => {
            let order =
                SessionRewindOrder { session: session.as_str().to_owned(), back: Rewind::Turns(turns) };
            Reply::Rewound(call::<SessionRewind>(way, client, &order).await.map(Box::new))
        }
        Query::Undo(run) => {
            let order =
                UndoOrder { run: run.as_str().to_owned(), overwrite: false, client: way.client.clone() };
            Reply::Undone(call::<RunUndo>(way, client, &order).await)
        }
        Query::Fork(session) => {
            let order = SessionForkOrder { session: session.as_str().to_owned(), through: None };
            Reply::Forked(call::<SessionFork>(way, client, &order).await.map(|detail| detail.row.session))
        }
        Query::Rename { session, title } => {
            let order = SessionRenameOrder { session: session.as_str().to_owned(), title: title.clone() };
            Reply::Renamed(call::<SessionRename>(way, client, &order).await.map(|_| title))
        }
        Query::Sessions(ask) => Reply::Sessions(sessions(way, client, ask).await),
    }
}

/// A call, on a connection that is made anew where the last one broke.
pub(super) async fn call<M: Method>(
    way: &Way,
    client: &mut Option<Client>,
    params: &M::Params,
) -> Result<M::Reply, Fault> {
    let mut open = opened(way, client).await?;
    let outcome = open.call::<M>(params).await;
    *client = unless_broken(open, &outcome);
    outcome
}

/// The connection, or a new one where its daemon has gone since: that one went away is no reason to refuse.
async fn opened(way: &Way, client: &mut Option<Client>) -> Result<Client, Fault> {
    if let Some(mut open) = client.take()
        && is_there(&mut open).await
    {
        return Ok(open);
    }
    way.connect().await
}

/// Looks without waiting. Nothing that is followed comes on this connection.
async fn is_there(client: &mut Client) -> bool {
    !matches!(tokio::time::timeout(Duration::ZERO, client.event()).await, Ok(Event::Gone))
}

fn unless_broken<T>(client: Client, outcome: &Result<T, Fault>) -> Option<Client> {
    match outcome {
        Err(fault) if fault.kind == ErrorKind::DaemonUnreachable => None,
        _ => Some(client),
    }
}

/// Every row of a list.
async fn all<M, R, P>(
    way: &Way,
    client: &mut Option<Client>,
    page: impl Fn(Option<String>) -> P,
) -> Result<Vec<R>, Fault>
where
    M: Method<Params = P, Reply = plyrum_protocol::Listing<R>>,
{
    let (mut rows, mut cursor) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let listing = call::<M>(way, client, &page(cursor)).await?;
        rows.extend(listing.rows);
        cursor = listing.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(rows)
}

async fn quote(way: &Way, client: &mut Option<Client>, order: &Order) -> Result<DryRun, Fault> {
    let (mut submit, enclosed) = submission(way, order).await?;
    submit.dry_run = true;
    let has_more = !enclosed.is_empty();
    let mut open = opened(way, client).await?;
    let outcome = submit_with(&mut open, submit, enclosed).await;
    // What was sent along for a price goes with its connection: the daemon keeps it for a submit that never comes.
    *client = unless_broken(open, &outcome).filter(|_| !has_more);
    match outcome? {
        Submitted::Planned(plan) => Ok(plan),
        Submitted::Receipt(_) => {
            Err(Fault::new(ErrorKind::Internal, "a price was asked for, and the prompt was run"))
        }
    }
}

async fn choices(
    way: &Way,
    desk: &Arc<dyn super::DeskSource>,
    client: &mut Option<Client>,
) -> Result<Choices, Fault> {
    let page = |cursor| Page { cursor };
    let models: Vec<view::ModelRow> = all::<ModelList, _, _>(way, client, page).await?;
    let providers: Vec<view::ProviderRow> = all::<ProviderList, _, _>(way, client, page).await?;
    let personas: Vec<view::PersonaRow> = all::<PersonaList, _, _>(way, client, page).await?;
    let plans: Vec<view::PlanRow> = all::<PlanList, _, _>(way, client, page).await?;
    let desk = Arc::clone(desk);
    let runs = tokio::task::spawn_blocking(move || desk.runs()).await;
    let runs = runs.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))??;
    Ok(Choices { models, providers, personas, plans, runs })
}

/// What the sessions screen wants of the daemon.
async fn sessions(way: &Way, client: &mut Option<Client>, ask: SessionsAsk) -> SessionsReply {
    let here = |whose| way.workspace.clone().filter(|_| whose == Whose::Here);
    let of = |session: &SessionId| SessionRef {
        session: session.as_str().to_owned(),
        workspace: way.workspace.clone(),
    };
    match ask {
        SessionsAsk::Load { cursor, whose } => {
            let query = SessionQuery { workspace: here(whose), cursor: cursor.clone() };
            SessionsReply::Page { cursor, whose, outcome: call::<SessionList>(way, client, &query).await }
        }
        SessionsAsk::Search { words, whose, cursor } => {
            let query = SessionSearchQuery {
                text: words.clone(),
                workspace: here(whose),
                limit: HITS,
                cursor: cursor.clone(),
                ..SessionSearchQuery::default()
            };
            let outcome = call::<SessionSearch>(way, client, &query).await;
            SessionsReply::Hits { words, whose, cursor, outcome }
        }
        SessionsAsk::Open(session) => {
            let resumed = call::<SessionResume>(way, client, &of(&session)).await;
            SessionsReply::Opened(resumed.map(|detail| detail.row.session))
        }
        SessionsAsk::Fork(session) => {
            let order = SessionForkOrder { session: session.as_str().to_owned(), through: None };
            let copied = call::<SessionFork>(way, client, &order).await;
            SessionsReply::Opened(copied.map(|detail| detail.row.session))
        }
        SessionsAsk::Rename { session, title } => {
            let order = SessionRenameOrder { session: session.as_str().to_owned(), title: title.clone() };
            match call::<SessionRename>(way, client, &order).await {
                Ok(_) => SessionsReply::Renamed { session, title },
                Err(fault) => SessionsReply::Failed(fault),
            }
        }
        SessionsAsk::Delete(session) => {
            let order =
                SessionDeleteOrder { session: session.as_str().to_owned(), client: way.client.clone() };
            match call::<SessionDelete>(way, client, &order).await {
                Ok(_) => SessionsReply::Deleted(session),
                Err(fault) => SessionsReply::Failed(fault),
            }
        }
        SessionsAsk::Preview(_) => {
            SessionsReply::Failed(Fault::new(ErrorKind::Internal, "a preview is read from the log"))
        }
    }
}
