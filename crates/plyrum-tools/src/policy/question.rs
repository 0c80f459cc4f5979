//! What a policy is asked.

use std::path::Path;

/// An action that somebody wants to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question<'a> {
    /// A file tool reads.
    Read {
        /// The tool's name, like `read_file`.
        tool: &'a str,
        /// The path, relative to the workspace.
        path: &'a str,
    },
    /// A file tool writes.
    Write {
        /// The tool's name, like `write_file`.
        tool: &'a str,
        /// The path, relative to the workspace.
        path: &'a str,
    },
    /// A program with its arguments, without a shell.
    Run {
        /// The program and its arguments.
        argv: &'a [String],
        /// Where it runs, relative to the workspace; empty: at its root.
        cwd: &'a str,
    },
    /// A string for a shell.
    Shell {
        /// The string.
        command: &'a str,
        /// Where it runs, relative to the workspace; empty: at its root.
        cwd: &'a str,
    },
    /// A page is fetched.
    Fetch {
        /// Its address.
        url: &'a str,
    },
}

/// Where the action would take place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The workspace's root, canonical (without links).
    pub workspace: &'a Path,
    /// What the command finds in the workspace's place, canonical: a copy. Files are looked at in it, while rules hold and
    /// absolute paths lead as in the workspace itself. `None`: the workspace.
    pub copy: Option<&'a Path>,
    /// The user's home, canonical. A workspace that is the home or lies above it is guarded more closely.
    pub home: Option<&'a Path>,
}
