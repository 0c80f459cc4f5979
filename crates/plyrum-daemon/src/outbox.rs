//! What waits to be written to one client: bounded, never waited for.
//!
//! A client that reads too slowly fills its queue; from then on frames are dropped *for this client only*
//! and it is told once, as soon as what was queued before is written, from where to attach again. Replies to
//! its own requests are never dropped: the client's next request is not read before there is
//! [room](Outbox::room) for its reply. What an attach brings passes as replies, since the client asked for
//! exactly that; so every attach gets further, however full the queue is of other runs' frames.

use plyrum_protocol::RunId;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Most frames that wait for one client.
const MAX_FRAMES: usize = 1024;
/// Most bytes of frames that wait for one client.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Replies that may wait before the client's next request is read.
const MAX_REPLIES: usize = 64;
/// Bytes of replies that may wait before the client's next request is read.
const MAX_REPLY_BYTES: usize = 1024 * 1024;
/// Bytes that are taken out to be written at once: what is taken out is bounded as well.
const WRITE_BYTES: usize = 64 * 1024;

/// Queue of one client; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outbox {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// There is something to write.
    wake: Notify,
    /// Something was taken out.
    room: Notify,
    closed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    lines: VecDeque<Line>,
    frames: Waiting,
    replies: Waiting,
    /// Lines ever queued, and ever taken out.
    queued: u64,
    taken: u64,
    /// Runs of which this client missed something.
    missed: BTreeMap<RunId, Missed>,
    closed: bool,
}

#[derive(Debug)]
struct Line {
    text: Arc<str>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Frame,
    Reply,
}

/// How much of a kind waits.
#[derive(Debug, Default)]
struct Waiting {
    lines: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Missed {
    /// The last durable frame that the client was given.
    last_seq: u64,
    /// Told when this many lines are taken out: everything that was queued before.
    due: u64,
    told: bool,
    /// Nothing more will come of this run.
    over: bool,
}

/// Whether more frames of a run will follow one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// They may.
    Among,
    /// It is `run.finished`.
    Last,
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
    /// Write these lines, then tell the client of the runs of which it missed frames, each with the last durable
    /// frame that it was given.
    Write { lines: Vec<Arc<str>>, missed: Vec<(RunId, u64)> },
    /// Nothing more will come.
    Closed,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a reply to a request of this client, or what it asked for by one.
    pub(crate) fn reply(&self, line: impl Into<Arc<str>>) {
        let mut queue = self.lock();
        if !queue.closed {
            queue.push(line.into(), Kind::Reply);
            drop(queue);
            self.shared.wake.notify_one();
        }
    }

    /// Offers a frame; `last_seq` is the last durable frame that the client has been given before it.
    pub(crate) fn offer(&self, run: &RunId, line: &Arc<str>, last_seq: u64, place: Place) -> Offered {
        let mut queue = self.lock();
        let offered = queue.offer(run, line, last_seq, place);
        drop(queue);
        self.shared.wake.notify_one();
        offered
    }

    /// Whether both queue for the same client.
    pub(crate) fn is_same(&self, other: &Outbox) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Forgets that a run was missed: the client attaches again.
    pub(crate) fn forgive(&self, run: &RunId) {
        self.lock().missed.remove(run);
    }

    /// Waits until another reply may be queued. False: the client is gone.
    pub(crate) async fn room(&self) -> bool {
        loop {
            {
                let queue = self.lock();
                if queue.closed {
                    return false;
                }
                if queue.replies.lines < MAX_REPLIES && queue.replies.bytes < MAX_REPLY_BYTES {
                    return true;
                }
            }
            self.shared.room.notified().await;
        }
    }

    /// Waits for something to write.
    pub(crate) async fn next(&self) -> Next {
        loop {
            {
                let mut queue = self.lock();
                let lines = queue.take();
                let missed = queue.tell();
                if !lines.is_empty() || !missed.is_empty() {
                    drop(queue);
                    self.shared.room.notify_one();
                    return Next::Write { lines, missed };
                }
                if queue.closed {
                    return Next::Closed;
                }
            }
            self.shared.wake.notified().await;
        }
    }

    /// Nothing more is taken; what waits is still written.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.shared.wake.notify_one();
        self.shared.room.notify_one();
        self.shared.closed.notify_waiters();
    }

    /// Whether nothing more is taken.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits until it is closed.
    pub(crate) async fn closed(&self) {
        loop {
            let closed = self.shared.closed.notified(); // before the look: a close in between is not missed
            if self.lock().closed {
                return;
            }
            closed.await;
        }
    }
}

impl Queue {
    fn waiting(&mut self, kind: Kind) -> &mut Waiting {
        match kind {
            Kind::Frame => &mut self.frames,
            Kind::Reply => &mut self.replies,
        }
    }

    fn push(&mut self, text: Arc<str>, kind: Kind) {
        let waiting = self.waiting(kind);
        waiting.lines += 1;
        waiting.bytes += text.len();
        self.queued += 1;
        self.lines.push_back(Line { text, kind });
    }

    fn offer(&mut self, run: &RunId, line: &Arc<str>, last_seq: u64, place: Place) -> Offered {
        if self.closed {
            return Offered::Closed;
        }
        let full = self.frames.lines >= MAX_FRAMES || self.frames.bytes + line.len() > MAX_BYTES;
        let due = self.queued;
        if let Some(missed) = self.missed.get_mut(run) {
            missed.over |= place == Place::Last;
            if missed.over && missed.told {
                self.missed.remove(run); // it knows, and nothing more will ask for the mark
            }
            return Offered::Missed;
        }
        if full {
            let missed = Missed { last_seq, due, told: false, over: place == Place::Last };
            self.missed.insert(run.clone(), missed);
            return Offered::Missed;
        }
        self.push(line.clone(), Kind::Frame);
        Offered::Queued
    }

