//! Adds up the pieces of a time by one dimension, from roll-ups or from attempts, with one query text for
//! each kind of piece: both have the same columns (`schema_3.sql`).

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::error::LedgerError;
use crate::read::sums::{self, Sums};
use crate::read::usage::UsageFilter;
use crate::rollup::{EVERYTHING, Piece, SESSIONS};

pub(crate) const HOUR_MS: i64 = 3_600_000;

/// What sums are grouped by. Only these words get into a query: everything from outside is a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dimension {
    None,
    Model,
    Provider,
    Persona,
    Role,
    Project,
    Session,
}

impl Dimension {
    const fn column(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Model => Some("model"),
            Self::Provider => Some("provider"),
            Self::Persona => Some("persona"),
            Self::Role => Some("role"),
            Self::Project => Some("project"),
            Self::Session => Some("session"),
        }
    }
}

/// The columns of roll-ups' keys that must have a value.
pub(crate) fn wanted(filter: &UsageFilter) -> Vec<(&'static str, String)> {
    let named = [
        ("model", &filter.model),
        ("provider", &filter.provider),
        ("persona", &filter.persona),
        ("role", &filter.role),
        ("project", &filter.project),
        ("session", &filter.session),
    ];
    named.into_iter().filter_map(|(column, value)| Some((column, value.clone()?))).collect()
}

/// Sums by key, as pieces are added.
pub(crate) struct Gather<'c> {
    conn: &'c Connection,
    by: Dimension,
    /// Columns that must have a value.
    wanted: Vec<(&'static str, String)>,
    groups: BTreeMap<String, Sums>,
}

impl<'c> Gather<'c> {
    pub(crate) fn new(conn: &'c Connection, by: Dimension, filter: &UsageFilter) -> Self {
        let wanted = wanted(filter);
        Self { conn, by, wanted, groups: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, piece: Piece) -> Result<(), LedgerError> {
        self.add_sums(piece)?;
        self.add_units(piece)
    }

    pub(crate) fn into_groups(self) -> BTreeMap<String, Sums> {
        self.groups
    }

    fn add_sums(&mut self, piece: Piece) -> Result<(), LedgerError> {
        let (key, from) = (self.key(piece), self.from("rollups", piece));
        let query =
            format!("SELECT {key}, {} FROM {from} WHERE {} GROUP BY 1", sums::columns(), self.within(piece));
        let mut select = self.conn.prepare_cached(&query)?;
        let mut rows = select.query(params_from_iter(self.params(piece)))?;
        while let Some(row) = rows.next()? {
            self.groups.entry(row.get(0)?).or_default().add_row(row, 1)?;
        }
        Ok(())
    }

    fn add_units(&mut self, piece: Piece) -> Result<(), LedgerError> {
        let (key, from) = (self.key(piece), self.from("rollup_units", piece));
        let (unit, count, more) = match piece.level {
            Some(_) => ("u.unit", "u.count", ""),
            None => ("j.key", "j.value", ", json_each(u.units) j"),
        };
        let known = if piece.level.is_none() { "AND u.units IS NOT NULL" } else { "" };
        let query = format!(
            "SELECT {key}, {unit}, sum({count}) FROM {from}{more} WHERE {} {known} GROUP BY 1, 2",
            self.within(piece)
        );
        let mut select = self.conn.prepare_cached(&query)?;
        let mut rows = select.query(params_from_iter(self.params(piece)))?;
        while let Some(row) = rows.next()? {
            self.groups.entry(row.get(0)?).or_default().add_unit(row.get(1)?, row.get(2)?)?;
        }
        Ok(())
    }

    /// Where the words of a row's key are: in the table of keys, or in the line itself.
    const fn place(piece: Piece) -> &'static str {
        if piece.level.is_some() { "k" } else { "u" }
    }

    fn key(&self, piece: Piece) -> String {
        self.by.column().map_or_else(|| "''".to_owned(), |column| format!("{}.{column}", Self::place(piece)))
    }

    fn from(&self, table: &str, piece: Piece) -> String {
        match piece.level {
            None => "usage_lines u".to_owned(),
            Some(level) if level == EVERYTHING[0].number => format!("{table} u"),
            Some(level) if level == SESSIONS[0].number => {
                format!("{table} u CROSS JOIN rollup_sessions k ON k.id = u.key")
            }
            Some(_) if self.by == Dimension::None && self.wanted.is_empty() => format!("{table} u"),
            Some(_) => format!("{table} u CROSS JOIN rollup_keys k ON k.id = u.key"),
        }
    }

    fn within(&self, piece: Piece) -> String {
        let mut conditions = match piece.level {
            Some(_) => "u.level = ?1 AND u.start >= ?2 AND u.start < ?3".to_owned(),
            None if self.wanted.iter().any(|(column, _)| *column == "session") => {
                // By way of the session's runs: far fewer than the attempts of a time.
                "?1 IS NULL AND +u.closed_at >= ?2 AND +u.closed_at < ?3".to_owned()
            }
            None => "?1 IS NULL AND u.closed_at >= ?2 AND u.closed_at < ?3".to_owned(),
        };
        for (nth, (column, _)) in self.wanted.iter().enumerate() {
            conditions += &format!(" AND {}.{column} = ?{}", Self::place(piece), nth + 4);
        }
        conditions
    }

    fn params(&self, piece: Piece) -> Vec<Value> {
        let level = piece.level.map_or(Value::Null, Value::Integer);
        let time = [level, Value::Integer(piece.since), Value::Integer(piece.until)];
        time.into_iter().chain(self.wanted.iter().map(|(_, value)| Value::Text(value.clone()))).collect()
    }
}
