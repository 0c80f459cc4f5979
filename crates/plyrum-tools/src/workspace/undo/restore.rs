//! The way back: each path becomes what it was before the run changed it, if it still is what the run left.
//!
//! The lines of a path form a chain. Where somebody else changed it in between, only the run's last stretch is
//! taken back. First goes what the run put in the place of nothing, the deepest first; then comes what was
//! there, the outermost first. Each step looks at what is there, so an undo that was cut off goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::journal::{Journal, read};
use super::record::Record;
use super::snapshot::SnapshotBounds;
use crate::workspace::error::FileError;
use crate::workspace::handle::Workspace;
use crate::workspace::node::Node;
use crate::workspace::path::RelPath;
use crate::workspace::writing::{is_temp_name, undo_temp_name};

/// What to do with files that changed since the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangedSince {
    /// Leave them alone, and say so.
    #[default]
    LeaveAlone,
    /// Restore them as well: what was done since is lost.
    Overwrite,
}

/// What an undo did. Paths are relative to the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UndoReport {
    /// Put back to what they were.
    pub restored: Vec<String>,
    /// Removed, because the run created them.
    pub removed: Vec<String>,
    /// Already what they were.
    pub as_before: Vec<String>,
    /// Changed since the run, left alone.
    pub left_alone: Vec<String>,
    /// Not possible, with the reason.
    pub failed: Vec<(String, String)>,
    /// Changes by commands that are not covered.
    pub uncovered: u64,
    /// A command was cut off and its changes are not known: they were left alone.
    pub cut_off: bool,
}

/// Takes back what a run changed, by its journal. Doing it again does no harm.
pub fn undo(workspace: &Workspace, dir: &Path, since: ChangedSince) -> Result<UndoReport, FileError> {
    let mut journal = Journal::open(dir)?;
    if journal.was_cut_off() && since == ChangedSince::Overwrite {
        journal.catch_up(workspace, &SnapshotBounds::default(), &|| false)?;
    }
    let mut report = UndoReport { cut_off: journal.was_cut_off(), ..UndoReport::default() };
    let chains = chains(read(dir)?, &mut report);
    let vanished = Vanished::of(&chains);
    let mut undo = Undo { workspace, journal: &journal, since, vanished, report };
    for (path, chain) in chains.iter().rev() {
        let done = undo.clear(path, chain);
        undo.note(path, done);
    }
    for (path, chain) in &chains {
        let done = undo.bring_back(path, chain);
        undo.note(path, done);
    }
    Ok(undo.report)
}

/// What happened to one path, from the last foreign change on.
#[derive(Debug, Default)]
struct Chain {
    original: Option<Node>,
    at: Option<u64>,
    states: Vec<Option<Node>>,
    temps: Vec<String>,
}

fn chains(records: Vec<Record>, report: &mut UndoReport) -> BTreeMap<RelPath, Chain> {
    let mut chains: BTreeMap<RelPath, Chain> = BTreeMap::new();
    for record in records {
        match record {
            Record::Change { path, before, after, at, temp, .. } => {
                let chain = chains.entry(path).or_default();
                let goes_on = chain.states.last().is_some_and(|last| alike(last.as_ref(), before.as_ref()));
                if !goes_on {
                    let temps = std::mem::take(&mut chain.temps);
                    *chain = Chain { original: before.clone(), at, states: vec![before], temps };
                }
                chain.states.push(after);
                chain.temps.extend(temp.filter(|name| is_temp_name(name)));
            }
            Record::Uncovered { files, .. } => report.uncovered += files,
            Record::Seen { .. } | Record::Began { .. } | Record::Ended => {}
        }
    }
    chains
}

fn alike(a: Option<&Node>, b: Option<&Node>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.is_like(b),
        _ => false,
    }
}

const ONLY_COPY: &str =
    "a command may have moved it here, and its content is not kept: it was left, move it back yourself";

/// A file as it was.
struct Kept<'n> {
    sha256: &'n str,
    bytes: u64,
    mode: u32,
}

struct Undo<'u> {
    workspace: &'u Workspace,
    journal: &'u Journal,
    since: ChangedSince,
    vanished: Vanished,
    report: UndoReport,
}

