//! Predictions of a bench: one JSON object a line.

use crate::fault::wrong_use;
use crate::text::say;
use plyrum_protocol::Fault;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

/// Writes `rows` to a file of this name in `dir`, which is made where it is not there. What was there is replaced.
pub(super) fn write<T: Serialize>(dir: &Path, name: &str, rows: &[T]) -> Result<(), Fault> {
    let path = dir.join(name);
    try_write(dir, &path, rows)
        .map_err(|e| wrong_use(say!("fault-write", path = path.display().to_string(), why = e.to_string())))
}

fn try_write<T: Serialize>(dir: &Path, path: &Path, rows: &[T]) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let mut file = BufWriter::new(File::create(path)?);
    for row in rows {
        serde_json::to_writer(&mut file, row)?;
        file.write_all(b"\n")?;
    }
    file.flush()
}
