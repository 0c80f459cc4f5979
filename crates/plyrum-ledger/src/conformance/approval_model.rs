//! Random orders of asking, answering, expiring, executing and dying, told to the ledger and to a model that
//! is a map: after every step the same answer and the same approvals, in the end one body for each change.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const IDS: u8 = 16;
const RUNS: u8 = 3;
const STORY: std::ops::Range<usize> = 60..160;

#[derive(Debug, Clone)]
enum Step {
    Begin { run: u8 },
    Ask { id: u8, run: u8, lasts: i64, parks: bool },
    Answer { id: u8, verdict: ApprovalVerdict },
    Expire,
    Withdraw { run: u8 },
    Execute { id: u8, as_approved: bool },
    TakeUp { id: u8 },
    Finish { run: u8 },
    Crash,
}

/// What a step comes to, as far as both sides can tell it.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Done,
    Counts,
    TooLate(ApprovalStatus),
    Resolved(usize),
    Ran(bool),
    Interrupted(usize),
    Refused,
}

#[derive(Debug)]
struct Asked {
    run: u8,
    parks: bool,
    deadline: i64,
    status: ApprovalStatus,
    waits: bool,
}

#[derive(Debug, Default)]
struct Model {
    /// Whether it is open.
    runs: BTreeMap<u8, bool>,
    asked: BTreeMap<u8, Asked>,
    /// Bodies of each kind.
    bodies: [usize; 3],
}

impl Model {
    fn step(&mut self, step: &Step, at: i64) -> Answer {
        match step {
            Step::Begin { run } => {
                self.runs.entry(*run).or_insert(true);
                Answer::Done
            }
            Step::Ask { id, run, lasts, parks } => self.ask(*id, *run, at + lasts, *parks),
            Step::Answer { id, verdict } => self.answer(*id, *verdict, at),
            Step::Expire => Answer::Resolved(self.expire(|row| row.deadline <= at)),
            Step::Withdraw { run } => Answer::Resolved(self.expire(|row| row.run == *run)),
            Step::Execute { id, as_approved } => Answer::Ran(self.execute(*id, *as_approved)),
            Step::TakeUp { id } => match self.asked.get_mut(id) {
                Some(row) if row.status != ApprovalStatus::Pending => {
                    row.waits = false;
                    Answer::Done
                }
                _ => Answer::Refused,
            },
            Step::Finish { run } => {
                if !self.runs.contains_key(run) {
                    return Answer::Refused;
                }
                self.end(*run);
                Answer::Done
            }
            Step::Crash => {
                let ends = |run: &&u8| !self.asked.values().any(|row| row.run == **run && row.is_parked());
                let open = self.runs.iter().filter(|(_, open)| **open).map(|(run, _)| run);
                let ends: Vec<u8> = open.filter(ends).copied().collect();
                for run in &ends {
                    self.end(*run);
                }
                Answer::Interrupted(ends.len())
            }
        }
    }

    fn ask(&mut self, id: u8, run: u8, deadline: i64, parks: bool) -> Answer {
        match self.asked.get(&id) {
            Some(row) if (row.run, row.parks) == (run, parks) => return Answer::Done,
            Some(_) => return Answer::Refused,
            None if self.runs.get(&run) != Some(&true) => return Answer::Refused,
            None => {}
        }
        let row = Asked { run, parks, deadline, status: ApprovalStatus::Pending, waits: parks };
        self.asked.insert(id, row);
        self.bodies[0] += 1;
        Answer::Done
    }

    fn answer(&mut self, id: u8, verdict: ApprovalVerdict, at: i64) -> Answer {
        let Some(row) = self.asked.get_mut(&id) else { return Answer::Refused };
        if row.status != ApprovalStatus::Pending {
            return Answer::TooLate(row.status);
        }
        self.bodies[1] += 1;
        if row.deadline <= at {
            row.status = ApprovalStatus::Expired;
            return Answer::TooLate(row.status);
        }
        row.status = verdict.into();
        Answer::Counts
    }

    fn expire(&mut self, which: impl Fn(&Asked) -> bool) -> usize {
        let pending = self.asked.values_mut().filter(|row| row.status == ApprovalStatus::Pending);
        let count = pending.filter(|row| which(row)).map(|row| row.status = ApprovalStatus::Expired).count();
        self.bodies[1] += count;
        count
    }

    fn execute(&mut self, id: u8, as_approved: bool) -> bool {
        let Some(row) = self.asked.get_mut(&id) else { return false };
        let runs =
            as_approved && row.status == ApprovalStatus::Approved && self.runs.get(&row.run) == Some(&true);
        if runs {
            row.status = ApprovalStatus::Executed;
            self.bodies[2] += 1;
        }
        runs
    }

    fn end(&mut self, run: u8) {
        if self.runs.insert(run, false) == Some(true) {
            self.expire(|row| row.run == run);
            self.asked.values_mut().filter(|row| row.run == run).for_each(|row| row.waits = false);
        }
    }

    fn rows(&self) -> BTreeMap<String, (ApprovalStatus, bool)> {
        let rows = self.asked.iter();
        rows.map(|(id, row)| (format!("a{id:02}"), (row.status, row.is_parked()))).collect()
    }
}

impl Asked {
    fn is_parked(&self) -> bool {
        self.waits && self.status != ApprovalStatus::Executed
    }
}

