//! Stopping a run: what was said stays, and is billed.

use super::{CTRL_C, ESC, last_run_is, leaves, open, quit, rub};
use crate::world::{Reply, Script, World};

#[test]
fn esc_and_ctrl_c_stop_the_run_keep_what_was_said_and_tell_the_bill() {
    for key in [ESC, CTRL_C, "\u{1b}[27u", "\u{1b}[99;5u"] {
        let world = World::new();
        let reply = Reply::sse().text("It begins so, and ").gate("never").end(900, 50);
        let fake = world.lab(Script::new().then(reply));
        let screen = open(&world);
        screen.types_ahead("Tell me\r");
        screen.sees("It begins so, and");
        screen.types_ahead(key);
        let picture = screen.sees("Stopped. What was written until then stays");
        assert!(picture.has("It begins so, and"), "{picture}");
        fake.wait_for_hangups_blocking(1);
        let run = last_run_is(&world, "cancelled");
        let cost = rub(&run["cost_micro_rub"]);
        assert_ne!(cost, "0.00 ₽", "a request that was sent may have to be paid");
        assert!(screen.sees(&cost).row(&cost).contains("lab/fast"));
        quit(screen);
        world.is_sound();
    }
}

#[test]
fn ctrl_c_stops_then_clears_then_quits_when_it_is_pressed_again() {
    let world = World::new();
    let _fake = world.lab(Script::new().then(Reply::sse().text("So it ").gate("never").end(9, 5)));
    let screen = open(&world);
    screen.types_ahead("Tell me\r");
    screen.sees("So it");
    screen.types_ahead("draft");
    screen.sees("draft");
    screen.types_ahead(CTRL_C);
    screen.sees("Stopped.").row("draft");
    screen.types_ahead(CTRL_C);
    screen.loses("draft");
    screen.types_ahead(CTRL_C);
    screen.sees("ctrl+c again quits");
    screen.types_ahead(CTRL_C);
    leaves(screen, 0);
}

#[test]
fn a_run_goes_on_when_its_screen_is_left_and_the_farewell_names_it() {
    let world = World::new();
    let fake = world.lab(Script::new().then(Reply::sse().text("On and ").gate("on").text("on.").end(9, 5)));
    let screen = open(&world);
    screen.types_ahead("Tell me\r");
    screen.sees("On and");
    let ended = quit(screen);
    let run = world.only_run();
    assert_eq!(run["status"], "running");
    assert!(
        ended.picture.has(&format!("The run {} goes on", run["run"].as_str().unwrap())),
        "{}",
        ended.picture
    );
    fake.release("on");
    last_run_is(&world, "succeeded");
}
