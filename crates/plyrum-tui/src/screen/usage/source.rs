//! Where the dashboard's figures come from, and what the screen asks of it.

use plyrum_protocol::{Fault, view};
use std::path::PathBuf;
use view::{Checks, Dashboard, DashboardQuery};

/// How figures are written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// RFC 4180, a line a row; its heads are the JSON keys.
    Csv,
    /// The dashboard as it is.
    Json,
}

/// What the screen wants to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsageAsk {
    /// Read the figures, then [`super::UsageScreen::loaded`].
    Load(DashboardQuery),
    /// Write the figures of a question to a file, then [`super::UsageScreen::exported`]. What is shown frozen comes
    /// with it, so that the file has the figures that were seen.
    Export {
        /// As what.
        format: ExportFormat,
        /// The figures that are shown.
        shown: Box<Dashboard>,
    },
    /// Prove the books, then [`super::UsageScreen::verified`].
    Verify,
}

/// The ledger, as the dashboard sees it. It blocks: the runtime calls it away from the keys.
pub trait UsageSource: Send + Sync {
    /// Every panel's figures, from one snapshot.
    fn dashboard(&self, query: &DashboardQuery) -> Result<Dashboard, Fault>;

    /// Writes figures to a new file and names it.
    fn export(&self, format: ExportFormat, shown: &Dashboard) -> Result<PathBuf, Fault>;

    /// Proves the books, which may take minutes over millions of rows.
    fn verify(&self) -> Result<Checks, Fault>;
}
