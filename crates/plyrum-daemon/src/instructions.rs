//! A project's own words to a model: `AGENTS.md`, else `CLAUDE.md`, of each directory from the project's root
//! down to the working directory.
//!
//! Whoever can write into a repository writes these files, so they are data: bounded, redacted, framed as
//! untrusted in the request (`plyrum_engine::compose`), listed in `run.accepted`, and they grant nothing. A file
//! that is not one (a pipe, a device) is not read, and a symbolic link is followed only within the project:
//! otherwise a repository could have any file of the user's sent to a provider. A file of another user's is not
//! read either: `/tmp/AGENTS.md` would speak to everybody who works below `/tmp`.
//!
//! Where there is more than fits, the innermost files go first: they know most of what is worked on.

use plyrum_engine::Attachment;
use plyrum_protocol::ContextFile;
use plyrum_redact::Redactor;
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::{ids, project};

/// In this order; the first that is there counts.
const NAMES: [&str; 2] = ["AGENTS.md", "CLAUDE.md"];
/// The most of one file.
const FILE_MAX_BYTES: usize = 32 * 1024;
/// The most of all.
const TOTAL_MAX_BYTES: usize = 64 * 1024;
/// Directories that are looked at, the innermost ones.
const DIRS_MAX: usize = 16;

/// The part of a model's context that they may take all together.
const PART_OF_CONTEXT: u64 = 8;

/// The files, the outermost first, each with its line for the record. `context_bytes` is what the model takes;
/// `tell` gets a line for each file that is there and not read.
pub(crate) fn read(
    workspace: &str,
    redactor: &Redactor,
    context_bytes: u64,
    tell: &dyn Fn(&str),
) -> Vec<(Attachment, ContextFile)> {
    let (root, inner) = (PathBuf::from(project::of(workspace)), Path::new(workspace));
    if !root.is_absolute() {
        return Vec::new();
    }
    let dirs = inner.ancestors().take_while(|dir| dir.starts_with(&root)).take(DIRS_MAX);
    let part = usize::try_from(context_bytes / PART_OF_CONTEXT).unwrap_or(usize::MAX);
    let mut left = TOTAL_MAX_BYTES.min(part);
    let mut files = Vec::new();
    for dir in dirs {
        let Some((path, text, is_cut)) = first_of(dir, &root, left.min(FILE_MAX_BYTES), tell) else {
            continue;
        };
        left -= text.len();
        let text = redactor.redact(&text).into_owned();
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let name = redactor.redact(&name).into_owned();
        let sha256 = ids::hex(&Sha256::digest(&text));
        let record = ContextFile { name: name.clone(), bytes: text.len() as u64, sha256, is_cut };
        files.push((Attachment { name, text }, record));
    }
    files.reverse();
    files
}

fn first_of(dir: &Path, root: &Path, limit: usize, tell: &dyn Fn(&str)) -> Option<(PathBuf, String, bool)> {
    NAMES.iter().find_map(|name| {
        let path = dir.join(name);
        match text_of(&path, root, limit) {
            Ok((text, is_cut)) if !text.trim().is_empty() || is_cut => Some((path, text, is_cut)),
            Ok(_) => None,
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => {
                tell(&format!("{} is not given to the model: {e}", path.display()));
                None
            }
        }
    })
}

