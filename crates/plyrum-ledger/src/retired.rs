//! What of the audit log was retired: its floor, and what the records that went told of money.
//!
//! Old files of the log may be removed, and its beginning then tells nothing any more of the oldest
//! movements here. The floor says where the log begins now; only with it is such a beginning good, since
//! whoever can delete files of the log can forge its tombstones too, but not the ledger.
//!
//! What went is kept as a count and a sum of hashes for each thing that a record can tell: the hold of an
//! attempt, its end, the end of a run, an entry. So [`LedgerReader::reconcile`] can say whether exactly those
//! movements that no record tells of any more are the ones that the retired records told of.

use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::bounds;
use crate::error::LedgerError;
use crate::outbox::{self, AuditHead};
use crate::read::LedgerReader;

/// Where the audit log begins, and what was told before that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFloor {
    /// Number of the last record that was retired.
    pub seq: u64,
    /// Its hash, in hex.
    pub hash: String,
    /// What it and all before it told of money.
    pub told: Retired,
}

/// What records of the log have told of money.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    holds: Things,
    ends: Things,
    runs: Things,
    entries: Things,
}

/// A set of things: how many, and the sum (exclusive or) of their SHA-256.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Things {
    count: u64,
    /// In hex.
    sum: String,
}

/// What a record can tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    Hold,
    End,
    Run,
    Entry,
}

impl Retired {
    /// A record is retired.
    pub fn add(&mut self, kind: &str, body: &Value) {
        let id = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
        match kind {
            "hold" => self.holds.add(id("attempt")),
            "settle" | "release" => self.ends.add(id("attempt")),
            "run" => self.runs.add(id("run")),
            _ => {}
        }
        let entries = body.get("entries").filter(|_| body.get("outbox").is_some()).and_then(Value::as_array);
        for entry in entries.into_iter().flatten().filter_map(Value::as_i64) {
            self.entries.add(&entry.to_string());
        }
    }

    pub(crate) fn of(&self, thing: Thing) -> &Things {
        match thing {
            Thing::Hold => &self.holds,
            Thing::End => &self.ends,
            Thing::Run => &self.runs,
            Thing::Entry => &self.entries,
        }
    }
}

impl Things {
    pub(crate) fn add(&mut self, id: &str) {
        let digest = Sha256::digest(id);
        let before = self.sum.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).unwrap_or_default();
            u8::from_str_radix(pair, 16).unwrap_or(0)
        });
        let sum = digest.iter().zip(before.chain(std::iter::repeat(0))).map(|(new, old)| new ^ old);
        self.sum = sum.fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        self.count += 1;
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

/// Keeps the floor, and the log's head behind its tombstone, before the first file goes. A floor never sinks.
pub(crate) fn retire(conn: &Connection, floor: &AuditFloor, head: &AuditHead) -> Result<(), LedgerError> {
    bounds::check_id("audit floor", &floor.hash)?;
    if self::floor(conn)?.is_some_and(|known| known.seq > floor.seq) {
        return Ok(());
    }
    outbox::set_head(conn, head)?;
    conn.prepare_cached(
        "INSERT INTO meta (key, value) VALUES ('audit_floor', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
    )?
    .execute([serde_json::to_string(floor)?])?;
    Ok(())
}

pub(crate) fn floor(conn: &Connection) -> Result<Option<AuditFloor>, LedgerError> {
    let mut select = conn.prepare_cached("SELECT value FROM meta WHERE key = 'audit_floor'")?;
    let text: Option<String> = select.query_row([], |row| row.get(0)).optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

impl LedgerReader {
    /// Where the audit log begins, if any of it was retired.
    pub fn audit_floor(&self) -> Result<Option<AuditFloor>, LedgerError> {
        floor(&self.conn)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::open;

    #[test]
    fn what_was_told_hangs_on_what_and_not_on_the_order() {
        let records = [
            ("hold", json!({"attempt": "a", "outbox": 1})),
            ("hold", json!({"attempt": "b", "outbox": 2})),
            ("settle", json!({"attempt": "a", "entries": [1, 2], "outbox": 3})),
            ("run", json!({"run": "r", "outbox": 4})),
            ("run.accepted", json!({"run": "r", "entries": [7]})),
        ];
        let told = |records: &mut dyn Iterator<Item = &(&str, Value)>| {
            let mut told = Retired::default();
            records.for_each(|(kind, body)| told.add(kind, body));
            told
        };
        let all = told(&mut records.iter());
        assert_eq!(all, told(&mut records.iter().rev()));
        let counts = [Thing::Hold, Thing::End, Thing::Run, Thing::Entry].map(|thing| all.of(thing).count());
        assert_eq!(counts, [2, 1, 1, 2]);
        for left_out in 0..4 {
            assert_ne!(
                all,
                told(&mut records.iter().enumerate().filter(|(n, _)| *n != left_out).map(|(_, r)| r))
            );
        }
        assert_eq!(serde_json::from_value::<Retired>(serde_json::to_value(&all).unwrap()).unwrap(), all);
    }

    #[test]
    fn the_floor_comes_with_its_head_and_never_sinks() {
        let conn = open::in_memory().unwrap().conn;
        assert_eq!(floor(&conn).unwrap(), None);
        let at = |seq| AuditFloor { seq, hash: "ab".repeat(32), told: Retired::default() };
        let head = |seq| AuditHead { seq, hash: "cd".repeat(32) };
        retire(&conn, &at(5), &head(9)).unwrap();
        retire(&conn, &at(4), &head(10)).unwrap();
        assert_eq!((floor(&conn).unwrap(), outbox::head(&conn).unwrap()), (Some(at(5)), Some(head(9))));
        assert!(retire(&conn, &AuditFloor { hash: String::new(), ..at(6) }, &head(11)).is_err());
    }
}
