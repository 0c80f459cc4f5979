//! Actions that are asked for: a digit answers, esc is no, and nobody answers by accident.

use super::{CTRL_C, ESC, leaves_saying, open_with, quit, start_with};
use crate::auto_confirm::{acting, id, question, text, turn, write};
use crate::world::{Terminal, World, eventually};

const END: &str = "[[turn]]\ntext = \"All is done.\"\n";

/// A screen on which something is asked for.
fn asking(world: &World, what: &str) -> Terminal {
    let screen = open_with(world, "-m offline/script");
    screen.types_ahead("do it\r");
    screen.sees(what);
    screen
}

#[test]
fn a_digit_that_was_read_allows_and_esc_denies() {
    let world = acting(&(turn("", &[&write("a.txt", "one\n"), &write("b.txt", "two\n")]) + END));
    let screen = asking(&world, "create a.txt");
    screen.types_ahead("1"); // nobody can have read it yet
    let picture = screen.sees("+one");
    assert!(picture.has("May this happen?") && picture.has("sha256 ") && picture.has("› 2 no"), "{picture}");
    screen.press("yнYНд"); // letters of either layout answer nothing
    assert_eq!(text(&world, "a.txt"), None);
    assert_eq!(question(&world)["status"], "pending");
    screen.press_after_writing("1");
    screen.sees("create b.txt");
    assert_eq!(text(&world, "a.txt").as_deref(), Some("one\n"));
    screen.press_after_writing(ESC);
    let picture = screen.sees("All is done.");
    assert_eq!(text(&world, "b.txt"), None);
    assert!(picture.has("1yнYНд"), "what answered nothing was typed, and is not lost: {picture}");
    let all = world.json(["approvals", "list", "--all", "--json"]);
    let states: Vec<_> = all.as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["denied", "executed"]);
    screen.types_ahead(CTRL_C);
    screen.loses("1yнYНд");
    quit(screen);
    world.is_sound();
}

#[test]
fn a_digit_within_a_word_answers_nothing() {
    let world = acting(&(turn("", &[&write("a.txt", "one\n")]) + END));
    let screen = asking(&world, "create a.txt");
    screen.press("version 1 or 2");
    screen.press_after_writing("\u{1b}[A"); // the mark, from "no" to "yes"
    screen.sees("› 1 yes, this once");
    assert_eq!(question(&world)["status"], "pending");
    screen.press("\r");
    screen.sees("All is done.");
    assert_eq!(text(&world, "a.txt").as_deref(), Some("one\n"));
    screen.types_ahead(CTRL_C);
    screen.loses("version");
    quit(screen);
}

#[test]
fn a_question_that_somebody_else_answers_goes_away() {
    let world = acting(&(turn("", &[&write("a.txt", "one\n")]) + END));
    let screen = asking(&world, "create a.txt");
    world.plyrum(["approve", id(&question(&world))]).run().ok();
    let picture = screen.sees("All is done.");
    assert!(!picture.has("May this happen?"), "{picture}");
    screen.sees("Answered by plyrum approve");
    assert_eq!(text(&world, "a.txt").as_deref(), Some("one\n"));
    quit(screen);
}

#[test]
fn a_question_calls_somebody_who_looks_elsewhere() {
    let world = acting(&(turn("", &[&write("a.txt", "one\n")]) + END));
    let screen = open_with(&world, "-m offline/script");
    screen.types_ahead("\u{1b}[O"); // the window has lost the keys
    screen.types_ahead("do it\r");
    screen.sees("create a.txt");
    eventually("a notice is given", || {
        let text = String::from_utf8(screen.bytes()).unwrap();
        text.contains("\u{1b}]9;Plyrum: an action waits for your answer\u{7}")
    });
    screen.types_ahead("\u{1b}[I");
    screen.press("2");
    screen.sees("All is done.");
    screen.types_ahead(super::CTRL_D);
    leaves_saying(screen, 0, &["9;Plyrum: ", "777;notify;Plyrum;Plyrum: "]);
}

#[test]
fn a_question_waits_for_the_screen_that_was_left() {
    let world = acting(&(turn("", &[&write("a.txt", "one\n")]) + END));
    let screen = asking(&world, "create a.txt");
    quit(screen);
    assert_eq!(question(&world)["status"], "pending");
    let screen = start_with(&world, "-c -m offline/script");
    let picture = screen.sees("May this happen?");
    assert!(picture.has("create a.txt") && picture.has("+one"), "{picture}");
    screen.press("1");
    screen.sees("All is done.");
    assert_eq!(text(&world, "a.txt").as_deref(), Some("one\n"));
    quit(screen);
    world.is_sound();
}
