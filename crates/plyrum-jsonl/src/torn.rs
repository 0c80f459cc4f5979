//! A file whose last write was torn by a crash or a full disk: the torn bytes go to a side file, and the
//! file is cut back to its last whole line.
//!
//! Only the end of the file is read, so a file of any size opens at once. The copy is durable before the
//! cut: at no moment are the bytes in neither.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, write_all};

/// Bytes looked at in one step.
const STEP_BYTES: u64 = 64 * 1024;
/// Side files of one place, after which setting aside gives up.
const ASIDE_MAX: u32 = 100;

/// Where torn bytes are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// The side file: `<file>.torn-<offset>`, with a number behind it where that was taken.
    pub path: PathBuf,
    /// How many bytes.
    pub bytes: u64,
}

/// Whether the file ends with a whole line (or is empty). Reads one byte.
pub fn is_whole(file: &File) -> io::Result<bool> {
    let Some(last) = file.metadata()?.len().checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte == *b"\n")
}

/// Where the last whole line ends.
pub fn whole_end(file: &File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut buffer = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(STEP_BYTES);
        buffer.resize(usize::try_from(end - start).unwrap_or_default(), 0);
        file.read_exact_at(&mut buffer, start)?;
        if let Some(at) = memchr::memrchr(b'\n', &buffer) {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Copies what follows `from` to a side file, then cuts it off. The caller is the file's only writer now.
pub fn set_aside(disk: &dyn Disk, file: &File, path: &Path, from: u64) -> io::Result<Aside> {
    let (side_path, side) = side_file(disk, path, from)?;
    let told = |what: &'static str, path: &Path| {
        let shown = path.display().to_string();
        move |e: io::Error| io::Error::new(e.kind(), format!("cannot {what} {shown}: {e}"))
    };
    let bytes = copy(disk, file, from, &side).map_err(told("write", &side_path))?;
    if let Some(dir) = path.parent() {
        disk.sync_dir(dir).map_err(told("flush", dir))?;
    }
    disk.set_len(file, from).map_err(told("cut the torn line of", path))?;
    Ok(Aside { path: side_path, bytes })
}

/// An empty side file that did not exist.
fn side_file(disk: &dyn Disk, path: &Path, from: u64) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for copy in 0..ASIDE_MAX {
        let number = if copy == 0 { String::new() } else { format!("-{copy}") };
        let side_path = path.with_file_name(format!("{name}.torn-{from}{number}"));
        if !side_path.exists() {
            let side = disk.open_append(&side_path).map_err(|e| {
                io::Error::new(e.kind(), format!("cannot create {}: {e}", side_path.display()))
            })?;
            return Ok((side_path, side));
        }
    }
    let what = format!("{ASIDE_MAX} torn ends of {} are kept at one place already", path.display());
    Err(io::Error::new(io::ErrorKind::AlreadyExists, what))
}

fn copy(disk: &dyn Disk, file: &File, from: u64, side: &File) -> io::Result<u64> {
    let mut buffer = vec![0; usize::try_from(STEP_BYTES).unwrap_or_default()];
    let mut at = from;
    loop {
        let read = file.read_at(&mut buffer, at)?;
        if read == 0 {
            break;
        }
        write_all(disk, side, buffer.get(..read).unwrap_or_default())?;
        at += read as u64;
    }
    disk.sync_data(side)?;
    Ok(at - from)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::RealDisk;

    #[test]
    fn the_last_whole_line_is_found_from_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        let step = usize::try_from(STEP_BYTES).unwrap();
        for (text, end) in [
            (String::new(), 0),
            ("x".to_owned(), 0),
            ("x\n".to_owned(), 2),
            ("x\ny".to_owned(), 2),
            (format!("x\n{}", "y".repeat(3 * step)), 2),
            ("y".repeat(3 * step), 0),
            (format!("{}\n", "y".repeat(step)), STEP_BYTES + 1),
        ] {
            fs::write(&path, &text).unwrap();
            let file = RealDisk.open_append(&path).unwrap();
            assert_eq!(whole_end(&file).unwrap(), end);
            assert_eq!(is_whole(&file).unwrap(), text.len() as u64 == end);
        }
    }

    #[test]
    fn what_is_set_aside_is_kept_beside_what_was_set_aside_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        for (nth, name) in ["a.jsonl.torn-2", "a.jsonl.torn-2-1"].into_iter().enumerate() {
            fs::write(&path, format!("x\ntorn {nth}")).unwrap();
            let file = RealDisk.open_append(&path).unwrap();
            let aside = set_aside(&RealDisk, &file, &path, 2).unwrap();
            assert_eq!(aside, Aside { path: dir.path().join(name), bytes: 6 });
            assert_eq!(fs::read_to_string(&path).unwrap(), "x\n");
            assert_eq!(fs::read_to_string(&aside.path).unwrap(), format!("torn {nth}"));
        }
    }
}
