//! The living runs, by id.

use crate::hub::Hub;
use plyrum_engine::Input;
use plyrum_protocol::{CancelReason, RunId, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};

/// Most runs at once; the next is refused with the figure.
pub(crate) const MAX_RUNS: usize = 2048;

/// A living run.
#[derive(Debug, Clone)]
pub(crate) struct LiveRun {
    pub(crate) hub: Arc<Hub>,
    pub(crate) inputs: mpsc::Sender<Input>,
    /// When it was accepted.
    pub(crate) accepted_at: Timestamp,
}

impl LiveRun {
    /// Ends the run; the engine books what it used.
    pub(crate) async fn cancel(&self, reason: CancelReason) {
        let _run_is_over = self.inputs.send(Input::Cancel(reason)).await;
    }
}

/// Runs that were cancelled before they began and are remembered; the oldest are forgotten.
const MAX_CALLED_OFF: usize = 1024;

/// All living runs.
#[derive(Debug)]
pub(crate) struct Runs {
    live: Mutex<BTreeMap<RunId, LiveRun>>,
    /// Cancelled before anybody knew them: a submit that arrives later, on another connection, begins none of these. Looked
    /// at with the lock of `live` held.
    called_off: Mutex<VecDeque<RunId>>,
    count: watch::Sender<usize>,
}

impl Default for Runs {
    fn default() -> Self {
        Self { live: Mutex::default(), called_off: Mutex::default(), count: watch::channel(0).0 }
    }
}

impl Runs {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RunId, LiveRun>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls off a run of which nothing is known yet; false where it lives.
    pub(crate) fn call_off(&self, run: &RunId) -> bool {
        let live = self.lock();
        if live.contains_key(run) {
            return false;
        }
        let mut called_off = self.called_off.lock().unwrap_or_else(PoisonError::into_inner);
        called_off.push_back(run.clone());
        if called_off.len() > MAX_CALLED_OFF {
            called_off.pop_front();
        }
        true
    }

    /// Whether a run was called off before it began.
    pub(crate) fn is_called_off(&self, run: &RunId) -> bool {
        self.called_off.lock().unwrap_or_else(PoisonError::into_inner).contains(run)
    }

    /// Adds a run; false where there are too many, one of this id lives, or it was called off.
    pub(crate) fn add(&self, run: LiveRun) -> bool {
        let mut live = self.lock();
        if live.len() >= MAX_RUNS || live.contains_key(&run.hub.run) || self.is_called_off(&run.hub.run) {
            return false;
        }
        live.insert(run.hub.run.clone(), run);
        self.count.send_replace(live.len());
        true
    }

    pub(crate) fn remove(&self, run: &RunId) {
        let mut live = self.lock();
        live.remove(run);
        self.count.send_replace(live.len());
    }

    pub(crate) fn get(&self, run: &RunId) -> Option<LiveRun> {
        self.lock().get(run).cloned()
    }

    /// Living runs whose id begins so.
    pub(crate) fn by_prefix(&self, prefix: &str) -> Vec<LiveRun> {
        self.lock().values().filter(|run| run.hub.run.as_str().starts_with(prefix)).cloned().collect()
    }

    /// The living run that was accepted last.
    pub(crate) fn newest(&self) -> Option<LiveRun> {
        self.lock().values().max_by_key(|run| run.accepted_at).cloned()
    }

    pub(crate) fn all(&self) -> Vec<LiveRun> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Living runs that do something: one that waits for a person goes on in the next daemon as well.
    pub(crate) fn busy(&self) -> usize {
        self.lock().values().filter(|run| !run.hub.is_waiting()).count()
    }

    /// Waits until no run lives.
    pub(crate) async fn all_over(&self) {
        let mut watch = self.count.subscribe();
        let _sender_lives_in_self = watch.wait_for(|n| *n == 0).await;
    }
}
