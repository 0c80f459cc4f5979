//! The screen's clock: the one place of this crate that reads the time.

use plyrum_protocol::Timestamp;
use std::sync::OnceLock;
use std::time::Instant;

/// Now. A clock that is set back while the screen is there does not stop it: time goes on from where it was.
pub(super) fn now() -> Timestamp {
    static BEGAN: OnceLock<(Timestamp, Instant)> = OnceLock::new();
    let (began, instant) = *BEGAN.get_or_init(|| (wall(), Instant::now()));
    let passed = u64::try_from(instant.elapsed().as_millis()).unwrap_or(u64::MAX);
    began.plus_millis(passed).max(wall())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the screen shows what time it is; nothing that is booked depends on it"
)]
fn wall() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
