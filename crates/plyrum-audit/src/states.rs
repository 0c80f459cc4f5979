//! The states that a power cut can leave of an audit: a start recovers, what was synced is there, and the
//! chain verifies, or says what is damaged and where.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use plyrum_jsonl::testing::{Crash, Dice, Flaky, Op, Trace, Traced, cases, quick_place};
use plyrum_jsonl::{Disk, RealDisk};
use plyrum_redact::Redactor;
use serde_json::json;

use crate::own::{CHAIN_BREAK, TORN_TAIL};
use crate::{Anchor, AuditLog, Opening, Witness, retirable, verify};

/// An opening on this day.
pub(crate) fn opening(anchor: Option<Anchor>, day: &str) -> Opening<'static> {
    static REDACTOR: std::sync::LazyLock<Redactor> = std::sync::LazyLock::new(|| Redactor::new([1; 32], []));
    let ts = format!("{day}T00:00:00.000Z");
    Opening { redactor: REDACTOR.clone(), boot: "b1", anchor, clock: Box::new(move || ts.clone()) }
}

/// Who sees what is durable, as the ledger does: `at[n]` is what is known once `n` was promised.
#[derive(Clone, Default)]
struct Seen {
    at: Vec<Witness>,
}

impl Seen {
    fn promise(&mut self, disk: &Traced, log: &AuditLog, floor: Option<Anchor>) {
        let head = log.head();
        let anchor = Some(Anchor { seq: head.seq, hash: head.hash });
        let floor = floor.or_else(|| self.at.last().and_then(|last| last.floor.clone()));
        disk.promise(self.at.len() as u64);
        self.at.push(Witness { anchor, floor });
    }

    fn by(&self, crash: &Crash) -> Witness {
        let nth = crash.promised.and_then(|nth| usize::try_from(nth).ok()).unwrap_or(0);
        self.at.get(nth).cloned().unwrap_or_default()
    }
}

const DAYS: [&str; 4] = ["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"];

fn open(disk: Arc<dyn Disk>, dir: &Path, witness: &Witness, day: usize) -> AuditLog {
    AuditLog::open_on(
        disk,
        2_500,
        dir,
        opening(Some(witness.anchor.clone().unwrap_or_else(Anchor::genesis)), DAYS[day]),
    )
    .unwrap()
}

/// A day in the life of an audit: a start, records that are synced now and then, rotations; from the third
/// day on what is older than yesterday is retired.
fn live(dir: &Path, witness: &Witness, day: usize) -> (Trace, Seen) {
    let disk = Traced::of(dir).unwrap();
    let mut seen = Seen { at: vec![witness.clone()] };
    let mut log = open(Arc::new(disk.clone()), dir, witness, day);
    for n in 0..8 {
        log.append("run.start", &json!({"n": n, "day": day, "text": "x".repeat(n * 97 % 500)})).unwrap();
        if n % 4 == 3 {
            log.sync().unwrap();
            seen.promise(&disk, &log, None);
        }
    }
    if day >= 2 {
        let old = retirable(dir, DAYS[day - 1], |_, _, _| {}).unwrap();
        let tombstone = log.bury(old, json!({})).unwrap();
        let floor = Anchor { seq: tombstone.last_seq, hash: tombstone.last_hash };
        seen.promise(&disk, &log, Some(floor));
        log.remove_retired(tombstone.last_seq).unwrap();
        log.append("run.start", &json!({"n": 8, "day": day})).unwrap();
    }
    log.checkpoint().unwrap();
    (disk.trace(), seen)
}

/// Puts a state into an empty directory, starts there and checks what came of it; returns what a witness
/// then knows.
fn start_after(crash: &Crash, dir: &Path, witness: &Witness, day: usize) -> Witness {
    crash.put_into(dir).unwrap();
    let mut log = open(Arc::new(Flaky::never()), dir, witness, day);
    if let Some(floor) = &witness.floor {
        log.remove_retired(floor.seq).unwrap();
    }
    log.append("run.start", &json!({"after": "a crash"})).unwrap();
    log.sync().unwrap();
    // The anchor from before the crash: whatever was promised then is there.
    let report = verify(dir, Some(&log.head().hash), Some(witness)).unwrap();
    assert!(report.ok, "after call {}: {report:?}\n{}", crash.after, listing(dir));
    let first = witness.floor.as_ref().map_or(1, |floor| floor.seq + 1);
    assert_eq!(report.first_seq, first, "what was retired is gone, and nothing else");
    let head = log.head();
    Witness { anchor: Some(Anchor { seq: head.seq, hash: head.hash }), floor: witness.floor.clone() }
}

