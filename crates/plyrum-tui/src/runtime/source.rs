//! What is read from files, away from the keys: the ledger, logs, the record. This crate knows none of them; the program
//! brings who does.

use crate::app::UsageReply;
use crate::screen::audit::AuditSource;
use crate::screen::models::ModelsSource;
use crate::screen::usage::{Spent, UsageAsk, UsageSource};
use crate::transcript::TranscriptSource;
use plyrum_protocol::{Fault, RunId, SessionId, view};
use std::fmt;
use std::sync::Arc;

/// What the conversation itself needs to know.
pub trait DeskSource: Send + Sync {
    /// What is spent and left.
    fn figures(&self) -> Result<view::Statusline, Fault>;

    /// What a run and its session were charged so far; none where that cannot be read.
    fn costs(&self, run: &RunId, session: &SessionId) -> Result<(Option<Spent>, Option<Spent>), Fault>;

    /// The latest runs, the newest first.
    fn runs(&self) -> Result<Vec<view::RunRow>, Fault>;
}

/// Everything that is read from files.
#[derive(Clone)]
pub struct Sources {
    /// What the conversation itself needs.
    pub desk: Arc<dyn DeskSource>,
    /// Earlier turns.
    pub transcripts: Arc<dyn TranscriptSource>,
    /// The usage dashboard's figures.
    pub usage: Arc<dyn UsageSource>,
    /// The record.
    pub audit: Arc<dyn AuditSource>,
    /// How providers do.
    pub models: Arc<dyn ModelsSource>,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources")
    }
}

/// Answers the dashboard.
pub(super) fn usage(source: &dyn UsageSource, ask: UsageAsk) -> UsageReply {
    match ask {
        UsageAsk::Load(query) => UsageReply::Loaded(source.dashboard(&query).map(Box::new)),
        UsageAsk::Export { format, shown } => UsageReply::Exported(source.export(format, &shown)),
        UsageAsk::Verify => UsageReply::Verified(source.verify()),
    }
}
