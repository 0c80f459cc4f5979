//! The search index's only writer: a thread that catches up with the logs.
//!
//! Runs never wait for it. A session that was written to is noted and taken in a moment later, many at once; a
//! search asks it to catch up first and waits for that, within limits. The index is a cache: an error is told in
//! the daemon's log and tried again with the next change.

use plyrum_protocol::SessionId;
use plyrum_sessions::index::{Index, Searcher};
use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Orders that may wait.
const MAX_ORDERS: usize = 1024;
/// Sessions that may be noted as written to; beyond them all logs are looked at again.
const MAX_TOUCHED: usize = 16 * 1024;
/// How long changes are gathered before they are taken in.
const GATHER: Duration = Duration::from_millis(250);
/// Longest that a search waits for the index.
const SYNC_WITHIN: Duration = Duration::from_secs(3);

enum Order {
    /// Sessions were written to: see [`Shared::touched`].
    Wake,
    Forget(SessionId, oneshot::Sender<()>),
    Sync(oneshot::Sender<()>),
    MakeAgain,
}

/// Handle of the index.
#[derive(Debug, Clone)]
pub(crate) struct Indexer {
    orders: SyncSender<Order>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    dir: PathBuf,
    /// Sessions that were written to since the thread looked last.
    touched: Mutex<BTreeSet<SessionId>>,
    /// Sessions that are known to be behind.
    behind: AtomicU64,
    /// A note was lost: look at everything again.
    look_again: AtomicBool,
    /// A reader has asked for a new index, which is not begun yet.
    making_again: AtomicBool,
    /// What went wrong last.
    failure: Mutex<Option<String>>,
}

impl Indexer {
    /// Starts the thread; it ends when the last handle is gone.
    pub(crate) fn start(path: PathBuf, dir: PathBuf) -> Self {
        let (orders, inbox) = sync_channel(MAX_ORDERS);
        let shared = Arc::new(Shared {
            path,
            dir,
            touched: Mutex::default(),
            behind: AtomicU64::new(0),
            look_again: AtomicBool::new(true),
            making_again: AtomicBool::new(false),
            failure: Mutex::default(),
        });
        let work = Arc::clone(&shared);
        let started =
            std::thread::Builder::new().name("index".to_owned()).spawn(move || Work::new(work).run(&inbox));
        if let Err(e) = started {
            crate::log::line(&format!("the search index cannot be kept: {e}"));
        }
        Self { orders, shared }
    }

    /// A session was written to.
    pub(crate) fn touch(&self, session: &SessionId) {
        let first = {
            let mut touched = self.shared.touched.lock().unwrap_or_else(PoisonError::into_inner);
            let first = touched.is_empty();
            if touched.len() < MAX_TOUCHED {
                touched.insert(session.clone());
            } else {
                self.shared.look_again.store(true, Ordering::Relaxed);
            }
            first
        };
        if first {
            // A full queue has orders, and the thread looks at the notes before each.
            let _full = self.orders.try_send(Order::Wake);
        }
    }

    /// Takes a session out, and waits until it is.
    pub(crate) async fn forget(&self, session: &SessionId) {
        let session = session.clone();
        self.order(|done| Order::Forget(session, done)).await;
    }

    /// A reader found the index damaged.
    pub(crate) fn make_again(&self) {
        if !self.shared.making_again.swap(true, Ordering::Relaxed) {
            let _full_queue_is_asked_again = self.orders.try_send(Order::MakeAgain);
        }
    }

    /// Waits, within limits, until everything that was written before is in the index.
    pub(crate) async fn sync(&self) {
        self.order(Order::Sync).await;
    }

    /// Sessions that are not in the index yet.
    pub(crate) fn behind(&self) -> u64 {
        self.shared.behind.load(Ordering::Relaxed)
    }

    /// A reader. Opens files.
    pub(crate) fn searcher(&self) -> io::Result<Searcher> {
        let failure = self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (Searcher::open(&self.shared.path, &self.shared.dir), failure) {
            (Err(_), Some(failure)) => Err(io::Error::other(failure)),
            (opened, _) => opened,
        }
    }