/// What a command took from its place though its content is not kept: it may have been moved, and then what appeared
/// elsewhere is the only copy of it.
#[derive(Debug, Default)]
struct Vanished {
    /// Sizes of files.
    files: BTreeSet<u64>,
    /// A folder that is not looked into.
    folders: bool,
}

impl Vanished {
    fn of(chains: &BTreeMap<RelPath, Chain>) -> Self {
        let mut vanished = Self::default();
        for chain in chains.values().filter(|chain| matches!(chain.states.last(), Some(None))) {
            match &chain.original {
                Some(Node::Unread { bytes, .. }) => {
                    vanished.files.insert(*bytes);
                }
                Some(Node::File { bytes, .. }) if chain.at.is_none() => {
                    vanished.files.insert(*bytes);
                }
                Some(Node::Closed { .. }) => vanished.folders = true,
                _ => {}
            }
        }
        vanished
    }

    /// Whether this may be what vanished.
    fn may_be(&self, node: &Node) -> bool {
        match node {
            Node::File { bytes, .. } | Node::Unread { bytes, .. } => self.files.contains(bytes),
            Node::Closed { .. } => self.folders,
            Node::Link { .. } | Node::Dir { .. } | Node::Other => false,
        }
    }
}

enum Done {
    Restored,
    Removed,
    AsBefore,
    LeftAlone,
    /// It may be all that is left of something that was moved.
    OnlyCopy,
    /// The other pass speaks about it.
    Silent,
}

