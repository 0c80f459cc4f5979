//! A copy of a session up to one of its runs, as a session of its own.
//!
//! The copy is complete in itself and stays when the original is deleted. Its runs were paid in the original, and
//! only there: money belongs to runs, not to lines. Texts pass through the redactor once more, which may know
//! keys that the original was written without.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use plyrum_protocol::{FrameBody, RunId, SessionId, Timestamp};
use plyrum_redact::Redactor;
use serde::Deserialize;

use crate::line::{self, Line};
use crate::lines::{Lines, Taken};
use crate::log::{open_private, sync_dir};
use crate::{Event, Outline, Texts, Turn, context, keep_picture, log_path, picture};

/// Copies the turns of `from` up to and with `through`, without those that were taken back, to the new
/// session `to`. It is there as a whole or not at all. Reads the log twice instead of keeping it.
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
    let kept: Vec<&Turn> = kept.collect();
    copy_pictures(dir, from, &kept, to)?;
    let kept: BTreeSet<&RunId> = kept.into_iter().map(|turn| &turn.run).collect();
    let mut bytes = 0;
    let count = |line: &[u8]| {
        bytes += line.len() as u64;
        Ok(())
    };
    each_line_of(dir, from, &kept, redactor, count)?;
    let project = outline.about.project.clone();
    let event = Event::Forked { at, project, from: from.clone(), through: through.clone(), bytes };
    let path = log_path(dir, to);
    let fresh = path.with_extension("new");
    let _left_by_a_crash = fs::remove_file(&fresh);
    let file = open_private(&fresh).map_err(context("create", &fresh))?;
    let mut out = BufWriter::new(file);
    let mut write = || -> io::Result<()> {
        out.write_all(line::of_event(&event.redacted(redactor))?.as_bytes())?;
        each_line_of(dir, from, &kept, redactor, |line| out.write_all(line))?;
        out.flush()?;
        out.get_ref().sync_all()
    };
    write().map_err(context("write", &fresh))?;
    if path.exists() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("there is a session {to}")));
    }
    fs::rename(&fresh, &path).map_err(context("rename", &fresh))?;
    sync_dir(dir)
}

/// The pictures of these turns, as far as they are still there.
fn copy_pictures(dir: &Path, from: &SessionId, turns: &[&Turn], to: &SessionId) -> io::Result<()> {
    for turn in turns.iter().filter(|turn| turn.pictures > 0) {
        for mark in Texts::open(dir, from)?.of(turn)?.pictures {
            if let Some(bytes) = picture(dir, from, &mark)? {
                keep_picture(dir, to, &mark, &bytes)?;
            }
        }
    }
    Ok(())
}

/// The lines of these runs, redacted, each with its newline.
fn each_line_of(
    dir: &Path,
    session: &SessionId,
    runs: &BTreeSet<&RunId>,
    redactor: &Redactor,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
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
    let mut lines = Lines::new(file);
    while let Some(taken) = lines.next().map_err(context("read", &path))? {
        let Taken::Whole(line) = taken else { continue };
        let Ok(Whose { text, frame }) = serde_json::from_slice(line) else { continue };
        if text.or(frame).is_some_and(|of| runs.contains(&of.run)) {
            take(&redacted(line, redactor)?)?;
        }
    }
    Ok(())
}

/// A line with its newline, written anew where the redactor finds something in it.
fn redacted<'a>(line: &'a [u8], redactor: &Redactor) -> io::Result<Cow<'a, [u8]>> {
    let as_it_is = || Cow::Owned([line, b"\n"].concat());
    // What is no UTF-8 is no line of ours, and was not parsed.
    let text = std::str::from_utf8(line).map_err(io::Error::other)?;
    if matches!(redactor.redact(text), Cow::Borrowed(_)) {
        return Ok(as_it_is());
    }
    let clean = |text: &str| redactor.redact(text).into_owned();
    let anew = match serde_json::from_slice(line)? {
        Line::Text(mut piece) => {
            piece.text = clean(&piece.text);
            piece.name = piece.name.as_deref().map(clean);
            if let Some(mark) = &mut piece.picture {
                mark.name = clean(&mark.name);
            }
            line::of_piece(&piece)?
        }
        Line::Frame(mut frame) => {
            if let FrameBody::RunFinished { result } = &mut frame.body {
                result.answer = clean(&result.answer);
            }
            line::of_frame(&frame)?
        }
        Line::Event(event) => line::of_event(&event.redacted(redactor))?,
    };
    Ok(Cow::Owned(anew.into_bytes()))
}
