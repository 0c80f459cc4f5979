//! Asking a person: the question is durable before anybody sees it, the first answer counts, and nothing waits for
//! ever.

use super::of_run::OfRun;
use super::prepare::Prepared;
use crate::clock;
use crate::driver::convert;
use plyrum_engine::ToolEvent;
use plyrum_ledger::{Approval, ApprovalStatus, NewApproval};
use plyrum_protocol::{ApprovalId, ApprovalScope, ApprovalVerdict, Asking, CallId, Fault, Ruling, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// What another daemon needs to go on with a run: how it may act, and the run itself.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Parked {
    pub(crate) order: super::Order,
    /// Of the engine.
    pub(crate) run: String,
}

/// What became of a question.
pub(super) enum Answer {
    /// Somebody answered, or the deadline did.
    Given(Box<Approval>),
    /// The run ends before anybody did.
    Stopped,
}

/// A question to a person.
pub(super) struct Question<'a> {
    pub(super) call: &'a CallId,
    pub(super) approval: &'a ApprovalId,
    pub(super) prepared: &'a Prepared,
    pub(super) ruling: &'a Ruling,
    /// What "always" would save.
    pub(super) rule: Option<String>,
}

impl OfRun {
    /// Writes the question down and waits for its answer. `kept` is the run as the engine keeps it.
    pub(super) async fn ask(
        &self,
        question: Question<'_>,
        kept: Option<String>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Answer, Fault> {
        let waits = self.toolbox().expect(question.approval);
        let deadline = self.deadline();
        let new = self.new_approval(&question, deadline, kept);
        let written = self.daemon.ledger.request_approval(new).await;
        self.daemon.recorder.outbox_filled_by_run();
        if let Err(e) = written {
            self.toolbox().forget(question.approval);
            return Err(convert::storage(&e));
        }
        let Question { call, approval, ruling, rule, .. } = question;
        let (ruling, id) = (ruling.clone(), approval.clone());
        self.tell(call, ToolEvent::Asked { approval: id.clone(), deadline, ruling, rule }).await;
        if self.order.asking == Asking::Defer {
            let resume = format!("plyrum approve {id}");
            self.tell(call, ToolEvent::Parked { approval: id, resume }).await;
        }
        self.wait(approval, deadline, waits, stop).await
    }

    /// The same for a question that an earlier daemon has written down.
    pub(super) async fn ask_again(
        &self,
        approval: &ApprovalId,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Answer, Fault> {
        let waits = self.toolbox().expect(approval);
        match self.daemon.ledger.approval(approval.as_str()).await.map_err(|e| convert::storage(&e))? {
            Some(row) if row.status == ApprovalStatus::Pending => {
                let deadline = Timestamp::from_millis(row.deadline);
                self.wait(approval, deadline, waits, stop).await
            }
            Some(row) => {
                self.toolbox().forget(approval);
                Ok(Answer::Given(Box::new(row)))
            }
            None => {
                self.toolbox().forget(approval);
                Ok(Answer::Stopped)
            }
        }
    }

    async fn wait(
        &self,
        approval: &ApprovalId,
        deadline: Timestamp,
        mut waits: oneshot::Receiver<Approval>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Answer, Fault> {
        self.hub.set_waiting(true);
        let answer = loop {
            let left = Duration::from_millis(deadline.millis_since(clock::now()));
            tokio::select! {
                row = &mut waits => match row {
                    Ok(row) => break Ok(Answer::Given(Box::new(row))),
                    Err(_) => break Ok(Answer::Stopped),
                },
                () = until_stopped(stop) => break Ok(Answer::Stopped),
                () = tokio::time::sleep(left) => {
                    if let Some(row) = self.expire(approval).await? {
                        break Ok(Answer::Given(Box::new(row)));
                    }
                }
            }
        };
        self.hub.set_waiting(false);
        self.toolbox().forget(approval);
        answer
    }

    /// The deadline is over: what the books say now, unless a clock was set back.
    async fn expire(&self, approval: &ApprovalId) -> Result<Option<Approval>, Fault> {
        let storage = |e: plyrum_ledger::LedgerError| convert::storage(&e);
        self.daemon.ledger.expire_approvals(clock::now().millis()).await.map_err(storage)?;
        self.daemon.recorder.outbox_filled_by_run();
        let row = self.daemon.ledger.approval(approval.as_str()).await.map_err(storage)?;
        Ok(row.filter(|row| row.status != ApprovalStatus::Pending))
    }

    fn deadline(&self) -> Timestamp {
        let defaults = &self.context.settings.defaults;
        let seconds = match self.order.asking {
            Asking::Defer => defaults.deferred_seconds,
            Asking::Client | Asking::Refuse => defaults.approval_seconds,
        };
        clock::now().plus_millis(seconds * 1000)
    }

    fn new_approval(
        &self,
        question: &Question<'_>,
        deadline: Timestamp,
        kept: Option<String>,
    ) -> NewApproval {
        let parked = kept.map(|run| Parked { order: self.order.clone(), run });
        NewApproval {
            id: question.approval.as_str().to_owned(),
            run: self.run().to_owned(),
            session: self.hub.session.as_str().to_owned(),
            call: question.call.as_str().to_owned(),
            tool: question.prepared.tool.to_owned(),
            action: serde_json::json!(question.prepared.action).to_string(),
            sha256: question.prepared.sha256.clone(),
            why: question.ruling.reason.clone(),
            rule: question.rule.clone(),
            at: clock::now().millis(),
            deadline: deadline.millis(),
            checkpoint: parked.and_then(|parked| serde_json::to_string(&parked).ok()),
        }
    }
}

/// The guard of the watched value does not outlive this.
pub(super) async fn until_stopped(stop: &mut watch::Receiver<bool>) {
    let _sender_gone_is_stopped = stop.wait_for(|stop| *stop).await;
}

/// The answer as an event of the run.
pub(super) fn resolved(approval: &ApprovalId, row: &Approval) -> ToolEvent {
    let verdict = match row.status {
        ApprovalStatus::Approved | ApprovalStatus::Executed => ApprovalVerdict::Approved,
        ApprovalStatus::Denied => ApprovalVerdict::Denied,
        ApprovalStatus::Pending | ApprovalStatus::Expired => ApprovalVerdict::Expired,
    };
    let scope = row.scope.filter(|_| verdict == ApprovalVerdict::Approved).map(|scope| match scope {
        plyrum_ledger::ApprovalScope::Once => ApprovalScope::Once,
        plyrum_ledger::ApprovalScope::Session => ApprovalScope::Session,
        plyrum_ledger::ApprovalScope::Always => ApprovalScope::Always,
    });
    ToolEvent::Resolved {
        approval: approval.clone(),
        verdict,
        by: row.by.clone().unwrap_or_else(|| "deadline".to_owned()),
        scope,
        rule: row.rule.clone().filter(|_| scope.is_some_and(|scope| scope != ApprovalScope::Once)),
        reason: row.reason.clone(),
    }
}
