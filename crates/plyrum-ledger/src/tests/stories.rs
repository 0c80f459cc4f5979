//! Random stories, told to the ledger and to the model: after every step the same answer and the same
//! figures.

use proptest::prelude::*;

use super::model::{Answer, Model, ModelBasis, Step};
use super::*;

const ATTEMPTS: u8 = 24;
const RUNS: u8 = 4;

/// The same step on the real ledger.
async fn real_step(ledger: &Ledger, step: &Step) -> Answer {
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
        Step::Crash => {
            ledger.look(|conn| recover::apply(conn, RecoverySpec { at: 6 })).await.map(|recovery| {
                Answer::Recovered(recovery.released.len(), recovery.settled.len(), recovery.interrupted.len())
            })
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
        1 => Just(Step::Crash),
    ]
}

/// Random steps, some of them said twice: a repeat must change nothing.
fn a_story() -> impl Strategy<Value = Vec<Step>> {
    let told = (a_step(), prop::bool::weighted(0.15));
    prop::collection::vec(told, 200..400).prop_map(|told| {
        told.into_iter().flat_map(|(step, twice)| std::iter::repeat_n(step, 1 + usize::from(twice))).collect()
    })
}

async fn follow(story: Vec<Step>) {
    let ledger = Ledger::open_in_memory().unwrap();
    let mut model = Model::default();
    for (i, step) in story.iter().enumerate() {
        let expected = model.step(step);
        let (answer, balance) = tokio::join!(real_step(&ledger, step), ledger.balance());
        match (&expected, &answer) {
            // The figures of the first refusal come back; the model does not remember them.
            (Answer::Error("refused before"), Answer::Refused(..)) => {}
            _ => assert_eq!(answer, expected, "step {i}: {step:?}"),
        }
        let balance = balance.unwrap();
        let figures = (balance.posted.get(), balance.held.get(), balance.debt.get());
        assert_eq!(figures, (model.posted, model.held(), model.debt), "after step {i}: {step:?}");
    }
    ledger.prove().await;
    for (run, (_, status)) in &model.runs {
        let totals = ledger.run_totals(&format!("r{run}")).await.unwrap();
        assert_eq!((totals.status, totals.total.cost.get()), (*status, model.total(*run)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(320)
    ))]

    #[test]
    fn the_ledger_and_the_model_never_disagree(story in a_story()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(follow(story));
    }
}
