//! The ledger against the audit log, both ways: each record of money is in the ledger with the same
//! figures, and each movement of the ledger has its record, or its body still waits in the outbox.
//!
//! A chain of hashes proves that the log was not changed, and [`crate::check`] that the books are right in
//! themselves; neither shows that the two belong together. A ledger restored from a backup beside a newer
//! log is sound, and so is the log. Here they are held side by side.
//!
//! Both are read while a daemon may be writing: first a snapshot of the ledger, under it the log from its
//! beginning, then the ledger's newest outbox id again. Records between the two are newer than the
//! snapshot and passed over; records beyond the second tell of a ledger that is older than its log.
//! Memory is one bit for each row and entry, whatever the books' size.

use plyrum_billing_client::MicroRub;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};
use serde_json::Value;

use crate::check::{Check, Offenders};
use crate::error::LedgerError;
use crate::outbox::{self, AuditHead, OutboxGap};
use crate::read::LedgerReader;
use crate::retired::{self, Retired, Thing, Things};
use crate::words::ApprovalStatus;

/// A record of the audit log, as far as money is concerned.
#[derive(Debug, Clone, Copy)]
pub struct AuditRecord<'a> {
    /// Its number in the log.
    pub seq: u64,
    /// Its hash, in hex.
    pub hash: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its body; those that came from the ledger have `outbox`.
    pub body: &'a Value,
}

/// A comparison under way: a snapshot of the ledger, and what of it the log was seen to tell.
#[derive(Debug)]
pub struct Reconciliation<'r> {
    reader: &'r LedgerReader,
    snapshot: Transaction<'r>,
    /// The highest outbox id of the snapshot.
    newest: i64,
    anchor: Option<AuditHead>,
    anchored: bool,
    /// What records told that are retired.
    retired: Retired,
    /// The last record and the highest outbox id of the log.
    last_seq: u64,
    last_outbox: i64,
    records: u64,
    waiting: u64,
    held: Marks,
    closed: Marks,
    ended: Marks,
    entries: Marks,
    wrong: Offenders,
    twice: Offenders,
}

impl LedgerReader {
    /// Begins to compare this ledger with its audit log: give every record in order, then finish.
    pub fn reconcile(&self) -> Result<Reconciliation<'_>, LedgerError> {
        let snapshot = self.conn.unchecked_transaction()?;
        let mut comparison = Reconciliation {
            reader: self,
            newest: outbox::newest(&snapshot)?,
            anchor: outbox::head(&snapshot)?,
            retired: retired::floor(&snapshot)?.map(|floor| floor.told).unwrap_or_default(),
            anchored: false,
            last_seq: 0,
            last_outbox: 0,
            records: 0,
            waiting: 0,
            held: Marks::default(),
            closed: Marks::default(),
            ended: Marks::default(),
            entries: Marks::default(),
            wrong: Offenders::default(),
            twice: Offenders::default(),
            snapshot,
        };
        comparison.take_waiting()?;
        Ok(comparison)
    }

    /// What the log has and this ledger, restored from an older copy, has not: as far as `told`, the
    /// highest outbox id of the log, shows it, or an earlier start of the daemon noted it.
    pub fn outbox_gap(&self, told: i64) -> Result<Option<OutboxGap>, LedgerError> {
        gap(&self.conn, told)
    }
}

fn gap(conn: &Connection, told: i64) -> Result<Option<OutboxGap>, LedgerError> {
    let newest = outbox::newest(conn)?;
    if told > newest {
        return Ok(Some(OutboxGap { first: newest + 1, last: told }));
    }
    outbox::gap(conn)
}

