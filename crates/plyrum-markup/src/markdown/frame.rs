//! What stands left of a line: the marks of the quotes, lists and headings that it is in.

use crate::line::{Line, Span, Tone};

/// Bullets by depth of the list.
const BULLETS: [&str; 3] = ["• ", "◦ ", "▪ "];

/// Something that lines are within.
#[derive(Debug)]
pub(super) struct Frame {
    /// Before the first line, until it is written.
    first: Option<Span>,
    /// Before every other line.
    next: Span,
}

impl Frame {
    pub(super) fn quote() -> Self {
        Self { first: None, next: Span::new("▎ ", Tone::Quote) }
    }

    pub(super) fn heading(level: usize) -> Self {
        Self::marked(format!("{} ", "#".repeat(level)), Tone::Dim)
    }

    pub(super) fn item(ordinal: Option<u64>, depth: usize) -> Self {
        let mark = match ordinal {
            Some(ordinal) => format!("{ordinal}. "),
            None => {
                BULLETS.get(depth.saturating_sub(1) % BULLETS.len()).copied().unwrap_or_default().to_owned()
            }
        };
        Self::marked(mark, Tone::Marker)
    }

    fn marked(mark: String, tone: Tone) -> Self {
        let next = Span::new(" ".repeat(crate::width::width(&mark)), Tone::Text);
        Self { first: Some(Span::new(mark, tone)), next }
    }

    /// Whether nothing has been written in it.
    pub(super) fn is_untouched(&self) -> bool {
        self.first.is_some()
    }
}

/// What stands before the next line; marks are used up. It is never wider than `room`.
pub(super) fn first(frames: &mut [Frame], room: usize) -> Line {
    let spans = frames.iter_mut().map(|frame| frame.first.take().unwrap_or_else(|| frame.next.clone()));
    joined(spans, room)
}

/// What stands before a line that goes on.
pub(super) fn next(frames: &[Frame], room: usize) -> Line {
    joined(frames.iter().map(|frame| frame.next.clone()), room)
}

fn joined(spans: impl Iterator<Item = Span>, room: usize) -> Line {
    let mut line = Line::default();
    let mut used = 0;
    for span in spans {
        used += span.width();
        if used > room {
            break;
        }
        line.write(&span.text, &span);
    }
    line
}
