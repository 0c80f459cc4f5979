//! The lines of a text at one width: complete blocks once, the last one again and again.

use super::opening::Fence;
use super::split::{Above, Block, Kind};
use super::{Source, State};
use crate::code::{Growing, Listings, folded};
use crate::line::Line;
use crate::lines::Lines;
use crate::markdown::{listing_ends, listing_opens, render};

/// What has been drawn.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    width: u16,
    lines: Lines,
    /// So many lines are of complete blocks, or of complete lines of code.
    settled: usize,
    /// So many blocks are complete in `lines`.
    blocks: usize,
    /// So many lines of the fence that comes next are in `lines`; nothing of it, if there is no number.
    fence_lines: Option<usize>,
    /// The listings of the fences, which are highlighted once for all widths.
    fences: Vec<Growing>,
    /// So many fences are complete in `lines`.
    complete_fences: usize,
    /// The listings within the last block.
    listings: Listings,
}

impl Drawn {
    pub(super) fn width(&self) -> u16 {
        self.width
    }

    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }

    /// About how many bytes its lines take.
    pub(super) fn bytes(&self) -> usize {
        self.lines.bytes() + self.fences.iter().map(Growing::bytes).sum::<usize>()
    }

    pub(super) fn settled(&self) -> usize {
        self.settled
    }

    pub(super) fn draw(&mut self, source: &Source, width: u16) -> &Lines {
        if self.width != width {
            self.begin(width);
        }
        self.lines.truncate(self.settled);
        for block in source.complete.iter().skip(self.blocks) {
            self.complete(block);
        }
        match source.splitter.open() {
            Some(Block { kind: Kind::Fence(fence), above, text }) => self.fence(fence, *above, text),
            _ if source.state != State::Finished => self.tail(source.tail()),
            _ => self.lines.shrink(),
        }
        &self.lines
    }

    fn begin(&mut self, width: u16) {
        self.width = width;
        self.lines.truncate(0);
        self.settled = 0;
        self.blocks = 0;
        self.fence_lines = None;
        self.complete_fences = 0;
    }

    fn complete(&mut self, block: &Block) {
        self.listings.rewind();
        match &block.kind {
            Kind::Fence(fence) => {
                self.fence(fence, block.above, &block.text);
                self.lines.push(&listing_ends());
                self.fence_lines = None;
                if let Some(listing) = self.fences.get_mut(self.complete_fences) {
                    listing.close();
                }
                self.complete_fences += 1;
            }
            _ => self.prose(block),
        }
        self.listings = Listings::default();
        self.blocks += 1;
        self.settled = self.lines.len();
    }

    /// The lines of a fence that are complete: they are never drawn again.
    fn fence(&mut self, fence: &Fence, above: Above, text: &str) {
        if self.fence_lines.is_none() {
            self.above(above);
            self.lines.push(&listing_opens(fence.language.as_deref(), usize::from(self.width)));
        }
        let drawn = self.fence_lines.unwrap_or_default();
        if self.fences.len() <= self.complete_fences {
            self.fences.push(Growing::new(fence.language.as_deref()));
        }
        let Some(growing) = self.fences.get_mut(self.complete_fences) else { return };
        let lines = growing.lines(text);
        self.lines.extend(lines.since(drawn).flat_map(|line| folded(&line, self.width)));
        self.fence_lines = Some(lines.len());
        self.settled = self.lines.len();
    }

    fn tail(&mut self, blocks: Vec<Block>) {
        self.listings.rewind();
        for block in blocks {
            match &block.kind {
                Kind::Fence(fence) => {
                    self.above(block.above);
                    self.lines.push(&listing_opens(fence.language.as_deref(), usize::from(self.width)));
                }
                _ => self.prose(&block),
            }
        }
    }

    fn prose(&mut self, block: &Block) {
        let ordinal = match block.kind {
            Kind::Item(item) => item.ordinal,
            _ => None,
        };
        let lines = render(&block.text, ordinal, usize::from(self.width), &mut self.listings);
        if !lines.is_empty() {
            self.above(block.above);
            self.lines.extend(lines);
        }
    }

    fn above(&mut self, above: Above) {
        if above == Above::Blank && !self.lines.is_empty() {
            self.lines.push(&Line::default());
        }
    }
}
