//! Where a hunk belongs in a file.
//!
//! Its lines are looked for exactly first, then with growing leniency about white space. A place is taken
//! only where it is the only one, or where the hunk's line number or anchor says which one; a guess between
//! two places would change the wrong one without a word.

use super::Hunk;
use super::envelope::short;

/// Comparisons of lines that one patch may cost.
pub(crate) const WORK: u64 = 50_000_000;
/// Places told in an error.
const TOLD: usize = 5;

/// How closely lines were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Closeness {
    Exact,
    /// But for `\r` at the end.
    LineEnds,
    /// But for white space at the end.
    TrailingSpace,
    /// But for white space around it, and typographic quotes and dashes.
    Space,
}

const ALL: [Closeness; 4] =
    [Closeness::Exact, Closeness::LineEnds, Closeness::TrailingSpace, Closeness::Space];

impl Closeness {
    fn alike(self, a: &str, b: &str) -> bool {
        match self {
            Self::Exact => a == b,
            Self::LineEnds => a.trim_end_matches('\r') == b.trim_end_matches('\r'),
            Self::TrailingSpace => a.trim_end() == b.trim_end(),
            Self::Space => a.trim().chars().map(plain).eq(b.trim().chars().map(plain)),
        }
    }
}

fn plain(char: char) -> char {
    match char {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        other => other,
    }
}

/// A hunk's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Index of its first line.
    pub(crate) start: usize,
    pub(crate) closeness: Closeness,
}

/// Looks for hunks in a file, one behind the other.
pub(crate) struct Search<'f> {
    pub(crate) lines: &'f [&'f str],
    /// Lines before this are taken by earlier hunks.
    pub(crate) from: usize,
    pub(crate) work: u64,
}

impl Search<'_> {
    /// The hunk's place, or why there is none.
    pub(crate) fn place(&mut self, hunk: &Hunk) -> Result<Place, String> {
        let anchor = self.anchor(hunk)?;
        let old = hunk.old();
        if old.is_empty() {
            return self.insertion(hunk, anchor);
        }
        let begin = anchor.map_or(self.from, |anchor| anchor.at);
        for closeness in ALL {
            let found = self.all(&old, begin, closeness)?;
            if let Some(start) = self.choose(&found, hunk, anchor, old.len(), closeness)? {
                return Ok(Place { start, closeness });
            }
        }
        Err(self.nearest(&old, begin, hunk))
    }

    /// Where a hunk that only adds goes.
    fn insertion(&self, hunk: &Hunk, anchor: Option<Anchor>) -> Result<Place, String> {
        let end = self.lines.len();
        let start = match (hunk.at, anchor) {
            (_, Some(anchor)) => anchor.at + 1,
            (Some(at), None) => at.min(end),
            (None, None) => end,
        };
        if start < self.from {
            return Err("it lies before the hunk above it; put hunks in the order of the file".to_owned());
        }
        Ok(Place { start, closeness: Closeness::Exact })
    }

    /// One of the places, none where there is none, an error where it cannot be told which.
    fn choose(
        &self,
        found: &[usize],
        hunk: &Hunk,
        anchor: Option<Anchor>,
        old_len: usize,
        closeness: Closeness,
    ) -> Result<Option<usize>, String> {
        if hunk.at_end {
            let last = self.lines.len().checked_sub(old_len);
            return Ok(found.iter().copied().find(|start| Some(*start) == last));
        }
        let (Some(first), true) = (found.first(), found.len() > 1) else {
            return Ok(found.first().copied());
        };
        let is_close = closeness <= Closeness::LineEnds;
        let named = hunk.at.map(|at| at.saturating_sub(1));
        if let Some(start) = found.iter().find(|start| is_close && Some(**start) == named) {
            return Ok(Some(*start));
        }
        if is_close && anchor.is_some_and(|anchor| anchor.is_only) {
            return Ok(Some(*first));
        }
        let mut places: Vec<String> = found.iter().take(TOLD).map(|start| format!("{}", start + 1)).collect();
        if found.len() > TOLD {
            places.push("…".to_owned());
        }
        Err(format!(
            "its lines fit at more than one place (lines {}); add lines around them or `@@ LINE BEFORE THEM`",
            places.join(", ")
        ))
    }

    /// Every place at which the lines are.
    fn all(&mut self, old: &[&str], begin: usize, closeness: Closeness) -> Result<Vec<usize>, String> {
        let mut found = Vec::new();
        let windows = self.lines.windows(old.len()).enumerate().skip(begin);
        for (start, window) in windows {
            let alike = window.iter().zip(old).take_while(|(a, b)| closeness.alike(a, b)).count();
            self.work = self.work.saturating_sub(alike as u64 + 1);
            if self.work == 0 {
                return Err("the patch costs too many comparisons; split it".to_owned());
            }
            if alike == old.len() {
                found.push(start);
            }
        }
        Ok(found)
    }

    /// The line that the last anchor names.
    fn anchor(&self, hunk: &Hunk) -> Result<Option<Anchor>, String> {
        let mut last: Option<Anchor> = None;
        for text in &hunk.anchors {
            let begin = last.map_or(self.from, |anchor| anchor.at + 1);
            let find = |alike: fn(&str, &str) -> bool| {
                let lines = self.lines.iter().enumerate().skip(begin);
                let mut at = lines.filter(|(_, line)| alike(line.trim(), text.trim())).map(|(at, _)| at);
                let first = at.next()?;
                Some(Anchor { at: first, is_only: at.next().is_none() })
            };
            let found = find(|line, text| line == text).or_else(|| find(|line, text| line.starts_with(text)));
            last = Some(
                found.ok_or_else(|| format!("no line `{}` (from `@@`) after line {begin}", short(text)))?,
            );
        }
        Ok(last)
    }

    /// Why nothing fits: the place where most of its first lines do, and the line that does not.
    fn nearest(&self, old: &[&str], begin: usize, hunk: &Hunk) -> String {
        let alike = |start: usize| {
            let lines = self.lines.get(start..).unwrap_or_default();
            lines.iter().zip(old).take_while(|(a, b)| Closeness::Space.alike(a, b)).count()
        };
        let named = hunk.at.map(|at| at.saturating_sub(1));
        let starts = begin..self.lines.len();
        let best = starts
            .map(|start| (alike(start), Some(start) == named, start))
            .max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.cmp(&a.2)));
        let told = |line: Option<&&str>| line.map(|line| format!("`{}`", short(line.trim_end_matches('\r'))));
        let Some((alike, is_named, start)) = best else {
            let first = told(old.first()).unwrap_or_default();
            return format!("expected {first}, but the file has no more lines after line {begin}");
        };
        let expected = told(old.get(alike)).unwrap_or_default();
        if alike == 0 && !is_named {
            return format!("its first line {expected} is nowhere in the file after line {begin}");
        }
        let found = told(self.lines.get(start + alike)).unwrap_or_else(|| "the end of the file".to_owned());
        if alike == old.len() {
            return format!("its lines are at line {}, but not at the end of the file", start + 1);
        }
        format!("expected {expected} at line {}, found {found}", start + alike + 1)
    }
}

#[derive(Debug, Clone, Copy)]
struct Anchor {
    at: usize,
    is_only: bool,
}
