//! The handle a test holds: starts the server in its own thread, and stops it when dropped.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::log::{Log, Request};
use crate::play::Stage;
use crate::script::Script;

/// A running server on a loopback port of its own. Dropping it ends every connection.
#[derive(Debug)]
pub struct FakeProvider {
    address: SocketAddr,
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
        match Self::listen(script, SocketAddr::from(([127, 0, 0, 1], 0))) {
            Ok(server) => server,
            Err(error) => panic!("the fake provider cannot start on 127.0.0.1: {error}"),
        }
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
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let log = Arc::new(Log::new());
        let stage = Stage { script: Arc::new(Mutex::new(script)), log: Arc::clone(&log) };
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
        Ok(Self { address, log, stop: Some(stop), thread: Some(thread) })
    }

    /// Where clients point, e.g. `http://127.0.0.1:40123/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
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
    loop {
        let (socket, _) = listener.accept().await?;
        let mut connection = 0;
        stage.log.note(|seen| {
            connection = seen.connections;
            seen.connections += 1;
        });
        tokio::spawn(stage.clone().serve(socket, connection));
    }
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