    /// Lines to write at once: at least one where there is any.
    fn take(&mut self) -> Vec<Arc<str>> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while bytes < WRITE_BYTES
            && let Some(Line { text, kind }) = self.lines.pop_front()
        {
            let waiting = self.waiting(kind);
            waiting.lines -= 1;
            waiting.bytes -= text.len();
            self.taken += 1;
            bytes += text.len();
            lines.push(text);
        }
        lines
    }

    fn tell(&mut self) -> Vec<(RunId, u64)> {
        let mut told = Vec::new();
        let taken = self.taken;
        self.missed.retain(|run, missed| {
            if !missed.told && missed.due <= taken {
                missed.told = true;
                told.push((run.clone(), missed.last_seq));
            }
            !(missed.told && missed.over)
        });
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunId {
        RunId::new("ab").unwrap()
    }

    fn offer(outbox: &Outbox, run: &RunId, line: &Arc<str>, last_seq: u64) -> Offered {
        outbox.offer(run, line, last_seq, Place::Among)
    }

    /// Everything that waits, as the writer would take it.
    async fn drain(outbox: &Outbox) -> (usize, Vec<(RunId, u64)>) {
        let (mut count, mut all_missed) = (0, Vec::new());
        while !outbox.lock().lines.is_empty() || outbox.lock().missed.values().any(|m| !m.told) {
            let Next::Write { lines, missed } = outbox.next().await else { panic!("it is open") };
            count += lines.len();
            all_missed.extend(missed);
        }
        (count, all_missed)
    }

    #[tokio::test]
    async fn a_slow_client_is_told_once_and_loses_nothing_of_what_was_queued() {
        let outbox = Outbox::default();
        let line: Arc<str> = "x\n".into();
        let taken =
            (0..MAX_FRAMES + 10).filter(|_| offer(&outbox, &run(), &line, 7) == Offered::Queued).count();
        assert_eq!(taken, MAX_FRAMES);
        assert_eq!(drain(&outbox).await, (MAX_FRAMES, vec![(run(), 7)]));
        assert_eq!(offer(&outbox, &run(), &line, 9), Offered::Missed);
        assert_eq!(drain(&outbox).await, (0, vec![]));
        outbox.forgive(&run());
        assert_eq!(offer(&outbox, &run(), &line, 9), Offered::Queued);
    }

    #[tokio::test]
    async fn a_missed_run_is_told_of_though_others_never_let_the_queue_be_empty() {
        let outbox = Outbox::default();
        let (other, line): (_, Arc<str>) = (RunId::new("cd").unwrap(), "x".repeat(WRITE_BYTES).into());
        while offer(&outbox, &other, &line, 1) == Offered::Queued {}
        outbox.forgive(&other);
        assert_eq!(offer(&outbox, &run(), &line, 3), Offered::Missed);
        for _ in 0..MAX_BYTES / WRITE_BYTES {
            let Next::Write { lines, missed } = outbox.next().await else { panic!("it is open") };
            assert_eq!((lines.len(), offer(&outbox, &other, &line, 1)), (1, Offered::Queued));
            if !missed.is_empty() {
                assert_eq!(missed, [(run(), 3)]);
                return;
            }
        }
        panic!("never told");
    }

    #[tokio::test]
    async fn bytes_are_bounded_too_and_replies_pass() {
        let outbox = Outbox::default();
        let line: Arc<str> = "x".repeat(MAX_BYTES / 2 + 1).into();
        assert_eq!(offer(&outbox, &run(), &line, 0), Offered::Queued);
        assert_eq!(offer(&outbox, &run(), &line, 0), Offered::Missed);
        outbox.reply("small\n");
        assert_eq!(drain(&outbox).await, (2, vec![(run(), 0)]));
    }

    #[tokio::test]
    async fn a_run_that_ended_while_it_was_missed_leaves_no_mark() {
        let outbox = Outbox::default();
        let line: Arc<str> = "x".repeat(MAX_BYTES).into();
        let other = RunId::new("cd").unwrap();
        assert_eq!(offer(&outbox, &other, &line, 0), Offered::Queued);
        assert_eq!(offer(&outbox, &run(), &line, 4), Offered::Missed);
        assert_eq!(outbox.offer(&run(), &line, 5, Place::Last), Offered::Missed);
        assert_eq!(drain(&outbox).await, (1, vec![(run(), 4)]));
        assert!(outbox.lock().missed.is_empty());
        assert_eq!(offer(&outbox, &other, &line, 1), Offered::Queued);
        assert_eq!(offer(&outbox, &run(), &line, 6), Offered::Missed);
        drain(&outbox).await;
        outbox.offer(&run(), &line, 7, Place::Last);
        assert!(outbox.lock().missed.is_empty(), "told before it ended");
    }

    #[tokio::test]
    async fn who_does_not_read_replies_is_not_read_from_and_who_is_gone_is_not_waited_for() {
        let outbox = Outbox::default();
        for _ in 0..MAX_REPLIES {
            assert!(outbox.room().await);
            outbox.reply("reply\n");
        }
        let mut room = std::pin::pin!(outbox.room());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(room.as_mut().poll(&mut context).is_pending());
        drain(&outbox).await;
        assert!(outbox.room().await);
        outbox.close();
        assert!(!outbox.room().await);
        outbox.closed().await;
    }
}
