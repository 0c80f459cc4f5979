//! Pictures of earlier turns, read from where the session keeps them, when they are sent again.

use plyrum_protocol::{PictureMark, SessionId};
use std::path::Path;
use std::sync::Arc;

/// Finds the pictures of a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pictures<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) session: &'a SessionId,
    pub(crate) reads: Reads,
}

/// Whether a picture's bytes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// They go out.
    Bytes,
    /// It is only planned what would go out.
    Nothing,
}

impl Pictures<'_> {
    /// A picture's bytes; none where they are gone, which ends no conversation.
    pub(crate) fn find(&self, mark: &PictureMark) -> Option<Arc<[u8]>> {
        if self.reads == Reads::Nothing {
            return Some(Arc::default());
        }
        plyrum_sessions::picture(self.dir, self.session, mark).map_or_else(
            |error| {
                crate::log::line(&format!("session {}: a picture is not sent again: {error}", self.session));
                None
            },
            |bytes| bytes.map(Arc::from),
        )
    }
}
