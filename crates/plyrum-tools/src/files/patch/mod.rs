//! Patches: the envelope that coding models write (`*** Begin Patch`), and unified diffs.
//!
//! Both are read into the same [`FilePatch`]es, and applied to text alone: no file is opened here.

mod apply;
mod envelope;
mod place;
mod unified;

pub(crate) use apply::apply;

use crate::workspace::FileError;

/// Longest patch, in bytes.
const PATCH_BYTES: usize = 1 << 20;
/// Most files of a patch.
const FILES: usize = 500;

/// What a patch does to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilePatch {
    pub(crate) path: String,
    pub(crate) action: Action,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Add {
        content: String,
    },
    /// With the hunks that a unified diff gives for what is removed.
    Delete {
        hunks: Vec<Hunk>,
    },
    Update {
        move_to: Option<String>,
        hunks: Vec<Hunk>,
    },
}

/// A group of changed lines with what is around them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Hunk {
    /// Lines that stand before it in the file, in order (`@@ fn main`).
    pub(crate) anchors: Vec<String>,
    /// First old line by the header, from 1.
    pub(crate) at: Option<usize>,
    pub(crate) lines: Vec<Line>,
    /// It stands at the end of the file.
    pub(crate) at_end: bool,
    /// Whether the new text ends with a newline, where the patch says so.
    pub(crate) final_newline: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    Context(String),
    Removed(String),
    Added(String),
}

impl Line {
    /// Reads a line of a hunk. A model may leave out the space of an empty line.
    fn parse(line: &str) -> Option<Self> {
        let rest = || line.get(1..).unwrap_or_default().to_owned();
        match line.as_bytes().first() {
            None => Some(Self::Context(String::new())),
            Some(b' ') => Some(Self::Context(rest())),
            Some(b'-') => Some(Self::Removed(rest())),
            Some(b'+') => Some(Self::Added(rest())),
            Some(b'\r') if line.len() == 1 => Some(Self::Context("\r".to_owned())),
            Some(_) => None,
        }
    }
}

impl Hunk {
    /// The lines that must be in the file.
    fn old(&self) -> Vec<&str> {
        let old = self.lines.iter().filter_map(|line| match line {
            Line::Context(text) | Line::Removed(text) => Some(text.as_str()),
            Line::Added(_) => None,
        });
        old.collect()
    }

    /// Notes a `\ No newline at end of file` behind the last line read.
    fn no_newline(&mut self) {
        match self.lines.last() {
            Some(Line::Removed(_)) => self.final_newline = Some(true),
            Some(Line::Added(_) | Line::Context(_)) => self.final_newline = Some(false),
            None => {}
        }
    }
}

/// A hunk's header: where the old lines begin and how many there are, and the new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    old_at: usize,
    old_len: usize,
    new_len: usize,
}

impl Header {
    /// Reads `@@ -1,2 +3,4 @@ …`.
    fn parse(line: &str) -> Option<Self> {
        let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
        let (old, new) = ranges.split_once(" +")?;
        let (old_at, old_len) = range(old)?;
        let (_, new_len) = range(new)?;
        Some(Self { old_at, old_len, new_len })
    }
}

fn range(text: &str) -> Option<(usize, usize)> {
    let (at, len) = text.split_once(',').unwrap_or((text, "1"));
    Some((at.parse().ok()?, len.parse().ok()?))
}

/// Reads a patch of either kind.
pub(crate) fn parse(text: &str) -> Result<Vec<FilePatch>, FileError> {
    if text.len() > PATCH_BYTES {
        return Err(bad(1, "it is longer than 1 MiB; split it"));
    }
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.last() == Some(&"") {
        lines.pop();
    }
    let begin = lines.iter().position(|line| line.trim() == envelope::BEGIN);
    let files = match begin {
        Some(begin) => envelope::parse(&lines, begin)?,
        None => unified::parse(&lines)?,
    };
    if files.len() > FILES {
        return Err(bad(1, "it has more than 500 files; split it"));
    }
    Ok(files)
}

fn bad(line: usize, message: impl Into<String>) -> FileError {
    FileError::BadPatch { line, message: message.into() }
}
