//! From the start of the process to its first picture.

use super::Asked;
use super::figures::{Figures, Sample};
use super::stage::Stage;
use std::time::Duration;

const MOST_MS: f64 = 60.0;

pub(super) fn measure(asked: &Asked, figures: &mut Figures) {
    let stage = Stage::set(&asked.plyrum);
    stage.run(&["daemon", "start"]);
    for (name, size) in [("80x24", (80, 24)), ("200x50", (200, 50))] {
        let times: Vec<Duration> = (0..asked.rounds).map(|_| first(&stage, size)).collect();
        let sample = Sample::of(&times);
        figures.asked(format!("first picture, {name}"), "ms", sample.at(50), MOST_MS, sample.told());
    }
}

fn first(stage: &Stage, size: (u16, u16)) -> Duration {
    let mut screen = stage.screen(&[], size);
    let at = screen.picture();
    let took = at - screen.began;
    assert!(screen.text().contains("Plyrum") || screen.text().contains("plyrum"), "an empty picture:\n{}", screen.text());
    drop(screen);
    took
}
