//! A daemon for one column: its own home, its own books on disk, and a provider for each shape, so that no breaker and no
//! queue of one cell is met by another.

use super::shapes::Case;
use crate::clock;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::recorder::Recorder;
use crate::registry::{Entry, Registry};
use futures_core::Stream;
use plyrum_catalog::{Day, ProviderId};
use plyrum_config::Paths;
use plyrum_ledger::{Ledger, RecoverySpec};
use plyrum_providers::{
    ChatRequest, Close, Endpoint, Listing, Provider, ProviderStream, StreamEvent, Version, connect_with_clock,
};
use plyrum_redact::Redactor;
use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context as TaskContext, Poll};
use tempfile::TempDir;

/// Each shape is run as it is, and once more with a server that mends.
pub(super) const RUNS: [&str; 2] = ["a", "b"];

pub(super) struct Lab {
    pub(super) case: Case,
    pub(super) daemon: Arc<Daemon>,
    /// A folder that models may act in.
    pub(super) workspace: TempDir,
    providers: Vec<Arc<Slot>>,
    _home: TempDir,
}

impl Lab {
    pub(super) async fn new(case: Case, shapes: usize) -> Self {
        let (home, workspace) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let paths = Paths::under(&home.path().join("p"));
        paths.prepare().unwrap();
        std::fs::write(paths.config_file(), config(case, shapes)).unwrap();
        let daemon = Arc::new(daemon(paths).await);
        let providers: Vec<_> = (0..shapes * RUNS.len()).map(|_| Arc::new(Slot::default())).collect();
        let day = Day::of_unix_millis(clock::now().millis());
        let mut context = Context::load(&daemon.paths, None, [0; 32], day, daemon.shared()).await.unwrap();
        let entry = |(nth, slot): (usize, &Arc<Slot>)| {
            let provider = Ok(Arc::clone(slot) as Arc<dyn Provider>);
            let entry = Entry { provider, limit: 8, is_offline: false };
            (ProviderId::new(id(nth / RUNS.len(), RUNS[nth % RUNS.len()])).unwrap(), entry)
        };
        context.registry = Registry::of_test(providers.iter().enumerate().map(entry).collect());
        daemon.put_context(context).await;
        Self { case, daemon, workspace, providers, _home: home }
    }

    /// Puts a cell's provider in its place; gives its model and what will be seen of its ends.
    pub(super) fn connect(&self, shape: usize, run: usize, endpoint: Endpoint) -> (String, Arc<Slot>) {
        let slot = Arc::clone(&self.providers[shape * RUNS.len() + run]);
        slot.provider.set(connect_with_clock(endpoint, clock::system).unwrap()).unwrap();
        (format!("{}/m", id(shape, RUNS[run])), slot)
    }

    /// Nothing is held, nothing runs, and the books prove themselves.
    pub(super) async fn is_sound(&self) -> Result<(), String> {
        let ledger = &self.daemon.ledger;
        let held = ledger.balance().await.unwrap().held;
        let (open, running) = (ledger.unresolved().await.unwrap(), ledger.running().await.unwrap());
        let broken: Vec<_> = ledger.check().await.unwrap().into_iter().filter(|check| !check.ok).collect();
        if held.get() != 0 || !open.is_empty() || !running.is_empty() || !broken.is_empty() {
            return Err(format!("held {held:?}, open {open:?}, running {running:?}, broken {broken:?}"));
        }
        Ok(())
    }
}

fn id(shape: usize, run: &str) -> String {
    format!("s{shape}{run}")
}

async fn daemon(paths: Paths) -> Daemon {
    let spec = RecoverySpec { at: clock::now().millis() };
    let (ledger, _) = Ledger::open(&paths.ledger_path(), spec).unwrap();
    let (dir, books) = (paths.audit_dir(), ledger.clone());
    let runtime = tokio::runtime::Handle::current();
    let start = move || Recorder::start(&dir, Redactor::new([0; 32], []), "boot", books, runtime);
    let (recorder, _audit) = tokio::task::spawn_blocking(start).await.unwrap().unwrap();
    Daemon::new(paths, ledger, recorder, [0; 32])
}

/// The models and their price. Where the providers are is decided when a cell begins.
fn config(case: Case, shapes: usize) -> String {
    let wire = case.place.spoken.wire.name();
    let mut text =
        "[fx]\nUSD = { rate = \"80.1234\", date = \"2026-11-20\", source = \"a test\" }\n".to_owned();
    for shape in 0..shapes {
        for run in RUNS {
            let id = id(shape, run);
            write!(
                text,
                "[providers.{id}]\nkind = \"{wire}\"\nbase_url = \"http://127.0.0.1:9\"\n\
                 [models.\"{id}/m\"]\nprovider = \"{id}\"\nname = \"m\"\ncontext_tokens = 128000\n\
                 max_output_tokens = 1000\n\
                 price = {{ currency = \"USD\", input = \"3.00\", output = \"15.00\" }}\n"
            )
            .unwrap();
        }
    }
    text
}

/// A provider that is made when its cell begins, and notes how its requests ended: the class of a failure is on no frame.
#[derive(Debug, Default)]
pub(super) struct Slot {
    provider: OnceLock<Arc<dyn Provider>>,
    ends: Arc<Mutex<Vec<String>>>,
}

impl Slot {
    /// How each request ended: `finished`, `cut`, or the class of its failure.
    pub(super) fn ends(&self) -> Vec<String> {
        self.ends.lock().unwrap().clone()
    }
}

impl Provider for Slot {
    fn open(&self, request: ChatRequest) -> ProviderStream {
        let stream = self.provider.get().unwrap().open(request);
        ProviderStream::new(Noted { stream, ends: Arc::clone(&self.ends) })
    }

    fn request_bytes(&self, request: &ChatRequest) -> u64 {
        self.provider.get().unwrap().request_bytes(request)
    }

    fn list(&self) -> Listing<'_> {
        self.provider.get().unwrap().list()
    }

    fn version(&self) -> Version<'_> {
        self.provider.get().unwrap().version()
    }
}

struct Noted {
    stream: ProviderStream,
    ends: Arc<Mutex<Vec<String>>>,
}

impl Stream for Noted {
    type Item = StreamEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Option<StreamEvent>> {
        let event = Pin::new(&mut self.stream).poll_next(context);
        if let Poll::Ready(Some(StreamEvent::Closed(close))) = &event {
            let end = match close {
                Close::Finished(_) => "finished",
                Close::Cut { .. } => "cut",
                Close::Failed(error) => error.class.name(),
            };
            self.ends.lock().unwrap().push(end.to_owned());
        }
        event
    }
}
