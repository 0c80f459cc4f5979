//! Unified diffs, as `diff -u` and `git diff` write them and as models write them from memory.
//!
//! The counts of a hunk's header are believed where they fit; a model often gets them wrong, and then the
//! hunk ends where its lines do.

use std::path::{Component, Path};

use super::envelope::short;
use super::{Action, FilePatch, Header, Hunk, Line, bad};
use crate::workspace::FileError;

/// Reads all files of a diff. What stands before a file's header is passed over.
pub(super) fn parse(lines: &[&str]) -> Result<Vec<FilePatch>, FileError> {
    let mut reader = Reader { lines, at: 0 };
    let mut files = Vec::new();
    while let Some(line) = reader.peek(0) {
        if is_file(lines, reader.at) {
            files.push(reader.file(None)?);
        } else if line.starts_with("diff --git ") {
            reader.at += 1;
            if let Some(file) = reader.git()? {
                files.push(file);
            }
        } else if line.starts_with("@@ ") {
            return Err(bad(
                reader.at + 1,
                "a hunk without a file: `--- a/PATH` and `+++ b/PATH` go before it",
            ));
        } else {
            reader.at += 1;
        }
    }
    if files.is_empty() {
        let message = "it has neither `*** Begin Patch` nor `--- a/PATH` and `+++ b/PATH`";
        return Err(bad(1, message));
    }
    Ok(files)
}

/// Whether a file's header begins here.
fn is_file(lines: &[&str], at: usize) -> bool {
    let begins = |at: usize, with: &str| lines.get(at).is_some_and(|line| line.starts_with(with));
    begins(at, "--- ") && begins(at + 1, "+++ ")
}

struct Reader<'p> {
    lines: &'p [&'p str],
    at: usize,
}

impl<'p> Reader<'p> {
    fn peek(&self, ahead: usize) -> Option<&'p str> {
        self.lines.get(self.at + ahead).copied()
    }

    /// What git says between `diff --git` and the hunks; a rename may have none.
    fn git(&mut self) -> Result<Option<FilePatch>, FileError> {
        let (mut from, mut to) = (None, None);
        while let Some(line) = self.peek(0) {
            let line = line.trim_end_matches('\r');
            if is_file(self.lines, self.at) {
                return self.file(to).map(Some);
            }
            if line.starts_with("diff --git ") {
                break;
            }
            if line.starts_with("Binary files ") || line.starts_with("GIT binary patch") {
                return Err(bad(self.at + 1, "binary patches cannot be applied"));
            }
            if let Some(path) = line.strip_prefix("rename from ") {
                from = Some(unquote(path));
            }
            if let Some(path) = line.strip_prefix("rename to ") {
                to = Some(unquote(path));
            }
            self.at += 1;
        }
        let renamed = from.zip(to);
        Ok(renamed.map(|(path, to)| FilePatch {
            path,
            action: Action::Update { move_to: Some(to), hunks: Vec::new() },
        }))
    }

    fn file(&mut self, rename_to: Option<String>) -> Result<FilePatch, FileError> {
        let first = self.at + 1;
        let old = self.peek(0).and_then(|line| line.strip_prefix("--- ")).map(header_path);
        let new = self.peek(1).and_then(|line| line.strip_prefix("+++ ")).map(header_path);
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        self.at += 2;
        let mut hunks = Vec::new();
        while let Some(line) = self.peek(0).filter(|line| line.starts_with("@@")) {
            let header = Header::parse(line.trim_end());
            self.at += 1;
            let line = self.at;
            let hunk = self.hunk(header)?;
            if hunk.lines.iter().all(|line| matches!(line, Line::Context(_))) {
                return Err(bad(line, "the hunk has no line that begins with `+` or `-`"));
            }
            hunks.push(hunk);
        }
        if hunks.is_empty() && rename_to.is_none() {
            return Err(bad(first, "the file has no hunks (`@@ -1,3 +1,4 @@`)"));
        }
        let sides = strip_sides(&old, &new);
        let has_sides = sides.is_some();
        let (old_path, new_path) = sides.unwrap_or_else(|| (old.clone(), new.clone()));
        match (old.as_str(), new.as_str()) {
            ("/dev/null", "/dev/null") => Err(bad(first, "both sides are /dev/null")),
            ("/dev/null", _) => {
                Ok(FilePatch { path: new_path, action: Action::Add { content: content(&hunks, first)? } })
            }
            (_, "/dev/null") => Ok(FilePatch { path: old_path, action: Action::Delete { hunks } }),
            _ => {
                // `diff -u a.orig a` is a change of `a`; only git's `a/` and `b/` make a move of two names.
                let path = if has_sides || rename_to.is_some() { old_path } else { new_path.clone() };
                let move_to = rename_to.or_else(|| (path != new_path).then_some(new_path));
                Ok(FilePatch { path, action: Action::Update { move_to, hunks } })
            }
        }
    }

    fn hunk(&mut self, header: Option<Header>) -> Result<Hunk, FileError> {
        let at = header.map(|header| header.old_at);
        if let Some((hunk, next)) = header.and_then(|header| self.counted(header)) {
            self.at = next;
            return Ok(Hunk { at, ..hunk });
        }
        let mut hunk = Hunk { at, ..Hunk::default() };
        let mut blank = 0;
        while let Some(line) = self.peek(0) {
            if is_file(self.lines, self.at) || line.starts_with("@@") || line.starts_with("diff --git ") {
                break;
            }
            if line.starts_with("\\ ") {
                hunk.no_newline();
            } else if let Some(parsed) = Line::parse(line) {
                blank = if line.trim_end_matches('\r').is_empty() { blank + 1 } else { 0 };
                hunk.lines.push(parsed);
            } else if line.starts_with("```") || line.starts_with("-- ") || line.starts_with("index ") {
                break;
            } else {
                let message =
                    format!("a line of a hunk begins with ` `, `+` or `-`, found `{}`", short(line));
                return Err(bad(self.at + 1, message));
            }
            self.at += 1;
        }
        // Empty lines at the end are the layout of the answer that the patch came in.
        hunk.lines.truncate(hunk.lines.len() - blank);
        Ok(hunk)
    }

    /// The hunk by its counts, if they fit the lines.
    fn counted(&self, header: Header) -> Option<(Hunk, usize)> {
        let mut hunk = Hunk::default();
        let (mut old, mut new, mut at) = (header.old_len, header.new_len, self.at);
        while old > 0 || new > 0 {
            let line = self.lines.get(at)?;
            if line.starts_with("\\ ") {
                hunk.no_newline();
            } else {
                let parsed = Line::parse(line)?;
                let (takes_old, takes_new) = match parsed {
                    Line::Context(_) => (1, 1),
                    Line::Removed(_) => (1, 0),
                    Line::Added(_) => (0, 1),
                };
                old = old.checked_sub(takes_old)?;
                new = new.checked_sub(takes_new)?;
                hunk.lines.push(parsed);
            }
            at += 1;
        }
        if self.lines.get(at).is_some_and(|line| line.starts_with("\\ ")) {
            hunk.no_newline();
            at += 1;
        }
        let next = self.lines.get(at).copied().unwrap_or("");
        let goes_on = !is_file(self.lines, at) && next != "-- " && next.starts_with([' ', '+', '-']);
        (!goes_on).then_some((hunk, at))
    }
}

