//! What an end means: from the provider's last word, and how much had come by then, to an outcome, a fault
//! and what the retry rule needs to know.

use super::attempt::Attempt;
use super::retry::fault_of;
use crate::input::{AttemptFailure, FailureClass, Stop};
use plyrum_protocol::{AttemptOutcome, ErrorKind, Fault};
use serde::{Deserialize, Serialize};

const ASK_AGAIN: &str = "ask again; what came is charged once";

/// Bytes that an answer may have for each token that it was allowed, and beside. Prose has three to five bytes a
/// token, and nothing that a model writes at length comes near 16; single tokens of spaces or dashes are up to 128
/// bytes, of which a very short answer may have several.
const BYTES_PER_TOKEN: u64 = 16;
const BYTES_BESIDE: u64 = 1024;

/// How an attempt ended, as the engine sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
        let acts = attempt.calls_tools();
        let wants_tools = attempt.overstepped || *stop == Stop::ToolUse;
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
            Stop::EndTurn | Stop::ToolUse | Stop::Other(_) if acts => return Self::ok(false),
            Stop::EndTurn | Stop::ToolUse | Stop::Other(_) if empty && wants_tools => Fault::new(
                ErrorKind::Failed,
                format!("{model} called a tool that it was not offered, and said nothing"),
            ),
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
        let fault = Fault::new(ErrorKind::ProviderUnavailable, broke_off(attempt, &why)).hint(ASK_AGAIN);
        let failure = AttemptFailure::plain(FailureClass::Reset, why);
        Self { failure: Some(failure), ..Self::without_whole_answer(attempt, fault) }
    }

    /// The provider refused or failed. After its first text that is an answer that broke off, whatever the
    /// class.
    pub(super) fn failed(failure: AttemptFailure, attempt: &Attempt) -> Self {
        let mut fault = fault_of(&failure);
        if attempt.received_bytes() > 0 {
            fault.message = broke_off(attempt, &failure.message);
            fault.hint.get_or_insert_with(|| ASK_AGAIN.to_owned());
        }
        Self { failure: Some(failure), ..Self::without_whole_answer(attempt, fault) }
    }

    /// We hung up: it is far longer than it was allowed to be, and every byte of it may have to be paid.
    pub(super) fn over_its_limit(attempt: &Attempt) -> Self {
        let message = format!(
            "{}: the answer is longer than {} tokens can be ({} bytes came), so the request was ended: the \
             provider does not keep to the limit that it was sent",
            attempt.hold.model,
            attempt.hold.bound.max_output_tokens,
            attempt.received_bytes()
        );
        let fault = Fault::new(ErrorKind::Failed, message)
            .hint("allow a longer answer (max_output_tokens) to see all of it");
        Self::without_whole_answer(attempt, fault)
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

    /// Its request could not even be sent: another model may be asked in its place.
    pub(super) fn not_sent(fault: Fault) -> Self {
        let failure = Some(AttemptFailure::plain(FailureClass::NotAsked, fault.message.clone()));
        Self { outcome: AttemptOutcome::Failed, fault: Some(fault), failure, at_length: false }
    }

    /// We hung up on a proposal that nobody waits for.
    pub(super) fn late() -> Self {
        Self::cancelled(Fault::new(ErrorKind::Cancelled, "not waited for: enough proposals are there"))
    }

    /// We hung up on one that had shown nothing when another one of its step did.
    pub(super) fn hedged() -> Self {
        Self::cancelled(Fault::new(ErrorKind::Cancelled, "hedged: the other model was quicker"))
    }

    /// We hung up on a proposal that a person does not want.
    pub(super) fn dropped() -> Self {
        Self::cancelled(Fault::new(ErrorKind::Cancelled, "dropped: it was not wanted any more"))
    }

    /// We hung up to go on with what had come.
    pub(super) fn cut_short() -> Self {
        let fault = Fault::new(ErrorKind::Cancelled, "cut short: the answer was wanted at once");
        Self { outcome: AttemptOutcome::Cut, fault: Some(fault), failure: None, at_length: false }
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

/// Whether more came, on all channels, than the attempt's limit of tokens can be: the provider does not keep to it.
pub(super) fn is_over_its_limit(attempt: &Attempt) -> bool {
    let most =
        attempt.hold.bound.max_output_tokens.saturating_mul(BYTES_PER_TOKEN).saturating_add(BYTES_BESIDE);
    attempt.received_bytes() > most
}

fn broke_off(attempt: &Attempt, why: &str) -> String {
    format!("{}: the answer broke off after {} bytes: {why}", attempt.hold.model, attempt.received_bytes())
}
