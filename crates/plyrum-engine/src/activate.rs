//! The rule of the plan `auto`: when more than one answer pays.
//!
//! The panel's gap decides. On recorded answers of about 45 models, a majority vote beat the best member in
//! 93–100 % of panels whose best was less than 5 points above the mean, and in 14–67 % at 15 points or
//! more. So: direct, unless the stakes are high, more was asked for, or the best is likely to be wrong; and
//! then distinct models only where they are near-equals, or where votes are weighed and the field is one in which that
//! was measured to pay (`calibration.rs`). Where no quality is known, direct; and direct where what is expected of the
//! models says that more would pass the run's money or its deadline.

use crate::calibration::Calibration;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::OutputKind;

/// The best is taken to be right often enough from here on, in thousandths.
const GOOD_ENOUGH_MILLI: u32 = 850;
/// A member this far under the best is left out, where answers are not counted.
const TOO_WEAK_MILLI: u32 = 150;
/// Most members of a panel.
pub const SEATS: usize = 5;
/// Up to this gap a panel is of near-equals.
const NEAR_MILLI: u32 = 50;

/// Samples of the shipped plans that ask one model several times; one request more reads them.
const SAMPLES: usize = 3;

/// What is expected of one who could sit on a panel, for this prompt.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seat {
    /// How often it is right in this domain, in thousandths.
    pub quality_milli: Option<u32>,
    /// What its answer costs.
    pub cost: Option<MicroRub>,
    /// How long its answer takes, in milliseconds.
    pub latency_ms: Option<u64>,
}

/// What there is to spend.
#[derive(Debug, Clone, Copy, Default)]
pub struct Room {
    /// Money of the run; none where nothing limits it.
    pub budget: Option<MicroRub>,
    /// Milliseconds to the deadline; none where there is none.
    pub deadline_ms: Option<u64>,
}

/// What the rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// Those who could sit on a panel.
    pub seats: &'a [Seat],
    /// What there is to spend.
    pub room: Room,
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
    /// Something is to be done, and not only said: members of a panel cannot act.
    pub wants_action: bool,
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
    if situation.wants_action {
        return direct(vec!["acts"]);
    }
    if situation.seats.len() < 2 {
        return direct(vec!["one_model"]);
    }
    // Of whom nothing is known sits on no panel that a rule has made.
    let known = situation.seats.iter().filter_map(|seat| Some((seat.quality_milli?, *seat)));
    let mut known: Vec<(u32, Seat)> = known.collect();
    if known.len() < 2 {
        return direct(vec!["no_quality_data"]);
    }
    known.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality)); // stable: of equals the better-ranked
    known.truncate(SEATS);
    let best = known.first().map_or(0, |(quality, _)| *quality);
    let wanted = match (situation.asked_for_best, situation.high_stakes) {
        (true, _) => "asked_for_best",
        (_, true) => "high_stakes",
        _ if situation.alone_milli.unwrap_or(best) < GOOD_ENOUGH_MILLI => "best_may_be_wrong",
        _ => return direct(vec!["best_is_good_enough"]),
    };
    let counted = situation.output == OutputKind::Discrete;
    let rule = situation.rule;
    let floor = best.saturating_sub(if counted { rule.too_weak_milli } else { TOO_WEAK_MILLI });
    let panel: Vec<(u32, Seat)> = known.into_iter().filter(|(quality, _)| *quality >= floor).collect();
    let sum: u32 = panel.iter().map(|(quality, _)| *quality).sum();
    let gap = best - sum / u32::try_from(panel.len()).unwrap_or(u32::MAX).max(1);
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
    let seats: Vec<Seat> = panel.iter().map(|(_, seat)| *seat).collect();
    if let Some(missing) = missing(plan, &seats, situation.room) {
        return direct(vec![wanted, missing]);
    }
    let floor_milli = ["vote", "moa"].contains(&plan).then_some(floor);
    Activation { plan, floor_milli, reasons: vec![wanted, reason] }
}

