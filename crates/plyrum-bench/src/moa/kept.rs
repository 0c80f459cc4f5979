//! How much of what a full vote gains `auto` keeps, over the panels where the vote gains: on one panel it is a matter of
//! one or two questions. Asked for the best it may always ask for more; unasked it does where the best is likely to be wrong.

use super::arm::Arm;
use super::bootstrap::rounded;
use plyrum_protocol::view::{MoaArm, MoaCell, MoaKept};

/// Policies that a full vote is compared with.
const POLICIES: [Arm; 2] = [Arm::Auto, Arm::AutoUnasked];

/// By policy and task, where both were played; the last row of a policy is of all tasks.
pub(super) fn measure(cells: &[MoaCell], tasks: &[&str]) -> Vec<MoaKept> {
    POLICIES.iter().flat_map(|policy| of_policy(policy.name(), cells, tasks)).collect()
}

fn of_policy(policy: &str, cells: &[MoaCell], tasks: &[&str]) -> Vec<MoaKept> {
    let wins: Vec<Win<'_>> = cells.iter().filter_map(|cell| Win::of(cell, policy)).collect();
    let by_task = tasks.iter().map(|task| (*task, wins.iter().filter(|win| win.task == *task).collect()));
    let all = std::iter::once(("all", wins.iter().collect::<Vec<_>>()));
    let rows = by_task.chain(all).filter(|(_, wins)| !wins.is_empty());
    rows.map(|(task, wins)| row(policy, task, &wins)).collect()
}

/// A panel whose vote is over its best member.
struct Win<'a> {
    task: &'a str,
    vote: &'a MoaArm,
    kept: &'a MoaArm,
    gained: f64,
    over_best: f64,
}

impl<'a> Win<'a> {
    fn of(cell: &'a MoaCell, policy: &str) -> Option<Self> {
        let arm = |name| cell.arms.iter().find(|arm: &&MoaArm| arm.arm == name);
        let (vote, kept) = (arm(Arm::Vote.name())?, arm(policy)?);
        let gained = vote.over_best.filter(|gained| *gained > 0.0)?;
        Some(Self { task: &cell.task, vote, kept, gained, over_best: kept.over_best? })
    }
}

fn row(policy: &str, task: &str, wins: &[&Win<'_>]) -> MoaKept {
    let sum = |of: fn(&Win<'_>) -> f64| wins.iter().map(|win| of(win)).sum::<f64>();
    #[expect(clippy::cast_precision_loss, reason = "a few panels")]
    let mean = |of| rounded(sum(of) / wins.len() as f64);
    MoaKept {
        policy: policy.to_owned(),
        task: task.to_owned(),
        panels: wins.len() as u64,
        vote_over_best: mean(|win| win.gained),
        vote_calls: mean(|win| win.vote.calls),
        over_best: mean(|win| win.over_best),
        calls: mean(|win| win.kept.calls),
        kept_percent: rounded(100.0 * sum(|win| win.over_best) / sum(|win| win.gained)),
    }
}
