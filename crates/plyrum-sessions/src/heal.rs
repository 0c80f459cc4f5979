//! A log whose end was torn by a crash or a full disk: what is not whole goes to a side file, the log is cut
//! back to its last whole line.
//!
//! A power cut may also lose pages of what was not flushed: zeros stand where they were, and whole lines
//! may follow. JSON never has a zero byte, so the first one shows where the log ends; what follows it was
//! never flushed either and goes to the side file, so that the frames of a run stay without gaps. Only the
//! end of the file is looked at, so a log of any size opens at once.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use plyrum_jsonl::{Disk, set_aside, whole_end};

use crate::context;

/// How far back zeros are looked for: more than a run leaves unflushed, and read in a millisecond. A hole
/// before it stays, and reads as lines that say which they are.
const LOST_MAX_BYTES: u64 = 1024 * 1024;

/// Cuts a torn last line off and keeps it in `<log>.torn-<offset>`. The caller holds the log's lock.
pub(crate) fn cut_torn(disk: &dyn Disk, file: &File, path: &Path) -> io::Result<()> {
    let whole = whole_end(file).map_err(context("read", path))?;
    set_aside(disk, file, path, whole).map(drop)
}

/// The same from the first lost page on, where there is one. The caller holds the log's lock.
pub(crate) fn cut_lost(disk: &dyn Disk, file: &File, path: &Path) -> io::Result<()> {
    let length = file.metadata().map_err(context("look at", path))?.len();
    let from = length.saturating_sub(LOST_MAX_BYTES);
    let mut end = vec![0; usize::try_from(length - from).unwrap_or_default()];
    file.read_exact_at(&mut end, from).map_err(context("read", path))?;
    let intact = memchr::memchr(0, &end).map_or(end.as_slice(), |lost| end.get(..lost).unwrap_or_default());
    let whole = match memchr::memrchr(b'\n', intact) {
        Some(at) => from + at as u64 + 1,
        None if from == 0 => 0,
        None if intact.len() == end.len() => whole_end(file).map_err(context("read", path))?,
        None => return Ok(()), // the lost page began before
    };
    if whole == length { Ok(()) } else { set_aside(disk, file, path, whole).map(drop) }
}
