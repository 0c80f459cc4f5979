//! Windows of other sizes, while something is written.

use super::{last_run_is, open, quit, rub};
use crate::world::{Reply, Script, World};

#[test]
fn a_window_changes_its_size_while_an_answer_is_written() {
    let world = World::new();
    let lines: Vec<String> = (1..=60).map(|n| format!("{n}. a line of a long list")).collect();
    let long = lines.join("\n") + "\n";
    let reply = Reply::sse().text(&long).gate("one").text("\n\nAfter the list. ").gate("two").end(9, 5);
    let fake = world.lab(Script::new().then(reply));
    let screen = open(&world);
    screen.types_ahead("List them\r");
    screen.sees("60. a line of a long list");
    screen.resize((120, 40));
    let picture =
        screen.until("more is to be seen", |it| it.has("35. a line of a") && it.has("60. a line of a"));
    assert_eq!(picture.rows.len(), 40);
    assert!(
        picture.row("Plyrum │").chars().count() > 100,
        "the first line is as wide as the window: {picture}"
    );
    screen.resize((40, 10));
    screen.until("the end fits", |it| it.has("60. a line of a") && !it.has("50. a line") && it.has("Plyrum"));
    fake.release("one");
    screen.sees("After the list.");
    screen.resize((20, 5));
    screen.until("it is too small", |it| it.has("This window is") && !it.has("After the list."));
    fake.release("two");
    let cost = rub(&last_run_is(&world, "succeeded")["cost_micro_rub"]);
    screen.resize((80, 24));
    let picture = screen.sees(&cost);
    assert!(picture.has("After the list.") && picture.has("asks first"), "{picture}");
    quit(screen);
    world.is_sound();
}

#[test]
fn every_size_is_drawn_without_a_fault() {
    let world = World::new();
    let _fake =
        world.lab(Script::new().then(Reply::answer("# A title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", 9, 5)));
    let screen = open(&world);
    screen.types_ahead("Show me\r");
    screen.sees("A title");
    for (columns, lines) in
        [(1, 1), (200, 1), (1, 60), (29, 8), (30, 7), (30, 8), (31, 9), (250, 70), (80, 24)]
    {
        screen.resize((columns, lines));
        screen.types_ahead("\u{c}"); // ctrl+l paints anew
        if columns >= 30 && lines >= 8 {
            screen.until("it is drawn", |it| it.has("Plyrum") && it.rows.len() == usize::from(lines));
        }
    }
    screen.sees("A title");
    quit(screen);
}
