//! Which bodies of the ledger's outbox the log has already.
//!
//! The ledger marks a body as carried over together with the anchor. So a body that still waits can only
//! stand in a record behind the anchor, which a crash has left there; and whoever can write the log can
//! forge such a record. An id alone therefore proves nothing: a body is there only where a record has it
//! word for word.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

/// Bodies that are known at most; further ones are written a second time.
const KNOWN_MAX: usize = 1 << 20;

/// What became of a body that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarriedOver {
    /// It is in the log now.
    Written,
    /// A crash came between its record and the ledger's mark: it was there already.
    Before,
    /// It is in the log now; so is a record of the same id that tells something else, and a `chain_break`
    /// that says so.
    Against,
}

/// Ids, with digests of kind and body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bodies(BTreeSet<(i64, [u8; 32])>);

/// Whether a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    No,
    Same,
    Other,
}

impl Bodies {
    pub(crate) fn note(&mut self, id: i64, kind: &str, body: &str) {
        if self.0.len() < KNOWN_MAX {
            self.0.insert((id, digest(kind, body)));
        }
    }

    pub(crate) fn add(&mut self, others: &Self) {
        let room = KNOWN_MAX - self.0.len();
        self.0.extend(others.0.iter().take(room));
    }

    pub(crate) fn know(&self, id: i64, kind: &str, body: &str) -> Known {
        if self.0.contains(&(id, digest(kind, body))) {
            Known::Same
        } else if self.0.range((id, [0; 32])..=(id, [u8::MAX; 32])).next().is_some() {
            Known::Other
        } else {
            Known::No
        }
    }
}

fn digest(kind: &str, body: &str) -> [u8; 32] {
    Sha256::new().chain_update(kind).chain_update([0]).chain_update(body).finalize().into()
}
