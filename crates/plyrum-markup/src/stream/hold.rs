//! What is held back of a text that grows: whatever could still turn out to be something else.

use super::feed::Feed;
use super::split::{Block, Kind, Piece, Splitter};

/// An open `**` or `[` is waited for so many bytes long; then it is shown as it is.
const MAX_HELD: usize = 240;
/// A word is waited for so many bytes long.
const MAX_WORD: usize = 120;

/// The complete words of the line that is being written, if it is clear what the line is.
pub(super) fn words<'f>(feed: &'f Feed, splitter: &Splitter) -> Option<Piece<'f>> {
    let in_code = splitter.in_fence() || splitter.open().is_some_and(|block| ends_in_code(&block.text));
    match feed.rest() {
        _ if in_code => None,
        Piece::Start(line) => {
            let shown = complete(line);
            (!is_unclear(line, shown)).then_some(Piece::Start(shown))
        }
        Piece::More(text) => Some(Piece::More(complete(text))),
        Piece::End => None,
    }
}

/// Takes away from the last block what is not clear yet.
pub(super) fn hold_back(block: &mut Block) {
    if matches!(block.kind, Kind::Fence(_) | Kind::Indented) || ends_in_code(&block.text) {
        return;
    }
    let shown = clear(&block.text).min(before_head(&block.text));
    block.text.truncate(shown);
}

/// The part of a line that ends with a complete word.
fn complete(line: &str) -> &str {
    let end = line
        .char_indices()
        .rev()
        .find_map(|(at, c)| match c {
            c if c.is_whitespace() => Some(at),
            c if is_ideograph(c) && at + c.len_utf8() < line.len() => Some(at + c.len_utf8()),
            _ => None,
        })
        .unwrap_or_default();
    let end = if line.len() - end > MAX_WORD { line.floor_char_boundary(line.len() - 1) } else { end };
    line.get(..end).unwrap_or_default().trim_end()
}

/// Whether a line may still become another thing than what its words look like.
fn is_unclear(line: &str, shown: &str) -> bool {
    let said = line.trim_start();
    let only_marks =
        shown.chars().all(|c| c.is_whitespace() || c.is_ascii_digit() || "-*+>#=_~`.):|".contains(c));
    only_marks || ["|", "```", "~~~"].iter().any(|start| said.starts_with(start))
}

const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a fence within a list or a quote is open at the end.
fn ends_in_code(text: &str) -> bool {
    text.lines().filter(|line| is_fence(line)).count() % 2 == 1
}

fn is_fence(line: &str) -> bool {
    let said = line.trim_start_matches(|c: char| c.is_ascii_digit() || " \t-*+>.)".contains(c));
    said.starts_with("```") || said.starts_with("~~~")
}

/// Where the head of a table begins that no line follows.
fn before_head(text: &str) -> usize {
    let mut lines = text.trim_end().rsplit('\n');
    let last = lines.next().unwrap_or_default();
    let is_row = |line: &str| line.trim_start().starts_with('|');
    if is_row(last) && !lines.next().is_some_and(is_row) {
        text.trim_end().len() - last.len()
    } else {
        text.len()
    }
}

/// The end of what no open mark comes before.
fn clear(text: &str) -> usize {
    let mut marks = Marks::default();
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        at = marks.take(text, at, c);
    }
    marks.first_since(text.len().saturating_sub(MAX_HELD)).unwrap_or(text.len())
}

/// The marks within a paragraph that are open.
#[derive(Default)]
struct Marks {
    open: Vec<Mark>,
}

#[derive(Clone, Copy)]
struct Mark {
    at: usize,
    sign: char,
    length: usize,
}

impl Marks {
    fn first_since(&self, at: usize) -> Option<usize> {
        self.open.iter().map(|mark| mark.at).find(|start| *start >= at)
    }

    /// Reads what is at a place; where to read on.
    fn take(&mut self, text: &str, at: usize, c: char) -> usize {
        match c {
            '\\' => {
                at + 1 + text.get(at + 1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
            }
            '\n' => self.line(text, at + 1),
            '`' => self.code(text, at),
            '*' | '_' | '~' => self.emphasis(text, at, c),
            '[' => {
                let is_image = text.get(..at).is_some_and(|before| before.ends_with('!'));
                self.open.push(Mark { at: at - usize::from(is_image), sign: '[', length: 1 });
                at + 1
            }
            ']' => self.link(text, at),
            c => at + c.len_utf8(),
        }
    }

    /// Marks do not reach over a blank line or into another item.
    fn line(&mut self, text: &str, at: usize) -> usize {
        let line = text.get(at..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
        if line.is_empty() || ["- ", "* ", "+ "].iter().any(|mark| line.starts_with(mark)) {
            self.open.clear();
        }
        at
    }

    fn code(&mut self, text: &str, at: usize) -> usize {
        let length = run(text, at, '`');
        let mut end = at + length;
        while let Some(next) = text.get(end..).and_then(|rest| rest.find('`')) {
            let closing = run(text, end + next, '`');
            end += next + closing;
            if closing == length {
                return end;
            }
        }
        self.open.push(Mark { at, sign: '`', length });
        // If it is old, it is shown as it is, and so is what follows it.
        at + length
    }

    fn emphasis(&mut self, text: &str, at: usize, sign: char) -> usize {
        let length = run(text, at, sign);
        let end = at + length;
        let before = text.get(..at).and_then(|before| before.chars().next_back()).unwrap_or(' ');
        let after = text.get(end..).and_then(|after| after.chars().next()).unwrap_or(' ');
        let within_word = sign == '_' && before.is_alphanumeric() && after.is_alphanumeric();
        let closes = !before.is_whitespace() && self.closes(sign, length);
        let is_text = within_word || after.is_whitespace() || (sign == '~' && length < 2);
        if !closes && !is_text {
            self.open.push(Mark { at, sign, length });
        }
        end
    }

    /// Closes what is open with the same sign; whether anything was.
    fn closes(&mut self, sign: char, mut length: usize) -> bool {
        let before = length;
        while length > 0 {
            let Some(at) = self.open.iter().rposition(|mark| mark.sign == sign) else { break };
            let Some(mark) = self.open.get(at).copied() else { break };
            self.open.truncate(at);
            if mark.length > length {
                self.open.push(Mark { length: mark.length - length, ..mark });
            }
            length = length.saturating_sub(mark.length);
        }
        length < before
    }

    fn link(&mut self, text: &str, at: usize) -> usize {
        let Some(start) = self.open.iter().rposition(|mark| mark.sign == '[') else { return at + 1 };
        if !text.get(at + 1..).is_some_and(|rest| rest.starts_with('(')) {
            self.open.truncate(start);
            return at + 1;
        }
        let Some(end) = text.get(at..).and_then(|rest| rest.find(')')) else { return text.len() };
        self.open.truncate(start);
        at + end + 1
    }
}

fn run(text: &str, at: usize, sign: char) -> usize {
    text.get(at..).map_or(1, |rest| rest.len() - rest.trim_start_matches(sign).len()).max(1)
}
