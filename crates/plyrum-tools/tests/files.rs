//! The file tools from outside: what a model may reach, what an approval is bound to, and the way back.

#![expect(clippy::unwrap_used, reason = "tests: helpers fail by panicking")]

use plyrum_tools::files::{apply_patch, list_dir, read_file, search, write_file};
use plyrum_tools::{ChangedSince, FileError, Journal, SnapshotBounds, Workspace, undo};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

struct World {
    home: TempDir,
    workspace: Workspace,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("work")).unwrap();
        fs::write(home.path().join("secret"), "TOP SECRET").unwrap();
        let workspace = Workspace::open(&home.path().join("work")).unwrap();
        Self { home, workspace }
    }

    fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.workspace.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.workspace.root().join(path)).unwrap()
    }

    fn journal(&self) -> Journal {
        Journal::open(&self.undo_dir()).unwrap()
    }

    fn undo_dir(&self) -> std::path::PathBuf {
        self.home.path().join("undo")
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        let args = read_file::Args { path: path.to_owned(), offset_line: None, limit_lines: None };
        read_file::execute(&self.workspace, &args).map(|outcome| outcome.text)
    }

    fn write(&self, path: &str, content: &str) -> Result<(), FileError> {
        let args = write_file::Args { path: path.to_owned(), content: content.to_owned() };
        let expected = write_file::preview(&self.workspace, &args)?;
        write_file::execute(&self.workspace, &args, &expected, &mut self.journal()).map(drop)
    }

    fn patch(&self, patch: &str) -> Result<String, FileError> {
        let args = apply_patch::Args { patch: patch.to_owned() };
        let expected = apply_patch::preview(&self.workspace, &args)?;
        apply_patch::execute(&self.workspace, &args, &expected, &mut self.journal()).map(|o| o.text)
    }

    /// Path, mode and content of everything.
    fn tree(&self) -> BTreeMap<String, (u32, Option<Vec<u8>>)> {
        let mut tree = BTreeMap::new();
        look(self.workspace.root(), "", &mut tree);
        tree
    }
}

fn look(dir: &Path, under: &str, tree: &mut BTreeMap<String, (u32, Option<Vec<u8>>)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{under}{}", entry.file_name().to_str().unwrap());
        let about = entry.metadata().unwrap();
        let content = about.is_file().then(|| fs::read(entry.path()).unwrap());
        tree.insert(name.clone(), (about.permissions().mode() & 0o777, content));
        if about.is_dir() {
            look(&entry.path(), &format!("{name}/"), tree);
        }
    }
}

#[test]
fn what_is_written_is_read_listed_and_found_in_russian_too() {
    let world = World::new();
    world.write("заметки/план.txt", "первое\nвторое: чай\n").unwrap();
    assert!(world.read("заметки/план.txt").unwrap().contains("второе: чай"));
    let listed = list_dir::execute(&world.workspace, &list_dir::Args { path: ".".into(), depth: Some(2) });
    assert!(listed.unwrap().text.contains("план.txt"));
    let args =
        search::Args { pattern: "ЧАЙ".into(), path: None, glob: None, case_insensitive: true, max: None };
    let found = search::execute(&world.workspace, &args, &|| false).unwrap().text;
    assert!(found.contains("план.txt") && found.contains("чай"), "{found}");
    let wrong = search::Args { pattern: "(".into(), ..args };
    assert!(search::execute(&world.workspace, &wrong, &|| false).is_err());
}

#[test]
fn nothing_outside_is_reached_and_no_link_is_followed() {
    let world = World::new();
    let root = world.workspace.root().to_owned();
    symlink(world.home.path().join("secret"), root.join("link")).unwrap();
    symlink(world.home.path(), root.join("folder")).unwrap();
    let absolute = world.home.path().join("secret").display().to_string();
    for path in
        ["../secret", "link", "folder/secret", "a/../../secret", &absolute, "/proc/self/root/etc/passwd"]
    {
        let refused = world.read(path).unwrap_err();
        assert!(!refused.for_model().contains("TOP SECRET"), "{path}");
        assert!(world.write(path, "changed").is_err(), "{path} was written");
        let patch = format!("*** Begin Patch\n*** Delete File: {path}\n*** End Patch\n");
        assert!(world.patch(&patch).is_err(), "{path} was removed");
    }
    assert_eq!(fs::read_to_string(world.home.path().join("secret")).unwrap(), "TOP SECRET");
}

#[test]
fn what_is_no_ordinary_file_is_told_and_nothing_hangs() {
    let world = World::new();
    world.put("binary", [0_u8, 159, 146, 150, 0, 1]);
    world.put("dir/inside", "x");
    let pipe = world.workspace.root().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(matches!(world.read("missing"), Err(FileError::Missing { .. })));
    assert!(matches!(world.read("dir"), Err(FileError::NotAFile { .. })));
    assert!(
        world.read("pipe").is_err() && world.write("pipe", "x").is_err() && world.write("dir", "x").is_err()
    );
    let told = world.read("binary").unwrap_or_else(|e| e.for_model());
    assert!(told.contains("binary") && told.len() < 400, "{told}");
}

