//! Whether a text that is to be used as it is can be: a JSON text and a command parse, a diff adds up and finds its place.
//!
//! Only what a text claims to be is looked at, by the language of its code blocks or by how it begins, and only what
//! surely is of no use is called broken: a judge chooses among the others.

use crate::spec::Attachment;
use serde::de::IgnoredAny;

mod diff;
mod shell;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A command.
    Command,
    /// JSON, a diff, a table.
    Structure,
}

/// What is wrong with a text; none where nothing is known to be. A diff of one of the files has to fit it.
pub(crate) fn fault_of(text: &str, asked: Asked, files: &[Attachment]) -> Option<String> {
    let blocks = match blocks(text) {
        Ok(blocks) => blocks,
        Err(why) => return Some(why),
    };
    if blocks.is_empty() {
        return fault_in(claim(text, asked)?, text, files);
    }
    blocks.iter().find_map(|block| fault_in(language(block.language)?, &block.text, files))
}

/// What can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Json,
    Diff,
    Shell,
}

/// Code between fences.
struct Block<'a> {
    language: &'a str,
    text: String,
}

fn blocks(text: &str) -> Result<Vec<Block<'_>>, String> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), open) {
            (Some(language), false) => {
                blocks.push(Block { language: language.trim(), text: String::new() });
                open = true;
            }
            (Some(rest), true) if rest.trim().is_empty() => open = false,
            (_, true) => {
                if let Some(block) = blocks.last_mut() {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            }
            (None, false) => {}
        }
    }
    if open { Err("its last block of code has no end".to_owned()) } else { Ok(blocks) }
}

fn language(name: &str) -> Option<Shape> {
    match name.to_ascii_lowercase().as_str() {
        "json" => Some(Shape::Json),
        "diff" | "patch" => Some(Shape::Diff),
        "sh" | "bash" | "shell" | "zsh" | "console" => Some(Shape::Shell),
        _ => None,
    }
}

/// What a text without code blocks is taken for.
fn claim(text: &str, asked: Asked) -> Option<Shape> {
    let text = text.trim();
    let within = |open| text.strip_prefix(open).map(str::trim_start);
    let is_json = within('{').is_some_and(|rest| rest.starts_with(['"', '}']))
        || within('[').is_some_and(|rest| rest.starts_with(['"', '{', ']']));
    if is_json {
        Some(Shape::Json)
    } else if text.starts_with("diff --git ") || text.starts_with("--- ") && text.contains("\n+++ ") {
        Some(Shape::Diff)
    } else {
        (asked == Asked::Command && text.lines().count() == 1).then_some(Shape::Shell)
    }
}

fn fault_in(shape: Shape, text: &str, files: &[Attachment]) -> Option<String> {
    match shape {
        Shape::Json => serde_json::from_str::<IgnoredAny>(text).err().map(|e| format!("it is not JSON: {e}")),
        Shape::Diff => diff::fault_of(text, files),
        Shape::Shell => shell::fault_of(text).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fault(text: &str) -> Option<String> {
        fault_of(text, Asked::Structure, &[])
    }

    #[test]
    fn what_claims_to_be_json_has_to_be() {
        for good in [
            "{\"a\": 1}",
            "[{\"a\": 1}]",
            "Here:\n```json\n{\"a\": [1, 2]}\n```\nDone.",
            "{ is no JSON and claims nothing",
            "[a link](b) is none either",
            "```python\nx = {\n```",
            "prose",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for broken in ["{\"a\": 1", "[{\"a\": 1},]", "```json\n{\"a\": 1,}\n```", "```json\n{}\n"] {
            assert!(fault(broken).is_some(), "{broken}");
        }
    }

    #[test]
    fn a_single_line_is_a_command_where_one_was_asked_for() {
        let asked = |text: &str| fault_of(text, Asked::Command, &[]);
        assert_eq!(asked("find . -name '*.rs' | wc -l"), None);
        assert!(asked("find . -name '*.rs | wc -l").is_some());
        assert!(asked("You can't do that.").is_some(), "which is no command");
        assert_eq!(asked("It can't.\nReally."), None, "prose of several lines claims nothing");
        assert_eq!(fault("You can't do that."), None);
    }

    proptest! {
        #[test]
        fn any_text_has_a_shape_or_none(text in "(.|\n|```|```diff\n|@@ -1,2 \\+1 @@\n|[-+ ]a\n|'|\"|\\$\\(|\\||&&){0,40}") {
            for asked in [Asked::Command, Asked::Structure] {
                fault_of(&text, asked, &[]);
            }
        }
    }
}
