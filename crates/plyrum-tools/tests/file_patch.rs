//! Patches: both formats, what is refused and why, and the properties that hold for any text.

mod place;

use place::Place;
use plyrum_tools::FileError;
use plyrum_tools::files::write_file;
use proptest::prelude::*;

fn applied(before: &str, patch: &str) -> Result<String, FileError> {
    let place = Place::new();
    place.put("a.txt", before);
    place.patch(patch)?;
    Ok(place.text("a.txt"))
}

fn update(hunks: &str) -> String {
    format!("*** Begin Patch\n*** Update File: a.txt\n{hunks}*** End Patch\n")
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
fn refused(before: &str, patch: &str) -> String {
    let place = Place::new();
    place.put("a.txt", before);
    let tree = place.tree();
    let error = place.patch(patch).unwrap_err().for_model();
    assert_eq!(place.tree(), tree, "{error}");
    error
}

#[test]
fn an_envelope_adds_changes_moves_and_removes() {
    let place = Place::new();
    place.put("a.rs", "fn a() {\n    1\n}\n\nfn b() {\n    1\n}\n");
    place.put("old.txt", "x\ny\n");
    place.put("gone.txt", "bye\n");
    let done = place
        .patch(
            "*** Begin Patch\n*** Update File: a.rs\n@@ fn b() {\n-    1\n+    2\n*** Add File: new/файл.txt\n+привет\n+\n\
             *** Update File: old.txt\n*** Move to: moved.txt\n@@\n x\n-y\n+z\n*** Delete File: gone.txt\n*** End Patch",
        )
        .unwrap();
    assert_eq!(place.text("a.rs"), "fn a() {\n    1\n}\n\nfn b() {\n    2\n}\n");
    assert_eq!(place.text("new/файл.txt"), "привет\n\n");
    assert_eq!(place.text("moved.txt"), "x\nz\n");
    assert!(!place.path("old.txt").exists() && !place.path("gone.txt").exists());
    assert_eq!(done.changed.len(), 5, "{done:?}");
}

#[test]
fn a_git_diff_applies_with_renames_quotes_and_new_files() {
    let place = Place::new();
    place.put("файл.txt", "1\n2\n3\n");
    place.put("from.txt", "same\n");
    place
        .patch(
            "diff --git a/from.txt b/to.txt\nsimilarity index 100%\nrename from from.txt\nrename to to.txt\n\
             diff --git \"a/\\321\\204\\320\\260\\320\\271\\320\\273.txt\" \"b/\\321\\204\\320\\260\\320\\271\\320\\273.txt\"\nindex 1..2 100644\n\
             --- \"a/\\321\\204\\320\\260\\320\\271\\320\\273.txt\"\n+++ \"b/\\321\\204\\320\\260\\320\\271\\320\\273.txt\"\n@@ -1,3 +1,3 @@\n 1\n-2\n+два\n 3\n\
             diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+new\n\\ No newline at end of file\n",
        )
        .unwrap();
    assert_eq!(place.text("файл.txt"), "1\nдва\n3\n");
    assert_eq!(place.text("to.txt"), "same\n");
    assert_eq!(place.text("n"), "new");
}

#[test]
fn line_ends_and_a_missing_newline_are_kept() {
    let lf = update("@@\n a\n-b\n+B\n+C\n");
    assert_eq!(applied("a\r\nb\r\nc\r\n", &lf).unwrap(), "a\r\nB\r\nC\r\nc\r\n");
    assert_eq!(applied("a\nb", &lf).unwrap(), "a\nB\nC");
    assert_eq!(applied("a\r\nb", &lf).unwrap(), "a\r\nB\r\nC");
    let crlf = lf.replace('\n', "\r\n");
    assert_eq!(applied("a\nb\nc\n", &crlf).unwrap(), "a\nB\nC\nc\n");
    let after_last = update("@@\n b\n+c\n");
    assert_eq!(applied("a\r\nb", &after_last).unwrap(), "a\r\nb\r\nc");
    let newline = "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n";
    assert_eq!(applied("a", newline).unwrap(), "a\n");
}

#[test]
fn white_space_is_forgiven_only_where_the_place_is_clear() {
    let place = Place::new();
    place.put("a.txt", "\tone\n\ttwo\n");
    let done = place.patch(&update("@@\n one\n-two\n+three\n")).unwrap();
    assert!(done.text.contains("but for white space"), "{}", done.text);
    assert_eq!(place.text("a.txt"), "\tone\nthree\n");
    let error = refused("\tx\n y\n\tx\n", &update("@@\n-  x\n+z\n"));
    assert!(error.contains("more than one place (lines 1, 3)"), "{error}");
}

#[test]
fn a_hunk_that_does_not_apply_says_what_is_there() {
    let error = refused("one\ntwo\nthree\n", &update("@@\n one\n-2\n+zwei\n"));
    assert_eq!(error, "`a.txt`, hunk 1: expected `2` at line 2, found `two`; nothing was changed");
    let error = refused("a\n", &update("@@\n-b\n+c\n"));
    assert!(error.contains("`b` is nowhere in the file"), "{error}");
    let error = refused("a\n", &update("@@ fn none\n-a\n+c\n"));
    assert!(error.contains("no line `fn none`"), "{error}");
    let error = refused("a\nx\na\n", &update("@@\n-a\n+c\n"));
    assert!(error.contains("more than one place"), "{error}");
}

#[test]
fn one_bad_file_keeps_all_others_as_they_were() {
    let patch = "*** Begin Patch\n*** Add File: new.txt\n+x\n*** Update File: a.txt\n@@\n-a\n+b\n\
                 *** Update File: none.txt\n@@\n-a\n+b\n*** End Patch";
    assert!(refused("a\n", patch).contains("`none.txt` does not exist"));
    for (patch, says) in [
        ("hello", "neither"),
        ("*** Begin Patch\n*** Update File: a.txt\n@@\n-a\n+b\n", "may have been cut off"),
        ("*** Begin Patch\n*** End Patch", "no files"),
        ("*** Begin Patch\n*** Add File: a.txt\n+x\n*** End Patch", "exists already"),
        ("*** Begin Patch\n*** Add File: .git/hooks/pre-commit\n+x\n*** End Patch", "protected"),
        (
            "*** Begin Patch\n*** Update File: a.txt\n*** Move to: x/.bashrc\n@@\n-a\n+b\n*** End Patch",
            "protected",
        ),
        ("*** Begin Patch\n*** Add File: ../x\n+x\n*** End Patch", "outside"),
        ("--- a/a.txt\n+++ b/a.txt\n@@ nonsense", "hunk"),
    ] {
        let error = refused("a\n", patch);
        assert!(error.contains(says), "{patch}: {error}");
    }
}

#[test]
fn wrong_counts_and_numbers_of_a_header_do_not_matter_where_the_place_is_clear() {
    let patch = "--- a/a.txt\n+++ b/a.txt\n@@ -40,9 +40,2 @@ fn x\n one\n-two\n+2\n\n";
    assert_eq!(applied("zero\none\ntwo\n", patch).unwrap(), "zero\none\n2\n");
}

fn line() -> impl Strategy<Value = String> {
    let end = prop_oneof![8 => Just("\n"), 2 => Just("\r\n")];
    let text =
        prop_oneof!["[a-c]{0,2}", "[-+ @*\\\\]{0,4}[a-b]?", "ф[а-г]?", "-- a", "\\+\\+ b", "\\PC{0,6}"];
    (text, end).prop_map(|(text, end)| format!("{}{end}", text.replace(['\n', '\0'], "")))
}

fn text() -> impl Strategy<Value = String> {
    (prop::collection::vec(line(), 0..40), any::<bool>()).prop_map(|(lines, newline)| {
        let text = lines.concat();
        if newline { text } else { text.trim_end_matches(['\n', '\r']).to_owned() }
    })
}

/// A text and the same with some lines replaced, removed or added.
fn edited() -> impl Strategy<Value = (String, String)> {
    let edits = prop::collection::vec(
        (any::<prop::sample::Index>(), 0..3_usize, prop::collection::vec(line(), 0..3)),
        0..5,
    );
    (text(), edits, any::<bool>()).prop_map(|(text, edits, newline)| {
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        for (at, removed, added) in edits {
            let at = at.index(lines.len() + 1);
            let end = (at + removed).min(lines.len());
            lines.splice(at..end, added);
        }
        let count = lines.len();
        for line in lines.iter_mut().take(count.saturating_sub(1)) {
            if !line.ends_with('\n') {
                line.push('\n');
            }
        }
        let edited = lines.concat();
        let edited = if newline { edited } else { edited.trim_end_matches('\n').to_owned() };
        (text, edited)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(plyrum_jsonl::cases(400)) })]

    #[test]
    fn a_diff_applied_gives_exactly_the_edited_text((before, after) in edited()) {
        let place = Place::new();
        place.put("a.txt", &before);
        let args = write_file::Args { path: "a.txt".to_owned(), content: after.clone() };
        let change = write_file::preview(&place.ws, &args).unwrap().remove(0);
        if before != after {
            prop_assert!(place.patch(&change.diff).is_ok(), "{:?}\n{}", place.patch(&change.diff), change.diff);
            prop_assert_eq!(place.text("a.txt"), after, "{}", change.diff);
        }
    }

    #[test]
    fn any_patch_text_is_applied_or_refused_and_a_refused_one_changes_nothing(
        before in text(),
        pieces in prop::collection::vec(prop_oneof![
            Just("*** Begin Patch\n".to_owned()), Just("*** Update File: a.txt\n".to_owned()), Just("@@\n".to_owned()),
            Just("--- a/a.txt\n+++ b/a.txt\n".to_owned()), Just("@@ -1,2 +1,3 @@\n".to_owned()), Just("*** End Patch\n".to_owned()),
            Just("*** Add File: n/b.txt\n".to_owned()), Just("*** Delete File: a.txt\n".to_owned()), Just("*** Move to: c.txt\n".to_owned()),
            Just("\\ No newline at end of file\n".to_owned()), Just("*** End of File\n".to_owned()), Just("diff --git a/a b/b\n".to_owned()),
            line(), "[ +-][a-c]{0,2}\n", "\\PC{0,20}",
        ], 0..30),
    ) {
        let place = Place::new();
        place.put("a.txt", &before);
        let tree = place.tree();
        if place.patch(&pieces.concat()).is_err() {
            prop_assert_eq!(place.tree(), tree);
        } else {
            place.undo();
            prop_assert_eq!(place.tree(), tree);
        }
    }
}
