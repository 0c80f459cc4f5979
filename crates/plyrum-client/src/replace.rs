//! A daemon of another version makes room, where it has nothing to do.
//!
//! It is drained, never stopped: a run that it takes between our question and our order still ends properly. What
//! it is asked belongs to protocol 0, which any two versions share.

use crate::{Client, Event, Holder, fault};
use plyrum_config::Paths;
use plyrum_protocol::{DaemonDrain, Empty, Fault, Incompatible};
use std::time::Duration;

/// An idle daemon ends at once; one that does not has been given a run meanwhile.
const EMPTY_WITHIN: Duration = Duration::from_secs(10);

/// Ends an idle daemon and waits until it is gone; a busy one is left alone and told of.
pub(crate) async fn make_room(
    paths: &Paths,
    client: &mut Client,
    mismatch: &Incompatible,
) -> Result<(), Fault> {
    let holder = Holder::of(paths);
    let active_runs = client.status().await?.active_runs;
    if active_runs > 0 {
        return Err(fault::incompatible(mismatch, active_runs));
    }
    let id = client.request::<DaemonDrain>(&Empty {}).await?;
    // It may be gone before its reply is written: what counts is that it ends.
    let _ended_first = tokio::time::timeout(EMPTY_WITHIN, client.reply::<DaemonDrain>(id)).await;
    let gone = match holder {
        Some(holder) => tokio::task::spawn_blocking(move || holder.wait(EMPTY_WITHIN)).await.unwrap_or(false),
        None => tokio::time::timeout(EMPTY_WITHIN, hung_up(client)).await.is_ok(),
    };
    if gone { Ok(()) } else { Err(fault::incompatible(mismatch, 1)) }
}

async fn hung_up(client: &mut Client) {
    while let Event::Frame(_) = client.event().await {}
}
