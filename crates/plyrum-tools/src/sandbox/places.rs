//! Where a command works, what it must not see, and what it must not change: paths, looked up and checked.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::Config;
use crate::workspace::PROTECTED;

/// How deep, and over how many entries, other repositories inside the workspace are looked for.
const MAX_DEPTH: usize = 6;
const MAX_ENTRIES: usize = 10_000;
const NOT_SEARCHED: &[&str] = &["node_modules", "target", ".git", ".venv"];

/// Why a command cannot work where it was told to.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The workspace or the working folder is missing or no folder.
    #[error("{}: {error}", path.display())]
    Missing {
        /// As asked for.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The working folder leads out of the workspace.
    #[error("the working folder {} lies outside of the workspace; name one inside, relative to it", .0.display())]
    Outside(PathBuf),
    /// The workspace is home or holds it.
    #[error("the workspace {} holds your whole home: commands that write are not run there; start in a project's folder", .0.display())]
    TooWide(PathBuf),
    /// The workspace is hidden itself.
    #[error("the workspace {} lies inside of {}, which commands must not see", .0.display(), .1.display())]
    Hidden(PathBuf, PathBuf),
    /// A protected name is a symbolic link, which cannot be kept from being replaced.
    #[error("{} is a symbolic link and could be replaced: commands that write are not run beside it; put the real file or folder in its place", .0.display())]
    Link(PathBuf),
}

/// Something that commands do not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hidden {
    pub(crate) path: PathBuf,
    pub(crate) folder: bool,
}

/// Something that commands do not write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Protected {
    pub(crate) path: PathBuf,
    /// Made as a folder where it is missing.
    pub(crate) folder: bool,
    /// Made where it is missing: only what lies directly in the workspace, since a folder on the way to anything deeper
    /// may be swapped for a link by a command that runs at the same time.
    pub(crate) made: bool,
}

/// The places of one command, all absolute and free of symbolic links.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) workspace: PathBuf,
    pub(crate) cwd: PathBuf,
    pub(crate) hidden: Vec<Hidden>,
    /// Empty unless the command may write.
    pub(crate) protected: Vec<Protected>,
    /// What is shown in the workspace's place; none: the workspace itself.
    pub(crate) instead: Option<Instead>,
}

/// A folder that is shown in the workspace's place. Nothing in it has to be kept from a command: it goes when the command has
/// ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instead {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// Folders of the workspace that are shown in it read-only, relative to both.
    pub(crate) lent: Vec<PathBuf>,
}

impl Places {
    /// Looks everything up. Blocks on the file system.
    pub(crate) fn find(
        config: &Config,
        workspace: &Path,
        cwd: &Path,
        masked: &[PathBuf],
        writable: bool,
    ) -> Result<Self, PlaceError> {
        let workspace = folder(workspace)?;
        let cwd = folder_beneath(&workspace, cwd)?;
        let masked: Vec<PathBuf> = masked.iter().map(|path| workspace.join(path)).collect();
        let hidden = hidden(config, &masked);
        if let Some(over) = hidden.iter().find(|hidden| workspace.starts_with(&hidden.path)) {
            return Err(PlaceError::Hidden(workspace, over.path.clone()));
        }
        let protected = if writable { protected(config, &workspace)? } else { Vec::new() };
        Ok(Self { workspace, cwd, hidden, protected, instead: None })
    }

    /// The same with another folder in the workspace's place.
    pub(crate) fn find_instead(
        config: &Config,
        workspace: &Path,
        cwd: &Path,
        instead: Instead,
    ) -> Result<Self, PlaceError> {
        let places = Self::find(config, workspace, cwd, &[], false)?;
        let home = fs::canonicalize(&config.home).unwrap_or_else(|_| config.home.clone());
        if home.starts_with(&places.workspace) {
            return Err(PlaceError::TooWide(places.workspace));
        }
        let folder = folder(&instead.folder)?;
        Ok(Self { instead: Some(Instead { folder, ..instead }), ..places })
    }

    /// The folders that are lent, absolute, as they are now: one that was swapped for a link meanwhile, is gone, or lies in
    /// what is hidden is not among them. Blocks on the file system.
    pub(crate) fn lent(&self) -> Vec<PathBuf> {
        let is_itself = |path: &Path| {
            fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
                && fs::canonicalize(path).is_ok_and(|real| real == path)
        };
        let is_hidden = |path: &Path| self.hidden.iter().any(|hidden| path.starts_with(&hidden.path));
        let lent = self.instead.iter().flat_map(|instead| &instead.lent);
        let lent = lent.map(|lent| self.workspace.join(lent));
        lent.filter(|path| is_itself(path) && !is_hidden(path)).collect()
    }
}

