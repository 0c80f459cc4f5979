//! The writer of one session's log.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use plyrum_protocol::{Frame, RunId, SessionId};
use plyrum_redact::Redactor;

use crate::line::{self, TextRole};
use crate::{Event, context, heal, log_path, read};

/// An open log. Every append is one write of whole lines at the end of the file; after an error the log
/// is as it was before.
#[derive(Debug)]
pub struct SessionLog {
    dir: PathBuf,
    session: SessionId,
    path: PathBuf,
    file: File,
    /// The system's write, which tests replace.
    write: fn(&File, &[u8]) -> io::Result<usize>,
}

impl SessionLog {
    /// Opens the session's log in `dir`, creates both (0600 in 0700) if need be, and moves a torn last
    /// line to a side file. Reads the end of the file only.
    pub fn open(dir: &Path, session: &SessionId) -> io::Result<Self> {
        create_private_dir(dir).map_err(context("create", dir))?;
        let path = log_path(dir, session);
        let is_new = !path.exists();
        let file = open_private(&path).map_err(context("open", &path))?;
        if is_new {
            sync_dir(dir)?;
        }
        let log = Self { dir: dir.to_owned(), session: session.clone(), path, file, write: system_write };
        log.locked(Self::make_whole)?;
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

    /// Appends an event. Its texts are redacted here, and a title is cut to [`crate::TITLE_MAX_BYTES`].
    pub fn append_event(&self, event: &Event, redactor: &Redactor) -> io::Result<()> {
        self.append(&line::of_event(&event.redacted(redactor))?)
    }

    /// Makes everything appended so far durable (fdatasync).
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data().map_err(context("flush", &self.path))
    }

    /// The durable frames of a run, in order (see [`crate::frames_of`]).
    pub fn frames_of(&self, run: &RunId) -> io::Result<Vec<Frame>> {
        read::frames_of(&self.dir, &self.session, run)
    }

    fn append(&self, lines: &str) -> io::Result<()> {
        self.locked(|log| {
            log.make_whole()?;
            let before = log.file.metadata()?.len();
            let written = log.write_all(lines.as_bytes());
            if written.is_err() {
                // If this fails too, the next append finds a torn line and moves it aside.
                let _next_append_repairs = log.file.set_len(before);
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
        if heal::is_whole(&self.file)? { Ok(()) } else { heal::cut_torn(&self.file, &self.path) }
    }

    fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match (self.write)(&self.file, bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Opens for appending and reading; 0600 whatever the umask.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Makes the directory's entries durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(context("flush", dir))
}

fn create_private_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    fs::set_permissions(dir, Permissions::from_mode(0o700))
}

fn system_write(mut file: &File, bytes: &[u8]) -> io::Result<usize> {
    file.write(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Item, read};

    fn texts(dir: &Path, session: &SessionId) -> Vec<String> {
        let text = |item: io::Result<Item>| match item.unwrap() {
            Item::Text(text) => text.text,
            other => panic!("{other:?}"),
        };
        read(dir, session).unwrap().map(text).collect()
    }

    #[test]
    fn a_full_disk_leaves_no_half_line_behind() {
        let half_then_full = |file: &File, bytes: &[u8]| {
            if bytes.len() < 40 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            system_write(file, &bytes[..bytes.len() / 2])
        };
        let dir = tempfile::tempdir().unwrap();
        let (session, run) = (SessionId::new("s1").unwrap(), RunId::new("r1").unwrap());
        let mut log = SessionLog::open(dir.path(), &session).unwrap();
        let redactor = Redactor::new([0; 32], []);
        log.append_text(&run, TextRole::User, None, "one", &redactor).unwrap();
        log.write = half_then_full;
        let error = log.append_text(&run, TextRole::User, None, "two", &redactor).unwrap_err();
        assert!(
            error.kind() == io::ErrorKind::StorageFull && error.to_string().contains("s1.jsonl"),
            "{error}"
        );
        assert_eq!(texts(dir.path(), &session), ["one"]);
        log.write = system_write;
        log.append_text(&run, TextRole::User, None, "three", &redactor).unwrap();
        assert_eq!(texts(dir.path(), &session), ["one", "three"]);
    }

    #[test]
    fn short_writes_are_continued() {
        let slow = |file: &File, bytes: &[u8]| match bytes.len() % 7 {
            0 => system_write(file, &bytes[..bytes.len().min(3)]),
            _ => system_write(file, &bytes[..1]),
        };
        let dir = tempfile::tempdir().unwrap();
        let (session, run) = (SessionId::new("s1").unwrap(), RunId::new("r1").unwrap());
        let mut log = SessionLog::open(dir.path(), &session).unwrap();
        log.write = slow;
        log.append_text(&run, TextRole::User, None, "привет", &Redactor::new([0; 32], [])).unwrap();
        assert_eq!(texts(dir.path(), &session), ["привет"]);
    }
}
