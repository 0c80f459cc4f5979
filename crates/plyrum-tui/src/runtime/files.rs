//! Files of the workspace: their names for completion, their texts and pictures for prompts that name them.

use nix::errno::Errno;
use plyrum_client::{Content, Enclosed};
use plyrum_protocol::{ErrorKind, Fault, MAX_ATTACHED_BYTES, MAX_PICTURE_BYTES, MAX_PICTURES, MediaType};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Most names that are looked for.
const MAX_NAMES: usize = 5_000;
/// Most folders that are looked into.
const MAX_FOLDERS: usize = 2_000;
/// Folders that hold nothing that a person would name.
const SKIPPED: [&str; 6] = [".git", "node_modules", "target", ".venv", "__pycache__", ".plyrum"];

/// Names below a folder, the nearest first.
pub(super) fn below(root: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = VecDeque::from([root.to_path_buf()]);
    let mut seen = 0;
    while let Some(folder) = folders.pop_front() {
        seen += 1;
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let Ok(name) = entry.file_name().into_string() else { continue };
            if kind.is_dir() && !SKIPPED.contains(&name.as_str()) && seen + folders.len() < MAX_FOLDERS {
                folders.push_back(entry.path());
            }
            if kind.is_file()
                && let Some(name) = entry.path().strip_prefix(root).ok().and_then(Path::to_str)
            {
                names.push(name.to_owned());
                if names.len() >= MAX_NAMES {
                    return names;
                }
            }
        }
    }
    names
}

/// The texts and pictures of files that a prompt names. What is no file is no mention: an address with `@` in it stays as it is. Only what
/// lies in the workspace is read, and the kernel sees to that: a prompt may have been pasted, and what it names is sent away.
pub fn read(root: &Path, names: &[String]) -> Result<Vec<Enclosed>, Fault> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let wrong = |e: io::Error| usage(format!("cannot open the workspace {}: {e}", root.display()));
    let opened = File::open(if root.as_os_str().is_empty() { Path::new(".") } else { root });
    let folder = opened.map_err(wrong)?;
    let mut left = MAX_ATTACHED_BYTES;
    let mut files = Vec::new();
    for name in names {
        let Some(file) = open_beneath(&folder, root, name)? else { continue };
        let file = Enclosed { name: name.clone(), content: content_of(file, name, left)? };
        left = left.saturating_sub(file.bytes());
        files.push(file);
    }
    if files.iter().filter(|file| file.is_picture()).count() > MAX_PICTURES {
        return Err(usage(format!("at most {MAX_PICTURES} pictures come with one prompt")));
    }
    Ok(files)
}

/// The regular file of a name, opened beneath the workspace; none where there is no such file.
fn open_beneath(folder: &File, root: &Path, name: &str) -> Result<Option<File>, Fault> {
    use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
    let named = Path::new(name);
    let path = named.strip_prefix(root).ok().filter(|inside| !inside.as_os_str().is_empty()).unwrap_or(named);
    let how = OpenHow::new()
        .flags(OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY)
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let file = match openat2(folder, path, how) {
        Ok(file) => File::from(file),
        Err(Errno::EXDEV) if root.join(named).is_file() => {
            let what = format!("{name} lies outside of the workspace: a prompt names files in it only");
            return Err(usage(what).hint("plyrum ask -f PATH sends any file"));
        }
        Err(
            Errno::ENOENT
            | Errno::ENOTDIR
            | Errno::EXDEV
            | Errno::ELOOP
            | Errno::ENAMETOOLONG
            | Errno::EINVAL
            | Errno::ENXIO,
        ) => return Ok(None),
        Err(e) => return Err(usage(format!("cannot read {name}: {e}"))),
    };
    let about = file.metadata().map_err(|e| usage(format!("cannot read {name}: {e}")))?;
    Ok(about.is_file().then_some(file))
}

/// A picture where the bytes are one, whatever the name says, else text.
fn content_of(file: File, name: &str, most: usize) -> Result<Content, Fault> {
    let mut bytes = Vec::new();
    let read = file.take(most as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|e| usage(format!("cannot read {name}: {e}")))?;
    if bytes.len() > most {
        return Err(usage(format!(
            "{name} is too large: all that goes along may have {} MiB",
            MAX_ATTACHED_BYTES >> 20
        )));
    }
    match MediaType::of(&bytes) {
        Some(_) if bytes.len() > MAX_PICTURE_BYTES => {
            let most = MAX_PICTURE_BYTES >> 10;
            let what = format!("{name} is too large: a picture may have at most {most} KiB");
            Err(usage(what).hint("make it smaller, or cut out what matters"))
        }
        Some(media) => Ok(Content::Picture(media, bytes)),
        None => String::from_utf8(bytes)
            .map(Content::Text)
            .map_err(|_| usage(format!("{name} is neither UTF-8 text nor a PNG, JPEG, WebP or GIF"))),
    }
}

fn usage(what: String) -> Fault {
    Fault::new(ErrorKind::Usage, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_nearest_first_and_texts_are_read_or_refused() {
        let root = tempfile::tempdir().unwrap();
        let make = |name: &str, bytes: &[u8]| {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        make("near.md", "раз".as_bytes());
        make("deep/er/far.md", b"two");
        make("target/debug/x", b"");
        make("binary", &[0xff, 0xfe]);
        let png = b"\x89PNG\r\n\x1a\n";
        let mut names = below(root.path());
        assert_eq!(names.pop().as_deref(), Some("deep/er/far.md"));
        names.sort();
        assert_eq!(names, ["binary", "near.md"]);
        make("picture.txt", png);
        make("huge.png", &[png.as_slice(), &vec![0; MAX_PICTURE_BYTES]].concat());
        let read = |name: &str| read(root.path(), &[name.to_owned()]);
        assert_eq!(read("near.md").unwrap(), [Enclosed::text("near.md", "раз")]);
        assert_eq!(read("someone.example").unwrap(), [], "an address is no file");
        assert!(read("binary").unwrap_err().message.contains("neither UTF-8"));
        let png = read("picture.txt").unwrap();
        assert!(png.first().is_some_and(Enclosed::is_picture), "{png:?}");
        assert!(read("huge.png").unwrap_err().message.contains("at most 3840 KiB"));
    }

    #[test]
    fn nothing_outside_of_the_workspace_goes_along() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("work");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(home.path().join("key"), "secret").unwrap();
        std::fs::write(root.join("near"), "near").unwrap();
        std::os::unix::fs::symlink("near", root.join("inside")).unwrap();
        std::os::unix::fs::symlink("../key", root.join("out")).unwrap();
        std::os::unix::fs::symlink(home.path().join("key"), root.join("far")).unwrap();
        let read = |name: &str| read(&root, &[name.to_owned()]);
        let key = home.path().join("key");
        for name in ["../key", "out", "far", key.to_str().unwrap(), "./../key"] {
            let fault = read(name).unwrap_err();
            assert!(fault.message.contains("outside of the workspace"), "{name}: {}", fault.message);
        }
        for nothing in ["../nothing", "/nothing", "work/..", ".", "near/x", "/proc/self/root"] {
            assert_eq!(read(nothing).unwrap(), [], "{nothing}");
        }
        for name in ["inside", root.join("near").to_str().unwrap()] {
            assert_eq!(read(name).unwrap(), [Enclosed::text(name, "near")]);
        }
    }
}
