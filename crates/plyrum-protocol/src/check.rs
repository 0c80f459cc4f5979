//! A check of proposals: what the person who asks says that an answer has to stand, and which part of an answer is its code.
//!
//! One rule for who prints the code of an answer and who runs it, so that what passed is what is taken away.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest command of a check, in bytes.
pub const MAX_CHECK_COMMAND_BYTES: usize = 8 * 1024;

/// A command that judges each proposal: its code is written to `file` in a copy of the workspace, the command runs there
/// in the sandbox without a network, and exit 0 means that the proposal passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// A line for a shell, at most [`MAX_CHECK_COMMAND_BYTES`].
    pub command: String,
    /// The file that a proposal's code is written to, relative to the workspace.
    pub file: String,
}

/// The content of the first fenced code block of a text, without the newlines at its end; none where there is none.
#[must_use]
pub fn first_code_block(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("```")?;
    let (_, body) = rest.split_once('\n')?;
    Some(body.split_once("```").map_or(body, |(code, _)| code).trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::first_code_block;

    #[test]
    fn the_first_block_is_the_code() {
        let answer = "Try:\n```sh\nls -l\npwd\n```\nand\n```\nno\n```";
        assert_eq!(first_code_block(answer), Some("ls -l\npwd"));
        assert_eq!(first_code_block("```\nopen\n\n"), Some("open"));
        assert_eq!(first_code_block("```py\n```"), Some(""));
        for none in ["no code", "", "``` on one line ```"] {
            assert_eq!(first_code_block(none), None, "{none}");
        }
    }
}
