//! The screen's clock: the one place of this crate that reads the time.

use plyrum_protocol::Timestamp;

#[expect(
    clippy::disallowed_methods,
    reason = "the screen shows what time it is; nothing that is booked depends on it"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
