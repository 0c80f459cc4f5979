//! The durable frame log of each session, which is its transcript.
//!
//! One file per session, `<session>.jsonl`, one JSON object a line:
//!
//! - `{"frame":{…}}`: a durable [`plyrum_protocol::Frame`], in the order in which it was published;
//! - `{"text":{"run":…,"role":"user"|"attachment","name"?:…,"text":…}}`: what went into a run. A text too
//!   long for one line takes several, all but the last with `"more":true`; readers join them. What stands
//!   for a picture has `"picture":{…}` beside it, by which its bytes are found in `<session>.pictures/`;
//! - `{"event":{"type":…}}`: what happened to the session itself: begun, copied, named, taken back ([`Event`]).
//!
//! This log is the single truth about a conversation; the search index over it ([`index`]) is a cache that
//! makes itself again. A crash can only tear
//! the last line: the next writer moves the torn bytes to a side file and goes on. Readers run beside the
//! writer, repair nothing and pass over a torn end. Several writers in one process take turns by a file
//! lock, so two runs of one session may log at the same time.
//!
//! Reading order: [`SessionLog`] (writing), [`read()`] (everything), [`Outline`] (which turns there are and which
//! count), [`Texts`] (their words, by place), [`begin_of_last`] (the end first), [`fork()`], [`begin_deletion`].
//!
//! Text arrives redacted; [`SessionLog::append_text`] redacts once more. This crate knows nothing of
//! providers or of the rules of money.

mod delete;
mod event;
#[cfg(test)]
mod faults;
mod fork;
mod heal;
pub mod index;
mod last;
mod line;
mod lines;
mod log;
mod outline;
mod pictures;
mod read;
#[cfg(test)]
mod states;
mod tail;
mod texts;

pub use delete::{
    Tombstone, begin_deletion, cut_off_deletions, end_deletion, tombstone, tombstones_matching,
};
pub use event::{Event, TITLE_MAX_BYTES};
pub use fork::fork;
pub use last::{last, set_last};
pub use line::{LINE_MAX_BYTES, Text, TextRole};
pub use log::SessionLog;
pub use outline::{About, Outline, Span, Turn};
pub use pictures::{MAX_PICTURES_BYTES, has_room_for_pictures, keep_picture, picture};
pub use read::{
    Item, Items, SessionSummary, frames_of, frames_of_run_at, list, matching, read, read_from,
    unfinished_runs,
};
pub use tail::{Page, begin_of_last, begin_of_page};
pub use texts::{Said, Texts};

use std::io;
use std::path::{Path, PathBuf};

use plyrum_protocol::SessionId;

/// Where a session's log is. Ids are checked to be plain file names.
fn log_path(dir: &Path, session: &SessionId) -> PathBuf {
    dir.join(format!("{session}.jsonl"))
}

/// Says in an I/O error what was tried on which file.
fn context(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("cannot {action} {}: {error}", path.display()))
}
