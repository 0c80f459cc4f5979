//! What the prompt that is being written would cost: asked for a moment after the last key, never by the key itself.

use plyrum_billing_client::MicroRub;
use plyrum_protocol::{DryRun, Fault, Timestamp};

/// A price is asked for when nobody typed for this long.
const PAUSE_MS: u64 = 250;

/// What is known of the price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Price {
    due: Option<Timestamp>,
    ticket: Option<u64>,
    known: Option<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    low: MicroRub,
    high: MicroRub,
    unpriced: usize,
    plan: String,
    is_old: bool,
}

/// A price range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range<'a> {
    /// Least it can cost.
    pub low: MicroRub,
    /// Most it can cost.
    pub high: MicroRub,
    /// Models of the plan whose price is in neither.
    pub unpriced: usize,
    /// By which plan.
    pub plan: &'a str,
    /// Whether something was typed since.
    pub is_old: bool,
}

impl Price {
    /// The prompt changed.
    pub fn edited(&mut self, now: Timestamp) {
        self.due = Some(now.plus_millis(PAUSE_MS));
        if let Some(known) = &mut self.known {
            known.is_old = true;
        }
    }

    /// There is nothing to price.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// When it is to be asked for.
    #[must_use]
    pub const fn due_at(&self) -> Option<Timestamp> {
        self.due
    }

    /// Whether it is to be asked for now; `ticket` then names the question.
    pub fn take_due(&mut self, now: Timestamp, ticket: u64) -> bool {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due {
            self.due = None;
            self.ticket = Some(ticket);
        }
        is_due
    }

    /// An answer; one to an older question says nothing any more.
    pub fn quoted(&mut self, ticket: u64, outcome: Result<DryRun, Fault>) {
        if self.ticket != Some(ticket) {
            return;
        }
        self.ticket = None;
        self.known = outcome.ok().map(|plan| Known {
            low: plan.price_low_micro_rub,
            high: plan.price_high_micro_rub,
            unpriced: plan.unpriced.len(),
            plan: plan.plan,
            is_old: self.due.is_some(),
        });
    }

    /// The range, where one is known.
    #[must_use]
    pub fn range(&self) -> Option<Range<'_>> {
        self.known.as_ref().map(|known| Range {
            low: known.low,
            high: known.high,
            unpriced: known.unpriced,
            plan: &known.plan,
            is_old: known.is_old,
        })
    }
}
