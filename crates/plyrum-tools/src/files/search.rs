//! `search`: lines that match a regular expression.
//!
//! Folders are walked beneath the workspace's handle and each file is opened there, so a link swapped in on
//! the way leads nowhere. `.gitignore` and `.ignore` files are respected.

use std::io;
use std::path::Path;

use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkMatch};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::overrides::{Override, OverrideBuilder};
use rustix::fs::FileType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::Outcome;
use super::text::{Bounded, beginning};
use crate::workspace::{FileError, RelPath, Workspace, escape, kind, read_to, size};

/// The tool's name.
pub const NAME: &str = "search";
/// What a model reads about it.
pub const DESCRIPTION: &str = "Finds lines in files of the workspace that match a regular expression (Rust syntax, line by line). \
     Files that .gitignore names and binary files are left out.";

/// Matches without a wish, and at most.
const MATCHES: usize = 200;
const MATCHES_MAX: usize = 1000;
/// Longest text, in bytes, without the note at its end.
const TEXT_BYTES: usize = 64 * 1024 - 512;
/// Longest matching line shown, in bytes.
const LINE_BYTES: usize = 500;
/// Larger files are left out, in bytes.
const FILE_BYTES: u64 = 16 << 20;
/// Files and bytes after which a search ends.
const FILES: usize = 100_000;
const TOTAL_BYTES: u64 = 1 << 30;
/// Names of one folder that are looked at.
const FOLDER_ENTRIES: usize = 100_000;
/// Deepest folder.
const DEPTH: usize = 64;
/// Largest `.gitignore`, in bytes.
const IGNORE_BYTES: u64 = 1 << 20;
/// Memory for one line, in bytes.
const HEAP_BYTES: usize = 4 << 20;
/// Memory for a compiled pattern, in bytes.
const PATTERN_BYTES: usize = 4 << 20;

/// Arguments of `search`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Regular expression to look for, in Rust's syntax.
    pub pattern: String,
    /// Folder or file to search, relative to the workspace; all of it without this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only files that this glob names, such as `*.rs` or `src/**/*.ts`; with `!` before it, all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glob: Option<String>,
    /// Whether upper and lower case are the same.
    #[serde(default)]
    pub case_insensitive: bool,
    /// How many matches at most: 200 without it, never more than 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

/// Searches. `stop` is asked before each file and at each match; what was found until then is not told.
pub fn execute(workspace: &Workspace, args: &Args, stop: &dyn Fn() -> bool) -> Result<Outcome, FileError> {
    let path = workspace.relative(args.path.as_deref().unwrap_or("."))?;
    let max = args.max.map_or(MATCHES, |max| usize::try_from(max).unwrap_or(MATCHES_MAX));
    let mut search = Search {
        workspace,
        stop,
        matcher: matcher(args)?,
        searcher: searcher(),
        only: only(args.glob.as_deref())?,
        found: Found {
            out: Bounded::new(TEXT_BYTES),
            left: max.clamp(1, MATCHES_MAX),
            matches: 0,
            full: false,
        },
        files: 0,
        bytes: 0,
        left_out: 0,
        guarded: 0,
        ended_early: false,
    };
    let stat = workspace.stat(&path)?.ok_or_else(|| FileError::Missing { path: path.display() })?;
    if kind(&stat) == FileType::Directory {
        let mut ignores = search.ignores_above(&path);
        search.folder(&path, &mut ignores)?;
    } else {
        search.file(&path)?;
    }
    Ok(search.outcome())
}

fn matcher(args: &Args) -> Result<RegexMatcher, FileError> {
    RegexMatcherBuilder::new()
        .case_insensitive(args.case_insensitive)
        .line_terminator(Some(b'\n'))
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .build(&args.pattern)
        .map_err(|e| FileError::BadPattern {
            what: "pattern",
            message: beginning(&e.to_string(), 2000).to_owned(),
        })
}

fn searcher() -> Searcher {
    SearcherBuilder::new()
        .line_number(true)
        .binary_detection(BinaryDetection::quit(0))
        .heap_limit(Some(HEAP_BYTES))
        .build()
}

fn only(glob: Option<&str>) -> Result<Override, FileError> {
    let failed = |e: ignore::Error| FileError::BadPattern { what: "glob", message: e.to_string() };
    let mut only = OverrideBuilder::new("");
    if let Some(glob) = glob {
        only.add(glob).map_err(failed)?;
    }
    only.build().map_err(failed)
}

struct Search<'s> {
    workspace: &'s Workspace,
    stop: &'s dyn Fn() -> bool,
    matcher: RegexMatcher,
    searcher: Searcher,
    only: Override,
    found: Found,
    files: usize,
    bytes: u64,
    left_out: usize,
    /// Files and folders that usually hold secrets: whoever wants one reads it by its name.
    guarded: usize,
    ended_early: bool,
}

