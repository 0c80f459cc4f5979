//! `read_file`: lines of a text file.

use std::io::Read as _;

use plyrum_jsonl::Lines;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::Outcome;
use super::text::{Bounded, beginning, size_words};
use crate::workspace::{FileError, Workspace, escape, size};

/// The tool's name.
pub const NAME: &str = "read_file";
/// What a model reads about it.
pub const DESCRIPTION: &str = "Reads a text file of the workspace, whole or from a line on. At most 64 KiB at once; \
     what is longer says how to go on.";

/// Longest text, in bytes, without the note at its end.
const TEXT_BYTES: usize = 64 * 1024 - 512;
/// Longest line shown, in bytes.
const LINE_BYTES: usize = 16 * 1024;
/// Bytes that are looked at to tell text from binary.
const SNIFFED_BYTES: usize = 8 * 1024;
/// Bytes read at most to get to a line.
const PASSED_BYTES: u64 = 256 << 20;

/// Arguments of `read_file`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// File to read, relative to the workspace.
    pub path: String,
    /// First line to read, counted from 1. Without it reading begins at the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_line: Option<u64>,
    /// How many lines to read at most. Without it, as many as fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_lines: Option<u64>,
}

/// Reads the lines.
pub fn execute(workspace: &Workspace, args: &Args) -> Result<Outcome, FileError> {
    let path = workspace.relative(&args.path)?;
    let (mut file, stat) = workspace.open_file(&path)?;
    let failed = |e| FileError::of_io(e, "read", path.display());
    let total = size(&stat);
    let mut start = vec![0; SNIFFED_BYTES];
    let read = fill(&mut file, &mut start).map_err(failed)?;
    start.truncate(read);
    if let Some(kind) = binary_kind(&start) {
        let text = format!(
            "{}: a binary file ({kind}), {}; its content is not shown",
            path.display(),
            size_words(total)
        );
        return Ok(Outcome { text, ..Outcome::default() });
    }
    let source = start.as_slice().chain(file).take(PASSED_BYTES);
    show(Lines::new(source, LINE_BYTES), args, &path.display(), total).map_err(failed)
}

fn show<R: std::io::Read>(
    mut lines: Lines<R>,
    args: &Args,
    path: &str,
    total: u64,
) -> std::io::Result<Outcome> {
    let first = args.offset_line.unwrap_or(1).max(1);
    let limit = args.limit_lines.unwrap_or(u64::MAX).max(1);
    let mut out = Bounded::new(TEXT_BYTES);
    let (mut seen, mut ended, mut cut_lines) = (0_u64, true, 0_u64);
    let mut final_newline = true;
    while let Some(line) = lines.next()? {
        if line.number < first {
            seen = line.number;
            continue;
        }
        let past = line.number - first >= limit;
        if past || !out.line(&shown(line.bytes, line.too_long)) {
            ended = false;
            break;
        }
        cut_lines += u64::from(line.too_long);
        final_newline = line.complete;
        seen = line.number;
    }
    let mut note = String::new();
    if ended && total > PASSED_BYTES {
        note.push_str("[only the first 256 MiB of a file can be read]\n");
    } else if !ended {
        let next = seen.max(first - 1) + 1;
        let size = size_words(total);
        note.push_str(&format!("[{path} goes on ({size} in all): read it with offset_line {next}]\n"));
    } else if out.is_empty() {
        let what = if total == 0 { "is empty".to_owned() } else { format!("has only {seen} lines") };
        note.push_str(&format!("[{path} {what}]\n"));
    } else if !final_newline {
        note.push_str("[no newline at the end of the file]\n");
    }
    if cut_lines > 0 {
        note.push_str(&format!("[{cut_lines} lines longer than 16 KiB are cut]\n"));
    }
    Ok(Outcome { text: out.end(&note), changed: Vec::new(), cut: !ended || cut_lines > 0 })
}

fn shown(bytes: &[u8], too_long: bool) -> String {
    let text = escape(bytes);
    let text = if text.len() > LINE_BYTES * 2 { beginning(&text, LINE_BYTES * 2) } else { &text };
    if too_long { format!("{text} … (line cut)") } else { text.to_owned() }
}

fn fill(file: &mut std::fs::File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What a binary file is, by its first bytes; none for text.
pub(crate) fn binary_kind(start: &[u8]) -> Option<&'static str> {
    const KINDS: &[(&[u8], &str)] = &[
        (b"\x7fELF", "ELF program or library"),
        (b"\x89PNG", "PNG image"),
        (b"\xff\xd8\xff", "JPEG image"),
        (b"GIF8", "GIF image"),
        (b"%PDF-", "PDF document"),
        (b"PK\x03\x04", "ZIP archive or office document"),
        (b"\x1f\x8b", "gzip archive"),
        (b"\x28\xb5\x2f\xfd", "zstd archive"),
        (b"\xfd7zXZ", "xz archive"),
        (b"SQLite format 3\0", "SQLite database"),
        (b"\0asm", "WebAssembly module"),
        (b"MZ", "Windows program"),
        (b"\xff\xfe", "UTF-16 text"),
        (b"\xfe\xff", "UTF-16 text"),
    ];
    let has_nul = start.contains(&0);
    let known = KINDS.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, kind)| *kind);
    if has_nul {
        return Some(known.unwrap_or("unknown kind"));
    }
    // A PDF begins as text does; `MZ` can begin a text.
    known.filter(|kind| *kind != "Windows program" && *kind != "GIF image")
}
