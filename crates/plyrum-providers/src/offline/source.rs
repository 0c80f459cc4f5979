//! Reads source files: what their comments say is prose, the rest is code in pieces between blank lines.

use super::blocks::{self, Block};

/// Lines of one piece of code.
const MAX_LINES: usize = 15;

/// Parts source text into paragraphs (comments) and code.
pub(super) fn read(text: &str, found: &mut dyn FnMut(Block)) {
    let mut comment: Vec<String> = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    let mut inside: Option<&str> = None; // what ends the comment that is open
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(end) = inside {
            let words = trimmed.strip_suffix(end);
            remark(words.unwrap_or(trimmed), &mut comment);
            if words.is_some() || trimmed.contains(end) {
                inside = None;
            }
        } else if let Some((words, end)) = opens(trimmed) {
            blocks::code("", &std::mem::take(&mut lines), found);
            remark(words, &mut comment);
            inside = end;
        } else {
            say(&mut comment, found);
            if trimmed.is_empty() || lines.len() >= MAX_LINES {
                blocks::code("", &std::mem::take(&mut lines), found);
            }
            if !trimmed.is_empty() {
                lines.push(line);
            }
        }
    }
    say(&mut comment, found);
    blocks::code("", &lines, found);
}

/// The words of a line that is a comment, and what ends the comment if it goes on.
fn opens(line: &str) -> Option<(&str, Option<&'static str>)> {
    for (open, end) in [("/*", "*/"), ("\"\"\"", "\"\"\""), ("'''", "'''")] {
        if let Some(body) = line.strip_prefix(open) {
            return Some(match body.strip_suffix(end) {
                Some(words) => (words, None),
                None => (body, Some(end)),
            });
        }
    }
    let is_directive = line.starts_with("#!")
        || line.starts_with("#[")
        || line.starts_with("#include")
        || line.starts_with("#define");
    if is_directive {
        return None;
    }
    ["///", "//!", "//", "-- ", "# ", "## "]
        .iter()
        .find_map(|mark| line.strip_prefix(mark))
        .map(|words| (words, None))
}

fn remark(words: &str, comment: &mut Vec<String>) {
    comment.push(words.trim().trim_start_matches("* ").trim().to_owned());
}

/// Hands a finished comment on as paragraphs.
fn say(comment: &mut Vec<String>, found: &mut dyn FnMut(Block)) {
    for part in comment.split(String::is_empty).filter(|part| !part.is_empty()) {
        found(Block::Paragraph(vec![part.join(" ")]));
    }
    comment.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_prose_and_the_rest_is_code() {
        let mut all = Vec::new();
        read(
            "//! Counts things.\n//! Quickly.\n\nuse std;\n\n/* Adds\n * one. */\nfn a() {\n}\n",
            &mut |block| all.push(block),
        );
        assert_eq!(
            all,
            [
                Block::Paragraph(vec!["Counts things. Quickly.".into()]),
                Block::Code { language: String::new(), text: "use std;".into() },
                Block::Paragraph(vec!["Adds one.".into()]),
                Block::Code { language: String::new(), text: "fn a() {\n}".into() },
            ]
        );
    }

    #[test]
    fn python_docstrings_are_prose() {
        let mut all = Vec::new();
        read("def a():\n    \"\"\"Adds one.\"\"\"\n    return 1\n", &mut |block| all.push(block));
        assert!(all.contains(&Block::Paragraph(vec!["Adds one.".into()])));
    }
}
