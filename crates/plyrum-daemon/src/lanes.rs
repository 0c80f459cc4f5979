//! One lane a provider: how many requests run at once, and whether it is worth asking at all.
//!
//! Lanes outlive configurations and belong to no project: two projects share a provider's limit, and a provider that failed
//! for one is not asked by the other. The breaker opens after some failures in a row that could have passed (never after
//! refusals of a request, and never after what we ended ourselves), lets one request through after a pause, and closes when
//! that one is answered.

use crate::clock;
use plyrum_protocol::{ErrorKind, Fault, Timestamp};
use plyrum_providers::{Close, ErrorClass, ProviderError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Failures in a row that open the breaker.
const FAILURES: u32 = 5;
/// How long it stays open at first; each time twice as long, up to the last.
const FIRST_PAUSE_MS: u64 = 30_000;
const LAST_PAUSE_MS: u64 = 300_000;
/// Most providers that are remembered: as many as a catalogue may have, and some that it had.
const MAX_LANES: usize = 512;

/// The lanes of all providers.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    lanes: Mutex<BTreeMap<String, Arc<Lane>>>,
}

/// One provider's.
#[derive(Debug)]
pub(crate) struct Lane {
    name: String,
    /// The limit, and as many permits.
    permits: Mutex<(u32, Arc<Semaphore>)>,
    breaker: Mutex<Breaker>,
}

/// How a lane is, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LaneState {
    /// Requests that run.
    pub(crate) running: u32,
    /// The limit.
    pub(crate) limit: u32,
    /// Until when it is not asked; none where it is.
    pub(crate) open_until: Option<Timestamp>,
    /// Failures in a row.
    pub(crate) failures: u32,
}

impl Lanes {
    /// A provider's lane, with the limit that the configuration has now.
    pub(crate) fn lane(&self, provider: &str, limit: u32) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() >= MAX_LANES && !lanes.contains_key(provider) {
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1 || lane.state().failures > 0);
        }
        let lane = lanes.entry(provider.to_owned()).or_insert_with(|| Arc::new(Lane::new(provider, limit)));
        lane.set_limit(limit);
        Arc::clone(lane)
    }

    /// A provider's lane, where it was asked already.
    pub(crate) fn known(&self, provider: &str) -> Option<Arc<Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).get(provider).cloned()
    }
}

impl Lane {
    fn new(name: &str, limit: u32) -> Self {
        let limit = limit.max(1);
        Self {
            name: name.to_owned(),
            permits: Mutex::new((limit, semaphore(limit))),
            breaker: Mutex::default(),
        }
    }

    /// Another limit holds for whoever comes from now on; who runs already is not counted against it.
    fn set_limit(&self, limit: u32) {
        let limit = limit.max(1);
        let mut permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
        if permits.0 != limit {
            *permits = (limit, semaphore(limit));
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it would be asked now; changes nothing.
    pub(crate) fn is_open(&self) -> bool {
        self.breaker().is_open(clock::now())
    }

    /// How it is.
    pub(crate) fn state(&self) -> LaneState {
        let (limit, semaphore) = {
            let permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
            (permits.0, Arc::clone(&permits.1))
        };
        let free = u32::try_from(semaphore.available_permits()).unwrap_or(u32::MAX);
        let breaker = self.breaker();
        LaneState {
            running: limit.saturating_sub(free),
            limit,
            open_until: breaker.open_until(clock::now()),
            failures: breaker.failures,
        }
    }

    /// Waits for its turn, and then for nothing: where the provider failed too often just now it is not asked.
    pub(crate) async fn enter(self: &Arc<Self>) -> Result<Asking, Fault> {
        let semaphore = {
            let permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&permits.1)
        };
        // The semaphore is never closed; an error would mean that it was, and then nothing limits.
        let permit = semaphore.acquire_owned().await.ok();
        let admitted = self.breaker().ask(clock::now());
        match admitted {
            Ok(is_probe) => Ok(Asking { lane: Arc::clone(self), is_probe, _permit: permit }),
            Err(until) => Err(self.refusal(until)),
        }
    }

    fn refusal(&self, until: Timestamp) -> Fault {
        let seconds = until.millis_since(clock::now()).div_ceil(1000).max(1);
        let name = &self.name;
        let message = format!("{name} failed {FAILURES} times in a row and is not asked for {seconds} s");
        Fault::new(ErrorKind::ProviderUnavailable, message)
            .hint("plyrum providers list shows why; another model can be asked meanwhile")
    }
}

fn semaphore(limit: u32) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::try_from(limit).unwrap_or(1)))
}

