//! What waiting for a quorum saves: a panel of six, on recorded timings.

use super::arm::{Arm, Plans};
use super::bootstrap::rounded;
use super::cell::{Stage, members};
use super::pack::Question;
use super::panels::Panel;
use super::world::{Line, play};
use plyrum_engine::{Calibration, Plan, Quorum};
use plyrum_protocol::view::MoaQuorum;
use plyrum_protocol::{OutputKind, StepId};

/// Mixtures.
const ROUNDS: u64 = 2000;
/// A mixture of six: the shipped plan has three.
const SIX: &str = r#"
name = "six"
description = "Six propose at once, one writes the answer"
fan_out = "fast"
[[step]]
id = "propose"
kind = "propose"
members = 6
models = "panel"
[[step]]
id = "answer"
kind = "aggregate"
after = ["propose"]
model = "aggregator"
"#;
/// Six of about the same size: who they are does not matter here, when they answer does.
const MEMBERS: Panel = Panel {
    name: "six",
    models: &[
        "Meta-Llama-3.1-70B-Instruct",
        "Qwen2-72B-Instruct",
        "Meta-Llama-3-70B-Instruct",
        "Athene-70B",
        "gemma-2-27b-it",
        "deepseek-v2.5-0908",
    ],
};

/// Both ways on the same timings.
pub(super) fn measure(stage: &Stage<'_>) -> Option<MoaQuorum> {
    let plans = Plans::only(Plan::parse(SIX).ok()?);
    let question = stage.pack.questions.first()?;
    let (mut all, mut quorum, mut late) = (Vec::new(), Vec::new(), 0_u64);
    for round in 0..ROUNDS {
        all.push(done(stage, &plans, question, round, Quorum::All)?.0);
        let (ms, came) = done(stage, &plans, question, round, Quorum::Usual)?;
        quorum.push(ms);
        late += MEMBERS.models.len() as u64 - came;
    }
    let at = |times: &mut Vec<u64>, part: usize| {
        times.sort_unstable();
        times.get(times.len() * part / 100).copied().unwrap_or(0)
    };
    let (all_p95, quorum_p95) = (at(&mut all, 95), at(&mut quorum, 95));
    #[expect(clippy::cast_precision_loss, reason = "milliseconds and counts")]
    let saved = (1.0 - quorum_p95 as f64 / all_p95.max(1) as f64) * 100.0;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds and counts")]
    let late = late as f64 / ROUNDS as f64;
    Some(MoaQuorum {
        rounds: ROUNDS,
        all_p50_ms: at(&mut all, 50),
        all_p95_ms: all_p95,
        quorum_p50_ms: at(&mut quorum, 50),
        quorum_p95_ms: quorum_p95,
        p95_saved_percent: rounded(saved),
        late: rounded(late),
    })
}

/// When the aggregator began, and how many proposals were whole by then.
fn done(
    stage: &Stage<'_>,
    plans: &Plans,
    question: &Question,
    round: u64,
    quorum: Quorum,
) -> Option<(u64, u64)> {
    let rule = Calibration { too_weak_milli: 0, min_members: 0, near_milli: 0, unequal_members: 0 };
    let panel = members(&MEMBERS, &[question]);
    let mut spec = super::arm::spec_of(Arm::Moa, "six", question, &panel, rule, plans)?;
    spec.quorum = quorum;
    spec.decision.output_kind = OutputKind::Prose;
    let line = |model: &str| {
        let place = MEMBERS.models.iter().position(|name| *name == model).unwrap_or(0);
        let draw = stage.clockwork.any(round, place as u64);
        // Prose that differs: near-duplicates would end the panel for another reason.
        let text = format!("{model} says in its own words what it thinks of {round}, at some length.");
        Line { text, chars: 600, ttft_ms: draw.ttft_ms, total_ms: draw.total_ms }
    };
    let played = play(spec, &stage.billing, &line)?;
    let began = played.started_ms.get(&StepId::new("answer").ok()?).copied()?;
    let proposals = played.result.attempts.iter();
    let whole = proposals.filter(|attempt| attempt.step.as_str() != "answer" && attempt.error.is_none());
    let came = whole.filter(|attempt| attempt.outcome == plyrum_protocol::AttemptOutcome::Ok).count() as u64;
    Some((began, came))
}
