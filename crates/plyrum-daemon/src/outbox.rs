//! What waits to be written to one client: bounded, never waited for.
//!
//! A client that reads too slowly fills its queue; from then on frames are dropped *for this client only*
//! and it is told once, when it can be written to again, from where to attach again. Replies to its own
//! requests are never dropped: their number is bounded by the requests in flight.

use plyrum_protocol::RunId;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Most frames that wait for one client.
const MAX_FRAMES: usize = 1024;
/// Most bytes of frames that wait for one client.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Queue of one client; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outbox {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    lines: VecDeque<Arc<str>>,
    bytes: usize,
    /// Runs of which this client missed something, with the last durable frame that it was given.
    missed: BTreeMap<RunId, u64>,
    closed: bool,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offered {
    /// It waits its turn.
    Queued,
    /// The client is behind: it was dropped, and the client will be told.
    Missed,
    /// The client is gone.
    Closed,
}

/// What the writer should do next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Write these lines.
    Lines(Vec<Arc<str>>),
    /// Tell the client that it missed frames of these runs.
    Resync(BTreeMap<RunId, u64>),
    /// Nothing more will come.
    Closed,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a reply to a request of this client.
    pub(crate) fn reply(&self, line: String) {
        let mut queue = self.lock();
        if !queue.closed {
            queue.bytes += line.len();
            queue.lines.push_back(line.into());
            drop(queue);
            self.shared.wake.notify_one();
        }
    }

    /// Offers a frame; `seq` is the last durable frame that the client has been given before it.
    pub(crate) fn offer(&self, run: &RunId, line: &Arc<str>, last_seq: u64) -> Offered {
        let mut queue = self.lock();
        if queue.closed {
            return Offered::Closed;
        }
        let full = queue.lines.len() >= MAX_FRAMES || queue.bytes + line.len() > MAX_BYTES;
        if full || queue.missed.contains_key(run) {
            queue.missed.entry(run.clone()).or_insert(last_seq);
            return Offered::Missed;
        }
        queue.bytes += line.len();
        queue.lines.push_back(line.clone());
        drop(queue);
        self.shared.wake.notify_one();
        Offered::Queued
    }

    /// Whether both queue for the same client.
    pub(crate) fn is_same(&self, other: &Outbox) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Forgets that a run was missed: the client attaches again.
    pub(crate) fn forgive(&self, run: &RunId) {
        self.lock().missed.remove(run);
    }

    /// Waits for something to write.
    pub(crate) async fn next(&self) -> Next {
        loop {
            {
                let mut queue = self.lock();
                if !queue.lines.is_empty() {
                    queue.bytes = 0;
                    return Next::Lines(queue.lines.drain(..).collect());
                }
                if queue.closed {
                    return Next::Closed;
                }
                let told: BTreeMap<RunId, u64> = queue
                    .missed
                    .iter()
                    .filter(|(_, seq)| **seq != TOLD)
                    .map(|(r, s)| (r.clone(), *s))
                    .collect();
                if !told.is_empty() {
                    queue.missed.values_mut().for_each(|seq| *seq = TOLD);
                    return Next::Resync(told);
                }
            }
            self.shared.wake.notified().await;
        }
    }

    /// Nothing more is taken; what waits is still written.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.shared.wake.notify_one();
    }
}

/// Marks a missed run whose client was told; no real `seq` gets there.
const TOLD: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunId {
        RunId::new("ab").unwrap()
    }

    #[tokio::test]
    async fn a_slow_client_is_told_once_and_loses_nothing_of_what_was_queued() {
        let outbox = Outbox::default();
        let line: Arc<str> = "x\n".into();
        let taken =
            (0..MAX_FRAMES + 10).filter(|_| outbox.offer(&run(), &line, 7) == Offered::Queued).count();
        assert_eq!(taken, MAX_FRAMES);
        let Next::Lines(lines) = outbox.next().await else { panic!("lines first") };
        assert_eq!(lines.len(), MAX_FRAMES);
        let Next::Resync(missed) = outbox.next().await else { panic!("then resync") };
        assert_eq!(missed.get(&run()), Some(&7));
        assert_eq!(outbox.offer(&run(), &line, 9), Offered::Missed);
        outbox.forgive(&run());
        assert_eq!(outbox.offer(&run(), &line, 9), Offered::Queued);
    }

    #[tokio::test]
    async fn bytes_are_bounded_too() {
        let outbox = Outbox::default();
        let line: Arc<str> = "x".repeat(MAX_BYTES / 2 + 1).into();
        assert_eq!(outbox.offer(&run(), &line, 0), Offered::Queued);
        assert_eq!(outbox.offer(&run(), &line, 0), Offered::Missed);
        outbox.reply("small\n".into());
        let Next::Lines(lines) = outbox.next().await else { panic!() };
        assert_eq!(lines.len(), 2);
    }
}
