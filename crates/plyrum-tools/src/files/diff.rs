//! Unified diffs of whole files, for people who approve.
//!
//! Lines end at `\n` alone, so that a `\r` stays visible and the text can be applied again exactly.

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

use super::text::{Bounded, beginning};

/// Lines around a change.
const CONTEXT: usize = 3;
/// Above this product of line counts the changed middle is shown as one replacement.
const COMPARED: usize = 25_000_000;
/// Longest line shown, in bytes.
const LINE_BYTES: usize = 16 * 1024;

/// The difference of two contents, at most so many bytes and a note.
pub(crate) fn unified(path: &str, before: Option<&[u8]>, after: Option<&[u8]>, max_bytes: usize) -> String {
    if before == after {
        return String::new();
    }
    let (Ok(old), Ok(new)) =
        (str::from_utf8(before.unwrap_or_default()), str::from_utf8(after.unwrap_or_default()))
    else {
        let words = |side: Option<&[u8]>| side.map_or("nothing".to_owned(), |b| format!("{} bytes", b.len()));
        return format!("binary content of {path}: {} become {}\n", words(before), words(after));
    };
    let (old, new) = (lines(old), lines(new));
    let mut out = Bounded::new(max_bytes);
    let name = quoted(path);
    out.line(&before.map_or("--- /dev/null".to_owned(), |_| format!("--- {}", name("a"))));
    out.line(&after.map_or("+++ /dev/null".to_owned(), |_| format!("+++ {}", name("b"))));
    for group in group_diff_ops(ops(&old, &new), CONTEXT) {
        hunk(&mut out, &group, &old, &new);
    }
    let rest = "… the diff is cut here; the approval is bound to the hash of the whole content\n";
    let note = if out.line("") { "" } else { rest };
    let text = out.end(note);
    if note.is_empty() { text.strip_suffix('\n').unwrap_or(&text).to_owned() } else { text }
}

/// Lines with their ends.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// A path with its side before it, quoted where it has control characters or a quote.
fn quoted(path: &str) -> impl Fn(&str) -> String {
    let odd = path.chars().any(|c| c.is_control() || c == '"' || c == '\\');
    move |side| {
        let name = format!("{side}/{path}");
        if odd { format!("\"{}\"", name.escape_default()) } else { name }
    }
}

fn ops(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (old.get(prefix..).unwrap_or_default(), new.get(prefix..).unwrap_or_default());
    let suffix = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_len, new_len) = (old_rest.len() - suffix, new_rest.len() - suffix);
    if old_len.saturating_mul(new_len) <= COMPARED {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    let equal = |at, len| DiffOp::Equal { old_index: at, new_index: at, len };
    vec![
        equal(0, prefix),
        DiffOp::Replace { old_index: prefix, old_len, new_index: prefix, new_len },
        DiffOp::Equal { old_index: prefix + old_len, new_index: prefix + new_len, len: suffix },
    ]
}

fn hunk(out: &mut Bounded, ops: &[DiffOp], old: &[&str], new: &[&str]) {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else { return };
    let range = |start: usize, end: usize| match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        len => format!("{},{len}", start + 1),
    };
    let old_range = range(first.old_range().start, last.old_range().end);
    let new_range = range(first.new_range().start, last.new_range().end);
    out.line(&format!("@@ -{old_range} +{new_range} @@"));
    for op in ops {
        if let DiffOp::Equal { .. } = op {
            put(out, ' ', old.get(op.old_range()));
        } else {
            put(out, '-', old.get(op.old_range()));
            put(out, '+', new.get(op.new_range()));
        }
    }
}

fn put(out: &mut Bounded, sign: char, lines: Option<&[&str]>) {
    for line in lines.unwrap_or_default() {
        let content = line.strip_suffix('\n');
        let shown = beginning(content.unwrap_or(line), LINE_BYTES);
        let cut = if shown.len() < content.unwrap_or(line).len() { " … (line cut)" } else { "" };
        if !out.line(&format!("{sign}{shown}{cut}")) {
            return;
        }
        if content.is_none() {
            out.line("\\ No newline at end of file");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(old: &str, new: &str) -> String {
        unified("a.txt", Some(old.as_bytes()), Some(new.as_bytes()), 1 << 16)
    }

    #[test]
    fn a_change_reads_as_people_know_it() {
        assert_eq!(
            diff("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\nfive\n6"),
            "--- a/a.txt\n+++ b/a.txt\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n-6\n+five\n+6\n\\ No newline at end of file\n"
        );
        assert_eq!(diff("x", "x"), "");
    }

    #[test]
    fn created_and_removed_files_have_one_side() {
        let created = unified("a", None, Some(b"x\n"), 1000);
        assert_eq!(created, "--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n");
        let removed = unified("a", Some(b"x\n"), None, 1000);
        assert_eq!(removed, "--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n");
    }

    #[test]
    fn a_long_diff_is_cut_and_says_so_and_a_binary_one_is_told() {
        let long = diff("", &"line\n".repeat(100_000));
        assert!(long.len() < (1 << 16) + 200 && long.contains("the diff is cut here"));
        assert!(unified("a", Some(b"\xff"), Some(b"x"), 100).starts_with("binary content of a: 1 bytes"));
        let wild = diff(&"a\n".repeat(6000), &"b\n".repeat(6000));
        assert!(wild.contains("@@ -1,6000 +1,6000 @@"));
    }
}
