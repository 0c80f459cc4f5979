//! File tools: reading, listing, searching, writing and patching files of a workspace.
//!
//! Each tool is a file with its arguments (whose documentation is what a model reads), a name, a description
//! and `execute`. The writing ones have a `preview` as well: its [`Change`]s are what an approval is bound to,
//! and `execute` refuses where they no longer hold. Texts are bounded, and say where they are cut.

pub mod apply_patch;
mod change;
mod diff;
pub mod list_dir;
mod patch;
pub mod read_file;
pub mod search;
mod text;
pub mod write_file;

pub use change::{After, Change, ChangedFile, Outcome, PreImage};
