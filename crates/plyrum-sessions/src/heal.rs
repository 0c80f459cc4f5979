//! A log whose last write was torn by a crash or a full disk: the torn bytes go to a side file, the log
//! is cut back to its last whole line.
//!
//! Only the end of the file is read, so a log of any size opens at once.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::context;
use crate::log::open_private;

/// Bytes looked at in one step backwards.
const STEP_BYTES: u64 = 64 * 1024;
/// Side files of one place.
const TORN_MAX: u32 = 100;

/// Whether the log ends with a whole line (or is empty). Reads one byte.
pub(crate) fn is_whole(file: &File) -> io::Result<bool> {
    let Some(last) = file.metadata()?.len().checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte == *b"\n")
}

/// Cuts a torn last line off and keeps it in `<log>.torn-<offset>`. The caller holds the log's lock.
pub(crate) fn cut_torn(file: &File, path: &Path) -> io::Result<()> {
    let whole = last_newline(file).map_err(context("read", path))?;
    let (side_path, side) = side_file(path, whole)?;
    copy_from(file, whole, &side).map_err(context("write", &side_path))?;
    file.set_len(whole).map_err(context("cut the torn line of", path))
}

/// Where the last whole line ends.
fn last_newline(file: &File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut buffer = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(STEP_BYTES);
        buffer.resize(usize::try_from(end - start).unwrap_or_default(), 0);
        file.read_exact_at(&mut buffer, start)?;
        if let Some(at) = buffer.iter().rposition(|b| *b == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

fn side_file(path: &Path, offset: u64) -> io::Result<(PathBuf, File)> {
    for copy in 0..TORN_MAX {
        let number = if copy == 0 { String::new() } else { format!("-{copy}") };
        let side_path = path.with_extension(format!("jsonl.torn-{offset}{number}"));
        if !side_path.exists() {
            let side = open_private(&side_path).map_err(context("create", &side_path))?;
            return Ok((side_path, side));
        }
    }
    let error = io::Error::new(io::ErrorKind::AlreadyExists, "too many torn lines were kept at one place");
    Err(context("repair", path)(error))
}

fn copy_from(file: &File, mut from: u64, mut side: &File) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read_at(&mut buffer, from)?;
        if read == 0 {
            return side.sync_data();
        }
        io::Write::write_all(&mut side, buffer.get(..read).unwrap_or_default())?;
        from += read as u64;
    }
}
