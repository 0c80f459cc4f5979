//! What somebody outside of the log knows about it, so that a cut at its end or at its beginning shows.
//!
//! One anchor is enough: the hash of a record commits to everything before it. A second, older one would
//! find nothing more.

use crate::record::GENESIS;
use serde::{Deserialize, Serialize};

/// A record that was seen on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

impl Anchor {
    /// Before the first record.
    pub fn genesis() -> Self {
        Self { seq: 0, hash: GENESIS.to_owned() }
    }
}

/// A witness, such as the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// The last record that it has seen on disk.
    pub anchor: Option<Anchor>,
    /// The last record that was removed on purpose: what is there begins behind it, or earlier while the
    /// removal is under way.
    pub floor: Option<Anchor>,
}
