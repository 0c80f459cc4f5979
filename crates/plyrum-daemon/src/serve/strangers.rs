//! Clients of other users, who are turned away: on record, but not as often as they like to knock.

use crate::recorder::{Kind, Recorder};
use serde_json::json;
use std::time::{Duration, Instant};

/// Between two records of one daemon: whoever knocks a thousand times must not fill the audit.
const EVERY: Duration = Duration::from_mins(1);

/// Who was turned away since the last record.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    told: Option<Instant>,
    times: u64,
}

impl Strangers {
    /// One more, of this user where the system says so.
    pub(super) fn turned_away(&mut self, uid: Option<u32>, recorder: &Recorder) {
        self.times += 1;
        if let Some(times) = self.due(Instant::now()) {
            crate::log::line("a client of another user was turned away");
            recorder.record(Kind::ClientRefused, json!({"uid": uid, "why": "another user", "times": times}));
        }
    }

    /// How many are to be told of now.
    fn due(&mut self, now: Instant) -> Option<u64> {
        if self.told.is_some_and(|told| now.duration_since(told) < EVERY) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_knocks_are_one_record_a_minute_with_their_number() {
        let (mut strangers, now) = (Strangers::default(), Instant::now());
        let mut knock = |after| {
            strangers.times += 1;
            strangers.due(now + Duration::from_secs(after))
        };
        assert_eq!(
            [knock(0), knock(1), knock(59), knock(60), knock(61)],
            [Some(1), None, None, Some(3), None]
        );
    }
}
