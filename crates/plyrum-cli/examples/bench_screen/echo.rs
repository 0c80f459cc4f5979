//! From a key to its echo, while models write.

use super::Asked;
use super::deltas::Count;
use super::figures::{Figures, Sample};
use super::stage::{PROPOSERS, Stage};
use super::terminal::Terminal;
use std::time::{Duration, Instant};

const MOST_MS: f64 = 10.0;
/// A fast typist's pause.
const PAUSE: Duration = Duration::from_millis(37);
const KEYS: usize = 200;
/// Keys of a line; then it is emptied.
const LINE: usize = 40;

pub(super) fn measure(asked: &Asked, figures: &mut Figures) {
    let stage = Stage::set(&asked.plyrum);
    stage.run(&["daemon", "start"]);
    for (name, arguments, prompt, most) in [
        (format!("key to echo, {PROPOSERS} models write"), ["--plan", "many"], "many", Some(MOST_MS)),
        ("key to echo, one answer grows".to_owned(), ["-m", "offline/writer"], "alone", Some(MOST_MS)),
        ("key to echo, nothing goes on".to_owned(), ["-m", "offline/writer"], "", None),
    ] {
        let mut times = Vec::new();
        let mut rates = Vec::new();
        for _ in 0..3 {
            let (new, rate) = typed(&stage, &arguments, prompt);
            times.extend(new);
            rates.extend(rate);
        }
        let sample = Sample::of(&times);
        if !rates.is_empty() {
            rates.sort_by(f64::total_cmp);
            let rate = rates.get(rates.len() / 2).copied().unwrap_or_default();
            figures.told("  deltas a second, as a second client counts them", "/s", rate, "");
        }
        match most {
            Some(most) => figures.asked(name + ", p99", "ms", sample.at(99), most, sample.told()),
            None => figures.told(name + ", p99", "ms", sample.at(99), sample.told()),
        }
    }
}

fn typed(stage: &Stage, arguments: &[&str], prompt: &str) -> (Vec<Duration>, Option<f64>) {
    let mut screen = stage.screen(arguments, (120, 40));
    screen.rest(Duration::from_millis(300));
    let mut count = None;
    if !prompt.is_empty() {
        screen.press(prompt);
        screen.rest(Duration::from_millis(300));
        screen.press("\r");
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(1000) {
            screen.picture_within(Duration::from_millis(50));
        }
        count = Some(Count::begin(stage));
    }
    let times = (0..KEYS).map(|n| echo(&mut screen, n)).collect();
    let rate = count.map(Count::end);
    drop(screen);
    if !prompt.is_empty() {
        let runs = stage.run(&["runs", "list", "--json"]);
        let runs: serde_json::Value = serde_json::from_str(&runs).unwrap();
        let run = runs.get(0).unwrap();
        assert_eq!(run.get("status").and_then(|it| it.as_str()), Some("running"), "the texts are too short");
        stage.run(&["runs", "cancel", run.get("run").and_then(|it| it.as_str()).unwrap()]);
    }
    (times, rate)
}

/// Types a letter; how long it takes until a picture has it.
fn echo(screen: &mut Terminal, n: usize) -> Duration {
    if n.is_multiple_of(LINE) {
        screen.press("\x15");
    }
    let until = Instant::now() + PAUSE;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        screen.picture_within(left);
    }
    let before = screen.cursor();
    let pressed = screen.press("x");
    loop {
        let at = screen.picture();
        if at > pressed && screen.cursor() != before {
            return at - pressed;
        }
        assert!(pressed.elapsed() < Duration::from_secs(5), "no echo:\n{}", screen.text());
    }
}
