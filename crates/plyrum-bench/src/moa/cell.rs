//! One panel on one task: who its members are by the other half of the questions, and what every arm makes of it.

use super::arm::{Arm, Member, Plans, spec};
use super::bootstrap::{interval, points, rounded};
use super::pack::{Pack, Question, domain};
use super::panels::Panel;
use super::prices::Assumed;
use super::run::Prediction;
use super::timing::Clockwork;
use super::world::{Line, Played, play};
use plyrum_billing_client::{Billing, MicroRub};
use plyrum_engine::Calibration;
use plyrum_protocol::view::{MoaArm, MoaCell};
use std::sync::Arc;

/// Strength of the prior that a model is right every second time: so many answers. Qualities come from hundreds.
const PRIOR: u32 = 20;

/// What everything is replayed with.
pub(super) struct Stage<'a> {
    pub(super) pack: &'a Pack,
    pub(super) clockwork: Clockwork,
    pub(super) plans: Plans,
    pub(super) billing: Arc<dyn Billing + Send + Sync>,
}

impl<'a> Stage<'a> {
    pub(super) fn of(pack: &'a Pack) -> Self {
        let (clockwork, plans) = (Clockwork::of(pack), Plans::shipped());
        Self { pack, clockwork, plans, billing: Arc::new(Assumed) }
    }

    /// One question under one policy.
    pub(super) fn play(
        &self,
        arm: Arm,
        question: &Question,
        panel: &[Member],
        rule: Calibration,
    ) -> Option<Played> {
        let spec = spec(arm, question, panel, rule, &self.plans)?;
        play(spec, &self.billing, &|model| self.line(question, model))
    }

    fn line(&self, question: &Question, model: &str) -> Line {
        let (said, draw) = (question.said(model), self.clockwork.draw(question, model));
        Line {
            text: text_of(said.0.as_deref()),
            chars: said.2,
            ttft_ms: draw.ttft_ms,
            total_ms: draw.total_ms,
        }
    }
}

/// A recorded final answer as models are asked to give it. Nothing can be told from the words that stand for none.
fn text_of(answer: Option<&str>) -> String {
    match answer {
        Some(answer) => serde_json::json!({ "answer": answer }).to_string(),
        None => {
            "No final answer could be read from what this model wrote here, so it says nothing.".to_owned()
        }
    }
}

/// The members of a panel by these questions, best first.
pub(super) fn members(panel: &Panel, known: &[&Question]) -> Vec<Member> {
    let mut members: Vec<Member> = panel.models.iter().map(|model| member(model, known)).collect();
    members.sort_by_key(|member| std::cmp::Reverse(member.quality_milli)); // stable: of equals the first named
    members
}

fn member(model: &'static str, known: &[&Question]) -> Member {
    let asked = || known.iter().filter_map(|question| question.answers.get(model));
    let count = u32::try_from(asked().count()).unwrap_or(u32::MAX);
    let right = u32::try_from(asked().filter(|said| said.is_right()).count()).unwrap_or(0);
    let chars: u64 = asked().map(|said| said.2).sum();
    Member {
        model,
        quality_milli: (right + PRIOR / 2) * 1000 / (count + PRIOR),
        usual_chars: chars / u64::from(count.max(1)),
    }
}

/// What one arm came to, question by question.
struct Tally {
    arm: Arm,
    right: Vec<bool>,
    calls: u64,
    chars: u64,
    tokens: (u64, u64),
    cost: MicroRub,
    times: Vec<u64>,
}

/// A panel on a task. `rules` has the rule of each half, made from the other.
pub(super) fn measure(
    stage: &Stage<'_>,
    panel: &Panel,
    task: &str,
    arms: &[Arm],
    rules: [Calibration; 2],
    predictions: &mut Vec<Prediction>,
) -> MoaCell {
    let questions = stage.pack.of_task(task);
    let of_half = |half: usize| {
        let others: Vec<&Question> = questions.iter().copied().filter(|q| q.half() != half).collect();
        members(panel, &others)
    };
    let panels = [of_half(0), of_half(1)];
    let best_of = |question: &Question| panels.get(question.half()).and_then(|members| members.first());
    let base: Vec<bool> = questions
        .iter()
        .map(|question| best_of(question).is_some_and(|best| question.said(best.model).is_right()))
        .collect();
    let oracle = questions
        .iter()
        .filter(|question| panel.models.iter().any(|model| question.said(model).is_right()))
        .count();
    let rows = arms.iter().map(|arm| {
        let mut tally = Tally::of(*arm);
        for question in &questions {
            let half = question.half();
            let (Some(members), Some(rule)) = (panels.get(half), rules.get(half)) else { continue };
            let Some(played) = stage.play(*arm, question, members, *rule) else { continue };
            let answer = question.said(&played.result.model).0;
            if arm.is_shown() {
                predictions.push(Prediction {
                    task: task.to_owned(),
                    id: question.id.clone(),
                    panel: panel.name.to_owned(),
                    policy: arm.name().to_owned(),
                    answer,
                    calls: played.calls.clone(),
                });
            }
            tally.add(question, &played);
        }
        tally.row(&base)
    });
    MoaCell {
        panel: panel.name.to_owned(),
        task: task.to_owned(),
        domain: domain(task).to_owned(),
        questions: questions.len() as u64,
        best: panels.iter().filter_map(|members| Some(members.first()?.model.to_owned())).collect(),
        oracle: points(i64::try_from(oracle).unwrap_or(0), questions.len()),
        arms: rows.collect(),
    }
}

impl Tally {
    fn of(arm: Arm) -> Self {
        let (right, times) = (Vec::new(), Vec::new());
        Self { arm, right, calls: 0, chars: 0, tokens: (0, 0), cost: MicroRub::ZERO, times }
    }

    fn add(&mut self, question: &Question, played: &Played) {
        let result = &played.result;
        self.right.push(!result.answer.is_empty() && question.said(&result.model).is_right());
        self.calls += played.calls.len() as u64;
        self.chars += played.chars;
        for attempt in &result.attempts {
            self.tokens.0 += attempt.usage.meters.input;
            self.tokens.1 += attempt.usage.meters.output;
        }
        self.cost = self.cost.checked_add(result.cost_micro_rub).unwrap_or(self.cost);
        self.times.push(result.duration_ms);
    }

    fn row(mut self, base: &[bool]) -> MoaArm {
        let count = self.right.len();
        let right = self.right.iter().filter(|right| **right).count();
        let paired = self.right.iter().zip(base);
        let differences: Vec<i8> = paired.map(|(arm, best)| i8::from(*arm) - i8::from(*best)).collect();
        let shown = self.arm.is_shown();
        let difference = interval(&differences);
        self.times.sort_unstable();
        let at = |part: usize| self.times.get(count * part / 100).copied().unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "counts of calls and characters")]
        let each = |sum: u64| rounded(sum as f64 / count.max(1) as f64);
        MoaArm {
            arm: self.arm.name().to_owned(),
            asked: count as u64,
            right: shown.then_some(right as u64),
            accuracy: shown.then(|| points(i64::try_from(right).unwrap_or(0), count)),
            over_best: shown.then_some(difference.mean),
            over_best_low: shown.then_some(difference.low),
            over_best_high: shown.then_some(difference.high),
            attempts: self.calls,
            calls: each(self.calls),
            chars: each(self.chars),
            input_tokens: self.tokens.0,
            output_tokens: self.tokens.1,
            cost_micro_rub: self.cost,
            p50_ms: at(50),
            p95_ms: at(95),
        }
    }
}