/// What a plan would need more of than there is, by what is expected; what is not known stops nothing here, and is left to
/// the holds. `panel` is best first.
fn missing(plan: &str, panel: &[Seat], room: Room) -> Option<&'static str> {
    let lead = panel.first().copied().unwrap_or_default();
    let samples = [lead; SAMPLES];
    let (asked, reads) = match plan {
        "direct" => return None,
        "vote" => (panel, false),
        "moa" => (panel, true),
        _ => (samples.as_slice(), true),
    };
    let costs = asked.iter().chain(reads.then_some(&lead));
    let cost = costs.map(|seat| seat.cost.map(MicroRub::get)).sum::<Option<i64>>();
    if cost.zip(room.budget).is_some_and(|(cost, budget)| cost > budget.get()) {
        return Some("no_budget_for_more");
    }
    // All of a mixture at once and then its reader; a vote in two rounds, mostly.
    let slowest = asked.iter().map(|seat| seat.latency_ms).collect::<Option<Vec<u64>>>();
    let slowest = slowest.and_then(|times| times.into_iter().max());
    let then = if reads { lead.latency_ms } else { slowest };
    let time = slowest.zip(then).map(|(first, then)| first.saturating_add(then));
    time.zip(room.deadline_ms).is_some_and(|(time, left)| time > left).then_some("no_time_for_more")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::calibration;

    fn seats(qualities: &[u32]) -> Vec<Seat> {
        qualities.iter().map(|quality| Seat { quality_milli: Some(*quality), ..Seat::default() }).collect()
    }

    fn chosen(qualities: &[u32], output: OutputKind, high_stakes: bool, domain: &str) -> Activation {
        let seats = seats(qualities);
        let (rule, asked_for_best) = (calibration([domain]), false);
        activate(&Situation {
            seats: &seats,
            room: Room::default(),
            alone_milli: None,
            output,
            rule,
            high_stakes,
            asked_for_best,
            wants_action: false,
        })
    }

    fn plan(qualities: &[u32], output: OutputKind, high_stakes: bool) -> (&'static str, &'static str) {
        let chosen = chosen(qualities, output, high_stakes, "history");
        (chosen.plan, chosen.reasons.last().copied().unwrap_or_default())
    }

    #[test]
    fn who_wants_something_done_gets_the_one_who_can_act() {
        let seats = [700, 690].map(|quality| Seat { quality_milli: Some(quality), ..Seat::default() });
        let situation = Situation {
            seats: &seats,
            room: Room::default(),
            alone_milli: Some(700),
            output: OutputKind::Code,
            rule: calibration(["programming"]),
            high_stakes: true,
            asked_for_best: true,
            wants_action: false,
        };
        assert_eq!(activate(&situation).plan, "best-of-n");
        let chosen = activate(&Situation { wants_action: true, ..situation });
        assert_eq!((chosen.plan, chosen.reasons), ("direct", vec!["acts"]));
    }

    #[test]
    fn direct_unless_more_is_likely_to_pay() {
        assert_eq!(plan(&[900, 890], OutputKind::Prose, false), ("direct", "best_is_good_enough"));
        assert_eq!(plan(&[700], OutputKind::Prose, true), ("direct", "one_model"));
        let unknown = [Seat { quality_milli: Some(700), ..Seat::default() }, Seat::default()];
        let chosen = activate(&Situation {
            seats: &unknown,
            room: Room::default(),
            alone_milli: None,
            output: OutputKind::Discrete,
            rule: calibration([]),
            high_stakes: true,
            asked_for_best: true,
            wants_action: false,
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

    #[test]
    fn more_is_asked_only_where_money_and_time_allow_it() {
        let seat = |quality, micro_rub, ms| Seat {
            quality_milli: Some(quality),
            cost: Some(MicroRub::new(micro_rub)),
            latency_ms: Some(ms),
        };
        let seats = [seat(790, 300, 2000), seat(800, 400, 1000), seat(780, 100, 500)];
        let chosen = |output, budget, deadline_ms| {
            let room = Room { budget: Some(MicroRub::new(budget)), deadline_ms: Some(deadline_ms) };
            let situation = Situation {
                seats: &seats,
                room,
                alone_milli: Some(800),
                output,
                rule: calibration([]),
                high_stakes: false,
                asked_for_best: false,
                wants_action: false,
            };
            let chosen = activate(&situation);
            (chosen.plan, chosen.reasons.last().copied().unwrap_or_default())
        };
        let (vote, moa, best_of_n) = (OutputKind::Discrete, OutputKind::Prose, OutputKind::Code);
        assert_eq!(chosen(vote, 800, 4000), ("vote", "near_equal_panel"));
        assert_eq!(chosen(vote, 799, 4000), ("direct", "no_budget_for_more"));
        assert_eq!(chosen(vote, 800, 3999), ("direct", "no_time_for_more"));
        assert_eq!(chosen(moa, 1200, 3000), ("moa", "near_equal_panel"), "the best one reads the three");
        assert_eq!(chosen(moa, 1199, 3000).1, "no_budget_for_more");
        assert_eq!(chosen(moa, 1200, 2999).1, "no_time_for_more");
        assert_eq!(chosen(best_of_n, 1600, 2000).0, "best-of-n", "three samples of the best, and a judge");
        assert_eq!(chosen(best_of_n, 1599, 2000).1, "no_budget_for_more");
    }
}