fn folder(path: &Path) -> Result<PathBuf, PlaceError> {
    let missing = |error| PlaceError::Missing { path: path.to_owned(), error };
    let real = fs::canonicalize(path).map_err(missing)?;
    if !fs::metadata(&real).map_err(missing)?.is_dir() {
        return Err(missing(io::ErrorKind::NotADirectory.into()));
    }
    Ok(real)
}

fn folder_beneath(workspace: &Path, cwd: &Path) -> Result<PathBuf, PlaceError> {
    if cwd.components().any(|part| matches!(part, Component::ParentDir)) {
        return Err(PlaceError::Outside(cwd.to_owned()));
    }
    let real = folder(&workspace.join(cwd))?;
    if real.starts_with(workspace) { Ok(real) } else { Err(PlaceError::Outside(cwd.to_owned())) }
}

fn hidden(config: &Config, masked: &[PathBuf]) -> Vec<Hidden> {
    let asked = config.hidden.iter().chain([&config.state_dir]).chain(masked);
    let mut real: Vec<PathBuf> = asked.filter_map(|path| fs::canonicalize(path).ok()).collect();
    real.sort();
    // Sorted, a folder comes right before what lies in it.
    real.dedup_by(|later, earlier| later.starts_with(earlier));
    let entry = |path: PathBuf| fs::metadata(&path).ok().map(|found| Hidden { folder: found.is_dir(), path });
    real.into_iter().filter_map(entry).collect()
}

fn protected(config: &Config, workspace: &Path) -> Result<Vec<Protected>, PlaceError> {
    let home = fs::canonicalize(&config.home).unwrap_or_else(|_| config.home.clone());
    if home.starts_with(workspace) {
        return Err(PlaceError::TooWide(workspace.to_owned()));
    }
    let mut found = Vec::new();
    for name in &config.protected {
        let path = workspace.join(name.trim_end_matches('/'));
        if fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) {
            return Err(PlaceError::Link(path));
        }
        found.push(Protected { path, folder: name.ends_with('/'), made: true });
    }
    for name in PROTECTED {
        let path = workspace.join(name);
        let is_there = fs::symlink_metadata(&path).is_ok_and(|found| !found.is_symlink());
        if is_there && !found.iter().any(|known| known.path == path) {
            found.push(Protected { folder: path.is_dir(), path, made: false });
        }
    }
    found.extend(repositories_inside(workspace));
    Ok(found)
}

/// `.git` of submodules, worktrees and other repositories inside, as far as that is quick.
fn repositories_inside(workspace: &Path) -> Vec<Protected> {
    let mut found = Vec::new();
    let mut folders = vec![(workspace.to_owned(), 0)];
    let mut left = MAX_ENTRIES;
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if left == 0 {
                return found;
            }
            left -= 1;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            let name = entry.file_name();
            if depth > 0 && name == ".git" && !is_link {
                found.push(Protected { path: entry.path(), folder: is_folder, made: false });
            } else if is_folder && depth < MAX_DEPTH && !NOT_SEARCHED.iter().any(|skip| name == *skip) {
                folders.push((entry.path(), depth + 1));
            }
        }
    }
    found
}

