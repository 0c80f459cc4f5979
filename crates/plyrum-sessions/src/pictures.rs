//! The pictures of a session: files beside its log, each under the SHA-256 of its bytes, in a folder of their own.
//!
//! The log has of a picture what goes on record ([`PictureMark`]); the bytes are here, so that a conversation that goes on
//! can send them again. The same picture is kept once. A file that is gone, or is not what its name says, is no picture any
//! more, which is for the caller to tell: a conversation does not end with a picture.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use plyrum_jsonl::{RealDisk, create_dir};
use plyrum_protocol::{MAX_PICTURE_BYTES, PictureMark, SessionId};
use sha2::{Digest as _, Sha256};

use crate::context;
use crate::log::{open_private, sync_dir};

/// Most bytes of pictures that one session keeps: 256 MiB.
pub const MAX_PICTURES_BYTES: u64 = 256 * 1024 * 1024;
/// Letters of a SHA-256 in hex.
const HASH_LETTERS: usize = 64;

/// Keeps a picture, durably, 0600. One that is there already is left as it is.
///
/// Fails with [`io::ErrorKind::QuotaExceeded`] where the session keeps as much as it may.
pub fn keep_picture(dir: &Path, session: &SessionId, mark: &PictureMark, bytes: &[u8]) -> io::Result<()> {
    let folder = folder(dir, session);
    let path = folder.join(file_name(mark)?);
    if whole(&path, mark)?.is_some() {
        return Ok(());
    }
    create_dir(&RealDisk, &folder).map_err(context("create", &folder))?;
    if kept_bytes(&folder)?.saturating_add(bytes.len() as u64) > MAX_PICTURES_BYTES {
        return Err(io::ErrorKind::QuotaExceeded.into());
    }
    let fresh = path.with_extension("new");
    let _left_by_a_crash = fs::remove_file(&fresh);
    let write = || -> io::Result<()> {
        let mut file = open_private(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, &path)
    };
    write().map_err(context("write", &path))?;
    sync_dir(&folder)
}

/// Bytes of pictures that a session can still take.
pub fn room_for_pictures(dir: &Path, session: &SessionId) -> io::Result<u64> {
    Ok(MAX_PICTURES_BYTES.saturating_sub(kept_bytes(&folder(dir, session))?))
}

/// A picture's bytes; none where they are not there any more, or are others.
pub fn picture(dir: &Path, session: &SessionId, mark: &PictureMark) -> io::Result<Option<Vec<u8>>> {
    whole(&folder(dir, session).join(file_name(mark)?), mark)
}

/// Takes all pictures of a session away.
pub(crate) fn remove_pictures(dir: &Path, session: &SessionId) -> io::Result<()> {
    let folder = folder(dir, session);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(context("remove", &folder)(error)),
        _ => Ok(()),
    }
}

fn folder(dir: &Path, session: &SessionId) -> PathBuf {
    dir.join(format!("{session}.pictures"))
}

/// A log may have been written by anybody: what is no hash names no file.
fn file_name(mark: &PictureMark) -> io::Result<&str> {
    let is_hash = mark.sha256.len() == HASH_LETTERS && mark.sha256.bytes().all(|b| b.is_ascii_hexdigit());
    is_hash
        .then_some(mark.sha256.as_str())
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the record of a picture has no SHA-256"))
}

fn whole(path: &Path, mark: &PictureMark) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(context("open", path))?,
    };
    let mut bytes = Vec::new();
    file.take(MAX_PICTURE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(context("read", path))?;
    let is_it = bytes.len() as u64 == mark.bytes && hex_of(&bytes).eq_ignore_ascii_case(&mark.sha256);
    Ok(Some(bytes).filter(|_| is_it))
}

fn hex_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn kept_bytes(folder: &Path) -> io::Result<u64> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        other => other.map_err(context("list", folder))?,
    };
    let sizes = entries.map(|entry| entry?.metadata().map(|about| about.len()));
    let sizes: io::Result<Vec<u64>> = sizes.collect();
    Ok(sizes.map_err(context("list", folder))?.into_iter().fold(0, u64::saturating_add))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_protocol::MediaType;
    use std::os::unix::fs::PermissionsExt as _;

    fn mark(bytes: &[u8]) -> PictureMark {
        PictureMark {
            name: "a.png".to_owned(),
            media_type: MediaType::Png,
            bytes: bytes.len() as u64,
            sha256: hex_of(bytes),
        }
    }

    #[test]
    fn a_picture_is_kept_privately_once_and_found_while_it_is_what_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let session = SessionId::new("5e55").unwrap();
        let mark = mark(b"bytes");
        assert_eq!(picture(dir.path(), &session, &mark).unwrap(), None);
        for _ in 0..2 {
            keep_picture(dir.path(), &session, &mark, b"bytes").unwrap();
        }
        assert_eq!(picture(dir.path(), &session, &mark).unwrap().as_deref(), Some(b"bytes".as_slice()));
        let folder = folder(dir.path(), &session);
        let path = folder.join(&mark.sha256);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::write(&path, b"other").unwrap();
        assert_eq!(picture(dir.path(), &session, &mark).unwrap(), None, "it is another one");
        keep_picture(dir.path(), &session, &mark, b"bytes").unwrap();
        assert!(picture(dir.path(), &session, &mark).unwrap().is_some(), "and is put right");
        remove_pictures(dir.path(), &session).unwrap();
        remove_pictures(dir.path(), &session).unwrap();
        assert!(!folder.exists());
    }

    #[test]
    fn a_record_without_a_hash_names_no_file_and_a_full_session_takes_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let session = SessionId::new("5e55").unwrap();
        for sha256 in ["", "../../../etc/passwd", &"g".repeat(64), &"../".repeat(22)] {
            let wrong = PictureMark { sha256: sha256.to_owned(), ..mark(b"x") };
            assert!(picture(dir.path(), &session, &wrong).is_err(), "{sha256}");
            assert!(keep_picture(dir.path(), &session, &wrong, b"x").is_err(), "{sha256}");
        }
        let folder = folder(dir.path(), &session);
        fs::create_dir(&folder).unwrap();
        assert_eq!(room_for_pictures(dir.path(), &session).unwrap(), MAX_PICTURES_BYTES);
        File::create(folder.join("much")).unwrap().set_len(MAX_PICTURES_BYTES).unwrap();
        assert_eq!(room_for_pictures(dir.path(), &session).unwrap(), 0);
        let full = keep_picture(dir.path(), &session, &mark(b"x"), b"x").unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::QuotaExceeded);
    }
}