impl Search<'_> {
    /// Ignore files of the folders above the one that is searched.
    fn ignores_above(&self, path: &RelPath) -> Vec<Gitignore> {
        if path.is_root() {
            return Vec::new();
        }
        let mut above: Vec<RelPath> = path.above().collect();
        above.push(RelPath::root());
        above.iter().rev().map(|folder| self.ignores(folder)).collect()
    }

    fn ignores(&self, folder: &RelPath) -> Gitignore {
        let mut builder = GitignoreBuilder::new(folder.inner());
        for name in [".gitignore", ".ignore"] {
            let Ok((file, stat)) = self.workspace.open_file(&folder.join(name.as_ref())) else { continue };
            let content = read_to(&file, IGNORE_BYTES, size(&stat)).ok().flatten().unwrap_or_default();
            for line in escape(&content).lines() {
                // A line that is no glob is passed over, as git does.
                let _no_glob = builder.add_line(None, line);
            }
        }
        builder.build().unwrap_or_else(|_| Gitignore::empty())
    }

    fn folder(&mut self, path: &RelPath, ignores: &mut Vec<Gitignore>) -> Result<(), FileError> {
        let folder = match self.workspace.read_folder(path, FOLDER_ENTRIES) {
            Err(error) if path.is_root() => return Err(error),
            Err(_) => {
                self.left_out += 1;
                return Ok(());
            }
            Ok(folder) => folder,
        };
        self.ended_early |= folder.cut || path.depth() >= DEPTH;
        if path.depth() >= DEPTH {
            return Ok(());
        }
        ignores.push(self.ignores(path));
        for entry in &folder.entries {
            if self.is_done() {
                break;
            }
            let inner = path.join(&entry.name);
            let is_dir = entry.kind == FileType::Directory;
            if entry.name == ".git" || is_ignored(ignores, inner.inner(), is_dir) {
                continue;
            }
            if entry.name.to_str().is_some_and(crate::policy::holds_keys) {
                self.guarded += 1;
                continue;
            }
            if is_dir {
                self.folder(&inner, ignores)?;
            } else if entry.kind == FileType::RegularFile
                && !self.only.matched(inner.inner(), false).is_ignore()
            {
                self.within(&inner)?;
            }
        }
        ignores.pop();
        Ok(())
    }

    /// A file that the walk came to; one that vanished or is refused is left out, not a failure.
    fn within(&mut self, path: &RelPath) -> Result<(), FileError> {
        match self.file(path) {
            Err(FileError::Stopped) => Err(FileError::Stopped),
            Err(_) => {
                self.left_out += 1;
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn file(&mut self, path: &RelPath) -> Result<(), FileError> {
        if (self.stop)() {
            return Err(FileError::Stopped);
        }
        let (file, stat) = self.workspace.open_file(path)?;
        if size(&stat) > FILE_BYTES {
            self.left_out += 1;
            return Ok(());
        }
        self.files += 1;
        self.bytes += size(&stat);
        self.ended_early |= self.files >= FILES || self.bytes >= TOTAL_BYTES;
        let sink = FileSink { found: &mut self.found, path: path.display(), stop: self.stop };
        match self.searcher.search_file(&self.matcher, &file, sink) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(FileError::Stopped),
            other => other.map_err(|e| FileError::of_io(e, "search", path.display())),
        }
    }

    fn is_done(&self) -> bool {
        self.ended_early || self.found.full
    }

    fn outcome(self) -> Outcome {
        let cut = self.is_done();
        let mut note = String::new();
        if self.found.matches == 0 {
            note.push_str(&format!("[no match in {} files]\n", self.files));
        }
        if self.found.full {
            note.push_str("[there may be more matches; narrow the pattern, path or glob, or raise max]\n");
        }
        if self.ended_early {
            note.push_str("[not all files were searched: there are too many; narrow path or glob]\n");
        }
        if self.left_out > 0 {
            note.push_str(&format!(
                "[{} files or folders were left out: larger than 16 MiB, or not readable]\n",
                self.left_out
            ));
        }
        if self.guarded > 0 {
            note.push_str(&format!(
                "[{} files or folders that usually hold secrets were left out; read_file takes one by its name]\n",
                self.guarded
            ));
        }
        Outcome { text: self.found.out.end(&note), changed: Vec::new(), cut }
    }
}

/// The nearest ignore file that speaks decides.
fn is_ignored(ignores: &[Gitignore], path: &Path, is_dir: bool) -> bool {
    for ignore in ignores.iter().rev() {
        match ignore.matched(path, is_dir) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => {}
        }
    }
    false
}

struct Found {
    out: Bounded,
    left: usize,
    matches: usize,
    full: bool,
}

struct FileSink<'s> {
    found: &'s mut Found,
    path: String,
    stop: &'s dyn Fn() -> bool,
}

impl Sink for FileSink<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> Result<bool, io::Error> {
        if (self.stop)() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let bytes = found.bytes().strip_suffix(b"\n").unwrap_or(found.bytes());
        let line = escape(bytes.get(..LINE_BYTES * 2).unwrap_or(bytes));
        let shown = beginning(line.trim_end_matches('\r'), LINE_BYTES);
        let cut = if bytes.len() > shown.len() + 1 { " …" } else { "" };
        let number = found.line_number().unwrap_or_default();
        if self.found.left == 0 || !self.found.out.line(&format!("{}:{number}: {shown}{cut}", self.path)) {
            self.found.full = true;
            return Ok(false);
        }
        self.found.left -= 1;
        self.found.matches += 1;
        Ok(true)
    }
}
