//! How much of what a full vote gains `auto` keeps, over the panels where the vote gains: on one panel it is a matter of
//! one or two questions.

use super::bootstrap::rounded;
use plyrum_protocol::view::{MoaArm, MoaCell, MoaKept};

/// By task, where both were played; the last row is of all tasks.
pub(super) fn measure(cells: &[MoaCell], tasks: &[&str]) -> Vec<MoaKept> {
    let wins: Vec<Win<'_>> = cells.iter().filter_map(Win::of).collect();
    let by_task = tasks.iter().map(|task| (*task, wins.iter().filter(|win| win.task == *task).collect()));
    let all = std::iter::once(("all", wins.iter().collect::<Vec<_>>()));
    by_task.chain(all).filter(|(_, wins)| !wins.is_empty()).map(|(task, wins)| row(task, &wins)).collect()
}

/// A panel whose vote is over its best member.
struct Win<'a> {
    task: &'a str,
    vote: f64,
    auto: f64,
    calls: f64,
    vote_calls: f64,
}

impl<'a> Win<'a> {
    fn of(cell: &'a MoaCell) -> Option<Self> {
        let arm = |name| cell.arms.iter().find(|arm: &&MoaArm| arm.arm == name);
        let (vote, auto) = (arm("vote")?, arm("auto")?);
        let gained = vote.over_best.filter(|gained| *gained > 0.0)?;
        Some(Self {
            task: &cell.task,
            vote: gained,
            auto: auto.over_best?,
            calls: auto.calls,
            vote_calls: vote.calls,
        })
    }
}

fn row(task: &str, wins: &[&Win<'_>]) -> MoaKept {
    let sum = |of: fn(&Win<'_>) -> f64| wins.iter().map(|win| of(win)).sum::<f64>();
    #[expect(clippy::cast_precision_loss, reason = "a few panels")]
    let mean = |of| rounded(sum(of) / wins.len() as f64);
    MoaKept {
        task: task.to_owned(),
        panels: wins.len() as u64,
        vote_over_best: mean(|win| win.vote),
        auto_over_best: mean(|win| win.auto),
        kept_percent: rounded(100.0 * sum(|win| win.auto) / sum(|win| win.vote)),
        auto_calls: mean(|win| win.calls),
        vote_calls: mean(|win| win.vote_calls),
    }
}
