//! Taking a conversation off the disk, with a tombstone that says that it was there.
//!
//! In three steps, so that a crash between any two is finished by the next start and no deletion is without its
//! record: [`begin_deletion`] writes down, durably, what is going to go; then the texts go; [`end_deletion`] is
//! called when the deletion is on record. A log that lies beside a finished tombstone was put back by somebody,
//! and stays.
//!
//! Nothing of what was said is in the tombstone, only its size and hash, so that whoever has a copy can show what
//! it is a copy of. Money is not in these files: what the runs cost stays in the ledger.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use plyrum_protocol::{SessionId, Timestamp, to_line};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::log::{open_private, sync_dir};
use crate::pictures::remove_pictures;
use crate::{context, log_path};

/// While it goes.
const GOING: &str = "deleting.json";
/// When it is gone.
const GONE: &str = "deleted.json";
/// A tombstone is a few hundred bytes.
const MAX_BYTES: u64 = 4096;

/// What is left of a deleted session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Which session.
    pub session: SessionId,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// Who asked for it, redacted.
    pub client: String,
    /// Size of its log.
    pub bytes: u64,
    /// SHA-256 of its log, in hex.
    pub sha256: String,
}

/// Deletes a session's log and everything that was set aside from it. [`end_deletion`] comes when that is on record.
pub fn begin_deletion(dir: &Path, session: &SessionId, at: Timestamp, client: &str) -> io::Result<Tombstone> {
    let path = log_path(dir, session);
    let (bytes, sha256) = fingerprint(&path).map_err(context("read", &path))?;
    let stone =
        Tombstone { session: session.clone(), deleted_at: at, client: client.to_owned(), bytes, sha256 };
    let stone_path = stone_path(dir, session, GOING);
    let fresh = stone_path.with_extension("new");
    let _left_by_a_crash = fs::remove_file(&fresh);
    let write = || -> io::Result<()> {
        let mut file = open_private(&fresh)?;
        file.write_all(to_line(&stone)?.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&fresh, &stone_path)
    };
    write().map_err(context("write", &stone_path))?;
    sync_dir(dir)?;
    remove_texts(dir, session)?;
    Ok(stone)
}

/// The deletion is on record.
pub fn end_deletion(dir: &Path, session: &SessionId) -> io::Result<()> {
    let going = stone_path(dir, session, GOING);
    fs::rename(&going, stone_path(dir, session, GONE)).map_err(context("rename", &going))?;
    sync_dir(dir)
}

/// The tombstone of a session, if it was deleted.
pub fn tombstone(dir: &Path, session: &SessionId) -> io::Result<Option<Tombstone>> {
    for suffix in [GONE, GOING] {
        match read(&stone_path(dir, session, suffix)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            stone => return stone.map(Some),
        }
    }
    Ok(None)
}

/// The tombstones of sessions whose id begins so, at most `most`.
pub fn tombstones_matching(dir: &Path, prefix: &str, most: usize) -> io::Result<Vec<Tombstone>> {
    let mut stones = Vec::new();
    for name in names(dir)? {
        let id = [GONE, GOING].iter().find_map(|suffix| name.strip_suffix(suffix)?.strip_suffix('.'));
        if id.is_some_and(|id| id.starts_with(prefix)) && stones.len() < most {
            stones.push(read(&dir.join(&name))?);
        }
    }
    Ok(stones)
}

/// Takes away the texts of deletions that a crash cut off, and what it left of files that were being made.
/// Returns the tombstones that are to be put on record and [ended](end_deletion). Call it before anything else is
/// written here.
pub fn cut_off_deletions(dir: &Path) -> io::Result<Vec<Tombstone>> {
    let mut cut_off = Vec::new();
    for name in names(dir)? {
        let path = dir.join(&name);
        if path.extension().is_some_and(|extension| extension == "new") {
            fs::remove_file(&path).map_err(context("remove", &path))?;
        } else if name.ends_with(GOING) {
            let stone = read(&path)?;
            remove_texts(dir, &stone.session)?;
            cut_off.push(stone);
        }
    }
    Ok(cut_off)
}

fn names(dir: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(context("list", dir))?,
    };
    let name = |entry: io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name().into_string().ok());
    let names: io::Result<Vec<Option<String>>> = entries.map(name).collect();
    Ok(names.map_err(context("list", dir))?.into_iter().flatten().collect())
}

fn read(path: &Path) -> io::Result<Tombstone> {
    let file = File::open(path).map_err(context("open", path))?;
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(context("read", path))?;
    serde_json::from_str(&text).map_err(|error| context("read", path)(error.into()))
}

fn stone_path(dir: &Path, session: &SessionId, suffix: &str) -> PathBuf {
    dir.join(format!("{session}.{suffix}"))
}

/// Everything that begins with the session's id and holds its words or pictures; what is gone already is no error.
fn remove_texts(dir: &Path, session: &SessionId) -> io::Result<()> {
    let (log, aside) = (format!("{session}.jsonl"), format!("{session}.jsonl."));
    for name in names(dir)?.into_iter().filter(|name| *name == log || name.starts_with(&aside)) {
        let path = dir.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(context("remove", &path)(error));
            }
            _ => {}
        }
    }
    remove_pictures(dir, session)?;
    sync_dir(dir)
}

fn fingerprint(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        let (chunk, _) = buffer.split_at(read);
        if chunk.is_empty() {
            let hex = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
            return Ok((bytes, hex));
        }
        hash.update(chunk);
        bytes += read as u64;
    }
}
