//! Frames: the lifecycle of a run as everybody sees it.
//!
//! Durable frames carry `seq`, consecutive from 1 in each run, are in the session's log, are never
//! dropped, and end with exactly one `run.finished`. Live frames (`delta`, `resync`) carry no `seq`: a delta
//! names its step, attempt and byte offset, so a gap shows by itself.

use crate::{
    Action, ApprovalId, ApprovalScope, ApprovalVerdict, AttemptId, AttemptOutcome, CallId, ChangedFile,
    Decision, FailureView, Fault, PictureMark, Ruling, RunId, RunResult, SessionId, StepId, Timestamp,
    ToolOutcome, UsageView, VoteGroup,
};
use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One lifecycle event of a run. JSON: `{"type":…, fields…, "run":…, "seq"?:…, "at":…}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    /// What happened.
    #[serde(flatten)]
    pub body: FrameBody,
    /// Whose run.
    pub run: RunId,
    /// Number among the run's durable frames, from 1; none on live frames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// When, by the daemon's clock.
    pub at: Timestamp,
}

/// What an attempt is for; the dimension "role" of usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The answer itself.
    Answer,
    /// A proposal of a mixture.
    Proposer,
    /// The answer made from proposals.
    Aggregator,
    /// A choice among proposals.
    Judge,
    /// A session's title.
    Title,
    /// A summary of older turns.
    Compact,
}

impl Role {
    /// The word used in JSON and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Proposer => "proposer",
            Self::Aggregator => "aggregator",
            Self::Judge => "judge",
            Self::Title => "title",
            Self::Compact => "compact",
        }
    }
}

/// What a step of a plan does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Answers the user.
    Answer,
    /// Proposes an answer for a later step.
    Propose,
    /// Writes one answer from several proposals.
    Aggregate,
    /// Takes the answer that most proposals share.
    Vote,
    /// Picks one proposal unmodified.
    Select,
    /// Acts.
    Tool,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It has its text.
    Ok,
    /// It has a text that was cut short.
    Cut,
    /// It has no text.
    Failed,
}

/// Which stream of an attempt a delta belongs to. Streams never interleave in one pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Text of the answer.
    Answer,
    /// Text of a proposal.
    Proposal,
    /// A model's reasoning.
    Reasoning,
    /// Arguments of a tool call.
    ToolArgs,
}

/// One step as planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedStep {
    /// Name in the plan.
    pub step: StepId,
    /// What it does.
    pub kind: StepKind,
    /// What its attempts are booked as.
    pub role: Role,
    /// First choice of model.
    pub model: String,
    /// Steps that must have ended before it starts.
    pub after: Vec<StepId>,
}

/// A file of the project that went into the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContextFile {
    /// Its path, from the project's root.
    pub name: String,
    /// Bytes of it that were given.
    pub bytes: u64,
    /// SHA-256 of what was given, in hex.
    pub sha256: String,
    /// Whether it was longer than what is given of a file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// Money reserved for one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptHold {
    /// The attempt.
    pub attempt: AttemptId,
    /// Reserved, never less than what it may cost.
    pub micro_rub: MicroRub,
    /// Nothing is reserved, since nobody knows what it may cost, and the user allows that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpriced: bool,
}

/// What happened, by type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub enum FrameBody {
    /// The daemon has the prompt.
    #[serde(rename = "run.accepted")]
    RunAccepted {
        /// The conversation it belongs to.
        session: SessionId,
        /// Its persona.
        persona: String,
        /// The client that submitted it.
        client: String,
        /// SHA-256 of the prompt with its attachments, after redaction, as it went on.
        prompt_sha256: String,
        /// Files of the project that were given to the model as untrusted context.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        context: Vec<ContextFile>,
        /// Set where the run summarises the session's turns up to this one: its answer stands for them from
        /// then on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        compacts: Option<RunId>,
        /// Pictures that came with the prompt.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pictures: Vec<PictureMark>,
        /// Whether its answer must fit a schema: until it is looked at, what comes may be replaced.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        has_schema: bool,
    },
    /// The router decided.
    #[serde(rename = "run.routed")]
    RunRouted {
        /// What and why.
        decision: Box<Decision>,
    },
    /// The plan stands.
    #[serde(rename = "run.planned")]
    RunPlanned {
        /// Name of the plan.
        plan: String,
        /// Its steps, in the plan's order.
        steps: Vec<PlannedStep>,
        /// Least it can cost.
        price_low_micro_rub: MicroRub,
        /// Most it can cost: the sum of the holds.
        price_high_micro_rub: MicroRub,
        /// Models in it whose price nobody knows: what they cost is in neither figure.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unpriced: Vec<String>,
        /// Why this plan.
        reasons: Vec<String>,
    },
    /// The plan was made smaller to fit its limits.
    #[serde(rename = "plan.shrunk")]
    PlanShrunk {
        /// What was planned.
        from: String,
        /// What is left of it.
        to: String,
        /// What did not fit.
        reason: String,
    },
    /// Money is reserved, durably.
    #[serde(rename = "hold.taken")]
    HoldTaken {
        /// One row per attempt.
        holds: Vec<AttemptHold>,
        /// Their sum.
        total_micro_rub: MicroRub,
    },
    /// Money could not be reserved.
    #[serde(rename = "hold.refused")]
    HoldRefused {
        /// What was asked for.
        needed_micro_rub: MicroRub,
        /// What was there.
        available_micro_rub: MicroRub,
        /// The limit that stands in the way; none for a prepaid balance.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit_micro_rub: Option<MicroRub>,
        /// The setting to change.
        setting: String,
    },
    /// Half, four fifths or all of a budget is spent. Once for each day, month, session … of it.
    #[serde(rename = "budget.notice")]
    BudgetNotice {
        /// What it limits: `run`, `session`, `day`, `month`, `persona`, `project` or `provider`.
        scope: String,
        /// Which persona, project or provider.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// 50, 80 or 100.
        percent: u8,
        /// What is charged so far.
        spent_micro_rub: MicroRub,
        /// The limit.
        limit_micro_rub: MicroRub,
        /// The setting to change.
        setting: String,
    },
    /// What providers send from here on is not recorded, though it was asked for; the run goes on.
    #[serde(rename = "recording.failed")]
    RecordingFailed {
        /// Why.
        reason: String,
    },
    /// A step begins.
    #[serde(rename = "step.started")]
    StepStarted {
        /// Which.
        step: StepId,
        /// What it does.
        kind: StepKind,
        /// What its attempts are booked as.
        role: Role,
    },
    /// A step ended by itself.
    #[serde(rename = "step.finished")]
    StepFinished {
        /// Which.
        step: StepId,
        /// How.
        outcome: StepOutcome,
        /// What all its attempts cost.
        cost_micro_rub: MicroRub,
        /// How many of them were charged nothing since their price is not known.
        #[serde(default, skip_serializing_if = "crate::is_zero")]
        unpriced: u32,
        /// From its start to its end.
        ms: u64,
    },
    /// A step was ended from outside.
    #[serde(rename = "step.cancelled")]
    StepCancelled {
        /// Which.
        step: StepId,
        /// `late`, `dropped` (somebody did not want it), or the kind of fault that ended the run.
        reason: String,
    },
    /// A request is about to be sent.
    #[serde(rename = "attempt.started")]
    AttemptStarted {
        /// For which step.
        step: StepId,
        /// Its id.
        attempt: AttemptId,
        /// To which provider.
        provider: String,
        /// For which model (catalogue id).
        model: String,
        /// Which try of this step, from 1.
        #[serde(rename = "try")]
        try_number: u32,
    },
    /// Its request waits: as many as may run at its provider at a time are running.
    #[serde(rename = "attempt.queued")]
    AttemptQueued {
        /// Which attempt.
        attempt: AttemptId,
        /// For a free place of which provider.
        provider: String,
        /// Requests that may run there at a time.
        limit: u32,
    },
    /// Its request goes out after it has waited, or as the one that tries whether its provider answers again. Others go out
    /// with `attempt.started`.
    #[serde(rename = "attempt.admitted")]
    AttemptAdmitted {
        /// Which attempt.
        attempt: AttemptId,
        /// How long it waited for a free place; none where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queued_ms: Option<u64>,
        /// Its provider was not asked for a while, having failed too often: this request tries whether it answers again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_probe: bool,
    },
    /// A provider failed too often in a row: it is not asked for a while, by no run.
    #[serde(rename = "provider.resting")]
    ProviderResting {
        /// Which provider.
        provider: String,
        /// The attempt that was its last failure.
        attempt: AttemptId,
        /// Failures in a row.
        failures: u32,
        /// Until when it is not asked; then one request tries whether it answers.
        until: Timestamp,
    },
    /// The first text arrived.
    #[serde(rename = "attempt.opened")]
    AttemptOpened {
        /// Which attempt.
        attempt: AttemptId,
        /// Time to first token, from the request; it did not wait for a free place meanwhile.
        ttft_ms: u64,
    },
    /// Live: some text.
    #[serde(rename = "delta")]
    Delta {
        /// Of which step.
        step: StepId,
        /// Of which attempt.
        attempt: AttemptId,
        /// Of which stream.
        channel: Channel,
        /// Byte offset of `text` in that stream.
        offset: u64,
        /// The text.
        text: String,
    },
    /// An attempt ended, and its cost is settled.
    #[serde(rename = "attempt.finished")]
    AttemptFinished {
        /// Which attempt.
        attempt: AttemptId,
        /// How it ended.
        outcome: AttemptOutcome,
        /// What was used.
        usage: UsageView,
        /// What was charged.
        cost_micro_rub: MicroRub,
        /// Nothing was charged, since its price is not known.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unpriced: bool,
        /// What the provider itself says that it cost, where that is over a twentieth and a kopeck off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider_says_micro_rub: Option<MicroRub>,
        /// From request to end.
        ms: u64,
        /// How long its request waited for a free place of its provider before that; none where it did not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queued_ms: Option<u64>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Fault>,
        /// What its provider, or the way there, failed with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<FailureView>,
    },
    /// The same model will be asked again, as a new attempt.
    #[serde(rename = "attempt.retried")]
    AttemptRetried {
        /// The attempt that failed.
        attempt: AttemptId,
        /// The attempt to come.
        next: AttemptId,
        /// Wait before it.
        after_ms: u64,
        /// The provider asked for this wait (`Retry-After`); else it was drawn.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_retry_after: bool,
        /// Why.
        cause: String,
        /// What it failed with; none where the answer did not fit its schema.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<FailureView>,
    },
    /// Another model will be asked.
    #[serde(rename = "attempt.fallback")]
    AttemptFallback {
        /// The model that failed.
        from: String,
        /// The model to come.
        to: String,
        /// Why.
        cause: String,
        /// What it failed with; none where the answer did not fit its schema.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<FailureView>,
    },
    /// An attempt has shown nothing for a while: another model is asked beside it. Who shows something first is the step's
    /// attempt; the other one is cancelled. Its own `attempt.started` follows.
    #[serde(rename = "attempt.hedged")]
    AttemptHedged {
        /// Of which step.
        step: StepId,
        /// The attempt that is silent.
        attempt: AttemptId,
        /// The attempt beside it.
        hedge: AttemptId,
        /// How long the first one was silent.
        after_ms: u64,
        /// Who serves the second one.
        provider: String,
        /// Which model that is (catalogue id).
        model: String,
    },
    /// A proposal was not waited for any longer.
    #[serde(rename = "proposal.late")]
    ProposalLate {
        /// Whose.
        step: StepId,
    },
    /// A proposal cannot be chosen: it is not what was asked for, and another one is.
    #[serde(rename = "proposal.unfit")]
    ProposalUnfit {
        /// Whose.
        step: StepId,
        /// What is wrong with it.
        why: String,
    },
    /// A proposal was tried by the run's check, in a copy of the workspace.
    #[serde(rename = "proposal.checked")]
    ProposalChecked {
        /// Whose.
        step: StepId,
        /// Whether the check accepts it: its command ended with 0.
        passed: bool,
        /// Exit code of the command, where it ended by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit: Option<i32>,
        /// Why it does not pass, where no exit code says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        /// How long the command took.
        ms: u64,
        /// The end of its output, at most 4 KiB, without secrets.
        output: String,
    },
    /// The answers of proposals were compared: who said the same, and what each one's word counts.
    #[serde(rename = "votes.counted")]
    VotesCounted {
        /// The step that counts them.
        step: StepId,
        /// The heaviest first.
        groups: Vec<VoteGroup>,
        /// Whether the first group's answer is the answer; else the question goes on to another model.
        settles: bool,
    },
    /// Enough proposals are there.
    #[serde(rename = "quorum.reached")]
    QuorumReached {
        /// Proposals that are there.
        have: u32,
        /// Proposals that were planned.
        of: u32,
        /// Since the first was asked for.
        waited_ms: u64,
        /// `quorum`, `agreement`, `weighed_agreement` or `finish_now`; `duplicates` or `one_fits` where nobody has to choose; `code_with_tests`
        /// where one passes the run's check, and `none_passed` where no proposal does.
        reason: String,
    },
    /// A model wants to act. Nothing has happened yet.
    #[serde(rename = "tool.proposed")]
    ToolProposed {
        /// The call.
        call: CallId,
        /// The step of its turn.
        step: StepId,
        /// The tool, by the name that the model used.
        tool: String,
        /// What will happen.
        action: Box<Action>,
        /// SHA-256 that binds an approval to the action, in hex.
        sha256: String,
        /// What the model said before it called, with the first call of a turn; at most 16 KiB of it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        said: String,
    },
    /// A person is asked; the question is durable.
    #[serde(rename = "approval.requested")]
    ApprovalRequested {
        /// The question.
        approval: ApprovalId,
        /// The call that it is about.
        call: CallId,
        /// After this the default holds.
        deadline: Timestamp,
        /// What holds when nobody answers: `denied`.
        default: ApprovalVerdict,
        /// Why it is asked.
        ruling: Ruling,
        /// The rule that an answer "always" would save; none where no rule can allow it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verdict_if_rule: Option<String>,
    },
    /// The question is answered; the first answer counts.
    #[serde(rename = "approval.resolved")]
    ApprovalResolved {
        /// The question.
        approval: ApprovalId,
        /// The call that it is about.
        call: CallId,
        /// The answer.
        verdict: ApprovalVerdict,
        /// The client that answered; `deadline` where nobody did.
        by: String,
        /// For how long it holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<ApprovalScope>,
        /// The rule that was saved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
        /// Why not, for the model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// An action begins: allowed by a rule, or by an approval.
    #[serde(rename = "tool.started")]
    ToolStarted {
        /// The call.
        call: CallId,
        /// What the policies said.
        ruling: Ruling,
        /// The approval, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approval: Option<ApprovalId>,
        /// The sandbox's level, of commands: `full`, `lower` or `none`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sandbox: Option<String>,
    },
    /// Live: output of a running command.
    #[serde(rename = "tool.output")]
    ToolOutput {
        /// The call.
        call: CallId,
        /// Byte offset of `text` in the output.
        offset: u64,
        /// The text.
        text: String,
    },
    /// An action ended, or did not begin.
    #[serde(rename = "tool.finished")]
    ToolFinished {
        /// The call.
        call: CallId,
        /// How.
        outcome: ToolOutcome,
        /// Exit code of a command that ended by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit: Option<i32>,
        /// From its start to its end.
        ms: u64,
        /// Bytes of output in all.
        bytes: u64,
        /// Files that it changed.
        changed_files: Vec<ChangedFile>,
        /// What the model is told.
        text: String,
    },
    /// A model called a tool that it was not offered: nothing was proposed, decided or done. Once for an attempt.
    #[serde(rename = "tool.refused")]
    ToolRefused {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: AttemptId,
        /// The tool, by the name that the model used; at most 64 bytes of it.
        tool: String,
    },
    /// The run waits for an answer from any client.
    #[serde(rename = "run.parked")]
    RunParked {
        /// The question.
        approval: ApprovalId,
        /// The command that answers it.
        resume: String,
    },
    /// The text of this step stands until it is replaced by the answer.
    #[serde(rename = "provisional")]
    Provisional {
        /// Whose text.
        step: StepId,
    },
    /// Live: this client missed something; attach again from `from_seq`.
    #[serde(rename = "resync")]
    Resync {
        /// Last durable frame that was queued for this client.
        from_seq: u64,
    },
    /// The run is over and its ledger rows are committed. Exactly one, the last.
    #[serde(rename = "run.finished")]
    RunFinished {
        /// Everything about it.
        result: Box<RunResult>,
    },
}

impl FrameBody {
    /// Whether frames of this type carry `seq` and are kept.
    pub const fn is_durable(&self) -> bool {
        !matches!(self, Self::Delta { .. } | Self::ToolOutput { .. } | Self::Resync { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_comes_first_and_live_frames_have_no_seq() {
        let frame = Frame {
            body: FrameBody::Delta {
                step: StepId::new("answer").unwrap(),
                attempt: AttemptId::new("ab.1").unwrap(),
                channel: Channel::Answer,
                offset: 0,
                text: "да".into(),
            },
            run: RunId::new("ab").unwrap(),
            seq: None,
            at: Timestamp::from_millis(0),
        };
        let line = crate::to_line(&frame).unwrap();
        assert_eq!(
            line,
            "{\"type\":\"delta\",\"step\":\"answer\",\"attempt\":\"ab.1\",\"channel\":\"answer\",\"offset\":0,\
             \"text\":\"да\",\"run\":\"ab\",\"at\":\"1970-01-01T00:00:00.000Z\"}"
        );
        assert_eq!(serde_json::from_str::<Frame>(&line).unwrap(), frame);
        assert!(!frame.body.is_durable());
    }
}
