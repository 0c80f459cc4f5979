//! Lines of styled text: what is said and in which role, never in which colour.

use crate::width::width;

/// The role of a piece of text; a theme gives it its colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// What is read.
    #[default]
    Text,
    /// What may be overlooked: markers, borders, line numbers.
    Dim,
    /// A heading.
    Heading,
    /// Code within a line, and code without a language.
    Code,
    /// A keyword.
    Keyword,
    /// A string or another literal text.
    String,
    /// A number or a constant.
    Number,
    /// A comment.
    Comment,
    /// The name of a function.
    Function,
    /// The name of a type.
    Type,
    /// An address.
    Link,
    /// A quotation.
    Quote,
    /// The mark of a list's item.
    Marker,
    /// A line that was added.
    Added,
    /// A line that was removed.
    Removed,
    /// Where a piece of a diff is.
    Hunk,
}

/// How a piece of text stands out, beside its role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Emphasis(u8);

impl Emphasis {
    /// Not at all.
    pub const NONE: Self = Self(0);
    /// **Bold**.
    pub const BOLD: Self = Self(1);
    /// *Italic*.
    pub const ITALIC: Self = Self(2);
    /// Underlined.
    pub const UNDERLINE: Self = Self(4);
    /// ~~Struck through~~.
    pub const STRUCK: Self = Self(8);

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A piece of a line in one style.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// Safe text without newlines or tabs.
    pub text: String,
    /// Its role.
    pub tone: Tone,
    /// How it stands out.
    pub emphasis: Emphasis,
}

/// One line, as wide as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// From left to right.
    pub spans: Vec<Span>,
}

impl Span {
    /// Safe text in a role, not standing out.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, emphasis: Emphasis::NONE }
    }

    /// The same, standing out so too.
    #[must_use]
    pub fn with(mut self, emphasis: Emphasis) -> Self {
        self.emphasis = self.emphasis.and(emphasis);
        self
    }

    /// The columns it takes.
    pub fn width(&self) -> usize {
        width(&self.text)
    }
}

impl Line {
    /// A line of one span.
    pub fn of(text: impl Into<String>, tone: Tone) -> Self {
        Self::from(Span::new(text, tone))
    }

    /// The columns it takes.
    pub fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }

    /// What is said, without style.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.spans.iter().all(|span| span.text.is_empty())
    }

    /// Writes on in the style of `like`; a span goes on as long as its style does.
    pub(crate) fn write(&mut self, text: &str, like: &Span) {
        if text.is_empty() {
            return;
        }
        match self.spans.last_mut() {
            Some(last) if (last.tone, last.emphasis) == (like.tone, like.emphasis) => {
                last.text.push_str(text);
            }
            _ => self.spans.push(Span { text: text.to_owned(), tone: like.tone, emphasis: like.emphasis }),
        }
    }

    /// Writes on with all of another line.
    pub(crate) fn append(&mut self, other: &Self) {
        for span in &other.spans {
            self.write(&span.text, span);
        }
    }
}

impl From<Span> for Line {
    fn from(span: Span) -> Self {
        Self { spans: vec![span] }
    }
}
