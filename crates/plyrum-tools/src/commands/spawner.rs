//! Processes are started by a thread of their own that lives as long as the runner: the kernel ends a sandbox
//! with its parent, and by parent it means the thread. Threads of a runtime may end while it works.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Commands waiting to be started; starting one takes about a millisecond.
const MAX_WAITING: usize = 64;

#[derive(Debug)]
struct Order {
    command: Command,
    runtime: Handle,
    reply: oneshot::Sender<io::Result<Child>>,
}

/// The thread's other end; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Spawner {
    orders: SyncSender<Order>,
}

impl Spawner {
    pub(super) fn start() -> io::Result<Self> {
        let (orders, taken) = sync_channel(MAX_WAITING);
        thread::Builder::new().name("commands".to_owned()).spawn(move || serve(&taken))?;
        Ok(Self { orders })
    }

    /// Starts a command. Its pipes' write ends are closed here once it runs.
    pub(super) async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (reply, answer) = oneshot::channel();
        let order = Order { command, runtime: Handle::current(), reply };
        self.orders.try_send(order).map_err(|_| io::Error::other("too many commands are being started"))?;
        answer.await.map_err(|_| io::Error::other("the thread that starts commands is gone"))?
    }
}

fn serve(orders: &Receiver<Order>) {
    while let Ok(Order { mut command, runtime, reply }) = orders.recv() {
        let _inside = runtime.enter();
        // Where no one waits any more the child is dropped, and killed by that.
        let _ = reply.send(command.spawn());
    }
}
