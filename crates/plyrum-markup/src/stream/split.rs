//! Text that grows, cut into blocks as soon as nothing that follows can change them.
//!
//! The cuts depend on the text alone, never on the pieces in which it came. They are those of `CommonMark` between the
//! outermost blocks, and also between the items of a list; HTML ends at a blank line, so that an open tag cannot take
//! the rest of an answer. A cut is also made where a block or a line gets too long.

use super::opening::{Fence, Item, Opening, indent};

/// A longer block is cut: the last block is drawn again whenever the text grows.
pub(super) const MAX_BLOCK: usize = 32 * 1024;

/// More blank lines within a block are not kept.
const MAX_BLANK: usize = 1024;

/// A piece of a text that is shown by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// How it is read.
    pub(crate) kind: Kind,
    /// What stands above it.
    pub(crate) above: Above,
    /// Its lines, each with its newline; of a fence, those within it.
    pub(crate) text: String,
}

/// How a block is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Paragraphs, headings, quotes, tables, rules, HTML.
    Prose,
    /// Code by its indent.
    Indented,
    /// One item of a list.
    Item(Item),
    /// Code between fences.
    Fence(Fence),
}

/// What stands above a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Above {
    /// The block before.
    Nothing,
    /// A blank line.
    Blank,
}

/// A line, or a piece of one that is too long.
#[derive(Debug, Clone, Copy)]
pub(super) enum Piece<'t> {
    /// A line from its start, without its newline.
    Start(&'t str),
    /// A line goes on.
    More(&'t str),
    /// The newline.
    End,
}

/// Where the cuts go.
#[derive(Debug, Clone, Default)]
pub(super) struct Splitter {
    open: Option<Block>,
    /// So many blank lines came after the last text.
    blank: usize,
    /// What the last block was, for what stands above the next.
    last: Option<Last>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Fence,
    Item(Item),
    Other,
}

impl Splitter {
    pub(super) fn open(&self) -> Option<&Block> {
        self.open.as_ref()
    }

    /// Whether code between fences is being read.
    pub(super) fn in_fence(&self) -> bool {
        self.open.as_ref().is_some_and(|block| matches!(block.kind, Kind::Fence(_)))
    }

    /// Reads on; blocks that are complete go to `out`.
    pub(super) fn take(&mut self, piece: Piece<'_>, out: &mut Vec<Block>) {
        match piece {
            Piece::Start(line) if self.in_fence() => self.fence_line(line, out),
            Piece::Start(line) => self.line(line, out),
            Piece::More(text) => self.more(text, out),
            Piece::End => self.line_end(out),
        }
    }

    /// The text ends here.
    pub(super) fn finish(&mut self, out: &mut Vec<Block>) {
        self.close(out);
    }

    fn fence_line(&mut self, line: &str, out: &mut Vec<Block>) {
        let Some(block) = self.open.as_mut() else { return };
        let Kind::Fence(fence) = &block.kind else { return };
        if fence.is_closed_by(line) {
            self.close(out);
        } else {
            let line = fence.without_indent(line);
            block.text.push_str(line);
        }
    }

    fn line(&mut self, line: &str, out: &mut Vec<Block>) {
        if line.trim().is_empty() {
            return self.blank_line(out);
        }
        let opening = Opening::of(line);
        if self.goes_on(&opening, line) {
            self.more(line, out);
        } else {
            self.close(out);
            self.begin(opening, line);
        }
        self.blank = 0;
    }

    fn blank_line(&mut self, out: &mut Vec<Block>) {
        if self.open.as_ref().is_some_and(|block| block.kind == Kind::Prose) {
            self.close(out);
        }
        self.blank = self.blank.saturating_add(1);
    }

    /// Whether a line belongs to the open block.
    fn goes_on(&self, opening: &Opening, line: &str) -> bool {
        let Some(block) = &self.open else { return false };
        match &block.kind {
            Kind::Prose => match opening {
                Opening::Heading | Opening::Fence(_) => false,
                Opening::Item(item) => !item.interrupts(line),
                Opening::Rule | Opening::Quote | Opening::Indented | Opening::Text => true,
            },
            Kind::Indented => *opening == Opening::Indented,
            Kind::Item(_) => indent(line) > 0 || (*opening == Opening::Text && self.blank == 0),
            Kind::Fence(_) => true,
        }
    }

    fn begin(&mut self, opening: Opening, line: &str) {
        let fenced = matches!(opening, Opening::Fence(_)) || self.last == Some(Last::Fence);
        let apart = self.blank > 0 || fenced || opening == Opening::Heading;
        let above = if apart && self.last.is_some() { Above::Blank } else { Above::Nothing };
        let (kind, text) = match opening {
            Opening::Fence(fence) => (Kind::Fence(fence), ""),
            Opening::Item(item) => (Kind::Item(self.numbered(item)), line),
            Opening::Indented => (Kind::Indented, line),
            Opening::Heading | Opening::Rule | Opening::Quote | Opening::Text => (Kind::Prose, line),
        };
        self.open = Some(Block { kind, above, text: text.to_owned() });
    }

    /// Items count from the first one of their list, whatever their own numbers are.
    fn numbered(&self, item: Item) -> Item {
        match self.last {
            Some(Last::Item(before)) => item.after(before),
            _ => item,
        }
    }

    fn more(&mut self, text: &str, out: &mut Vec<Block>) {
        if self.open.as_ref().is_some_and(|block| block.is_full(text)) {
            self.close(out);
        }
        let open = self.open.get_or_insert_with(|| Block {
            kind: Kind::Prose,
            above: Above::Nothing,
            text: String::new(),
        });
        open.text.extend(std::iter::repeat_n('\n', self.blank.min(MAX_BLANK)));
        open.text.push_str(text);
    }

    fn line_end(&mut self, out: &mut Vec<Block>) {
        let Some(open) = self.open.as_mut() else { return };
        match &mut open.kind {
            Kind::Fence(fence) if !fence.begun => fence.begun = true,
            _ if self.blank > 0 => {}
            _ => open.text.push('\n'),
        }
        if open.is_one_line() {
            self.close(out);
        }
    }

    fn close(&mut self, out: &mut Vec<Block>) {
        let Some(block) = self.open.take() else { return };
        self.last = Some(match block.kind {
            Kind::Fence(_) => Last::Fence,
            Kind::Item(item) => Last::Item(item),
            Kind::Prose | Kind::Indented => Last::Other,
        });
        out.push(block);
    }
}

impl Block {
    fn is_full(&self, text: &str) -> bool {
        !matches!(self.kind, Kind::Fence(_)) && self.text.len() + text.len() > MAX_BLOCK
    }

    fn is_one_line(&self) -> bool {
        self.kind == Kind::Prose && matches!(Opening::of(&self.text), Opening::Heading | Opening::Rule)
    }
}
