//! The limits of waiting for a stream, as one nearest deadline. Each is its own: a slow model, a dead network
//! and a server that only sends comments are three faults, and the message names which.

use std::time::Duration;

use tokio::time::Instant;

use crate::wire::Progress;
use crate::{ErrorClass, Limit, ProviderError, Timeouts};

/// Silence after the provider said why it stopped: only usage and `[DONE]` are missing, which is no reason to
/// wait for long. However lively the connection, it ends `idle_bytes` after the stop.
const AFTER_STOP: Duration = Duration::from_secs(10);

impl Limit {
    /// The failure, in words that name the limit and its setting.
    pub(super) fn error(self, timeouts: &Timeouts) -> ProviderError {
        let (what, limit) = match self {
            Self::Connect => ("no connection", timeouts.connect),
            Self::Headers => ("no response headers", timeouts.headers),
            Self::FirstEvent => ("no text after the headers", timeouts.first_event),
            Self::IdleBytes => ("not a byte", timeouts.idle_bytes),
            Self::IdleEvents => ("no further text", timeouts.idle_events),
            Self::AfterStop => ("no end of the stream after the answer's end", AFTER_STOP),
            Self::Total => ("no whole answer", timeouts.total),
        };
        let (name, seconds) = (self.name(), limit.as_secs_f64());
        // Nothing was sent yet: it can be tried again.
        let class = if self == Self::Connect { ErrorClass::Connect } else { ErrorClass::Timeout };
        let message = format!("{what} within {seconds} s (limit `{name}`)");
        ProviderError { limit: Some(self), ..ProviderError::new(class, message) }
    }
}

/// When what was last seen. Time the reader spends elsewhere is not the provider's: see [`Watch::excuse`].
#[derive(Debug)]
pub(super) struct Watch {
    timeouts: Timeouts,
    started: Instant,
    opened: Option<Instant>,
    last_bytes: Instant,
    last_event: Option<Instant>,
    stopped: Option<Instant>,
}

impl Watch {
    pub(super) fn new(timeouts: Timeouts, now: Instant) -> Self {
        Self { timeouts, started: now, opened: None, last_bytes: now, last_event: None, stopped: None }
    }

    /// The response's headers came.
    pub(super) fn opened(&mut self, now: Instant) {
        self.opened = Some(now);
        self.last_bytes = now;
    }

    /// Bytes came, and this is what they were.
    pub(super) fn bytes(&mut self, progress: Progress, now: Instant) {
        self.last_bytes = now;
        match progress {
            Progress::Noise => {}
            Progress::Semantic => self.last_event = Some(now),
            Progress::Stopping | Progress::Over => {
                self.last_event = Some(now);
                self.stopped.get_or_insert(now);
            }
        }
    }

    /// The reader was away for this long: no idle limit ran meanwhile. The total does.
    pub(super) fn excuse(&mut self, away: Duration) {
        self.last_bytes += away;
        for moment in [&mut self.opened, &mut self.last_event, &mut self.stopped].into_iter().flatten() {
            *moment += away;
        }
    }

    /// The next deadline and whose it is. Before the headers only the total runs here; connecting and headers
    /// are timed where they happen.
    pub(super) fn nearest(&self) -> (Instant, Limit) {
        let total = (self.started + self.timeouts.total, Limit::Total);
        let Some(opened) = self.opened else { return total };
        let event = match (self.stopped, self.last_event) {
            (Some(stopped), _) => {
                let at = (self.last_bytes + AFTER_STOP).min(stopped + self.timeouts.idle_bytes);
                (at, Limit::AfterStop)
            }
            (None, Some(last)) => (last + self.timeouts.idle_events, Limit::IdleEvents),
            (None, None) => (opened + self.timeouts.first_event, Limit::FirstEvent),
        };
        let bytes = (self.last_bytes + self.timeouts.idle_bytes, Limit::IdleBytes);
        [event, bytes, total].into_iter().min_by_key(|(at, _)| *at).unwrap_or(total)
    }

    pub(super) fn error(&self, limit: Limit) -> ProviderError {
        limit.error(&self.timeouts)
    }
}
