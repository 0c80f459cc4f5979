//! Requests of one client: which method, decoded, carried out, answered.

mod adjust;
mod approvals;
mod attach;
mod attachments;
mod audit;
mod feedback;
mod lists;
mod money;
mod plans;
mod providers;
mod route;
mod runs;
mod sessions;
mod state;
mod undo;

use crate::daemon::Daemon;
use crate::log;
use crate::outbox::Outbox;
use crate::serve::send;
use crate::visitors::{Seat, too_many};
use attachments::Attachments;
use plyrum_protocol::{
    ApprovalAnswer, ApprovalList, AttachmentPut, AuditPrune, BalanceSetMode, BalanceTopUp, BudgetList,
    BudgetRemove, BudgetSet, DaemonDrain, DaemonStatus, DaemonStop, ErrorKind, Fault, Hello, LedgerAdjust,
    Method, ModelList, Outgoing, PersonaList, PlanCheck, PlanList, PlanShow, ProviderList, ProviderRefresh,
    ProviderScan, ProviderTest, RequestId, RouteExplain, RpcError, RunAttach, RunCancel, RunDropStep,
    RunFeedback, RunFinishNow, RunId, RunSubmit, RunUndo, SessionDelete, SessionFork, SessionList,
    SessionRename, SessionResume, SessionRewind, SessionSearch, SessionShow, agree,
};
use std::sync::Arc;

/// A connected client, as its requests see it.
#[derive(Debug)]
pub(crate) struct Visitor {
    daemon: Arc<Daemon>,
    outbox: Outbox,
    seat: Seat,
    /// What it said of itself; none before its hello.
    hello: Option<Hello>,
    attachments: Attachments,
    /// Runs that end when this client is gone.
    owned: Vec<RunId>,
}

impl Visitor {
    pub(crate) fn new(daemon: Arc<Daemon>, outbox: Outbox, seat: Seat) -> Self {
        Self { daemon, outbox, seat, hello: None, attachments: Attachments::default(), owned: Vec::new() }
    }

    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub(crate) fn greet(&mut self, hello: &Hello) {
        self.hello = Some(hello.clone());
    }

    pub(crate) fn has_greeted(&self) -> bool {
        self.hello.is_some()
    }

    pub(crate) fn owned_runs(&self) -> &[RunId] {
        &self.owned
    }

    fn answer<M: Method>(&self, id: RequestId, result: Result<M::Reply, Fault>) {
        match result {
            Ok(reply) => send(&self.outbox, &Outgoing::reply(id, reply)),
            Err(fault) => self.refuse(id, fault),
        }
    }

    /// A fault says what a file, a provider or a command said, which may quote a secret.
    fn refuse(&self, id: RequestId, mut fault: Fault) {
        fault.message = log::redacted(&fault.message);
        fault.hint = fault.hint.as_deref().map(log::redacted);
        send(&self.outbox, &Outgoing::<()>::refusal(Some(id), RpcError::of(fault)));
    }
}

/// Carries out a request and queues its answer.
pub(crate) async fn request(visitor: &mut Visitor, id: RequestId, method: &str, params: &str) {
    if let Err(fault) = may_ask(visitor, method) {
        return visitor.refuse(id, fault);
    }
    macro_rules! methods {
        ($( $name:ident => $call:path; )*) => {
            match method {
                $( <$name as Method>::NAME => match serde_json::from_str::<<$name as Method>::Params>(params) {
                    Ok(params) => {
                        let result = $call(visitor, params).await;
                        visitor.answer::<$name>(id, result);
                    }
                    Err(e) => bad_params(visitor, id, method, &e),
                }, )*
                _ => unknown_method(visitor, id, method),
            }
        };
    }
    if method == RunSubmit::NAME {
        return match serde_json::from_str(params) {
            Ok(params) => runs::submit(visitor, id, params).await,
            Err(e) => bad_params(visitor, id, method, &e),
        };
    }
    if method == RunAttach::NAME {
        return match serde_json::from_str(params) {
            Ok(params) => attach::attach(visitor, id, params).await,
            Err(e) => bad_params(visitor, id, method, &e),
        };
    }
    methods! {
        AttachmentPut => attachments::put;
        RunCancel => runs::cancel;
        RunFinishNow => runs::finish_now;
        RunDropStep => runs::drop_step;
        RunUndo => undo::undo;
        RunFeedback => feedback::give;
        ApprovalList => approvals::list;
        ApprovalAnswer => approvals::answer;
        RouteExplain => route::explain;
        PlanList => lists::plans;
        PlanShow => plans::show;
        PlanCheck => plans::check;
        PersonaList => lists::personas;
        ModelList => lists::models;
        ProviderList => providers::list;
        ProviderTest => providers::test;
        ProviderRefresh => providers::refresh;
        ProviderScan => providers::scan;
        BudgetList => money::budgets;
        BudgetSet => money::set_budget;
        BudgetRemove => money::remove_budget;
        BalanceTopUp => money::top_up;
        BalanceSetMode => money::set_mode;
        LedgerAdjust => adjust::adjust;
        AuditPrune => audit::prune;
        SessionList => sessions::list;
        SessionShow => sessions::show;
        SessionSearch => sessions::search;
        SessionResume => sessions::resume;
        SessionFork => sessions::fork;
        SessionRename => sessions::rename;
        SessionRewind => sessions::rewind;
        SessionDelete => sessions::delete;
        DaemonStatus => state::status;
        DaemonStop => state::stop;
        DaemonDrain => state::drain;
    }
}

/// What a client of another version can do: these orders are for everybody.
const MAKE_ROOM: &str =
    "plyrum daemon drain lets what runs end; the next command starts a daemon of its own version";

/// `status`, `drain` and `stop` are for everybody, for ever; the rest needs a place and a common version.
fn may_ask(visitor: &Visitor, method: &str) -> Result<(), Fault> {
    if [DaemonStatus::NAME, DaemonStop::NAME, DaemonDrain::NAME].contains(&method) {
        return Ok(());
    }
    if visitor.seat == Seat::Doorstep {
        log::line("a client was turned away: too many");
        return Err(too_many());
    }
    let Some(hello) = &visitor.hello else {
        return Err(Fault::new(ErrorKind::VersionMismatch, "say hello first").hint(MAKE_ROOM));
    };
    agree(&Hello::of_this_build(), hello)
        .map(|_| ())
        .map_err(|e| Fault::new(ErrorKind::VersionMismatch, e.to_string()).hint(MAKE_ROOM))
}

fn bad_params(visitor: &Visitor, id: RequestId, method: &str, error: &serde_json::Error) {
    let message = format!("{method}: {error}");
    let data = Some(Fault::new(ErrorKind::Usage, message.clone()));
    send(&visitor.outbox, &Outgoing::<()>::refusal(Some(id), RpcError { code: -32602, message, data }));
}

fn unknown_method(visitor: &Visitor, id: RequestId, method: &str) {
    let shown: String = method.chars().take(64).collect();
    let message = format!("there is no method `{shown}`");
    let data = Some(Fault::new(ErrorKind::VersionMismatch, message.clone()).hint("plyrum daemon restart"));
    send(&visitor.outbox, &Outgoing::<()>::refusal(Some(id), RpcError { code: -32601, message, data }));
}
