//! The first run: what was found here, and an answer without any key.

use super::{ENTER, last_run, leaves, open, quit, rub};
use crate::world::World;

#[test]
fn the_first_screen_says_what_was_found_and_enter_tries_it_offline() {
    let world = World::new();
    let screen = open(&world);
    let picture = screen.sees("Press enter to try it now");
    assert!(picture.has("Welcome to Plyrum.") && picture.has("offline"), "{picture}");
    assert!(picture.row("Plyrum │").contains("asks first"), "who may act is always to be seen: {picture}");
    screen.types_ahead(ENTER);
    let picture = screen.sees("offline/query ·");
    assert!(
        picture.has("What does Plyrum promise about money?") && picture.has("about-plyrum.md"),
        "{picture}"
    );
    screen.sees("every figure about money is one number");
    let run = last_run(&world);
    assert_eq!((run["status"].as_str(), rub(&run["cost_micro_rub"]).as_str()), (Some("succeeded"), "0.00 ₽"));
    let ended = quit(screen);
    assert!(ended.picture.has("To go on: plyrum -s "), "{}", ended.picture);
    world.is_sound();
}

#[test]
fn a_screen_that_was_only_looked_at_leaves_no_word() {
    let world = World::new();
    let screen = open(&world);
    screen.sees("Welcome");
    screen.types_ahead("/quit");
    screen.sees("/quit");
    screen.types_ahead(ENTER);
    let ended = leaves(screen, 0);
    assert!(ended.picture.rows.iter().all(String::is_empty), "{}", ended.picture);
}
