//! The envelope: `*** Begin Patch`, sections by file, `*** End Patch`.

use super::{Action, FilePatch, Header, Hunk, Line, bad};
use crate::workspace::FileError;

pub(super) const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const END_OF_FILE: &str = "*** End of File";
const ADD: &str = "*** Add File:";
const DELETE: &str = "*** Delete File:";
const UPDATE: &str = "*** Update File:";
const MOVE: &str = "*** Move to:";

/// Reads what stands between the markers.
pub(super) fn parse(lines: &[&str], begin: usize) -> Result<Vec<FilePatch>, FileError> {
    let mut reader = Reader { lines, at: begin + 1 };
    let mut files = Vec::new();
    while let Some(line) = reader.next() {
        let trimmed = line.trim();
        if trimmed == END {
            return if files.is_empty() { Err(bad(reader.at, "it has no files")) } else { Ok(files) };
        }
        let path = |marker: &str| trimmed.strip_prefix(marker).map(|path| path.trim().to_owned());
        let (path, action) = if let Some(path) = path(ADD) {
            (path, Action::Add { content: reader.added()? })
        } else if let Some(path) = path(DELETE) {
            (path, Action::Delete { hunks: Vec::new() })
        } else if let Some(path) = path(UPDATE) {
            (path, reader.update()?)
        } else if trimmed.is_empty() {
            continue;
        } else {
            let message = format!(
                "expected `{ADD} PATH`, `{UPDATE} PATH`, `{DELETE} PATH` or `{END}`, found `{}`",
                short(line)
            );
            return Err(bad(reader.at, message));
        };
        if path.is_empty() {
            return Err(bad(reader.at, "the file has no path"));
        }
        files.push(FilePatch { path, action });
    }
    Err(bad(lines.len(), format!("`{END}` is missing: it may have been cut off")))
}

pub(super) fn short(line: &str) -> &str {
    crate::files::text::beginning(line, 120)
}

struct Reader<'p> {
    lines: &'p [&'p str],
    /// Lines read.
    at: usize,
}

impl<'p> Reader<'p> {
    fn next(&mut self) -> Option<&'p str> {
        let line = self.lines.get(self.at).copied();
        self.at += usize::from(line.is_some());
        line
    }

    /// The next line, unless it begins another section. A `***` inside of a hunk has a sign before it.
    fn next_inside(&mut self) -> Option<&'p str> {
        let line = self.lines.get(self.at).copied()?;
        let ends = line.starts_with("*** ") && line.trim_end() != END_OF_FILE;
        if ends { None } else { self.next() }
    }

    fn added(&mut self) -> Result<String, FileError> {
        let mut content = String::new();
        while let Some(line) = self.next_inside() {
            let Some(line) = line.strip_prefix('+') else {
                if line.trim().is_empty() {
                    continue;
                }
                return Err(bad(self.at, "each line of an added file begins with `+`"));
            };
            content.push_str(line);
            content.push('\n');
        }
        Ok(content)
    }

    fn update(&mut self) -> Result<Action, FileError> {
        let first = self.at;
        let mut move_to = None;
        if let Some(path) = self.lines.get(self.at).and_then(|line| line.trim().strip_prefix(MOVE)) {
            move_to = Some(path.trim().to_owned());
            self.at += 1;
        }
        let mut hunks: Vec<Hunk> = Vec::new();
        let mut hunk = Hunk::default();
        while let Some(line) = self.next_inside() {
            if line.trim_end() == END_OF_FILE {
                hunk.at_end = true;
                flush(&mut hunk, &mut hunks);
            } else if let Some(anchor) = line.strip_prefix("@@") {
                if !hunk.lines.is_empty() {
                    flush(&mut hunk, &mut hunks);
                }
                read_header(line, anchor, &mut hunk);
            } else if line.starts_with("\\ No newline") {
                hunk.no_newline();
            } else {
                let line = Line::parse(line).ok_or_else(|| {
                    bad(
                        self.at,
                        format!("a line of a hunk begins with ` `, `+` or `-`, found `{}`", short(line)),
                    )
                })?;
                hunk.lines.push(line);
            }
        }
        flush(&mut hunk, &mut hunks);
        if hunks.is_empty() && move_to.is_none() {
            return Err(bad(first, "the file has no hunks"));
        }
        Ok(Action::Update { move_to, hunks })
    }
}

fn read_header(line: &str, anchor: &str, hunk: &mut Hunk) {
    if let Some(header) = Header::parse(line.trim_end()) {
        hunk.at = Some(header.old_at);
        return;
    }
    let anchor = anchor.trim().trim_end_matches("@@").trim();
    if !anchor.is_empty() {
        hunk.anchors.push(anchor.to_owned());
    }
}

/// Ends a hunk. Empty lines at its end without a sign are the patch's own layout.
fn flush(hunk: &mut Hunk, hunks: &mut Vec<Hunk>) {
    let hunk = std::mem::take(hunk);
    let changes = hunk.lines.iter().any(|line| !matches!(line, Line::Context(_)));
    if changes {
        hunks.push(hunk);
    }
}