#[test]
fn a_huge_file_is_shown_in_part_with_the_way_on() {
    let world = World::new();
    world.put("huge", "a line of text\n".repeat(500_000));
    let args = read_file::Args { path: "huge".into(), offset_line: None, limit_lines: None };
    let shown = read_file::execute(&world.workspace, &args).unwrap();
    assert!(shown.cut && shown.text.len() <= 66 * 1024 && shown.text.contains("offset_line"));
}

#[test]
fn protected_files_are_not_written_in_any_case_or_depth() {
    let world = World::new();
    for path in [
        ".git/config",
        "sub/.GIT/hooks/pre-commit",
        ".plyrum/config.toml",
        "a/.envrc",
        ".SSH/id",
        ".vscode/tasks.json",
    ] {
        assert!(matches!(world.write(path, "x"), Err(FileError::Protected { .. })), "{path}");
    }
    assert!(world.tree().is_empty());
}

#[test]
fn an_approval_holds_for_what_was_seen_and_nothing_else() {
    let world = World::new();
    world.put("a.txt", "seen\n");
    let args = write_file::Args { path: "a.txt".into(), content: "new\n".into() };
    let approved = write_file::preview(&world.workspace, &args).unwrap();
    assert!(approved[0].diff.contains("-seen") && approved[0].diff.contains("+new"));
    world.put("a.txt", "changed meanwhile\n");
    let mut journal = world.journal();
    let refused = write_file::execute(&world.workspace, &args, &approved, &mut journal);
    assert!(matches!(refused, Err(FileError::ChangedMeanwhile { .. })));
    let other = write_file::Args { content: "not what was approved".into(), ..args };
    assert!(write_file::execute(&world.workspace, &other, &approved, &mut journal).is_err());
    assert!(write_file::execute(&world.workspace, &other, &[], &mut journal).is_err());
    assert_eq!(world.text("a.txt"), "changed meanwhile\n");
}

#[test]
fn a_patch_is_applied_whole_or_not_at_all_and_says_which_hunk() {
    let world = World::new();
    world.put("a.txt", "one\ntwo\nthree\n");
    world.put("b.txt", "x\r\ny\r\n");
    world
        .patch("*** Begin Patch\n*** Update File: a.txt\n@@\n one\n-two\n+zwei\n three\n*** Add File: n/c.txt\n+new\n*** End Patch\n")
        .unwrap();
    assert_eq!((world.text("a.txt"), world.text("n/c.txt")), ("one\nzwei\nthree\n".into(), "new\n".into()));
    world.patch("--- a/b.txt\n+++ b/b.txt\n@@ -1,2 +1,2 @@\n x\n-y\n+z\n").unwrap();
    assert_eq!(world.text("b.txt"), "x\r\nz\r\n");
    let before = world.tree();
    let refused = world
        .patch("*** Begin Patch\n*** Update File: a.txt\n@@\n-one\n+eins\n*** Update File: b.txt\n@@\n-not there\n+q\n*** End Patch\n")
        .unwrap_err();
    assert!(matches!(&refused, FileError::Hunk { path, hunk: 1, .. } if path == "b.txt"), "{refused}");
    assert_eq!(world.tree(), before);
}

#[test]
fn what_commands_and_tools_changed_is_put_back() {
    let world = World::new();
    world.put("kept.txt", "before\n");
    let before = world.tree();
    let mut journal = world.journal();
    let bounds = SnapshotBounds::default();
    let seen = journal.before_command(&world.workspace, &bounds, None, &|| false).unwrap();
    world.put("kept.txt", "by a command\n");
    world.put("target/out/made.bin", [1_u8; 4096]);
    world.put("made.txt", "made\n");
    let observed = journal.after_command(&world.workspace, &bounds, &seen, &|| false).unwrap();
    assert!(observed.changed.iter().any(|file| file.path == "made.txt") && observed.uncovered_changes == 0);
    drop(journal);
    world.write("deep/er/tool.txt", "by a tool\n").unwrap();
    world.write("kept.txt", "by both\n").unwrap();
    let report = undo(&world.workspace, &world.undo_dir(), ChangedSince::LeaveAlone).unwrap();
    assert!(report.failed.is_empty() && report.left_alone.is_empty(), "{report:?}");
    assert_eq!(world.tree(), before);
    let again = undo(&world.workspace, &world.undo_dir(), ChangedSince::LeaveAlone).unwrap();
    assert!(again.restored.is_empty() && again.removed.is_empty(), "{again:?}");
}

