//! Bodies for the audit log, written in the transaction that they tell of.
//!
//! So ledger and audit cannot disagree: what is committed is in the outbox, and it stays there until the
//! audit writer says that it is on disk. Ids rise and never come twice, so the audit log can skip what it
//! already has when a crash makes it drain again.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use serde_json::Value;

use crate::bounds;
use crate::error::LedgerError;

/// The most rows that one `take_outbox` returns.
pub(crate) const MAX_TAKE: usize = 1024;
/// Every kind of body.
pub const OUTBOX_KINDS: [&str; 12] = [
    "hold",
    "settle",
    "release",
    "run",
    "top_up",
    "mode",
    "adjustment",
    "budget",
    "ledger_restored",
    "approval.requested",
    "approval.resolved",
    "approval.executed",
];
/// The furthest that ids can have run ahead of a ledger that was restored from an old copy. What claims more
/// was never given out by any ledger, and ids that followed it would soon be used up.
const LEAP_MAX: i64 = 1_000_000_000;
/// How many drained rows are kept for looking back.
const KEEP_DRAINED: i64 = 10_000;

/// One body on its way to the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// Rising, never reused.
    pub id: i64,
    /// When it was written, in milliseconds since the epoch.
    pub at: i64,
    /// One of [`OUTBOX_KINDS`].
    pub kind: String,
    /// The body itself.
    pub body: Value,
}

/// The last record of the audit log that is on disk: anchors the chain, so that a truncated or wholly
/// re-hashed log shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Its sequence number.
    pub seq: u64,
    /// Its hash, in hex.
    pub hash: String,
}

/// Outbox ids that the audit log tells of and this ledger never gave out: it was restored from a copy
/// older than the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct OutboxGap {
    /// The first of them.
    pub first: i64,
    /// The last.
    pub last: i64,
}

impl OutboxGap {
    /// Whether a ledger can have given these ids out. If not, they come from a forged record.
    pub fn is_plausible(&self) -> bool {
        self.last.saturating_sub(self.first) < LEAP_MAX
    }
}

impl std::fmt::Display for OutboxGap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.is_plausible() {
            let last = self.last;
            return write!(
                f,
                "the audit log has the outbox id {last}, which no ledger gave out: a record was forged"
            );
        }
        write!(
            f,
            "the ledger is older than the audit log, which tells of {} more (outbox ids {} to {}): was an \
             old copy restored?",
            self.last - self.first + 1,
            self.first,
            self.last
        )
    }
}

pub(crate) fn push(
    conn: &Connection,
    at: i64,
    kind: &str,
    body: &impl Serialize,
) -> Result<i64, LedgerError> {
    debug_assert!(cfg!(test) || OUTBOX_KINDS.contains(&kind), "`{kind}` is not in OUTBOX_KINDS");
    let body = serde_json::to_string(body)?;
    conn.prepare_cached("INSERT INTO outbox (at, kind, body) VALUES (?1, ?2, ?3)")?
        .execute(params![at, kind, body])?;
    Ok(conn.last_insert_rowid())
}

/// Makes the batch write something, so that its fsync carries earlier commits to disk as well: an id may
/// be handed out only once it can never be given to another row.
pub(crate) fn barrier(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO meta (key, value) VALUES ('outbox_barrier', '1')
         ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)",
    )?
    .execute([])
    .map(drop)
}

pub(crate) fn take(conn: &Connection, limit: usize) -> Result<Vec<OutboxRow>, LedgerError> {
    waiting_after(conn, 0, limit)
}

/// The oldest bodies that wait and have a higher id than `after`.
pub(crate) fn waiting_after(
    conn: &Connection,
    after: i64,
    limit: usize,
) -> Result<Vec<OutboxRow>, LedgerError> {
    let limit = i64::try_from(limit.min(MAX_TAKE)).unwrap_or(0);
    let mut waiting = conn.prepare_cached(
        "SELECT id, at, kind, body FROM outbox WHERE drained = 0 AND id > ?1 ORDER BY id LIMIT ?2",
    )?;
    let mut rows = waiting.query([after, limit])?;
    let mut taken = Vec::new();
    while let Some(row) = rows.next()? {
        let body = serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?;
        taken.push(OutboxRow { id: row.get(0)?, at: row.get(1)?, kind: row.get(2)?, body });
    }
    Ok(taken)
}

