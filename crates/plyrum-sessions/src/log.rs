//! The writer of one session's log.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use plyrum_jsonl::{Disk, RealDisk, create_dir, is_whole, write_all};
use plyrum_protocol::{Frame, PictureMark, RunId, SessionId};
use plyrum_redact::Redactor;

use crate::line::{self, TextRole};
use crate::pictures::remove_pictures;
use crate::{Event, context, heal, log_path, read};

/// File systems commit new names within seconds (ext4 5, btrfs 30); this is well over it.
const NAMED_AFTER: Duration = Duration::from_mins(5);

/// An open log. Every append is one write of whole lines at the end of the file; after an error the log
/// is as it was before.
#[derive(Debug)]
pub struct SessionLog {
    dir: PathBuf,
    session: SessionId,
    path: PathBuf,
    file: File,
    disk: Arc<dyn Disk>,
    /// Whether the file's name is durable: a start may have been killed before it had made it so, and nobody knows.
    is_named: AtomicBool,
}

impl SessionLog {
    /// Opens the session's log in `dir`, creates both (0600 in 0700) if need be, and sets aside what a crash
    /// has left torn. Reads the end of the file only.
    pub fn open(dir: &Path, session: &SessionId) -> io::Result<Self> {
        Self::open_on(Arc::new(RealDisk), dir, session)
    }

    /// Opens the log of a session that is there. `NotFound` where it is not: it was deleted meanwhile.
    pub fn open_existing(dir: &Path, session: &SessionId) -> io::Result<Self> {
        let path = log_path(dir, session);
        path.metadata().map_err(context("open", &path))?;
        Self::open(dir, session)
    }

    pub(crate) fn open_on(disk: Arc<dyn Disk>, dir: &Path, session: &SessionId) -> io::Result<Self> {
        create_dir(&*disk, dir).map_err(context("create", dir))?;
        let path = log_path(dir, session);
        let file = disk.open_append(&path).map_err(context("open", &path))?;
        let bytes = file.metadata().map_err(context("open", &path))?.len();
        let is_named = AtomicBool::new(is_surely_named(bytes, age_of(&file)));
        let log = Self { dir: dir.to_owned(), session: session.clone(), path, file, disk, is_named };
        log.locked(|log| heal::cut_lost(&*log.disk, &log.file, &log.path))?;
        Ok(log)
    }

    /// Which session.
    pub fn session(&self) -> &SessionId {
        &self.session
    }

    /// Appends a durable frame. It is durable on disk after [`sync`](Self::sync).
    ///
    /// Fails for a live frame (without `seq`), a line over [`crate::LINE_MAX_BYTES`], and a full disk.
    pub fn append_frame(&self, frame: &Frame) -> io::Result<()> {
        self.append(&line::of_frame(frame)?)
    }

