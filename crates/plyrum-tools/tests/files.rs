//! The file tools from outside: what a model may reach, what an approval is bound to, and the way back.

#![cfg(target_os = "linux")]

mod place;

use place::Place;
use plyrum_tools::files::{list_dir, read_file, search, write_file};
use plyrum_tools::{ChangedSince, FileError, SnapshotBounds, undo};
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

fn read(place: &Place, path: &str) -> Result<String, FileError> {
    let args = read_file::Args { path: path.to_owned(), offset_line: None, limit_lines: None };
    read_file::execute(&place.ws, &args).map(|outcome| outcome.text)
}

#[test]
fn what_is_written_is_read_listed_and_found_in_russian_too() {
    let place = Place::new();
    place.write("заметки/план.txt", "первое\nвторое: чай\n").unwrap();
    assert!(read(&place, "заметки/план.txt").unwrap().contains("второе: чай"));
    let listed = list_dir::execute(&place.ws, &list_dir::Args { path: ".".into(), depth: Some(2) });
    assert!(listed.unwrap().text.contains("план.txt"));
    let args =
        search::Args { pattern: "ЧАЙ".into(), path: None, glob: None, case_insensitive: true, max: None };
    let found = search::execute(&place.ws, &args, &|| false).unwrap().text;
    assert!(found.contains("план.txt") && found.contains("чай"), "{found}");
    place.put(".gitignore", "другое\nплан.*\n");
    assert!(!search::execute(&place.ws, &args, &|| false).unwrap().text.contains("чай"));
    let wrong = search::Args { pattern: "(".into(), ..args };
    assert!(search::execute(&place.ws, &wrong, &|| false).is_err());
}

#[test]
fn nothing_outside_is_reached_and_no_link_is_followed() {
    let place = Place::new();
    let root = place.root();
    fs::write(place.top.path().join("secret"), "TOP SECRET").unwrap();
    symlink(place.top.path().join("secret"), root.join("link")).unwrap();
    symlink(place.top.path(), root.join("folder")).unwrap();
    let absolute = place.top.path().join("secret").display().to_string();
    for path in
        ["../secret", "link", "folder/secret", "a/../../secret", &absolute, "/proc/self/root/etc/passwd"]
    {
        let refused = read(&place, path).unwrap_err();
        assert!(!refused.for_model().contains("TOP SECRET"), "{path}");
        assert!(place.write(path, "changed").is_err(), "{path} was written");
        let patch = format!("*** Begin Patch\n*** Delete File: {path}\n*** End Patch\n");
        assert!(place.patch(&patch).is_err(), "{path} was removed");
    }
    assert_eq!(fs::read_to_string(place.top.path().join("secret")).unwrap(), "TOP SECRET");
}

#[test]
fn what_is_no_ordinary_file_is_told_and_nothing_hangs() {
    let place = Place::new();
    place.put("binary", [0_u8, 159, 146, 150, 0, 1]);
    place.put("dir/inside", "x");
    let pipe = place.root().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(matches!(read(&place, "missing"), Err(FileError::Missing { .. })));
    assert!(matches!(read(&place, "dir"), Err(FileError::NotAFile { .. })));
    assert!(
        read(&place, "pipe").is_err()
            && place.write("pipe", "x").is_err()
            && place.write("dir", "x").is_err()
    );
    let told = read(&place, "binary").unwrap_or_else(|e| e.for_model());
    assert!(told.contains("binary") && told.len() < 400, "{told}");
}

#[test]
fn a_huge_file_is_shown_in_part_with_the_way_on() {
    let place = Place::new();
    place.put("huge", "a line of text\n".repeat(500_000));
    let args = read_file::Args { path: "huge".into(), offset_line: None, limit_lines: None };
    let shown = read_file::execute(&place.ws, &args).unwrap();
    assert!(shown.cut && shown.text.len() <= 66 * 1024 && shown.text.contains("offset_line"));
}

#[test]
fn protected_files_are_not_written_in_any_case_or_depth() {
    let place = Place::new();
    for path in [
        ".git/config",
        "sub/.GIT/hooks/pre-commit",
        ".plyrum/config.toml",
        "a/.envrc",
        ".SSH/id",
        ".vscode/tasks.json",
    ] {
        assert!(matches!(place.write(path, "x"), Err(FileError::Protected { .. })), "{path}");
    }
    assert!(place.tree().is_empty());
}

