//! The one place that reads wall time. Everything else gets a [`Timestamp`] handed in.

use plyrum_protocol::Timestamp;

/// Now.
#[expect(clippy::disallowed_methods, reason = "this is the daemon's clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
