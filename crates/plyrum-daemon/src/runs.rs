//! The living runs, by id.

use crate::hub::Hub;
use plyrum_engine::Input;
use plyrum_protocol::{CancelReason, RunId, Timestamp};
use std::collections::BTreeMap;
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

/// All living runs.
#[derive(Debug)]
pub(crate) struct Runs {
    live: Mutex<BTreeMap<RunId, LiveRun>>,
    count: watch::Sender<usize>,
}

impl Default for Runs {
    fn default() -> Self {
        Self { live: Mutex::default(), count: watch::channel(0).0 }
    }
}

impl Runs {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RunId, LiveRun>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a run; false where there are too many or one of this id lives.
    pub(crate) fn add(&self, run: LiveRun) -> bool {
        let mut live = self.lock();
        if live.len() >= MAX_RUNS || live.contains_key(&run.hub.run) {
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