/// What of `root` can be named without naming anything hidden: `root`, or what lies in it beside the hidden.
/// For an allow-list, which cannot take anything away again.
pub(crate) fn around(root: &Path, hidden: &[Hidden]) -> Vec<PathBuf> {
    let Ok(root) = fs::canonicalize(root) else { return Vec::new() };
    if hidden.iter().any(|hidden| root.starts_with(&hidden.path)) {
        return Vec::new();
    }
    if !hidden.iter().any(|hidden| hidden.path.starts_with(&root)) {
        return vec![root];
    }
    let entries = fs::read_dir(&root).into_iter().flatten().flatten();
    // A link inside would name its target: what it leads to is allowed by its own place or not at all.
    let own = entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()));
    own.flat_map(|entry| around(&entry.path(), hidden)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::{Helper, Level, Limits};

    fn config(root: &Path) -> Config {
        Config {
            helper: Helper { program: PathBuf::new(), arguments: vec![] },
            state_dir: root.join("state"),
            home: root.join("home"),
            hidden: vec![root.join("home/.ssh"), root.join("home/.ssh/id"), root.join("home/none")],
            protected: vec![".git/".to_owned(), ".envrc".to_owned()],
            max_level: Level::Full,
            limits: Limits::default(),
        }
    }

    fn tree() -> (tempfile::TempDir, PathBuf) {
        let kept = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(kept.path()).unwrap();
        for folder in ["state", "home/.ssh", "home/work/sub/.git", "home/work/node_modules/x/.git", "other"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("home/.ssh/id"), "key").unwrap();
        (kept, root)
    }

    #[test]
    fn what_is_hidden_and_protected_is_found_once() {
        let (_kept, root) = tree();
        let places =
            Places::find(&config(&root), &root.join("home/work"), Path::new("sub"), &[], true).unwrap();
        let hidden: Vec<_> = places.hidden.iter().map(|h| h.path.clone()).collect();
        assert_eq!(hidden, [root.join("home/.ssh"), root.join("state")]);
        let work = root.join("home/work");
        let protected: Vec<_> = places.protected.iter().map(|p| p.path.clone()).collect();
        assert_eq!(protected, [work.join(".git"), work.join(".envrc"), work.join("sub/.git")]);
    }

    #[test]
    fn places_that_cannot_be_guarded_are_refused() {
        let (_kept, root) = tree();
        let config = config(&root);
        let work = root.join("home/work");
        std::os::unix::fs::symlink("../../other", work.join("out")).unwrap();
        let find = |workspace: &Path, cwd: &str, writable| {
            Places::find(&config, workspace, Path::new(cwd), &[], writable)
        };
        assert!(matches!(find(&work, "..", false), Err(PlaceError::Outside(_))));
        assert!(matches!(find(&work, "out", false), Err(PlaceError::Outside(_))));
        assert!(matches!(find(&work, "/", false), Err(PlaceError::Outside(_))));
        assert!(matches!(find(&work, "none", false), Err(PlaceError::Missing { .. })));
        assert!(matches!(find(&root.join("home"), "", true), Err(PlaceError::TooWide(_))));
        assert!(matches!(find(&root, "", true), Err(PlaceError::TooWide(_))));
        assert!(find(&root.join("home"), "", false).is_ok());
        assert!(matches!(find(&root.join("home/.ssh"), "", false), Err(PlaceError::Hidden(..))));
        std::os::unix::fs::symlink("x", work.join(".envrc")).unwrap();
        assert!(matches!(find(&work, "", true), Err(PlaceError::Link(_))));
    }

    #[test]
    fn what_is_lent_is_looked_at_again() {
        let (_kept, root) = tree();
        let work = root.join("home/work");
        for folder in ["plain/venv", "swapped/venv", "above/venv", "home/secret/venv"] {
            fs::create_dir_all(work.join(folder)).unwrap();
        }
        let config = Config { hidden: vec![work.join("home/secret")], ..config(&root) };
        let lent =
            ["node_modules", "plain/venv", "swapped/venv", "above/venv", "home/secret/venv", "gone/venv"];
        let instead = Instead { folder: root.join("other"), lent: lent.map(PathBuf::from).to_vec() };
        let places = Places::find_instead(&config, &work, Path::new(""), instead).unwrap();
        fs::remove_dir(work.join("swapped/venv")).unwrap();
        std::os::unix::fs::symlink("../plain/venv", work.join("swapped/venv")).unwrap();
        fs::rename(work.join("above"), work.join("moved")).unwrap();
        std::os::unix::fs::symlink("moved", work.join("above")).unwrap();
        assert_eq!(places.lent(), [work.join("node_modules"), work.join("plain/venv")]);
    }

    #[test]
    fn an_allow_list_goes_around_what_is_hidden() {
        let (_kept, root) = tree();
        let hidden = [Hidden { path: root.join("home/.ssh"), folder: true }];
        assert_eq!(around(&root.join("other"), &hidden), [root.join("other")]);
        let mut found = around(&root, &hidden);
        found.sort();
        assert_eq!(found, [root.join("home/work"), root.join("other"), root.join("state")]);
        assert!(around(&root.join("home/.ssh/id"), &hidden).is_empty());
    }
}