impl Reconciliation<'_> {
    /// The next record of the log; those that are not of money are passed over.
    pub fn take(&mut self, record: AuditRecord<'_>) -> Result<(), LedgerError> {
        self.last_seq = record.seq;
        self.anchored |= self.anchor.as_ref().is_some_and(|anchor| anchor.hash == record.hash);
        // A checkpoint or tombstone repeats the highest id of all before it.
        self.last_outbox = self.last_outbox.max(number(record.body, "last_outbox").unwrap_or(0));
        let Some(outbox) = record.body.get("outbox").and_then(Value::as_i64) else { return Ok(()) };
        if outbox <= self.last_outbox {
            self.twice.add(format!("record {} has outbox id {outbox} again", record.seq));
        }
        self.last_outbox = self.last_outbox.max(outbox);
        if outbox > self.newest {
            return Ok(());
        }
        self.records += 1;
        if let Some(wrong) = self.compare(record.kind, record.body)? {
            self.wrong.add(format!("record {} ({}): {wrong}", record.seq, record.kind));
        }
        Ok(())
    }

    /// What the log will get: as good as told.
    fn take_waiting(&mut self) -> Result<(), LedgerError> {
        let mut last = 0;
        loop {
            let page = outbox::waiting_after(&self.snapshot, last, outbox::MAX_TAKE)?;
            let Some(newest) = page.last() else { return Ok(()) };
            last = newest.id;
            for row in &page {
                self.waiting += 1;
                if let Some(wrong) = self.compare(&row.kind, &row.body)? {
                    self.wrong.add(format!("outbox body {} ({}): {wrong}", row.id, row.kind));
                }
            }
        }
    }

    /// Finds what a body tells of and marks it; says what does not agree.
    fn compare(&mut self, kind: &str, body: &Value) -> Result<Option<String>, LedgerError> {
        match kind {
            "hold" | "release" | "settle" => self.attempt(kind, body),
            "top_up" => self.movement(body, "micro_rub", &["top_up", "debt_payment"]),
            "adjustment" => self.movement(body, "micro_rub", &["adjustment"]),
            "mode" => self.movement(body, "closed_tab_micro_rub", &["mode"]),
            "run" => self.run(body),
            "approval.requested" | "approval.resolved" | "approval.executed" => self.approval(kind, body),
            _ => Ok(None),
        }
    }

    fn attempt(&mut self, kind: &str, body: &Value) -> Result<Option<String>, LedgerError> {
        let id = text(body, "attempt");
        let mut select = self.snapshot.prepare_cached(
            "SELECT rowid, state, run, hold_micro_rub, cost_micro_rub, quality, input, cache_read, cache_write_5m,
                 cache_write_1h, output, reasoning FROM attempts WHERE attempt = ?1",
        )?;
        let found = select.query_row([id], AttemptFigures::from_row).optional()?;
        drop(select);
        let Some(row) = found else { return Ok(Some(format!("attempt {id} is not in the ledger"))) };
        let same_hold = number(body, "hold_micro_rub") == Some(row.hold) && text(body, "run") == row.run;
        if !same_hold {
            return Ok(Some(format!("attempt {id} held {} in the ledger", MicroRub::new(row.hold))));
        }
        match kind {
            "hold" => self.held.set(row.rowid),
            "release" if row.state == "released" => self.closed.set(row.rowid),
            "settle" if row.state == "settled" && row.agrees(body) => {
                self.closed.set(row.rowid);
                let wanted = "SELECT id, amount FROM entries WHERE attempt = ?1 AND kind IN (SELECT value FROM json_each(?2))";
                let spent = self.entries_of(body, wanted, id, r#"["settle","debt"]"#)?;
                return Ok(match spent {
                    Some(amount) if amount == row.cost.unwrap_or(0) => None,
                    _ => Some(format!("attempt {id} has other entries in the ledger")),
                });
            }
            _ => return Ok(Some(format!("attempt {id} is {} in the ledger, with other figures", row.state))),
        }
        Ok(None)
    }

    /// A movement of the account: its entries, by their ids, of these kinds, with this amount.
    fn movement(
        &mut self,
        body: &Value,
        amount: &str,
        kinds: &[&str],
    ) -> Result<Option<String>, LedgerError> {
        let kinds = serde_json::to_string(kinds)?;
        let wanted =
            "SELECT id, amount FROM entries WHERE txn = ?1 AND kind IN (SELECT value FROM json_each(?2))";
        let first = body.get("entries").and_then(|ids| ids.get(0)).and_then(Value::as_i64).unwrap_or(0);
        let moved = self.entries_of(body, wanted, &first.to_string(), &kinds)?;
        let told = number(body, amount).map(i64::abs);
        Ok((moved.is_none() || moved != told)
            .then(|| format!("its entries in the ledger are others (txn {first})")))
    }

    /// The sum of the positive ones among the entries that a query finds, and marks them; `None` unless
    /// the body names exactly these.
    fn entries_of(
        &mut self,
        body: &Value,
        query: &str,
        key: &str,
        kinds: &str,
    ) -> Result<Option<i64>, LedgerError> {
        let mut select = self.snapshot.prepare_cached(query)?;
        let found = select.query_map([key, kinds], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut found: Vec<(i64, i64)> = found.collect::<Result<_, _>>()?;
        found.sort_unstable();
        let named = body.get("entries").and_then(Value::as_array);
        let mut named: Vec<i64> = named.into_iter().flatten().filter_map(Value::as_i64).collect();
        named.sort_unstable();
        if !found.iter().map(|(id, _)| *id).eq(named) {
            return Ok(None);
        }
        for (id, _) in &found {
            self.entries.set(*id);
        }
        Ok(found.iter().map(|(_, amount)| (*amount).max(0)).try_fold(0, i64::checked_add))
    }

    fn run(&mut self, body: &Value) -> Result<Option<String>, LedgerError> {
        let id = text(body, "run");
        let mut select = self.snapshot.prepare_cached(
            "SELECT r.rowid, r.status, r.ended_at IS NOT NULL,
                 (SELECT coalesce(sum(cost_micro_rub), 0) FROM attempts a WHERE a.run = r.run AND a.state = 'settled'),
                 (SELECT count(*) FROM attempts a WHERE a.run = r.run AND a.state = 'settled')
             FROM runs r WHERE r.run = ?1",
        )?;
        let read = |row: &Row<'_>| {
            let figures = (row.get::<_, String>(1)?, row.get::<_, bool>(2)?, row.get(3)?, row.get(4)?);
            Ok((row.get(0)?, figures))
        };
        let found: Option<(i64, (String, bool, i64, i64))> = select.query_row([id], read).optional()?;
        drop(select);
        let Some((rowid, (status, ended, cost, attempts))) = found else {
            return Ok(Some(format!("run {id} is not in the ledger")));
        };
        let told = (text(body, "status"), number(body, "cost_micro_rub"), number(body, "attempts"));
        if !ended || told != (status.as_str(), Some(cost), Some(attempts)) {
            let cost = MicroRub::new(cost);
            return Ok(Some(format!(
                "run {id} is {status} in the ledger, {attempts} attempts for {cost} RUB"
            )));
        }
        self.ended.set(rowid);
        Ok(None)
    }

    /// An approval holds no money, but what ran was approved only if both say so.
    fn approval(&mut self, kind: &str, body: &Value) -> Result<Option<String>, LedgerError> {
        let id = text(body, "approval");
        let mut select = self
            .snapshot
            .prepare_cached("SELECT run, sha256, status, answered_by FROM approvals WHERE id = ?1")?;
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        let found: Option<(String, String, ApprovalStatus, Option<String>)> =
            select.query_row([id], read).optional()?;
        let Some((run, sha256, status, by)) = found else {
            return Ok(Some(format!("approval {id} is not in the ledger")));
        };
        let verdict = if status == ApprovalStatus::Executed { ApprovalStatus::Approved } else { status };
        let agrees = match kind {
            "approval.requested" => true,
            "approval.executed" => status == ApprovalStatus::Executed,
            _ => text(body, "verdict") == verdict.as_str() && by.is_none_or(|by| text(body, "by") == by),
        };
        let same = agrees && text(body, "run") == run && text(body, "sha256") == sha256;
        Ok((!same).then(|| format!("approval {id} of run {run} is {status} in the ledger, for {sha256}")))
    }

    /// All records were given: what came of it.
    pub fn finish(mut self) -> Result<Vec<Check>, LedgerError> {
        let untold = self.untold()?;
        drop(self.snapshot);
        let mut age = Offenders::default();
        if let Some(gap) = gap(&self.reader.conn, self.last_outbox)? {
            age.add(gap.to_string());
        }
        if let Some(anchor) = self.anchor.filter(|_| !self.anchored) {
            age.add(format!(
                "the audit log is older than the ledger, or was cut: record {}, which the ledger has seen, is not in it; it ends at {}",
                anchor.seq, self.last_seq
            ));
        }
        let (records, waiting) = (self.records, self.waiting);
        let retired = match self.retired.of(Thing::Hold).count() {
            0 => String::new(),
            holds => format!("; {holds} attempts are told of by records that were retired"),
        };
        Ok(vec![
            self.wrong.into_check(
                "each audit record of money is in the ledger",
                format!("{records} records agree with their figures"),
            ),
            untold.into_check(
                "each movement of the ledger is in the audit log",
                format!("all are told; {waiting} bodies wait for the log{retired}"),
            ),
            self.twice
                .into_check("no audit record of money is there twice", "each outbox id once".to_owned()),
            age.into_check("ledger and audit log are of one age", "neither is behind the other".to_owned()),
        ])
    }

    /// What no record tells of, but for what the retired ones told of. Those are known as a whole only: where
    /// it is not exactly that, all that is untold is named.
    fn untold(&mut self) -> Result<Offenders, LedgerError> {
        let mut untold = Offenders::default();
        for (thing, query, what, marks) in [
            (Thing::Hold, "SELECT rowid, attempt FROM attempts", "the hold of attempt", &self.held),
            (
                Thing::End,
                "SELECT rowid, attempt FROM attempts WHERE state IN ('settled', 'released')",
                "the end of attempt",
                &self.closed,
            ),
            (
                Thing::Run,
                "SELECT rowid, run FROM runs WHERE ended_at IS NOT NULL",
                "the end of run",
                &self.ended,
            ),
            (Thing::Entry, "SELECT id, CAST(id AS TEXT) FROM entries", "entry", &self.entries),
        ] {
            let mut select = self.snapshot.prepare(query)?;
            let mut rows = select.query([])?;
            let (mut found, mut named) = (Things::default(), Offenders::default());
            while let Some(row) = rows.next()? {
                if !marks.has(row.get(0)?) {
                    let id: String = row.get(1)?;
                    found.add(&id);
                    named.add(format!("{what} {id}"));
                }
            }
            let retired = self.retired.of(thing);
            if found != *retired {
                if retired.count() > 0 {
                    untold.add(format!("{} retired records told of others than these", retired.count()));
                }
                untold.append(named);
            }
        }
        Ok(untold)
    }
}

