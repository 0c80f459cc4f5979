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
use std::sync::atomic::{AtomicU32, Ordering};
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
    /// Requests that wait for one.
    waiting: AtomicU32,
    breaker: Mutex<Breaker>,
}

/// How a lane is, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LaneState {
    /// Requests that run.
    pub(crate) running: u32,
    /// Requests that wait for a place.
    pub(crate) waiting: u32,
    /// The limit.
    pub(crate) limit: u32,
    /// Until when it is not asked; none where it is.
    pub(crate) open_until: Option<Timestamp>,
    /// Failures in a row.
    pub(crate) failures: u32,
    /// One request is under way that tries whether it answers again.
    pub(crate) is_probing: bool,
}

/// Why a provider is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    /// Failures in a row.
    pub(crate) failures: u32,
    /// Until when; then one request tries it.
    pub(crate) until: Timestamp,
}

impl Rest {
    /// The refusal of a request to a provider that rests.
    pub(crate) fn refusal(self, provider: &str) -> Fault {
        let failures = self.failures;
        let message = match self.until.millis_since(clock::now()).div_ceil(1000) {
            0 => format!("{provider} failed {failures} times in a row and is being tried again just now"),
            seconds => {
                format!("{provider} failed {failures} times in a row and is not asked for {seconds} s")
            }
        };
        Fault::new(ErrorKind::ProviderUnavailable, message)
            .hint("plyrum providers list shows why; another model can be asked meanwhile")
    }
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
            waiting: AtomicU32::new(0),
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

    /// Why it would not be asked now, if so; changes nothing.
    pub(crate) fn rest(&self) -> Option<Rest> {
        self.breaker().rest(clock::now())
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
            waiting: self.waiting.load(Ordering::Relaxed),
            limit,
            open_until: breaker.open_until(clock::now()),
            failures: breaker.failures,
            is_probing: breaker.is_probing,
        }
    }

    /// Waits for its turn, and for nothing else: where the provider failed too often just now it is not asked. Where it has
    /// to wait, `told` is called before, with the limit.
    pub(crate) async fn enter(self: &Arc<Self>, told: impl AsyncFnOnce(u32)) -> Result<Asking, Fault> {
        if let Some(rest) = self.rest() {
            return Err(rest.refusal(&self.name));
        }
        let (limit, semaphore) = {
            let permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
            (permits.0, Arc::clone(&permits.1))
        };
        let free = Arc::clone(&semaphore).try_acquire_owned().ok();
        let waited = free.is_none();
        let permit = if waited { self.wait(semaphore, limit, told).await } else { free };
        let is_probe = self.breaker().ask(clock::now()).map_err(|rest| rest.refusal(&self.name))?;
        Ok(Asking { lane: Arc::clone(self), waited, is_probe, probes: is_probe, _permit: permit })
    }

    /// The semaphore is never closed; none would mean that it was, and then nothing limits.
    async fn wait(
        &self,
        places: Arc<Semaphore>,
        limit: u32,
        told: impl AsyncFnOnce(u32),
    ) -> Option<OwnedSemaphorePermit> {
        let _waiting = Waiting::of(self);
        told(limit).await;
        places.acquire_owned().await.ok()
    }
}

/// A request that waits is counted for as long as somebody waits with it.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn of(lane: &'a Lane) -> Self {
        lane.waiting.fetch_add(1, Ordering::Relaxed);
        Self(&lane.waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn semaphore(limit: u32) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::try_from(limit).unwrap_or(1)))
}

