//! Coming back to a conversation, and taking turns of it back.

use super::{CTRL_C, ESC, last_run_is, open, open_with, quit};
use crate::world::{Reply, Script, Terminal, World};

/// A world in which two turns were had, and how to go on with them.
fn told() -> (World, crate::world::FakeProvider) {
    let world = World::new();
    let replies = [("The first answer.", 9), ("The second answer.", 19), ("The third answer.", 29)];
    let script =
        replies.iter().fold(Script::new(), |script, (text, n)| script.then(Reply::answer(text, *n, 5)));
    let fake = world.lab(script);
    let screen = open(&world);
    for (prompt, answer) in [("the first question", "first"), ("the second question", "second")] {
        screen.types_ahead(prompt);
        screen.types_ahead("\r");
        screen.sees(&format!("The {answer} answer."));
        last_run_is(&world, "succeeded");
    }
    quit(screen);
    (world, fake)
}

#[track_caller]
fn is_back(screen: &Terminal) {
    screen.sees("taken back: no model is told of it");
    screen.until("the prompt is in the editor again", |picture| {
        picture.rows.iter().filter(|row| row.contains("the second question")).count() == 2
    });
}

#[test]
fn a_conversation_is_there_again_and_its_last_turn_can_be_taken_back() {
    let (world, fake) = told();
    let screen = open_with(&world, "-c");
    let picture = screen.sees("The second answer.");
    assert!(picture.has("the first question") && picture.has("The first answer."), "{picture}");
    screen.types_ahead(ESC);
    screen.sees("esc again takes the last turn back");
    screen.types_ahead(ESC);
    is_back(&screen);
    screen.types_ahead("!?\r");
    screen.sees("The third answer.");
    let asked = fake.requests()[2].json()["messages"].to_string();
    assert!(asked.contains("the first question") && asked.contains("the second question!?"), "{asked}");
    assert!(!asked.contains("The second answer."), "what was taken back is told to no model: {asked}");
    last_run_is(&world, "succeeded");
    quit(screen);
    world.is_sound();
}

#[test]
fn rewind_as_a_command_brings_the_prompt_back_too() {
    let (world, _fake) = told();
    let screen = open_with(&world, "--session last");
    screen.sees("The second answer.");
    screen.types_ahead("/rewind");
    screen.sees("/rewind");
    screen.types_ahead("\r");
    is_back(&screen);
    screen.types_ahead(CTRL_C);
    screen.until("the editor is empty", |picture| {
        picture.rows.iter().filter(|row| row.contains("the second question")).count() == 1
    });
    quit(screen);
}

#[test]
fn a_session_that_is_not_there_is_said_and_a_new_one_can_begin() {
    let (world, _fake) = told();
    let screen = open_with(&world, "-s nonesuch");
    screen.sees("nonesuch");
    screen.types_ahead("a new question\r");
    screen.sees("The third answer.");
    quit(screen);
}
