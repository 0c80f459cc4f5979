//! What an end means: from the provider's last word, and how much had come by then, to an outcome, a fault
//! and what the retry rule needs to know.

use super::attempt::Attempt;
use super::retry::fault_of;
use crate::input::{AttemptFailure, FailureClass, Stop};
use plyrum_protocol::{AttemptOutcome, ErrorKind, Fault};

/// How an attempt ended, as the engine sees it.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) outcome: AttemptOutcome,
    /// Why it was not ok.
    pub(super) fault: Option<Fault>,
    /// For the retry rule.
    pub(super) failure: Option<AttemptFailure>,
    /// It was ended by the output limit.
    pub(super) at_length: bool,
}

impl Ended {
    /// The model stopped by itself. Reasoning alone is no answer.
    pub(super) fn finished(stop: &Stop, attempt: &Attempt) -> Self {
        let model = &attempt.hold.model;
        let empty = attempt.answer.bytes == 0;
        let fault = match stop {
            Stop::ContentFilter => Fault::new(
                ErrorKind::ProviderRejected,
                format!("{model}: the provider's filter ended the answer"),
            ),
            Stop::Length if empty => Fault::new(
                ErrorKind::Failed,
                format!(
                    "{model} used all {} tokens of its answer before the first word of it",
                    attempt.hold.bound.max_output_tokens
                ),
            )
            .hint("allow a longer answer (max_output_tokens), or take a model that reasons less"),
            Stop::EndTurn | Stop::ToolUse | Stop::Other(_) if empty => {
                Fault::new(ErrorKind::Failed, format!("{model} ended its answer without a word"))
            }
            Stop::Length => return Self::ok(true),
            Stop::EndTurn | Stop::ToolUse | Stop::Other(_) => return Self::ok(false),
        };
        Self::without_whole_answer(attempt, fault)
    }

    /// The stream broke off.
    pub(super) fn cut(why: String, attempt: &Attempt) -> Self {
        let (model, bytes) = (&attempt.hold.model, attempt.received_bytes());
        let fault = Fault::new(
            ErrorKind::ProviderUnavailable,
            format!("{model}: the answer broke off after {bytes} bytes: {why}"),
        )
        .hint("ask again; what came is charged once");
        let failure =
            AttemptFailure { class: FailureClass::Reset, status: None, message: why, retry_after_ms: None };
        Self { failure: Some(failure), ..Self::without_whole_answer(attempt, fault) }
    }

    /// The provider refused or failed.
    pub(super) fn failed(failure: AttemptFailure, attempt: &Attempt) -> Self {
        let fault = fault_of(&failure);
        Self { failure: Some(failure), ..Self::without_whole_answer(attempt, fault) }
    }

    /// We hung up: no message of ours could hold more of it.
    pub(super) fn too_long(what: &str, max_bytes: u64, attempt: &Attempt) -> Self {
        let message = format!(
            "{}: {what} is longer than {} KiB, which is as much as one message holds",
            attempt.hold.model,
            max_bytes / 1024
        );
        let fault = Fault::new(ErrorKind::Failed, message).hint("ask for less, or for one part at a time");
        Self::without_whole_answer(attempt, fault)
    }

    /// Its request could not even be sent.
    pub(super) fn not_sent(fault: Fault) -> Self {
        Self { outcome: AttemptOutcome::Failed, fault: Some(fault), failure: None, at_length: false }
    }

    /// The run ends.
    pub(super) fn cancelled(fault: Fault) -> Self {
        Self { outcome: AttemptOutcome::Cancelled, fault: Some(fault), failure: None, at_length: false }
    }

    fn ok(at_length: bool) -> Self {
        Self { outcome: AttemptOutcome::Ok, fault: None, failure: None, at_length }
    }

    fn without_whole_answer(attempt: &Attempt, fault: Fault) -> Self {
        let outcome = if attempt.answer.bytes > 0 { AttemptOutcome::Cut } else { AttemptOutcome::Failed };
        Self { outcome, fault: Some(fault), failure: None, at_length: false }
    }
}