/// The figures of an attempt that its records repeat.
struct AttemptFigures {
    rowid: i64,
    state: String,
    run: String,
    hold: i64,
    cost: Option<i64>,
    quality: Option<String>,
    meters: [Option<i64>; 6],
}

/// The meters of a usage, as bodies and columns name them.
const METERS: [&str; 6] = ["input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning"];

impl AttemptFigures {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut meters = [None; 6];
        for (nth, name) in METERS.iter().enumerate() {
            if let Some(meter) = meters.get_mut(nth) {
                *meter = row.get(*name)?;
            }
        }
        Ok(Self {
            rowid: row.get(0)?,
            state: row.get(1)?,
            run: row.get(2)?,
            hold: row.get(3)?,
            cost: row.get(4)?,
            quality: row.get(5)?,
            meters,
        })
    }

    fn agrees(&self, body: &Value) -> bool {
        let usage = body.get("usage").unwrap_or(&Value::Null);
        let meters = METERS.map(|name| number(usage, name).or(Some(0)));
        number(body, "cost_micro_rub") == self.cost
            && body.get("quality").and_then(Value::as_str) == self.quality.as_deref()
            && meters == self.meters
    }
}

fn text<'v>(body: &'v Value, field: &str) -> &'v str {
    body.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// An integer, or one that is written as text for readers without 64 bits.
