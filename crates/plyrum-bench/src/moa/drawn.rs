//! Panels of near-equals drawn from everybody who was recorded: what a vote brings where the best member is hardly better
//! than the rest, and how much of that the rule of `auto` keeps. The panels with names are five; chance could have made them.

use super::arm::{Arm, Member};
use super::bootstrap::rounded;
use super::cell::{Stage, Tally, members};
use super::chance::Chance;
use super::pack::Question;
use plyrum_engine::Calibration;
use plyrum_protocol::view::MoaDrawn;
use std::collections::BTreeSet;

/// Panels of each half.
const PANELS: usize = 10;
/// Members of one.
const SEATS: usize = 5;
/// How far the best may be over the mean, in thousandths.
const NEAR_MILLI: u32 = 50;
/// Draws before a task is taken to have no more such panels.
const TRIES: u64 = 100_000;

/// One task. `rules` has the rule of each half, made from the other.
pub(super) fn measure(stage: &Stage<'_>, task: &str, rules: [Calibration; 2]) -> Option<MoaDrawn> {
    let questions = stage.pack.of_task(task);
    let mut sums = Sums::default();
    for (half, rule) in rules.into_iter().enumerate() {
        let (mine, others): (Vec<&Question>, Vec<&Question>) =
            questions.iter().copied().partition(|question| question.half() == half);
        for panel in draw(&others, half as u64) {
            sums.add(stage, &mine, &panel, rule);
        }
    }
    (sums.panels > 0).then(|| sums.row(task))
}

/// Near-equal panels by these questions, each best first.
fn draw(known: &[&Question], half: u64) -> Vec<Vec<Member>> {
    let names: BTreeSet<&str> =
        known.iter().flat_map(|question| question.answers.keys()).map(String::as_str).collect();
    let everybody = |name: &&str| known.iter().all(|question| question.answers.contains_key(*name));
    let names: Vec<&str> = names.into_iter().filter(everybody).collect();
    let all = members(&names, known);
    let mut chance = Chance::new(0x9e37_79b9_7f4a_7c15 ^ (half + 1));
    let (mut drawn, mut seen) = (Vec::new(), BTreeSet::new());
    for _ in 0..TRIES {
        let mut seats = BTreeSet::new(); // `all` is best first: so is the panel
        while seats.len() < SEATS.min(all.len()) {
            seats.insert(chance.place(all.len()));
        }
        let panel: Vec<Member> = seats.iter().filter_map(|seat| all.get(*seat).cloned()).collect();
        if panel.len() == SEATS && gap(&panel) <= NEAR_MILLI && seen.insert(seats) {
            drawn.push(panel);
        }
        if drawn.len() == PANELS || all.len() < SEATS {
            break;
        }
    }
    drawn
}

fn gap(panel: &[Member]) -> u32 {
    let best = panel.iter().map(|member| member.quality_milli).max().unwrap_or(0);
    let sum: u32 = panel.iter().map(|member| member.quality_milli).sum();
    best - sum / u32::try_from(panel.len()).unwrap_or(1).max(1)
}

#[derive(Default)]
struct Sums {
    panels: u64,
    vote_wins: u64,
    vote: f64,
    auto: f64,
    calls: f64,
    loses: u64,
}

impl Sums {
    fn add(&mut self, stage: &Stage<'_>, questions: &[&Question], panel: &[Member], rule: Calibration) {
        let tallied = |arm: Arm| {
            let mut tally = Tally::of(arm);
            for question in questions {
                tally.add(question, stage.play(arm, question, panel, rule).as_ref());
            }
            tally
        };
        let [best, vote, auto] = [Arm::Best, Arm::Vote, Arm::Auto].map(tallied);
        let (of_vote, of_auto) = (vote.over(&best.right), auto.over(&best.right));
        self.panels += 1;
        self.vote_wins += u64::from(of_vote.mean > 0.0);
        self.loses += u64::from(of_auto.high < 0.0);
        self.vote += of_vote.mean;
        self.auto += of_auto.mean;
        #[expect(clippy::cast_precision_loss, reason = "counts of calls")]
        let calls = auto.calls as f64 / questions.len().max(1) as f64;
        self.calls += calls;
    }

    fn row(&self, task: &str) -> MoaDrawn {
        #[expect(clippy::cast_precision_loss, reason = "a few panels")]
        let mean = |sum: f64| rounded(sum / self.panels as f64);
        MoaDrawn {
            task: task.to_owned(),
            panels: self.panels,
            vote_wins: self.vote_wins,
            vote_over_best: mean(self.vote),
            auto_over_best: mean(self.auto),
            auto_calls: mean(self.calls),
            auto_loses: self.loses,
        }
    }
}
