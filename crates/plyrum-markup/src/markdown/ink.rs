//! Text within a paragraph: in which style it is being written, and the lines that hard breaks make of it.

use crate::line::{Emphasis, Line, Span, Tone};
use crate::sanitize::cell;

/// Styled text until the paragraph ends.
#[derive(Debug, Default)]
pub(super) struct Ink {
    broken: Vec<Line>,
    line: Line,
    styles: Vec<Span>,
}

impl Ink {
    /// Writes in the current style. Entities may have brought control characters back: they go here.
    pub(super) fn write(&mut self, text: &str) {
        let style = self.style();
        self.line.write(&cell(text), &style);
    }

    /// Writes in a role of its own.
    pub(super) fn write_as(&mut self, text: &str, tone: Tone) {
        let style = Span { tone, ..self.style() };
        self.line.write(&cell(text), &style);
    }

    pub(super) fn line_break(&mut self) {
        self.broken.push(std::mem::take(&mut self.line));
    }

    /// From here on text stands out so too.
    pub(super) fn begin(&mut self, emphasis: Emphasis) {
        let style = self.style().with(emphasis);
        self.styles.push(style);
    }

    /// From here on text is in this role.
    pub(super) fn begin_as(&mut self, tone: Tone, emphasis: Emphasis) {
        let style = Span { tone, ..self.style() }.with(emphasis);
        self.styles.push(style);
    }

    /// Back to the style before.
    pub(super) fn end(&mut self) {
        self.styles.pop();
    }

    /// How much has been written in the line: where a link's text begins.
    pub(super) fn written(&self) -> usize {
        self.line.spans.iter().map(|span| span.text.len()).sum()
    }

    /// What has been written in the line since.
    pub(super) fn since(&self, written: usize) -> String {
        self.line.text().get(written..).unwrap_or_default().to_owned()
    }

    /// All that was written; nothing, if nothing was.
    pub(super) fn take(&mut self) -> Vec<Line> {
        let mut lines = std::mem::take(&mut self.broken);
        let last = std::mem::take(&mut self.line);
        if !last.is_empty() {
            lines.push(last);
        }
        lines
    }

    fn style(&self) -> Span {
        self.styles.last().cloned().unwrap_or_default()
    }
}
