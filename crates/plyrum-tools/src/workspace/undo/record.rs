//! Lines of an undo journal.

use serde::{Deserialize, Serialize};

use crate::workspace::node::Node;
use crate::workspace::path::RelPath;

/// Who changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// A file tool.
    Tool,
    /// A command.
    Command,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(crate) enum Record {
    /// What stood at a path before a command ran; `at` is where its content begins in the pack.
    Seen { path: RelPath, node: Node, at: Option<u64> },
    /// A change; written before a tool makes it, after a command made it.
    Change {
        path: RelPath,
        before: Option<Node>,
        after: Option<Node>,
        /// Where the content before begins in the pack.
        at: Option<u64>,
        /// The temp file used beside it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        temp: Option<String>,
        by: By,
    },
    /// A command may change files from here on.
    Began { complete: bool },
    /// The command's changes are all above.
    Ended,
    /// A command changed what cannot be restored.
    Uncovered { files: u64, why: String },
}
