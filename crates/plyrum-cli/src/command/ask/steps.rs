//! What happens within a run, line by line, for `-v`.

use super::dry::price_range;
use crate::money;
use crate::text::{say, told, words};
use crate::votes;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::FrameBody;

/// A lifecycle frame in a line.
pub(super) fn of(body: &FrameBody) -> Option<String> {
    let rub = |amount: &MicroRub| words().rub(*amount);
    Some(match body {
        FrameBody::RunAccepted { session, persona, .. } => {
            say!("step-accepted", session = session.as_str(), persona = persona)
        }
        FrameBody::RunRouted { decision } => say!(
            "step-routed",
            intent = decision.intent.to_string(),
            risk = decision.risk.to_string(),
            language = decision.language.to_string()
        ),
        FrameBody::RunPlanned {
            plan, price_low_micro_rub, price_high_micro_rub, unpriced, reasons, ..
        } => {
            let price = price_range(*price_low_micro_rub, *price_high_micro_rub, unpriced.len());
            let planned = say!("step-planned", plan = plan, price = price);
            if reasons.is_empty() { planned } else { format!("{planned} ({})", told(&reasons.join(", "))) }
        }
        FrameBody::HoldTaken { total_micro_rub, holds } => {
            let unpriced = holds.iter().filter(|hold| hold.unpriced).count();
            say!("step-held", amount = words().charged(*total_micro_rub, unpriced))
        }
        FrameBody::HoldRefused { needed_micro_rub, available_micro_rub, setting, .. } => say!(
            "step-hold-refused",
            needed = rub(needed_micro_rub),
            there = rub(available_micro_rub),
            setting = setting
        ),
        FrameBody::AttemptStarted { attempt, model, try_number, .. } => {
            say!("step-attempt", attempt = attempt.as_str(), model = model, try = try_number.to_string())
        }
        FrameBody::AttemptAdmitted { queued_ms: Some(ms), .. } => {
            say!("step-queued-so-long", took = money::seconds(*ms))
        }
        FrameBody::AttemptAdmitted { is_probe: true, .. } => say!("step-probe"),
        FrameBody::AttemptOpened { ttft_ms, .. } => say!("step-first-token", took = money::seconds(*ttft_ms)),
        FrameBody::AttemptFinished { outcome, cost_micro_rub, unpriced, ms, .. } => {
            let outcome = words().say(&format!("outcome-{}", outcome.as_str()));
            let cost = words().charged(*cost_micro_rub, usize::from(*unpriced));
            let took = money::seconds(*ms);
            say!("step-attempt-finished", outcome = outcome, took = took, cost = cost)
        }
        FrameBody::QuorumReached { have, of, waited_ms, reason } => say!(
            "step-quorum",
            have = have.to_string(),
            of = of.to_string(),
            took = money::seconds(*waited_ms),
            why = &*told(reason)
        ),
        FrameBody::VotesCounted { groups, settles, .. } => {
            let groups = votes::lines(words(), groups).join("; ");
            if *settles {
                say!("step-votes", groups = groups)
            } else {
                say!("step-votes-open", groups = groups)
            }
        }
        FrameBody::ProposalChecked { passed: false, output, .. } if !output.trim().is_empty() => {
            output.trim_end().to_owned()
        }
        FrameBody::ProposalLate { step } => say!("step-late", step = step.as_str()),
        FrameBody::ProposalUnfit { step, why } => {
            say!("step-unfit", step = step.as_str(), why = &*told(why))
        }
        _ => return None,
    })
}