#[test]
fn what_a_person_changed_since_is_left_alone_unless_told_otherwise() {
    let world = World::new();
    world.put("a.txt", "before\n");
    world.write("a.txt", "by the run\n").unwrap();
    world.put("a.txt", "by a person\n");
    let report = undo(&world.workspace, &world.undo_dir(), ChangedSince::LeaveAlone).unwrap();
    assert_eq!(
        (report.left_alone, world.text("a.txt")),
        (vec!["a.txt".to_owned()], "by a person\n".to_owned())
    );
    undo(&world.workspace, &world.undo_dir(), ChangedSince::Overwrite).unwrap();
    assert_eq!(world.text("a.txt"), "before\n");
}

/// A folder is swapped with a link to the outside all the time while the tools use it.
#[test]
fn a_race_of_swapped_links_reaches_nothing_outside() {
    let swaps: u32 = std::env::var("PLYRUM_SWAPS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let world = World::new();
    let (root, outside) = (world.workspace.root().to_owned(), world.home.path().join("outside"));
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("f"), "TOP SECRET").unwrap();
    world.put("real/f", "inside");
    symlink(&outside, root.join("lure")).unwrap();
    let over = AtomicBool::new(false);
    let (mut reads, mut writes) = (0_u32, 0_u32);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..swaps {
                for (from, to) in [("real", "away"), ("lure", "real"), ("real", "lure"), ("away", "real")] {
                    // A write may have put a folder there meanwhile: then this swap does not come about.
                    let _or_not = fs::rename(root.join(from), root.join(to));
                }
            }
            over.store(true, Ordering::Release);
        });
        while !over.load(Ordering::Acquire) {
            if let Ok(text) = world.read("real/f") {
                assert!(!text.contains("TOP SECRET"));
                reads += 1;
            }
            writes += u32::from(world.write("real/f", "inside").is_ok());
        }
    });
    assert_eq!(fs::read_to_string(outside.join("f")).unwrap(), "TOP SECRET");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    println!("{swaps} swaps: {reads} reads and {writes} writes inside, none outside");
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[ab {}я]{0,4}", 0..24)
}

fn whole(lines: &[String], ends: bool) -> String {
    let mut text = lines.join("\n");
    if ends && !lines.is_empty() {
        text.push('\n');
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_diff_that_is_shown_makes_the_second_text_of_the_first(
        old in lines(), new in lines(), old_ends: bool, new_ends: bool
    ) {
        let (old, new) = (whole(&old, old_ends), whole(&new, new_ends));
        prop_assume!(old != new && !old.is_empty() && !new.is_empty());
        let world = World::new();
        world.put("f", &old);
        // The diff that people approve is itself a patch for what it shows.
        let args = write_file::Args { path: "f".into(), content: new.clone() };
        let patch = write_file::preview(&world.workspace, &args).unwrap().remove(0).diff;
        let applied = world.patch(&patch);
        prop_assert!(applied.is_ok(), "{applied:?}\n{patch}");
        prop_assert_eq!(world.text("f"), new);
        let report = undo(&world.workspace, &world.undo_dir(), ChangedSince::LeaveAlone).unwrap();
        prop_assert!(report.failed.is_empty());
        prop_assert_eq!(world.text("f"), old);
    }

    #[test]
    fn any_text_as_a_patch_is_refused_or_applied_and_never_more(
        text in "(\\*\\*\\* (Begin|End|Update File: f|Add File: g|Delete File: f|Move to: h)[ Patch]{0,6}|@@ -[0-9],[0-9] \\+[0-9] @@|[-+ @\\\\]{0,2}[abя]{0,3}|\n|\r\n){0,24}"
    ) {
        let world = World::new();
        world.put("f", "a\nb\nя\n");
        let before = world.tree();
        if world.patch(&text).is_err() {
            prop_assert_eq!(world.tree(), before);
        } else {
            undo(&world.workspace, &world.undo_dir(), ChangedSince::LeaveAlone).unwrap();
            prop_assert_eq!(world.tree(), before);
        }
    }

    #[test]
    fn undo_puts_any_sequence_of_changes_back(
        steps in prop::collection::vec((0_usize..5, 0_usize..3, "[a-c]{0,6}"), 1..12)
    ) {
        let world = World::new();
        world.put("a", "first\n");
        world.put("d/b", "second\n");
        let before = world.tree();
        for (place, act, content) in steps {
            let path = ["a", "d/b", "d/n", "x/y/z", "c"][place];
            let _refused_is_fine = match act {
                0 | 1 => world.write(path, &content),
                _ => world.patch(&format!("*** Begin Patch\n*** Delete File: {path}\n*** End Patch\n")).map(drop),
            };
        }
        let report = undo(&world.workspace, &world.undo_dir(), ChangedSince::LeaveAlone).unwrap();
        prop_assert!(report.failed.is_empty() && report.left_alone.is_empty(), "{:?}", report);
        prop_assert_eq!(world.tree(), before);
    }
}