    async fn order(&self, order: impl FnOnce(oneshot::Sender<()>) -> Order) {
        let (done, finished) = oneshot::channel();
        let (orders, order) = (self.orders.clone(), order(done));
        let within = async {
            let sent = tokio::task::spawn_blocking(move || orders.send(order).is_ok()).await;
            if sent.is_ok_and(|sent| sent) {
                let _thread_is_gone = finished.await;
            }
        };
        let _answered_with_what_is_there = tokio::time::timeout(SYNC_WITHIN, within).await;
    }
}

struct Work {
    shared: Arc<Shared>,
    index: Option<Index>,
    /// In the order in which they are taken in: the last ones first, since they are looked for most.
    waiting: Vec<SessionId>,
    /// Those in `waiting`.
    listed: HashSet<SessionId>,
    /// Sessions that could not be taken in; tried again with the next question.
    failed: BTreeSet<SessionId>,
}

impl Work {
    fn new(shared: Arc<Shared>) -> Self {
        Self { shared, index: None, waiting: Vec::new(), listed: HashSet::new(), failed: BTreeSet::new() }
    }

    fn run(mut self, inbox: &Receiver<Order>) {
        let mut gather_until: Option<Instant> = None;
        let mut syncing: Vec<oneshot::Sender<()>> = Vec::new();
        loop {
            if self.take_touched() {
                gather_until.get_or_insert_with(|| Instant::now() + GATHER);
            }
            if self.shared.look_again.swap(false, Ordering::Relaxed) {
                self.look_again();
            }
            let due = gather_until.is_none_or(|until| until <= Instant::now());
            if !self.waiting.is_empty() && (due || !syncing.is_empty()) {
                // One at a time, so that orders are seen in between.
                self.catch_up();
                gather_until = Some(Instant::now()).filter(|_| !self.waiting.is_empty());
            }
            self.tell_behind(0);
            if self.waiting.is_empty() {
                gather_until = None;
                for done in syncing.drain(..) {
                    let _gone = done.send(());
                }
            }
            let order = match gather_until {
                Some(until) if syncing.is_empty() => {
                    inbox.recv_timeout(until.saturating_duration_since(Instant::now()))
                }
                Some(_) => inbox.recv_timeout(Duration::ZERO),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match order {
                Ok(Order::Wake) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Order::Forget(session, done)) => {
                    let _listed_like_those_before = self.take_touched();
                    if self.listed.remove(&session) {
                        self.waiting.retain(|waiting| *waiting != session);
                    }
                    self.failed.remove(&session);
                    self.forget(&session);
                    let _gone = done.send(());
                }
                Ok(Order::Sync(done)) => {
                    for session in std::mem::take(&mut self.failed) {
                        self.list(session);
                    }
                    syncing.push(done);
                    gather_until.get_or_insert_with(Instant::now);
                }
                Ok(Order::MakeAgain) => {
                    crate::log::line("the search index is damaged or gone, and is made again");
                    self.shared.making_again.store(false, Ordering::Relaxed);
                    let shared = Arc::clone(&self.shared);
                    let _told = self.index().map(|index| note(&shared, index.begin_anew()));
                    self.shared.look_again.store(true, Ordering::Relaxed);
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// The index, opened where it was not.
    fn index(&mut self) -> Option<&mut Index> {
        if self.index.is_none() {
            let opened = Index::open(&self.shared.path, &self.shared.dir);
            self.index = note(&self.shared, opened);
        }
        self.index.as_mut()
    }

    fn look_again(&mut self) {
        let shared = Arc::clone(&self.shared);
        let behind = self.index().and_then(|index| note(&shared, index.behind()));
        // The list has the last written first; the end of `waiting` is taken first.
        let mut waiting = behind.unwrap_or_default();
        waiting.reverse();
        waiting.retain(|session| self.listed.insert(session.clone()));
        waiting.append(&mut self.waiting);
        self.waiting = waiting;
    }

    /// Moves the notes of others to the thread's own list. What is listed already keeps its place.
    /// Tells whether there were any.
    fn take_touched(&mut self) -> bool {
        let touched = {
            let mut touched = self.shared.touched.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *touched)
        };
        let any = !touched.is_empty();
        for session in touched {
            self.list(session);
        }
        any
    }

    fn list(&mut self, session: SessionId) {
        if self.listed.insert(session.clone()) {
            self.waiting.push(session);
        }
    }

    fn catch_up(&mut self) {
        let Some(session) = self.waiting.pop() else { return };
        self.listed.remove(&session);
        self.tell_behind(1);
        let shared = Arc::clone(&self.shared);
        match self.index().map(|index| index.catch_up(&session)) {
            Some(Ok(false)) => {
                crate::log::line("the search index was damaged and is made again");
                shared.look_again.store(true, Ordering::Relaxed);
            }
            // A session that was deleted meanwhile has no log.
            Some(Err(e)) if e.kind() == io::ErrorKind::NotFound => {}
            Some(done) => {
                if note(&shared, done).is_none() {
                    self.failed.insert(session);
                }
            }
            None => drop(self.failed.insert(session)),
        }
    }

    /// `taken` sessions are being read.
    fn tell_behind(&self, taken: usize) {
        let behind = self.waiting.len() + self.failed.len() + taken;
        self.shared.behind.store(behind as u64, Ordering::Relaxed);
    }

    fn forget(&mut self, session: &SessionId) {
        let shared = Arc::clone(&self.shared);
        if let Some(index) = self.index() {
            let _told = note(&shared, index.forget(std::slice::from_ref(session)));
        }
    }
}

/// Tells a failure once, until something works again.
fn note<T>(shared: &Shared, done: io::Result<T>) -> Option<T> {
    let mut failure = shared.failure.lock().unwrap_or_else(PoisonError::into_inner);
    match done {
        Ok(value) => {
            *failure = None;
            Some(value)
        }
        Err(e) => {
            let text = e.to_string();
            if failure.as_deref() != Some(&text) {
                crate::log::line(&text);
            }
            *failure = Some(text);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_protocol::{RunId, Timestamp};
    use plyrum_redact::Redactor;
    use plyrum_sessions::index::Search;
    use plyrum_sessions::{Event, SessionLog, TextRole};
    use std::path::Path;

    fn say(dir: &Path, session: &str, run: &str, text: &str) -> SessionId {
        let (session, run) = (SessionId::new(session).unwrap(), RunId::new(run).unwrap());
        let (log, plain) = (SessionLog::open(dir, &session).unwrap(), Redactor::new([0; 32], []));
        log.append_event(&Event::Opened { at: Timestamp::from_millis(1), project: None }, &plain).unwrap();
        log.append_text(&run, TextRole::User, None, text, &plain).unwrap();
        let accepted = plyrum_protocol::FrameBody::RunAccepted {
            session: session.clone(),
            persona: String::new(),
            client: String::new(),
            prompt_sha256: String::new(),
            context: Vec::new(),
            compacts: None,
            pictures: Vec::new(),
            has_schema: false,
        };
        let at = Timestamp::from_millis(2);
        log.append_frame(&plyrum_protocol::Frame { body: accepted, run, seq: Some(1), at }).unwrap();
        session
    }

    fn found(indexer: &Indexer, text: &str) -> usize {
        let search = Search { text: text.to_owned(), limit: 10, ..Search::default() };
        indexer.searcher().unwrap().search(&search).unwrap().unwrap().len()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_there_before_and_what_comes_later_is_found_and_what_is_forgotten_is_not() {
        let home = tempfile::tempdir().unwrap();
        let (dir, path) = (home.path().join("sessions"), home.path().join("index.sqlite"));
        say(&dir, "s1", "r1", "tea from China");
        let indexer = Indexer::start(path, dir.clone());
        indexer.sync().await;
        assert_eq!(found(&indexer, "tea"), 1);
        let later = say(&dir, "s2", "r2", "tea from Ceylon");
        indexer.touch(&later);
        indexer.sync().await;
        assert_eq!((found(&indexer, "tea"), indexer.behind()), (2, 0));
        indexer.forget(&later).await;
        assert_eq!(found(&indexer, "tea"), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_damaged_index_makes_itself_again() {
        let home = tempfile::tempdir().unwrap();
        let (dir, path) = (home.path().join("sessions"), home.path().join("index.sqlite"));
        say(&dir, "s1", "r1", "tea from China");
        std::fs::write(&path, b"SQLite format 3\0 and then rubbish".repeat(100)).unwrap();
        let indexer = Indexer::start(path, dir.clone());
        indexer.sync().await;
        assert_eq!(found(&indexer, "china"), 1);
    }
}
