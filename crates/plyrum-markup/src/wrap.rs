//! Lines that fit: broken between words where prose is read, and anywhere where every character counts.

use crate::line::{Line, Span, Tone};
use crate::sanitize::clean;
use crate::visible::escaped;
use crate::width::{atoms, to_stop, untabbed, width};

/// Before a line that goes on where the one above was full.
pub(crate) const GOES_ON: &str = "↪ ";

/// Stand where no line begins: they stay with what is before them.
const CLOSING: &str = "、。，．！？：；）］｝〕〉》」』】〙〗”’…ー々";
/// Stand where no line ends: they stay with what is behind them.
const OPENING: &str = "（［｛〔〈《「『【〘〖“‘";

/// Words in lines of at most `width` columns, each line behind its indent; a word that is too long is broken
/// between graphemes. An indent that leaves no room is left out.
pub fn wrap(line: &Line, width: u16, first_indent: &Line, next_indent: &Line) -> Vec<Line> {
    let mut page = Page::new(usize::from(width), first_indent, next_indent);
    let mut words = Words::default();
    for span in &line.spans {
        for (text, columns) in atoms(&span.text, page.narrowest()) {
            words.take(Atom { text, columns, span }, &mut page);
        }
    }
    words.flush(&mut page);
    page.finish()
}

/// Text in lines of at most `width` columns, broken anywhere: nothing is left out, no space either.
pub(crate) fn fold(line: &Line, width: u16, first_indent: &Line, next_indent: &Line) -> Vec<Line> {
    let mut page = Page::new(usize::from(width), first_indent, next_indent);
    for span in &line.spans {
        for (text, columns) in atoms(&span.text, page.narrowest()) {
            page.put(&Atom { text, columns, span });
        }
    }
    page.finish()
}

/// The indent of a line that goes on, if there is room for one.
pub(crate) fn goes_on(room: usize) -> Line {
    if room < 8 { Line::default() } else { Line::of(GOES_ON, Tone::Dim) }
}

/// Prose without markdown: every line of it wrapped behind its own indent.
pub fn plain(text: &str, width: u16) -> Vec<Line> {
    clean(text).lines().flat_map(|line| plain_line(&untabbed(line, 0), width)).collect()
}

fn plain_line(line: &str, width: u16) -> Vec<Line> {
    let said = line.trim_start_matches(' ');
    let indent = " ".repeat((line.len() - said.len()).min(usize::from(width) / 2));
    let indent = Line::of(indent, Tone::Text);
    wrap(&Line::of(said.trim_end(), Tone::Text), width, &indent, &indent)
}

/// Text by which a person decides: nothing hidden, nothing left out. What is invisible is written as `\u{…}`, a tab as
/// a dim `→`; a line that goes on from the one above begins with a dim `↪`.
pub fn exact(text: &str, width: u16) -> Vec<Line> {
    let next = goes_on(usize::from(width));
    escaped(text)
        .split('\n')
        .flat_map(|line| fold(&with_tabs_shown(line, Tone::Text), width, &Line::default(), &next))
        .collect()
}

/// A line in one role, its tabs shown.
pub(crate) fn with_tabs_shown(text: &str, tone: Tone) -> Line {
    let mut line = Line::default();
    let mut column = 0;
    for piece in text.split_inclusive('\t') {
        let said = piece.trim_end_matches('\t');
        line.write(said, &Span::new("", tone));
        column += width(said);
        if said.len() < piece.len() {
            let stop = to_stop(column);
            line.write(&format!("→{}", " ".repeat(stop - 1)), &Span::new("", Tone::Dim));
            column += stop;
        }
    }
    line
}

/// A grapheme in its style.
struct Atom<'a> {
    text: &'a str,
    columns: usize,
    span: &'a Span,
}

/// Lines as they fill.
struct Page<'i> {
    width: usize,
    next: &'i Line,
    next_columns: usize,
    first_columns: usize,
    lines: Vec<Line>,
    line: Line,
    used: usize,
    /// Nothing but the indent is in the line.
    fresh: bool,
}