/// The audit log has ids up to `told`. Where that is beyond what this ledger has given out, the ledger was
/// restored from an older copy: its next ids would be taken for ones that the log has, and their bodies
/// lost. They go on behind the log's, and the gap is noted for good, here and in the log. One that is not
/// plausible is returned and changes nothing.
pub(crate) fn resume(conn: &Connection, told: i64, at: i64) -> Result<Option<OutboxGap>, LedgerError> {
    bounds::check_time("resume time", at)?;
    let newest = newest(conn)?;
    if told <= newest {
        return Ok(None);
    }
    let gap = OutboxGap { first: newest + 1, last: told };
    if !gap.is_plausible() {
        return Ok(Some(gap));
    }
    // SQLite's own table for AUTOINCREMENT, meant to be written for this.
    conn.execute("DELETE FROM sqlite_sequence WHERE name = 'outbox'", [])?;
    conn.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?1)", [told])?;
    conn.execute(
        "INSERT INTO meta (key, value) VALUES ('outbox_gap', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
        [serde_json::to_string(&gap)?],
    )?;
    push(conn, at, "ledger_restored", &gap)?;
    Ok(Some(gap))
}

/// Keeps the hash with which the log was closed, or forgets it; what it was.
pub(crate) fn close(conn: &Connection, head: Option<&str>) -> Result<Option<String>, LedgerError> {
    let before = closed(conn)?;
    match head {
        Some(hash) => conn.execute(
            "INSERT INTO meta (key, value) VALUES ('audit_closed', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
            [hash],
        )?,
        None => conn.execute("DELETE FROM meta WHERE key = 'audit_closed'", [])?,
    };
    Ok(before)
}

pub(crate) fn closed(conn: &Connection) -> Result<Option<String>, LedgerError> {
    let mut select = conn.prepare("SELECT value FROM meta WHERE key = 'audit_closed'")?;
    Ok(select.query_row([], |row| row.get(0)).optional()?)
}

/// Bodies behind `told` wait again, as far as they are kept.
pub(crate) fn tell_again(conn: &Connection, told: i64) -> Result<u64, LedgerError> {
    let mut update = conn.prepare_cached("UPDATE outbox SET drained = 0 WHERE drained = 1 AND id > ?1")?;
    Ok(update.execute([told])? as u64)
}

