//! What a run makes of what happens: each test is a story (what providers, ledger and user do) and how it
//! goes, frame by frame, with what it costs. In these stories an input token costs 0.0001 RUB, an output
//! token 0.0004 RUB, and an answer is at most 1000 tokens long. Mixtures: see `moa_pipeline.rs`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests: helpers fail by panicking")]

#[path = "stories/cancel.rs"]
mod cancel;
#[path = "stories/drain.rs"]
mod drain;
#[path = "stories/ends.rs"]
mod ends;
#[path = "stories/form.rs"]
mod form;
#[path = "stories/hedge.rs"]
mod hedge;
#[path = "stories/money.rs"]
mod money;
#[path = "stories/pictures.rs"]
mod pictures;
#[path = "stories/queue.rs"]
mod queue;
#[path = "stories/retry.rs"]
mod retry;
#[path = "stories/tools.rs"]
mod tools;
mod world;

use plyrum_engine::{Limits, RunSpec};
use world::story::{Event::*, check};

fn direct(models: &[&str]) -> RunSpec {
    world::spec(world::direct(models), Limits::default(), 7)
}

/// A prompt of so many bytes, for a model that takes 100 000 tokens.
fn prompt(bytes: usize) -> RunSpec {
    let mut spec = direct(&["lab/a"]);
    spec.conversation.prompt = "x".repeat(bytes);
    spec
}

/// `lab/a`, with a fallback that gives longer answers.
fn with_longest(fallback: &str, tokens: u64) -> RunSpec {
    let mut spec = direct(&["lab/a", fallback]);
    spec.steps[0].models[1].max_output_tokens = Some(tokens);
    spec
}

/// `lab/a`, with a fallback that takes less text.
fn with_context(fallback: &str, tokens: u64) -> RunSpec {
    let mut spec = direct(&["lab/a", fallback]);
    spec.steps[0].models[1].context_tokens = tokens;
    spec
}

#[test]
fn a_question_is_answered() {
    check(
        &direct(&["lab/a"]),
        &[Waits(250), Says("Hel"), Says("lo"), Uses(30, 2), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 250 ms
        attempt.finished 1 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
}
