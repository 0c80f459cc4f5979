//! Unified diffs: what comes, what goes, and where.

use crate::line::{Emphasis, Line, Span, Tone};
use crate::sanitize::clean;
use crate::visible::escaped;
use crate::width::untabbed;
use crate::wrap::{fold, goes_on, with_tabs_shown};

/// A unified diff, safe to show.
pub fn diff(text: &str, width: u16) -> Vec<Line> {
    let mut hunk = Hunk::default();
    let next = goes_on(usize::from(width));
    clean(text)
        .lines()
        .flat_map(|line| fold(&hunk.line(line, &untabbed(line, 0)), width, &Line::default(), &next))
        .collect()
}

/// A unified diff by which a person decides: nothing hidden, nothing left out.
pub fn diff_exact(text: &str, width: u16) -> Vec<Line> {
    let mut hunk = Hunk::default();
    let next = goes_on(usize::from(width));
    escaped(text)
        .split('\n')
        .flat_map(|line| {
            let (tone, emphasis) = hunk.style(line);
            let mut shown = with_tabs_shown(line, tone);
            shown.spans.iter_mut().for_each(|span| span.emphasis = emphasis);
            fold(&shown, width, &Line::default(), &next)
        })
        .collect()
}

/// How much of the current hunk is still to come: within one, `--- a` is a line that was removed, not a file's name.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hunk {
    old: u64,
    new: u64,
}

impl Hunk {
    /// The next line in its role, as `shown`.
    pub(crate) fn line(&mut self, line: &str, shown: &str) -> Line {
        let (tone, emphasis) = self.style(line);
        Span::new(shown, tone).with(emphasis).into()
    }

    fn style(&mut self, line: &str) -> (Tone, Emphasis) {
        let within = self.old > 0 || self.new > 0;
        let tone = match line.bytes().next() {
            Some(b'@') if line.starts_with("@@") => {
                *self = Self::parse(line).unwrap_or_default();
                Tone::Hunk
            }
            Some(b'+' | b'-') if !within && is_file(line) => return (Tone::Text, Emphasis::BOLD),
            Some(b'+') => {
                self.new = self.new.saturating_sub(1);
                Tone::Added
            }
            Some(b'-') => {
                self.old = self.old.saturating_sub(1);
                Tone::Removed
            }
            Some(b'\\') => Tone::Dim,
            _ if within => {
                (self.old, self.new) = (self.old.saturating_sub(1), self.new.saturating_sub(1));
                Tone::Text
            }
            _ if is_about(line) => Tone::Dim,
            _ => Tone::Text,
        };
        (tone, Emphasis::NONE)
    }

    /// The counts of `@@ -1,2 +3,4 @@`; without a count, it is one line.
    fn parse(line: &str) -> Option<Self> {
        let mut ranges = line.split(' ').skip(1);
        let old = count(ranges.next()?.strip_prefix('-')?)?;
        let new = count(ranges.next()?.strip_prefix('+')?)?;
        Some(Self { old, new })
    }
}

fn count(range: &str) -> Option<u64> {
    range.split_once(',').map_or(Some(1), |(_, lines)| lines.parse().ok())
}

fn is_file(line: &str) -> bool {
    line.starts_with("+++ ") || line.starts_with("--- ")
}

fn is_about(line: &str) -> bool {
    [
        "diff ",
        "index ",
        "new file",
        "deleted file",
        "old mode",
        "new mode",
        "similarity ",
        "rename ",
        "Binary ",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tones(lines: &[Line]) -> Vec<(String, Tone)> {
        lines
            .iter()
            .map(|line| (line.text(), line.spans.first().map_or(Tone::Text, |span| span.tone)))
            .collect()
    }

    #[test]
    fn every_line_has_its_role_and_keeps_its_sign() {
        let text = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@ fn\n same\n--- was a comment\n+++ is one\n same\n--- a/y\n";
        assert_eq!(
            tones(&diff(text, 40)),
            [
                ("diff --git a/x b/x", Tone::Dim),
                ("--- a/x", Tone::Text),
                ("+++ b/x", Tone::Text),
                ("@@ -1,3 +1,3 @@ fn", Tone::Hunk),
                (" same", Tone::Text),
                ("--- was a comment", Tone::Removed),
                ("+++ is one", Tone::Added),
                (" same", Tone::Text),
                ("--- a/y", Tone::Text),
            ]
            .map(|(text, tone)| (text.to_owned(), tone))
        );
    }

    #[test]
    fn a_long_line_goes_on_behind_a_mark() {
        let lines = diff("@@ -0,0 +1 @@\n+abcdefghijkl\n", 8);
        let texts: Vec<_> = lines.iter().map(Line::text).collect();
        assert_eq!(texts, ["@@ -0,0 ", "↪ +1 @@", "+abcdefg", "↪ hijkl"]);
    }

    #[test]
    fn the_exact_form_hides_nothing() {
        let texts: Vec<_> = diff_exact("+a\u{200b}\tb \r\n", 40).iter().map(Line::text).collect();
        assert_eq!(texts, ["+a\\u{200b}→ b \\u{d}", ""]);
    }
}
