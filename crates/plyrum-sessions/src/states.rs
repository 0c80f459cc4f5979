//! The states that a power cut can leave of a log: what was synced is there, every line can be read, and the
//! log goes on.

use std::collections::BTreeSet;
use std::path::Path;

use plyrum_jsonl::testing::{Crash, Dice, Flaky, Trace, Traced, cases, quick_place};

use crate::faults::{open, say, texts};

/// What a log says in the order of its being said.
fn text(n: usize) -> String {
    format!("text {n} {}", "долго ".repeat(20 + n * 7 % 80))
}

/// Opens the log over what is there and says more, syncing now and then; promises what is synced.
fn talk(dir: &Path, said: usize) -> Trace {
    let disk = Traced::of(dir).unwrap();
    let log = open(disk.clone(), dir).unwrap();
    let mut promised = 0;
    for n in said..said + 12 {
        say(&log, &text(n)).unwrap();
        if n % 6 == 5 {
            log.sync().unwrap();
            promised = n as u64 + 1;
            disk.promise(promised);
        }
    }
    assert!(promised > 0);
    disk.trace()
}

/// Puts a state into an empty directory, starts there, and checks it; returns how much it has.
fn start_after(crash: &Crash, dir: &Path, promised: usize) -> usize {
    crash.put_into(dir).unwrap();
    let log = open(Flaky::never(), dir).unwrap();
    let there = texts(dir);
    let expected: Vec<String> = (0..there.len()).map(text).collect();
    assert!(there.len() >= promised, "{} of {promised} after call {}", there.len(), crash.after);
    assert_eq!(there, expected, "in order and without gaps, after call {}", crash.after);
    say(&log, &text(there.len())).unwrap();
    assert_eq!(texts(dir).len(), there.len() + 1, "and it goes on");
    there.len() + 1
}

#[test]
fn whatever_a_power_cut_leaves_is_read_and_continued() {
    let root = tempfile::tempdir_in(quick_place()).unwrap();
    let mut dice = Dice::new(7);
    let mut states = BTreeSet::new();
    let mut fresh = 0;
    let mut dir = || {
        fresh += 1;
        let dir = root.path().join(fresh.to_string());
        std::fs::create_dir(&dir).unwrap();
        dir
    };
    let first_dir = dir();
    let first = talk(&first_dir, 0);
    for _ in 0..cases(500) {
        // A power cut, a start that talks on, and a power cut during that.
        let crash = first.crash(dice.below(first.ops.len() + 1), &mut dice);
        let promised = usize::try_from(crash.promised.unwrap_or(0)).unwrap();
        let at = dir();
        let said = start_after(&crash, &at, promised);
        states.insert(crash.files);
        let second = talk(&at, said);
        std::fs::remove_dir_all(&at).unwrap();
        for _ in 0..24 {
            let crash = second.crash(dice.below(second.ops.len() + 1), &mut dice);
            let promised = crash.promised.map_or(said, |promised| usize::try_from(promised).unwrap());
            let at = dir();
            start_after(&crash, &at, promised);
            std::fs::remove_dir_all(&at).unwrap();
            states.insert(crash.files);
        }
    }
    println!("{} different crash states of session logs", states.len());
    assert!(states.len() >= 5_000 || cases(500) != 300, "{}", states.len());
}
