//! Undo of what commands did: every kind of entry, a second command, a daemon stopped under one.

#![cfg(target_os = "linux")]

mod place;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use place::Place;
use plyrum_tools::{FileError, Journal, Observed, Snapshot, SnapshotBounds};

#[expect(clippy::unwrap_used, reason = "a test may panic")]
fn command(
    place: &Place,
    bounds: &SnapshotBounds,
    earlier: Option<&Snapshot>,
    act: impl FnOnce(),
) -> Observed {
    let mut journal = place.journal();
    let before = journal.before_command(&place.ws, bounds, earlier, &|| false).unwrap();
    act();
    journal.after_command(&place.ws, bounds, &before, &|| false).unwrap()
}

#[test]
fn every_kind_of_change_by_a_command_is_put_back() {
    let place = Place::new();
    place.put("d/in/deep.txt", "deep\n");
    place.put("place.txt", "in place\n");
    place.put("swapped", "a file\n");
    place.put("mode.sh", "run\n");
    symlink("d/in", place.path("link")).unwrap();
    let odd = place.root().join(OsStr::from_bytes(b"n\xff\xfe"));
    fs::write(&odd, "odd name").unwrap();
    let tree = place.tree();
    let bounds = SnapshotBounds::default();
    let first = command(&place, &bounds, None, || {
        fs::remove_dir_all(place.path("d")).unwrap();
        fs::write(place.path("place.txt"), "IN PLACE\n").unwrap(); // same size, same inode
        fs::remove_file(place.path("swapped")).unwrap();
        place.put("swapped/x", "now a folder");
        fs::set_permissions(place.path("mode.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::remove_file(place.path("link")).unwrap();
        symlink("/etc/passwd", place.path("link")).unwrap();
        fs::write(&odd, "changed").unwrap();
        place.put("target/a", "built");
        place.put("new/файл", "new");
    });
    assert_eq!(first.uncovered_changes, 0, "{:?}", first.changed);
    let second = command(&place, &bounds, Some(&first.snapshot), || {
        place.put("target/b", "built again");
        place.put("new/файл", "newer");
        fs::write(place.path("place.txt"), "in plaCe\n").unwrap();
    });
    assert_eq!(second.uncovered_changes, 0, "{:?}", second.changed);
    let report = place.undo();
    assert!(report.failed.is_empty() && report.left_alone.is_empty(), "{report:?}");
    assert_eq!(place.tree(), tree, "{report:?}");
}

#[test]
fn beyond_the_bounds_it_is_said_and_nothing_of_the_users_goes() {
    let place = Place::new();
    place.put("big", vec![1; 4096]);
    place.put("small", "s");
    let bounds = SnapshotBounds { file_bytes: 1000, ..SnapshotBounds::default() };
    let seen = command(&place, &bounds, None, || {
        place.put("big", vec![2; 4096]);
        place.put("small", "t");
    });
    assert_eq!(seen.uncovered_changes, 1);
    let report = place.undo();
    assert_eq!((report.uncovered, place.text("small").as_str()), (1, "s"), "{report:?}");
    assert_eq!(place.get("big"), vec![2; 4096]);

    let place = Place::new();
    (0..20).for_each(|n| place.put(&format!("f{n:02}"), "user's"));
    let bounds = SnapshotBounds { entries: 5, ..SnapshotBounds::default() };
    let seen = command(&place, &bounds, None, || fs::remove_file(place.path("f00")).unwrap());
    assert!(seen.snapshot.uncovered().is_incomplete);
    place.undo();
    assert_eq!(place.tree().len(), 20, "nothing that was there before is taken for created");
}

#[test]
fn a_folder_in_which_somebody_worked_since_is_left_alone() {
    let place = Place::new();
    command(&place, &SnapshotBounds::default(), None, || place.put("x/.git/HEAD", "ref"));
    place.put("x/.git/objects/mine", "a commit of the user");
    let report = place.undo();
    assert_eq!(place.text("x/.git/objects/mine"), "a commit of the user", "{report:?}");
}

#[test]
fn after_a_stop_under_a_command_its_changes_are_caught_up_with() {
    let place = Place::new();
    place.put("a", "before");
    let tree = place.tree();
    let bounds = SnapshotBounds::default();
    place.journal().before_command(&place.ws, &bounds, None, &|| false).unwrap();
    place.put("a", "half done");
    place.put("node_modules/x/y", "half done");
    assert!(place.undo().cut_off);
    let mut journal = place.journal();
    journal.catch_up(&place.ws, &bounds, &|| false).unwrap();
    drop(journal);
    let report = place.undo();
    assert!(!report.cut_off);
    assert_eq!(place.tree(), tree, "{report:?}");
}

#[test]
fn a_cache_of_the_run_stays_its_own_after_a_restart_in_the_middle() {
    let place = Place::new();
    place.put("venv/old", "of the user");
    let tree = place.tree();
    let bounds = SnapshotBounds::default();
    command(&place, &bounds, None, || place.put("src/__pycache__/a", "made"));
    // What a daemon remembers of the first command is gone with it.
    command(&place, &bounds, None, || place.put("src/__pycache__/b", "made later"));
    place.journal().before_command(&place.ws, &bounds, None, &|| false).unwrap();
    place.put("src/__pycache__/c", "half done");
    place.journal().catch_up(&place.ws, &bounds, &|| false).unwrap();
    let report = place.undo();
    assert!(report.failed.is_empty() && report.left_alone.is_empty(), "{report:?}");
    assert_eq!(place.tree(), tree, "{report:?}");
}

#[test]
fn a_cache_in_which_somebody_worked_before_a_restart_is_left_alone() {
    let place = Place::new();
    let bounds = SnapshotBounds::default();
    command(&place, &bounds, None, || place.put("venv/a", "made"));
    place.put("venv/mine", "of the user");
    command(&place, &bounds, None, || place.put("venv/b", "made later"));
    let report = place.undo();
    assert_eq!(place.text("venv/mine"), "of the user", "{report:?}");
}

/// A program that is being started has our files open until it is itself.
#[test]
fn a_closed_journal_can_be_opened_whatever_is_started_meanwhile() {
    let place = Place::new();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Acquire) {
                assert!(std::process::Command::new("true").status().unwrap().success());
            }
        });
        let opened: Vec<_> = (0..2_000).map(|_| Journal::open(&place.undo_dir()).map(drop)).collect();
        over.store(true, Ordering::Release);
        assert_eq!(opened.iter().filter(|opened| opened.is_err()).count(), 0);
    });
    let held = place.journal();
    assert!(
        matches!(Journal::open(&place.undo_dir()), Err(FileError::Journal { .. })),
        "one writer at a time"
    );
    drop(held);
}