fn number(body: &Value, field: &str) -> Option<i64> {
    let value = body.get(field)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// One bit for each row id.
#[derive(Debug, Default)]
struct Marks(Vec<u64>);

impl Marks {
    /// Ids come from the ledger's own rows, so there are about as many as there are bits.
    fn set(&mut self, id: i64) {
        let Some((word, bit)) = place(id) else { return };
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= bit;
        }
    }

    fn has(&self, id: i64) -> bool {
        place(id).is_some_and(|(word, bit)| self.0.get(word).is_some_and(|bits| bits & bit != 0))
    }
}

fn place(id: i64) -> Option<(usize, u64)> {
    let id = usize::try_from(id).ok()?;
    Some((id / 64, 1 << (id % 64)))
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[test]
    fn each_id_has_a_mark_of_its_own() {
        let ids = [0, 1, 63, 64, 65, 127, 128, 4_096];
        for id in ids {
            let mut marks = Marks::default();
            marks.set(id);
            let marked: Vec<i64> = (0..5_000).filter(|other| marks.has(*other)).collect();
            assert_eq!(marked, [id]);
        }
        let mut marks = Marks::default();
        marks.set(-1);
        assert!(!marks.has(-1), "no row has such an id");
        for id in ids {
            marks.set(id);
        }
        assert!(ids.iter().all(|id| marks.has(*id)), "a later one takes no earlier one away");
        assert_eq!(marks.0.len(), 65, "a bit for each, and no more");
    }
}
