//! Carrying out planned changes: all of them or none.

use std::collections::BTreeSet;

use rustix::fs::{Access, AtFlags, FileType};

use super::error::FileError;
use super::handle::{Workspace, kind, kind_words};
use super::node::Node;
use super::path::RelPath;
use super::protected::protected;
use super::reading::{Held, mode, sha256};
use super::undo::{By, Journal, Record};
use super::writing::temp_name;

/// One file as it is and as it is to be.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) path: RelPath,
    pub(crate) before: Option<Held>,
    pub(crate) after: Option<Vec<u8>>,
    /// Permission bits of a new file; none leaves them to the umask.
    pub(crate) mode: Option<u32>,
}

impl Planned {
    /// Whether it changes anything.
    pub(crate) fn is_change(&self) -> bool {
        self.before.as_ref().map(|held| &held.content) != self.after.as_ref()
    }
}

impl Workspace {
    /// What a tool is about to write to, with its content; refuses what it may not write.
    pub(crate) fn hold_to_write(&self, path: &RelPath, max_bytes: u64) -> Result<Option<Held>, FileError> {
        if let Some(part) = protected(path) {
            return Err(FileError::Protected { path: path.display(), part });
        }
        let Some(stat) = self.stat(path)? else { return Ok(None) };
        if kind(&stat) == FileType::Symlink {
            self.open_file(path)?;
        }
        if kind(&stat) != FileType::RegularFile {
            return Err(FileError::NotAFile { path: path.display(), kind: kind_words(kind(&stat)) });
        }
        // A rename would replace a file that nobody may write; its permissions are respected all the same.
        if mode(&stat) & 0o222 == 0 || !self.may_write(path)? {
            return Err(FileError::ReadOnly { path: path.display() });
        }
        self.hold(path, max_bytes, "a file that is changed")
    }

    fn may_write(&self, path: &RelPath) -> Result<bool, FileError> {
        let (dir, name) = self.parent(path)?;
        Ok(rustix::fs::accessat(&dir, name, Access::WRITE_OK, AtFlags::EACCESS).is_ok())
    }

    /// Folders above the path that do not exist, the outermost first.
    fn missing_folders(&self, path: &RelPath) -> Result<Vec<RelPath>, FileError> {
        let mut missing = Vec::new();
        for folder in path.above() {
            match self.stat(&folder)? {
                None => missing.push(folder),
                Some(stat) if kind(&stat) == FileType::Directory => break,
                Some(_) => {
                    self.folder(&folder)?;
                    return Err(FileError::NotADirectory { path: folder.display() });
                }
            }
        }
        missing.reverse();
        Ok(missing)
    }

    /// Writes all changes, entered into the journal first. On a failure what was written is put back.
    pub(crate) fn carry_out(&self, planned: &[Planned], journal: &mut Journal) -> Result<(), FileError> {
        let changes: Vec<&Planned> = planned.iter().filter(|planned| planned.is_change()).collect();
        if changes.is_empty() {
            return Ok(());
        }
        let mut folders = BTreeSet::new();
        for change in changes.iter().filter(|change| change.after.is_some()) {
            folders.extend(self.missing_folders(&change.path)?);
        }
        let temps: Vec<String> = changes.iter().map(|_| temp_name()).collect();
        journal.announce(&folders, &changes, &temps)?;
        let mut done = Done { workspace: self, folders: Vec::new(), changes: Vec::new() };
        for folder in &folders {
            match self.mkdir(folder) {
                Ok(()) => done.folders.push(folder),
                Err(FileError::Exists { .. }) => {}
                Err(error) => return Err(done.put_back(error)),
            }
        }
        for (change, temp) in changes.into_iter().zip(&temps) {
            match self.write(change, temp) {
                Ok(()) => done.changes.push(change),
                Err(error) => return Err(done.put_back(error)),
            }
        }
        Ok(())
    }

    fn write(&self, change: &Planned, temp: &str) -> Result<(), FileError> {
        match (&change.before, &change.after) {
            (None, Some(after)) => self.create(&change.path, after, change.mode, temp),
            (Some(before), Some(after)) => {
                self.replace(&change.path, after, &before.sha256, change.mode, temp)
            }
            (Some(before), None) => self.remove(&change.path, &before.sha256, temp),
            (None, None) => Ok(()),
        }
    }
}

/// What of a plan was carried out already.
struct Done<'p> {
    workspace: &'p Workspace,
    folders: Vec<&'p RelPath>,
    changes: Vec<&'p Planned>,
}

impl Done<'_> {
    /// Takes it all back, the last first. Goes on past a failure, and tells the first one.
    fn put_back(self, error: FileError) -> FileError {
        let mut second = None;
        for change in self.changes.iter().rev() {
            if let Err(error) = self.put_back_one(change) {
                second.get_or_insert((change.path.display(), error));
            }
        }
        for folder in self.folders.iter().rev() {
            let _others_use_it_now = self.workspace.rmdir(folder);
        }
        match second {
            None => error,
            Some((path, second)) => {
                FileError::PutBack { path, first: Box::new(error), second: Box::new(second) }
            }
        }
    }

    fn put_back_one(&self, change: &Planned) -> Result<(), FileError> {
        let back = Planned {
            path: change.path.clone(),
            before: change.after.as_ref().map(|content| Held {
                sha256: sha256(content),
                content: Vec::new(),
                mode: 0,
            }),
            after: change.before.as_ref().map(|held| held.content.clone()),
            mode: change.before.as_ref().map(|held| held.mode),
        };
        self.workspace.write(&back, &temp_name())
    }
}

impl Journal {
    /// Enters what is about to be written, durably.
    fn announce(
        &mut self,
        folders: &BTreeSet<RelPath>,
        changes: &[&Planned],
        temps: &[String],
    ) -> Result<(), FileError> {
        let mut records: Vec<Record> = folders.iter().map(created_folder).collect();
        for (change, temp) in changes.iter().zip(temps) {
            let at = match &change.before {
                Some(held) => Some(self.keep_checked(&change.path, &held.content)?),
                None => None,
            };
            records.push(Record::Change {
                path: change.path.clone(),
                before: change.before.as_ref().map(|held| file_node(&held.content, &held.sha256, held.mode)),
                after: change.after.as_ref().map(|content| file_node(content, &sha256(content), 0)),
                at,
                temp: Some(temp.clone()),
                by: By::Tool,
            });
        }
        self.enter(&records)
    }

    fn keep_checked(&mut self, path: &RelPath, content: &[u8]) -> Result<u64, FileError> {
        let (bytes, max_bytes) = (content.len() as u64, self.bounds().pre_image_bytes);
        if bytes > max_bytes {
            let what = "a copy kept for undo";
            return Err(FileError::TooLarge { path: path.display(), bytes, max_bytes, what });
        }
        self.keep(content)
    }
}

fn created_folder(path: &RelPath) -> Record {
    let after = Some(Node::Dir { mode: 0 });
    Record::Change { path: path.clone(), before: None, after, at: None, temp: None, by: By::Tool }
}

fn file_node(content: &[u8], sha256: &str, mode: u32) -> Node {
    Node::File { sha256: sha256.to_owned(), bytes: content.len() as u64, mode }
}