#[test]
fn a_content_that_was_changed_in_the_journal_is_put_nowhere() {
    let place = Place::new();
    place.put("a.txt", "before");
    place.write("a.txt", "by the run").unwrap();
    let pack = place.undo_dir().join("pack");
    assert_eq!(fs::read_to_string(&pack).unwrap(), "before");
    fs::write(&pack, "forged").unwrap();
    let report = place.undo();
    assert!(report.failed[0].1.contains("was changed") && report.restored.is_empty(), "{report:?}");
    assert_eq!(place.text("a.txt"), "by the run");
}

#[test]
fn a_look_can_be_stopped() {
    let place = Place::new();
    place.put("a", "x");
    let stopped = Snapshot::take(&place.ws, &SnapshotBounds::default(), &|| true);
    assert!(matches!(stopped, Err(FileError::Stopped)));
}

/// A folder and a link to the outside change places all the time. Each write has a new content, so that it
/// really writes, and the race goes on until enough of them came through: a race that nobody ran proves nothing.
#[test]
fn a_race_with_writes_that_write_leaves_nothing_outside() {
    const WRITTEN: u32 = 30;
    let place = Place::new();
    let wanted: u32 = std::env::var("PLYRUM_SWAPS").ok().and_then(|n| n.parse().ok()).unwrap_or(3_000);
    let outside = place.top.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("f"), "SECRET").unwrap();
    place.put("real/f", "inside 0");
    symlink(&outside, place.path("lure")).unwrap();
    let root = fs::File::open(place.root()).unwrap();
    let over = AtomicBool::new(false);
    let swaps = AtomicU32::new(0);
    let (mut written, mut refused, mut nth, mut last) = (0_u32, 0_u32, 0_u32, String::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Acquire) {
                let done = swaps.fetch_add(1, Ordering::AcqRel);
                let flags = rustix::fs::RenameFlags::EXCHANGE;
                rustix::fs::renameat_with(&root, "real", &root, "lure", flags).unwrap();
                // Pauses of many lengths, so that swaps fall between all steps of a write.
                (0..(done.wrapping_mul(2_654_435_761) >> 16)).for_each(|_| std::hint::spin_loop());
            }
        });
        while swaps.load(Ordering::Acquire) < wanted || written < WRITTEN {
            nth += 1;
            let content = format!("inside {nth}");
            match place.write("real/f", &content) {
                Ok(done) => {
                    assert_eq!(done.changed.len(), 1);
                    (written, last) = (written + 1, content);
                }
                Err(_) => refused += 1,
            }
        }
        over.store(true, Ordering::Release);
    });
    assert_eq!(fs::read_to_string(outside.join("f")).unwrap(), "SECRET");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    let inside = if place.path("real").is_symlink() { "lure/f" } else { "real/f" };
    assert_eq!(place.text(inside), last, "the last write that was said to be done is what is there");
    let swaps = swaps.into_inner();
    println!("{swaps} swaps: {written} contents written inside, {refused} writes refused, none outside");
}

/// A file that is too large to be kept was moved by a command: what is at the new place is the only copy.
#[test]
fn what_a_command_moved_and_is_not_kept_is_not_removed() {
    let place = Place::new();
    let large = vec![b'x'; 17 << 20];
    place.put("large", &large);
    place.put("folder/.git/HEAD", "ref");
    place.put("folder/a", "a");
    place.put("small", "s");
    command(&place, &SnapshotBounds::default(), None, || {
        for (from, to) in [("large", "large2"), ("folder", "folder2"), ("small", "small2")] {
            fs::rename(place.path(from), place.path(to)).unwrap();
        }
    });
    let report = place.undo();
    assert_eq!(place.get("large2"), large, "{report:?}");
    assert!(place.path("folder2/.git/HEAD").exists(), "{report:?}");
    assert_eq!((place.text("small"), place.path("small2").exists()), ("s".to_owned(), false));
    assert_eq!(place.text("folder/a"), "a");
    let told: Vec<_> = report
        .failed
        .iter()
        .filter(|(_, why)| why.contains("move it back"))
        .map(|(p, _)| p.as_str())
        .collect();
    assert!(told.contains(&"large2"), "{report:?}");
}
