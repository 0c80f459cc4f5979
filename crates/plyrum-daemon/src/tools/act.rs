//! The life of one call. See the module's head for what is promised here.

use super::ask::{Answer, Question, resolved};
use super::call::{Call, Unfit, read};
use super::decide::{Decision, decide, rules_for};
use super::execute::Confirmed;
use super::of_run::OfRun;
use super::prepare::{Prepared, Unready, prepare};
use super::record::By;
use plyrum_engine::{ToolCall, ToolEvent, ToolResult};
use plyrum_ledger::{Approval, ApprovalStatus};
use plyrum_protocol::{Action, ApprovalId, Asking, CallId, ErrorKind, Fault, Ruling, ToolOutcome};
use plyrum_tools::Verdict;
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// Carries a call out, or says why not. Every way ends in one last event. `kept` gives the run as the engine keeps it,
/// once a person has to be asked; `waits_for` is the question that an earlier daemon asked about it.
pub(crate) async fn act(
    run: Arc<OfRun>,
    order: ToolCall,
    mut stop: watch::Receiver<bool>,
    kept: oneshot::Receiver<Option<String>>,
    waits_for: Option<ApprovalId>,
) {
    let call = order.call.clone();
    let last = run.life(&order, &mut stop, kept, waits_for).await;
    run.tell(&call, last).await;
}

/// Why an action may begin.
#[derive(Debug, Clone)]
pub(super) struct Leave {
    pub(super) ruling: Ruling,
    pub(super) approval: Option<ApprovalId>,
}

impl OfRun {
    async fn life(
        &self,
        order: &ToolCall,
        stop: &mut watch::Receiver<bool>,
        kept: oneshot::Receiver<Option<String>>,
        waits_for: Option<ApprovalId>,
    ) -> ToolEvent {
        let (shown, understood) = read(&order.name, &order.arguments, &self.context.redactor);
        let call = match understood {
            Ok(call) => call,
            Err(unfit) => return self.unfit(&order.call, shown, unfit).await,
        };
        if self.order.plan_mode && !super::offered(true).iter().any(|offer| offer.name == call.tool()) {
            let why =
                "this run only looks and plans: nothing that changes anything is carried out".to_owned();
            return self.unready(&order.call, call.tool(), shown, Unready::Refused(why)).await;
        }
        let prepared = match self.prepared(&call).await {
            Ok(prepared) => prepared,
            Err(unready) => return self.unready(&order.call, call.tool(), shown, unready).await,
        };
        let leave = match waits_for {
            Some(approval) => self.taken_up(&order.call, &prepared, &approval, stop).await,
            None => self.leave(&order.call, &prepared, stop, kept).await,
        };
        let leave = match leave {
            Ok(leave) => leave,
            Err(last) => return *last,
        };
        if *stop.borrow() {
            return ToolEvent::Finished(stopped());
        }
        self.begin(&order.call, &call, &prepared, leave, stop).await
    }

    /// What would happen, from the files as they are.
    async fn prepared(&self, call: &Call) -> Result<Prepared, Unready> {
        let workspace = self.open()?;
        let call = call.clone();
        let prepared = tokio::task::spawn_blocking(move || prepare(&call, &workspace)).await;
        let mut prepared = prepared.map_err(|e| Unready::Failed(e.to_string()))??;
        self.redact(&mut prepared.action);
        Ok(prepared)
    }

    /// A diff shows what stood in a file, which may be a secret. The hash is of what will happen all the same.
    fn redact(&self, action: &mut Action) {
        if let Action::Write { changes } = action {
            for change in changes {
                change.diff = self.context.redactor.redact(&change.diff).into_owned();
            }
        }
    }

    async fn unfit(&self, call: &CallId, shown: String, unfit: Unfit) -> ToolEvent {
        match unfit {
            Unfit::Misfit(why) => {
                self.propose_nothing(call, shown).await;
                ToolEvent::Misfit { why }
            }
            Unfit::Secret { tool, why } => self.unready(call, tool, shown, Unready::Refused(why)).await,
        }
    }

    /// Nothing is done. What reached for a place that no approval opens is on record as denied.
    pub(super) async fn unready(
        &self,
        call: &CallId,
        tool: &'static str,
        shown: String,
        unready: Unready,
    ) -> ToolEvent {
        match unready {
            Unready::Failed(why) => {
                self.propose_nothing(call, shown).await;
                ToolEvent::Finished(ended(ToolOutcome::Failed, why))
            }
            Unready::Refused(why) => {
                let prepared = Prepared::refused(tool, &self.order.workspace, shown);
                self.propose(call, &prepared).await;
                self.record_decided(call, &prepared, &refusal(&why), &By::Policy, "deny");
                ToolEvent::Finished(ended(ToolOutcome::Denied, why))
            }
        }
    }

