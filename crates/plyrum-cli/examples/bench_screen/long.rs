//! A conversation of many megabytes: opened, and scrolled.

use super::Asked;
use super::figures::{Figures, Sample};
use super::process::memory_mib;
use super::session;
use super::stage::Stage;
use super::terminal::Terminal;
use std::thread;
use std::time::{Duration, Instant};

const OPEN_MS: f64 = 200.0;
const FRAME_MS: f64 = 16.7;
const RSS_MIB: f64 = 80.0;
const SIZE: (u16, u16) = (120, 40);
const UP: &str = "\x1b[5~";
const DOWN: &str = "\x1b[6~";
/// How fast a key repeats that is held down.
const REPEAT: Duration = Duration::from_millis(33);

pub(super) fn measure(asked: &Asked, figures: &mut Figures) {
    let stage = Stage::set(&asked.plyrum);
    session::write(&stage, asked.megabytes);
    let times: Vec<Duration> = (0..asked.rounds).map(|_| open(&stage).1).collect();
    let sample = Sample::of(&times);
    figures.asked(
        format!("a conversation of {} MB opened", asked.megabytes),
        "ms",
        sample.at(50),
        OPEN_MS,
        sample.told(),
    );
    for (name, pause) in [("30 keys/s", REPEAT), ("as fast as pictures come", Duration::ZERO)] {
        scrolled(asked, &stage, name, pause, figures);
    }
}

fn open(stage: &Stage) -> (Terminal, Duration) {
    let mut screen = stage.screen(&["-c"], SIZE);
    let at = screen.until(|text| text.contains(session::LAST));
    let took = at - screen.began;
    (screen, took)
}

fn scrolled(asked: &Asked, stage: &Stage, name: &str, pause: Duration, figures: &mut Figures) {
    let (mut screen, _) = open(stage);
    let pid = screen.pid();
    screen.rest(Duration::from_millis(700));
    figures.told("  memory when it was opened, peak", "MiB", memory_mib(pid, "VmHWM"), rss(pid));
    for (direction, key) in [("up", UP), ("down", DOWN)] {
        let (times, still) = paged(&mut screen, key, asked.pages, pause);
        let sample = Sample::of(&times);
        figures.asked(
            format!("a page {direction}, {name}: pictures over {FRAME_MS} ms"),
            "",
            sample.over(FRAME_MS) as f64,
            0.0,
            sample.told(),
        );
        figures.asked("  pages on which nothing moved", "", still as f64, 0.0, "");
        figures.asked("  memory behind it, peak", "MiB", memory_mib(pid, "VmHWM"), RSS_MIB, rss(pid));
    }
    drop(screen);
}

fn rss(pid: u32) -> String {
    format!("now {:.1}", memory_mib(pid, "VmRSS"))
}

/// Presses a key so often; the time of each until its picture, and how many showed nothing else.
fn paged(screen: &mut Terminal, key: &str, pages: usize, pause: Duration) -> (Vec<Duration>, usize) {
    let (mut times, mut still) = (Vec::new(), 0);
    for _ in 0..pages {
        let before = screen.text();
        let pressed = screen.press(key);
        let mut at = screen.picture();
        while at < pressed {
            at = screen.picture();
        }
        times.push(at - pressed);
        still += usize::from(screen.text() == before);
        let until = pressed + pause;
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            if screen.picture_within(left).is_none() {
                thread::yield_now();
            }
        }
    }
    (times, still)
}
