//! What somebody has spent and holds, as limits count it.

use rusqlite::{Connection, params};

use crate::account::ACCOUNT;
use crate::error::LedgerError;

/// Whose money is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose<'a> {
    Run(&'a str),
    Session(&'a str),
    Everybody,
    Persona(&'a str),
    Project(&'a str),
    Provider(&'a str),
}

/// Σ of the charges that were posted from `since` on, in micro-rubles. A run and a session count from their
/// beginning, whatever `since` is.
pub(crate) fn posted(conn: &Connection, whose: Whose<'_>, since: i64) -> Result<i64, LedgerError> {
    let sum = "coalesce(sum(a.cost_micro_rub), 0)";
    let (from, which) = match whose {
        Whose::Run(_) => ("attempts a", "a.run = ?2"),
        Whose::Session(_) => ("runs r JOIN attempts a ON a.run = r.run", "r.session = ?2"),
        Whose::Everybody => ("attempts a", "a.closed_at >= ?1"),
        Whose::Persona(_) => {
            ("attempts a JOIN runs r ON r.run = a.run", "a.closed_at >= ?1 AND r.persona = ?2")
        }
        Whose::Project(_) => {
            ("attempts a JOIN runs r ON r.run = a.run", "a.closed_at >= ?1 AND r.project = ?2")
        }
        Whose::Provider(_) => ("attempts a", "a.closed_at >= ?1 AND a.provider = ?2"),
    };
    let mut select = conn.prepare_cached(&format!(
        "SELECT {sum} FROM {from} WHERE a.state = 'settled' AND {which} AND ?1 IS NOT NULL AND ?2 IS NOT NULL"
    ))?;
    Ok(select.query_row(params![since, whose.key()], |row| row.get(0))?)
}

/// Σ of the holds that are not resolved, in micro-rubles.
pub(crate) fn held(conn: &Connection, whose: Whose<'_>) -> Result<i64, LedgerError> {
    let which = match whose {
        Whose::Everybody => {
            let mut select = conn.prepare_cached("SELECT held FROM accounts WHERE id = ?1")?;
            return Ok(select.query_row([ACCOUNT], |row| row.get(0))?);
        }
        Whose::Run(_) => "a.run = ?1",
        Whose::Session(_) => "r.session = ?1",
        Whose::Persona(_) => "r.persona = ?1",
        Whose::Project(_) => "r.project = ?1",
        Whose::Provider(_) => "a.provider = ?1",
    };
    let mut select = conn.prepare_cached(&format!(
        "SELECT coalesce(sum(a.hold_micro_rub), 0) FROM attempts a JOIN runs r ON r.run = a.run
         WHERE a.state IN ('held', 'sent', 'streaming') AND {which}"
    ))?;
    Ok(select.query_row([whose.key()], |row| row.get(0))?)
}

impl<'a> Whose<'a> {
    const fn key(self) -> &'a str {
        match self {
            Self::Everybody => "",
            Self::Run(key)
            | Self::Session(key)
            | Self::Persona(key)
            | Self::Project(key)
            | Self::Provider(key) => key,
        }
    }
}
