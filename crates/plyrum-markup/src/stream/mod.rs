//! Markdown that is read while it is written: what is complete is drawn once, only the last block is drawn again.
//!
//! A person sees words as they come, and nothing that they have read changes its style: an incomplete word, an open
//! `**` and the first line of what may be a table are held back until it is clear what they are.

mod drawn;
mod feed;
mod hold;
mod opening;
mod split;

pub(crate) use split::{Block, Kind};

use crate::line::Line;
use crate::lines::Lines;
use crate::sanitize::Sanitizer;
use drawn::Drawn;
use feed::Feed;
use split::Splitter;

/// A longer text is cut here, and an ellipsis says so.
const MAX_TEXT: usize = 8 * 1024 * 1024;

/// A markdown text as lines of at most `width` columns, for widths from 4 on.
pub fn markdown(text: &str, width: u16) -> Vec<Line> {
    let mut whole = Streaming::default();
    whole.push(text);
    whole.finish();
    whole.lines(width);
    whole.drawn.lines().iter().collect()
}

/// A markdown text that grows. When it is finished, its lines are those of [`markdown`], in whatever pieces it came.
#[derive(Debug, Default)]
pub struct Streaming {
    text: Source,
    drawn: Drawn,
}

/// The text so far, as blocks.
#[derive(Debug, Default)]
struct Source {
    sanitizer: Sanitizer,
    /// Bounded by [`MAX_TEXT`].
    length: usize,
    feed: Feed,
    splitter: Splitter,
    complete: Vec<Block>,
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Growing,
    Full,
    Finished,
}

impl Streaming {
    /// The next piece of the text, as it came.
    pub fn push(&mut self, text: &str) {
        self.text.push(text);
    }

    /// The text is complete: what was held back is shown.
    pub fn finish(&mut self) {
        self.text.finish();
    }

    /// All lines that can be shown, each of at most `width` columns.
    pub fn lines(&mut self, width: u16) -> &Lines {
        self.drawn.draw(&self.text, width)
    }

    /// The width for which lines were last asked; 0 before that.
    pub fn width(&self) -> u16 {
        self.drawn.width()
    }

    /// About how many bytes the text and its lines take.
    pub fn bytes(&self) -> usize {
        self.text.length + self.drawn.bytes()
    }

    /// How many of the lines that were last asked for can never change at their width.
    pub fn settled(&self) -> usize {
        self.drawn.settled()
    }
}

impl Source {
    fn push(&mut self, text: &str) {
        if self.state != State::Growing {
            return;
        }
        let safe = self.sanitizer.push(text);
        let room = MAX_TEXT - self.length;
        let kept = safe.get(..safe.floor_char_boundary(room)).unwrap_or_default();
        self.length += kept.len();
        self.read(kept);
        if kept.len() < safe.len() {
            self.read("…");
            self.state = State::Full;
        }
    }

    fn read(&mut self, text: &str) {
        self.feed.push(text, |piece| self.splitter.take(piece, &mut self.complete));
    }

    fn finish(&mut self) {
        if self.state == State::Finished {
            return;
        }
        self.feed.finish(|piece| self.splitter.take(piece, &mut self.complete));
        self.splitter.finish(&mut self.complete);
        self.state = State::Finished;
    }

    /// What may be shown of the text behind the complete blocks.
    fn tail(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut ahead = self.splitter.clone();
        if let Some(piece) = hold::words(&self.feed, &self.splitter) {
            ahead.take(piece, &mut blocks);
        }
        ahead.finish(&mut blocks);
        if let Some(last) = blocks.last_mut() {
            hold::hold_back(last);
        }
        blocks
    }
}

/// The blocks of a whole text.
pub(crate) fn split(text: &str) -> Vec<Block> {
    let mut source = Source::default();
    source.push(text);
    source.finish();
    source.complete
}

#[cfg(test)]
mod tests;
