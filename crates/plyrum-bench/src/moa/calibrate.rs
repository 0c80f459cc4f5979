//! The rule of `auto` as data has it: who is let into a vote, field by field.

use super::arm::Arm;
use super::cell::{Stage, members};
use super::pack::{Question, domain};
use super::panels::PANELS;
use plyrum_engine::Calibration;

/// How far under the best a member may be, in thousandths.
const TOO_WEAK: [u32; 7] = [50, 100, 150, 200, 250, 350, 1000];
/// Members that it takes.
const MIN_MEMBERS: [usize; 2] = [2, 3];
/// What one more call a question must bring, in hundredths of a point.
const WORTH_OF_A_CALL: i64 = 5;

/// The best rule for the questions of a field, by these questions alone. Of equals the first: the stricter.
pub(super) fn best_rule(stage: &Stage<'_>, field: &str, half: Option<usize>) -> Calibration {
    let rules = MIN_MEMBERS.iter().flat_map(|min| TOO_WEAK.map(|too_weak| rule(too_weak, *min)));
    let mut best: Option<(i64, Calibration)> = None;
    for rule in rules {
        let worth = worth(stage, field, half, rule);
        if best.is_none_or(|(most, _)| worth > most) {
            best = Some((worth, rule));
        }
    }
    best.map_or_else(|| rule(150, 2), |(_, rule)| rule)
}

/// Weighed votes pay at any gap or at none: the gap alone keeps nobody out.
const fn rule(too_weak_milli: u32, min_members: usize) -> Calibration {
    Calibration { too_weak_milli, min_members, near_milli: 1000, unequal_members: min_members }
}

/// Hundredths of points over all panels and tasks of the field, less what the calls are worth.
fn worth(stage: &Stage<'_>, field: &str, half: Option<usize>, rule: Calibration) -> i64 {
    let tasks = stage.pack.tasks().into_iter().filter(|task| domain(task) == field);
    let mut sum = 0;
    for task in tasks {
        let questions = stage.pack.of_task(task);
        let known: Vec<&Question> = questions
            .into_iter()
            .filter(|question| half.is_none_or(|half| question.half() == half))
            .collect();
        let count = i64::try_from(known.len()).unwrap_or(1).max(1);
        for panel in PANELS {
            let panel = members(panel, &known);
            for question in &known {
                let Some(played) = stage.play(Arm::Auto, question, &panel, rule) else { continue };
                let right = question.said(&played.result.model).is_right();
                let calls = i64::try_from(played.calls.len()).unwrap_or(0);
                sum += (i64::from(right) * 10_000 - calls * WORTH_OF_A_CALL) * 100 / count;
            }
        }
    }
    sum
}
