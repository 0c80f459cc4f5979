//! Listening: a filesystem socket in a directory that only this user can enter. Never the abstract
//! namespace, which any local user could connect to.

use super::client;
use super::strangers::Strangers;
use crate::daemon::Daemon;
use crate::visitors::{Refused, too_many};
use interprocess::local_socket::tokio::{Listener, Stream, prelude::*};
use interprocess::local_socket::{GenericFilePath, ListenerOptions, ToFsName};
use plyrum_protocol::{ErrorKind, Fault};
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A socket that is bound and not yet served.
#[derive(Debug)]
pub(crate) struct Bound {
    listener: Listener,
    path: PathBuf,
}

/// Binds the socket. Only the holder of the lock calls this, so whatever is there is stale.
pub(crate) fn bind(path: &Path) -> Result<Bound, Fault> {
    let wrong = |e: io::Error| {
        Fault::new(ErrorKind::DaemonUnreachable, format!("cannot listen on {}: {e}", path.display()))
            .hint("plyrum doctor")
    };
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(wrong(e)),
        _ => {}
    }
    let name = path.to_fs_name::<GenericFilePath>().map_err(wrong)?;
    let options = ListenerOptions::new().name(name).reclaim_name(false).try_overwrite(false);
    let listener = options.create_tokio().map_err(wrong)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(wrong)?;
    Ok(Bound { listener, path: path.to_owned() })
}

impl Bound {
    /// Removes the socket file: the last thing before the lock is let go.
    pub(crate) fn unlink(path: &Path) {
        if let Err(e) = std::fs::remove_file(path) {
            crate::log::line(&format!("cannot remove {}: {e}", path.display()));
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Accepts clients until dropped.
pub(crate) async fn serve(daemon: Arc<Daemon>, bound: Bound) {
    let mut strangers = Strangers::default();
    loop {
        let stream = match bound.listener.accept().await {
            Ok(stream) => stream,
            Err(e) => {
                crate::log::line(&format!("cannot accept a client: {e}"));
                // Out of descriptors: waiting is all that helps, and a tight loop would not.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let uid = peer_uid(&stream);
        if uid != Some(nix::unistd::Uid::effective().as_raw()) {
            strangers.turned_away(uid, &daemon.recorder);
            continue;
        }
        let place = match daemon.visitors.enter() {
            Ok(place) => place,
            Err(Refused::Closed) => continue, // without a hello it looks for another daemon
            Err(Refused::Full) => {
                crate::log::line("a client was turned away: too many");
                client::turn_away(&stream, &too_many());
                continue;
            }
        };
        let daemon = Arc::clone(&daemon);
        tokio::spawn(async move {
            client::serve(daemon, stream, place.seat).await;
            drop(place);
        });
    }
}

fn peer_uid(stream: &Stream) -> Option<u32> {
    stream.peer_creds().ok().and_then(|creds| creds.euid())
}
