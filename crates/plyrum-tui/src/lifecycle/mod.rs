//! The steps of a run, live: a row each, how they hang together, what they cost. Six proposers read at a glance at 80×24.

mod strip;
mod table;
mod words;

pub(crate) use strip::strip;
pub(crate) use table::{about, table};

use crate::run::{Phase, Run, Step};
use plyrum_protocol::{StepId, StepKind, Timestamp};

/// What the pane remembers between two looks.
#[derive(Debug, Default)]
pub struct Lifecycle {
    /// The row that is chosen.
    pub at: usize,
    /// The step whose text is read, and from which line on.
    pub reading: Option<(StepId, usize)>,
}

impl Lifecycle {
    /// The step that is chosen.
    #[must_use]
    pub fn chosen<'a>(&self, run: &'a Run) -> Option<&'a Step> {
        run.steps.get(self.at.min(run.steps.len().saturating_sub(1)))
    }

    /// Moves the mark.
    pub fn step_by(&mut self, run: &Run, by: isize) {
        let last = run.steps.len().saturating_sub(1);
        self.at = self.at.min(last).saturating_add_signed(by).min(last);
    }

    /// The step that may be dropped: a proposal that is not over.
    #[must_use]
    pub fn droppable<'a>(&self, run: &'a Run) -> Option<&'a Step> {
        self.chosen(run)
            .filter(|step| run.is_live() && step.kind == StepKind::Propose && !step.phase.is_over())
    }
}

/// How a phase looks: a sign that is readable without colour.
pub(crate) const fn sign(phase: Phase, is_plain: bool) -> &'static str {
    match (phase, is_plain) {
        (Phase::Waiting, false) => "·",
        (Phase::Queued, false) => "⋯",
        (Phase::Connecting, false) => "◌",
        (Phase::FirstToken, false) => "◔",
        (Phase::Streaming, false) => "▸",
        (Phase::Done, false) => "✓",
        (Phase::Cut, false) => "✂",
        (Phase::Late, false) => "◷",
        (Phase::Failed, false) => "✗",
        (Phase::Cancelled, false) => "⊘",
        (Phase::Skipped, false) => "–",
        (Phase::Waiting | Phase::Skipped, true) => ".",
        (Phase::Queued, true) => ":",
        (Phase::Connecting | Phase::FirstToken, true) => "o",
        (Phase::Streaming, true) => ">",
        (Phase::Done, true) => "+",
        (Phase::Cut, true) => "/",
        (Phase::Late, true) => "~",
        (Phase::Failed, true) => "x",
        (Phase::Cancelled, true) => "-",
    }
}

/// How a step hangs on those before it, in a column before its name. Steps that go side by side are joined, and what
/// reads them follows with an arrow.
pub(crate) fn thread(run: &Run, at: usize, is_plain: bool) -> &'static str {
    let Some(step) = run.steps.get(at) else { return "" };
    let is_propose = |step: Option<&Step>| step.is_some_and(|s| s.kind == StepKind::Propose);
    let first = !is_propose(at.checked_sub(1).and_then(|before| run.steps.get(before)));
    let last = !is_propose(run.steps.get(at + 1));
    match (is_propose(Some(step)), first, last, is_plain) {
        (true, true, true, false) => "─",
        (true, true, false, false) => "┌",
        (true, false, false, false) => "├",
        (true, false, true, false) => "├",
        (false, ..) if at > 0 && !is_plain => "└▶",
        (false, _, _, false) => "▶",
        (true, _, _, true) => "|",
        (false, _, _, true) => "=>",
    }
}

/// How long a step has been going, or took.
pub(crate) fn elapsed_ms(step: &Step, now: Timestamp) -> Option<u64> {
    step.ms.filter(|_| step.phase.is_over()).or_else(|| {
        let began = step.started_at.or(step.asked_at)?;
        (!step.phase.is_over()).then(|| now.millis_since(began))
    })
}

/// Tokens that a step wrote, as reported; before that an estimate by its bytes, which is said.
pub(crate) fn tokens(step: &Step) -> Option<(u64, Measure)> {
    match &step.usage {
        Some(usage) if usage.quality == plyrum_billing_client::Quality::Missing => None,
        Some(usage) => Some((usage.meters.output + usage.meters.reasoning, Measure::of(usage.quality))),
        None if step.bytes > 0 => Some((step.bytes.div_ceil(BYTES_PER_TOKEN), Measure::Estimated)),
        None => None,
    }
}

/// A rough size of a token, for what has not been reported yet.
const BYTES_PER_TOKEN: u64 = 4;

/// How well a figure is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Reported,
    Estimated,
}

impl Measure {
    const fn of(quality: plyrum_billing_client::Quality) -> Self {
        match quality {
            plyrum_billing_client::Quality::Reported => Self::Reported,
            plyrum_billing_client::Quality::Estimated | plyrum_billing_client::Quality::Missing => {
                Self::Estimated
            }
        }
    }

    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::Reported => "",
            Self::Estimated => "~",
        }
    }
}
