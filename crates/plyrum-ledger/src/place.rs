//! Where the ledger lies, and whether that is a place for it.
//!
//! **Network file systems are refused.** SQLite's documentation of WAL: "All processes using a database
//! must be on the same host computer; WAL does not work over a network filesystem", since its index is
//! memory that the processes share. Two hosts with one home (NFS is there for that) could so corrupt the
//! books, each seeing nothing wrong, and no lock of ours would show it. A home that only looks remote, the
//! share of a virtual machine or a container's 9p, is used by one host as a rule: that is told, not refused.
//!
//! **A copied home is noticed.** Two copies of one ledger both spend the same money. The database has in
//! it the path at which it was first opened; one that lies elsewhere, while its original is still there
//! with the same identity, is a copy. A moved one has no original any more and takes its new place.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use crate::error::LedgerError;
use crate::read::LedgerReader;

/// What kind of file system a path is on, as far as that matters to SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSystem {
    /// Of this host, or not known.
    Local,
    /// Often of this host, but seen by others too, under this name: a share of a virtual machine, 9p, FUSE.
    Shared(String),
    /// Of other hosts, under this name: SQLite's write-ahead log does not work there.
    Network(String),
}

const NETWORK: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ncpfs",
    "afs",
    "coda",
    "ceph",
    "lustre",
    "gpfs",
    "beegfs",
    "glusterfs",
    "ocfs2",
    "gfs2",
    "davfs",
    "sshfs",
    "s3fs",
    "rclone",
    "gcsfuse",
    "afpfs",
    "curlftpfs",
];
const SHARED: &[&str] = &["9p", "virtiofs", "vboxsf", "prl_fs", "fuse", "fuseblk"];

/// The file system that `path` is on, or its nearest directory that exists. Known on Linux only.
pub fn file_system(path: &Path) -> FileSystem {
    let existing = path.ancestors().find_map(|dir| fs::canonicalize(dir).ok());
    let (Some(dir), Ok(mounts)) = (existing, fs::read_to_string("/proc/self/mountinfo")) else {
        return FileSystem::Local;
    };
    type_in(&mounts, &dir).map_or(FileSystem::Local, kind_of)
}

/// The type of the mount that a path is on: of those whose mount point is above it the longest, and of
/// equal ones the last, which hides the others.
fn type_in<'m>(mounts: &'m str, path: &Path) -> Option<&'m str> {
    let mut found: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let Some((before, after)) = line.split_once(" - ") else { continue };
        let (Some(point), Some(kind)) = (before.split(' ').nth(4), after.split(' ').next()) else { continue };
        let point = point.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
        if path.starts_with(&point) && found.is_none_or(|(length, _)| point.len() >= length) {
            found = Some((point.len(), kind));
        }
    }
    found.map(|(_, kind)| kind)
}

fn kind_of(name: &str) -> FileSystem {
    // `fuse.sshfs`: what the driver calls itself.
    let driver = name.strip_prefix("fuse.").unwrap_or(name);
    if NETWORK.contains(&driver) {
        FileSystem::Network(name.to_owned())
    } else if SHARED.contains(&driver) {
        FileSystem::Shared(name.to_owned())
    } else {
        FileSystem::Local
    }
}

/// Refuses to write a ledger where SQLite cannot keep it sound.
pub(crate) fn check(path: &Path) -> Result<(), LedgerError> {
    match file_system(path) {
        FileSystem::Network(kind) => Err(LedgerError::NetworkFileSystem { path: path.to_owned(), kind }),
        FileSystem::Local | FileSystem::Shared(_) => Ok(()),
    }
}

impl LedgerReader {
    /// The ledger that this one is a copy of, where that is still in its place: both would spend the same
    /// money. `None` for an original, and for one that was moved.
    pub fn copy_of(&self) -> Result<Option<PathBuf>, LedgerError> {
        self.conn.path().map_or(Ok(None), |path| original(&self.conn, Path::new(path)))
    }
}

/// Notes where the ledger lies, unless it is a copy: that must stay to be seen.
pub(crate) fn note(conn: &Connection, path: &Path) -> Result<(), LedgerError> {
    let Ok(here) = fs::canonicalize(path) else { return Ok(()) };
    let here = here.to_string_lossy();
    if noted(conn)?.as_deref() == Some(&here) || original(conn, path)?.is_some() {
        return Ok(());
    }
    conn.execute(
        "INSERT INTO meta (key, value) VALUES ('place', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
        [&here],
    )?;
    Ok(())
}

/// The ledger that this one is a copy of, where that is still there.
pub(crate) fn original(conn: &Connection, path: &Path) -> Result<Option<PathBuf>, LedgerError> {
    let Some(place) = noted(conn)?.map(PathBuf::from) else { return Ok(None) };
    let identity = |path: &Path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    let there = identity(&place);
    // Gone, or the same file under another name.
    if there.is_none() || there == identity(path) {
        return Ok(None);
    }
    let same = install_id(conn)? == install_id_at(&place);
    Ok(same.then_some(place))
}

fn noted(conn: &Connection) -> Result<Option<String>, LedgerError> {
    let mut select = conn.prepare("SELECT value FROM meta WHERE key = 'place'")?;
    Ok(select.query_row([], |row| row.get(0)).optional()?)
}

fn install_id(conn: &Connection) -> Result<Option<String>, LedgerError> {
    let mut select = conn.prepare("SELECT value FROM meta WHERE key = 'install_id'")?;
    Ok(select.query_row([], |row| row.get(0)).optional()?)
}

/// Of a file that may be anything.
fn install_id_at(path: &Path) -> Option<String> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    install_id(&conn).ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 252:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:35 / /home rw - nfs4 server:/home rw,vers=4.2
41 40 0:36 / /home/anna/my\\040cloud rw - fuse.sshfs host: rw
42 22 0:37 / /home/local rw - btrfs /dev/vdb rw
43 22 0:38 / /mnt/c rw - 9p C: rw
44 22 0:39 / /over rw - ext4 /dev/vdc rw
45 44 0:40 / /over rw - cifs //server/share rw
a line that is none
";

    #[test]
    fn the_nearest_mount_above_a_path_tells_what_it_is_on() {
        let on = |path: &str| type_in(MOUNTS, Path::new(path)).map(kind_of);
        let network = |kind: &str| Some(FileSystem::Network(kind.to_owned()));
        assert_eq!(on("/var/lib"), Some(FileSystem::Local));
        assert_eq!(on("/home/anna"), network("nfs4"));
        assert_eq!(on("/home/anna/my cloud/plyrum"), network("fuse.sshfs"));
        assert_eq!(on("/home/local/anna"), Some(FileSystem::Local));
        assert_eq!(on("/homeless"), Some(FileSystem::Local), "not under /home");
        assert_eq!(on("/mnt/c/Users"), Some(FileSystem::Shared("9p".to_owned())));
        assert_eq!(on("/over/there"), network("cifs"), "the later mount hides the earlier");
    }

    #[test]
    fn the_directory_of_this_test_can_keep_a_ledger() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(check(&dir.path().join("not/there/yet.sqlite")), Ok(()));
    }
}
