//! One panel on one task: who its members are by the other half of the questions, and what every arm makes of it.

use super::arm::{Arm, Member, Plans, spec};
use super::bootstrap::{Interval, interval, points, rounded};
use super::pack::{Pack, Question, domain};
use super::panels::Panel;
use super::prices::{Alike, Assumed};
use super::run::Prediction;
use super::spoken::{final_answer, is_right, text};
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

    /// The same, where everybody costs the same.
    pub(super) fn alike(pack: &'a Pack) -> Self {
        Self { billing: Arc::new(Alike), ..Self::of(pack) }
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
        play(spec, &self.billing, &|model, nth| self.line(question, model, nth))
    }

    fn line(&self, question: &Question, model: &str, nth: u64) -> Line {
        let said = question.said(model);
        let seed = model.bytes().fold(question.hash() ^ nth, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Line {
            text: text(said.0.as_deref(), said.2, seed),
            chars: said.2,
            draw: self.clockwork.draw(question, model, nth),
        }
    }
}

/// The members of a panel by these questions, best first.
pub(super) fn members(models: &[&str], known: &[&Question]) -> Vec<Member> {
    let mut members: Vec<Member> = models.iter().map(|model| member(model, known)).collect();
    members.sort_by_key(|member| std::cmp::Reverse(member.quality_milli)); // stable: of equals the first named
    members
}

fn member(model: &str, known: &[&Question]) -> Member {
    let asked = || known.iter().filter_map(|question| question.answers.get(model));
    let count = u32::try_from(asked().count()).unwrap_or(u32::MAX);
    let right = u32::try_from(asked().filter(|said| said.is_right()).count()).unwrap_or(0);
    let chars: u64 = asked().map(|said| said.2).sum();
    Member {
        model: model.to_owned(),
        quality_milli: (right + PRIOR / 2) * 1000 / (count + PRIOR),
        usual_chars: chars / u64::from(count.max(1)),
    }
}

/// What one arm came to, question by question.
pub(super) struct Tally {
    arm: Arm,
    pub(super) right: Vec<bool>,
    pub(super) calls: u64,
    refused: u64,
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
        members(panel.models, &others)
    };
    let panels = [of_half(0), of_half(1)];
    let oracle = questions
        .iter()
        .filter(|question| panel.models.iter().any(|model| question.said(model).is_right()))
        .count();
    let mut tallied = |arm: Arm| {
        let mut tally = Tally::of(arm);
        for question in &questions {
            let half = question.half();
            let (Some(members), Some(rule)) = (panels.get(half), rules.get(half)) else { continue };
            let played = stage.play(arm, question, members, *rule);
            let answer = tally.add(question, played.as_ref());
            if arm.is_shown() && arms.contains(&arm) {
                predictions.push(Prediction {
                    task: task.to_owned(),
                    id: question.id.clone(),
                    panel: panel.name.to_owned(),
                    policy: arm.name().to_owned(),
                    answer,
                    calls: played.map(|played| played.calls).unwrap_or_default(),
                });
            }
        }
        tally
    };
    // What others are compared with is played as they are: it meets the same refusals.
    let base = tallied(Arm::Best);
    let mut tallies: Vec<Tally> = Vec::new();
    for arm in arms.iter().copied().filter(|arm| *arm != Arm::Best) {
        tallies.push(tallied(arm));
    }
    let vote = tallies.iter().find(|tally| tally.arm == Arm::Vote).map(|tally| tally.right.clone());
    let rows = arms.iter().filter_map(|arm| {
        let tally = tallies.iter().chain([&base]).find(|tally| tally.arm == *arm)?;
        Some(tally.row(&base.right, vote.as_deref()))
    });
    MoaCell {
        panel: panel.name.to_owned(),
        task: task.to_owned(),
        domain: domain(task).to_owned(),
        questions: questions.len() as u64,
        best: panels.iter().filter_map(|members| Some(members.first()?.model.clone())).collect(),
        oracle: points(i64::try_from(oracle).unwrap_or(0), questions.len()),
        arms: rows.collect(),
    }
}

impl Tally {
    pub(super) fn of(arm: Arm) -> Self {
        let (right, times) = (Vec::new(), Vec::new());
        Self { arm, right, calls: 0, refused: 0, chars: 0, tokens: (0, 0), cost: MicroRub::ZERO, times }
    }

    /// Counts a run and gives its final answer. One that did not come about is a wrong answer.
    pub(super) fn add(&mut self, question: &Question, played: Option<&Played>) -> Option<String> {
        let answer = played.and_then(|played| final_answer(&played.result.answer));
        self.right.push(is_right(question, answer.as_deref()));
        let played = played?;
        let result = &played.result;
        self.calls += played.calls.len() as u64;
        self.refused += played.refused;
        self.chars += played.chars;
        for attempt in &result.attempts {
            self.tokens.0 += attempt.usage.meters.input;
            self.tokens.1 += attempt.usage.meters.output;
        }
        self.cost = self.cost.checked_add(result.cost_micro_rub).unwrap_or(self.cost);
        self.times.push(result.duration_ms);
        answer
    }

    /// Points over another, question by question.
    pub(super) fn over(&self, other: &[bool]) -> Interval {
        let paired = self.right.iter().zip(other);
        interval(&paired.map(|(arm, other)| i8::from(*arm) - i8::from(*other)).collect::<Vec<_>>())
    }

    fn row(&self, base: &[bool], vote: Option<&[bool]>) -> MoaArm {
        let count = self.right.len();
        let right = self.right.iter().filter(|right| **right).count();
        let shown = self.arm.is_shown();
        let over_best = Some(self.over(base)).filter(|_| shown);
        let over_vote = vote.map(|vote| self.over(vote)).filter(|_| shown);
        let mut times = self.times.clone();
        times.sort_unstable();
        let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "counts of calls and characters")]
        let each = |sum: u64| rounded(sum as f64 / count.max(1) as f64);
        MoaArm {
            arm: self.arm.name().to_owned(),
            asked: count as u64,
            right: shown.then_some(right as u64),
            accuracy: shown.then(|| points(i64::try_from(right).unwrap_or(0), count)),
            over_best: over_best.map(|difference| difference.mean),
            over_best_low: over_best.map(|difference| difference.low),
            over_best_high: over_best.map(|difference| difference.high),
            over_vote: over_vote.map(|difference| difference.mean),
            over_vote_low: over_vote.map(|difference| difference.low),
            over_vote_high: over_vote.map(|difference| difference.high),
            attempts: self.calls,
            refused: self.refused,
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