    pub(super) async fn propose(&self, call: &CallId, prepared: &Prepared) {
        let action = Box::new(prepared.action.clone());
        self.tell(call, ToolEvent::Proposed { action, sha256: prepared.sha256.clone() }).await;
        self.record_proposed(call, prepared);
    }

    /// A call that cannot be carried out is shown as it was written.
    async fn propose_nothing(&self, call: &CallId, arguments: String) {
        let action = Action::Invalid { arguments };
        let sha256 = super::prepare::hash("", &self.order.workspace, &action);
        self.tell(call, ToolEvent::Proposed { action: Box::new(action), sha256 }).await;
    }

    /// Leave to begin, from a rule or from a person; or the last event of the call.
    pub(super) async fn leave(
        &self,
        call: &CallId,
        prepared: &Prepared,
        stop: &mut watch::Receiver<bool>,
        kept: oneshot::Receiver<Option<String>>,
    ) -> Result<Leave, Box<ToolEvent>> {
        self.propose(call, prepared).await;
        let decision =
            self.decision(prepared).await.map_err(|fault| ends(fault, "it could not be decided"))?;
        let Decision { verdict, ruling } = decision;
        match verdict {
            Verdict::Allow => {
                self.record_decided(call, prepared, &ruling, &By::Policy, "allow");
                Ok(Leave { ruling, approval: None })
            }
            Verdict::Deny => {
                self.record_decided(call, prepared, &ruling, &By::Policy, "deny");
                Err(Box::new(ToolEvent::Finished(ended(ToolOutcome::Denied, denied_by(&ruling)))))
            }
            Verdict::Ask if self.order.asking == Asking::Refuse => {
                self.record_decided(call, prepared, &ruling, &By::Policy, "deny");
                Err(ends(nobody_there(prepared, &ruling), "nobody is there to be asked"))
            }
            Verdict::Ask => self.a_persons_leave(call, prepared, ruling, stop, kept).await,
        }
    }

    async fn decision(&self, prepared: &Prepared) -> Result<Decision, Fault> {
        let policies = self.policies()?;
        let sandbox = self.toolbox().sandboxed().await;
        // Follows links on the disk.
        Ok(tokio::task::block_in_place(|| decide(&policies, prepared, &self.place(), &sandbox)))
    }

    async fn a_persons_leave(
        &self,
        call: &CallId,
        prepared: &Prepared,
        ruling: Ruling,
        stop: &mut watch::Receiver<bool>,
        kept: oneshot::Receiver<Option<String>>,
    ) -> Result<Leave, Box<ToolEvent>> {
        let number = call.as_str().rsplit(".c").next().and_then(|number| number.parse().ok()).unwrap_or(0);
        let approval = ApprovalId::of(&self.hub.run, number);
        let rule = self.rule_that_helps(prepared).await;
        self.tell(call, ToolEvent::Ask).await;
        let Ok(kept) = kept.await else { return Err(Box::new(ToolEvent::Finished(stopped()))) };
        let question = Question { call, approval: &approval, prepared, ruling: &ruling, rule };
        match self.ask(question, kept, stop).await {
            Ok(answer) => self.answered(call, prepared, &approval, ruling, answer).await,
            Err(fault) => Err(ends(fault, "the question could not be written down")),
        }
    }

    /// The rule that would allow the same next time, if it would.
    async fn rule_that_helps(&self, prepared: &Prepared) -> Option<String> {
        let why = format!("approved in run {}", self.run());
        let rule = rules_for(prepared, &self.order.workspace, &why)?;
        let rules = plyrum_tools::Rules::parse(&rule, "", plyrum_tools::Layer::User).ok()?;
        let (rules, now) = (Arc::new(rules), crate::clock::now().millis() / 1000);
        let policies = self.policies().ok()?;
        let over: Vec<_> = policies.iter().map(|policy| policy.with_rules(Arc::clone(&rules), now)).collect();
        let sandbox = self.toolbox().sandboxed().await;
        let decided = tokio::task::block_in_place(|| decide(&over, prepared, &self.place(), &sandbox));
        (decided.verdict == Verdict::Allow).then_some(rule)
    }

