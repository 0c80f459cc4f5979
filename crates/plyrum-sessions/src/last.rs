//! Which session `last` means: the one in which something was asked last, or that was resumed or copied last.
//!
//! Neither the time of the file says that (a run that ends late, a new name) nor the ledger (a copy has no run
//! yet), so the daemon writes it down, and everybody who reads without a daemon means the same. Where it is not
//! written down, or names a session that is gone, it is the last written log.

use std::fs;
use std::io;
use std::path::Path;

use plyrum_protocol::SessionId;

use crate::{context, list, log_path};

const NAME: &str = "last";

/// The latest session, if there is any.
pub fn last(dir: &Path) -> io::Result<Option<SessionId>> {
    let written = fs::read_to_string(dir.join(NAME)).ok().and_then(|text| SessionId::new(text.trim()).ok());
    match written.filter(|session| log_path(dir, session).is_file()) {
        Some(session) => Ok(Some(session)),
        None => Ok(list(dir)?.into_iter().next().map(|newest| newest.id)),
    }
}

/// Writes down that this is the latest session. It is a pointer that can be found again: no flush.
pub fn set_last(dir: &Path, session: &SessionId) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let (path, fresh) = (dir.join(NAME), dir.join(format!("{NAME}-{session}.new")));
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(&fresh);
    let written = file.and_then(|mut file| io::Write::write_all(&mut file, session.as_str().as_bytes()));
    written.and_then(|()| fs::rename(&fresh, &path)).map_err(context("write", &path))
}
