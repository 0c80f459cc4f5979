//! Whether a unified diff adds up, and finds its place in the files that came with the question.

use crate::spec::Attachment;

/// Hunks that are looked for in a file; a diff with more is taken to fit. Each search reads the file once.
const MAX_SEARCHED: usize = 256;

/// One hunk: lines of the file before, counted and read.
#[derive(Debug, Default)]
struct Hunk<'a> {
    path: Option<&'a str>,
    old: Vec<&'a str>,
    old_left: usize,
    new_left: usize,
}

/// Why no tool would apply it.
pub(super) fn fault_of(text: &str, files: &[Attachment]) -> Option<String> {
    if text.trim_start().starts_with("*** Begin Patch") {
        return None; // another format
    }
    let hunks = match hunks(text) {
        Ok(hunks) => hunks,
        Err(why) => return Some(why),
    };
    if hunks.is_empty() && !changes_without_hunks(text) {
        return Some("the diff has no hunk with its line numbers (@@ -1,2 +1,2 @@)".to_owned());
    }
    hunks.iter().take(MAX_SEARCHED).find_map(|hunk| misplaced(hunk, files))
}

fn changes_without_hunks(text: &str) -> bool {
    const SIGNS: [&str; 5] =
        ["rename from ", "old mode ", "new file mode ", "deleted file mode ", "Binary files "];
    text.lines().any(|line| SIGNS.iter().any(|sign| line.starts_with(sign)))
}

fn hunks(text: &str) -> Result<Vec<Hunk<'_>>, String> {
    let mut hunks: Vec<Hunk<'_>> = Vec::new();
    let mut path = None;
    for line in text.lines() {
        if let Some(hunk) = hunks.last_mut().filter(|hunk| !hunk.is_whole()) {
            hunk.take(line)?;
        } else if line.starts_with("@@") {
            hunks.push(Hunk::begin(line, path)?);
        } else if line.starts_with("diff ") || line.starts_with("--- ") {
            path = None;
        } else if let Some(name) = line.strip_prefix("+++ ") {
            path = Some(bare(name));
        } else if !hunks.is_empty() && line.starts_with(['+', '-']) && line.trim_end() != "--" {
            return Err(uneven()); // not the line before a mail's signature
        }
    }
    if hunks.last().is_none_or(Hunk::is_whole) { Ok(hunks) } else { Err(uneven()) }
}

fn uneven() -> String {
    "the diff does not add up: a hunk has other lines than its header counts".to_owned()
}

/// A path as the file is called: without what stands behind a tab, and without git's first letter.
fn bare(path: &str) -> &str {
    let path = path.split('\t').next().unwrap_or(path).trim();
    path.strip_prefix("b/").unwrap_or(path)
}

impl<'a> Hunk<'a> {
    /// `@@ -1,2 +1,3 @@`; a count that is left out is one.
    fn begin(header: &str, path: Option<&'a str>) -> Result<Self, String> {
        let counts = || {
            let (ranges, _) = header.strip_prefix("@@ -")?.split_once(" @@")?;
            let (old, new) = ranges.split_once(" +")?;
            Some((count(old)?, count(new)?))
        };
        let (old_left, new_left) = counts().ok_or_else(|| {
            let start: String = header.chars().take(40).collect();
            format!("the diff has a hunk without line numbers: {start}")
        })?;
        Ok(Self { path, old: Vec::new(), old_left, new_left })
    }

    fn is_whole(&self) -> bool {
        self.old_left + self.new_left == 0
    }

    fn take(&mut self, line: &'a str) -> Result<(), String> {
        let less = |left: &mut usize| left.checked_sub(1).map(|rest| *left = rest).ok_or_else(uneven);
        let mut chars = line.chars();
        match chars.next() {
            Some('\\') => {}
            Some('+') => less(&mut self.new_left)?,
            Some('-') => {
                less(&mut self.old_left)?;
                self.old.push(chars.as_str());
            }
            Some(' ') | None => {
                less(&mut self.old_left)?;
                less(&mut self.new_left)?;
                self.old.push(chars.as_str());
            }
            Some(_) => return Err(uneven()),
        }
        Ok(())
    }
}

fn count(range: &str) -> Option<usize> {
    match range.split_once(',') {
        Some((start, count)) => start.parse::<usize>().ok().and_then(|_| count.parse().ok()),
        None => range.parse::<usize>().ok().map(|_| 1),
    }
}

/// Says so where the file came with the question and the hunk's lines are not in it.
fn misplaced(hunk: &Hunk<'_>, files: &[Attachment]) -> Option<String> {
    let path = hunk.path?;
    let is_it = |file: &&Attachment| {
        let before = |long: &str, short: &str| {
            long.strip_suffix(short).is_some_and(|b| b.is_empty() || b.ends_with('/'))
        };
        before(&file.name, path) || before(path, &file.name)
    };
    let mut named = files.iter().filter(is_it);
    let (file, None) = (named.next()?, named.next()) else { return None }; // of two, which one is not known
    let lines: Vec<&str> = file.text.lines().collect();
    let found = hunk.old.is_empty() || lines.windows(hunk.old.len()).any(|at| at == hunk.old);
    (!found).then(|| format!("the diff does not apply: lines of a hunk are not in {}", file.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "diff --git a/src/a.rs b/src/a.rs\nindex 1..2 100644\n--- a/src/a.rs\n+++ b/src/a.rs\n\
                        @@ -1,3 +1,3 @@ fn main\n one\n-two\n+2\n three\n@@ -9 +9,2 @@\n nine\n+ten\n\
                        \\ No newline at end of file\n";

    fn file(name: &str, text: &str) -> Attachment {
        Attachment { name: name.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_diff_adds_up_or_does_not() {
        for good in [
            GOOD,
            "--- a\n+++ b\n@@ -0,0 +1 @@\n+new\n",
            "--- a\n+++ b\n@@ -1,2 +1 @@\n-a\n\n\n",
            "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n",
            "*** Begin Patch\n*** Update File: a\n@@\n-a\n+b\n*** End Patch",
        ] {
            assert_eq!(fault_of(good, &[]), None, "{good}");
        }
        for (broken, why) in [
            ("--- a\n+++ b\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n", "add up"),
            ("--- a\n+++ b\n@@ -1 +1 @@\n-one\n+1\n+more\n", "add up"),
            ("--- a\n+++ b\n@@ -1,2 +1,2 @@\n-one\n+1\nprose\n", "add up"),
            ("--- a\n+++ b\n@@ ... @@\n-one\n+1\n", "without line numbers"),
            ("-one\n+1\n", "no hunk"),
        ] {
            let told = fault_of(broken, &[]).unwrap_or_default();
            assert!(told.contains(why), "{broken}: {told:?}");
        }
    }

    #[test]
    fn a_diff_of_a_file_that_came_along_finds_its_place_in_it() {
        let there = "zero\none\ntwo\nthree\nnine\n";
        assert_eq!(fault_of(GOOD, &[file("src/a.rs", there)]), None);
        assert_eq!(fault_of(GOOD, &[file("a.rs", there)]), None);
        assert_eq!(fault_of(GOOD, &[file("b.rs", "other")]), None, "another file is not asked");
        let told = fault_of(GOOD, &[file("/home/me/src/a.rs", "one\n2\nthree\nnine\n")]).unwrap();
        assert!(told.contains("not in /home/me/src/a.rs"), "{told}");
        assert_eq!(
            fault_of(GOOD, &[file("a.rs", "no"), file("/x/src/a.rs", "no")]),
            None,
            "two could be meant"
        );
    }
}
