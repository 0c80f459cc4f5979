//! A person's verdicts on answers: one line of `feedback.jsonl` each, the latest on a run counts.
//!
//! It names runs, models and fields, never a word of a prompt or an answer. What cannot be read is passed over and told
//! in the daemon's log: a verdict that is lost makes an estimate a little worse, and must keep nobody from asking.

use plyrum_jsonl::{Disk as _, Line, Lines, RealDisk, is_whole, write_all};
use plyrum_router::Verdicts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Longest line that is read.
const LINE_MAX_BYTES: usize = 16 * 1024;
/// Most runs whose verdicts count; of more, the first ones in the file.
const MAX_RUNS: usize = 100_000;

/// A verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Given {
    pub(crate) run: String,
    /// Who wrote the answer.
    pub(crate) model: String,
    /// Fields of the prompt.
    pub(crate) domains: Vec<String>,
    /// None takes an earlier verdict back.
    pub(crate) good: Option<bool>,
    /// When, in milliseconds.
    pub(crate) at: i64,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Feedback {
    path: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_run: BTreeMap<String, Given>,
    verdicts: Arc<Verdicts>,
}

impl Feedback {
    /// Reads what is there.
    pub(crate) fn open(path: PathBuf) -> Self {
        let by_run = read(&path).unwrap_or_else(|e| {
            crate::log::line(&format!("{}: verdicts cannot be read: {e}", path.display()));
            BTreeMap::new()
        });
        let verdicts = Arc::new(counted(&by_run));
        Self { path, kept: Mutex::new(Kept { by_run, verdicts }) }
    }

    /// What the router is told.
    pub(crate) fn verdicts(&self) -> Arc<Verdicts> {
        Arc::clone(&self.kept().verdicts)
    }

    /// Keeps a verdict; it is on disk when this returns. False where the same was given before. Blocks.
    pub(crate) fn give(&self, given: Given) -> io::Result<bool> {
        let mut kept = self.kept();
        let same = |known: &Given| known.good == given.good && known.model == given.model;
        if kept.by_run.get(&given.run).map_or(given.good.is_none(), same) {
            return Ok(false);
        }
        append(&self.path, &given)?;
        kept.by_run.insert(given.run.clone(), given);
        kept.verdicts = Arc::new(counted(&kept.by_run));
        Ok(true)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counted(by_run: &BTreeMap<String, Given>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for given in by_run.values() {
        if let Some(good) = given.good {
            verdicts.add(&given.model, &given.domains, good);
        }
    }
    verdicts
}

fn read(path: &Path) -> io::Result<BTreeMap<String, Given>> {
    let mut by_run = BTreeMap::new();
    let mut lines = match Lines::open(path, LINE_MAX_BYTES) {
        Ok(lines) => lines,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(by_run),
        Err(e) => return Err(e),
    };
    let mut unread = 0_u64;
    while let Some(line) = lines.next()? {
        match given_in(&line) {
            Some(given) if by_run.len() < MAX_RUNS || by_run.contains_key(&given.run) => {
                by_run.insert(given.run.clone(), given);
            }
            _ => unread += 1,
        }
    }
    if unread > 0 {
        crate::log::line(&format!("{}: {unread} lines are no verdicts, or too many", path.display()));
    }
    Ok(by_run)
}

fn given_in(line: &Line<'_>) -> Option<Given> {
    serde_json::from_slice(line.bytes).ok()
}

fn append(path: &Path, given: &Given) -> io::Result<()> {
    let disk = RealDisk;
    let file: File = disk.open_append(path)?;
    // A line that a crash has torn ends here, so that it takes no other with it.
    let mut line = if is_whole(&file)? { String::new() } else { "\n".to_owned() };
    line += &serde_json::to_string(given)?;
    line.push('\n');
    write_all(&disk, &file, line.as_bytes())?;
    disk.sync_data(&file)?;
    match path.parent() {
        Some(dir) => disk.sync_dir(dir),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn given(run: &str, good: bool) -> Given {
        let (model, domains) = ("lab/one".to_owned(), vec!["math".to_owned()]);
        Given { run: run.to_owned(), model, domains, good: Some(good), at: 1 }
    }

    fn of(verdicts: &[(&str, bool)]) -> Verdicts {
        let mut all = Verdicts::default();
        for (_, good) in verdicts {
            all.add("lab/one", &["math".to_owned()], *good);
        }
        all
    }

    #[test]
    fn the_latest_verdict_on_a_run_counts_once_and_survives_a_restart() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("feedback.jsonl");
        let feedback = Feedback::open(path.clone());
        assert!(feedback.give(given("r1", true)).unwrap());
        assert!(!feedback.give(given("r1", true)).unwrap(), "the same again changes nothing");
        assert!(feedback.give(given("r1", false)).unwrap());
        assert!(feedback.give(given("r2", true)).unwrap());
        let expected = of(&[("r1", false), ("r2", true)]);
        assert_eq!(*feedback.verdicts(), expected);
        assert_eq!(*Feedback::open(path).verdicts(), expected);
    }

    #[test]
    fn a_verdict_that_is_taken_back_counts_no_more() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("feedback.jsonl");
        let feedback = Feedback::open(path.clone());
        let back = |run| Given { good: None, ..given(run, true) };
        assert!(!feedback.give(back("r1")).unwrap(), "there is none to take back");
        feedback.give(given("r1", false)).unwrap();
        assert!(feedback.give(back("r1")).unwrap() && !feedback.give(back("r1")).unwrap());
        assert_eq!(*feedback.verdicts(), of(&[]));
        assert_eq!(*Feedback::open(path.clone()).verdicts(), of(&[]));
        assert!(feedback.give(given("r1", true)).unwrap());
        assert_eq!(*Feedback::open(path).verdicts(), of(&[("r1", true)]));
    }

    #[test]
    fn a_torn_line_takes_no_other_with_it() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("feedback.jsonl");
        Feedback::open(path.clone()).give(given("r1", true)).unwrap();
        File::options().append(true).open(&path).unwrap().write_all(b"{\"run\":\"r").unwrap();
        let feedback = Feedback::open(path.clone());
        feedback.give(given("r2", true)).unwrap();
        assert_eq!(*Feedback::open(path).verdicts(), of(&[("r1", true), ("r2", true)]));
    }
}
