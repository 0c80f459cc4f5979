//! Lines of styled text: what is said and in which role, never in which colour.

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
