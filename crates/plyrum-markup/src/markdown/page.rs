//! From the events of a parser to lines: blocks within frames, and the blank lines between them.

use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

use super::frame::{self, Frame};
use super::ink::Ink;
use super::link::Link;
use super::table::Table;
use super::{language, listing_ends, listing_opens};
use crate::code::Listings;
use crate::line::{Emphasis, Line, Tone};
use crate::sanitize::clean;
use crate::width::untabbed;
use crate::wrap::{fold, goes_on, wrap};

/// What has been read of a block, as lines.
pub(super) struct Page<'l> {
    width: usize,
    ordinal: Option<u64>,
    listings: &'l mut Listings,
    lines: Vec<Line>,
    frames: Vec<Frame>,
    lists: Vec<List>,
    ink: Ink,
    links: Vec<Link>,
    between: Between,
    table: Option<Table>,
    raw: Option<Raw>,
}

/// What stands between the last block and the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Between {
    Nothing,
    Blank,
}

struct List {
    next: Option<u64>,
    begun: bool,
    /// Its items are paragraphs, with blank lines between them.
    between: Between,
}

/// Text that is shown as it is written.
enum Raw {
    Code(Option<String>, String),
    Html(String),
}

impl<'l> Page<'l> {
    pub(super) fn new(width: usize, ordinal: Option<u64>, listings: &'l mut Listings) -> Self {
        Self {
            width,
            ordinal,
            listings,
            lines: Vec::new(),
            frames: Vec::new(),
            lists: Vec::new(),
            ink: Ink::default(),
            links: Vec::new(),
            between: Between::Nothing,
            table: None,
            raw: None,
        }
    }

    pub(super) fn finish(mut self) -> Vec<Line> {
        self.flush();
        self.lines
    }