async fn real_step<L: Lab>(lab: &L, store: &mut L::Store, step: &Step, at: i64) -> Answer {
    let id = |id: &u8| format!("a{id:02}");
    let name = |run: &u8| format!("r{run}");
    let answer = match step {
        Step::Begin { run } => store.begin_run(new_run(&name(run))).await.map(|()| Answer::Done),
        Step::Ask { id: approval, run, lasts, parks } => {
            let (approval, run) = (id(approval), name(run));
            let new = if *parks { parking(&approval, &run) } else { new_approval(&approval, &run) };
            let new = NewApproval { at, deadline: at + lasts, ..new };
            store.request_approval(new).await.map(|()| Answer::Done)
        }
        Step::Answer { id: approval, verdict } => {
            store.answer_approval(answer(&id(approval), *verdict, at)).await.map(|answered| match answered {
                Answered::Now(_) => Answer::Counts,
                Answered::Before(row) => Answer::TooLate(row.status),
                Answered::Unknown => Answer::Refused,
            })
        }
        Step::Expire => store.expire_approvals(at).await.map(|rows| Answer::Resolved(rows.len())),
        Step::Withdraw { run } => {
            store.withdraw_approvals(&name(run), at, "why").await.map(|rows| Answer::Resolved(rows.len()))
        }
        Step::Execute { id: approval, as_approved } => {
            let sha = if *as_approved { SHA.repeat(8) } else { "f".repeat(64) };
            store.begin_execution(&id(approval), &sha, at).await.map(Answer::Ran)
        }
        Step::TakeUp { id: approval } => store.take_up(&id(approval), at).await.map(|()| Answer::Done),
        Step::Finish { run } => {
            store.finish_run(finish(&name(run), RunStatus::Interrupted)).await.map(|_| Answer::Done)
        }
        Step::Crash => {
            let (again, recovery) = lab.crash(store.clone(), at).await;
            *store = again;
            Ok(Answer::Interrupted(recovery.interrupted.len()))
        }
    };
    match answer {
        Ok(answer) => answer,
        // Ended by recovery: as good as ended so.
        Err(LedgerError::RunEnded { .. }) if matches!(step, Step::Finish { .. }) => Answer::Done,
        Err(error) if error.is_storage() => panic!("{error}"),
        Err(_) => Answer::Refused,
    }
}

async fn rows(store: &impl Store) -> BTreeMap<String, (ApprovalStatus, bool)> {
    let parked: Vec<String> =
        store.parked().await.unwrap().into_iter().map(|parked| parked.approval.id).collect();
    let all = ApprovalFilter { limit: 1_000, ..ApprovalFilter::default() };
    let rows = store.approvals(all).await.unwrap().into_iter();
    rows.map(|row| (row.id.clone(), (row.status, parked.contains(&row.id)))).collect()
}

async fn bodies(store: &impl Store) -> [usize; 3] {
    let kinds: Vec<String> =
        store.take_outbox(1_024).await.unwrap().into_iter().map(|row| row.kind).collect();
    ["requested", "resolved", "executed"]
        .map(|of| kinds.iter().filter(|kind| **kind == format!("approval.{of}")).count())
}

async fn follow<L: Lab>(lab: &L, story: &[Step]) {
    let mut store = lab.open();
    let mut model = Model::default();
    for (at, step) in (1..).zip(story) {
        let answer = real_step(lab, &mut store, step, at).await;
        assert_eq!(answer, model.step(step, at), "step {at}: {step:?}");
        assert_eq!(rows(&store).await, model.rows(), "after step {at}: {step:?}");
    }
    assert_eq!(bodies(&store).await, model.bodies);
}

fn a_step() -> impl Strategy<Value = Step> {
    let (id, run) = (|| 0..IDS, || 0..RUNS);
    let verdict = prop::sample::select(vec![
        ApprovalVerdict::Approved,
        ApprovalVerdict::Approved,
        ApprovalVerdict::Denied,
    ]);
    let yes = prop::bool::weighted(0.8);
    prop_oneof![
        2 => run().prop_map(|run| Step::Begin { run }),
        10 => (id(), run(), 0..40_i64, any::<bool>())
            .prop_map(|(id, run, lasts, parks)| Step::Ask { id, run, lasts, parks }),
        10 => (id(), verdict).prop_map(|(id, verdict)| Step::Answer { id, verdict }),
        2 => Just(Step::Expire),
        1 => run().prop_map(|run| Step::Withdraw { run }),
        8 => (id(), yes).prop_map(|(id, as_approved)| Step::Execute { id, as_approved }),
        3 => id().prop_map(|id| Step::TakeUp { id }),
        1 => run().prop_map(|run| Step::Finish { run }),
        2 => Just(Step::Crash),
    ]
}

fn never_disagree<L: Lab + Default>(stories: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(stories));
    let followed = runner.run(&prop::collection::vec(a_step(), STORY), |story| {
        runtime.block_on(follow(&L::default(), &story));
        Ok(())
    });
    followed.unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn in_memory_approvals_and_their_model_never_disagree() {
    never_disagree::<labs::Memory>(200);
}

#[test]
fn on_disk_approvals_and_their_model_never_disagree_across_crashes() {
    never_disagree::<labs::Disk>(16);
}