    /// Appends durable frames in one write: all of them are there or none. Fails as
    /// [`append_frame`](Self::append_frame) does.
    pub fn append_frames<'a>(&self, frames: impl IntoIterator<Item = &'a Frame>) -> io::Result<()> {
        let lines: Vec<String> = frames.into_iter().map(line::of_frame).collect::<io::Result<_>>()?;
        if lines.is_empty() { Ok(()) } else { self.append(&lines.concat()) }
    }

    /// Appends a text that went into a run. The daemon has redacted it; this redacts it again, so that no
    /// caller can forget.
    pub fn append_text(
        &self,
        run: &RunId,
        role: TextRole,
        name: Option<&str>,
        text: &str,
        redactor: &Redactor,
    ) -> io::Result<()> {
        let name = name.map(|name| redactor.redact(name));
        self.append(&line::of_text(run, role, name.as_deref(), &redactor.redact(text))?)
    }

    /// Appends what a run begins with, in one write: all of it is there or nothing. Pictures are kept before
    /// ([`crate::keep_picture`]).
    pub fn append_asked(
        &self,
        opened: Option<&Event>,
        run: &RunId,
        prompt: &str,
        attachments: &[(&str, &str)],
        pictures: &[PictureMark],
        redactor: &Redactor,
    ) -> io::Result<()> {
        let mut lines = String::new();
        if let Some(event) = opened {
            lines += &line::of_event(&event.redacted(redactor))?;
        }
        lines += &line::of_text(run, TextRole::User, None, &redactor.redact(prompt))?;
        for (name, text) in attachments {
            let (name, text) = (redactor.redact(name), redactor.redact(text));
            lines += &line::of_text(run, TextRole::Attachment, Some(&name), &text)?;
        }
        for mark in pictures {
            let name = redactor.redact(&mark.name).into_owned();
            lines += &line::of_picture(run, &PictureMark { name, ..mark.clone() })?;
        }
        self.append(&lines)
    }

    /// Removes the log of a session that never began: nothing was ever appended to it. Pictures that were kept for it go, too.
    pub fn remove_if_empty(self) -> io::Result<()> {
        self.locked(|log| match log.file.metadata()?.len() {
            0 => {
                remove_pictures(&log.dir, &log.session)?;
                std::fs::remove_file(&log.path)
            }
            _ => Ok(()),
        })
        .map_err(context("remove", &self.path))
    }

    /// Appends an event. Its texts are redacted here, and a title is cut to [`crate::TITLE_MAX_BYTES`].
    pub fn append_event(&self, event: &Event, redactor: &Redactor) -> io::Result<()> {
        self.append(&line::of_event(&event.redacted(redactor))?)
    }

    /// Makes everything appended so far durable (fdatasync), and the first time the file's name too: a new session waits
    /// for no disk before its first request goes out.
    pub fn sync(&self) -> io::Result<()> {
        self.disk.sync_data(&self.file).map_err(context("flush", &self.path))?;
        if !self.is_named.load(Ordering::Acquire) {
            self.disk.sync_dir(&self.dir).map_err(context("flush", &self.dir))?;
            self.is_named.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// The durable frames of a run, in order (see [`crate::frames_of`]).
    pub fn frames_of(&self, run: &RunId) -> io::Result<Vec<Frame>> {
        read::frames_of(&self.dir, &self.session, run)
    }

    fn append(&self, lines: &str) -> io::Result<()> {
        self.locked(|log| {
            log.make_whole()?;
            let before = log.file.metadata()?.len();
            let written = write_all(&*log.disk, &log.file, lines.as_bytes());
            if written.is_err() {
                // If this fails too, the next append finds a torn line and moves it aside.
                let _next_append_repairs = log.disk.set_len(&log.file, before);
            }
            written
        })
        .map_err(context("write", &self.path))
    }

    /// Runs with the log's lock, for which other writers of this session wait.
    fn locked<T>(&self, work: impl FnOnce(&Self) -> io::Result<T>) -> io::Result<T> {
        self.file.lock()?;
        let done = work(self);
        self.file.unlock()?;
        done
    }

    fn make_whole(&self) -> io::Result<()> {
        if is_whole(&self.file)? { Ok(()) } else { heal::cut_torn(&*self.disk, &self.file, &self.path) }
    }
}

/// How long a file has been there, where that is known.
fn age_of(file: &File) -> Option<Duration> {
    file.metadata().ok()?.created().ok()?.elapsed().ok()
}

/// Whether a file's name is durable without a flush of its directory. A start that was killed before its flush left a file that
/// is empty or young; the name of an older one was committed long ago, by that flush or by the file system itself. So a turn of
/// an old session does not wait for its directory.
fn is_surely_named(bytes: u64, age: Option<Duration>) -> bool {
    bytes > 0 && age.is_some_and(|age| age > NAMED_AFTER)
}

/// Opens for appending and reading; 0600 whatever the umask.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    RealDisk.open_append(path)
}

/// Makes the directory's entries durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    RealDisk.sync_dir(dir).map_err(context("flush", dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_old_log_is_on_disk_and_no_other() {
        let (old, young) = (Some(NAMED_AFTER * 2), Some(NAMED_AFTER / 2));
        for (bytes, age, is_named) in [(1, old, true), (0, old, false), (1, young, false), (1, None, false)] {
            assert_eq!(is_surely_named(bytes, age), is_named, "{bytes} {age:?}");
        }
    }
}