    pub(super) fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) => self.text(&text),
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.ink.write_as(&text, Tone::Code);
            }
            Event::InlineHtml(html) if is_line_break(&html) => self.ink.line_break(),
            Event::InlineHtml(html) | Event::FootnoteReference(html) => self.ink.write(&html),
            Event::SoftBreak => self.ink.write(" "),
            Event::HardBreak => self.ink.line_break(),
            Event::Rule => self.rule(),
            Event::TaskListMarker(done) => {
                self.ink.write_as(if done { "[x] " } else { "[ ] " }, Tone::Marker);
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Emphasis => self.ink.begin(Emphasis::ITALIC),
            Tag::Strong => self.ink.begin(Emphasis::BOLD),
            Tag::Strikethrough => self.ink.begin(Emphasis::STRUCK),
            Tag::Link { dest_url, .. } => {
                self.links.push(Link::to(&dest_url, &self.ink));
                self.ink.begin(Emphasis::UNDERLINE);
            }
            Tag::Image { dest_url, .. } => {
                let image = Link::image(&dest_url, &mut self.ink);
                self.links.push(image);
                self.ink.begin(Emphasis::NONE);
            }
            Tag::TableHead => {
                self.table.iter_mut().for_each(Table::row);
                self.ink.begin(Emphasis::BOLD);
            }
            Tag::TableRow => self.table.iter_mut().for_each(Table::row),
            Tag::TableCell => {}
            block => self.start_block(block),
        }
    }

    fn start_block(&mut self, tag: Tag<'_>) {
        self.flush();
        match tag {
            Tag::Item => return self.start_item(),
            Tag::List(start) => return self.start_list(start),
            Tag::Paragraph => self.loosen(),
            _ => {}
        }
        self.blank();
        match tag {
            Tag::Heading { level, .. } => {
                self.frames.push(Frame::heading(level as usize));
                self.ink.begin_as(Tone::Heading, Emphasis::BOLD);
            }
            Tag::BlockQuote(_) => self.frames.push(Frame::quote()),
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => {
                self.raw = Some(Raw::Code(language(&info), String::new()));
            }
            Tag::CodeBlock(CodeBlockKind::Indented) => self.raw = Some(Raw::Code(None, String::new())),
            Tag::HtmlBlock => self.raw = Some(Raw::Html(String::new())),
            Tag::Table(alignments) => self.table = Some(Table::new(alignments)),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => self.ink.end(),
            TagEnd::TableHead => self.ink.end(),
            TagEnd::TableRow => {}
            TagEnd::Link | TagEnd::Image => {
                self.ink.end();
                if let Some(link) = self.links.pop() {
                    link.end(&mut self.ink);
                }
            }
            TagEnd::TableCell => {
                let cell = self.ink.take();
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
            }
            block => self.end_block(block),
        }
    }

    fn end_block(&mut self, tag: TagEnd) {
        self.flush();
        match tag {
            TagEnd::Heading(_) => {
                self.ink.end();
                self.touch();
                self.frames.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.frames.pop();
            }
            TagEnd::Item => {
                self.touch();
                self.frames.pop();
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock | TagEnd::HtmlBlock => self.raw_ends(),
            TagEnd::Table => self.table_ends(),
            _ => {}
        }
        self.between = Between::Blank;
    }

    fn start_list(&mut self, start: Option<u64>) {
        if !self.lists.is_empty() {
            self.between = Between::Nothing;
        }
        let next = start.map(|start| self.ordinal.take().unwrap_or(start));
        self.lists.push(List { next, begun: false, between: Between::Nothing });
    }

    fn start_item(&mut self) {
        let depth = self.lists.len();
        let mut ordinal = None;
        if let Some(list) = self.lists.last_mut() {
            if list.begun {
                self.between = list.between;
            }
            list.begun = true;
            ordinal = list.next;
            list.next = ordinal.map(|ordinal| ordinal.saturating_add(1));
        }
        self.blank();
        self.frames.push(Frame::item(ordinal, depth));
    }

    /// A paragraph right within an item: the list is one of paragraphs.
    fn loosen(&mut self) {
        if let Some(list) = self.lists.last_mut() {
            list.between = Between::Blank;
        }
    }

    fn text(&mut self, text: &str) {
        match &mut self.raw {
            Some(Raw::Code(_, raw) | Raw::Html(raw)) => raw.push_str(text),
            None => self.ink.write(text),
        }
    }

    fn rule(&mut self) {
        self.flush();
        self.blank();
        let columns = self.room();
        self.push(&Line::of("─".repeat(columns), Tone::Dim));
        self.between = Between::Blank;
    }

    fn raw_ends(&mut self) {
        match self.raw.take() {
            Some(Raw::Code(language, text)) => self.listing(language.as_deref(), &text),
            Some(Raw::Html(text)) => {
                for line in clean(&text).lines() {
                    self.push(&Line::of(untabbed(line, 0), Tone::Text));
                }
            }
            None => {}
        }
    }

    fn listing(&mut self, language: Option<&str>, text: &str) {
        let lines = self.listings.lines(language, &clean(text));
        self.push(&listing_opens(language, self.room()));
        for line in &lines {
            self.push_code(line);
        }
        self.push(&listing_ends());
    }

    fn table_ends(&mut self) {
        let Some(table) = self.table.take() else { return };
        for line in table.lines(self.room()) {
            let mut shown = frame::first(&mut self.frames, self.width / 2);
            shown.append(&line);
            self.lines.push(shown);
        }
    }

    /// Writes what is left of a paragraph.
    fn flush(&mut self) {
        let lines = self.ink.take();
        if !lines.is_empty() {
            // Text right within an item stands below what was above it.
            self.blank();
        }
        for line in &lines {
            self.push(line);
        }
    }

    /// Writes the marks of a frame in which nothing was written.
    fn touch(&mut self) {
        if self.frames.last().is_some_and(Frame::is_untouched) {
            self.push(&Line::default());
        }
    }

    fn blank(&mut self) {
        if self.between == Between::Blank {
            let mut line = frame::next(&self.frames, self.width / 2);
            trim_end(&mut line);
            self.lines.push(line);
        }
        self.between = Between::Nothing;
    }

    fn push(&mut self, line: &Line) {
        if line.is_empty() {
            return self.push_empty();
        }
        let first = frame::first(&mut self.frames, self.width / 2);
        let next = frame::next(&self.frames, self.width / 2);
        self.lines.extend(wrap(line, self.columns(), &first, &next));
    }

    fn push_code(&mut self, line: &Line) {
        if line.is_empty() {
            return self.push_empty();
        }
        let first = frame::first(&mut self.frames, self.width / 2);
        let mut next = frame::next(&self.frames, self.width / 2);
        next.append(&goes_on(self.room()));
        self.lines.extend(fold(line, self.columns(), &first, &next));
    }

    /// An empty line has no white space, and its marks.
    fn push_empty(&mut self) {
        let mut line = frame::first(&mut self.frames, self.width / 2);
        trim_end(&mut line);
        self.lines.push(line);
    }

    /// The columns that the frames leave.
    fn room(&self) -> usize {
        self.width.saturating_sub(frame::next(&self.frames, self.width / 2).width())
    }

    fn columns(&self) -> u16 {
        u16::try_from(self.width).unwrap_or(u16::MAX)
    }
}

fn trim_end(line: &mut Line) {
    while let Some(last) = line.spans.last_mut() {
        last.text.truncate(last.text.trim_end_matches(' ').len());
        if !last.text.is_empty() {
            return;
        }
        line.spans.pop();
    }
}

fn is_line_break(html: &str) -> bool {
    matches!(html.to_ascii_lowercase().as_str(), "<br>" | "<br/>" | "<br />")
}
