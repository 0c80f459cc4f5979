//! The handle a test holds: starts the server in its own thread, and stops it when dropped.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tokio::sync::{Semaphore, oneshot};

use crate::door;
use crate::log::{Log, Request};
use crate::play::Stage;
use crate::script::Script;
use crate::setup::Setup;

/// Connections served at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 4096;

/// A running server on a loopback port of its own. Dropping it ends every connection.
#[derive(Debug)]
pub struct FakeProvider {
    address: SocketAddr,
    scheme: &'static str,
    log: Arc<Log>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeProvider {
    /// Starts a server on a free port. Returns when it accepts connections; callable with or without a runtime.
    ///
    /// # Panics
    /// When no loopback port or thread is to be had.
    pub fn spawn(script: Script) -> Self {
        Setup::new(script).spawn()
    }

    /// The same, for asynchronous tests.
    ///
    /// # Panics
    /// As [`FakeProvider::spawn`].
    #[expect(clippy::unused_async, reason = "the name tests expect; nothing here blocks")]
    pub async fn start(script: Script) -> Self {
        Self::spawn(script)
    }

    /// Starts a server on this address.
    pub fn listen(script: Script, address: SocketAddr) -> io::Result<Self> {
        Setup::new(script).listen(address)
    }

    pub(crate) fn open(setup: Setup, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let log = Arc::new(Log::new(setup.copied));
        let scheme = setup.door.scheme();
        let stage = Stage {
            script: Arc::new(Mutex::new(setup.script)),
            log: Arc::clone(&log),
            routes: Arc::new(setup.routes),
            tls: door::acceptor(&setup.door)?,
            door: Arc::new(setup.door),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("fake-provider".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    _ = accept(listener, stage) => {}
                }
            });
        })?;
        Ok(Self { address, scheme, log, stop: Some(stop), thread: Some(thread) })
    }

    /// The server without any path: the base of Anthropic's, Gemini's and Ollama's wires.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Where clients of OpenAI's wires point, e.g. `http://127.0.0.1:40123/v1`.
    pub fn base_url(&self) -> String {
        format!("{}/v1", self.origin())
    }

    /// Where tokens are to be had, if [`Setup::oauth`] gives some out.
    pub fn oauth_url(&self) -> String {
        format!("{}/api/v2/oauth", self.origin())
    }

    /// The address, for tests that need the bare socket.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything that arrived so far.
    pub fn requests(&self) -> Vec<Request> {
        self.log.seen().requests.clone()
    }

    /// Clients that went away in the middle of a reply, so far.
    pub fn hangups(&self) -> usize {
        self.log.seen().hangups
    }

    /// Tokens given out so far.
    pub fn tokens(&self) -> u64 {
        self.log.seen().tokens
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> u64 {
        self.log.seen().connections
    }

    /// Opens a gate for good.
    pub fn release(&self, gate: &str) {
        self.log.release(gate);
    }

    /// Waits for the n-th request; gives all.
    ///
    /// # Panics
    /// After 20 seconds.
    pub async fn wait_for_requests(&self, n: usize) -> Vec<Request> {
        let log = Arc::clone(&self.log);
        off_thread(move || wait_requests(&log, n)).await
    }

    /// The same for tests without a runtime.
    ///
    /// # Panics
    /// After 20 seconds.
    pub fn wait_for_requests_blocking(&self, n: usize) -> Vec<Request> {
        wait_requests(&self.log, n)
    }

    /// Waits until n clients went away in the middle of a reply.
    ///
    /// # Panics
    /// After 20 seconds.
    pub async fn wait_for_hangups(&self, n: usize) {
        let log = Arc::clone(&self.log);
        off_thread(move || wait_hangups(&log, n)).await;
    }

    /// The same for tests without a runtime.
    ///
    /// # Panics
    /// After 20 seconds.
    pub fn wait_for_hangups_blocking(&self, n: usize) {
        wait_hangups(&self.log, n);
    }

    /// Waits until some reply stands at this gate: everything before it was written.
    ///
    /// # Panics
    /// After 20 seconds.
    pub async fn wait_at_gate(&self, gate: &str) {
        let (log, gate) = (Arc::clone(&self.log), gate.to_owned());
        off_thread(move || wait_gate(&log, &gate)).await;
    }

    /// The same for tests without a runtime.
    ///
    /// # Panics
    /// After 20 seconds.
    pub fn wait_at_gate_blocking(&self, gate: &str) {
        wait_gate(&self.log, gate);
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        // Both may be gone already when the thread panicked: nothing is left to stop then.
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, stage: Stage) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // The semaphore is never closed: there is always a place to wait for.
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        let (socket, _) = listener.accept().await?;
        let mut connection = 0;
        stage.log.note(|seen| {
            connection = seen.connections;
            seen.connections += 1;
        });
        let served = stage.clone().receive(socket, connection);
        tokio::spawn(async move {
            served.await;
            drop(place);
        });
    }
    Ok(())
}

async fn off_thread<T: Send + 'static>(wait: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(wait).await {
        Ok(found) => found,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => panic!("the waiting thread was stopped: {error}"),
        },
    }
}

fn wait_requests(log: &Log, n: usize) -> Vec<Request> {
    log.wait(&format!("{n} requests"), |seen| (seen.requests.len() >= n).then(|| seen.requests.clone()))
}

fn wait_hangups(log: &Log, n: usize) {
    log.wait(&format!("{n} hang-ups"), |seen| (seen.hangups >= n).then_some(()));
}

fn wait_gate(log: &Log, gate: &str) {
    log.wait(&format!("gate `{gate}`"), |seen| seen.reached.contains(gate).then_some(()));
}