    /// Goes on with a question of an earlier daemon.
    pub(super) async fn taken_up(
        &self,
        call: &CallId,
        prepared: &Prepared,
        approval: &ApprovalId,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Leave, Box<ToolEvent>> {
        let row = match self.ask_again(approval, stop).await {
            Ok(Answer::Given(row)) => row,
            Ok(Answer::Stopped) => return Err(Box::new(ToolEvent::Finished(stopped()))),
            Err(fault) => return Err(ends(fault, "the answer could not be read")),
        };
        let ruling = Ruling {
            verdict: "ask".to_owned(),
            policy: self.order.policy.clone(),
            rule: None,
            file: None,
            line: None,
            reason: row.why.clone(),
        };
        self.answered(call, prepared, approval, ruling, Answer::Given(row)).await
    }

    async fn answered(
        &self,
        call: &CallId,
        prepared: &Prepared,
        approval: &ApprovalId,
        ruling: Ruling,
        answer: Answer,
    ) -> Result<Leave, Box<ToolEvent>> {
        let Answer::Given(row) = answer else { return Err(Box::new(ToolEvent::Finished(stopped()))) };
        self.tell(call, resolved(approval, &row)).await;
        let by = row.by.as_deref().unwrap_or("deadline");
        let person = By::Person { approval, client: by };
        let verdict = if row.status == ApprovalStatus::Approved { "allow" } else { "deny" };
        self.record_decided(call, prepared, &ruling, &person, verdict);
        if row.status != ApprovalStatus::Approved {
            self.take_up(approval).await?;
            return Err(Box::new(no(&row)));
        }
        if row.sha256 != prepared.sha256 {
            self.take_up(approval).await?;
            let text = "not carried out: what it would do is not what was approved any more, because files changed \
                        meanwhile. Look again and repeat the call.";
            return Err(Box::new(ToolEvent::Finished(ended(ToolOutcome::Failed, text.to_owned()))));
        }
        self.take_up(approval).await?;
        Ok(Leave { ruling, approval: Some(approval.clone()) })
    }

    /// From here on no other daemon goes on with this question.
    async fn take_up(&self, approval: &ApprovalId) -> Result<(), Box<ToolEvent>> {
        let taken = self.daemon.ledger.take_up(approval.as_str(), crate::clock::now().millis()).await;
        taken.map_err(|e| ends(crate::driver::convert::storage(&e), "the answer could not be written down"))
    }

    /// Executes what was allowed, if it still is that.
    async fn begin(
        &self,
        id: &CallId,
        call: &Call,
        prepared: &Prepared,
        leave: Leave,
        stop: &mut watch::Receiver<bool>,
    ) -> ToolEvent {
        let workspace = self.toolbox().lock_of(&self.order.workspace);
        // What only looks waits for nobody.
        let _turn = if super::execute::changes(call) { Some(workspace.lock().await) } else { None };
        let alone = if super::execute::changes(call) { self.alone().map(Some) } else { Ok(None) };
        let _alone = match alone {
            Ok(alone) => alone,
            Err(why) => return ToolEvent::Finished(ended(ToolOutcome::Failed, why)),
        };
        let now = match self.prepared(call).await {
            Ok(now) if now.sha256 == prepared.sha256 => now,
            Ok(_) | Err(_) => {
                let text = "not carried out: files changed between the decision and its execution. Look again and \
                            repeat the call.";
                return ToolEvent::Finished(ended(ToolOutcome::Failed, text.to_owned()));
            }
        };
        if let Some(approval) = &leave.approval {
            match self.begin_execution(approval, &now.sha256).await {
                Ok(true) => {}
                Ok(false) => {
                    let text = "not carried out: its approval was used up, or is of another action";
                    return ToolEvent::Finished(ended(ToolOutcome::Denied, text.to_owned()));
                }
                Err(fault) => return *ends(fault, "its execution could not be written down"),
            }
        }
        let sandbox = self.level_of(call).await;
        let Leave { ruling, approval } = leave;
        let by = if approval.is_some() { Confirmed::ByPerson } else { Confirmed::ByPolicy };
        self.tell(id, ToolEvent::Started { ruling, approval, sandbox }).await;
        let result = self.execute(id, call, &now, by, stop).await;
        self.record_executed(id, prepared, &result);
        ToolEvent::Finished(result)
    }

    /// Another daemon does not know of this one's mount points and changes: one of them at a time changes a workspace.
    pub(super) fn alone(&self) -> Result<std::fs::File, String> {
        let folder = std::fs::File::open(&self.order.workspace).map_err(|e| format!("the workspace: {e}"))?;
        match folder.try_lock() {
            Ok(()) => Ok(folder),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err("not carried out: another Plyrum changes files here at this moment. Call it again later."
                    .to_owned())
            }
            Err(std::fs::TryLockError::Error(e)) => Err(format!("the workspace cannot be locked: {e}")),
        }
    }

