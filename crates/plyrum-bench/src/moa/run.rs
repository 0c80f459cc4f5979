//! The whole replay: calibration from one half of the questions, figures on the other, predictions of every run.

use super::arm::{ARMS, Arm};
use super::calibrate::best_rule;
use super::cell::{Stage, measure};
use super::pack::{Pack, domain};
use super::panels::{PANELS, Panel};
use super::{drawn, kept, quorum};
use plyrum_engine::{Calibration, calibration, read_answer};
use plyrum_protocol::view::{MoaCalibration, MoaReading, MoaReport};
use serde::Serialize;

/// Which part is wanted; empty lists want everything.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Names of panels.
    pub panels: Vec<String>,
    /// Names of arms.
    pub arms: Vec<String>,
}

/// What a policy answered to a question, as the pack's description has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prediction {
    /// The task.
    pub task: String,
    /// The question.
    pub id: String,
    /// The panel.
    pub panel: String,
    /// The arm.
    pub policy: String,
    /// Normalised final answer.
    pub answer: Option<String>,
    /// Every model that was asked, in order.
    pub calls: Vec<String>,
}

const ASSUMPTIONS: &[&str] = &[
    "answers are recorded ones of 2024 (ZeroEval, greedy decoding): mechanism is shown, not what models can do today",
    "no aggregator was recorded: moa and self-moa show cost and time only, their aggregator writes as much as its model did alone",
    "one sample of each model was recorded: nothing is said of several samples of one",
    "of answers only end and length were recorded: what stands before the end is made up, as long, and each time other words",
    "what members are worth, who is best and the rule of auto come from the other half of the questions",
    "timings and refusals are recorded ones of Llama-2 at eight hosts, drawn by size of model and anew for each repeat; the same draws for every policy",
    "refusals are repeated as the engine does; they come as fast as their host's usual first token, and not in a row",
    "tokens are estimated from bytes and characters, prices are list prices of autumn 2024 at 100 RUB a dollar",
    "all questions are taken as discrete ones of their field",
    "auto is asked for the best here (--profile best); auto-unasked is what a plain ask does: one model where it is likely to be right",
    "recorded answers were asked for in a form; a vote asks for one, too",
];

/// Replays the pack.
pub fn replay(pack: &Pack, asked: &Asked) -> (MoaReport, Vec<Prediction>) {
    let stage = Stage::of(pack);
    let is_asked = |wanted: &[String], name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let panels: Vec<&Panel> = PANELS.iter().filter(|panel| is_asked(&asked.panels, panel.name)).collect();
    let arms: Vec<Arm> = ARMS.iter().copied().filter(|arm| is_asked(&asked.arms, arm.name())).collect();
    let mut calibrations = Vec::new();
    let rules: Vec<(&str, [Calibration; 2])> = ["math", "programming"]
        .into_iter()
        .map(|field| {
            let [first, second] = [0, 1].map(|half| best_rule(&stage, field, Some(half)));
            let whole = best_rule(&stage, field, None);
            for (made_from, rule) in [("first half", first), ("second half", second), ("all", whole)] {
                calibrations.push(row(field, made_from, rule));
            }
            (field, [second, first]) // each half by the rule that the other one made
        })
        .collect();
    let mut predictions = Vec::new();
    let mut cells = Vec::new();
    let rules_of = |task: &str| {
        let found = rules.iter().find(|(field, _)| *field == domain(task)).map(|(_, rules)| *rules);
        found.unwrap_or_else(|| [calibration([domain(task)]); 2])
    };
    for panel in panels {
        for task in pack.tasks() {
            cells.push(measure(&stage, panel, task, &arms, rules_of(task), &mut predictions));
        }
    }
    let draws = asked.panels.is_empty() && asked.arms.is_empty();
    let alike = Stage::alike(pack);
    let tasks = pack.tasks().into_iter().filter(|_| draws);
    let drawn = tasks.filter_map(|task| drawn::measure(&alike, task, rules_of(task))).collect();
    let report = MoaReport {
        schema: 2,
        evidence: "replay".to_owned(),
        assumptions: ASSUMPTIONS.iter().map(ToString::to_string).collect(),
        kept: kept::measure(&cells, &pack.tasks()),
        cells,
        drawn,
        // No matter of panels: left out where one is asked for.
        quorum: if asked.panels.is_empty() { quorum::measure(&stage) } else { Vec::new() },
        calibration: calibrations,
        reading: reading(pack),
    };
    (report, predictions)
}

fn row(field: &str, made_from: &str, rule: Calibration) -> MoaCalibration {
    MoaCalibration {
        domain: field.to_owned(),
        made_from: made_from.to_owned(),
        too_weak_milli: rule.too_weak_milli,
        min_members: u32::try_from(rule.min_members).unwrap_or(u32::MAX),
        is_shipped: rule == calibration([field]),
    }
}

/// How the engine reads whole texts, beside what the pack's authors read in them.
fn reading(pack: &Pack) -> Vec<MoaReading> {
    let row = |task: &str| {
        let of_program = domain(task) == "programming";
        let pairs = pack.texts.iter().filter(|text| text.task == task).filter_map(|text| {
            let question = pack.questions.iter().find(|q| q.task == task && q.id == text.id)?;
            let recorded = question.said(&text.model).0?;
            let recorded = serde_json::json!({ "answer": recorded }).to_string();
            Some(read_answer(&text.text, of_program) == read_answer(&recorded, of_program))
        });
        let pairs: Vec<bool> = pairs.collect();
        let alike = pairs.iter().filter(|alike| **alike).count() as u64;
        MoaReading { task: task.to_owned(), texts: pairs.len() as u64, alike }
    };
    pack.tasks().into_iter().map(row).collect()
}
