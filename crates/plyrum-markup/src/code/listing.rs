//! Code as it grows by lines: a line that is there is never looked at again.

use std::fmt;

use syntect::parsing::{ParseState, ScopeStack, SyntaxReference};

use super::scopes::tone;
use super::syntaxes::{find, syntaxes};
use crate::diff::Hunk;
use crate::line::{Line, Span, Tone};
use crate::lines::Lines;
use crate::width::{untabbed, width};

/// Highlighting is for what a person reads; what follows is plain.
const MAX_BYTES: usize = 256 * 1024;
/// A longer line is data, and patterns are slow on it.
const MAX_LINE: usize = 4_000;

/// Lines of code, each in its roles and as wide as it is.
#[derive(Debug)]
pub(crate) struct Listing {
    paint: Paint,
    bytes: usize,
    lines: Lines,
}

/// What the roles of the next line depend on.
enum Paint {
    Plain,
    Diff(Hunk),
    Syntax(Box<(ParseState, ScopeStack)>),
}

impl Listing {
    pub(crate) fn new(language: Option<&str>) -> Self {
        Self { paint: Paint::of(language.unwrap_or_default()), bytes: 0, lines: Lines::default() }
    }

    pub(crate) fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The next line, safe and without its newline.
    pub(crate) fn push(&mut self, line: &str) {
        self.bytes = self.bytes.saturating_add(line.len());
        if self.bytes > MAX_BYTES {
            self.paint = Paint::Plain;
        }
        let painted = self.paint.line(line);
        self.lines.push(&painted);
    }
}

impl Paint {
    fn of(language: &str) -> Self {
        match language {
            "" | "text" | "txt" | "plain" | "plaintext" => Self::Plain,
            "diff" | "patch" => Self::Diff(Hunk::default()),
            language => find(language).map_or(Self::Plain, Self::syntax),
        }
    }

    fn syntax(syntax: &SyntaxReference) -> Self {
        Self::Syntax(Box::new((ParseState::new(syntax), ScopeStack::new())))
    }

    fn line(&mut self, line: &str) -> Line {
        let painted = match self {
            Self::Plain => None,
            Self::Diff(hunk) => Some(hunk.line(line, &untabbed(line, 0))),
            Self::Syntax(_) if line.len() > MAX_LINE => None,
            Self::Syntax(state) => {
                let painted = highlighted(line, &mut state.0, &mut state.1);
                if painted.is_none() {
                    *self = Self::Plain;
                }
                painted
            }
        };
        painted.unwrap_or_else(|| Line::of(untabbed(line, 0), Tone::Code))
    }
}

/// A line in the roles that its syntax gives; nothing if the syntax fails on it.
fn highlighted(line: &str, state: &mut ParseState, stack: &mut ScopeStack) -> Option<Line> {
    let ended = format!("{line}\n");
    let changes = state.parse_line(&ended, syntaxes()).ok()?;
    let mut out = Row::default();
    let mut from = 0;
    for (at, change) in changes {
        out.write(line.get(from..at.min(line.len())).unwrap_or_default(), tone(stack));
        from = from.max(at);
        stack.apply(&change).ok()?;
    }
    out.write(line.get(from..).unwrap_or_default(), tone(stack));
    Some(out.line)
}

/// A line as it is written, so that tabs know their column.
#[derive(Default)]
struct Row {
    line: Line,
    column: usize,
}

impl Row {
    fn write(&mut self, text: &str, tone: Tone) {
        let text = untabbed(text, self.column);
        self.column += width(&text);
        self.line.write(&text, &Span::new("", tone));
    }
}

impl fmt::Debug for Paint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Diff(_) => "Diff",
            Self::Syntax(_) => "Syntax",
        })
    }
}

/// A listing whose text is kept elsewhere, and grows.
#[derive(Debug)]
pub(crate) struct Growing {
    listing: Listing,
    read: usize,
}

impl Growing {
    pub(crate) fn new(language: Option<&str>) -> Self {
        Self { listing: Listing::new(language), read: 0 }
    }

    /// Nothing more will come of it.
    pub(crate) fn close(&mut self) {
        self.listing.paint = Paint::Plain;
        self.listing.lines.shrink();
    }

    /// About how many bytes its lines take.
    pub(crate) fn bytes(&self) -> usize {
        self.listing.lines.bytes()
    }

    /// The complete lines of the text, of which only the new ones are looked at.
    pub(crate) fn lines(&mut self, text: &str) -> &Lines {
        for line in text.get(self.read..).unwrap_or_default().split_inclusive('\n') {
            let Some(said) = line.strip_suffix('\n') else { break };
            self.read += line.len();
            self.listing.push(said);
        }
        self.listing.lines()
    }
}

/// The listings within a text that is drawn again and again as it grows: each is highlighted on from where it was.
#[derive(Debug, Default)]
pub(crate) struct Listings {
    kept: Vec<Kept>,
    next: usize,
}

#[derive(Debug)]
struct Kept {
    language: Option<String>,
    text: String,
    listing: Listing,
}

impl Listings {
    /// Before the text is drawn again.
    pub(crate) fn rewind(&mut self) {
        self.next = 0;
    }

    /// The lines of the next listing in the text.
    pub(crate) fn lines(&mut self, language: Option<&str>, text: &str) -> Vec<Line> {
        let at = self.next;
        self.next += 1;
        let grew = self.kept.get(at).is_some_and(|kept| kept.is_start_of(language, text));
        if !grew {
            self.kept.truncate(at);
            self.kept.push(Kept::new(language));
        }
        match self.kept.get_mut(at) {
            Some(kept) => kept.grow(text).iter().collect(),
            None => Vec::new(),
        }
    }
}

impl Kept {
    fn new(language: Option<&str>) -> Self {
        Self { language: language.map(str::to_owned), text: String::new(), listing: Listing::new(language) }
    }

    fn is_start_of(&self, language: Option<&str>, text: &str) -> bool {
        self.language.as_deref() == language
            && text.strip_prefix(self.text.as_str()).is_some()
            && (self.text.is_empty() || self.text.ends_with('\n'))
    }

    fn grow(&mut self, text: &str) -> &Lines {
        let new = text.get(self.text.len()..).unwrap_or_default();
        new.lines().for_each(|line| self.listing.push(line));
        self.text.push_str(new);
        self.listing.lines()
    }
}
