//! What waiting for a quorum saves: a panel of six, on recorded timings.

use super::arm::{Arm, Plans};
use super::bootstrap::rounded;
use super::cell::{Stage, members};
use super::pack::Question;
use super::spoken::text;
use super::timing::{Draw, SIZES, drawn};
use super::world::{Line, play};
use plyrum_engine::{Calibration, Plan, Quorum};
use plyrum_protocol::view::MoaQuorum;
use plyrum_protocol::{OutputKind, StepId};

/// Mixtures.
const ROUNDS: u64 = 1000;
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
const MEMBERS: [&str; 6] = [
    "Meta-Llama-3.1-70B-Instruct",
    "Qwen2-72B-Instruct",
    "Meta-Llama-3-70B-Instruct",
    "Athene-70B",
    "gemma-2-27b-it",
    "deepseek-v2.5-0908",
];
/// Length of a proposal, in characters: long enough to differ.
const CHARS: u64 = 120;

/// Both ways on the same timings: of all sizes and of each, and of all with the recorded refusals.
pub(super) fn measure(stage: &Stage<'_>) -> Vec<MoaQuorum> {
    let each = SIZES.iter().map(|(size, name)| (*name, Some(*size), false));
    let rows = [("all", None, false), ("all, with refusals", None, true)].into_iter().chain(each);
    rows.filter_map(|(name, size, refusals)| row(stage, name, &stage.clockwork.of_size(size, refusals)))
        .collect()
}

fn row(stage: &Stage<'_>, size: &str, class: &[Draw]) -> Option<MoaQuorum> {
    let plans = Plans::only(Plan::parse(SIX).ok()?);
    let question = stage.pack.questions.first().filter(|_| !class.is_empty())?;
    let (mut all, mut quorum, mut late) = (Vec::new(), Vec::new(), 0_u64);
    for round in 0..ROUNDS {
        let done = |quorum| done(stage, &plans, question, quorum, &|place| drawn(class, round, place));
        all.push(done(Quorum::All)?.0);
        let (ms, came) = done(Quorum::Usual)?;
        quorum.push(ms);
        late += MEMBERS.len() as u64 - came;
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
        size: size.to_owned(),
        rounds: ROUNDS,
        all_p50_ms: at(&mut all, 50),
        all_p95_ms: all_p95,
        quorum_p50_ms: at(&mut quorum, 50),
        quorum_p95_ms: quorum_p95,
        p95_saved_percent: rounded(saved),
        late: rounded(late),
    })
}

/// When the aggregator began, and how many proposals were whole by then. `draw` is the `n`th request's timing.
fn done(
    stage: &Stage<'_>,
    plans: &Plans,
    question: &Question,
    quorum: Quorum,
    draw: &dyn Fn(u64) -> Draw,
) -> Option<(u64, u64)> {
    let rule = Calibration { too_weak_milli: 0, min_members: 0, near_milli: 0, unequal_members: 0 };
    let panel = members(&MEMBERS, &[question]);
    let mut spec = super::arm::spec_of(Arm::Moa, "six", question, &panel, rule, plans)?;
    spec.quorum = quorum;
    spec.decision.output_kind = OutputKind::Prose;
    let line = |model: &str, nth: u64| {
        let place = MEMBERS.iter().position(|name| *name == model).unwrap_or(0) as u64;
        // Prose that differs: near-duplicates would end the panel for another reason.
        Line { text: text(None, CHARS, place), chars: CHARS, draw: draw(nth * MEMBERS.len() as u64 + place) }
    };
    let played = play(spec, &stage.billing, &line)?;
    let began = played.started_ms.get(&StepId::new("answer").ok()?).copied()?;
    let proposals = played.result.attempts.iter();
    let whole = proposals.filter(|attempt| attempt.step.as_str() != "answer" && attempt.error.is_none());
    let came = whole.filter(|attempt| attempt.outcome == plyrum_protocol::AttemptOutcome::Ok).count() as u64;
    Some((began, came))
}
