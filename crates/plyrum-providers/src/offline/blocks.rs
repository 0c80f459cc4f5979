//! Parts a text into blocks: headings, paragraphs, list items, rows and code. A small, forgiving reader of
//! Markdown and of plain text; it never fails, and unknown markup is text.

use super::inline;
use super::shape::{self, Shape};

/// Bytes of one block of code; longer code becomes several blocks.
const MAX_CODE_BYTES: usize = 1200;

/// Defined link names that are looked for.
const MAX_LINKS: usize = 200;

/// A piece of a text, its markup of lines taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Heading {
        level: u8,
        text: String,
    },
    /// Names that the page defines as links; `[name]` in its text is a link to them.
    Links(Vec<String>),
    /// Lines joined where they were only wrapped; each string is one run of sentences.
    Paragraph(Vec<String>),
    Item {
        marker: String,
        text: String,
    },
    /// A line as it is.
    Row(String),
    Code {
        language: String,
        text: String,
    },
}

/// Parts `text` into blocks, in order.
pub(super) fn read(name: &str, text: &str, found: &mut dyn FnMut(Block)) {
    let text = text.trim_start_matches('\u{feff}');
    match shape::of(name, text) {
        Shape::Lines => text.lines().for_each(|line| row(line, found)),
        Shape::Source => super::source::read(text, found),
        Shape::Prose => prose(text, found),
    }
}

pub(super) fn row(line: &str, found: &mut dyn FnMut(Block)) {
    if !line.trim().is_empty() {
        found(Block::Row(line.trim().to_owned()));
    }
}

/// Hands on code in pieces that end at line ends.
pub(super) fn code(language: &str, lines: &[&str], found: &mut dyn FnMut(Block)) {
    let mut piece = String::new();
    let mut flush = |piece: &mut String| {
        let text = piece.trim_end().trim_start_matches('\n');
        if !text.trim().is_empty() {
            found(Block::Code { language: language.to_owned(), text: text.to_owned() });
        }
        piece.clear();
    };
    for line in lines {
        if !piece.is_empty() && piece.len() + line.len() > MAX_CODE_BYTES {
            flush(&mut piece);
        }
        piece.push_str(line.get(..line.floor_char_boundary(MAX_CODE_BYTES)).unwrap_or_default());
        piece.push('\n');
    }
    flush(&mut piece);
}

/// The state of reading prose: what is open and not yet handed on.
#[derive(Default)]
struct Open<'a> {
    paragraph: Vec<&'a str>,
    item: Option<(String, String)>,
}

impl<'a> Open<'a> {
    fn close(&mut self, found: &mut dyn FnMut(Block)) {
        if let Some((marker, text)) = self.item.take() {
            found(Block::Item { marker, text });
        }
        if !self.paragraph.is_empty() {
            paragraph(&std::mem::take(&mut self.paragraph), found);
        }
    }

    /// Takes a line of running text: it continues an item, or a paragraph.
    fn text(&mut self, line: &'a str, found: &mut dyn FnMut(Block)) {
        match &mut self.item {
            Some((_, text)) if text.len() < MAX_CODE_BYTES => {
                text.push(' ');
                text.push_str(line.trim());
            }
            Some(_) => {
                self.close(found);
                self.paragraph.push(line);
            }
            None => self.paragraph.push(line),
        }
    }
}

