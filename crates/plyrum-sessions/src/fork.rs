//! A copy of a session up to one of its runs, as a session of its own.
//!
//! The lines are copied as they are: the copy is complete in itself and stays when the original is deleted.
//! Its runs were paid in the original, and only there: money belongs to runs, not to lines.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Write as _};
use std::path::Path;

use plyrum_protocol::{RunId, SessionId, Timestamp};
use plyrum_redact::Redactor;
use serde::Deserialize;

use crate::line::{self};
use crate::lines::{Lines, Taken};
use crate::log::{open_private, sync_dir};
use crate::{Event, Outline, context, log_path};

/// Copies the turns of `from` up to and with `through`, without those that were taken back, to the new
/// session `to`. It is there as a whole or not at all.
pub fn fork(
    dir: &Path,
    from: &SessionId,
    through: &RunId,
    to: &SessionId,
    at: Timestamp,
    redactor: &Redactor,
) -> io::Result<()> {
    let outline = Outline::read(dir, from)?;
    let last = outline.place_of(through).ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, format!("session {from} has no run {through}"))
    })?;
    let kept = outline.turns.iter().take(last + 1).filter(|turn| !turn.is_rewound && turn.finished.is_some());
    let kept: BTreeSet<&RunId> = kept.map(|turn| &turn.run).collect();
    let lines = lines_of(dir, from, &kept)?;
    let event = Event::Forked {
        at,
        project: outline.about.project.clone(),
        from: from.clone(),
        through: through.clone(),
        bytes: lines.iter().map(|line| line.len() as u64).sum(),
    };
    let path = log_path(dir, to);
    let fresh = path.with_extension("new");
    let _left_by_a_crash = fs::remove_file(&fresh);
    let mut file = open_private(&fresh).map_err(context("create", &fresh))?;
    let write = |file: &mut File| {
        file.write_all(line::of_event(&event.redacted(redactor))?.as_bytes())?;
        lines.iter().try_for_each(|line| file.write_all(line))?;
        file.sync_all()
    };
    write(&mut file).map_err(context("write", &fresh))?;
    if path.exists() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("there is a session {to}")));
    }
    fs::rename(&fresh, &path).map_err(context("rename", &fresh))?;
    sync_dir(dir)
}

/// The lines of these runs, each with its newline.
fn lines_of(dir: &Path, session: &SessionId, runs: &BTreeSet<&RunId>) -> io::Result<Vec<Vec<u8>>> {
    #[derive(Deserialize)]
    struct Whose {
        text: Option<OfRun>,
        frame: Option<OfRun>,
    }
    #[derive(Deserialize)]
    struct OfRun {
        run: RunId,
    }
    let path = log_path(dir, session);
    let file = File::open(&path).map_err(context("open", &path))?;
    let mut lines = Lines::new(BufReader::with_capacity(256 * 1024, file));
    let mut kept = Vec::new();
    while let Some(taken) = lines.next().map_err(context("read", &path))? {
        let Taken::Whole(line) = taken else { continue };
        let Ok(Whose { text, frame }) = serde_json::from_slice(line) else { continue };
        if text.or(frame).is_some_and(|of| runs.contains(&of.run)) {
            kept.push([line, b"\n"].concat());
        }
    }
    Ok(kept)
}
