//! A conversation that is open, and nothing happens.

use super::Asked;
use super::figures::Figures;
use super::process::Work;
use super::session;
use super::stage::Stage;
use std::thread;
use std::time::Duration;

const OVER: Duration = Duration::from_secs(10);
/// What is still under way when it is open, such as the figures of the status line.
const SETTLING: Duration = Duration::from_secs(8);

pub(super) fn measure(asked: &Asked, figures: &mut Figures) {
    let stage = Stage::set(&asked.plyrum);
    session::write(&stage, 2);
    let mut screen = stage.screen(&["-c"], (120, 40));
    screen.until(|text| text.contains(session::LAST));
    screen.rest(SETTLING);
    let before = Work::of(screen.pid());
    thread::sleep(OVER);
    let work = Work::of(screen.pid()).since(before);
    let is_still = screen.picture_within(Duration::ZERO).is_none();
    let note = if is_still { "no picture" } else { "there were pictures" };
    figures.asked("idle for 10 s: time on the processor", "ms", work.time.as_secs_f64() * 1000.0, 0.0, note);
    figures.asked("idle for 10 s: wakeups of all threads", "", work.switches as f64, 0.0, "");
    drop(screen);
}
