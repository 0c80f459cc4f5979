//! A daemon that nobody needs ends itself, where the configuration asks for it (`[daemon] idle_exit`).
//!
//! Nobody needs it while no client is connected and no run lives. The configuration is read when that begins and
//! again when the time is over, so a change holds without a restart. A client that comes at the moment of the end
//! is turned away before its hello (see [`crate::visitors`]) and starts another daemon.

use crate::daemon::{Daemon, Phase};
use plyrum_settings::Settings;
use std::sync::Arc;
use std::time::Duration;

/// Waits for the end of the daemon's usefulness, and ends it.
pub(crate) async fn watch(daemon: Arc<Daemon>) {
    loop {
        let somebody = daemon.visitors.somebody();
        daemon.visitors.all_gone().await;
        daemon.runs.all_over().await;
        let Some(wait) = idle_exit(&daemon).await else {
            somebody.await; // nothing changes while nobody comes
            continue;
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = somebody => continue,
        }
        // Runs come from visitors only: behind a closed door none can begin.
        if idle_exit(&daemon).await == Some(wait)
            && daemon.runs.busy() == 0
            && daemon.visitors.close_if_empty()
        {
            crate::log::line(&format!("nobody came for {} s", wait.as_secs()));
            return daemon.advance(Phase::Stopping);
        }
    }
}

/// A broken configuration ends nothing.
async fn idle_exit(daemon: &Daemon) -> Option<Duration> {
    let paths = daemon.paths.clone();
    let read = tokio::task::spawn_blocking(move || Settings::load(&paths, None)).await;
    read.ok()?.ok()?.daemon.idle_exit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visitors::Refused;

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_nobody_came_for_that_long_and_not_while_somebody_is_there() {
        let home = tempfile::TempDir::new().unwrap();
        let daemon = Arc::new(crate::daemon::of_test(home.path()).await);
        std::fs::write(daemon.paths.config_file(), "[daemon]\nidle_exit = \"30m\"\n").unwrap();
        let place = daemon.visitors.enter().unwrap();
        let watching = tokio::spawn(watch(Arc::clone(&daemon)));
        tokio::time::sleep(Duration::from_hours(2)).await;
        assert_eq!(daemon.phase(), Phase::Open, "somebody is there");
        drop(place);
        watching.await.unwrap();
        assert_eq!(daemon.phase(), Phase::Stopping);
        assert_eq!(daemon.visitors.enter().unwrap_err(), Refused::Closed);
    }
}
