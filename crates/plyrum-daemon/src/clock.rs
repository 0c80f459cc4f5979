//! The one place that reads wall time. Everything else gets a [`Timestamp`] handed in.

use plyrum_protocol::Timestamp;

/// Now.
#[expect(clippy::disallowed_methods, reason = "this is the daemon's clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// The same as the standard library has it.
#[expect(clippy::disallowed_methods, reason = "the daemon's clock is here and nowhere else")]
pub(crate) fn system() -> std::time::SystemTime {
    std::time::SystemTime::now()
}
