//! Files of the workspace: their names for completion, their texts for prompts that name them.

use plyrum_protocol::{ErrorKind, Fault, MAX_ATTACHED_BYTES};
use std::collections::VecDeque;
use std::io::Read as _;
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

/// The texts of files that a prompt names. What is no file is no mention: an address with `@` in it stays as it is.
pub(super) fn read(root: &Path, names: &[String]) -> Result<Vec<(String, String)>, Fault> {
    let mut left = MAX_ATTACHED_BYTES;
    let mut texts = Vec::new();
    for name in names {
        let path = root.join(name);
        if !path.is_file() {
            continue;
        }
        let text = text_of(&path, name, left)?;
        left = left.saturating_sub(text.len());
        texts.push((name.clone(), text));
    }
    Ok(texts)
}

fn text_of(path: &Path, name: &str, most: usize) -> Result<String, Fault> {
    let wrong = |what: String| Fault::new(ErrorKind::Usage, what);
    let file = std::fs::File::open(path).map_err(|e| wrong(format!("cannot read {name}: {e}")))?;
    let mut bytes = Vec::new();
    let read = file.take(most as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|e| wrong(format!("cannot read {name}: {e}")))?;
    if bytes.len() > most {
        return Err(wrong(format!(
            "{name} is too large: all that goes along may have {} MiB",
            MAX_ATTACHED_BYTES >> 20
        )));
    }
    String::from_utf8(bytes).map_err(|_| wrong(format!("{name} is not UTF-8 text")))
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
        let mut names = below(root.path());
        assert_eq!(names.pop().as_deref(), Some("deep/er/far.md"));
        names.sort();
        assert_eq!(names, ["binary", "near.md"]);
        let read = |name: &str| read(root.path(), &[name.to_owned()]);
        assert_eq!(read("near.md").unwrap(), [("near.md".to_owned(), "раз".to_owned())]);
        assert_eq!(read("someone.example").unwrap(), [], "an address is no file");
        assert!(read("binary").unwrap_err().message.contains("not UTF-8"));
    }
}