impl<'i> Page<'i> {
    fn new(width: usize, first: &Line, next: &'i Line) -> Self {
        static NOTHING: Line = Line { spans: Vec::new() };
        let leaves_room = |line: &Line| line.width() + 2 <= width;
        let next = if leaves_room(next) { next } else { &NOTHING };
        let line = if leaves_room(first) { first.clone() } else { Line::default() };
        let (used, next_columns) = (line.width(), next.width());
        Self { width, next, next_columns, first_columns: used, lines: Vec::new(), line, used, fresh: true }
    }

    /// The room that every line has.
    fn narrowest(&self) -> usize {
        self.width.saturating_sub(self.next_columns.max(self.first_columns)).max(1)
    }

    fn put(&mut self, atom: &Atom<'_>) {
        if self.used + atom.columns > self.width && !self.fresh {
            self.turn();
        }
        self.line.write(atom.text, atom.span);
        self.used += atom.columns;
        self.fresh = false;
    }

    fn turn(&mut self) {
        let full = std::mem::replace(&mut self.line, self.next.clone());
        self.lines.push(full);
        self.used = self.next_columns;
        self.fresh = true;
    }

    fn finish(mut self) -> Vec<Line> {
        self.lines.push(self.line);
        self.lines
    }
}

/// The word that is being read, and the spaces before it.
#[derive(Default)]
struct Words<'a> {
    gap: Vec<Atom<'a>>,
    word: Vec<Atom<'a>>,
    columns: usize,
    /// The word may end here without a space, as between ideographs.
    may_end: bool,
}

impl<'a> Words<'a> {
    fn take(&mut self, atom: Atom<'a>, page: &mut Page<'_>) {
        if atom.text == " " {
            self.flush(page);
            self.gap.push(atom);
            return;
        }
        let wide = atom.columns > 1;
        if (wide || self.may_end) && !CLOSING.contains(atom.text) && !self.opens() {
            self.flush(page);
        }
        self.may_end = wide;
        self.columns += atom.columns;
        self.word.push(atom);
    }

    fn opens(&self) -> bool {
        self.word.last().is_some_and(|atom| OPENING.contains(atom.text))
    }

    fn flush(&mut self, page: &mut Page<'_>) {
        self.may_end = false;
        if self.word.is_empty() {
            return;
        }
        if page.used + self.gap.len() + self.columns <= page.width {
            self.gap.iter().for_each(|space| page.put(space));
        } else if !page.fresh {
            page.turn();
        }
        self.word.iter().for_each(|atom| page.put(atom));
        self.gap.clear();
        self.word.clear();
        self.columns = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(Line::text).collect()
    }

    #[test]
    fn prose_breaks_between_words() {
        for (text, width, lines) in [
            ("one two three", 8, vec!["one two", "three"]),
            ("  keep the indent", 8, vec!["  keep", "  the", "  indent"]),
            ("unbreakable", 4, vec!["unbr", "eaka", "ble"]),
            ("a unbreakable", 4, vec!["a", "unbr", "eaka", "ble"]),
            ("漢字漢字。漢", 8, vec!["漢字漢", "字。漢"]),
            ("Привет, мир", 7, vec!["Привет,", "мир"]),
            (
                "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
                4,
                vec!["e\u{301}e\u{301}e\u{301}e\u{301}", "e\u{301}"],
            ),
            ("a\n\nb", 8, vec!["a", "", "b"]),
        ] {
            assert_eq!(texts(&plain(text, width)), lines, "{text:?} in {width}");
        }
    }

    #[test]
    fn the_exact_form_loses_nothing() {
        for (text, width, lines) in [
            ("rm  -rf  /", 8, vec!["rm  -rf ", "↪  /"]),
            ("a\tb", 20, vec!["a→  b"]),
            ("a\u{202e}b\r", 20, vec!["a\\u{202e}b\\u{d}"]),
            ("a\n", 20, vec!["a", ""]),
            ("x\u{fe0f}\u{e0101}", 30, vec!["x\\u{fe0f}\\u{e0101}"]),
        ] {
            assert_eq!(texts(&exact(text, width)), lines, "{text:?} in {width}");
        }
    }

    #[test]
    fn an_indent_that_leaves_no_room_is_left_out() {
        let indent = Line::of("          ", Tone::Text);
        assert_eq!(texts(&wrap(&Line::of("漢字", Tone::Text), 4, &indent, &indent)), ["漢字"]);
    }
}