#[test]
fn an_approval_holds_for_what_was_seen_and_nothing_else() {
    let place = Place::new();
    place.put("a.txt", "seen\n");
    let args = write_file::Args { path: "a.txt".into(), content: "new\n".into() };
    let approved = write_file::preview(&place.ws, &args).unwrap();
    assert!(approved[0].diff.contains("-seen") && approved[0].diff.contains("+new"));
    place.put("a.txt", "changed meanwhile\n");
    let mut journal = place.journal();
    let refused = write_file::execute(&place.ws, &args, &approved, &mut journal);
    assert!(matches!(refused, Err(FileError::ChangedMeanwhile { .. })));
    let other = write_file::Args { content: "not what was approved".into(), ..args };
    assert!(write_file::execute(&place.ws, &other, &approved, &mut journal).is_err());
    assert!(write_file::execute(&place.ws, &other, &[], &mut journal).is_err());
    assert_eq!(place.text("a.txt"), "changed meanwhile\n");
}

#[test]
fn what_commands_and_tools_changed_is_put_back() {
    let place = Place::new();
    place.put("kept.txt", "before\n");
    let before = place.tree();
    let mut journal = place.journal();
    let bounds = SnapshotBounds::default();
    let seen = journal.before_command(&place.ws, &bounds, None, &|| false).unwrap();
    place.put("kept.txt", "by a command\n");
    place.put("target/out/made.bin", [1_u8; 4096]);
    place.put("made.txt", "made\n");
    let observed = journal.after_command(&place.ws, &bounds, &seen, &|| false).unwrap();
    assert!(observed.changed.iter().any(|file| file.path == "made.txt") && observed.uncovered_changes == 0);
    drop(journal);
    place.write("deep/er/tool.txt", "by a tool\n").unwrap();
    place.write("kept.txt", "by both\n").unwrap();
    let report = place.undo();
    assert!(report.failed.is_empty() && report.left_alone.is_empty(), "{report:?}");
    assert_eq!(place.tree(), before);
    let again = place.undo();
    assert!(again.restored.is_empty() && again.removed.is_empty(), "{again:?}");
}

#[test]
fn what_a_person_changed_since_is_left_alone_unless_told_otherwise() {
    let place = Place::new();
    place.put("a.txt", "before\n");
    place.write("a.txt", "by the run\n").unwrap();
    place.put("a.txt", "by a person\n");
    let report = place.undo();
    assert_eq!(
        (report.left_alone, place.text("a.txt")),
        (vec!["a.txt".to_owned()], "by a person\n".to_owned())
    );
    undo(&place.ws, &place.undo_dir(), ChangedSince::Overwrite).unwrap();
    assert_eq!(place.text("a.txt"), "before\n");
}

/// A folder is swapped with a link to the outside all the time. Writing has a race of its own (`file_undo.rs`).
#[test]
fn a_race_with_reads_shows_nothing_of_the_outside() {
    const READ: u32 = 30;
    let wanted: u32 = std::env::var("PLYRUM_SWAPS").ok().and_then(|n| n.parse().ok()).unwrap_or(3_000);
    let place = Place::new();
    let outside = place.top.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("f"), "SECRET").unwrap();
    place.put("real/f", "inside");
    symlink(&outside, place.path("lure")).unwrap();
    let root = fs::File::open(place.root()).unwrap();
    let (over, swaps) = (AtomicBool::new(false), AtomicU32::new(0));
    let (mut shown, mut refused) = (0_u32, 0_u32);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Acquire) {
                swaps.fetch_add(1, Ordering::AcqRel);
                let flags = rustix::fs::RenameFlags::EXCHANGE;
                rustix::fs::renameat_with(&root, "real", &root, "lure", flags).unwrap();
            }
        });
        while swaps.load(Ordering::Acquire) < wanted || shown < READ {
            match read(&place, "real/f") {
                Ok(text) => {
                    assert!(text.contains("inside") && !text.contains("SECRET"), "{text}");
                    shown += 1;
                }
                Err(_) => refused += 1,
            }
        }
        over.store(true, Ordering::Release);
    });
    println!("{} swaps: {shown} reads inside, {refused} refused, none outside", swaps.into_inner());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(plyrum_jsonl::cases(128)) })]

    #[test]
    fn undo_puts_any_sequence_of_changes_back(
        steps in prop::collection::vec((0_usize..5, 0_usize..3, "[a-c]{0,6}"), 1..12)
    ) {
        let place = Place::new();
        place.put("a", "first\n");
        place.put("d/b", "second\n");
        let before = place.tree();
        for (at, act, content) in steps {
            let path = ["a", "d/b", "d/n", "x/y/z", "c"][at];
            let _refused_is_fine = match act {
                0 | 1 => place.write(path, &content).map(drop),
                _ => place.patch(&format!("*** Begin Patch\n*** Delete File: {path}\n*** End Patch\n")).map(drop),
            };
        }
        let report = place.undo();
        prop_assert!(report.failed.is_empty() && report.left_alone.is_empty(), "{:?}", report);
        prop_assert_eq!(place.tree(), before);
    }
}
