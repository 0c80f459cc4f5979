//! Ledger and audit log as a person finds them: together, or one of them from a backup, or copied.

use crate::world::{Reply, Script, World, eventually};
use std::fs;
use std::path::Path;

/// A world with a run, a correction, and no daemon.
fn with_history() -> World {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::answer("A good one.", 100, 10)));
    world.plyrum(["ask", "Hello there"]).run().ok();
    world.plyrum(["ledger", "adjust", "-2.5", "--reason", "a test"]).run().ok();
    world.plyrum(["daemon", "stop"]).run().ok();
    world
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
}

/// All three who look say so.
#[track_caller]
fn noticed(world: &World, words: &str) {
    for args in [["ledger", "reconcile"], ["audit", "verify"]] {
        let out = world.plyrum(args).run();
        assert!(out.code == 1 && out.stdout.contains(words), "{args:?}: {out}");
    }
    let doctor = world.plyrum(["doctor"]).run();
    assert!(doctor.code == 1 && doctor.stdout.contains(words), "{doctor}");
}

#[test]
fn the_books_prove_themselves_with_and_without_a_daemon() {
    let world = with_history();
    let check = || {
        let report = world.json(["ledger", "reconcile", "--json"]);
        assert_eq!(report["ok"], true, "{report}");
        assert!(report["checks"].as_array().is_some_and(|checks| checks.len() > 15), "{report}");
    };
    check();
    world.plyrum(["daemon", "start"]).run().ok();
    check();
    world.kill_daemon();
    check();
    world.is_sound();
}

#[test]
fn a_correction_is_on_the_record_with_its_reason() {
    let world = with_history();
    let balance = world.json(["ledger", "adjust", "0.000001", "--reason", "a millionth", "--json"]);
    let spent = world.only_run()["cost_micro_rub"].as_i64().unwrap();
    assert_eq!(balance["posted_micro_rub"], 1 - 2_500_000 - spent);
    // It is in the ledger; the log is told of it a moment later.
    eventually("it is in the log", || world.plyrum(["audit", "tail"]).run().stdout.contains("a millionth"));
    for args in [["ledger", "adjust", "0", "--reason", "none"], ["ledger", "adjust", "1", "--reason", " "]] {
        world.plyrum(args).run().fails(2);
    }
    assert_eq!(world.json(["balance", "show", "--json"])["posted_micro_rub"], balance["posted_micro_rub"]);
    world.is_sound();
}

#[test]
fn an_old_ledger_beside_a_newer_audit_is_noticed_before_and_after_the_daemon_goes_on() {
    let world = with_history();
    let ledger = world.home().join("data/ledger.sqlite");
    let old = fs::read(&ledger).unwrap();
    world.plyrum(["ledger", "adjust", "5", "--reason", "later"]).run().ok();
    world.plyrum(["daemon", "stop"]).run().ok();
    fs::write(&ledger, old).unwrap();
    noticed(&world, "the ledger is older than the audit log");
    world.plyrum(["ledger", "adjust", "1", "--reason", "after it"]).run().ok();
    world.plyrum(["daemon", "stop"]).run().ok();
    assert!(
        world.plyrum(["audit", "tail"]).run().stdout.contains("after it"),
        "nothing is lost from then on"
    );
    noticed(&world, "the ledger is older than the audit log");
}

#[test]
fn an_old_audit_beside_a_newer_ledger_is_noticed() {
    let world = with_history();
    let (audit, old) = (world.home().join("data/audit"), world.beside("old-audit"));
    copy(&audit, &old);
    world.plyrum(["ledger", "adjust", "5", "--reason", "later"]).run().ok();
    world.plyrum(["daemon", "stop"]).run().ok();
    fs::remove_dir_all(&audit).unwrap();
    copy(&old, &audit);
    noticed(&world, "is no record's hash");
    let named = world.plyrum(["ledger", "reconcile"]).run();
    assert!(named.stdout.contains("the audit log is older than the ledger"), "{named}");
}

#[test]
fn a_copied_home_is_noticed_and_a_moved_one_is_not() {
    let world = with_history();
    let (home, second) = (world.home().to_owned(), world.beside("second-home"));
    copy(&home, &second);
    let doctor = || world.plyrum(["doctor"]).env("PLYRUM_HOME", &second).run();
    let out = doctor();
    assert!(out.code == 1 && out.stdout.contains("this home is a copy"), "{out}");
    world.plyrum(["doctor"]).run().ok();
    fs::remove_dir_all(&home).unwrap();
    doctor().ok();
}
