//! What a reader that goes through whole folders comes by on its way: guarded names, whose contents it would print.

use super::{At, paths};
use crate::policy::protected::guarded;
use crate::policy::wildcard;
use std::path::Path;

/// Deepest folder looked into, and most names looked at; behind them nobody knows what is read.
const MAX_DEPTH: usize = 12;
const MAX_ENTRIES: usize = 5_000;
/// Largest file of patterns that is looked at, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// What is read below a folder.
#[derive(Debug, Default)]
pub(super) struct Search<'a> {
    /// Names with a dot before them are left out, unless a file of patterns takes them in again.
    pub(super) skips_hidden: bool,
    /// What the project's `.gitignore` names is left out.
    pub(super) skips_ignored: bool,
    /// Only names that end so are read; none: all are.
    pub(super) ends: Vec<&'a str>,
    /// Only names with some ending are read.
    pub(super) typed: bool,
    /// Folders and files that are left out.
    pub(super) without: Vec<&'a str>,
}

/// Whether no guarded name below the folders is read; what is no folder was looked at already.
pub(super) fn check(name: &str, given: &[&str], search: &Search<'_>, at: &At<'_>) -> Result<(), String> {
    let Some(root) = at.ground.disk else { return Ok(()) };
    let given = if given.is_empty() { &["."] } else { given };
    for path in given.iter().filter(|path| paths::is_folder(path, at)) {
        let real = paths::real(path, at)?;
        let nested = real
            .ancestors()
            .any(|above| !above.as_os_str().is_empty() && root.join(above).join(".git").exists());
        let mut walk = Walk::new(search, root, &real);
        let hit = match walk.through(&root.join(&real), &Way { nested, ..Way::default() }) {
            Ok(()) => walk.taken_in(),
            Err(stop) => Some(stop),
        };
        if let Some(what) = hit {
            return Err(format!("below `{path}`, `{name}` reads {what}"));
        }
    }
    Ok(())
}

/// The names that have to be taken in again for what is below to be read, whether one is guarded, and how deep.
#[derive(Debug, Default, Clone)]
struct Way {
    left_out: Vec<String>,
    guarded: Option<String>,
    depth: usize,
    /// What the workspace's `.gitignore` says holds in no repository of its own.
    nested: bool,
}

struct Walk<'s> {
    root: &'s Path,
    search: &'s Search<'s>,
    /// Names of folders; with a `/` before them, only of those at the root.
    ignored: Vec<String>,
    taken_in: Vec<String>,
    pending: Vec<Way>,
    entries: usize,
}

impl<'s> Walk<'s> {
    fn new(search: &'s Search<'s>, root: &'s Path, start: &Path) -> Self {
        let (ignored, taken_in, pending) = (Vec::new(), Vec::new(), Vec::new());
        let mut walk = Self { root, search, ignored, taken_in, pending, entries: 0 };
        if search.skips_hidden {
            walk.patterns(&root.join(".git/info/exclude"));
            for above in start.ancestors() {
                walk.patterns_in(&root.join(above));
            }
        }
        if search.skips_ignored && root.join(".git").exists() {
            let plain = |name: &&str| {
                let name = name.strip_prefix('/').unwrap_or(name);
                !name.is_empty() && !name.contains(['/', '*', '?', '[', '\\', '!', '#', ' '])
            };
            let lines = lines(&root.join(".gitignore"));
            let names = lines.iter().map(|line| line.strip_suffix('/').unwrap_or(line));
            walk.ignored = names.filter(plain).map(str::to_owned).collect();
        }
        walk
    }

    fn patterns_in(&mut self, folder: &Path) {
        for name in [".gitignore", ".ignore", ".rgignore"] {
            self.patterns(&folder.join(name));
        }
    }

    /// Patterns that take in again what is left out otherwise.
    fn patterns(&mut self, file: &Path) {
        let again = lines(file).into_iter().filter_map(|line| line.strip_prefix('!').map(str::to_lowercase));
        self.taken_in.extend(again.map(|pattern| pattern.replace('\\', "")));
    }

    fn through(&mut self, folder: &Path, way: &Way) -> Result<(), String> {
        if way.depth > MAX_DEPTH {
            return Err(format!("folders more than {MAX_DEPTH} deep"));
        }
        if self.search.skips_hidden {
            self.patterns_in(folder);
        }
        let mut way = way.clone();
        way.nested |= folder != self.root && folder.join(".git").exists();
        let unknown = || format!("`{}`, which cannot be looked at", folder.display());
        for entry in std::fs::read_dir(folder).map_err(|_| unknown())? {
            let entry = entry.map_err(|_| unknown())?;
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(format!("more than {MAX_ENTRIES} files"));
            }
            let kind = entry.file_type().map_err(|_| unknown())?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !kind.is_symlink() && !self.search.without.contains(&name.as_str()) {
                self.entry(&entry.path(), name, kind.is_dir(), way.clone())?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: String, folder: bool, mut way: Way) -> Result<(), String> {
        let ends = &self.search.ends;
        let read = ends.is_empty() || ends.iter().any(|end| name.ends_with(end));
        if !folder && !read {
            return Ok(());
        }
        way.depth += 1;
        if guarded(&name).is_some() {
            way.guarded.get_or_insert_with(|| name.clone());
        }
        let named =
            !folder && (!ends.is_empty() || self.search.typed && name.trim_start_matches('.').contains('.'));
        let hidden = self.search.skips_hidden && name.starts_with('.') && !named;
        let at_root = path.parent() == Some(self.root);
        let names = |line: &String| *line == name || at_root && line.strip_prefix('/') == Some(name.as_str());
        if hidden || (folder && !way.nested && self.ignored.iter().any(names)) {
            way.left_out.push(name.to_lowercase());
        }
        if folder && (way.guarded.is_none() || !ends.is_empty()) {
            // Looked into only where somebody takes it in again; whoever does makes it unknown.
            if !way.left_out.is_empty() {
                way.guarded.get_or_insert(name);
                self.pending.push(way);
                return Ok(());
            }
            return self.through(path, &way);
        }
        match &way.guarded {
            Some(guarded) if way.left_out.is_empty() => Err(format!("`{guarded}`, which is protected")),
            Some(_) => {
                self.pending.push(way);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// What was passed over and is taken in again by a pattern.
    fn taken_in(&self) -> Option<String> {
        let again = |name: &String| {
            let mut parts = self.taken_in.iter().flat_map(|pattern| pattern.split('/'));
            parts.any(|part| !part.is_empty() && wildcard::path(part, name))
        };
        let way = self.pending.iter().find(|way| way.left_out.iter().all(again))?;
        let name = way.guarded.as_deref().unwrap_or_default();
        Some(format!("`{name}`, which a file of patterns takes in again"))
    }
}

/// The lines of a small file; one that is too large or no text takes everything in again.
fn lines(file: &Path) -> Vec<String> {
    match file.metadata() {
        Ok(meta) if meta.is_file() && meta.len() <= MAX_BYTES => match std::fs::read_to_string(file) {
            Ok(text) => text.lines().map(|line| line.trim_end().to_owned()).collect(),
            Err(_) => vec!["!**".to_owned()],
        },
        Ok(_) => vec!["!**".to_owned()],
        Err(_) => Vec::new(),
    }
}