fn prose(text: &str, found: &mut dyn FnMut(Block)) {
    let links: Vec<String> =
        text.lines().filter_map(|line| link_name(line.trim())).take(MAX_LINKS).map(str::to_owned).collect();
    if !links.is_empty() {
        found(Block::Links(links));
    }
    let mut open = Open::default();
    let mut lines = skip_front_matter(text).lines().peekable();
    let mut blank_before = true;
    let mut in_comment = false;
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if in_comment || trimmed.starts_with("<!--") {
            in_comment = !trimmed.contains("-->");
            continue;
        }
        if trimmed.is_empty() {
            match open.paragraph.as_slice() {
                [line] if is_title(line) && lines.peek().is_some() => {
                    found(Block::Heading { level: 6, text: (*line).to_owned() });
                    open.paragraph.clear();
                }
                _ => open.close(found),
            }
            blank_before = true;
            continue;
        }
        if let Some(fence) = fence(trimmed) {
            open.close(found);
            let language =
                trimmed.trim_start_matches(['`', '~']).split_whitespace().next().unwrap_or_default();
            let inside: Vec<&str> =
                lines.by_ref().take_while(|line| !line.trim().starts_with(fence)).collect();
            code(language, &inside, found);
        } else if blank_before && line.starts_with("    ") && open.item.is_none() && is_command(trimmed) {
            let mut inside = vec![trimmed];
            while let Some(next) = lines.next_if(|line| line.starts_with("    ")) {
                inside.push(next.trim_start());
            }
            code("", &inside, found);
        } else if let Some((level, title)) =
            heading(trimmed, lines.peek().copied(), open.paragraph.is_empty())
        {
            open.close(found);
            if level.setext {
                lines.next();
            }
            found(Block::Heading { level: level.depth, text: title.to_owned() });
        } else if is_rule(trimmed) || link_name(trimmed).is_some() {
            open.close(found);
        } else if let Some((marker, text)) = item(trimmed) {
            open.close(found);
            open.item = Some((marker.to_owned(), text.to_owned()));
        } else if trimmed.starts_with('|') && trimmed.ends_with('|') && trimmed.len() > 1 {
            open.close(found);
            let is_header = lines.peek().is_some_and(|next| is_table_rule(next.trim()));
            if !is_header && !is_table_rule(trimmed) {
                found(Block::Row(inline::plain(&cells(trimmed))));
            }
        } else {
            open.text(trimmed.trim_start_matches('>').trim_start(), found);
        }
        blank_before = false;
    }
    open.close(found);
}

/// YAML between `---` lines at the very top describes the page, it is not part of it.
fn skip_front_matter(text: &str) -> &str {
    let Some(rest) = text.strip_prefix("---\n") else { return text };
    let near = rest.get(..rest.floor_char_boundary(4096)).unwrap_or_default();
    near.find("\n---\n").and_then(|at| rest.get(at + 5..)).unwrap_or(text)
}

fn fence(line: &str) -> Option<&'static str> {
    ["```", "~~~"].into_iter().find(|fence| line.starts_with(fence))
}

/// Indented text is code only when it looks like a command: man pages and mails indent prose.
fn is_command(line: &str) -> bool {
    line.starts_with("$ ")
        || line.starts_with("# ")
        || !line.contains(' ')
        || line.ends_with([';', '{', '}'])
        || line.split_whitespace().nth(1).is_some_and(|word| word.starts_with('-'))
        || ["cargo ", "npm ", "pip ", "git ", "make ", "sudo ", "curl ", "docker ", "plyrum "]
            .iter()
            .any(|word| line.starts_with(word))
}

struct Level {
    depth: u8,
    setext: bool,
}

fn heading<'a>(line: &'a str, next: Option<&str>, may_underline: bool) -> Option<(Level, &'a str)> {
    let body = line.trim_start_matches('#');
    let hashes = line.len() - body.len();
    if (1..=6).contains(&hashes) && body.starts_with(' ') {
        let depth = u8::try_from(hashes).unwrap_or(6);
        return Some((Level { depth, setext: false }, body.trim().trim_end_matches('#').trim_end()));
    }
    let under = next?.trim();
    let underline = |mark| under.len() >= 3 && under.chars().all(|letter| letter == mark);
    let depth = if underline('=') {
        1
    } else if underline('-') {
        2
    } else {
        return None;
    };
    (may_underline && line.len() <= 200 && !line.starts_with('|') && item(line).is_none())
        .then_some((Level { depth, setext: true }, line))
}

/// In plain text, a short line by itself without a full stop is a heading.
fn is_title(line: &str) -> bool {
    line.len() <= 120
        && line.chars().next().is_some_and(|letter| letter.is_uppercase() || letter.is_ascii_digit())
        && line.ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, ')' | '»' | '"'))
        && line.split_whitespace().count() <= 12
        && !shape::is_record(line)
}

fn is_rule(line: &str) -> bool {
    line.len() >= 3
        && ['-', '*', '_', '='].iter().any(|mark| line.chars().all(|letter| letter == *mark || letter == ' '))
}

/// The name in `[name]: address`, a line that the page's reader never sees.
fn link_name(line: &str) -> Option<&str> {
    let (name, target) = line.strip_prefix('[')?.split_once("]: ")?;
    (!target.contains(' ') || target.starts_with("http")).then_some(name)
}

