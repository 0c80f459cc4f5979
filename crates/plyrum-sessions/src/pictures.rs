//! The pictures of a session: files beside its log, each under the SHA-256 of its bytes, in a folder of their own.
//!
//! The log has of a picture what goes on record ([`PictureMark`]); the bytes are here, so that a conversation that goes on
//! can send them again. The same picture is kept once. A file that is gone, or is not what its name says, is no picture any
//! more, which is for the caller to tell: a conversation does not end with a picture.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use plyrum_jsonl::{RealDisk, create_dir};
use plyrum_protocol::{MAX_PICTURE_BYTES, PictureMark, SessionId};
use sha2::{Digest as _, Sha256};

use crate::context;
use crate::log::sync_dir;

/// Most bytes of pictures that one session keeps: 256 MiB.
pub const MAX_PICTURES_BYTES: u64 = 256 * 1024 * 1024;
/// Letters of a SHA-256 in hex.
const HASH_LETTERS: usize = 64;
/// How a picture that is being written ends; its name is not a hash before it is whole.
const UNFINISHED: &str = ".new";
/// A picture is written within seconds: what is unfinished for so long was left by a crash.
const LEFT_AFTER: Duration = Duration::from_mins(10);
/// Makes the names of unfinished pictures of one process differ: several runs may keep the same one at once.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// Keeps a picture, durably, 0600. One that is there already is left as it is.
///
/// Fails with [`io::ErrorKind::QuotaExceeded`] where the session keeps as much as it may.
pub fn keep_picture(dir: &Path, session: &SessionId, mark: &PictureMark, bytes: &[u8]) -> io::Result<()> {
    let folder = folder(dir, session);
    let path = folder.join(file_name(mark)?);
    if whole(&path, mark)?.is_some() {
        return Ok(());
    }
    if !has_room_for_pictures(dir, session, std::slice::from_ref(mark))? {
        return Err(io::ErrorKind::QuotaExceeded.into());
    }
    create_dir(&RealDisk, &folder).map_err(context("create", &folder))?;
    remove_leftovers(&folder)?;
    write(&path, bytes).map_err(context("write", &path))?;
    sync_dir(&folder)
}

/// Whether the session can keep these pictures, too. What is kept already, or comes twice, needs its room once.
pub fn has_room_for_pictures(dir: &Path, session: &SessionId, marks: &[PictureMark]) -> io::Result<bool> {
    let mut kept = kept(&folder(dir, session))?;
    kept.extend(marks.iter().map(|mark| (mark.sha256.clone(), mark.bytes)));
    Ok(kept.into_values().fold(0, u64::saturating_add) <= MAX_PICTURES_BYTES)
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
    is_hash(&mark.sha256)
        .then_some(mark.sha256.as_str())
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the record of a picture has no SHA-256"))
}

fn is_hash(name: &str) -> bool {
    name.len() == HASH_LETTERS && name.bytes().all(|b| b.is_ascii_hexdigit())
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

/// Writes beside and renames over: whoever writes the same picture at the same time is not in the way.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (fresh, mut file) = create_unfinished(path)?;
    let written =
        file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        // If this fails too, it is a leftover like that of a crash.
        let _left = fs::remove_file(&fresh);
    }
    written
}

/// A file that nobody else has, 0600.
fn create_unfinished(path: &Path) -> io::Result<(PathBuf, File)> {
    loop {
        let (process, nth) = (process::id(), WRITES.fetch_add(1, Ordering::Relaxed));
        let fresh = path.with_extension(format!("{process}-{nth}{UNFINISHED}"));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh) {
            // Left by an earlier process of this number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => return other.map(|file| (fresh, file)),
        }
    }
}

fn remove_leftovers(folder: &Path) -> io::Result<()> {
    for entry in entries(folder)? {
        if is_left(&entry) {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(context("remove", &entry.path())(error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// One whose age cannot be told is finished, or taken away, at this moment.
fn is_left(entry: &DirEntry) -> bool {
    let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
    entry.file_name().to_string_lossy().ends_with(UNFINISHED) && age().is_some_and(|age| age > LEFT_AFTER)
}

/// Names and sizes of the whole pictures that are kept.
fn kept(folder: &Path) -> io::Result<BTreeMap<String, u64>> {
    let named = |entry: DirEntry| {
        let name = entry.file_name().into_string().ok().filter(|name| is_hash(name))?;
        Some(entry.metadata().map(|about| (name, about.len())))
    };
    let sizes: io::Result<_> = entries(folder)?.into_iter().filter_map(named).collect();
    sizes.map_err(context("list", folder))
}

fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(context("list", folder))?,
    };
    let entries: io::Result<_> = entries.collect();
    entries.map_err(context("list", folder))
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
        let room = |marks: &[PictureMark]| has_room_for_pictures(dir.path(), &session, marks).unwrap();
        let sized = |bytes, letter: &str| PictureMark { bytes, sha256: letter.repeat(64), ..mark(b"x") };
        assert!(room(&[sized(MAX_PICTURES_BYTES, "a")]) && !room(&[sized(MAX_PICTURES_BYTES + 1, "a")]));
        let half = sized(MAX_PICTURES_BYTES / 2 + 1, "a");
        assert!(room(&[half.clone(), half.clone()]), "one that comes twice is kept once");
        assert!(!room(&[half.clone(), PictureMark { sha256: "b".repeat(64), ..half }]));
        let full = sized(MAX_PICTURES_BYTES, "c");
        File::create(folder.join(&full.sha256)).unwrap().set_len(full.bytes).unwrap();
        assert!(room(std::slice::from_ref(&full)), "it is kept already");
        assert!(!room(&[full, mark(b"x")]));
        let full = keep_picture(dir.path(), &session, &mark(b"x"), b"x").unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::QuotaExceeded);
    }

    #[test]
    fn the_same_picture_is_kept_by_many_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let session = SessionId::new("5e55").unwrap();
        for round in 0..24_u8 {
            let bytes = vec![round; 4096];
            let mark = mark(&bytes);
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| keep_picture(dir.path(), &session, &mark, &bytes).unwrap());
                }
            });
            assert_eq!(picture(dir.path(), &session, &mark).unwrap(), Some(bytes));
        }
        let names = fs::read_dir(folder(dir.path(), &session)).unwrap();
        assert_eq!(names.count(), 24, "and nothing else is left");
    }

    #[test]
    fn what_a_crash_left_takes_no_room_and_goes_when_it_is_old() {
        let dir = tempfile::tempdir().unwrap();
        let session = SessionId::new("5e55").unwrap();
        let folder = folder(dir.path(), &session);
        fs::create_dir(&folder).unwrap();
        let mark = mark(b"bytes");
        let (old, young) = (format!("{}.1-1.new", mark.sha256), format!("{}.1-2.new", mark.sha256));
        for (name, age) in [(&old, LEFT_AFTER * 2), (&young, Duration::ZERO)] {
            let file = File::create(folder.join(name)).unwrap();
            file.set_len(MAX_PICTURES_BYTES).unwrap();
            let now = file.metadata().unwrap().modified().unwrap();
            file.set_modified(now - age).unwrap();
        }
        keep_picture(dir.path(), &session, &mark, b"bytes").unwrap();
        let left: Vec<bool> = [&old, &young].map(|name| folder.join(name).exists()).to_vec();
        assert_eq!(left, [false, true], "the young one may be somebody's");
    }
}
