//! Where records come from.

use super::AuditFilter;
use plyrum_protocol::Fault;
use plyrum_protocol::view::AuditVerdict;

/// A record in short, and whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number.
    pub seq: u64,
    /// When, local to the reader.
    pub when: String,
    /// Its kind.
    pub kind: String,
    /// The run that it is about.
    pub run: String,
    /// What it says, in a line.
    pub about: String,
    /// The whole record, as it is written.
    pub json: String,
}

/// Some records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// The newest first.
    pub rows: Vec<AuditRow>,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// What the screen wants to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditAsk {
    /// The newest records that fit.
    Load {
        /// Which.
        filter: AuditFilter,
        /// At most so many.
        limit: usize,
    },
    /// The same, where records came since this was asked last.
    Follow {
        /// Which.
        filter: AuditFilter,
        /// At most so many.
        limit: usize,
    },
    /// Check that every record is where and what it was.
    Verify,
}

/// What came back.
#[derive(Debug)]
pub enum AuditReply {
    /// Records.
    Page {
        /// Of which filter.
        filter: AuditFilter,
        /// They.
        outcome: Result<AuditPage, Fault>,
    },
    /// Records, where any came.
    Followed {
        /// Of which filter.
        filter: AuditFilter,
        /// They.
        outcome: Result<Option<AuditPage>, Fault>,
    },
    /// So many records were checked so far.
    Verifying(u64),
    /// The verdict.
    Verified(Result<AuditVerdict, Fault>),
}

/// The log. It blocks: the runtime calls it away from the keys.
pub trait AuditSource: Send + Sync {
    /// The newest records that fit.
    fn search(&self, filter: &AuditFilter, limit: usize) -> Result<AuditPage, Fault>;

    /// Whether records came since this was asked last. It costs no more than what came.
    fn has_grown(&self) -> Result<bool, Fault>;

    /// Checks every record, against what the ledger knows; tells now and then how many it has checked.
    fn verify(&self, told: &mut dyn FnMut(u64)) -> Result<AuditVerdict, Fault>;
}

/// Carries out what the screen wants; `meanwhile` is given what there is to say before the answer.
pub fn answer(source: &dyn AuditSource, ask: AuditAsk, meanwhile: &mut dyn FnMut(AuditReply)) -> AuditReply {
    match ask {
        AuditAsk::Load { filter, limit } => {
            let outcome = source.search(&filter, limit);
            AuditReply::Page { filter, outcome }
        }
        AuditAsk::Follow { filter, limit } => {
            let grown = source.has_grown();
            let outcome = grown.and_then(|grown| grown.then(|| source.search(&filter, limit)).transpose());
            AuditReply::Followed { filter, outcome }
        }
        AuditAsk::Verify => {
            AuditReply::Verified(source.verify(&mut |checked| meanwhile(AuditReply::Verifying(checked))))
        }
    }
}
