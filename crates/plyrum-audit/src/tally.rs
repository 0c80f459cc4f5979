//! What a file of the chain holds, counted while it is written or read.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::record::hex;

/// A file of the chain, as checkpoints and tombstones tell of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSummary {
    /// Its name.
    pub file: String,
    /// Number of its first record.
    pub first_seq: u64,
    /// Number of its last record.
    pub last_seq: u64,
    /// Its records.
    pub records: u64,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hex: what `sha256sum` says of it.
    pub sha256: String,
    /// `hash` of its last record.
    pub last_hash: String,
}

/// A file as far as it is written or read.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    first_seq: u64,
    last_seq: u64,
    records: u64,
    bytes: u64,
    sha256: Sha256,
    last_hash: String,
}

impl Tally {
    /// An empty file, whose first record will have this number.
    pub(crate) fn new(first_seq: u64) -> Self {
        Self { first_seq, last_seq: 0, records: 0, bytes: 0, sha256: Sha256::new(), last_hash: String::new() }
    }

    /// A record more; `line` is without its newline.
    pub(crate) fn add(&mut self, line: &[u8], seq: u64, hash: &str) {
        self.last_seq = seq;
        self.records += 1;
        self.bytes += line.len() as u64 + 1;
        self.sha256.update(line);
        self.sha256.update(b"\n");
        self.last_hash.clear();
        self.last_hash.push_str(hash);
    }

    /// What it comes to; `None` for a file without records.
    pub(crate) fn summary(&self, file: &str) -> Option<FileSummary> {
        (self.records > 0).then(|| FileSummary {
            file: file.to_owned(),
            first_seq: self.first_seq,
            last_seq: self.last_seq,
            records: self.records,
            bytes: self.bytes,
            sha256: hex(&self.sha256.clone().finalize()),
            last_hash: self.last_hash.clone(),
        })
    }
}
