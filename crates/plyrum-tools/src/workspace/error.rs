//! What can go wrong with a file of the workspace, in words for people and for the model.
//!
//! Paths in these texts are relative to the workspace; what lies outside of it is never named to the model.

use std::io;

use rustix::io::Errno;

/// Why a file tool did nothing, or what it stopped at.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system cannot confine an opened path to the workspace.
    #[error(
        "this system has no openat2 (Linux 5.6 and newer): files of a workspace cannot be opened safely, so the file tools are off"
    )]
    Unsupported,
    /// The workspace itself cannot be opened.
    #[error("cannot open the workspace `{root}`: {source}")]
    Root {
        /// The folder as it was given.
        root: String,
        /// What the system said.
        source: io::Error,
    },
    /// The path is not one that a tool can use.
    #[error("`{path}` cannot be used as a path: {why}")]
    BadPath {
        /// The path as it was given, cut to 200 bytes.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The path leads out of the workspace.
    #[error("`{path}` lies outside of the workspace; name a path inside of it, relative to its root")]
    Outside {
        /// The path as it was given, cut to 200 bytes.
        path: String,
    },
    /// A symbolic link stands at the path or before it; links are never followed.
    #[error("`{path}` passes through the symbolic link `{link}`, and links are not followed; {}", link_advice(.target.as_deref()))]
    Link {
        /// The path asked for.
        path: String,
        /// The link in it.
        link: String,
        /// Where the link leads, if that is inside of the workspace.
        target: Option<String>,
    },
    /// File tools never write here, even when approved.
    #[error(
        "`{path}` is protected: file tools never write `{part}`, even when approved; ask the user to change it by hand"
    )]
    Protected {
        /// The path asked for.
        path: String,
        /// The entry of `PROTECTED` that it touches.
        part: &'static str,
    },
    /// There is nothing at the path.
    #[error("`{path}` does not exist; `list_dir` shows what does")]
    Missing {
        /// The path asked for.
        path: String,
    },
    /// Something is there already.
    #[error("`{path}` exists already; update it instead of adding it")]
    Exists {
        /// The path asked for.
        path: String,
    },
    /// Not a regular file.
    #[error("`{path}` is {kind}, not a regular file")]
    NotAFile {
        /// The path asked for.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// Not a directory, or something before it is not.
    #[error("`{path}` is not a directory, or passes through something that is not")]
    NotADirectory {
        /// The path asked for.
        path: String,
    },
    /// Nobody may write the file.
    #[error("`{path}` is read-only; ask the user to make it writable")]
    ReadOnly {
        /// The path asked for.
        path: String,
    },
    /// The daemon's user may not do this.
    #[error("no permission for `{path}`")]
    Denied {
        /// The path asked for.
        path: String,
    },
    /// Larger than the bound.
    #[error("`{path}` has {bytes} bytes, more than the {max_bytes} that {what} may have")]
    TooLarge {
        /// The path asked for.
        path: String,
        /// Its size.
        bytes: u64,
        /// The bound.
        max_bytes: u64,
        /// What the bound is for.
        what: &'static str,
    },
    /// The content is not UTF-8 text.
    #[error("`{path}` is not UTF-8 text and cannot be patched; use `write_file` to replace it as a whole")]
    NotText {
        /// The path asked for.
        path: String,
    },
    /// The search pattern or glob does not compile.
    #[error("the {what} does not compile: {message}")]
    BadPattern {
        /// `pattern` or `glob`.
        what: &'static str,
        /// What the compiler said.
        message: String,
    },
    /// The patch cannot be read.
    #[error("the patch cannot be read at its line {line}: {message}")]
    BadPatch {
        /// Line of the patch, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A hunk does not apply.
    #[error("`{path}`, hunk {hunk}: {why}; nothing was changed")]
    Hunk {
        /// The file.
        path: String,
        /// Number of the hunk in this file, from 1.
        hunk: usize,
        /// The line expected and what is there.
        why: String,
    },
    /// The file is no longer what the approval was given for.
    #[error("`{path}` changed since it was looked at; nothing was changed, look at it again")]
    ChangedMeanwhile {
        /// The file.
        path: String,
    },
    /// The disk is full, or the quota is used up.
    #[error("no space left on the disk while writing `{path}`; what was begun was put back")]
    NoSpace {
        /// The file.
        path: String,
    },
    /// A scratch copy has nothing of its own there.
    #[error(
        "`{path}` goes through `{part}`, which no scratch copy has of its own: what is written there would not be tried"
    )]
    NotCopied {
        /// The path asked for.
        path: String,
        /// The part of it that is lent, left out or hidden.
        part: String,
    },
    /// More than a scratch copy may hold.
    #[error(
        "the workspace has more than {entries} files or {mebibytes} MiB, which is the most that is copied to try something in"
    )]
    TooMuch {
        /// The bound on files, folders and links.
        entries: usize,
        /// The bound on their contents, in MiB.
        mebibytes: u64,
    },
    /// The stop check said so.
    #[error("stopped before it was done")]
    Stopped,
    /// The undo journal cannot be kept, so nothing is changed.
    #[error("the undo journal cannot be {what}: {source}; without it nothing is changed")]
    Journal {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The undo journal has reached its bound.
    #[error("the undo journal of this run is full ({max_bytes} bytes); a new run begins a new one")]
    JournalFull {
        /// The bound.
        max_bytes: u64,
    },
    /// Putting back what a failed change had already written failed as well.
    #[error("{first}; and putting back `{path}` failed too ({second}): `plyrum undo` may still restore it")]
    PutBack {
        /// The file that is not as it was.
        path: String,
        /// Why the change failed.
        first: Box<FileError>,
        /// Why putting it back failed.
        second: Box<FileError>,
    },
    /// Anything else that the system refused.
    #[error("cannot {what} `{path}`: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The path.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

fn link_advice(target: Option<&str>) -> String {
    match target {
        Some(target) => format!("it leads to `{target}`: name that path"),
        None => "it leads out of the workspace or nowhere".to_owned(),
    }
}

impl FileError {
    /// Whether no approval opens this path: it was reached for, and that belongs on record.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Outside { .. } | Self::Protected { .. } | Self::Link { target: None, .. })
    }

    /// The text for the model: no path outside of the workspace is in it.
    pub fn for_model(&self) -> String {
        match self {
            Self::Root { source, .. } => format!("the workspace cannot be opened: {source}"),
            Self::Journal { what, source } => {
                format!(
                    "the undo journal cannot be {what} ({}); without it nothing is changed",
                    source.kind()
                )
            }
            other => other.to_string(),
        }
    }

    /// Reads the system's answer to an operation on a path.
    pub(crate) fn of(errno: Errno, what: &'static str, path: String) -> Self {
        match errno {
            Errno::NOENT => Self::Missing { path },
            Errno::NOTDIR => Self::NotADirectory { path },
            Errno::EXIST => Self::Exists { path },
            Errno::ISDIR => Self::NotAFile { path, kind: "a directory" },
            Errno::XDEV => Self::Outside { path },
            Errno::NXIO | Errno::NODEV => Self::NotAFile { path, kind: "a special file" },
            Errno::ACCESS | Errno::PERM => Self::Denied { path },
            Errno::ROFS => Self::ReadOnly { path },
            Errno::NOSPC | Errno::DQUOT => Self::NoSpace { path },
            Errno::NAMETOOLONG => Self::BadPath { path, why: "a name in it is too long" },
            Errno::NOSYS => Self::Unsupported,
            errno => Self::Io { what, path, source: errno.into() },
        }
    }

    /// The same for an error of the standard library.
    pub(crate) fn of_io(error: io::Error, what: &'static str, path: String) -> Self {
        match error.raw_os_error() {
            Some(code) => Self::of(Errno::from_raw_os_error(code), what, path),
            None => Self::Io { what, path, source: error },
        }
    }
}
