//! The rule of `auto` as data has it: who is let into a vote, field by field.

use super::arm::{Arm, Member, let_in};
use super::cell::{Stage, members};
use super::pack::{Question, domain};
use super::panels::PANELS;
use super::spoken::{final_answer, is_right};
use plyrum_engine::Calibration;
use std::collections::BTreeMap;

/// How far under the best a member may be, in thousandths.
const TOO_WEAK: [u32; 7] = [50, 100, 150, 200, 250, 350, 1000];
/// Members that it takes.
const MIN_MEMBERS: [usize; 2] = [2, 3];
/// What one more call a question must bring, in hundredths of a point.
const WORTH_OF_A_CALL: i64 = 5;

/// The best rule for the questions of a field, by these questions alone. Of equals the first: the stricter.
pub(super) fn best_rule(stage: &Stage<'_>, field: &str, half: Option<usize>) -> Calibration {
    let rules = MIN_MEMBERS.iter().flat_map(|min| TOO_WEAK.map(|too_weak| rule(too_weak, *min)));
    let tasks = stage.pack.tasks().into_iter().filter(|task| domain(task) == field);
    let mut seats: Vec<Seats<'_>> = Vec::new();
    for task in tasks {
        let questions = stage.pack.of_task(task).into_iter();
        let known: Vec<&Question> = questions.filter(|q| half.is_none_or(|half| q.half() == half)).collect();
        seats.extend(PANELS.iter().map(|panel| Seats {
            panel: members(panel.models, &known),
            questions: known.clone(),
            worth: BTreeMap::new(),
        }));
    }
    let mut best: Option<(i64, Calibration)> = None;
    for rule in rules {
        let worth = seats.iter_mut().map(|seats| seats.worth(stage, rule)).sum();
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

/// A panel on the questions of a task. Rules that let in the same members are played once.
struct Seats<'a> {
    panel: Vec<Member>,
    questions: Vec<&'a Question>,
    worth: BTreeMap<(&'static str, usize), i64>,
}

impl Seats<'_> {
    /// Hundredths of points on all of the questions, less what the calls are worth.
    fn worth(&mut self, stage: &Stage<'_>, rule: Calibration) -> i64 {
        let let_in = let_in(Arm::Auto, &self.panel, rule);
        if let Some(known) = self.worth.get(&let_in) {
            return *known;
        }
        let count = i64::try_from(self.questions.len()).unwrap_or(1).max(1);
        let mut sum = 0;
        for question in &self.questions {
            let Some(played) = stage.play(Arm::Auto, question, &self.panel, rule) else { continue };
            let right = is_right(question, final_answer(&played.result.answer).as_deref());
            let calls = i64::try_from(played.calls.len()).unwrap_or(0);
            sum += (i64::from(right) * 10_000 - calls * WORTH_OF_A_CALL) * 100 / count;
        }
        self.worth.insert(let_in, sum);
        sum
    }
}
