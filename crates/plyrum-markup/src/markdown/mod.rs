//! One block of markdown as lines. What a block is, and when it is complete, is `stream`'s to say.
//!
//! Nothing that is written is swallowed: HTML is text, an address is shown whole, a definition of a reference stays
//! where it was written. Nesting costs columns only up to half of the width.

mod frame;
mod ink;
mod link;
mod page;
mod table;

use std::borrow::Cow;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::blocks::CodeBlock;
use crate::code::Listings;
use crate::line::{Line, Tone};
use crate::width::fit;
use page::Page;

/// Definitions of one reference again and again hide each other; so many are brought to light.
const MAX_PASSES: usize = 8;

/// Below a listing, and above one without a language.
const LISTING: &str = "┄┄┄";

/// A block of sanitised markdown as lines; its first list begins at `ordinal`, if there is one.
pub(crate) fn render(text: &str, ordinal: Option<u64>, width: usize, listings: &mut Listings) -> Vec<Line> {
    let text = with_definitions_shown(text);
    let mut page = Page::new(width, ordinal, listings);
    Parser::new_ext(&text, options()).for_each(|event| page.take(event));
    page.finish()
}

/// The code blocks within a block of sanitised markdown.
pub(crate) fn code_in(text: &str) -> Vec<CodeBlock> {
    let mut found = Vec::new();
    let mut open: Option<CodeBlock> = None;
    for event in Parser::new_ext(text, options()) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = Some(CodeBlock { language: language(&info), text: String::new() });
            }
            Event::Text(text) => open.iter_mut().for_each(|block| block.text.push_str(&text)),
            Event::End(TagEnd::CodeBlock) => found.extend(open.take()),
            _ => {}
        }
    }
    found
}

/// The language that a fence names.
pub(crate) fn language(info: &str) -> Option<String> {
    let name = info.split([' ', '\t', ',', '{', ':']).find(|part| !part.is_empty())?;
    Some(crate::sanitize::cell(name))
}

/// The line above a listing.
pub(crate) fn listing_opens(language: Option<&str>, width: usize) -> Line {
    let mark = language.map_or_else(|| LISTING.to_owned(), |language| format!("┄ {language}"));
    Line::of(fit(&mark, width), Tone::Dim)
}

/// The line below a listing.
pub(crate) fn listing_ends() -> Line {
    Line::of(LISTING, Tone::Dim)
}

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS
}

/// `[name]: address` as text: a parser takes such a line away, and the reference may stand in another block.
fn with_definitions_shown(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if !text.contains("]:") {
        return text;
    }
    for _ in 0..MAX_PASSES {
        let starts = definitions(&text);
        if starts.is_empty() {
            break;
        }
        let shown = starts.iter().rev().fold(text.into_owned(), |mut text, start| {
            text.insert(*start, '\\');
            text
        });
        text = Cow::Owned(shown);
    }
    text
}

fn definitions(text: &str) -> Vec<usize> {
    let parser = Parser::new_ext(text, options());
    let spans = parser.reference_definitions().iter().map(|(_, definition)| definition.span.clone());
    let mut starts: Vec<_> = spans.filter_map(|span| Some(span.start + text.get(span)?.find('[')?)).collect();
    starts.sort_unstable();
    starts
}

#[cfg(test)]
pub(crate) mod tests;
