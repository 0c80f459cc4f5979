//! Where a path of a command or a tool leads. Links are followed by hand, component by component, from the
//! workspace's root on: what leaves it, however it does, lies outside. That a path could come back in
//! (`../here/x`) does not help it.

use super::protected::{Guarded, guarded};
use super::question::Place;
use std::collections::VecDeque;
use std::path::{Component, Path, PathBuf};

/// Most links that one path may go through (Linux has the same bound); behind that it lies outside.
const MAX_LINKS: usize = 40;
/// Longest path looked at, in bytes.
const MAX_PATH: usize = 4096;

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lies {
    /// Inside the workspace, at this path below its root.
    Inside(PathBuf),
    /// Inside, through a guarded name.
    Guarded(Guarded, String),
    /// Outside the workspace.
    Outside,
}

/// The workspace as rules see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    /// The workspace's root, canonical: where rules hold, and what absolute paths are below.
    pub(super) workspace: &'a Path,
    /// The user's home.
    pub(super) home: Option<&'a Path>,
    /// Where its files are looked at, as a command finds them: the root, or a copy of it. `None`: examples of rules are judged
    /// by their spelling.
    pub(super) disk: Option<&'a Path>,
}

impl<'a> Ground<'a> {
    /// The ground of a place, with its files.
    pub(super) fn of(place: &Place<'a>) -> Self {
        let disk = Some(place.copy.unwrap_or(place.workspace));
        Self { workspace: place.workspace, home: place.home, disk }
    }

    /// Where `path` leads for a process in `cwd` (below the root).
    pub(super) fn locate(&self, cwd: &Path, path: &str) -> Lies {
        if path.len() > MAX_PATH || path.contains('\0') {
            return Lies::Outside;
        }
        let path = Path::new(path);
        let mut walk =
            Walk { ground: self, stack: Vec::new(), todo: VecDeque::new(), guarded: None, links: 0 };
        if path.is_absolute() {
            let Ok(below) = path.strip_prefix(self.workspace) else { return Lies::Outside };
            walk.push_front(below);
        } else {
            walk.push_front(path);
            walk.push_front(cwd);
        }
        walk.run()
    }

    /// A working directory, as a path below the root; `None`: it lies outside or is guarded.
    pub(super) fn cwd(&self, cwd: &str) -> Option<PathBuf> {
        match self.locate(Path::new(""), cwd) {
            Lies::Inside(path) => Some(path),
            Lies::Guarded(..) | Lies::Outside => None,
        }
    }

    /// Whether the workspace is the user's home or contains it.
    pub(super) fn holds_home(&self) -> bool {
        self.home.is_some_and(|home| home.starts_with(self.workspace))
    }
}

struct Walk<'a> {
    ground: &'a Ground<'a>,
    /// Names below the root so far.
    stack: Vec<String>,
    todo: VecDeque<Step>,
    guarded: Option<(Guarded, String)>,
    links: usize,
}

enum Step {
    Up,
    Down(String),
    /// A name that is no UTF-8, or what only other systems know.
    Strange,
}

impl Walk<'_> {
    fn push_front(&mut self, path: &Path) {
        for component in path.components().rev() {
            let step = match component {
                Component::CurDir | Component::RootDir => continue,
                Component::ParentDir => Step::Up,
                Component::Normal(name) => {
                    name.to_str().map_or(Step::Strange, |name| Step::Down(name.to_owned()))
                }
                Component::Prefix(_) => Step::Strange,
            };
            self.todo.push_front(step);
        }
    }

    fn run(mut self) -> Lies {
        while let Some(step) = self.todo.pop_front() {
            let stays = match step {
                Step::Up => self.stack.pop().is_some(),
                Step::Down(name) => self.down(name),
                Step::Strange => false,
            };
            if !stays {
                return Lies::Outside;
            }
        }
        match self.guarded {
            Some((kind, name)) => Lies::Guarded(kind, name),
            None => Lies::Inside(self.stack.iter().collect()),
        }
    }

    /// False: outside.
    fn down(&mut self, name: String) -> bool {
        if let Some(kind) = guarded(&name)
            && self.guarded.as_ref().is_none_or(|(known, _)| *known < kind)
        {
            self.guarded = Some((kind, name.clone()));
        }
        self.stack.push(name);
        let Some(disk) = self.ground.disk else { return true };
        let whole: PathBuf =
            std::iter::once(disk.as_os_str()).chain(self.stack.iter().map(std::ffi::OsStr::new)).collect();
        match std::fs::symlink_metadata(&whole) {
            Ok(meta) if meta.is_symlink() => self.follow(&whole),
            Ok(_) => true,
            // What is not there is judged by its spelling; what cannot be looked at, not at all.
            Err(error) => {
                matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
            }
        }
    }

    fn follow(&mut self, link: &Path) -> bool {
        self.links += 1;
        let Ok(target) = std::fs::read_link(link) else { return false };
        if self.links > MAX_LINKS {
            return false;
        }
        self.stack.pop();
        if !target.is_absolute() {
            self.push_front(&target);
            return true;
        }
        let Ok(below) = target.strip_prefix(self.ground.workspace) else { return false };
        self.stack.clear();
        self.push_front(below);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_and_what_leaves_lies_outside() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        for (target, name) in
            [("/etc", "etc"), ("a/b", "ok"), ("../..", "a/up"), ("loop", "loop"), (".git", "plain")]
        {
            symlink(target, root.join(name)).unwrap();
        }
        let ground = Ground { workspace: &root, home: None, disk: Some(&root) };
        let inside = |path: &str, real: &str| {
            assert_eq!(ground.locate(Path::new(""), path), Lies::Inside(real.into()), "{path}");
        };
        inside("ok/new", "a/b/new");
        inside("./a/../a/b", "a/b");
        inside("", "");
        inside(root.join("a").to_str().unwrap(), "a");
        for path in
            ["etc/passwd", "a/up", "a/up/x", "loop", "..", "a/../../x", "/etc/passwd", "new/../../x", "a\0"]
        {
            assert_eq!(ground.locate(Path::new(""), path), Lies::Outside, "{path}");
        }
        assert_eq!(ground.locate(Path::new("a/b"), "../../.."), Lies::Outside);
        assert!(matches!(ground.locate(Path::new(""), "plain/config"), Lies::Guarded(Guarded::Protected, _)));
        assert!(matches!(ground.locate(Path::new(""), "a/.ENV"), Lies::Guarded(Guarded::Private, _)));
    }
}
