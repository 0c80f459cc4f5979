//! Taking a conversation off the disk, with a tombstone that says that it was there.
//!
//! First the tombstone is durable, then the texts go; a start finishes what a crash cut off. Nothing of what
//! was said is in the tombstone, only its size and hash, so that whoever has a copy can show what it is a
//! copy of. Money is not in these files: what the runs cost stays in the ledger.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use plyrum_protocol::{SessionId, Timestamp, to_line};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::log::{open_private, sync_dir};
use crate::{context, log_path};

const SUFFIX: &str = "deleted.json";
/// A tombstone is a few hundred bytes.
const MAX_BYTES: u64 = 4096;

/// What is left of a deleted session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Which session.
    pub session: SessionId,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// Who asked for it.
    pub client: String,
    /// Size of its log.
    pub bytes: u64,
    /// SHA-256 of its log, in hex.
    pub sha256: String,
}

/// Deletes a session's log and everything that was set aside from it.
pub fn delete(dir: &Path, session: &SessionId, at: Timestamp, client: &str) -> io::Result<Tombstone> {
    let path = log_path(dir, session);
    let (bytes, sha256) = fingerprint(&path).map_err(context("read", &path))?;
    let stone =
        Tombstone { session: session.clone(), deleted_at: at, client: client.to_owned(), bytes, sha256 };
    let stone_path = tombstone_path(dir, session);
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

/// The tombstone of a session, if it was deleted.
pub fn tombstone(dir: &Path, session: &SessionId) -> io::Result<Option<Tombstone>> {
    let path = tombstone_path(dir, session);
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(context("open", &path))?,
    };
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(context("read", &path))?;
    serde_json::from_str(&text).map(Some).map_err(|error| context("read", &path)(error.into()))
}

/// Finishes deletions that a crash cut off, and removes what it left of files that were being made. Returns how
/// many deletions. Call it before anything else is written here.
pub fn finish_deletions(dir: &Path) -> io::Result<usize> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        other => other.map_err(context("list", dir))?,
    };
    let mut finished = 0;
    for entry in entries {
        let entry = entry.map_err(context("list", dir))?;
        let name = entry.file_name();
        if name.as_encoded_bytes().ends_with(b".new") {
            fs::remove_file(entry.path()).map_err(context("remove", &entry.path()))?;
            continue;
        }
        let id = name.to_str().and_then(|name| name.strip_suffix(&format!(".{SUFFIX}")));
        if let Some(Ok(session)) = id.map(SessionId::new)
            && log_path(dir, &session).exists()
        {
            remove_texts(dir, &session)?;
            finished += 1;
        }
    }
    Ok(finished)
}

fn tombstone_path(dir: &Path, session: &SessionId) -> PathBuf {
    dir.join(format!("{session}.{SUFFIX}"))
}

/// The log goes last: while it is there, a start knows that the deletion is not finished.
fn remove_texts(dir: &Path, session: &SessionId) -> io::Result<()> {
    let aside = format!("{session}.jsonl.torn-");
    for entry in fs::read_dir(dir).map_err(context("list", dir))? {
        let entry = entry.map_err(context("list", dir))?;
        if entry.file_name().to_string_lossy().starts_with(&aside) {
            fs::remove_file(entry.path()).map_err(context("remove", &entry.path()))?;
        }
    }
    let path = log_path(dir, session);
    fs::remove_file(&path).map_err(context("remove", &path))?;
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
