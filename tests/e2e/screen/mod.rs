//! The screen in a real terminal: keys go in as a keyboard sends them, pictures come out as a terminal draws them.
//!
//! Every test ends with [`leaves`]: whatever happened before, the terminal is its owner's again, and nothing was ever said to
//! it but what the screen itself says.

mod approving;
mod asking;
mod attaching;
mod daemon;
mod editing;
mod first;
mod hostile;
mod pasting;
mod payloads;
mod plain;
mod resizing;
mod resuming;
mod russian;
mod signals;
mod stopping;

use crate::world::{Ended, Sequence, Terminal, World, foreign};
use plyrum_billing_client::MicroRub;
use plyrum_words::Lang;
use serde_json::Value;

/// Keys as terminals send them.
const ENTER: &str = "\r";
const ESC: &str = "\u{1b}";
const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";
const CTRL_G: &str = "\u{7}";
const CTRL_Z: &str = "\u{1a}";

/// How the lines begin that may stand on the terminal when the screen is gone.
const FAREWELLS: [&str; 4] = ["To go on: plyrum -s ", "The run ", "Чтобы продолжить: plyrum -s ", "Запуск "];

/// Opens the screen, ready for a prompt.
#[track_caller]
fn open(world: &World) -> Terminal {
    open_with(world, "")
}

/// The same with words of the command line.
#[track_caller]
fn open_with(world: &World, words: &str) -> Terminal {
    let terminal = start_with(world, words);
    terminal.until("a prompt can be written", |picture| picture.is_alternate && picture.cursor.is_some());
    terminal
}

/// The same, not waited for: what is there may be a question at once, and no prompt can be written then.
fn start_with(world: &World, words: &str) -> Terminal {
    Terminal::start(world, &format!("exec \"$PLYRUM\" {words}"))
}

/// Quits with ctrl+d, and checks how.
#[track_caller]
fn quit(terminal: Terminal) -> Ended {
    terminal.types_ahead(CTRL_D);
    leaves(terminal, 0)
}

/// Waits for the end. The terminal is as it was, on it is nothing but a farewell, and the screen said nothing to it that it
/// does not say by itself.
#[track_caller]
fn leaves(terminal: Terminal, code: i32) -> Ended {
    leaves_saying(terminal, code, &[])
}

/// The same where it also said these strings (notices, the clipboard), by their beginnings.
#[track_caller]
fn leaves_saying(terminal: Terminal, code: i32, said: &[&str]) -> Ended {
    let ended = terminal.waited();
    is_restored(&ended, code);
    for row in ended.picture.rows.iter().filter(|row| !row.is_empty()) {
        assert!(
            FAREWELLS.iter().any(|start| row.starts_with(start)),
            "left on the terminal:\n{}",
            ended.picture
        );
    }
    let is_said = |sequence: &Sequence| match sequence {
        Sequence::String { kind: ']', text } => said.iter().any(|start| text.starts_with(start)),
        Sequence::Control('\u{7}') => !said.is_empty(),
        _ => false,
    };
    let foreign: Vec<Sequence> = foreign(&ended.bytes).into_iter().filter(|it| !is_said(it)).collect();
    assert!(foreign.is_empty(), "not said by the screen: {foreign:?}");
    ended
}

/// It ended with this code, and the terminal is as it was: screen, cursor, modes. Its settings are looked at by
/// [`Terminal::waited`].
#[track_caller]
fn is_restored(ended: &Ended, code: i32) {
    assert_eq!(ended.code, code, "{}", ended.picture);
    assert!(!ended.picture.is_alternate && ended.picture.cursor.is_some(), "{}", ended.picture);
    assert_eq!(special(&ended.modes), Vec::<&str>::new(), "modes are left on");
}

/// Modes that a usual terminal does not have: all but the visible cursor.
fn special(modes: &[String]) -> Vec<&str> {
    modes.iter().map(String::as_str).filter(|mode| *mode != "25").collect()
}

/// Money as the screen shows it in English.
fn rub(amount: &Value) -> String {
    Lang::En.rub(MicroRub::new(amount.as_i64().unwrap()))
}

/// The last run of a world.
#[track_caller]
fn last_run(world: &World) -> Value {
    world.json(["runs", "list", "--json"])[0].clone()
}

/// Waits until the last run of a world has this status.
#[track_caller]
fn last_run_is(world: &World, status: &str) -> Value {
    let mut run = Value::Null;
    crate::world::eventually(&format!("the last run is {status}"), || {
        run = world.json(["runs", "list", "--json"])[0].clone();
        run["status"] == status
    });
    run
}
