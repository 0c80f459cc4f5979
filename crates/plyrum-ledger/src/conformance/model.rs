//! What the ledger should do, as plain as it can be said: maps and sums, no SQL, its own arithmetic, so
//! that a difference (see `stories.rs`) is a fault of one of the two. A token costs a micro-ruble here.

use std::collections::BTreeMap;

use super::*;

#[derive(Debug, Clone)]
pub(super) enum Step {
    TopUp { id: u8, amount: i64 },
    SetMode(Mode),
    Adjust { id: u8, amount: i64 },
    Begin { run: u8, budget: Option<i64> },
    Hold { run: u8, first: u8, amounts: Vec<i64>, budget: Option<i64> },
    Sent { attempt: u8 },
    Received { attempt: u8, bytes: u64 },
    Settle { attempt: u8, basis: ModelBasis },
    Release { attempt: u8 },
    Finish { run: u8, status: RunStatus },
    Crash,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelBasis {
    Reported(u32),
    Estimated,
    Nothing,
}

impl ModelBasis {
    pub(super) fn real(self) -> Basis {
        match self {
            Self::Reported(output) => Basis::Reported(tokens(u64::from(output))),
            Self::Estimated => Basis::Estimated,
            Self::Nothing => Basis::Nothing,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModelAttempt {
    run: u8,
    content: (u8, u8, Vec<i64>),
    hold: i64,
    state: AttemptState,
    received: u64,
    cost: i64,
    /// `None`: settled by recovery.
    basis: Option<ModelBasis>,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    prepaid: bool,
    pub(super) posted: i64,
    pub(super) debt: i64,
    top_ups: BTreeMap<u8, i64>,
    /// Amount, and what of it paid debt.
    adjustments: BTreeMap<u8, (i64, i64)>,
    pub(super) runs: BTreeMap<u8, (Option<i64>, RunStatus)>,
    attempts: BTreeMap<u8, ModelAttempt>,
    refused: BTreeMap<u8, (u8, u8, Vec<i64>)>,
}

/// What a step comes to, as far as both sides can tell it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    Granted,
    /// Needed, available.
    Refused(i64, i64),
    Cost(i64),
    Recovered(usize, usize, usize),
    Error(&'static str),
}

impl Model {
    pub(super) fn held(&self) -> i64 {
        self.attempts.values().filter(|row| !row.state.is_resolved()).map(|row| row.hold).sum()
    }

    pub(super) fn step(&mut self, step: &Step) -> Answer {
        match step {
            Step::TopUp { id, amount } => self.top_up(*id, *amount),
            Step::SetMode(mode) => self.set_mode(*mode),
            Step::Adjust { id, amount } => self.adjust(*id, *amount),
            Step::Begin { run, budget } => match self.runs.get(run) {
                Some((earlier, _)) if earlier == budget => Answer::Done,
                Some(_) => Answer::Error("reused"),
                None => {
                    self.runs.insert(*run, (*budget, RunStatus::Running));
                    Answer::Done
                }
            },
            Step::Hold { run, first, amounts, budget } => {
                self.hold(&(*run, *first, amounts.clone()), *budget)
            }
            Step::Sent { attempt } => self.advance(*attempt, None),
            Step::Received { attempt, bytes } => self.advance(*attempt, Some(*bytes)),
            Step::Settle { attempt, basis } => self.settle(*attempt, *basis),
            Step::Release { attempt } => self.release(*attempt),
            Step::Finish { run, status } => self.finish(*run, *status),
            Step::Crash => self.crash(),
        }
    }

    fn top_up(&mut self, id: u8, amount: i64) -> Answer {
        match self.top_ups.get(&id) {
            Some(earlier) if *earlier == amount => return Answer::Done,
            Some(_) => return Answer::Error("reused"),
            None => {}
        }
        self.top_ups.insert(id, amount);
        self.posted += amount;
        self.debt -= amount.min(self.debt);
        Answer::Done
    }

    fn adjust(&mut self, id: u8, amount: i64) -> Answer {
        match self.adjustments.get(&id) {
            Some((earlier, paid)) if *earlier == amount => return Answer::Cost(*paid),
            Some(_) => return Answer::Error("reused"),
            None => {}
        }
        let paid = if amount > 0 { amount.min(self.debt) } else { 0 };
        self.adjustments.insert(id, (amount, paid));
        self.posted += amount;
        self.debt -= paid;
        Answer::Cost(paid)
    }

    fn set_mode(&mut self, mode: Mode) -> Answer {
        if mode == Mode::Prepaid && !self.prepaid {
            self.posted = self.posted.max(-self.debt);
        }
        self.prepaid = mode == Mode::Prepaid;
        Answer::Done
    }

    fn hold(&mut self, content: &(u8, u8, Vec<i64>), budget: Option<i64>) -> Answer {
        let (run, first, amounts) = content;
        let ids = || (*first..).zip(amounts);
        for (id, _) in ids() {
            let earlier = self.attempts.get(&id).map(|row| &row.content).or_else(|| self.refused.get(&id));
            if earlier.is_some_and(|earlier| earlier != content) {
                return Answer::Error("reused");
            }
        }
        if self.attempts.contains_key(first) {
            return Answer::Granted;
        }
        if self.refused.contains_key(first) {
            return Answer::Error("refused before");
        }
        let own = match self.runs.get(run) {
            None => return Answer::Error("unknown"),
            Some((_, status)) if status.is_final() => return Answer::Error("ended"),
            Some((own, _)) => *own,
        };
        let needed: i64 = amounts.iter().sum();
        let of_run = self.attempts.values().filter(|row| row.run == *run);
        let committed: i64 = of_run
            .map(|row| match row.state {
                AttemptState::Settled => row.cost,
                AttemptState::Released => 0,
                AttemptState::Held | AttemptState::Sent | AttemptState::Streaming => row.hold,
            })
            .sum();
        let left = own.into_iter().chain(budget).min().map(|budget| budget - committed);
        let available = self.posted - self.held();
        let refused = match left {
            Some(left) if needed > 0 && needed > left => Some(left),
            _ if self.prepaid && needed > 0 && self.debt > 0 => Some(available.min(0)),
            _ if self.prepaid && needed > 0 && needed > available => Some(available),
            _ => None,
        };
        if let Some(available) = refused {
            self.refused.extend(ids().map(|(id, _)| (id, content.clone())));
            return Answer::Refused(needed, available);
        }
        let rows: Vec<_> = ids().map(|(id, amount)| (id, *amount)).collect();
        for (id, hold) in rows {
            let row = ModelAttempt {
                run: *run,
                content: content.clone(),
                hold,
                state: AttemptState::Held,
                received: 0,
                cost: 0,
                basis: None,
            };
            self.attempts.insert(id, row);
        }
        Answer::Granted
    }

    fn advance(&mut self, attempt: u8, bytes: Option<u64>) -> Answer {
        let Some(row) = self.attempts.get_mut(&attempt) else { return Answer::Error("unknown") };
        match (row.state, bytes) {
            (AttemptState::Held, None) => row.state = AttemptState::Sent,
            (AttemptState::Sent | AttemptState::Streaming, None) => {}
            (AttemptState::Sent | AttemptState::Streaming, Some(bytes)) => {
                row.state = AttemptState::Streaming;
                row.received = row.received.max(bytes);
            }
            _ => return Answer::Error("state"),
        }
        Answer::Done
    }

    fn settle(&mut self, attempt: u8, basis: ModelBasis) -> Answer {
        let Some(row) = self.attempts.get_mut(&attempt) else { return Answer::Error("unknown") };
        match row.state {
            AttemptState::Settled if row.basis == Some(basis) => return Answer::Cost(row.cost),
            AttemptState::Settled => return Answer::Error("reused"),
            AttemptState::Released => return Answer::Error("state"),
            AttemptState::Held | AttemptState::Sent | AttemptState::Streaming => {}
        }
        row.basis = Some(basis);
        // What was never sent cannot have been used.
        let unsent = row.state == AttemptState::Held && basis == ModelBasis::Estimated;
        self.charge(attempt, if unsent { ModelBasis::Nothing } else { basis })
    }

    fn charge(&mut self, attempt: u8, basis: ModelBasis) -> Answer {
        let row = self.attempts.get_mut(&attempt).unwrap();
        row.state = AttemptState::Settled;
        row.cost = match basis {
            ModelBasis::Reported(tokens) => i64::from(tokens),
            // 30 request bytes, three bytes a token.
            ModelBasis::Estimated => (10 + i64::try_from(row.received.div_ceil(3)).unwrap()).min(row.hold),
            ModelBasis::Nothing => 0,
        };
        self.posted -= row.cost;
        if self.prepaid {
            self.debt += (row.cost - row.hold).max(0);
        }
        Answer::Cost(row.cost)
    }

    fn release(&mut self, attempt: u8) -> Answer {
        let Some(row) = self.attempts.get_mut(&attempt) else { return Answer::Error("unknown") };
        match row.state {
            AttemptState::Held | AttemptState::Released => row.state = AttemptState::Released,
            AttemptState::Sent | AttemptState::Streaming | AttemptState::Settled => {
                return Answer::Error("state");
            }
        }
        Answer::Cost(row.hold)
    }

    pub(super) fn total(&self, run: u8) -> i64 {
        self.attempts.values().filter(|row| row.run == run).map(|row| row.cost).sum()
    }

    fn finish(&mut self, run: u8, status: RunStatus) -> Answer {
        match self.runs.get(&run) {
            None => return Answer::Error("unknown"),
            Some((_, earlier)) if *earlier == status => return Answer::Cost(self.total(run)),
            Some((_, earlier)) if earlier.is_final() => return Answer::Error("ended"),
            Some(_) => {}
        }
        if self.attempts.values().any(|row| row.run == run && !row.state.is_resolved()) {
            return Answer::Error("unresolved");
        }
        if let Some((_, open)) = self.runs.get_mut(&run) {
            *open = status;
        }
        Answer::Cost(self.total(run))
    }

    fn crash(&mut self) -> Answer {
        let open: Vec<(u8, AttemptState)> = self
            .attempts
            .iter()
            .filter(|(_, row)| !row.state.is_resolved())
            .map(|(id, row)| (*id, row.state))
            .collect();
        let (mut released, mut settled) = (0, 0);
        for (id, state) in open {
            if state == AttemptState::Held {
                self.release(id);
                released += 1;
            } else {
                self.charge(id, ModelBasis::Estimated);
                settled += 1;
            }
        }
        let mut interrupted = 0;
        for (_, status) in self.runs.values_mut().filter(|(_, status)| *status == RunStatus::Running) {
            *status = RunStatus::Interrupted;
            interrupted += 1;
        }
        Answer::Recovered(released, settled, interrupted)
    }
}
