//! From a text in pieces to lines; a line that is too long comes in pieces of its own.

use super::split::Piece;

/// A longer line is cut, so that what it begins is known before it ends.
const MAX_LINE: usize = 8 * 1024;

/// The line that is not complete.
#[derive(Debug, Default)]
pub(super) struct Feed {
    /// At most [`MAX_LINE`] between two pieces of text.
    rest: String,
    /// The line has begun before what is in `rest`.
    begun: bool,
}

impl Feed {
    /// What is there of the line, after what was passed on.
    pub(super) fn rest(&self) -> Piece<'_> {
        if self.begun { Piece::More(&self.rest) } else { Piece::Start(&self.rest) }
    }

    /// Passes on what is complete.
    pub(super) fn push(&mut self, text: &str, mut to: impl FnMut(Piece<'_>)) {
        for part in text.split_inclusive('\n') {
            let line = part.trim_end_matches('\n');
            self.rest.push_str(line);
            self.pass_on_long(&mut to);
            if line.len() < part.len() {
                self.end_line(&mut to);
            }
        }
    }

    pub(super) fn finish(&mut self, mut to: impl FnMut(Piece<'_>)) {
        if self.begun || !self.rest.is_empty() {
            self.end_line(&mut to);
        }
    }

    fn end_line(&mut self, to: &mut impl FnMut(Piece<'_>)) {
        to(self.rest());
        to(Piece::End);
        self.rest.clear();
        self.begun = false;
    }

    fn pass_on_long(&mut self, to: &mut impl FnMut(Piece<'_>)) {
        let mut rest = self.rest.as_str();
        let mut begun = self.begun;
        while rest.len() > MAX_LINE {
            let (piece, after) = rest.split_at(cut(rest));
            to(if begun { Piece::More(piece) } else { Piece::Start(piece) });
            begun = true;
            rest = after;
        }
        if rest.len() < self.rest.len() {
            self.rest = rest.to_owned();
            self.begun = begun;
        }
    }
}

/// Behind the last word that fits, or else behind the last character.
fn cut(text: &str) -> usize {
    let end = text.floor_char_boundary(MAX_LINE);
    text.get(..end).and_then(|text| text.rfind(' ')).map_or(end, |space| space + 1)
}
