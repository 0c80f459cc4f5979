//! The states that a power cut may leave: each flushed byte and name is there; of what was not flushed
//! anything may be, torn at any byte, with pages missing in the middle, and in any order between files.
//!
//! The model is harsher than journaling file systems are: a name that was not flushed may be missing while
//! later ones are there, and each page of an unflushed write is kept or lost by itself. A length changes in
//! order, as journals keep it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::dice::Dice;
use super::traced::{Op, Trace};

/// What is written or lost as one. Real pages are larger; small ones put more borders into small files.
const PAGE_BYTES: usize = 256;

/// A directory after a crash.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Crash {
    /// Content by name.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// The last thing that was promised before it, if any.
    pub promised: Option<u64>,
    /// Calls that came before it.
    pub after: usize,
}

#[derive(Default, Clone)]
struct FileState {
    durable: Vec<u8>,
    /// Not flushed: writes and cuts, in order.
    pending: Vec<Op>,
}

impl Trace {
    /// One of the states that a crash right after `after` calls may leave.
    pub fn crash(&self, after: usize, dice: &mut Dice) -> Crash {
        let mut files: Vec<FileState> = self
            .before
            .values()
            .map(|bytes| FileState { durable: bytes.clone(), pending: Vec::new() })
            .collect();
        let mut names: BTreeMap<PathBuf, usize> =
            self.before.keys().enumerate().map(|(file, name)| (name.clone(), file)).collect();
        let (mut pending_names, mut promised) = (Vec::new(), None);
        for op in self.ops.iter().take(after) {
            match op {
                Op::Create { file, .. } => {
                    files.resize_with(files.len().max(file + 1), FileState::default);
                    pending_names.push(op);
                }
                Op::Remove { .. } => pending_names.push(op),
                Op::Write { file, .. } | Op::SetLen { file, .. } => {
                    if let Some(file) = files.get_mut(*file) {
                        file.pending.push(op.clone());
                    }
                }
                Op::Sync { file } => {
                    if let Some(file) = files.get_mut(*file) {
                        file.durable = written(&file.durable, &file.pending);
                        file.pending.clear();
                    }
                }
                Op::SyncDir => {
                    for op in pending_names.drain(..) {
                        rename(&mut names, op);
                    }
                }
                Op::Promise(what) => promised = Some(*what),
            }
        }
        let keeps_all = dice.once_in(4); // the process was killed, or the disk was quick
        for op in pending_names {
            if keeps_all || dice.once_in(2) {
                rename(&mut names, op);
            }
        }
        let files = names
            .into_iter()
            .map(|(name, file)| {
                let file = files.get(file).cloned().unwrap_or_default();
                let bytes = if keeps_all { written(&file.durable, &file.pending) } else { file.torn(dice) };
                (name, bytes)
            })
            .collect();
        Crash { files, promised, after }
    }
}

impl FileState {
    /// Some of what was not flushed is there.
    fn torn(&self, dice: &mut Dice) -> Vec<u8> {
        let lost = dice.below(self.pending.len() + 1) * dice.below(2);
        let kept = self.pending.len() - lost;
        let mut ops: Vec<Op> = self.pending.iter().take(kept).cloned().collect();
        if let Some(Op::Write { bytes, .. }) = ops.last_mut()
            && !dice.once_in(4)
        {
            bytes.truncate(dice.below(bytes.len() + 1));
        }
        let mut content = written(&self.durable, &ops);
        if dice.once_in(2) {
            self.lose_pages(&mut content, dice);
        }
        content
    }

    /// Pages of what was not flushed are as they were before: zeros behind the old end.
    fn lose_pages(&self, content: &mut [u8], dice: &mut Dice) {
        let mut at = 0;
        while at < content.len() {
            let end = (at + PAGE_BYTES).min(content.len());
            if dice.once_in(3) {
                for byte in at..end {
                    if let Some(now) = content.get_mut(byte) {
                        *now = self.durable.get(byte).copied().unwrap_or(0);
                    }
                }
            }
            at = end;
        }
    }
}

fn rename(names: &mut BTreeMap<PathBuf, usize>, op: &Op) {
    match op {
        Op::Create { file, name } => drop(names.insert(name.clone(), *file)),
        Op::Remove { name } => drop(names.remove(name)),
        Op::Write { .. } | Op::SetLen { .. } | Op::Sync { .. } | Op::SyncDir | Op::Promise(_) => {}
    }
}

fn written(durable: &[u8], ops: &[Op]) -> Vec<u8> {
    let mut content = durable.to_vec();
    for op in ops {
        match op {
            Op::Write { bytes, .. } => content.extend_from_slice(bytes),
            Op::SetLen { len, .. } => content.resize(*len, 0),
            Op::Create { .. } | Op::Sync { .. } | Op::SyncDir | Op::Remove { .. } | Op::Promise(_) => {}
        }
    }
    content
}

impl Crash {
    /// Makes a directory so.
    pub fn put_into(&self, dir: &Path) -> io::Result<()> {
        self.files.iter().try_for_each(|(name, bytes)| fs::write(dir.join(name), bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_was_flushed_is_always_there_and_what_was_not_comes_in_all_shapes() {
        let name = PathBuf::from("a");
        let write = |text: &str| Op::Write { file: 0, bytes: text.as_bytes().to_vec() };
        let ops = vec![
            Op::Create { file: 0, name: name.clone() },
            Op::SyncDir,
            write("kept"),
            Op::Sync { file: 0 },
            Op::Promise(1),
            write("abc"),
        ];
        let trace = Trace { before: BTreeMap::new(), ops };
        let mut dice = Dice::new(1);
        let states: BTreeSet<Vec<u8>> = (0..2_000)
            .map(|_| {
                let crash = trace.crash(6, &mut dice);
                assert_eq!(crash.promised, Some(1));
                crash.files[&name].clone()
            })
            .collect();
        assert!(states.iter().all(|content| content.starts_with(b"kept")));
        for expected in [&b"kept"[..], b"kepta", b"keptab", b"keptabc", b"kept\0\0\0"] {
            assert!(states.contains(expected), "{expected:?}");
        }
    }
}