/// The content of an added file.
fn content(hunks: &[Hunk], line: usize) -> Result<String, FileError> {
    let mut content = String::new();
    for added in hunks.iter().flat_map(|hunk| &hunk.lines) {
        let Line::Added(text) = added else {
            return Err(bad(line, "each line of an added file begins with `+`"));
        };
        content.push_str(text);
        content.push('\n');
    }
    if hunks.last().is_some_and(|hunk| hunk.final_newline == Some(false)) {
        content.pop();
    }
    Ok(content)
}

/// The path of a header: without a time behind a tab, unquoted.
fn header_path(text: &str) -> String {
    let text = text.trim_end_matches('\r');
    unquote(text.split_once('\t').map_or(text, |(path, _)| path).trim_end())
}

/// `a/x` and `b/x` are both `x`; none where the paths are not written so.
fn strip_sides(old: &str, new: &str) -> Option<(String, String)> {
    let side = |path: &str, side: &str| {
        let mut parts = Path::new(path).components();
        let first = parts.next();
        let rest = parts.as_path().to_str().unwrap_or_default().to_owned();
        (first == Some(Component::Normal(side.as_ref())) && !rest.is_empty()).then_some(rest)
    };
    match (old, new) {
        ("/dev/null", new) => side(new, "b").map(|new| (String::new(), new)),
        (old, "/dev/null") => side(old, "a").map(|old| (old, String::new())),
        (old, new) => side(old, "a").zip(side(new, "b")),
    }
}

/// A path in quotes, as git writes one with special characters: `"a/\321\204"`.
fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(digit @ b'0'..=b'3') => {
                let mut value = digit - b'0';
                for _ in 0..2 {
                    if let Some(digit) = rest.next_if(|b| (b'0'..=b'7').contains(b)) {
                        value = value.wrapping_mul(8).wrapping_add(digit - b'0');
                    }
                }
                bytes.push(value);
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
