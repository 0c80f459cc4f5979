//! What a reader should know about a run beside its course, as frames tell it.

use plyrum_billing_client::MicroRub;
use plyrum_protocol::{Excluded, FrameBody, Timestamp};

/// Something that its reader should know about a run, as a frame told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The plan became smaller.
    Shrunk {
        /// What was planned.
        from: String,
        /// What is left.
        to: String,
        /// Why.
        reason: String,
    },
    /// A request waits for a free place.
    Queued {
        /// Of which provider.
        provider: String,
        /// Requests that may run there at a time.
        limit: u32,
    },
    /// A provider failed too often and is not asked for a while.
    Resting {
        /// Which.
        provider: String,
        /// Failures in a row.
        failures: u32,
        /// For so long.
        for_ms: u64,
    },
    /// A model would serve if its provider were asked.
    PassedOver {
        /// Which.
        model: String,
        /// For so long.
        for_ms: u64,
    },
    /// What follows is not recorded, though it was asked for.
    NotRecorded {
        /// Why.
        reason: String,
    },
    /// The same model is asked again.
    Retried {
        /// After so long.
        after_ms: u64,
        /// The provider asked for that wait.
        is_retry_after: bool,
        /// Why.
        cause: String,
    },
    /// Another model is asked.
    Fallback {
        /// The one that failed.
        from: String,
        /// The one to come.
        to: String,
        /// Why.
        cause: String,
    },
    /// A second model is asked beside a silent one.
    Hedged {
        /// How long the first was silent, in milliseconds.
        after_ms: u64,
        /// The second.
        model: String,
    },
    /// A model called a tool that it was not offered; nothing was done.
    ToolRefused {
        /// Its step.
        step: String,
        /// The tool, as it called it.
        tool: String,
    },
    /// A proposal was tried by the run's check.
    Checked {
        /// Its step.
        step: String,
        /// Whether it passes.
        passed: bool,
        /// Exit code of the check, where it ended by itself.
        exit: Option<i32>,
        /// Why it does not pass, where no exit code says it.
        why: Option<String>,
    },
    /// The answers of proposals were compared.
    Counted {
        /// Each answer that was given, with how many gave it; the heaviest first.
        groups: Vec<(Option<String>, usize)>,
        /// Whether the first of them is taken.
        settles: bool,
    },
    /// A budget is used up so far.
    Budget {
        /// Which.
        scope: String,
        /// How far, in percent.
        percent: u8,
        /// Charged so far.
        spent: MicroRub,
        /// The limit.
        limit: MicroRub,
    },
    /// Money could not be reserved.
    Refused {
        /// What was asked for.
        needed: MicroRub,
        /// What was there.
        available: MicroRub,
        /// The setting to change.
        setting: String,
    },
    /// The provider names another price.
    ProviderSays {
        /// Its figure.
        says: MicroRub,
        /// What was charged.
        charged: MicroRub,
    },
}

impl Notice {
    /// The notice of a frame, if it has one.
    pub(super) fn of(body: &FrameBody, now: Timestamp) -> Option<Self> {
        Some(match body {
            FrameBody::AttemptQueued { provider, limit, .. } => {
                Self::Queued { provider: provider.clone(), limit: *limit }
            }
            FrameBody::ProviderResting { provider, failures, until, .. } => {
                let for_ms = until.millis_since(now);
                Self::Resting { provider: provider.clone(), failures: *failures, for_ms }
            }
            FrameBody::RecordingFailed { reason } => Self::NotRecorded { reason: reason.clone() },
            FrameBody::PlanShrunk { from, to, reason } => {
                Self::Shrunk { from: from.clone(), to: to.clone(), reason: reason.clone() }
            }
            FrameBody::AttemptRetried { after_ms, is_retry_after, cause, .. } => {
                let (after_ms, is_retry_after) = (*after_ms, *is_retry_after);
                Self::Retried { after_ms, is_retry_after, cause: cause.clone() }
            }
            FrameBody::AttemptFallback { from, to, cause, .. } => {
                Self::Fallback { from: from.clone(), to: to.clone(), cause: cause.clone() }
            }
            FrameBody::AttemptHedged { after_ms, model, .. } => {
                Self::Hedged { after_ms: *after_ms, model: model.clone() }
            }
            FrameBody::ToolRefused { step, tool, .. } => {
                Self::ToolRefused { step: step.to_string(), tool: tool.clone() }
            }
            FrameBody::ProposalChecked { step, passed, exit, why, .. } => {
                Self::Checked { step: step.to_string(), passed: *passed, exit: *exit, why: why.clone() }
            }
            FrameBody::VotesCounted { groups, settles, .. } => {
                let groups = groups.iter().map(|group| (group.answer.clone(), group.votes.len()));
                Self::Counted { groups: groups.collect(), settles: *settles }
            }
            FrameBody::BudgetNotice { scope, percent, spent_micro_rub, limit_micro_rub, .. } => {
                Self::Budget {
                    scope: scope.clone(),
                    percent: *percent,
                    spent: *spent_micro_rub,
                    limit: *limit_micro_rub,
                }
            }
            FrameBody::HoldRefused { needed_micro_rub, available_micro_rub, setting, .. } => Self::Refused {
                needed: *needed_micro_rub,
                available: *available_micro_rub,
                setting: setting.clone(),
            },
            FrameBody::AttemptFinished { provider_says_micro_rub: Some(says), cost_micro_rub, .. } => {
                Self::ProviderSays { says: *says, charged: *cost_micro_rub }
            }
            _ => return None,
        })
    }
}

/// Models that would serve if their provider were asked now.
pub(super) fn passed_over(excluded: &[Excluded], now: Timestamp) -> impl Iterator<Item = Notice> {
    let resting = excluded.iter().filter(|model| model.only_rests());
    resting.filter_map(move |model| {
        let for_ms = model.resting_until?.millis_since(now);
        Some(Notice::PassedOver { model: model.model.clone(), for_ms })
    })
}
