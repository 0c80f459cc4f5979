//! A port that nobody answers at: connecting to it neither succeeds nor fails.

use std::io::{Error, ErrorKind, Result};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// How long a connection may take before the queue counts as full. The loopback takes microseconds.
const PATIENCE: Duration = Duration::from_millis(200);
/// Connections tried at most; a queue of length 0 is full after one or two.
const MAX_FILLERS: usize = 4096;

/// A loopback port whose queue of connections is full and is never emptied, so that a client's connect timeout
/// passes. Dropping it closes the port.
#[derive(Debug)]
pub struct DeafPort {
    address: SocketAddr,
    _listener: TcpListener,
    _fillers: Vec<TcpStream>,
}

impl DeafPort {
    /// Opens one. Blocks for a moment, until a connection of its own is no longer answered.
    ///
    /// # Errors
    /// When no port is to be had, or the system accepts connections without end.
    pub fn open() -> Result<Self> {
        let listener = listen_without_queue()?;
        let address = listener.local_addr()?;
        let mut fillers = Vec::new();
        while fillers.len() < MAX_FILLERS {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(filler) => fillers.push(filler),
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    return Ok(Self { address, _listener: listener, _fillers: fillers });
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::other("this system has no full queue of connections"))
    }

    /// The address at which nobody answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where clients point, e.g. `http://127.0.0.1:40123/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

/// `std` has no way to choose the queue's length and tokio's has one inside a runtime only: in a thread,
/// because a runtime cannot be made and dropped inside another.
fn listen_without_queue() -> Result<TcpListener> {
    let listen = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let _inside = runtime.enter();
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        socket.listen(0)?.into_std()
    };
    std::thread::spawn(listen).join().map_err(|_| Error::other("the listening thread broke"))?
}
