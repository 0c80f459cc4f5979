//! Following a run that somebody else began.

use super::{ENTER, last_run_is, open, quit};
use crate::world::{Reply, Script, Terminal, World};

const ANSWER: [&str; 3] = ["One is said. ", "Two is said. ", "Three is said."];

fn attach(world: &World, run: &str) -> Terminal {
    let screen = open(world);
    screen.types_ahead(&format!("/attach {run}"));
    screen.sees("/attach");
    screen.types_ahead(ENTER);
    screen
}

#[test]
fn two_screens_follow_one_run_from_the_middle_without_a_gap() {
    let world = World::new();
    let [one, two, three] = ANSWER;
    let reply = Reply::sse().text(one).gate("one").text(two).gate("two").text(three).end(9, 5);
    let fake = world.lab(Script::new().then(reply));
    let run = world.plyrum(["ask", "--detach", "Count for me"]).run().ok().trim().to_owned();
    fake.wait_at_gate_blocking("one");
    let first = attach(&world, &run);
    let picture = first.sees("One is said.");
    assert!(picture.has("Count for me"), "{picture}");
    fake.release("one");
    fake.wait_at_gate_blocking("two");
    let second = attach(&world, &run);
    for screen in [&first, &second] {
        screen.sees("One is said. Two is said.");
    }
    fake.release("two");
    let cost = super::rub(&last_run_is(&world, "succeeded")["cost_micro_rub"]);
    let whole = ANSWER.concat();
    for screen in [&first, &second] {
        screen.sees(&whole);
        screen.sees(&cost);
    }
    let log = world.json(["transcript", "show", &run, "--json"]).to_string();
    assert!(log.contains(&whole), "{log}");
    quit(first);
    quit(second);
    assert_eq!(fake.requests().len(), 1);
    world.is_sound();
}

#[test]
fn a_run_that_is_left_is_followed_again_from_where_it_is() {
    let world = World::new();
    let reply = Reply::sse().text("Before and ").gate("left").text("after.").end(9, 5);
    let fake = world.lab(Script::new().then(reply));
    let screen = open(&world);
    screen.types_ahead("Tell me\r");
    screen.sees("Before and");
    screen.types_ahead("/new");
    screen.sees("/new");
    screen.types_ahead(ENTER);
    screen.loses("Before and");
    fake.release("left");
    last_run_is(&world, "succeeded");
    screen.types_ahead("/attach last");
    screen.sees("/attach last");
    screen.types_ahead(ENTER);
    screen.sees("Before and after.");
    quit(screen);
}
