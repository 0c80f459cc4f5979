//! A text as scorers see it: units in order (a sentence, a list item, a row, a piece of code), each knowing
//! its source, section and paragraph.

use std::collections::HashSet;

use super::blocks::{self, Block};
use super::{inline, sentences};

/// Units read from one conversation; text past them is not looked at. 16 MiB of prose has about 280 000.
pub(super) const MAX_UNITS: usize = 400_000;
/// Bytes of a link's name; longer brackets are text.
const MAX_LINK_BYTES: usize = 100;
/// Bytes of an item that stays whole; a longer one is split into sentences.
const MAX_ITEM_BYTES: usize = 400;

/// What a unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A sentence of a paragraph.
    Sentence,
    /// A list item with its marker (`-` or `3.`).
    Item(String),
    /// A line that stands by itself: a table row, a log line, a setting.
    Row,
    /// A piece of code with its language.
    Code(String),
}

/// The smallest thing an answer quotes.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// The words, without markup.
    pub(super) text: String,
    pub(super) kind: Kind,
    /// Which source it came from.
    pub(super) source: usize,
    /// The heading it stands under.
    pub(super) section: usize,
    /// Units of one paragraph or one list share this number.
    pub(super) paragraph: usize,
    /// How many sentences and rows of its source stand before it.
    pub(super) place: usize,
    /// It is the first under its heading.
    pub(super) opens_section: bool,
}

/// A heading. The first of each source is an unnamed one, for what stands before any heading.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) title: String,
    level: u8,
    /// The heading above it.
    pub(super) parent: Option<usize>,
}

/// A named text to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

/// All texts of a conversation.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    pub(super) units: Vec<Unit>,
    pub(super) sections: Vec<Section>,
    /// Number of sources.
    pub(super) sources: usize,
}

impl Document {
    pub(super) fn read(sources: &[Source<'_>]) -> Self {
        let mut reader = Reader::default();
        for source in sources {
            reader.begin();
            blocks::read(source.name, source.text, &mut |block| reader.block(block));
        }
        reader.document
    }

    /// The section of a unit and those above it, innermost first; at most eight.
    pub(super) fn path(&self, section: usize) -> impl Iterator<Item = &Section> {
        std::iter::successors(self.sections.get(section), |inner| {
            inner.parent.and_then(|at| self.sections.get(at))
        })
        .take(8)
    }
}

#[derive(Default)]
struct Reader {
    document: Document,
    paragraph: usize,
    place: usize,
    in_list: bool,
    /// Names of the links that the current source defines.
    links: HashSet<String>,
}

impl Reader {
    fn begin(&mut self) {
        self.document.sources += 1;
        self.document.sections.push(Section { title: String::new(), level: 0, parent: None });
        self.paragraph += 1;
        self.place = 0;
        self.in_list = false;
        self.links.clear();
    }

    fn block(&mut self, block: Block) {
        let lists = matches!(block, Block::Item { .. } | Block::Row(_));
        if !(lists && self.in_list) {
            self.paragraph += 1;
        }
        self.in_list = lists;
        match block {
            Block::Links(names) => self.links = names.into_iter().collect(),
            Block::Heading { level, text } => self.heading(level, &self.plain(&text)),
            Block::Paragraph(runs) => runs.iter().for_each(|run| self.sentences(&self.plain(run))),
            Block::Item { marker, text } => self.item(marker, self.plain(&text)),
            Block::Row(text) => {
                if text.len() <= sentences::MAX_BYTES {
                    self.unit(text, Kind::Row);
                } else {
                    self.sentences(&text);
                }
            }
            Block::Code { language, text } => self.unit(text, Kind::Code(language)),
        }
    }

    /// The words of a text: no inline markup, no brackets around the names of links.
    fn plain(&self, text: &str) -> String {
        let plain = inline::plain(text);
        if self.links.is_empty() || !plain.contains('[') {
            return plain;
        }
        let mut out = String::with_capacity(plain.len());
        let mut rest = plain.as_str();
        while let Some((before, after)) = rest.split_once('[') {
            out.push_str(before);
            rest = after;
            if let Some((name, after)) = link_at(rest).filter(|(name, _)| self.links.contains(*name)) {
                out.push_str(name);
                rest = after;
            } else {
                out.push('[');
            }
        }
        out + rest
    }

    fn heading(&mut self, level: u8, title: &str) {
        let last = self.document.sections.len().saturating_sub(1);
        let mut above = Some(last);
        while let Some(section) = above.and_then(|at| self.document.sections.get(at)) {
            if section.level < level {
                break;
            }
            above = section.parent;
        }
        self.document.sections.push(Section { title: title.to_owned(), level, parent: above });
    }

    fn item(&mut self, marker: String, text: String) {
        if text.len() <= MAX_ITEM_BYTES {
            return self.unit(text, Kind::Item(marker));
        }
        self.sentences(&text);
    }

    fn sentences(&mut self, text: &str) {
        for range in sentences::split(text) {
            self.unit(text.get(range).unwrap_or_default().to_owned(), Kind::Sentence);
        }
    }

    /// Adds a unit unless it says nothing: two letters in a row are the least.
    fn unit(&mut self, text: String, kind: Kind) {
        if self.document.units.len() >= MAX_UNITS || !says_something(&text) {
            return;
        }
        let section = self.document.sections.len().saturating_sub(1);
        let source = self.document.sources.saturating_sub(1);
        let is_code = matches!(kind, Kind::Code(_));
        let opens_section = self.document.units.last().is_none_or(|last| last.section != section);
        let (paragraph, place) = (self.paragraph, self.place);
        self.document.units.push(Unit { text, kind, source, section, paragraph, place, opens_section });
        self.place += usize::from(!is_code);
    }
}

/// What stands before the next `]`, if that is near, and what follows it.
fn link_at(text: &str) -> Option<(&str, &str)> {
    let near = text.get(..text.floor_char_boundary(MAX_LINK_BYTES))?;
    near.split_once(']').and_then(|(name, _)| Some((name, text.get(name.len() + 1..)?)))
}

fn says_something(text: &str) -> bool {
    let mut before = false;
    text.chars().any(|letter| {
        let found = before && letter.is_alphanumeric();
        before = letter.is_alphanumeric();
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_know_their_headings_and_paragraphs() {
        let text =
            "# Tool\nIt is **good**. It is small.\n\n## Use\n- one thing\n- two things\n\n# End\nBye now.";
        let document = Document::read(&[Source { name: "a.md", text }]);
        let texts: Vec<&str> = document.units.iter().map(|unit| unit.text.as_str()).collect();
        assert_eq!(texts, ["It is good.", "It is small.", "one thing", "two things", "Bye now."]);
        let titles = |at: usize| {
            document
                .path(document.units[at].section)
                .map(|section| section.title.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(titles(2), ["Use", "Tool", ""]);
        assert_eq!(titles(4), ["End", ""]);
        assert_eq!(document.units[0].paragraph, document.units[1].paragraph);
        assert_eq!(document.units[2].paragraph, document.units[3].paragraph);
        assert_ne!(document.units[1].paragraph, document.units[2].paragraph);
    }

    #[test]
    fn brackets_around_link_names_are_markup_and_others_are_text() {
        let text = "Read [the guide] and arrays[i] or [x[the guide]].\n\n[the guide]: https://a.b\n";
        let document = Document::read(&[Source { name: "a.md", text }]);
        assert_eq!(document.units[0].text, "Read the guide and arrays[i] or [xthe guide].");
    }
}