fn listing(dir: &Path) -> String {
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let show = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        format!("{}: {}\n", path.display(), bytes.escape_ascii())
    };
    files.iter().map(show).collect()
}

#[test]
fn whatever_a_power_cut_leaves_is_recovered_and_verifies() {
    let root = tempfile::tempdir_in(quick_place()).unwrap();
    let mut dice = Dice::new(11);
    let mut states = BTreeSet::new();
    let mut fresh = 0;
    let mut dir = || {
        fresh += 1;
        let dir = root.path().join(fresh.to_string());
        std::fs::create_dir(&dir).unwrap();
        dir
    };
    // Four days, each of which begins in what a crash left of the one before.
    for _ in 0..cases(200) {
        let (mut at, mut witness) = (dir(), Witness::default());
        for day in 0..DAYS.len() {
            let (trace, seen) = live(&at, &witness, day);
            let mut next = None;
            for _ in 0..24 {
                let crash = trace.crash(dice.below(trace.ops.len() + 1), &mut dice);
                let known = seen.by(&crash);
                let to = dir();
                let then = start_after(&crash, &to, &known, day);
                states.insert(crash.files);
                if let Some((old, _)) = next.replace((to, then)) {
                    std::fs::remove_dir_all(old).unwrap();
                }
            }
            std::fs::remove_dir_all(&at).unwrap();
            (at, witness) = next.unwrap();
        }
        std::fs::remove_dir_all(&at).unwrap();
    }
    println!("{} different crash states of audits", states.len());
    assert!(states.len() >= 7_500 || cases(200) != 110, "{}", states.len());
}

#[test]
fn a_hole_in_what_was_never_acknowledged_is_set_aside_and_one_before_it_is_evidence() {
    for (hole, kind) in [(3, TORN_TAIL), (1, CHAIN_BREAK)] {
        let dir = tempfile::tempdir().unwrap();
        let mut log = open(Arc::new(RealDisk), dir.path(), &Witness::default(), 0);
        let hashes: Vec<String> =
            (0..5).map(|n| log.append("run.start", &json!({"n": n})).unwrap().hash).collect();
        drop(log);
        let path = crate::files::list(dir.path()).unwrap().segments[0].path(dir.path());
        let mut bytes = std::fs::read(&path).unwrap();
        let begin = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(hole - 1).unwrap().0 + 1;
        bytes[begin..begin + 40].fill(0);
        std::fs::write(&path, &bytes).unwrap();
        let anchor = Some(Anchor { seq: 3, hash: hashes[2].clone() });
        let witness = Witness { anchor, floor: None };
        let log = open(Arc::new(RealDisk), dir.path(), &witness, 0);
        let last = crate::tail(dir.path(), 1).unwrap();
        assert!(last[0].contains(&format!("\"kind\":\"{kind}\"")), "{last:?}");
        assert_eq!(log.head().seq, if kind == TORN_TAIL { 4 } else { 6 });
        assert_eq!(verify(dir.path(), None, Some(&witness)).unwrap().ok, kind == TORN_TAIL);
    }
}

#[test]
fn what_a_killed_process_wrote_is_flushed_by_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    drop(
        open(Arc::new(Flaky::never()), dir.path(), &Witness::default(), 0)
            .append("run.start", &json!({}))
            .unwrap(),
    );
    let disk = Traced::of(dir.path()).unwrap();
    let mut log = open(Arc::new(disk.clone()), dir.path(), &Witness::default(), 0);
    log.sync().unwrap();
    let syncs = disk.trace().ops.iter().filter(|op| matches!(op, Op::Sync { .. })).count();
    assert_eq!(syncs, 1, "though this one has written nothing");
}
