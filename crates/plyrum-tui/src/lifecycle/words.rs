//! What steps and phases are called.

use crate::run::{Phase, Step};
use plyrum_protocol::StepKind;
use plyrum_words::Words;

/// How far a step is, in a word.
pub(super) fn phase(words: &Words, step: &Step) -> String {
    let word = words.say(match step.phase {
        Phase::Waiting => "phase-waiting",
        Phase::Queued => "phase-queued",
        Phase::Connecting => "phase-connecting",
        Phase::FirstToken => "phase-first-token",
        Phase::Streaming => "phase-streaming",
        Phase::Done => "phase-done",
        Phase::Cut => "phase-cut",
        Phase::Late => "phase-late",
        Phase::Failed => "phase-failed",
        Phase::Cancelled => "phase-cancelled",
        Phase::Skipped => "phase-skipped",
    });
    if step.try_number > 1 { format!("{word} ×{}", step.try_number) } else { word }
}

/// What a step does.
pub(super) fn kind(words: &Words, kind: StepKind) -> String {
    words.say(match kind {
        StepKind::Answer => "kind-answer",
        StepKind::Propose => "kind-propose",
        StepKind::Aggregate => "kind-aggregate",
        StepKind::Vote => "kind-vote",
        StepKind::Select => "kind-select",
        StepKind::Tool => "kind-tool",
    })
}
