//! A person at a terminal: what is shown, which keys answer, and that the terminal is theirs again afterwards.

use super::{acting, id, question, run, text, turn, write};
use crate::world::{Terminal, World};

const END: &str = "[[turn]]\ntext = \"Готово.\"\n";

fn asks(world: &World) -> Terminal {
    Terminal::start(world, "\"$PLYRUM\" ask -m offline/script сделай")
}

#[test]
fn auto_confirm_by_digits_arrows_and_esc_at_a_terminal() {
    let script = turn(
        "Пишу.",
        &[&write("a.txt", "раз\n"), &write("b.txt", "два"), &write("c.txt", "три"), &run(&["ls"])],
    );
    let world = acting(&(script + END));
    let mut terminal = asks(&world);
    terminal.shows("create a.txt");
    terminal.shows("+раз");
    terminal.shows("> 2 no");
    terminal.types_ahead("1"); // nobody can have read it yet
    terminal.press("yнYНд"); // letters of either layout answer nothing
    terminal.press("1");
    terminal.shows("create b.txt");
    terminal.shows("> 2 no");
    assert_eq!(text(&world, "a.txt").as_deref(), Some("раз\n"));
    terminal.press("\u{1b}[A");
    terminal.shows("> 1 yes");
    terminal.press("\r");
    terminal.shows("create c.txt");
    terminal.shows("> 2 no");
    terminal.press("\u{1b}");
    terminal.shows("run: ls");
    terminal.shows("> 2 no");
    terminal.press("3");
    terminal.shows("why not?");
    terminal.press("потом\r");
    let (code, seen) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert_eq!(text(&world, "b.txt").as_deref(), Some("два"));
    assert_eq!(text(&world, "c.txt"), None);
    assert!(seen.contains("the user did not allow it: потом") && seen.contains("Готово."), "{seen}");
    let all = world.json(["approvals", "list", "--all", "--json"]);
    let states: Vec<_> = all.as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["denied", "denied", "executed", "executed"]);
}

#[test]
fn auto_confirm_at_a_terminal_is_taken_away_when_somebody_else_answers() {
    let world = acting(&(turn("", &[&write("a.txt", "x")]) + END));
    let mut terminal = asks(&world);
    terminal.shows("> 2 no");
    world.plyrum(["approve", id(&question(&world))]).run().ok();
    terminal.shows("approved by plyrum approve");
    let (code, seen) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert_eq!(text(&world, "a.txt").as_deref(), Some("x"));
}

#[test]
fn auto_confirm_at_a_terminal_may_end_the_run_and_ctrl_c_does() {
    for (keys, code, says) in [("4", 5, "the run ended"), ("\u{3}", 130, "cancelled by Ctrl-C")] {
        let world = acting(&(turn("", &[&write("a.txt", "x")]) + END));
        let mut terminal = asks(&world);
        terminal.shows("> 2 no");
        terminal.press(keys);
        terminal.shows(says);
        let (ended, seen) = terminal.ends();
        assert_eq!(ended, code, "{keys:?}: {seen}");
        assert_eq!(text(&world, "a.txt"), None);
        world.is_sound();
    }
}

#[test]
fn auto_confirm_at_a_terminal_shows_what_would_hide_itself() {
    let hostile = "a\u{202e}txt\u{1b}[8m.sh";
    let world = acting(&(turn("", &[&write(hostile, "x\u{1b}]0;title\u{7}\n")]) + END));
    let mut terminal = asks(&world);
    terminal.shows("a\\u{202e}txt\\u{1b}[8m.sh");
    terminal.shows("+x\\u{1b}]0;title\\u{7}");
    terminal.shows("no, and end the run");
    terminal.press("\u{1b}");
    let (_, seen) = terminal.ends();
    for foreign in ["\u{202e}", "\u{1b}[8m", "\u{1b}]0;"] {
        assert!(!seen.contains(foreign), "{foreign:?} in {seen:?}");
    }
}
