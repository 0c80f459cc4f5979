//! The daemon's own log: one line per event on standard error, which the launcher points at a file. It
//! names runs, states and errors, never prompts or answers.
//!
//! An error can carry what a provider or a file said, so every line, a panic's too, is redacted before it
//! is written: by shape and by a secret's name from the first line on, and by every key that the daemon
//! holds as soon as one configuration is read. The file stays within [`MAX_LOG_BYTES`] while the daemon
//! runs, with one older file beside it.

use crate::{clock, ids};
use plyrum_redact::Redactor;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError, RwLock};

/// Size at which what is written so far is set aside.
const MAX_LOG_BYTES: u64 = 4 * 1024 * 1024;
/// Longest line; the rest of it is left out.
const MAX_LINE_BYTES: usize = 16 * 1024;

/// Until [`set_redactor`] the fingerprints are those of this process alone.
static REDACTOR: LazyLock<RwLock<Redactor>> =
    LazyLock::new(|| RwLock::new(Redactor::new(ids::random().unwrap_or_default(), []).for_records()));
/// The file behind standard error, once [`cap`] has found it there.
static FILE: Mutex<Option<LogFile>> = Mutex::new(None);

/// Writes a line. A log that cannot be written must not stop a run, so a failure is dropped.
pub(crate) fn line(text: &str) {
    let shown = format!("{} {}\n", clock::now(), one_line(&redactor(), text));
    let _unwritable_log = io::stderr().lock().write_all(shown.as_bytes());
    // Where another thread is just setting the log aside there is nothing to do.
    if let Ok(file) = FILE.try_lock()
        && let Some(file) = &*file
        && let Err(e) = file.set_aside_if_over(MAX_LOG_BYTES)
    {
        let _unwritable_log = writeln!(io::stderr().lock(), "{} cannot rotate the log: {e}", clock::now());
    }
}

/// The text as the log would have it, for what is told to a client as well.
pub(crate) fn redacted(text: &str) -> String {
    redactor().redact(text).into_owned()
}

/// A clone, so that no lock is held while there is work that could panic, and log that it did.
fn redactor() -> Redactor {
    REDACTOR.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Lines from now on are redacted by this one, which knows newer keys.
pub(crate) fn set_redactor(redactor: Redactor) {
    *REDACTOR.write().unwrap_or_else(PoisonError::into_inner) = redactor;
}

/// A panic becomes a line of the log, with its message redacted, wherever it happens.
pub(crate) fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| line(&told(panic))));
}

/// Keeps the log within its bounds from now on, if standard error is this file and no terminal or pipe.
/// Called before the daemon says its first word.
pub(crate) fn cap(path: &Path) {
    let Some(file) = LogFile::behind(io::stderr().as_fd().try_clone_to_owned().ok().map(File::from), path)
    else {
        return;
    };
    let set_aside = file.set_aside_if_over(MAX_LOG_BYTES);
    *FILE.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    if let Err(e) = set_aside {
        line(&format!("cannot rotate the log: {e}"));
    }
}

/// The text redacted, bounded, and without line breaks and other control characters that it may bring along.
fn one_line(redactor: &Redactor, text: &str) -> String {
    let redacted = redactor.redact(text);
    let kept = redacted.get(..redacted.floor_char_boundary(MAX_LINE_BYTES)).unwrap_or_default();
    let mut line = String::with_capacity(kept.len());
    for c in kept.trim_end().chars() {
        if c.is_control() && c != '\t' { line.extend(c.escape_default()) } else { line.push(c) }
    }
    if kept.len() < redacted.len() {
        line.push_str(" … (cut)");
    }
    line
}

fn told(panic: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("no message");
    format!("panic in thread {} at {place}: {message}", thread.name().unwrap_or("without a name"))
}

/// The log's file, opened for appending by whoever started the daemon.
#[derive(Debug)]
struct LogFile {
    file: File,
    path: PathBuf,
}

impl LogFile {
    /// `stderr`, if it is the regular file at `path`.
    fn behind(stderr: Option<File>, path: &Path) -> Option<Self> {
        let file = stderr?;
        let (open, named) = (file.metadata().ok()?, fs::metadata(path).ok()?);
        let same = open.is_file() && (open.dev(), open.ino()) == (named.dev(), named.ino());
        same.then(|| Self { file, path: path.to_owned() })
    }

