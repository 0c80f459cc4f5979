//! What the screen reads from files: the ledger, logs, the record. Read-only, without the daemon, on threads of their own.

mod audit;
mod desk;
mod models;
mod transcript;
mod usage;

use plyrum_config::Paths;
use plyrum_tui::runtime::Sources;
use std::sync::Arc;

/// Everything that the screen reads.
pub(crate) fn all(paths: &Paths) -> Sources {
    Sources {
        desk: Arc::new(desk::Desk { paths: paths.clone() }),
        transcripts: Arc::new(transcript::Transcripts { paths: paths.clone() }),
        usage: Arc::new(usage::Usage::new(paths.clone())),
        audit: Arc::new(audit::Audit::new(paths.clone())),
        models: Arc::new(models::Models { paths: paths.clone() }),
    }
}
