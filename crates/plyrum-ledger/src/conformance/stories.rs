//! Random stories, told to the ledger and to the model: after every step the same answer and the same
//! figures.

use proptest::prelude::*;

use super::model::{Answer, Model, ModelBasis, Step};
use super::*;

const ATTEMPTS: u8 = 24;
const RUNS: u8 = 4;
/// Steps of a story, before some are told twice.
const STORY: std::ops::Range<usize> = 200..400;

/// The same step on the real ledger.
async fn real_step<L: Lab>(lab: &L, ledger: &mut L::Store, step: &Step) -> Answer {
    let id = |attempt: &u8| format!("a{attempt}");
    let name = |run: &u8| format!("r{run}");
    let answer = match step {
        Step::TopUp { id, amount } => {
            ledger.top_up(top_up(&format!("t{id}"), *amount)).await.map(|_| Answer::Done)
        }
        Step::SetMode(mode) => ledger.set_mode(*mode, ModeSource::User, 1).await.map(|_| Answer::Done),
        Step::Begin { run, budget } => {
            let run = NewRun { budget: budget.map(micro), ..new_run(&name(run)) };
            ledger.begin_run(run).await.map(|()| Answer::Done)
        }
        Step::Hold { run, first, amounts, budget } => {
            let holds =
                (*first..).zip(amounts).map(|(attempt, amount)| new_hold(&id(&attempt), *amount)).collect();
            let batch = HoldBatch {
                run: name(run),
                at: 2,
                holds,
                run_budget: budget.map(micro),
                limits: Limits::default(),
            };
            ledger.hold(batch).await.map(|outcome| match outcome {
                HoldOutcome::Granted => Answer::Granted,
                HoldOutcome::Refused(refusal) => {
                    Answer::Refused(refusal.needed.get(), refusal.available.get())
                }
            })
        }
        Step::Sent { attempt } => ledger.mark_sent(&id(attempt), 3).await.map(|()| Answer::Done),
        Step::Received { attempt, bytes } => {
            ledger.note_received(&id(attempt), *bytes).await.map(|()| Answer::Done)
        }
        Step::Settle { attempt, basis } => {
            let settled = ledger.settle(settle(&id(attempt), basis.real())).await;
            settled.map(|settled| Answer::Cost(settled.cost.unwrap().get()))
        }
        Step::Release { attempt } => {
            ledger.release(&id(attempt), 4).await.map(|hold| Answer::Cost(hold.get()))
        }
        Step::Finish { run, status } => {
            let totals = ledger.finish_run(finish(&name(run), *status)).await;
            totals.map(|totals| Answer::Cost(totals.total.cost.get()))
        }
        Step::Adjust { id, amount } => ledger
            .adjust(adjust(&format!("c{id}"), *amount))
            .await
            .map(|done| Answer::Cost(done.paid_debt.get())),
        Step::Crash => {
            let (again, recovery) = lab.crash(ledger.clone(), 6).await;
            *ledger = again;
            Ok(Answer::Recovered(recovery.released.len(), recovery.settled.len(), recovery.interrupted.len()))
        }
    };
    answer.unwrap_or_else(|error| match error {
        LedgerError::IdReused { .. } => Answer::Error("reused"),
        LedgerError::UnknownRun { .. } | LedgerError::UnknownAttempt { .. } => Answer::Error("unknown"),
        LedgerError::RunEnded { .. } => Answer::Error("ended"),
        LedgerError::RunUnresolved { .. } => Answer::Error("unresolved"),
        LedgerError::WrongState { .. } => Answer::Error("state"),
        other => panic!("{other}"),
    })
}