    /// Copies a log that has outgrown `limit` to its old file and begins anew. It is not renamed, since
    /// standard error goes on pointing at this file; what is appended next stands at its start. Where
    /// there is no room for the copy, the log still does not grow beyond twice the limit.
    fn set_aside_if_over(&self, limit: u64) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length <= limit {
            return Ok(());
        }
        let copied = self.copy_to_old();
        if copied.is_ok() || length > limit.saturating_mul(2) {
            self.file.set_len(0)?;
        }
        copied
    }

    fn copy_to_old(&self) -> io::Result<()> {
        let old = self.path.with_extension("log.old");
        let mut copy =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&old)?;
        io::copy(&mut File::open(&self.path)?, &mut copy).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules_only() -> Redactor {
        Redactor::new([1; 32], []).for_records()
    }

    #[test]
    fn what_an_error_carries_along_is_redacted() {
        let known = Redactor::new([1; 32], [("lab".to_owned(), "lab-key-of-ours".into())]).for_records();
        for (redactor, text, secret) in [
            (&known, "provider lab: refused lab-key-of-ours", "lab-key-of-ours"),
            (&known, "provider lab: refused bGFiLWtleS1vZi1vdXJz", "bGFiLWtleS1vZi1vdXJz"),
            (&rules_only(), "GET http://u:hunter22@proxy/: refused", "hunter22"),
            (&rules_only(), "config: password = \"hunter22\" is no table", "hunter22"),
            (&rules_only(), "panic in thread main: AKIAQ3ZT5VWXY2ABCDEF", "AKIAQ3ZT5VWXY2ABCDEF"),
        ] {
            let line = one_line(redactor, text);
            assert!(!line.contains(secret) && line.contains("«redacted:"), "{line}");
        }
    }

    #[test]
    fn a_panic_is_told_with_thread_place_and_message() {
        let (tell, told_of) = std::sync::mpsc::sync_channel(1);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() == Some("panics") {
                tell.send(told(panic)).unwrap();
            } else {
                before(panic); // of another test
            }
        }));
        let thread = std::thread::Builder::new().name("panics".to_owned());
        let ended = thread.spawn(|| panic!("refused: password={}", "hunter22")).unwrap().join();
        assert!(ended.is_err());
        let text = told_of.recv().unwrap();
        assert!(text.starts_with("panic in thread panics at ") && text.contains("log.rs:"), "{text}");
        assert!(one_line(&rules_only(), &text).contains(": refused: password=«redacted:password:"), "{text}");
    }

    #[test]
    fn a_line_stays_a_line_and_within_its_bound() {
        assert_eq!(one_line(&rules_only(), "a\nb\u{1b}[31m\tc\r\n"), "a\\nb\\u{1b}[31m\tc");
        let long = one_line(&rules_only(), &"я".repeat(MAX_LINE_BYTES));
        assert!(long.len() < MAX_LINE_BYTES + 20 && long.ends_with("я … (cut)"));
    }

    #[test]
    fn a_log_over_its_limit_is_set_aside_while_it_is_written() {
        let home = tempfile::TempDir::new().unwrap();
        let path = home.path().join("daemon.log");
        let open = || fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let mut writer = open();
        let log = LogFile::behind(Some(open()), &path).unwrap();
        for round in 0..3 {
            for n in 0..100 {
                writeln!(writer, "round {round} line {n}").unwrap();
            }
            log.set_aside_if_over(1_000).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().len(), 0, "round {round}");
            log.set_aside_if_over(1_000).unwrap();
            let old = fs::read_to_string(home.path().join("daemon.log.old")).unwrap();
            assert!(old.starts_with(&format!("round {round} line 0\n")) && old.ends_with("line 99\n"));
        }
        writeln!(writer, "next").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "next\n", "appended at the start, no hole before it");
    }

    #[test]
    fn a_log_that_cannot_be_copied_is_still_bounded() {
        let home = tempfile::TempDir::new().unwrap();
        let path = home.path().join("daemon.log");
        fs::create_dir(home.path().join("daemon.log.old")).unwrap(); // no file can be written there
        let mut writer = fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let log = LogFile::behind(Some(writer.try_clone().unwrap()), &path).unwrap();
        writer.write_all(&[b'x'; 150]).unwrap();
        assert!(log.set_aside_if_over(100).is_err());
        assert_eq!(fs::metadata(&path).unwrap().len(), 150, "not lost at once");
        writer.write_all(&[b'x'; 100]).unwrap();
        assert!(log.set_aside_if_over(100).is_err());
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    }

    #[test]
    fn only_the_file_behind_standard_error_is_capped() {
        let home = tempfile::TempDir::new().unwrap();
        let (path, other) = (home.path().join("daemon.log"), home.path().join("other"));
        fs::write(&path, "a").unwrap();
        fs::write(&other, "b").unwrap();
        assert!(LogFile::behind(File::open(&path).ok(), &path).is_some());
        assert!(LogFile::behind(File::open(&other).ok(), &path).is_none());
        assert!(LogFile::behind(File::open("/dev/null").ok(), Path::new("/dev/null")).is_none());
        assert!(LogFile::behind(None, &path).is_none());
    }
}
