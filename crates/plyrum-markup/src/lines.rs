//! Many lines in little room. A [`Line`] has a text of its own for each of its spans, so that highlighted code takes twenty
//! times the room of what it says; a conversation keeps thousands of lines, and looks at forty.

use crate::line::{Emphasis, Line, Span, Tone};

/// Lines one after the other, their spans in one text. Each is made a [`Line`] when it is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    text: String,
    spans: Vec<Packed>,
    /// For each line, how many spans there are up to its end.
    ends: Vec<u32>,
}

/// A span without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packed {
    /// Where its text ends in the text of all.
    end: u32,
    tone: Tone,
    emphasis: Emphasis,
}

impl Lines {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All, from the first on.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Line> + ExactSizeIterator + '_ {
        self.since(0)
    }

    /// All from one on, by its place.
    pub fn since(&self, first: usize) -> impl DoubleEndedIterator<Item = Line> + ExactSizeIterator + '_ {
        (first.min(self.len())..self.len()).map(|at| self.line(at))
    }

    /// About how many bytes they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.capacity()
            + self.spans.capacity() * size_of::<Packed>()
            + self.ends.capacity() * size_of::<u32>()
    }

    pub(crate) fn push(&mut self, line: &Line) {
        for span in &line.spans {
            self.text.push_str(&span.text);
            self.spans.push(Packed { end: place(self.text.len()), tone: span.tone, emphasis: span.emphasis });
        }
        self.ends.push(place(self.spans.len()));
    }

    /// Lets go what is behind so many lines.
    pub(crate) fn truncate(&mut self, lines: usize) {
        self.ends.truncate(lines);
        self.spans.truncate(self.ends.last().map_or(0, |end| *end as usize));
        self.text.truncate(self.spans.last().map_or(0, |span| span.end as usize));
    }

    /// Nothing more will come.
    pub(crate) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.spans.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    fn line(&self, at: usize) -> Line {
        let end_of = |at: Option<usize>| at.and_then(|at| self.ends.get(at)).map_or(0, |end| *end as usize);
        let (from, until) = (end_of(at.checked_sub(1)), end_of(Some(at)));
        let text_end =
            |at: Option<usize>| at.and_then(|at| self.spans.get(at)).map_or(0, |span| span.end as usize);
        let mut begin = text_end(from.checked_sub(1));
        let spans = self.spans.get(from..until).unwrap_or_default().iter().map(|packed| {
            let end = packed.end as usize;
            let text = self.text.get(begin..end).unwrap_or_default().to_owned();
            begin = end;
            Span { text, tone: packed.tone, emphasis: packed.emphasis }
        });
        Line { spans: spans.collect() }
    }
}

impl Extend<Line> for Lines {
    fn extend<T: IntoIterator<Item = Line>>(&mut self, lines: T) {
        lines.into_iter().for_each(|line| self.push(&line));
    }
}

/// A text is cut far below of what this can count.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line() -> impl Strategy<Value = Line> {
        let span = ("[a-zа-я ]{0,8}", 0..3u8).prop_map(|(text, tone)| {
            let tone = match tone {
                0 => Tone::Text,
                1 => Tone::Code,
                _ => Tone::Keyword,
            };
            Span::new(text, tone).with(if tone == Tone::Code { Emphasis::BOLD } else { Emphasis::NONE })
        });
        prop::collection::vec(span, 0..5).prop_map(|spans| Line { spans })
    }

    proptest! {
        #[test]
        fn lines_come_out_as_they_went_in(
            all in prop::collection::vec(line(), 0..12),
            kept in 0..14usize,
            more in prop::collection::vec(line(), 0..4),
        ) {
            let mut packed = Lines::default();
            packed.extend(all.clone());
            prop_assert_eq!(packed.len(), all.len());
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), all.clone());
            let mut expected = all;
            expected.truncate(kept);
            packed.truncate(kept);
            expected.extend(more.clone());
            packed.extend(more);
            packed.shrink();
            prop_assert_eq!(packed.since(kept).collect::<Vec<_>>(), expected.iter().skip(kept).cloned().collect::<Vec<_>>());
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), expected);
        }
    }
}