/// A request in its lane. Dropped without a verdict (we hung up), it says nothing of the provider.
#[derive(Debug)]
pub(crate) struct Asking {
    lane: Arc<Lane>,
    is_probe: bool,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Asking {
    /// How the request ended.
    pub(crate) fn ended(&mut self, close: &Close) {
        let mut breaker = self.lane.breaker();
        match close {
            Close::Finished(_) => breaker.answered(),
            Close::Failed(error) if counts(error) => breaker.failed(clock::now()),
            // A refusal is an answer; so is the beginning of one.
            Close::Failed(_) | Close::Cut { .. } => breaker.answered(),
        }
        self.is_probe = false;
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if self.is_probe {
            self.lane.breaker().probe_gave_up();
        }
    }
}

/// Whether a failure says that the provider is not well, and not that the request is wrong.
const fn counts(error: &ProviderError) -> bool {
    match error.class {
        ErrorClass::Dns
        | ErrorClass::Refused
        | ErrorClass::Connect
        | ErrorClass::Timeout
        | ErrorClass::Reset
        | ErrorClass::Overloaded
        | ErrorClass::Server => true,
        ErrorClass::Tls
        | ErrorClass::Proxy
        | ErrorClass::Auth
        | ErrorClass::Rejected
        | ErrorClass::TooLarge
        | ErrorClass::RateLimited
        | ErrorClass::Quota
        | ErrorClass::Protocol
        | ErrorClass::Redirected
        | ErrorClass::Config => false,
    }
}

/// Counts failures. Pure: it is told what time it is.
#[derive(Debug, Default)]
struct Breaker {
    failures: u32,
    /// Not asked until then.
    until: Option<Timestamp>,
    pause_ms: u64,
    /// One request is under way to see whether it answers again.
    is_probing: bool,
}

impl Breaker {
    fn is_open(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now < until || self.is_probing)
    }

    fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| self.is_open(now) && *until > now)
    }

    /// Whether to ask: yes, and whether as a probe; or not before when.
    fn ask(&mut self, now: Timestamp) -> Result<bool, Timestamp> {
        match self.until {
            None => Ok(false),
            Some(until) if self.is_open(now) => Err(until),
            Some(_) => {
                self.is_probing = true;
                Ok(true)
            }
        }
    }

    fn answered(&mut self) {
        *self = Self::default();
    }

    fn failed(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        let is_again = std::mem::take(&mut self.is_probing);
        if is_again || (self.until.is_none() && self.failures >= FAILURES) {
            self.pause_ms = (self.pause_ms * 2).clamp(FIRST_PAUSE_MS, LAST_PAUSE_MS);
            self.until = Some(now.plus_millis(self.pause_ms));
        }
    }

    /// We hung up on the probe: another one may be made at once.
    const fn probe_gave_up(&mut self) {
        self.is_probing = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_providers::Stop;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + ms)
    }

    #[test]
    fn failures_in_a_row_open_it_one_probe_closes_it_and_each_pause_is_longer() {
        let mut breaker = Breaker::default();
        for _ in 1..FAILURES {
            breaker.failed(at(0));
        }
        assert_eq!(breaker.ask(at(0)), Ok(false));
        breaker.answered();
        for _ in 0..FAILURES {
            assert_eq!(breaker.ask(at(0)), Ok(false), "only those in a row count");
            breaker.failed(at(0));
        }
        assert_eq!(breaker.ask(at(29_999)), Err(at(30_000)));
        assert_eq!(breaker.ask(at(30_000)), Ok(true), "one request sees whether it answers");
        assert!(breaker.ask(at(30_000)).is_err(), "and no other beside it");
        breaker.failed(at(31_000));
        assert_eq!(breaker.ask(at(90_999)), Err(at(91_000)), "twice as long");
        assert_eq!(breaker.ask(at(91_000)), Ok(true));
        breaker.answered();
        assert_eq!(breaker.ask(at(91_000)), Ok(false));
    }

    #[test]
    fn a_probe_that_nobody_waited_for_leaves_the_next_one_free() {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES {
            breaker.failed(at(0));
        }
        assert_eq!(breaker.ask(at(40_000)), Ok(true));
        breaker.probe_gave_up();
        assert_eq!(breaker.ask(at(40_001)), Ok(true));
    }

    #[test]
    fn the_pause_has_an_end() {
        let mut breaker = Breaker::default();
        let mut now = 0;
        for _ in 0..20 {
            for _ in 0..FAILURES {
                breaker.failed(at(now));
            }
            if let Err(until) = breaker.ask(at(now)) {
                now = until.millis() - at(0).millis();
                assert_eq!(breaker.ask(at(now)), Ok(true));
            }
        }
        assert!(breaker.pause_ms <= LAST_PAUSE_MS);
    }

    #[test]
    fn what_is_wrong_with_a_request_is_no_failure_of_the_provider() {
        let lanes = Lanes::default();
        let lane = lanes.lane("lab", 2);
        for (class, expected) in [
            (ErrorClass::Rejected, 0),
            (ErrorClass::Auth, 0),
            (ErrorClass::RateLimited, 0),
            (ErrorClass::Server, 1),
        ] {
            let mut asking = Asking { lane: Arc::clone(&lane), is_probe: false, _permit: None };
            asking.ended(&Close::Failed(ProviderError::new(class, "no")));
            assert_eq!(lane.state().failures, expected, "{class:?}");
        }
        let mut asking = Asking { lane: Arc::clone(&lane), is_probe: false, _permit: None };
        asking.ended(&Close::Finished(Stop::EndTurn));
        assert_eq!(lane.state().failures, 0);
    }

    #[tokio::test]
    async fn a_limit_is_the_providers_whoever_asks_and_may_change() {
        let lanes = Lanes::default();
        let first = lanes.lane("lab", 1).enter().await.unwrap();
        let same = lanes.lane("lab", 1);
        assert_eq!(same.state().running, 1);
        let waiting = tokio::spawn(async move { same.enter().await.map(drop) });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        assert!(waiting.await.unwrap().is_ok());
        let wider = lanes.lane("lab", 3);
        assert_eq!((wider.state().running, wider.state().limit), (0, 3));
    }
}
