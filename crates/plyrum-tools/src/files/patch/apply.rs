//! Applying hunks to a text. Pure: text in, text out.
//!
//! Lines that stay are taken from the file byte for byte. Added lines get the line end of their surroundings
//! unless the patch matched with its own line ends; a missing newline at the end stays missing unless the
//! patch says otherwise.

use super::place::{Closeness, Place, Search, WORK};
use super::{Hunk, Line};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) text: String,
    /// What was not exact, for the model.
    pub(crate) notes: Vec<String>,
}

/// A hunk that does not apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HunkError {
    /// Its number, from 1.
    pub(crate) hunk: usize,
    pub(crate) why: String,
}

/// Applies all hunks or none.
pub(crate) fn apply(text: &str, hunks: &[Hunk]) -> Result<Applied, HunkError> {
    let file = File::of(text);
    let mut search = Search { lines: &file.lines, from: 0, work: WORK };
    let mut out = Output {
        lines: Vec::with_capacity(file.lines.len()),
        last: Last::File,
        file_end_at: None,
        is_crlf_given: false,
    };
    let mut notes = Vec::new();
    for (index, hunk) in hunks.iter().enumerate() {
        let number = index + 1;
        let place = search.place(hunk).map_err(|why| HunkError { hunk: number, why })?;
        notes.extend(note(number, hunk, place));
        out.copy(&file.lines, search.from, place.start);
        search.from = place.start + out.put(&file, hunk, place);
    }
    out.copy(&file.lines, search.from, file.lines.len());
    Ok(Applied { text: out.join(&file), notes })
}

fn note(number: usize, hunk: &Hunk, place: Place) -> Option<String> {
    let line = place.start + 1;
    match place.closeness {
        Closeness::TrailingSpace => {
            Some(format!("hunk {number} fits at line {line} but for white space at line ends"))
        }
        Closeness::Space => {
            Some(format!("hunk {number} fits at line {line} but for white space or typographic characters"))
        }
        Closeness::Exact | Closeness::LineEnds => {
            let moved = hunk.at.is_some_and(|at| at.max(1) != line) && !hunk.old().is_empty();
            moved.then(|| format!("hunk {number} was found at line {line}, not where its header says"))
        }
    }
}

/// A text by lines; a `\r` before a line's end is part of the line.
struct File<'t> {
    lines: Vec<&'t str>,
    final_newline: bool,
    /// Most of its lines end with CRLF.
    is_crlf: bool,
}

impl<'t> File<'t> {
    fn of(text: &'t str) -> Self {
        let final_newline = text.is_empty() || text.ends_with('\n');
        let mut lines: Vec<&str> = text.split('\n').collect();
        if final_newline {
            lines.pop();
        }
        let crlf = lines.iter().filter(|line| line.ends_with('\r')).count();
        Self { is_crlf: crlf > 0 && crlf * 2 >= lines.len(), lines, final_newline }
    }

    /// Whether a newline ends the line.
    fn is_ended(&self, index: usize) -> bool {
        index + 1 < self.lines.len() || self.final_newline
    }
}

/// Where the last line of the output came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    File,
    Hunk(Option<bool>),
}

struct Output {
    lines: Vec<String>,
    last: Last,
    /// Where the file's last line went.
    file_end_at: Option<usize>,
    /// The last line was added and got a CRLF that the patch did not ask for.
    is_crlf_given: bool,
}

impl Output {
    fn copy(&mut self, lines: &[&str], from: usize, to: usize) {
        for at in from..to {
            self.keep(lines, at);
            self.last = Last::File;
        }
    }

    /// Takes a line over from the file.
    fn keep(&mut self, lines: &[&str], at: usize) {
        if at + 1 == lines.len() {
            self.file_end_at = Some(self.lines.len());
        }
        self.lines.extend(lines.get(at).map(|line| (*line).to_owned()));
        self.is_crlf_given = false;
    }

    /// Puts a hunk's new lines and says how many old ones it took.
    fn put(&mut self, file: &File<'_>, hunk: &Hunk, place: Place) -> usize {
        let mut at = place.start;
        let ends = LineEnds::of(file, hunk, place);
        for line in &hunk.lines {
            match line {
                Line::Context(_) => {
                    self.keep(&file.lines, at);
                    at += 1;
                }
                Line::Removed(_) => at += 1,
                Line::Added(text) => {
                    self.lines.push(ends.give(text));
                    self.is_crlf_given = matches!(ends, LineEnds::Crlf);
                }
            }
        }
        if hunk.lines.iter().any(|line| !matches!(line, Line::Removed(_))) || hunk.final_newline.is_some() {
            self.last = Last::Hunk(hunk.final_newline);
        }
        at - place.start
    }

    fn join(mut self, file: &File<'_>) -> String {
        self.end_inner_line(file);
        let newline = match self.last {
            Last::Hunk(Some(newline)) => newline,
            Last::Hunk(None) | Last::File => file.final_newline,
        };
        if let Some(last) = self.lines.last_mut().filter(|_| self.is_crlf_given && !newline) {
            // Half a line end is none.
            last.truncate(last.trim_end_matches('\r').len());
        }
        let mut text = self.lines.join("\n");
        if newline && !self.lines.is_empty() {
            text.push('\n');
        }
        text
    }

    /// The line that ended the file without a newline and now stands inside of it gets the file's line end.
    fn end_inner_line(&mut self, file: &File<'_>) {
        let at = self.file_end_at.filter(|_| !file.final_newline && file.is_crlf);
        let inner = self.lines.len().saturating_sub(1);
        let line = at.filter(|at| *at < inner).and_then(|at| self.lines.get_mut(at));
        if let Some(line) = line.filter(|line| !line.ends_with('\r')) {
            line.push('\r');
        }
    }
}

/// Which line end added lines get.
enum LineEnds {
    /// As the patch has it.
    Patch,
    Crlf,
    Lf,
}

impl LineEnds {
    fn of(file: &File<'_>, hunk: &Hunk, place: Place) -> Self {
        let old = hunk.old();
        let matched = place.start..place.start + old.len();
        let knows = hunk.lines.iter().any(|line| matches!(line, Line::Added(text) if text.ends_with('\r')))
            || matched.clone().any(|index| file.is_ended(index));
        if (place.closeness == Closeness::Exact && knows) || file.lines.is_empty() {
            return Self::Patch;
        }
        let neighbour = matched.clone().find(|index| file.is_ended(*index));
        let neighbour = neighbour.and_then(|index| file.lines.get(index)).map(|line| line.ends_with('\r'));
        if neighbour.unwrap_or(file.is_crlf) { Self::Crlf } else { Self::Lf }
    }

    fn give(&self, text: &str) -> String {
        let bare = text.strip_suffix('\r').unwrap_or(text);
        match self {
            Self::Patch => text.to_owned(),
            Self::Crlf => format!("{bare}\r"),
            Self::Lf => bare.to_owned(),
        }
    }
}
