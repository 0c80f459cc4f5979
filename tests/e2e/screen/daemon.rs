//! A daemon that dies: said, looked for, and nothing that was typed is lost.

use super::{last_run_is, open, quit};
use crate::world::{Reply, Script, Terminal, World, eventually};
use std::fs::File;
use std::sync::mpsc::channel;
use std::thread;

/// Kills the daemon, and keeps another one from coming until the file that is given back is dropped: it is the lock.
fn kill_and_hold(world: &World) -> File {
    let lock = File::options().read(true).write(true).open(world.home().join("run/daemon.lock")).unwrap();
    let (began, begun) = channel();
    let waiting = thread::spawn(move || {
        began.send(()).unwrap();
        lock.lock().unwrap(); // stands in line behind the daemon that lives
        lock
    });
    begun.recv().unwrap();
    assert!(world.kill_daemon());
    // The screen may have started one that was quicker.
    eventually("the lock is ours", || {
        waiting.is_finished() || (world.kill_daemon() && waiting.is_finished())
    });
    waiting.join().unwrap()
}

#[track_caller]
fn comes_back(screen: &Terminal, lock: File) {
    let picture = screen.sees("looking for it; nothing that you type is lost");
    assert!(picture.has("no daemon"), "{picture}");
    screen.types_ahead("typed meanwhile");
    screen.sees("typed meanwhile");
    drop(lock);
    screen.loses("looking for it").row("typed meanwhile");
    screen.sees("The daemon is there again.");
}

fn script() -> Script {
    let first = Reply::sse().text("It was said, and ").gate("never").end(9, 5);
    Script::new().then(first).always(Reply::answer("The next one works.", 9, 5))
}

#[test]
fn a_daemon_killed_in_the_middle_of_an_answer_is_found_again() {
    let world = World::new();
    let _fake = world.lab(script());
    let screen = open(&world);
    screen.types_ahead("Tell me\r");
    screen.sees("It was said, and");
    let lock = kill_and_hold(&world);
    comes_back(&screen, lock);
    let run = last_run_is(&world, "interrupted");
    let picture = screen.sees(&format!("today {}", super::rub(&run["cost_micro_rub"])));
    assert!(picture.has("It was said, and"), "what was said stays said: {picture}");
    screen.types_ahead("\r");
    screen.sees("The next one works.");
    last_run_is(&world, "succeeded");
    quit(screen);
    world.is_sound();
}

#[test]
fn a_daemon_killed_while_nothing_goes_on_is_found_again() {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::answer("The next one works.", 9, 5)));
    let screen = open(&world);
    screen.sees("lab");
    let lock = kill_and_hold(&world);
    comes_back(&screen, lock);
    screen.types_ahead("\r");
    screen.sees("The next one works.");
    last_run_is(&world, "succeeded");
    quit(screen);
    world.is_sound();
}

#[test]
fn a_prompt_that_waits_for_a_daemon_is_taken_back_by_esc_and_never_sent() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::answer("Never.", 9, 5)));
    let screen = open(&world);
    screen.sees("lab");
    let lock = kill_and_hold(&world);
    screen.sees("looking for it");
    screen.types_ahead("Tell me\r");
    screen.sees("sending…");
    screen.types_ahead(super::ESC);
    screen.loses("sending…").row("› Tell me");
    drop(lock);
    screen.sees("The daemon is there again.");
    screen.types_ahead(super::CTRL_C);
    screen.loses("Tell me");
    quit(screen);
    assert_eq!(fake.requests().len(), 0);
    assert_eq!(world.json(["runs", "list", "--json"]), serde_json::json!([]));
}

#[test]
fn a_prompt_sent_while_there_is_no_daemon_is_asked_once_when_there_is_one() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::answer("Here it is.", 9, 5)));
    let screen = open(&world);
    screen.sees("lab");
    let lock = kill_and_hold(&world);
    screen.sees("looking for it");
    screen.types_ahead("Tell me\r");
    screen.sees("sending…");
    drop(lock);
    screen.sees("Here it is.");
    last_run_is(&world, "succeeded");
    assert_eq!(fake.requests().len(), 1);
    quit(screen);
    world.is_sound();
}

#[test]
fn a_daemon_killed_again_and_again_is_started_again_by_the_screen() {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::answer("It works.", 9, 5)));
    let screen = open(&world);
    for n in 1..=3 {
        screen.types_ahead(&format!("prompt {n}\r"));
        screen.until("it is answered", |picture| {
            let has_prompt = picture.has(&format!("› prompt {n}"));
            has_prompt && picture.rows.iter().filter(|row| row.contains("It works.")).count() == n
        });
        last_run_is(&world, "succeeded");
        assert!(world.kill_daemon());
        eventually("another daemon is there", || world.daemon_pid().is_some());
    }
    quit(screen);
    world.is_sound();
}
