//! The router's figures on the data pack, where it is; in a release build only, because weights are learned dozens of
//! times.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a failed set-up may panic in tests, a skip is told"
)]

use plyrum_bench::router::{Pack, RowError, Rows, learn, measure, shipped};
use plyrum_router::Weights;
use std::path::PathBuf;

fn pack() -> Option<Pack> {
    let dir = PathBuf::from(std::env::var_os("PLYRUM_DATA").unwrap_or_else(|| "../../../shared/data".into()));
    if cfg!(debug_assertions) || !dir.join("intent/tasks.jsonl").exists() {
        eprintln!("SKIPPED: needs a release build and a data pack ({}, or PLYRUM_DATA)", dir.display());
        return None;
    }
    Some(Pack::read(&dir).unwrap())
}

#[test]
fn the_same_data_gives_the_weights_that_are_shipped() {
    let Some(pack) = pack() else { return };
    let file = learn(&Rows::of(&pack, |prompt| prompt.place.learned), &pack.models);
    assert_eq!(Weights::read(&file).unwrap().name, shipped().unwrap().name);
}

/// What is missed, and by how much, is in the data card; everything else must hold.
#[test]
fn figures_reach_what_they_should() {
    let Some(pack) = pack() else { return };
    let report = measure(&pack, shipped().unwrap());
    let missed: Vec<&str> = report
        .figures
        .iter()
        .filter(|figure| figure.reached() == Some(false))
        .map(|figure| figure.name.as_str())
        .collect();
    assert_eq!(missed, ["pick.nine_models.text_over_task_means"]);
}

#[test]
fn a_pack_without_files_says_which_is_missing() {
    let dir = tempfile::TempDir::new().unwrap();
    let why = Pack::read(dir.path()).unwrap_err();
    assert!(matches!(why, RowError::Data(_)) && why.to_string().contains("tasks.jsonl"), "{why}");
}
