//! Clocks that jump: days begin and end by them, and nothing else of money depends on them.
//!
//! The daemon runs under libfaketime, whose file moves its clock while it lives.

use crate::world::{FakeProvider, Reply, Script, World, lab_config, skipped};
use std::fs;
use std::path::{Path, PathBuf};

const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// One answer: 100 tokens at 3 and 10 at 15 dollars a million, at 80.1234.
const COST: i64 = 36_056;

struct Clock {
    file: PathBuf,
}

impl Clock {
    /// A clock in this world's commands. `None`, said loudly: this machine has none to move.
    fn new(dir: &Path) -> Option<(Self, &'static str)> {
        let library = LIBRARIES.into_iter().find(|library| Path::new(library).exists());
        if library.is_none() {
            skipped("clocks cannot be moved here: libfaketime is not installed (apt-get install faketime)");
        }
        Some((Self { file: dir.join("clock") }, library?))
    }

    fn jump(&self, to: &str) {
        let fresh = self.file.with_extension("new");
        fs::write(&fresh, format!("@{to}\n")).unwrap();
        fs::rename(fresh, &self.file).unwrap();
    }
}

fn world_with_clock() -> Option<(World, Clock, FakeProvider)> {
    let world = World::new();
    let (clock, library) = Clock::new(&world.beside("."))?;
    let file = clock.file.display().to_string();
    let world = world
        .with_env("LD_PRELOAD", library)
        .with_env("FAKETIME_TIMESTAMP_FILE", &file)
        .with_env("FAKETIME_NO_CACHE", "1")
        .with_env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    clock.jump("2026-11-20 12:00:00");
    let fake = FakeProvider::spawn(Script::new().always(Reply::answer("In time.", 100, 10)));
    world.config(&lab_config(&fake.base_url(), "", "[budgets]\nday = \"1.3\"\nmonth = \"5\""));
    Some((world, clock, fake))
}

fn spent(world: &World, scope: &str) -> i64 {
    let rows = world.json(["budget", "list", "--json"]);
    let row = rows.as_array().unwrap().iter().find(|row| row["scope"] == scope).unwrap().clone();
    row["spent_micro_rub"].as_i64().unwrap()
}

#[test]
fn days_and_months_follow_the_clock_and_what_was_spent_later_still_counts() {
    let Some((world, clock, _fake)) = world_with_clock() else { return };
    let ask = || world.plyrum(["ask", "Hello there"]).run().answers("In time.");
    ask();
    ask();
    assert_eq!((spent(&world, "day"), spent(&world, "month")), (2 * COST, 2 * COST));
    clock.jump("2026-11-21 12:00:00");
    assert_eq!((spent(&world, "day"), spent(&world, "month")), (0, 2 * COST), "a new day");
    ask();
    clock.jump("2026-12-01 00:00:01");
    assert_eq!((spent(&world, "day"), spent(&world, "month")), (0, 0), "a new month");
    ask();
    clock.jump("2026-11-20 23:59:00");
    assert_eq!(spent(&world, "day"), 4 * COST, "set back: what it says was spent later is spent");
    world.plyrum(["budget", "set", "day", "0.1"]).run().ok();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(6, ["0.10", "plyrum budget set day"]);
    world.is_sound();
}

#[test]
fn a_clock_that_jumps_in_the_middle_of_answers_and_over_restarts_loses_nothing() {
    let Some((world, clock, _fake)) = world_with_clock() else { return };
    world.config(
        &fs::read_to_string(world.home().join("config/config.toml")).unwrap().replace("\"1.3\"", "\"100\""),
    );
    let days = ["2031-05-05 00:00:00", "2001-01-01 00:00:00", "2026-11-22 10:00:00", "2026-03-29 02:30:00"];
    for (n, day) in days.into_iter().enumerate() {
        world.plyrum(["ask", "Hello there"]).run().answers("In time.");
        clock.jump(day);
        if n % 2 == 0 {
            assert!(world.kill_daemon());
        }
        world.plyrum(["ask", "Hello again"]).run().answers("In time.");
        world.is_sound();
    }
    let total = world.json(["usage", "--json"])["total"]["cost_micro_rub"].as_i64();
    assert_eq!(total, Some(8 * COST));
    let by_day = world.json(["usage", "--by", "day", "--json"]);
    let rows = by_day["rows"].as_array().unwrap();
    assert_eq!(
        rows.iter().map(|row| row["cost_micro_rub"].as_i64().unwrap()).sum::<i64>(),
        8 * COST,
        "{by_day}"
    );
    assert_eq!(by_day["total"]["cost_micro_rub"].as_i64(), Some(8 * COST));
}

#[test]
fn money_that_retired_records_told_of_stays_proved() {
    let Some((world, clock, _fake)) = world_with_clock() else { return };
    for day in ["2026-11-20 12:00:00", "2026-11-21 12:00:00", "2026-11-22 12:00:00"] {
        clock.jump(day);
        world.plyrum(["ask", "Hello there"]).run().answers("In time.");
        world.plyrum(["daemon", "restart"]).run().ok();
    }
    let pruned = world.json(["audit", "prune", "--before", "2026-11-22", "--yes", "--json"]);
    assert_eq!(pruned["files"].as_array().unwrap().len(), 2, "{pruned}");
    world.is_sound();
    let reconciled = world.plyrum(["ledger", "reconcile"]).run();
    assert!(reconciled.ok().contains("2 attempts are told of by records that were retired"), "{reconciled}");
    // Another file, with the money of the third day, goes without a tombstone.
    clock.jump("2026-11-23 12:00:00");
    world.plyrum(["ask", "Hello there"]).run().answers("In time.");
    world.plyrum(["daemon", "stop"]).run().ok();
    let mut files: Vec<_> =
        fs::read_dir(world.home().join("data/audit")).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    fs::remove_file(&files[0]).unwrap();
    let reconciled = world.plyrum(["ledger", "reconcile"]).run();
    assert!(
        reconciled.code == 1 && reconciled.stdout.contains("2 retired records told of others"),
        "{reconciled}"
    );
    assert_eq!(world.plyrum(["audit", "verify"]).run().code, 1);
}
