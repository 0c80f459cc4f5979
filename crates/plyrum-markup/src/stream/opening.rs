//! What a line begins, at the outermost level.

use crate::markdown::language;

/// From this indent on a line is code.
const CODE_INDENT: usize = 4;

/// What a line begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opening {
    Heading,
    Fence(Fence),
    Item(Item),
    Rule,
    Quote,
    Indented,
    Text,
}

/// The fence of a block of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fence {
    /// As the fence names it.
    pub(crate) language: Option<String>,
    mark: char,
    length: usize,
    indent: usize,
    /// The line of the fence itself has ended.
    pub(super) begun: bool,
}

/// The mark of an item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item {
    /// Where it counts, in a list with numbers.
    pub(crate) ordinal: Option<u64>,
    mark: char,
}

impl Opening {
    pub(super) fn of(line: &str) -> Self {
        if indent(line) >= CODE_INDENT {
            return Self::Indented;
        }
        let said = line.trim_start();
        if is_heading(said) {
            Self::Heading
        } else if is_rule(said) {
            Self::Rule
        } else if said.starts_with('>') {
            Self::Quote
        } else if let Some(fence) = Fence::of(said, indent(line)) {
            Self::Fence(fence)
        } else {
            Item::of(said).map_or(Self::Text, Self::Item)
        }
    }
}

impl Fence {
    fn of(said: &str, indent: usize) -> Option<Self> {
        let mark = said.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let info = said.trim_start_matches(mark);
        let length = said.len() - info.len();
        if length < 3 || (mark == '`' && info.contains('`')) {
            return None;
        }
        Some(Self { language: language(info), mark, length, indent, begun: false })
    }

    pub(super) fn is_closed_by(&self, line: &str) -> bool {
        let said = line.trim();
        indent(line) < CODE_INDENT && said.len() >= self.length && said.chars().all(|c| c == self.mark)
    }

    pub(super) fn without_indent<'t>(&self, line: &'t str) -> &'t str {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        line.get(spaces.min(self.indent)..).unwrap_or_default()
    }
}

impl Item {
    fn of(said: &str) -> Option<Self> {
        let digits = said.len() - said.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mark = said.get(digits..)?.chars().next()?;
        let is_mark = if digits == 0 { matches!(mark, '-' | '*' | '+') } else { matches!(mark, '.' | ')') };
        let apart = said.get(digits + mark.len_utf8()..)?.chars().next().is_none_or(char::is_whitespace);
        (is_mark && apart && digits < 10)
            .then(|| Self { ordinal: said.get(..digits).and_then(|digits| digits.parse().ok()), mark })
    }

    /// The next item of the same list, if it is one.
    pub(super) fn after(self, before: Self) -> Self {
        match before.ordinal {
            Some(ordinal) if before.mark == self.mark => {
                Self { ordinal: Some(ordinal.saturating_add(1)), ..self }
            }
            _ => self,
        }
    }

    /// Whether its line ends a paragraph: an empty item does not, nor one that continues to count.
    pub(super) fn interrupts(self, line: &str) -> bool {
        let said = line.trim();
        said.contains(char::is_whitespace) && self.ordinal.is_none_or(|ordinal| ordinal == 1)
    }
}

/// The columns of white space that a line begins with.
pub(super) fn indent(line: &str) -> usize {
    line.chars().take_while(|c| matches!(c, ' ' | '\t')).fold(0, |column, c| match c {
        '\t' => column + CODE_INDENT - column % CODE_INDENT,
        _ => column + 1,
    })
}

fn is_heading(said: &str) -> bool {
    let text = said.trim_start_matches('#');
    let level = said.len() - text.len();
    (1..=6).contains(&level) && text.chars().next().is_none_or(char::is_whitespace)
}

fn is_rule(said: &str) -> bool {
    let Some(mark) = said.chars().next().filter(|mark| matches!(mark, '-' | '*' | '_')) else { return false };
    let marks = said.chars().filter(|c| !c.is_whitespace());
    said.chars().all(|c| c == mark || c.is_whitespace()) && marks.take(3).count() == 3
}
