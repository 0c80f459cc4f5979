//! Stopping for a while, and being ended from outside.

use super::{CTRL_D, CTRL_Z, is_restored, last_run_is, leaves, open, special};
use crate::world::{Reply, Script, Terminal, World};
use nix::sys::signal::Signal;

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_the_screen_back() {
    let world = World::new();
    let fake = world
        .lab(Script::new().then(Reply::sse().text("Before and ").gate("stopped").text("after.").end(9, 5)));
    let line = "set -m; \"$PLYRUM\"; echo stopped=$?; read wait; fg >/dev/null; echo ended=$?";
    let screen = Terminal::start(&world, line);
    screen.until("a prompt can be written", |picture| picture.is_alternate && picture.cursor.is_some());
    screen.types_ahead("Tell me\r");
    screen.sees("Before and");
    screen.types_ahead("draft");
    screen.sees("draft");
    screen.types_ahead(CTRL_Z);
    let picture =
        screen.until("the shell has it", |picture| !picture.is_alternate && picture.has("stopped="));
    assert!(picture.cursor.is_some() && screen.is_as_before(), "{picture}");
    assert_eq!(special(&screen.modes()), Vec::<&str>::new());
    fake.release("stopped"); // the run goes on meanwhile
    last_run_is(&world, "succeeded");
    screen.types_ahead("\n");
    let picture = screen.sees("Before and after.");
    assert!(picture.is_alternate && picture.has("draft"), "{picture}");
    screen.types_ahead(super::CTRL_C);
    screen.loses("draft");
    screen.types_ahead(CTRL_D);
    screen.sees("ended=0");
    is_restored(&screen.waited(), 0);
}

#[test]
fn a_signal_ends_the_screen_and_the_terminal_is_as_it_was() {
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGHUP, 129), (Signal::SIGINT, 130)] {
        let world = World::new();
        let fake = world.lab(Script::new().then(Reply::sse().text("On and ").gate("on").end(9, 5)));
        let screen = open(&world);
        screen.types_ahead("Tell me\r");
        screen.sees("On and");
        screen.signal(signal);
        let ended = leaves(screen, code);
        assert!(ended.picture.has("goes on: plyrum runs attach"), "{}", ended.picture);
        fake.release("on");
        last_run_is(&world, "succeeded");
    }
}