/// The beginning of a file, and whether there is more of it.
fn text_of(path: &Path, root: &Path, limit: usize) -> io::Result<(String, bool)> {
    let real = path.canonicalize()?;
    if !real.starts_with(root.canonicalize()?) {
        return Err(io::Error::other("it is a link out of the project"));
    }
    let file = open_without_waiting(&real)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if ![nix::unistd::Uid::effective().as_raw(), 0].contains(&about.uid()) {
        return Err(io::Error::other("it is another user's"));
    }
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    let is_cut = bytes.len() > limit;
    bytes.truncate(limit);
    // A character that the limit cuts is left out; other bytes that are no text are shown as such.
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let is_cut_character = is_cut && text.len() + chunk.invalid().len() >= limit;
        if !chunk.invalid().is_empty() && !is_cut_character {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text.truncate(text.floor_char_boundary(limit));
    Ok((text, is_cut))
}

/// Opening a pipe would wait for somebody to write into it.
fn open_without_waiting(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK | nix::libc::O_NOFOLLOW).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn names(workspace: &Path) -> Vec<String> {
        let files = read(workspace.to_str().unwrap(), &Redactor::new([0; 32], []), u64::MAX, &|_| ());
        files.into_iter().map(|(_, record)| record.name).collect()
    }

    #[test]
    fn files_count_from_the_root_down_and_the_first_name_of_each_directory() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("repo");
        let inner = root.join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::create_dir(root.join(".git")).unwrap();
        for (name, text) in [
            ("../AGENTS.md", "above the project"),
            ("AGENTS.md", "root"),
            ("CLAUDE.md", "second to AGENTS.md"),
            ("a/CLAUDE.md", "middle"),
            ("a/b/AGENTS.md", "  \n"),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        assert_eq!(names(&inner), ["AGENTS.md", "a/CLAUDE.md"]);
        assert_eq!(names(&root), ["AGENTS.md"]);
    }

    #[test]
    fn nothing_out_of_the_project_and_nothing_that_is_no_file_is_read() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("repo");
        for dir in [".git", "pipe", "dir/AGENTS.md", "inside"] {
            fs::create_dir_all(root.join(dir)).unwrap();
        }
        fs::write(home.path().join("secret"), "a key").unwrap();
        symlink(home.path().join("secret"), root.join("AGENTS.md")).unwrap();
        nix::unistd::mkfifo(&root.join("pipe/AGENTS.md"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        symlink("../CLAUDE.md", root.join("inside/AGENTS.md")).unwrap();
        assert_eq!(names(&root), [""; 0]);
        assert_eq!(names(&root.join("pipe")), [""; 0]);
        assert_eq!(names(&root.join("dir")), [""; 0]);
        fs::write(root.join("CLAUDE.md"), "within").unwrap();
        assert_eq!(names(&root.join("inside")), ["CLAUDE.md", "inside/AGENTS.md"]);
    }

    #[test]
    fn where_room_is_short_the_innermost_file_goes_first() {
        let home = tempfile::tempdir().unwrap();
        let (root, inner) = (home.path().join("repo"), home.path().join("repo/inner"));
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::create_dir(&inner).unwrap();
        for dir in [&root, &inner] {
            fs::write(dir.join("AGENTS.md"), "x".repeat(40_000)).unwrap();
        }
        let sizes = |context_bytes: u64| -> Vec<(String, u64, bool)> {
            let files = read(inner.to_str().unwrap(), &Redactor::new([0; 32], []), context_bytes, &|_| ());
            files.into_iter().map(|(_, file)| (file.name, file.bytes, file.is_cut)).collect()
        };
        let (outer, innermost) = ("AGENTS.md".to_owned(), "inner/AGENTS.md".to_owned());
        assert_eq!(sizes(u64::MAX), [(outer.clone(), 32_768, true), (innermost.clone(), 32_768, true)]);
        assert_eq!(sizes(8 * 40_000), [(outer, 7_232, true), (innermost.clone(), 32_768, true)]);
        let [(outer, 0, true), (inner, 3_000, true)] = &sizes(24_000)[..] else {
            panic!("{:?}", sizes(24_000))
        };
        assert_eq!(
            (outer.as_str(), inner),
            ("AGENTS.md", &innermost),
            "what does not fit at all is on record"
        );
    }

    #[test]
    fn long_files_are_cut_between_characters_and_secrets_are_taken_out() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("AGENTS.md"), format!("key hunter-22 {}", "ж".repeat(40_000))).unwrap();
        let redactor = Redactor::new([0; 32], [("k".to_owned(), "hunter-22".into())]);
        let files = read(home.path().to_str().unwrap(), &redactor, u64::MAX, &|_| ());
        let (attachment, record) = &files[0];
        assert!(record.is_cut && attachment.text.len() < FILE_MAX_BYTES + 64);
        assert!(attachment.text.contains("«redacted:known:") && attachment.text.ends_with('ж'));
    }
}