/// A list item's marker and text; check boxes are markup too.
fn item(line: &str) -> Option<(&str, &str)> {
    for bullet in ["- ", "* ", "+ ", "• ", "— ", "– "] {
        if let Some(text) = line.strip_prefix(bullet) {
            let text =
                ["[ ] ", "[x] ", "[X] "].iter().find_map(|mark| text.strip_prefix(mark)).unwrap_or(text);
            return Some(("-", text.trim()));
        }
    }
    let digits = line.len() - line.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let (number, rest) = line.split_at_checked(digits)?;
    let text = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))?;
    (1..=3)
        .contains(&number.len())
        .then(|| (line.split_at_checked(digits + 1).map_or("-", |(marker, _)| marker), text.trim()))
}

fn is_table_rule(line: &str) -> bool {
    line.starts_with('|') && line.chars().all(|letter| matches!(letter, '|' | '-' | ':' | ' '))
}

fn cells(line: &str) -> String {
    line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join(" | ")
}

/// Joins wrapped lines; lines that are records stay apart, and a clearly shorter line ends its run.
fn paragraph(lines: &[&str], found: &mut dyn FnMut(Block)) {
    let records = lines.iter().filter(|line| shape::is_record(line)).count();
    let finished = lines.iter().filter(|line| line.ends_with(['.', '!', '?', '…', ':', ';', ','])).count();
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    if lines.len() >= 2 && records * 2 > lines.len()
        || lines.len() >= 3 && longest < 40 && finished * 2 < lines.len()
    {
        return lines.iter().for_each(|line| row(&inline::plain(line), found));
    }
    let mut runs: Vec<String> = Vec::new();
    let mut short_before = true;
    for line in lines {
        let starts_anew = line.chars().next().is_some_and(|letter| !letter.is_lowercase());
        match runs.last_mut() {
            Some(run) if !(short_before && starts_anew) => {
                run.push(' ');
                run.push_str(line);
            }
            _ => runs.push((*line).to_owned()),
        }
        short_before = line.chars().count() * 5 < longest * 3 && !line.ends_with([',', '-', '(']);
    }
    found(Block::Paragraph(runs));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<Block> {
        let mut all = Vec::new();
        read("a.md", text, &mut |block| all.push(block));
        all
    }

    fn paragraph(text: &str) -> Block {
        Block::Paragraph(vec![text.to_owned()])
    }

    fn item(marker: &str, text: &str) -> Block {
        Block::Item { marker: marker.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn markdown_falls_into_its_parts() {
        let text = "---\ntitle: x\n---\n# Tool\n\nIt does one\nthing well.\n\n## Use\n- first\n  line\n- [x] second\n1. third\n\n```sh\nrun it\n```\n| a | b |\n|---|---|\n| 1 | 2 |\n";
        assert_eq!(
            blocks(text),
            [
                Block::Heading { level: 1, text: "Tool".into() },
                paragraph("It does one thing well."),
                Block::Heading { level: 2, text: "Use".into() },
                item("-", "first line"),
                item("-", "second"),
                item("1.", "third"),
                Block::Code { language: "sh".into(), text: "run it".into() },
                Block::Row("1 | 2".into()),
            ]
        );
    }

    #[test]
    fn underlined_headings_comments_and_link_targets_are_markup() {
        let text = "Title\n=====\n<!-- hidden\nstill -->\nText here.\n\n[a]: https://b\n***\n";
        let links = Block::Links(vec!["a".into()]);
        let title = Block::Heading { level: 1, text: "Title".into() };
        assert_eq!(blocks(text), [links, title, paragraph("Text here.")]);
    }

    #[test]
    fn log_lines_inside_a_text_stay_apart() {
        let text = "2026-01-02 10:00 INFO start\n2026-01-02 10:01 ERROR disk full\n";
        assert_eq!(
            blocks(text),
            [
                Block::Row("2026-01-02 10:00 INFO start".into()),
                Block::Row("2026-01-02 10:01 ERROR disk full".into())
            ]
        );
    }

    #[test]
    fn a_short_line_before_a_capital_ends_its_run() {
        let text =
            "Release notes\nThe new version brings a faster start and a smaller binary for everyone.\n";
        assert_eq!(
            blocks(text),
            [Block::Paragraph(vec![
                "Release notes".into(),
                "The new version brings a faster start and a smaller binary for everyone.".into()
            ])]
        );
    }

    #[test]
    fn an_unclosed_fence_is_code_to_the_end() {
        assert_eq!(blocks("```\na\nb"), [Block::Code { language: String::new(), text: "a\nb".into() }]);
    }
}
