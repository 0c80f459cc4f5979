//! What is asked: words, files, standard input. Everything is bounded, UTF-8, and named when it is not.

use super::travels_as_prompt;
use crate::fault::wrong_use;
use crate::out;
use crate::text::say;
use plyrum_protocol::{ErrorKind, Fault, MAX_ATTACHED_BYTES, MAX_ATTACHMENTS};
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// Silence after which a note says what is being waited for.
const NOTE_AFTER: Duration = Duration::from_secs(1);

/// A named text.
#[derive(Debug)]
pub(in crate::command) struct Text {
    pub(in crate::command) name: String,
    pub(in crate::command) text: String,
}

/// The prompt and what comes with it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) prompt: String,
    pub(super) attachments: Vec<Text>,
}

/// Reads files and standard input. Without words, standard input is the prompt.
pub(super) fn gather(
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
        let text = read_file(path, left)?;
        left -= text.len();
        attachments.push(Text { name: path.display().to_string(), text });
    }
    let piped =
        if no_stdin || io::stdin().is_terminal() { String::new() } else { read_stdin(left, timeout)? };
    let mut prompt = words.trim().to_owned();
    if prompt.is_empty() && !piped.trim().is_empty() && travels_as_prompt(piped.len()) {
        prompt = piped;
    } else if !piped.trim().is_empty() {
        attachments.push(Text { name: "stdin".to_owned(), text: piped });
    }
    if !travels_as_prompt(prompt.len()) {
        attachments.push(Text { name: "prompt".to_owned(), text: std::mem::take(&mut prompt) });
    }
    if prompt.is_empty() && attachments.is_empty() {
        return Err(wrong_use(say!("fault-nothing-to-ask")).hint(say!("hint-ask")));
    }
    Ok(Asked { prompt, attachments })
}

fn read_file(path: &Path, left: usize) -> Result<String, Fault> {
    let shown = path.display().to_string();
    let cannot = |e: io::Error| wrong_use(say!("fault-read", path = &shown, why = e.to_string()));
    let about = std::fs::metadata(path).map_err(cannot)?;
    if about.is_dir() {
        return Err(wrong_use(say!("fault-directory", path = &shown)));
    }
    let file = std::fs::File::open(path).map_err(cannot)?;
    let bytes = read_bounded(file, left).map_err(cannot)?;
    decode(bytes.ok_or_else(|| too_large(&shown))?, &shown)
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

/// Standard input to its end. Read by a thread of its own, so that waiting can be bounded and explained;
/// a thread that still waits ends with the process.
fn read_stdin(left: usize, timeout: Option<Duration>) -> Result<String, Fault> {
    let (done, result) = sync_channel(1);
    std::thread::spawn(move || {
        let _receiver_timed_out = done.send(read_bounded(io::stdin().lock(), left));
    });
    let began = Instant::now();
    let mut wait = NOTE_AFTER.min(timeout.unwrap_or(NOTE_AFTER));
    let mut noted = false;
    loop {
        match result.recv_timeout(wait) {
            Ok(Ok(Some(bytes))) => return decode(bytes, &say!("standard-input")),
            Ok(Ok(None)) => return Err(too_large(&say!("standard-input"))),
            Ok(Err(e)) => return Err(wrong_use(say!("fault-stdin", why = e.to_string()))),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Fault::new(ErrorKind::Internal, say!("fault-stdin-failed")));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if !noted {
            noted = true;
            out::note(&say!("ask-waits-for-stdin"));
        }
        let passed = began.elapsed();
        match timeout {
            Some(limit) if passed >= limit => {
                let message = say!("fault-stdin-timeout", seconds = limit.as_secs());
                return Err(Fault::new(ErrorKind::Timeout, message).hint(say!("hint-no-stdin")));
            }
            Some(limit) => wait = limit.saturating_sub(passed),
            None => wait = Duration::from_hours(1),
        }
    }
}
