//! A workspace and a journal in temporary folders.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part of it, and a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use plyrum_tools::files::{Change, Outcome, apply_patch, write_file};
use plyrum_tools::{ChangedSince, FileError, Journal, UndoReport, Workspace, undo};

pub(crate) struct Place {
    pub(crate) top: tempfile::TempDir,
    pub(crate) ws: Workspace,
}

impl Place {
    pub(crate) fn new() -> Self {
        let top = tempfile::tempdir().unwrap();
        fs::create_dir(top.path().join("ws")).unwrap();
        let ws = Workspace::open(&top.path().join("ws")).unwrap();
        Self { top, ws }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.top.path().join("ws")
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), content).unwrap();
    }

    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).unwrap()
    }

    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.get(path)).unwrap()
    }

    pub(crate) fn undo_dir(&self) -> PathBuf {
        self.top.path().join("undo")
    }

    pub(crate) fn journal(&self) -> Journal {
        Journal::open(&self.undo_dir()).unwrap()
    }

    pub(crate) fn write(&self, path: &str, content: &str) -> Result<Outcome, FileError> {
        let args = write_file::Args { path: path.to_owned(), content: content.to_owned() };
        let expected = write_file::preview(&self.ws, &args)?;
        write_file::execute(&self.ws, &args, &expected, &mut self.journal())
    }

    pub(crate) fn preview(&self, patch: &str) -> Result<Vec<Change>, FileError> {
        apply_patch::preview(&self.ws, &apply_patch::Args { patch: patch.to_owned() })
    }

    pub(crate) fn patch(&self, patch: &str) -> Result<Outcome, FileError> {
        let args = apply_patch::Args { patch: patch.to_owned() };
        let expected = self.preview(patch)?;
        apply_patch::execute(&self.ws, &args, &expected, &mut self.journal())
    }

    pub(crate) fn undo(&self) -> UndoReport {
        undo(&self.ws, &self.undo_dir(), ChangedSince::LeaveAlone).unwrap()
    }

    /// Every path with kind, permissions and content.
    pub(crate) fn tree(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut tree = BTreeMap::new();
        walk(&self.root(), &mut tree);
        tree
    }
}

fn walk(dir: &Path, tree: &mut BTreeMap<PathBuf, (u32, Vec<u8>)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        let content = if meta.is_symlink() {
            fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec()
        } else if meta.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        if meta.is_dir() {
            walk(&path, tree);
        }
        tree.insert(path, (meta.permissions().mode(), content));
    }
}
