//! A ledger that was copied, moved, or put where it cannot be kept.

use std::path::Path;

use super::*;

fn open_at(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    drop(Ledger::open(path, RecoverySpec { at: 1 }).unwrap());
}

fn copy_of(path: &Path) -> Option<std::path::PathBuf> {
    LedgerReader::open(path).unwrap().copy_of().unwrap()
}

#[test]
fn a_copy_is_told_from_a_move_for_as_long_as_its_original_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().canonicalize().unwrap();
    let [home, copy, moved] = ["home", "copy", "moved"].map(|name| dir.join(name).join("ledger.sqlite"));
    open_at(&home);
    assert_eq!(copy_of(&home), None);

    std::fs::create_dir(copy.parent().unwrap()).unwrap();
    std::fs::copy(&home, &copy).unwrap();
    assert_eq!(copy_of(&copy), Some(home.clone()), "before it was ever used");
    open_at(&copy);
    assert_eq!(copy_of(&copy), Some(home.clone()), "and after");
    assert_eq!(copy_of(&home), None, "the original is the original");

    std::fs::rename(home.parent().unwrap(), moved.parent().unwrap()).unwrap();
    assert_eq!(copy_of(&moved), None);
    open_at(&moved);
    assert_eq!(copy_of(&moved), None, "a moved one takes its new place");
    open_at(&home);
    assert_eq!(copy_of(&moved), None, "another ledger in the old place is nobody's original");
}

#[test]
fn the_same_ledger_by_another_name_is_no_copy() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home/ledger.sqlite");
    open_at(&home);
    std::os::unix::fs::symlink(dir.path().join("home"), dir.path().join("link")).unwrap();
    assert_eq!(copy_of(&dir.path().join("link/ledger.sqlite")), None);
}
