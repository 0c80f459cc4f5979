//! The code in an answer, block by block, for a person who wants to take it away.

use crate::markdown::code_in;
use crate::stream::{Kind, split};

/// A block of code in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeBlock {
    /// As the fence names it.
    pub language: Option<String>,
    /// Its lines, each ended by a newline; no control characters.
    pub text: String,
}

/// All code blocks of a markdown text, from top to bottom.
pub fn code_blocks(markdown: &str) -> Vec<CodeBlock> {
    let mut found = Vec::new();
    for block in split(markdown) {
        match block.kind {
            Kind::Fence(fence) => found.push(CodeBlock { language: fence.language, text: block.text }),
            Kind::Prose | Kind::Indented | Kind::Item(_) => found.extend(code_in(&block.text)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_found_with_its_language() {
        let text = "Do:\n```rust,ignore\nfn a() {}\n```\n- in a list:\n  ~~~\n  x\n\n  y\n  ~~~\n\n    indented\n\n```sh\nopen";
        let found: Vec<_> = code_blocks(text).into_iter().map(|block| (block.language, block.text)).collect();
        assert_eq!(
            found,
            [
                (Some("rust".to_owned()), "fn a() {}\n".to_owned()),
                (None, "x\n\ny\n".to_owned()),
                (Some("sh".to_owned()), "open\n".to_owned()),
            ]
        );
    }
}
