//! Reading regular files beneath the handle: never a FIFO or a device, never without a bound.

use std::fs::File;
use std::io::{self, Read as _};

use rustix::fs::{FileType, OFlags, Stat};
use sha2::{Digest as _, Sha256};

use super::error::FileError;
use super::handle::{Workspace, kind, kind_words};
use super::path::RelPath;

/// A file's content with what identifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) content: Vec<u8>,
    pub(crate) sha256: String,
    /// Permission bits (0o777).
    pub(crate) mode: u32,
}

impl Workspace {
    /// Opens a regular file for reading.
    pub(crate) fn open_file(&self, path: &RelPath) -> Result<(File, Stat), FileError> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = File::from(self.open_at(path, flags)?);
        let stat = rustix::fs::fstat(&file).map_err(|e| FileError::of(e, "look at", path.display()))?;
        match kind(&stat) {
            FileType::RegularFile => Ok((file, stat)),
            other => Err(FileError::NotAFile { path: path.display(), kind: kind_words(other) }),
        }
    }

    /// A whole file of at most so many bytes; none where there is nothing.
    pub(crate) fn hold(
        &self,
        path: &RelPath,
        max_bytes: u64,
        what: &'static str,
    ) -> Result<Option<Held>, FileError> {
        let (file, stat) = match self.open_file(path) {
            Err(FileError::Missing { .. }) => return Ok(None),
            other => other?,
        };
        let too_large = |bytes| FileError::TooLarge { path: path.display(), bytes, max_bytes, what };
        let size = size(&stat);
        if size > max_bytes {
            return Err(too_large(size));
        }
        let content =
            read_to(&file, max_bytes, size).map_err(|e| FileError::of_io(e, "read", path.display()))?;
        let Some(content) = content else { return Err(too_large(max_bytes + 1)) };
        Ok(Some(Held { sha256: sha256(&content), content, mode: mode(&stat) }))
    }
}

/// The content, or none where it is longer than the bound.
pub(crate) fn read_to(file: &File, max_bytes: u64, size: u64) -> io::Result<Option<Vec<u8>>> {
    let room = usize::try_from(size.min(max_bytes).saturating_add(1)).unwrap_or_default();
    let mut content = Vec::with_capacity(room);
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut content)?;
    Ok((content.len() as u64 <= max_bytes).then_some(content))
}

/// A size in bytes.
pub(crate) fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or_default()
}

/// The permission bits, without set-uid and its like: what a tool writes never carries those.
pub(crate) fn mode(stat: &Stat) -> u32 {
    u32::try_from(int(stat.st_mode)).unwrap_or_default() & 0o777
}

/// A number of `stat`, whose width differs between systems.
pub(crate) fn int<T>(number: T) -> i64
where
    i64: TryFrom<T>,
{
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// SHA-256 in 64 lower-case hex digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
