//! Paths relative to the workspace, parsed once: no `..`, no root, no NUL.
//!
//! A path is read by its words alone, before the file system is asked: `a/../b` is `b` even where `a` is a
//! link. So what is shown in an approval is exactly what is opened.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::FileError;

/// Longest path that a tool may be given, in bytes.
const PATH_BYTES: usize = 4096;
/// Bytes of a path that are repeated in an error.
const TOLD_BYTES: usize = 200;

/// A path beneath the workspace; empty for its root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RelPath(PathBuf);

impl RelPath {
    /// The workspace itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads a path as a model gave it: relative, or absolute inside one of the roots.
    pub(crate) fn parse(given: &str, roots: &[&Path]) -> Result<Self, FileError> {
        let bad = |why| Err(FileError::BadPath { path: told(given), why });
        if given.is_empty() {
            return bad("it is empty; `.` is the workspace");
        }
        if given.len() > PATH_BYTES {
            return bad("it is longer than 4096 bytes");
        }
        if given.contains('\0') {
            return bad("it has a NUL in it");
        }
        if given == "~" || given.starts_with("~/") {
            return bad("`~` is not expanded");
        }
        let mut path = Path::new(given);
        if path.is_absolute() {
            path = roots
                .iter()
                .find_map(|root| path.strip_prefix(root).ok())
                .ok_or_else(|| FileError::Outside { path: told(given) })?;
        }
        Self::normal(path).ok_or_else(|| FileError::Outside { path: told(given) })
    }

    /// Takes `.` and `..` out; none where that leads out.
    pub(crate) fn normal(path: &Path) -> Option<Self> {
        let mut parts = PathBuf::new();
        for component in path.components() {
            match component {
                Component::CurDir => {}
                Component::Normal(name) => parts.push(name),
                Component::ParentDir => {
                    if !parts.pop() {
                        return None;
                    }
                }
                Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        Some(Self(parts))
    }

    /// Whether it is the workspace itself.
    pub fn is_root(&self) -> bool {
        self.0.as_os_str().is_empty()
    }

    /// The path for the system, `.` for the root.
    pub(crate) fn as_path(&self) -> &Path {
        if self.is_root() { Path::new(".") } else { &self.0 }
    }

    /// The path as it is kept.
    pub(crate) fn inner(&self) -> &Path {
        &self.0
    }

    /// The folder that it is in, and its name there; none for the root.
    pub(crate) fn split(&self) -> Option<(Self, &OsStr)> {
        let name = self.0.file_name()?;
        Some((Self(self.0.parent().map(Path::to_path_buf).unwrap_or_default()), name))
    }

    /// Something in this folder.
    pub(crate) fn join(&self, name: &OsStr) -> Self {
        Self(self.0.join(name))
    }

    /// Folders above it, the nearest first, without the root.
    pub(crate) fn above(&self) -> impl Iterator<Item = Self> + '_ {
        self.0.ancestors().skip(1).filter(|p| !p.as_os_str().is_empty()).map(|p| Self(p.to_path_buf()))
    }

    /// Names in it.
    pub(crate) fn depth(&self) -> usize {
        self.0.components().count()
    }

    /// Text for people and models: bytes that are not UTF-8 as `\xNN`.
    pub fn display(&self) -> String {
        if self.is_root() { ".".to_owned() } else { escape(self.0.as_os_str().as_bytes()) }
    }
}

/// A given path as an error repeats it.
fn told(given: &str) -> String {
    let mut text = String::new();
    for char in given.chars() {
        if text.len() >= TOLD_BYTES {
            text.push('…');
            break;
        }
        text.push(char);
    }
    text
}

/// Text of bytes that may not be UTF-8: those that are not become `\xNN`.
pub(crate) fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// In a file: the text where it is UTF-8, else its bytes.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored<'p> {
    Text(std::borrow::Cow<'p, str>),
    Bytes(Vec<u8>),
}

pub(crate) fn store<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    match path.to_str() {
        Some(text) => Stored::Text(text.into()),
        None => Stored::Bytes(path.as_os_str().as_bytes().to_vec()),
    }
    .serialize(to)
}

pub(crate) fn restore<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    Ok(match Stored::deserialize(from)? {
        Stored::Text(text) => PathBuf::from(text.into_owned()),
        Stored::Bytes(bytes) => PathBuf::from(OsString::from_vec(bytes)),
    })
}

impl Serialize for RelPath {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        store(&self.0, to)
    }
}

impl<'de> Deserialize<'de> for RelPath {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let path = restore(from)?;
        Self::normal(&path).ok_or_else(|| serde::de::Error::custom("a path that leads out of the workspace"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(given: &str) -> Result<String, FileError> {
        RelPath::parse(given, &[Path::new("/ws"), Path::new("/private/ws")]).map(|p| p.display())
    }

    #[test]
    fn a_path_is_relative_or_inside_of_the_root() {
        for (given, is) in [
            ("a/b", "a/b"),
            ("./a//b/", "a/b"),
            ("a/../b", "b"),
            (".", "."),
            ("a/..", "."),
            ("/ws", "."),
            ("/ws/a", "a"),
            ("/private/ws/a/../c", "c"),
            ("файл.txt", "файл.txt"),
        ] {
            assert_eq!(parse(given).unwrap(), is, "{given}");
        }
    }

    #[test]
    fn what_leads_out_is_refused_by_its_words() {
        for given in ["..", "../a", "a/../../b", "/", "/etc/passwd", "/ws/../etc/passwd", "/wsx/a"] {
            assert!(matches!(parse(given), Err(FileError::Outside { .. })), "{given}");
        }
        for given in ["", "a\0b", "~", "~/x", &"x/".repeat(3000)] {
            assert!(matches!(parse(given), Err(FileError::BadPath { .. })), "{given}");
        }
    }

    #[test]
    fn a_name_that_is_not_utf8_is_kept_exactly() {
        let path = RelPath(PathBuf::from(OsString::from_vec(b"a/\xff\xfe.txt".to_vec())));
        assert_eq!(path.display(), "a/\\xff\\xfe.txt");
        let line = serde_json::to_string(&path).unwrap();
        assert_eq!(serde_json::from_str::<RelPath>(&line).unwrap(), path);
        assert!(serde_json::from_str::<RelPath>("\"../x\"").is_err());
    }
}