    pub(super) async fn begin_execution(&self, approval: &ApprovalId, sha256: &str) -> Result<bool, Fault> {
        let now = crate::clock::now().millis();
        let begun = self.daemon.ledger.begin_execution(approval.as_str(), sha256, now).await;
        self.daemon.recorder.outbox_filled_by_run();
        begun.map_err(|e| crate::driver::convert::storage(&e))
    }
}

/// The end of a call that did nothing.
pub(super) fn ended(outcome: ToolOutcome, text: String) -> ToolResult {
    ToolResult { outcome, exit: None, ms: 0, bytes: 0, changed_files: Vec::new(), text }
}

fn stopped() -> ToolResult {
    ended(ToolOutcome::Stopped, "not carried out: the run ends".to_owned())
}

fn ends(fault: Fault, text: &str) -> Box<ToolEvent> {
    let result = ended(ToolOutcome::Denied, format!("not carried out: {text}"));
    Box::new(ToolEvent::Ends { fault, result })
}

/// What the tools themselves refuse, whatever the policies say.
pub(super) fn refusal(why: &str) -> Ruling {
    Ruling {
        verdict: Verdict::Deny.as_str().to_owned(),
        policy: "built in".to_owned(),
        rule: None,
        file: None,
        line: None,
        reason: why.to_owned(),
    }
}

fn denied_by(ruling: &Ruling) -> String {
    format!("not allowed, and not asked for: {} ({})", ruling.reason, place_of(ruling))
}

fn place_of(ruling: &Ruling) -> String {
    let rule = ruling.rule.as_deref().map(|rule| format!("rule `{rule}`, ")).unwrap_or_default();
    let line = ruling.line.map(|line| format!(":{line}")).unwrap_or_default();
    let file = ruling.file.as_deref().map(|file| format!(", {file}{line}")).unwrap_or_default();
    format!("{rule}policy `{}`{file}", ruling.policy)
}

/// Headless, and a person would have to be asked.
fn nobody_there(prepared: &Prepared, ruling: &Ruling) -> Fault {
    let what = in_short(&prepared.action);
    let message = format!(
        "`{}` wants to {what}, which must be asked for, and nobody is there: {}",
        prepared.tool, ruling.reason
    );
    Fault::new(ErrorKind::ApprovalNeeded, message).hint(
        "--approve POLICY allows by a policy (plyrum policy list), a rule of your own allows this alone (plyrum policy \
         add), --defer parks the run until plyrum approve",
    )
}

/// The answer is no.
fn no(row: &Approval) -> ToolEvent {
    let reason = row.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    if row.status == ApprovalStatus::Expired {
        let text = format!("not carried out: nobody approved it in time{reason}");
        return ToolEvent::Finished(ended(ToolOutcome::Denied, text));
    }
    let result = ended(ToolOutcome::Denied, format!("the user did not allow it{reason}"));
    if row.ends_run {
        let fault = Fault::new(
            ErrorKind::ApprovalDenied,
            format!("the action was denied, and the run ended{reason}"),
        );
        return ToolEvent::Ends { fault, result };
    }
    ToolEvent::Finished(result)
}

/// An action in a few words, after "wants to".
fn in_short(action: &Action) -> String {
    let cut = |text: &str| {
        let short: String = text.chars().take(120).flat_map(char::escape_debug).collect();
        if text.chars().count() > 120 { format!("{short}…") } else { short }
    };
    match action {
        Action::Read { path, .. } => format!("read {}", cut(path)),
        Action::Write { changes } => {
            let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
            format!("write {}", cut(&paths.join(", ")))
        }
        Action::Run { argv, .. } => format!("run {}", cut(&argv.join(" "))),
        Action::Shell { command, .. } | Action::Check { command, .. } => format!("run {}", cut(command)),
        Action::Fetch { url, .. } => format!("fetch {}", cut(url)),
        Action::Todo { .. } | Action::Invalid { .. } => "do nothing".to_owned(),
    }
}