/// A request in its lane. Dropped without a verdict (we hung up), it says nothing of the provider.
#[derive(Debug)]
pub(crate) struct Asking {
    lane: Arc<Lane>,
    /// It had to wait for its turn.
    pub(crate) waited: bool,
    /// It tries whether the provider answers again.
    pub(crate) is_probe: bool,
    /// It does, and has not ended.
    probes: bool,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Asking {
    /// How the request ended; where that was one failure too many, until when the provider is not asked now.
    pub(crate) fn ended(&mut self, close: &Close) -> Option<Rest> {
        self.probes = false;
        let mut breaker = self.lane.breaker();
        match close {
            Close::Failed(error) if counts(error) => breaker.failed(clock::now()),
            // A refusal is an answer; so is the beginning of one.
            Close::Finished(_) | Close::Failed(_) | Close::Cut { .. } => {
                breaker.answered();
                None
            }
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if self.probes {
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

    fn rest(&self, now: Timestamp) -> Option<Rest> {
        self.until.filter(|_| self.is_open(now)).map(|until| Rest { failures: self.failures, until })
    }

    fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| self.is_open(now) && *until > now)
    }

    /// Whether to ask: yes, and whether as a probe; or not before when.
    fn ask(&mut self, now: Timestamp) -> Result<bool, Rest> {
        if let Some(rest) = self.rest(now) {
            return Err(rest);
        }
        self.is_probing = self.until.is_some();
        Ok(self.is_probing)
    }

    fn answered(&mut self) {
        *self = Self::default();
    }

    /// One more; gives the rest that begins with it, if one does.
    fn failed(&mut self, now: Timestamp) -> Option<Rest> {
        self.failures = self.failures.saturating_add(1);
        let is_again = std::mem::take(&mut self.is_probing);
        if !is_again && (self.until.is_some() || self.failures < FAILURES) {
            return None;
        }
        self.pause_ms = (self.pause_ms * 2).clamp(FIRST_PAUSE_MS, LAST_PAUSE_MS);
        let until = now.plus_millis(self.pause_ms);
        self.until = Some(until);
        Some(Rest { failures: self.failures, until })
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

    fn rests(failures: u32, until: i64) -> Result<bool, Rest> {
        Err(Rest { failures, until: at(until) })
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
            let rest = breaker.failed(at(0));
            assert_eq!(rest.is_some(), breaker.until.is_some());
        }
        assert_eq!(breaker.ask(at(29_999)), rests(5, 30_000));
        assert_eq!(breaker.ask(at(30_000)), Ok(true), "one request sees whether it answers");
        assert!(breaker.ask(at(30_000)).is_err(), "and no other beside it");
        assert_eq!(breaker.failed(at(31_000)), rests(6, 91_000).err(), "told once, when it begins");
        assert_eq!(breaker.ask(at(90_999)), rests(6, 91_000), "twice as long");
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
            if let Err(rest) = breaker.ask(at(now)) {
                now = rest.until.millis() - at(0).millis();
                assert_eq!(breaker.ask(at(now)), Ok(true));
            }
        }
        assert!(breaker.pause_ms <= LAST_PAUSE_MS);
    }

    fn asking(lane: &Arc<Lane>) -> Asking {
        Asking { lane: Arc::clone(lane), waited: false, is_probe: false, probes: false, _permit: None }
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
            let mut asking = asking(&lane);
            asking.ended(&Close::Failed(ProviderError::new(class, "no")));
            assert_eq!(lane.state().failures, expected, "{class:?}");
        }
        let mut asking = asking(&lane);
        asking.ended(&Close::Finished(Stop::EndTurn));
        assert_eq!(lane.state().failures, 0);
    }

    #[tokio::test]
    async fn a_limit_is_the_providers_whoever_asks_and_may_change() {
        let lanes = Lanes::default();
        let nobody_waits = async |_| panic!("there is a place");
        let first = lanes.lane("lab", 1).enter(nobody_waits).await.unwrap();
        assert!(!first.waited);
        let same = lanes.lane("lab", 1);
        assert_eq!((same.state().running, same.state().waiting), (1, 0));
        let (told, tells) = tokio::sync::oneshot::channel();
        let lane = Arc::clone(&same);
        let waiting = tokio::spawn(async move {
            let told = async move |limit| told.send(limit).unwrap();
            lane.enter(told).await.map(|asking| asking.waited)
        });
        assert_eq!(tells.await, Ok(1), "told before it waits");
        assert_eq!(same.state().waiting, 1);
        assert!(!waiting.is_finished());
        drop(first);
        assert_eq!(waiting.await.unwrap(), Ok(true));
        assert_eq!((same.state().running, same.state().waiting), (0, 0));
        let wider = lanes.lane("lab", 3);
        assert_eq!((wider.state().running, wider.state().limit), (0, 3));
    }

    #[tokio::test]
    async fn who_gives_up_waiting_waits_no_more_and_who_is_refused_did_not_wait() {
        let lanes = Lanes::default();
        let lane = lanes.lane("lab", 1);
        let first = lane.enter(async |_| ()).await.unwrap();
        let waits = Arc::clone(&lane);
        let (told, tells) = tokio::sync::oneshot::channel();
        let told = async move |_| told.send(()).unwrap();
        let waiting = tokio::spawn(async move { waits.enter(told).await.map(drop) });
        tells.await.unwrap();
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert_eq!(lane.state().waiting, 0);
        for _ in 0..FAILURES {
            lane.breaker().failed(clock::now());
        }
        let refused = lane.enter(async |_| panic!("it does not wait")).await.map(drop).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::ProviderUnavailable);
        assert!(refused.message.starts_with("lab failed 5 times in a row and is not asked for"), "{refused}");
        drop(first);
    }
}