fn a_step() -> impl Strategy<Value = Step> {
    let attempt = || 0..ATTEMPTS;
    let run = || 0..RUNS;
    let budget = || prop::option::weighted(0.2, 0..300_i64);
    let basis = prop_oneof![
        (0..80_u32).prop_map(ModelBasis::Reported),
        Just(ModelBasis::Estimated),
        Just(ModelBasis::Nothing)
    ];
    let status = prop::sample::select(vec![RunStatus::Succeeded, RunStatus::Failed]);
    prop_oneof![
        2 => (0..6_u8, 1..200_i64).prop_map(|(id, amount)| Step::TopUp { id, amount }),
        1 => prop::sample::select(vec![Mode::Prepaid, Mode::Metered]).prop_map(Step::SetMode),
        3 => (run(), prop::option::weighted(0.2, Just(150))).prop_map(|(run, budget)| Step::Begin { run, budget }),
        8 => (run(), attempt(), prop::collection::vec(0..60_i64, 1..4), budget())
            .prop_map(|(run, first, amounts, budget)| Step::Hold { run, first, amounts, budget }),
        8 => attempt().prop_map(|attempt| Step::Sent { attempt }),
        4 => (attempt(), 0..300_u64).prop_map(|(attempt, bytes)| Step::Received { attempt, bytes }),
        8 => (attempt(), basis).prop_map(|(attempt, basis)| Step::Settle { attempt, basis }),
        4 => attempt().prop_map(|attempt| Step::Release { attempt }),
        1 => (run(), status).prop_map(|(run, status)| Step::Finish { run, status }),
        1 => (0..6_u8, prop_oneof![-80..-1_i64, 1..80_i64]).prop_map(|(id, amount)| Step::Adjust { id, amount }),
        1 => Just(Step::Crash),
    ]
}

/// Random steps, some of them said twice: a repeat must change nothing.
fn a_story() -> impl Strategy<Value = Vec<Step>> {
    let told = (a_step(), prop::bool::weighted(0.15));
    prop::collection::vec(told, STORY).prop_map(|told| {
        told.into_iter().flat_map(|(step, twice)| std::iter::repeat_n(step, 1 + usize::from(twice))).collect()
    })
}

/// A full proof after every so many steps, and after the last; the account's figures after each.
const PROVE_EVERY: usize = 16;

async fn follow<L: Lab>(lab: &L, story: &[Step]) {
    let mut ledger = lab.open();
    let mut model = Model::default();
    for (i, step) in story.iter().enumerate() {
        let expected = model.step(step);
        let answer = real_step(lab, &mut ledger, step).await;
        match (&expected, &answer) {
            // The figures of the first refusal come back; the model does not remember them.
            (Answer::Error("refused before"), Answer::Refused(..)) => {}
            _ => assert_eq!(answer, expected, "step {i}: {step:?}"),
        }
        // The model's sums are made from its own attempts and entries: posted, held and debt are proved
        // after each step by it, and by the ledger's own rows now and then.
        let balance = ledger.balance().await.unwrap();
        let figures = (balance.posted.get(), balance.held.get(), balance.debt.get());
        assert_eq!(figures, (model.posted, model.held(), model.debt), "after step {i}: {step:?}");
        if i % PROVE_EVERY == 0 {
            ledger.prove().await;
        }
    }
    ledger.prove().await;
    for (run, (_, status)) in &model.runs {
        let totals = ledger.run_totals(&format!("r{run}")).await.unwrap();
        assert_eq!((totals.status, totals.total.cost.get()), (*status, model.total(*run)));
    }
}

/// Follows random stories until they have had so many steps, and returns how many they had.
fn steps_without_a_difference<L: Lab + Default>(at_least: usize) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let told = std::cell::Cell::new(0);
    while told.get() < at_least {
        let cases = ((at_least - told.get()) / STORY.end).max(1);
        let config = ProptestConfig::with_cases(u32::try_from(cases).unwrap());
        let mut runner = proptest::test_runner::TestRunner::new(config);
        let followed = runner.run(&a_story(), |story| {
            told.set(told.get() + story.len());
            runtime.block_on(follow(&L::default(), &story));
            Ok(())
        });
        followed.unwrap_or_else(|difference| panic!("{difference}"));
    }
    told.get()
}

#[test]
fn in_memory_the_ledger_and_the_model_never_disagree() {
    let steps = std::env::var("PLYRUM_STORY_STEPS").ok().and_then(|steps| steps.parse().ok());
    assert!(
        steps_without_a_difference::<labs::Memory>(steps.unwrap_or(100_000))
            >= 100_000.min(steps.unwrap_or(100_000))
    );
}

#[test]
fn on_disk_the_ledger_and_the_model_never_disagree_across_crashes() {
    assert!(steps_without_a_difference::<labs::Disk>(2_000) >= 2_000);
}
