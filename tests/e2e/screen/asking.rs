//! Asking: the answer is read while it is written, and keys are never in its way.

use super::{CTRL_C, ENTER, last_run_is, open, quit, rub};
use crate::world::{Reply, Script, World};

#[test]
fn an_answer_is_read_while_it_is_written_and_typing_goes_on_meanwhile() {
    let world = World::new();
    let reply = Reply::sse().text("The first part, ").gate("one").text("the second, ").gate("two");
    let fake = world.lab(Script::new().then(reply.text("and the **end**.").end(900, 50)));
    let screen = open(&world);
    screen.types_ahead("Tell me a story");
    screen.sees("Tell me a story");
    screen.types_ahead(ENTER);
    screen.sees("The first part,");
    screen.types_ahead("meanwhile");
    screen.sees("meanwhile");
    fake.release("one");
    let picture = screen.sees("The first part, the second,");
    assert!(picture.has("meanwhile") && !picture.has("end"), "{picture}");
    fake.release("two");
    screen.sees("The first part, the second, and the end.");
    let run = last_run_is(&world, "succeeded");
    let cost = rub(&run["cost_micro_rub"]);
    assert_ne!(cost, "0.00 ₽");
    let picture = screen.sees(&cost);
    assert!(picture.row(&cost).contains("lab/fast") && picture.has("meanwhile"), "{picture}");
    screen.sees(&format!("today {cost}"));
    screen.types_ahead(CTRL_C); // takes the prompt away, and quits nothing
    screen.loses("meanwhile");
    quit(screen);
    world.is_sound();
}

#[test]
fn a_prompt_that_is_queued_is_asked_when_the_run_before_it_is_over() {
    let world = World::new();
    let first = Reply::sse().text("Wait for it… ").gate("go").end(9, 5);
    let fake = world.lab(Script::new().then(first).then(Reply::answer("And here is the second.", 9, 5)));
    let screen = open(&world);
    screen.types_ahead("one\r");
    screen.sees("Wait for it…");
    screen.types_ahead("two");
    screen.sees("two");
    screen.types_ahead("\t");
    screen.sees("next 1: two");
    fake.release("go");
    let picture = screen.sees("And here is the second.");
    assert!(!picture.has("next 1:"), "{picture}");
    last_run_is(&world, "succeeded");
    quit(screen);
    world.is_sound();
}

#[test]
fn a_prompt_of_many_lines_is_sent_as_it_was_written() {
    let world = World::new();
    let fake = world.lab(Script::new().then(Reply::answer("Read.", 9, 5)));
    let screen = open(&world);
    screen.types_ahead("first\nsecond\u{1b}\rthird\\\rfourth");
    screen.sees("fourth");
    screen.types_ahead(ENTER);
    screen.sees("Read.");
    let asked = fake.requests()[0].json().to_string();
    assert!(asked.contains("first\\nsecond\\nthird\\nfourth"), "{asked}");
    quit(screen);
}