impl Undo<'_> {
    fn note(&mut self, path: &RelPath, done: Result<Done, FileError>) {
        let path = path.display();
        match done {
            Ok(Done::Restored) => self.report.restored.push(path),
            Ok(Done::Removed) => self.report.removed.push(path),
            Ok(Done::AsBefore) => self.report.as_before.push(path),
            Ok(Done::LeftAlone) => self.report.left_alone.push(path),
            Ok(Done::OnlyCopy) => self.report.failed.push((path, ONLY_COPY.to_owned())),
            Ok(Done::Silent) => {}
            Err(error) => self.report.failed.push((path, error.to_string())),
        }
    }

    /// First pass: what stands where nothing or another kind of thing was goes.
    fn clear(&mut self, path: &RelPath, chain: &Chain) -> Result<Done, FileError> {
        self.clear_temps(path, chain);
        let now = self.now(path, chain)?;
        let Some(now) = now else {
            return Ok(if chain.original.is_none() { Done::AsBefore } else { Done::Silent });
        };
        if chain.original.as_ref().is_some_and(|original| original.is_kin(&now) || *original == now) {
            return Ok(Done::Silent);
        }
        if chain.original.is_none() && self.vanished.may_be(&now) {
            return Ok(Done::OnlyCopy);
        }
        if !self.may_go(&now, chain) {
            let is_silent = chain.original.is_some();
            return Ok(if is_silent { Done::Silent } else { Done::LeftAlone });
        }
        let is_gone = match &now {
            Node::Dir { .. } => self.workspace.rmdir(path)?,
            Node::Closed { .. } => {
                self.workspace.remove_tree(path)?;
                true
            }
            Node::File { sha256, .. } => {
                self.workspace.remove(path, sha256, &undo_temp_name(path)).map(|()| true)?
            }
            Node::Unread { .. } | Node::Link { .. } | Node::Other => {
                self.workspace.unlink(path).map(|()| true)?
            }
        };
        Ok(match (is_gone, chain.original.is_some()) {
            (_, true) => Done::Silent,
            (true, false) => Done::Removed,
            (false, false) => Done::LeftAlone,
        })
    }

    /// Second pass: what was there comes back.
    fn bring_back(&mut self, path: &RelPath, chain: &Chain) -> Result<Done, FileError> {
        let Some(original) = &chain.original else { return Ok(Done::Silent) };
        let now = self.now(path, chain)?;
        if now.as_ref() == Some(original) {
            return Ok(Done::AsBefore);
        }
        let is_cleared = now.is_none() && chain.states.iter().flatten().any(|node| !node.is_kin(original));
        let is_ours = chain.states.iter().any(|state| alike(state.as_ref(), now.as_ref())) || is_cleared;
        if !is_ours && self.since == ChangedSince::LeaveAlone {
            return Ok(Done::LeftAlone);
        }
        match original {
            Node::File { sha256, bytes, mode } => {
                let kept = Kept { sha256, bytes: *bytes, mode: *mode };
                self.bring_file(path, chain, now.as_ref(), &kept)?;
            }
            Node::Dir { mode } => {
                if now.is_none() {
                    self.workspace.mkdir(path)?;
                }
                self.workspace.chmod(path, *mode)?;
            }
            Node::Link { target } => {
                if now.is_some() {
                    self.workspace.unlink(path)?;
                }
                self.workspace.symlink(path, target)?;
            }
            Node::Unread { .. } | Node::Closed { .. } | Node::Other => return Err(not_kept(path)),
        }
        Ok(Done::Restored)
    }

    fn bring_file(
        &self,
        path: &RelPath,
        chain: &Chain,
        now: Option<&Node>,
        kept: &Kept<'_>,
    ) -> Result<(), FileError> {
        let mode = kept.mode;
        if let Some(now @ Node::File { .. }) = now
            && chain.original.as_ref().is_some_and(|original| original.is_like(now))
        {
            return self.workspace.chmod(path, mode);
        }
        let content =
            self.journal.content(chain.at.ok_or_else(|| not_kept(path))?, kept.bytes, kept.sha256)?;
        match now {
            None => self.workspace.create(path, &content, Some(mode), &undo_temp_name(path))?,
            Some(Node::File { sha256, .. }) => {
                self.workspace.replace(path, &content, sha256, Some(mode), &undo_temp_name(path))?;
            }
            Some(Node::Unread { .. } | Node::Link { .. } | Node::Other) => {
                self.workspace.unlink(path)?;
                self.workspace.create(path, &content, Some(mode), &undo_temp_name(path))?;
            }
            Some(Node::Dir { .. } | Node::Closed { .. }) => {
                return Err(FileError::NotAFile {
                    path: path.display(),
                    kind: "a directory with other files",
                });
            }
        }
        // The umask does not take part in what was there before.
        self.workspace.chmod(path, mode)
    }

    /// What is at the path, told in the terms of its chain.
    fn now(&self, path: &RelPath, chain: &Chain) -> Result<Option<Node>, FileError> {
        let is_closed = |node: &&Node| matches!(node, Node::Closed { .. });
        let closed = chain.states.iter().flatten().find(is_closed);
        let now = match self.workspace.node(path) {
            // A folder above is no folder any more.
            Err(FileError::NotADirectory { .. } | FileError::Link { .. }) => None,
            other => other?,
        };
        Ok(match (now, closed) {
            (Some(Node::Dir { .. }), Some(Node::Closed { extent: Some(_) })) => {
                Some(Node::Closed { extent: Some(self.workspace.extent(path, &|| false)?) })
            }
            (Some(Node::Dir { .. }), Some(_)) => Some(Node::Closed { extent: None }),
            (Some(Node::File { bytes, sha256, mode }), _) => {
                self.unread(path, chain)?.or(Some(Node::File { sha256, bytes, mode }))
            }
            (now, _) => now,
        })
    }

    /// The file by its size and time, where the chain has it so.
    fn unread(&self, path: &RelPath, chain: &Chain) -> Result<Option<Node>, FileError> {
        if !matches!(chain.states.last(), Some(Some(Node::Unread { .. }))) {
            return Ok(None);
        }
        let stat = self.workspace.stat(path)?;
        Ok(stat.map(|stat| Node::Unread {
            bytes: crate::workspace::reading::size(&stat),
            stamp: crate::workspace::node::stamp(&stat),
        }))
    }

    fn may_go(&self, now: &Node, chain: &Chain) -> bool {
        self.since == ChangedSince::Overwrite || chain.states.iter().flatten().any(|state| state.is_like(now))
    }

    /// A temp file that a crash left behind.
    fn clear_temps(&self, path: &RelPath, chain: &Chain) {
        let Some((folder, _)) = path.split() else { return };
        for temp in chain.temps.iter().chain([&undo_temp_name(path)]) {
            let _is_gone_already = self.workspace.unlink(&folder.join(temp.as_ref()));
        }
    }
}

fn not_kept(path: &RelPath) -> FileError {
    let source = std::io::Error::other("its content before was not kept");
    FileError::Io { what: "restore", path: path.display(), source }
}