/// The last such gap, if there ever was one.
pub(crate) fn gap(conn: &Connection) -> Result<Option<OutboxGap>, LedgerError> {
    let mut select = conn.prepare("SELECT value FROM meta WHERE key = 'outbox_gap'")?;
    let text: Option<String> = select.query_row([], |row| row.get(0)).optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// The highest id that was given out.
pub(crate) fn newest(conn: &Connection) -> Result<i64, LedgerError> {
    let mut select = conn.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")?;
    Ok(select.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
}

pub(crate) fn mark_drained(
    conn: &Connection,
    up_to: i64,
    head: Option<&AuditHead>,
) -> Result<(), LedgerError> {
    conn.prepare_cached("UPDATE outbox SET drained = 1 WHERE drained = 0 AND id <= ?1")?.execute([up_to])?;
    conn.prepare_cached("DELETE FROM outbox WHERE drained = 1 AND id <= ?1")?
        .execute([up_to - KEEP_DRAINED])?;
    head.map_or(Ok(()), |head| set_head(conn, head))
}

pub(crate) fn set_head(conn: &Connection, head: &AuditHead) -> Result<(), LedgerError> {
    bounds::check_id("audit head", &head.hash)?;
    conn.prepare_cached(
        "INSERT INTO meta (key, value) VALUES ('audit_head', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
    )?
    .execute([format!("{} {}", head.seq, head.hash)])?;
    Ok(())
}

pub(crate) fn head(conn: &Connection) -> Result<Option<AuditHead>, LedgerError> {
    let text: Option<String> = conn
        .prepare_cached("SELECT value FROM meta WHERE key = 'audit_head'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(text) = text else { return Ok(None) };
    let parts = text.split_once(' ').and_then(|(seq, hash)| Some((seq.parse().ok()?, hash.to_owned())));
    match parts {
        Some((seq, hash)) => Ok(Some(AuditHead { seq, hash })),
        None => Err(LedgerError::internal(format!("meta audit_head is `{text}`"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::open;

    /// An outbox with so many bodies.
    fn outbox(bodies: i64) -> Connection {
        let conn = open::in_memory().unwrap().conn;
        for n in 1..=bodies {
            push(&conn, n, "test", &json!(n)).unwrap();
        }
        conn
    }

    fn ids(rows: &[OutboxRow]) -> Option<(i64, i64)> {
        Some((rows.first()?.id, rows.last()?.id))
    }

    #[test]
    fn the_oldest_bodies_come_first_and_no_more_than_a_bounded_number() {
        let conn = outbox(1_030);
        assert_eq!(ids(&take(&conn, 3).unwrap()), Some((1, 3)));
        assert_eq!(ids(&take(&conn, usize::MAX).unwrap()), Some((1, 1_024)));
        assert_eq!(ids(&waiting_after(&conn, 1_024, MAX_TAKE).unwrap()), Some((1_025, 1_030)));
        assert_eq!(take(&conn, 0).unwrap(), []);
        mark_drained(&conn, 1_029, None).unwrap();
        let left = take(&conn, 10).unwrap();
        assert_eq!((left.len(), left[0].at, &left[0].body), (1, 1_030, &json!(1_030)));
    }

    #[test]
    fn the_last_ten_thousand_drained_bodies_are_kept() {
        let conn = outbox(10_007);
        mark_drained(&conn, 10_005, None).unwrap();
        let kept = conn.query_row("SELECT min(id), count(*) FROM outbox", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        assert_eq!(kept, Ok((6, 10_002)), "and the two that wait");
    }

    #[test]
    fn the_log_is_closed_until_somebody_writes_it() {
        let conn = outbox(0);
        assert_eq!(close(&conn, Some("ab")).unwrap(), None);
        assert_eq!(close(&conn, None).unwrap().as_deref(), Some("ab"));
        assert_eq!(closed(&conn).unwrap(), None);
    }

    #[test]
    fn bodies_that_the_log_has_lost_wait_again() {
        let conn = outbox(5);
        mark_drained(&conn, 4, None).unwrap();
        assert_eq!(tell_again(&conn, 2).unwrap(), 2);
        assert_eq!(ids(&take(&conn, 10).unwrap()), Some((3, 5)));
    }

    #[test]
    fn ids_go_on_behind_those_that_the_log_tells_of() {
        let conn = outbox(3);
        assert_eq!(newest(&conn).unwrap(), 3);
        for told in [-1, 0, 2, 3] {
            assert_eq!(resume(&conn, told, 1).unwrap(), None, "{told}");
        }
        for told in [4 + LEAP_MAX, i64::MAX - 1, i64::MAX] {
            let forged = resume(&conn, told, 1).unwrap().unwrap();
            assert_eq!((forged, newest(&conn).unwrap()), (OutboxGap { first: 4, last: told }, 3));
            assert!(forged.to_string().contains("forged"));
        }
        assert_eq!(gap(&conn).unwrap(), None);
        assert!(resume(&conn, 9, -1).is_err());
        let missing = OutboxGap { first: 4, last: 9 };
        assert_eq!(resume(&conn, 9, 1).unwrap(), Some(missing));
        assert_eq!(gap(&conn).unwrap(), Some(missing));
        let bodies = take(&conn, 10).unwrap();
        let last = bodies.last().unwrap();
        assert_eq!((last.id, last.kind.as_str()), (10, "ledger_restored"));
        assert_eq!(push(&conn, 1, "test", &json!(0)).unwrap(), 11);
        let told = missing.to_string();
        assert!(told.contains("tells of 6 more (outbox ids 4 to 9)"), "{told}");
    }

    #[test]
    fn the_head_of_the_log_is_kept_and_a_damaged_one_is_an_error() {
        let conn = outbox(0);
        assert_eq!(head(&conn).unwrap(), None);
        for seq in [7, 8] {
            let anchor = AuditHead { seq, hash: "ab".repeat(32) };
            mark_drained(&conn, 0, Some(&anchor)).unwrap();
            assert_eq!(head(&conn).unwrap(), Some(anchor));
        }
        assert!(mark_drained(&conn, 0, Some(&AuditHead { seq: 9, hash: String::new() })).is_err());
        conn.execute("UPDATE meta SET value = 'seven ab' WHERE key = 'audit_head'", []).unwrap();
        assert!(head(&conn).is_err());
    }

    #[test]
    fn a_barrier_writes_something_each_time() {
        let conn = outbox(0);
        for times in ["1", "2", "3"] {
            barrier(&conn).unwrap();
            let value =
                conn.query_row("SELECT value FROM meta WHERE key = 'outbox_barrier'", [], |row| row.get(0));
            assert_eq!(value, Ok(times.to_owned()));
        }
    }
}
