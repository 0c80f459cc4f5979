//! What was held for each attempt, so that the end can tell where more was used than held: money went out that
//! nobody had agreed to.

use plyrum_billing_client::MicroRub;
use plyrum_protocol::{AttemptId, FrameBody};
use std::collections::BTreeMap;

/// Holds of the attempts that are not finished, and what the others used over theirs.
#[derive(Debug, Default)]
pub(super) struct Holds {
    held: BTreeMap<AttemptId, MicroRub>,
    over: MicroRub,
}

impl Holds {
    /// Takes a frame, in order and once.
    pub(super) fn see(&mut self, body: &FrameBody) {
        match body {
            FrameBody::HoldTaken { holds, .. } => {
                self.held.extend(holds.iter().map(|hold| (hold.attempt.clone(), hold.micro_rub)));
            }
            FrameBody::AttemptFinished { attempt, cost_micro_rub, .. } => {
                let over = self.held.remove(attempt).and_then(|hold| cost_micro_rub.checked_sub(hold));
                let over = over.filter(|over| *over > MicroRub::ZERO);
                self.over = over.and_then(|over| self.over.checked_add(over)).unwrap_or(self.over);
            }
            _ => {}
        }
    }

    /// What was used over the holds; none where each was enough.
    pub(super) fn over(&self) -> Option<MicroRub> {
        Some(self.over).filter(|over| *over > MicroRub::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_protocol::{AttemptHold, AttemptOutcome, UsageView};

    fn id(number: u32) -> AttemptId {
        AttemptId::new(format!("ab12.{number}")).unwrap()
    }

    /// What is over after attempts with these holds and costs.
    fn over(attempts: &[(i64, i64)]) -> Option<i64> {
        let mut seen = Holds::default();
        let numbered = || (1..).zip(attempts);
        let holds: Vec<_> = numbered()
            .map(|(n, (hold, _))| AttemptHold {
                attempt: id(n),
                micro_rub: MicroRub::new(*hold),
                unpriced: false,
            })
            .collect();
        seen.see(&FrameBody::HoldTaken { holds, total_micro_rub: MicroRub::ZERO });
        for (n, (_, cost)) in numbered() {
            let finished = FrameBody::AttemptFinished {
                attempt: id(n),
                outcome: AttemptOutcome::Ok,
                usage: UsageView::missing(),
                cost_micro_rub: MicroRub::new(*cost),
                unpriced: false,
                provider_says_micro_rub: None,
                ms: 1,
                queued_ms: None,
                error: None,
                failure: None,
            };
            seen.see(&finished);
            seen.see(&finished);
        }
        seen.over().map(MicroRub::get)
    }

    #[test]
    fn what_is_over_one_hold_is_not_made_good_by_another() {
        assert_eq!(over(&[]), None);
        assert_eq!(over(&[(10, 10), (10, 0)]), None);
        assert_eq!(over(&[(10, 13), (10, 0), (5, 6)]), Some(4));
    }
}
