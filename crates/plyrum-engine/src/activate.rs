//! The rule of the plan `auto`: when more than one answer pays.
//!
//! The panel's gap decides. On recorded answers of about 45 models, a majority vote beat the best member in
//! 93–100 % of panels whose best was less than 5 points above the mean, and in 14–67 % at 15 points or
//! more. So: direct, unless the stakes are high, more was asked for, or the best is likely to be wrong; and
//! then distinct models only where they are near-equals, or where votes are weighed and the field is one in which that
//! was measured to pay (`calibration.rs`). Where no quality is known, direct.

use crate::calibration::Calibration;
use plyrum_protocol::OutputKind;

/// The best is taken to be right often enough from here on, in thousandths.
const GOOD_ENOUGH_MILLI: u32 = 850;
/// A member this far under the best is left out, where answers are not counted.
const TOO_WEAK_MILLI: u32 = 150;
/// Most members of a panel.
pub const SEATS: usize = 5;
/// Up to this gap a panel is of near-equals.
const NEAR_MILLI: u32 = 50;

/// What the rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// Expected quality in this domain of those who could sit on a panel, in thousandths.
    pub qualities: &'a [Option<u32>],
    /// The same of the one who would be asked alone.
    pub alone_milli: Option<u32>,
    /// Shape of the answer.
    pub output: OutputKind,
    /// From when on a vote pays in the prompt's field.
    pub rule: Calibration,
    /// The prompt asks for something with consequences.
    pub high_stakes: bool,
    /// The user asked for the best, whatever it costs.
    pub asked_for_best: bool,
}

/// What the rule chose, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Name of a shipped plan.
    pub plan: &'static str,
    /// Members of a panel are at least this good; none where the plan has no panel.
    pub floor_milli: Option<u32>,
    /// Reason codes.
    pub reasons: Vec<&'static str>,
}

/// Chooses a plan. Deterministic.
pub fn activate(situation: &Situation<'_>) -> Activation {
    let direct = |reasons| Activation { plan: "direct", floor_milli: None, reasons };
    if situation.qualities.len() < 2 {
        return direct(vec!["one_model"]);
    }
    // Of whom nothing is known sits on no panel that a rule has made.
    let mut qualities: Vec<u32> = situation.qualities.iter().copied().flatten().collect();
    if qualities.len() < 2 {
        return direct(vec!["no_quality_data"]);
    }
    qualities.sort_unstable_by_key(|quality| std::cmp::Reverse(*quality));
    qualities.truncate(SEATS);
    let best = qualities.first().copied().unwrap_or(0);
    let wanted = match (situation.asked_for_best, situation.high_stakes) {
        (true, _) => "asked_for_best",
        (_, true) => "high_stakes",
        _ if situation.alone_milli.unwrap_or(best) < GOOD_ENOUGH_MILLI => "best_may_be_wrong",
        _ => return direct(vec!["best_is_good_enough"]),
    };
    let counted = situation.output == OutputKind::Discrete;
    let rule = situation.rule;
    let floor = best.saturating_sub(if counted { rule.too_weak_milli } else { TOO_WEAK_MILLI });
    let panel: Vec<u32> = qualities.into_iter().filter(|quality| *quality >= floor).collect();
    let gap = best - panel.iter().sum::<u32>() / u32::try_from(panel.len()).unwrap_or(u32::MAX).max(1);
    let (plan, reason) = match situation.output {
        // One model's samples err together: a count of them was not measured to pay.
        OutputKind::Discrete if panel.len() < rule.min_members => ("direct", "best_stands_alone"),
        OutputKind::Discrete if gap <= NEAR_MILLI => ("vote", "near_equal_panel"),
        OutputKind::Discrete if rule.votes(gap, panel.len()) => ("vote", "unequal_panel_weighed"),
        OutputKind::Discrete => ("direct", "unequal_panel"),
        // One is picked as it is, of samples of the best: who else there is does not matter.
        OutputKind::Code | OutputKind::Structured => ("best-of-n", "picked_unmodified"),
        OutputKind::Prose if panel.len() < 2 => ("self-moa", "best_stands_alone"),
        OutputKind::Prose if gap <= NEAR_MILLI => ("moa", "near_equal_panel"),
        OutputKind::Prose => ("self-moa", "unequal_panel"),
    };
    let floor_milli = ["vote", "moa"].contains(&plan).then_some(floor);
    Activation { plan, floor_milli, reasons: vec![wanted, reason] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::calibration;

    fn chosen(qualities: &[u32], output: OutputKind, high_stakes: bool, domain: &str) -> Activation {
        let qualities: Vec<Option<u32>> = qualities.iter().copied().map(Some).collect();
        let (rule, asked_for_best) = (calibration([domain]), false);
        activate(&Situation {
            qualities: &qualities,
            alone_milli: None,
            output,
            rule,
            high_stakes,
            asked_for_best,
        })
    }

    fn plan(qualities: &[u32], output: OutputKind, high_stakes: bool) -> (&'static str, &'static str) {
        let chosen = chosen(qualities, output, high_stakes, "history");
        (chosen.plan, chosen.reasons.last().copied().unwrap_or_default())
    }

    #[test]
    fn direct_unless_more_is_likely_to_pay() {
        assert_eq!(plan(&[900, 890], OutputKind::Prose, false), ("direct", "best_is_good_enough"));
        assert_eq!(plan(&[700], OutputKind::Prose, true), ("direct", "one_model"));
        let unknown = [Some(700), None];
        let chosen = activate(&Situation {
            qualities: &unknown,
            alone_milli: None,
            output: OutputKind::Discrete,
            rule: calibration([]),
            high_stakes: true,
            asked_for_best: true,
        });
        assert_eq!((chosen.plan, chosen.reasons), ("direct", vec!["no_quality_data"]));
    }

    #[test]
    fn the_gap_and_the_output_kind_choose() {
        assert_eq!(plan(&[800, 790, 780], OutputKind::Discrete, false).0, "vote");
        assert_eq!(plan(&[800, 790, 780], OutputKind::Prose, false).0, "moa");
        assert_eq!(plan(&[900, 890, 880], OutputKind::Code, true).0, "best-of-n");
        assert_eq!(plan(&[800, 700, 700, 700], OutputKind::Discrete, false), ("direct", "unequal_panel"));
        assert_eq!(plan(&[800, 690, 690], OutputKind::Structured, false), ("best-of-n", "picked_unmodified"));
        assert_eq!(plan(&[800, 700, 700, 700, 700], OutputKind::Discrete, false).1, "unequal_panel_weighed");
        assert_eq!(plan(&[800, 500, 500], OutputKind::Discrete, false), ("direct", "best_stands_alone"));
        assert_eq!(plan(&[800, 500, 500], OutputKind::Prose, false), ("self-moa", "best_stands_alone"));
    }

    #[test]
    fn who_is_let_in_depends_on_the_field() {
        let math = chosen(&[550, 400, 380, 200], OutputKind::Discrete, false, "math");
        assert_eq!((math.plan, math.floor_milli), ("vote", Some(400)));
        let code = chosen(&[830, 770, 540], OutputKind::Discrete, false, "programming");
        assert_eq!((code.plan, code.floor_milli), ("direct", None), "two would only ask the best twice");
        let code = chosen(&[620, 600, 580, 500], OutputKind::Discrete, false, "programming");
        assert_eq!((code.plan, code.floor_milli), ("vote", Some(520)));
    }
}
