//! Every kind of record that the audit of this program can have: a closed table. A record of a kind that is
//! not here cannot be made by the daemon, since [`Recorder::record`](super::Recorder::record) takes a
//! [`Kind`]; what the ledger's outbox and the audit itself add is listed and tested to be complete.
//!
//! Bodies carry names, ids, figures and hashes; never prompt text, answers or keys.

/// What the daemon records by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A daemon is up: its version and process.
    DaemonStarted,
    /// A start has ended what a crash left open: how much.
    DaemonRecovered,
    /// A daemon ends in order.
    DaemonStopped,
    /// A configuration was read that is new or has changed: its files by SHA-256.
    ConfigLoaded,
    /// Keys of providers were found, are gone, or are others: names and keyed fingerprints.
    KeysChanged,
    /// Somebody of another user has connected, and was turned away.
    ClientRefused,
    /// A prompt was taken: for which session, by which client.
    RunAccepted,
    /// The router has decided: for what, and what could answer.
    RunRouted,
    /// A plan stands: its steps, and what it can cost.
    RunPlanned,
    /// A plan was made smaller to fit a limit.
    PlanShrunk,
    /// A request goes out that waited for a free place, or that tries whether a provider answers again.
    AttemptAdmitted,
    /// A model is asked again: after how long, by whose wish, and what the request before failed with.
    AttemptRetried,
    /// A run goes on with another model.
    AttemptFallback,
    /// A second model is asked beside a silent one: after how long, and which.
    AttemptHedged,
    /// A provider failed too often and is not asked for a while: until when.
    ProviderResting,
    /// Somebody has ended a run: who, and why.
    RunCancelled,
    /// Somebody has dropped one proposal of a run: who, and which.
    StepDropped,
    /// A run is over: how, and what it cost.
    RunFinished,
    /// A model wants to act: which tool, what exactly by its hash, and the words of a command.
    ToolProposed,
    /// It may, or may not: by which policy, rule and line, or by whom.
    ToolDecided,
    /// It was carried out: how it ended, and what it changed.
    ToolExecuted,
    /// What a run's tools changed was put back.
    ToolUndone,
    /// A person said whether an answer was good: of which run, by which model.
    FeedbackGiven,
    /// A conversation got another title.
    SessionRenamed,
    /// A conversation was continued as another one, from a turn on.
    SessionForked,
    /// Turns of a conversation were taken back.
    SessionRewound,
    /// A conversation was taken off the disk: by whom, and the hash of what it was.
    SessionDeleted,
    /// The audit could not be written for so long that records were left out: how many.
    AuditGap,
    /// A body of the ledger's outbox could not be written as it is: its id, kind and SHA-256.
    AuditStandIn,
}

impl Kind {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 29] = [
        Self::DaemonStarted,
        Self::DaemonRecovered,
        Self::DaemonStopped,
        Self::ConfigLoaded,
        Self::KeysChanged,
        Self::ClientRefused,
        Self::RunAccepted,
        Self::RunRouted,
        Self::RunPlanned,
        Self::PlanShrunk,
        Self::AttemptAdmitted,
        Self::AttemptRetried,
        Self::AttemptFallback,
        Self::AttemptHedged,
        Self::ProviderResting,
        Self::RunCancelled,
        Self::StepDropped,
        Self::RunFinished,
        Self::ToolProposed,
        Self::ToolDecided,
        Self::ToolExecuted,
        Self::ToolUndone,
        Self::FeedbackGiven,
        Self::SessionRenamed,
        Self::SessionForked,
        Self::SessionRewound,
        Self::SessionDeleted,
        Self::AuditGap,
        Self::AuditStandIn,
    ];

    /// The word in the record.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::DaemonStarted => "daemon.started",
            Self::DaemonRecovered => "daemon.recovered",
            Self::DaemonStopped => "daemon.stopped",
            Self::ConfigLoaded => "config.loaded",
            Self::KeysChanged => "keys.changed",
            Self::ClientRefused => "client.refused",
            Self::RunAccepted => "run.accepted",
            Self::RunRouted => "run.routed",
            Self::RunPlanned => "run.planned",
            Self::PlanShrunk => "plan.shrunk",
            Self::AttemptAdmitted => "attempt.admitted",
            Self::AttemptRetried => "attempt.retried",
            Self::AttemptFallback => "attempt.fallback",
            Self::AttemptHedged => "attempt.hedged",
            Self::ProviderResting => "provider.resting",
            Self::RunCancelled => "run.cancelled",
            Self::StepDropped => "run.step_dropped",
            Self::RunFinished => "run.finished",
            Self::ToolProposed => "tool.proposed",
            Self::ToolDecided => "tool.decided",
            Self::ToolExecuted => "tool.executed",
            Self::ToolUndone => "tool.undone",
            Self::FeedbackGiven => "feedback.given",
            Self::SessionRenamed => "session.renamed",
            Self::SessionForked => "session.forked",
            Self::SessionRewound => "session.rewound",
            Self::SessionDeleted => "session.deleted",
            Self::AuditGap => "audit.gap",
            Self::AuditStandIn => "audit.stand_in",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The whole table: ours, the ledger's, the audit's own, and those to come.
    fn table() -> Vec<&'static str> {
        let ours = Kind::ALL.iter().map(|kind| kind.as_str());
        ours.chain(plyrum_ledger::OUTBOX_KINDS).chain(plyrum_audit::own::OWN_KINDS).collect()
    }

    #[test]
    fn each_kind_is_there_once_and_is_a_kind() {
        let table = table();
        assert_eq!(table.len(), 45);
        assert_eq!(table.iter().collect::<BTreeSet<_>>().len(), table.len());
        let is_kind = |kind: &str| kind.bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b));
        assert!(table.iter().all(|kind| is_kind(kind)));
    }

    #[test]
    fn no_kind_is_written_anywhere_else() {
        // The compiler sees to it that records are made of kinds; here, that all kinds are in the list.
        let source = include_str!("kinds.rs");
        let arms =
            source.lines().filter(|line| line.trim_start().starts_with("Self::") && line.contains("=> \""));
        assert_eq!(arms.count(), Kind::ALL.len());
    }
}
