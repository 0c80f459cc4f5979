//! Safe text to ratatui's lines: the one place where roles become styles.

use crate::theme::{Role, Theme};
use plyrum_markup::{Line, cell, fit};
use ratatui::style::Style;
use ratatui::text::{Line as Painted, Span};

/// A line of a document.
pub(crate) fn line(theme: &Theme, line: &Line) -> Painted<'static> {
    let spans = line
        .spans
        .iter()
        .map(|span| Span::styled(span.text.clone(), theme.of_span(span.tone, span.emphasis)));
    spans.collect()
}

/// Lines of a document.
pub(crate) fn lines(theme: &Theme, lines: &[Line]) -> Vec<Painted<'static>> {
    lines.iter().map(|it| line(theme, it)).collect()
}

/// A line that is put together from pieces, each untrusted until here.
#[derive(Debug)]
pub(crate) struct Pieces<'a> {
    theme: &'a Theme,
    spans: Vec<Span<'static>>,
}

impl<'a> Pieces<'a> {
    pub(crate) const fn new(theme: &'a Theme) -> Self {
        Self { theme, spans: Vec::new() }
    }

    /// Adds a text in a role.
    pub(crate) fn add(mut self, role: Role, text: &str) -> Self {
        if !text.is_empty() {
            self.spans.push(Span::styled(cell(text), self.theme.of(role)));
        }
        self
    }

    /// Adds a text of at most so many columns.
    pub(crate) fn fitted(self, role: Role, text: &str, columns: usize) -> Self {
        let text = fit(&cell(text), columns);
        self.add(role, &text)
    }

    /// Adds a text and blanks up to so many columns.
    pub(crate) fn column(self, role: Role, text: &str, columns: usize) -> Self {
        let text = plyrum_markup::pad(&fit(&cell(text), columns), columns);
        self.add(role, &text)
    }

    /// Adds blanks and a text that ends at so many columns.
    pub(crate) fn right(self, role: Role, text: &str, columns: usize) -> Self {
        let text = fit(&cell(text), columns);
        let blank = columns.saturating_sub(width(&text));
        self.add(role, &format!("{}{text}", " ".repeat(blank)))
    }

    /// Adds blanks until the rest takes the end of the line.
    pub(crate) fn apart(mut self, rest: Pieces<'a>, columns: usize) -> Self {
        let taken = self.width() + rest.width();
        self.spans.push(Span::raw(" ".repeat(columns.saturating_sub(taken).max(1))));
        self.spans.extend(rest.spans);
        self
    }

    pub(crate) fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }

    pub(crate) fn done(self) -> Painted<'static> {
        Painted::from(self.spans)
    }

    /// The line with every piece in one style, such as that of what is chosen: colours of their own would break its bar.
    pub(crate) fn all(self, style: Style) -> Painted<'static> {
        self.spans.into_iter().map(|span| span.style(style)).collect::<Painted<'static>>().style(style)
    }
}

/// Lines from the top of an area.
pub(crate) fn stack(
    lines: impl IntoIterator<Item = Painted<'static>>,
    area: ratatui::layout::Rect,
    buffer: &mut ratatui::buffer::Buffer,
) {
    use ratatui::widgets::Widget as _;
    for (line, y) in lines.into_iter().zip(area.top()..area.bottom()) {
        line.render(ratatui::layout::Rect { y, height: 1, ..area }, buffer);
    }
}

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}
