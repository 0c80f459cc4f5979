//! Changes by commands: a look before, a look after, and what differs goes into the journal.

use super::journal::Journal;
use super::record::{By, Record};
use super::snapshot::{Snapshot, SnapshotBounds, changed_file};
use crate::files::ChangedFile;
use crate::workspace::error::FileError;
use crate::workspace::handle::Workspace;
use crate::workspace::node::Node;
use crate::workspace::path::RelPath;

/// What a command did to the workspace.
#[derive(Debug)]
pub struct Observed {
    /// Files that it changed, created or removed.
    pub changed: Vec<ChangedFile>,
    /// Of these, so many cannot be restored; the journal says so too.
    pub uncovered_changes: u64,
    /// The workspace after it: give it to [`before_command`] for the next one.
    pub snapshot: Snapshot,
}

impl Journal {
    /// To be called before a command runs: contents are kept, durably, for files that the journal does not know
    /// as they are. A snapshot of an earlier command saves reading.
    pub fn before_command(
        &mut self,
        workspace: &Workspace,
        bounds: &SnapshotBounds,
        earlier: Option<&Snapshot>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Snapshot, FileError> {
        let mut kept: std::collections::HashMap<RelPath, u64> = std::collections::HashMap::new();
        let mut keep = |path: &RelPath, node: &Node, content: &[u8]| {
            let is_known = self.known(path).is_some_and(|known| known.node.as_ref() == Some(node));
            // A journal that is nearly full keeps no more; the file is then told as not covered.
            if !is_known && content.len() as u64 <= self.room() / 2 {
                kept.insert(path.clone(), self.keep(content)?);
            }
            Ok(())
        };
        let mut snapshot = Snapshot::take_after(workspace, bounds, earlier, &mut keep, stop)?;
        if earlier.is_none() {
            self.recognise_own(workspace, &mut snapshot, stop)?;
        }
        let is_new = |path: &RelPath, node: &Node| {
            self.known(path).is_none_or(|known| known.node.as_ref() != Some(node))
        };
        let mut records: Vec<Record> = Vec::new();
        for (path, seen) in &snapshot.entries {
            if is_new(path, &seen.node) {
                let at = kept.get(path).copied();
                records.push(Record::Seen { path: path.clone(), node: seen.node.clone(), at });
            }
        }
        records.push(Record::Began { complete: !snapshot.uncovered().is_incomplete });
        self.enter(&records)?;
        Ok(snapshot)
    }

    /// Without an earlier snapshot, as after a restart in the middle of a run, the journal alone tells which closed
    /// folders the run made. They are its own as long as nobody worked in them since.
    fn recognise_own(
        &self,
        workspace: &Workspace,
        snapshot: &mut Snapshot,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), FileError> {
        for (path, known) in self.all_known().filter(|(_, known)| known.by_run) {
            let Some(node @ Node::Closed { extent: Some(extent) }) = &known.node else { continue };
            if snapshot.has_closed(path) && workspace.extent(path, stop)? == *extent {
                snapshot.measured(path, node);
            }
        }
        Ok(())
    }

    /// To be called after the command has ended, however it ended: enters what it changed.
    pub fn after_command(
        &mut self,
        workspace: &Workspace,
        bounds: &SnapshotBounds,
        before: &Snapshot,
        stop: &dyn Fn() -> bool,
    ) -> Result<Observed, FileError> {
        let after = Snapshot::take_after(workspace, bounds, Some(before), &mut |_, _, _| Ok(()), stop)?;
        let mut changes = after.differences(before);
        let is_incomplete = before.uncovered().is_incomplete;
        let not_looked_at = changes.iter().filter(|(_, before, _)| is_incomplete && before.is_none()).count();
        if is_incomplete {
            // What was beyond the bounds before is not new because it is seen now.
            changes.retain(|(_, before, _)| before.is_some());
        }
        let uncovered = self.enter_changes(&changes, not_looked_at as u64)?;
        let changed = changes.iter().map(|(path, a, b)| changed_file(path, a.as_ref(), b.as_ref())).collect();
        Ok(Observed { changed, uncovered_changes: uncovered, snapshot: after })
    }

    /// After a crash under a command: enters what differs from the last look as that command's changes. To be
    /// called when the daemon starts again, before people go on working in the folder.
    pub fn catch_up(
        &mut self,
        workspace: &Workspace,
        bounds: &SnapshotBounds,
        stop: &dyn Fn() -> bool,
    ) -> Result<u64, FileError> {
        if !self.was_cut_off() {
            return Ok(0);
        }
        let now = Snapshot::take(workspace, bounds, stop)?;
        let mut changes = Vec::new();
        for (path, known) in self.all_known() {
            let seen = match &known.node {
                Some(Node::Closed { extent: Some(_) }) if known.by_run && now.has_closed(path) => {
                    Some(Node::Closed { extent: Some(workspace.extent(path, stop)?) })
                }
                _ => now.entries.get(path).map(|seen| seen.node.clone()),
            };
            if known.node != seen && !is_same_closed(known.node.as_ref(), seen.as_ref()) {
                changes.push((path.clone(), known.node.clone(), seen));
            }
        }
        for (path, seen) in &now.entries {
            if self.known(path).is_none() && self.began_complete() {
                let node = match &seen.node {
                    Node::Closed { .. } => Node::Closed { extent: Some(workspace.extent(path, stop)?) },
                    node => node.clone(),
                };
                changes.push((path.clone(), None, Some(node)));
            }
        }
        changes.sort_by(|a, b| a.0.cmp(&b.0));
        self.enter_changes(&changes, 0)?;
        Ok(changes.len() as u64)
    }

    fn enter_changes(
        &mut self,
        changes: &[(RelPath, Option<Node>, Option<Node>)],
        not_looked_at: u64,
    ) -> Result<u64, FileError> {
        let mut records = Vec::new();
        let mut uncovered = not_looked_at;
        for (path, before, after) in changes {
            let known = self.known(path);
            let at = known.and_then(|known| known.at);
            let continues = known.is_some_and(|known| known.node == *before);
            let is_covered = match before {
                None | Some(Node::Dir { .. } | Node::Link { .. }) => true,
                // Known from a change of this run: its first entry leads further back.
                Some(Node::File { .. }) => at.is_some() || continues && self.was_changed(path),
                // The run made that folder; it goes as a whole.
                Some(Node::Closed { extent: Some(_) }) => true,
                Some(Node::Unread { .. } | Node::Closed { extent: None } | Node::Other) => false,
            };
            uncovered += u64::from(!is_covered);
            records.push(Record::Change {
                path: path.clone(),
                before: before.clone(),
                after: after.clone(),
                at,
                temp: None,
                by: By::Command,
            });
        }
        if uncovered > 0 {
            let why = "their content before was not kept, for its size or the number of files".to_owned();
            records.push(Record::Uncovered { files: uncovered, why });
        }
        records.push(Record::Ended);
        self.enter(&records)?;
        Ok(uncovered)
    }
}

/// A closed folder is compared by its being there, unless the run made it.
fn is_same_closed(a: Option<&Node>, b: Option<&Node>) -> bool {
    match (a, b) {
        (Some(Node::Closed { extent: a }), Some(Node::Closed { extent: b })) => a.is_none() || b.is_none(),
        _ => false,
    }
}
