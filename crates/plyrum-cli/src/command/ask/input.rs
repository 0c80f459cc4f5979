//! What is asked: words, files, standard input. Everything is bounded, and either UTF-8 or a picture that models read, which
//! its first bytes tell and not its name; what is neither is named.

use super::travels_as_prompt;
use crate::fault::wrong_use;
use crate::out;
use crate::text::say;
use plyrum_client::{Content, Enclosed};
use plyrum_protocol::{
    ErrorKind, Fault, MAX_ATTACHED_BYTES, MAX_ATTACHMENTS, MAX_PICTURE_BYTES, MAX_PICTURES, MediaType,
};
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// Silence after which a note says what is being waited for.
const NOTE_AFTER: Duration = Duration::from_secs(1);

/// The prompt and what comes with it.
#[derive(Debug)]
pub(in crate::command) struct Asked {
    pub(in crate::command) prompt: String,
    pub(in crate::command) attachments: Vec<Enclosed>,
}

/// Reads files and standard input. Without words, standard input is the prompt.
pub(in crate::command) fn gather(
    words: &str,
    files: &[PathBuf],
    no_stdin: bool,
    timeout: Option<Duration>,
) -> Result<Asked, Fault> {
    if files.len() >= MAX_ATTACHMENTS {
        return Err(wrong_use(say!("fault-many-files", n = MAX_ATTACHMENTS - 1)));
    }
    let mut attachments = Vec::new();
    let mut left = MAX_ATTACHED_BYTES;
    for path in files {
        let file = read_file(path, left, timeout)?;
        left -= file.bytes();
        attachments.push(file);
    }
    let mut prompt = words.trim().to_owned();
    match piped(no_stdin, left, timeout)? {
        Some(Content::Text(text)) if prompt.is_empty() && travels_as_prompt(text.len()) => prompt = text,
        Some(content) => attachments.push(Enclosed { name: "stdin".to_owned(), content }),
        None => {}
    }
    if !travels_as_prompt(prompt.len()) {
        attachments.push(Enclosed::text("prompt", std::mem::take(&mut prompt)));
    }
    if prompt.is_empty() && attachments.is_empty() {
        return Err(wrong_use(say!("fault-nothing-to-ask")).hint(say!("hint-ask")));
    }
    if attachments.iter().filter(|attachment| attachment.is_picture()).count() > MAX_PICTURES {
        return Err(wrong_use(say!("fault-many-pictures", n = MAX_PICTURES)));
    }
    Ok(Asked { prompt, attachments })
}

/// What standard input holds; none where that is nothing.
fn piped(no_stdin: bool, left: usize, timeout: Option<Duration>) -> Result<Option<Content>, Fault> {
    if no_stdin || io::stdin().is_terminal() {
        return Ok(None);
    }
    let content = content_of(read_stdin(left, timeout)?, &say!("standard-input"))?;
    Ok(Some(content).filter(|content| !matches!(content, Content::Text(text) if text.trim().is_empty())))
}

fn read_file(path: &Path, left: usize, timeout: Option<Duration>) -> Result<Enclosed, Fault> {
    let shown = path.display().to_string();
    let cannot = |e: io::Error| wrong_use(say!("fault-read", path = &shown, why = e.to_string()));
    let about = std::fs::metadata(path).map_err(cannot)?;
    if about.is_dir() {
        return Err(wrong_use(say!("fault-directory", path = &shown)));
    }
    let opened = path.to_owned();
    let read = move || read_bounded(std::fs::File::open(opened)?, left);
    let bytes = if about.is_file() {
        read().map_err(cannot)?
    } else {
        // A pipe, as <(command) is one, lasts as long as somebody writes into it.
        let note = say!("ask-waits-for-file", path = &shown);
        let too_late = |seconds| {
            Fault::new(ErrorKind::Timeout, say!("fault-file-timeout", path = &shown, seconds = seconds))
        };
        waited_for(read, timeout, &note, too_late)?.map_err(cannot)?
    };
    let content = content_of(bytes.ok_or_else(|| too_large(&shown))?, &shown)?;
    Ok(Enclosed { name: shown, content })
}

/// A picture where the bytes are one, else text.
fn content_of(bytes: Vec<u8>, what: &str) -> Result<Content, Fault> {
    match MediaType::of(&bytes) {
        Some(_) if bytes.len() > MAX_PICTURE_BYTES => {
            let kib = (MAX_PICTURE_BYTES >> 10).to_string();
            Err(wrong_use(say!("fault-picture-too-large", what = what, kib = kib))
                .hint(say!("hint-smaller-picture")))
        }
        Some(media) => Ok(Content::Picture(media, bytes)),
        None => decode(bytes, what).map(Content::Text),
    }
}

fn too_large(what: &str) -> Fault {
    wrong_use(say!("fault-too-large", what = what, mib = MAX_ATTACHED_BYTES >> 20))
        .hint(say!("hint-attach-less"))
}

pub(super) fn decode(bytes: Vec<u8>, what: &str) -> Result<String, Fault> {
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        wrong_use(say!("fault-not-utf8", what = what, at = at)).hint(say!("hint-iconv"))
    })?;
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), ToOwned::to_owned))
}

/// At most `limit` bytes; `None` where there is more.
pub(super) fn read_bounded(source: impl Read, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() <= limit))
}

/// Standard input to its end.
fn read_stdin(left: usize, timeout: Option<Duration>) -> Result<Vec<u8>, Fault> {
    let too_late = |seconds| {
        Fault::new(ErrorKind::Timeout, say!("fault-stdin-timeout", seconds = seconds))
            .hint(say!("hint-no-stdin"))
    };
    let read = move || read_bounded(io::stdin().lock(), left);
    match waited_for(read, timeout, &say!("ask-waits-for-stdin"), too_late)? {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(too_large(&say!("standard-input"))),
        Err(e) => Err(wrong_use(say!("fault-stdin", why = e.to_string()))),
    }
}

/// What may take long to come. Read by a thread of its own, so that waiting can be bounded and explained;
/// a thread that still waits ends with the process.
fn waited_for<T: Send + 'static>(
    read: impl FnOnce() -> io::Result<T> + Send + 'static,
    timeout: Option<Duration>,
    note: &str,
    too_late: impl Fn(u64) -> Fault,
) -> Result<io::Result<T>, Fault> {
    let (done, result) = sync_channel(1);
    std::thread::spawn(move || {
        let _receiver_timed_out = done.send(read());
    });
    let began = Instant::now();
    let mut wait = NOTE_AFTER.min(timeout.unwrap_or(NOTE_AFTER));
    let mut noted = false;
    loop {
        match result.recv_timeout(wait) {
            Ok(outcome) => return Ok(outcome),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Fault::new(ErrorKind::Internal, say!("fault-stdin-failed")));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if !noted {
            noted = true;
            out::note(note);
        }
        let passed = began.elapsed();
        match timeout {
            Some(limit) if passed >= limit => return Err(too_late(limit.as_secs())),
            Some(limit) => wait = limit.saturating_sub(passed),
            None => wait = Duration::from_hours(1),
        }
    }
}
