//! What somebody has spent and holds, as limits count it.

use rusqlite::{Connection, params};

use crate::account::ACCOUNT;
use crate::error::LedgerError;
use crate::rollup::{self, SpentBy};

/// The end of a window that has none: a whole number of the widest roll-up rows, so that nothing is left
/// over to be read from narrower ones. It is about the year 89 500.
pub(crate) const NEVER_MS: i64 = 32 * 86_400_000 * 1_000_000;

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
    match by(whose) {
        By::Run(run) => of_run(conn, run),
        By::Session(session) => of_session(conn, session),
        By::Time(by) => rollup::spent(conn, by, since, NEVER_MS),
    }
}

/// How many requests of the same have no known price: they are in no sum.
pub(crate) fn unpriced(conn: &Connection, whose: Whose<'_>, since: i64) -> Result<u64, LedgerError> {
    let (of, key) = match by(whose) {
        By::Run(run) => ("r.run", run),
        By::Session(session) => ("r.session", session),
        By::Time(by) => return rollup::unpriced(conn, by, since, NEVER_MS).map(i64::cast_unsigned),
    };
    let mut select = conn.prepare_cached(&format!(
        "SELECT count(*) FROM runs r JOIN attempts a ON a.run = r.run
         WHERE {of} = ?1 AND a.state = 'settled' AND a.cost_micro_rub IS NULL"
    ))?;
    Ok(select.query_row([key], |row| row.get(0))?)
}

/// How somebody's money is found.
enum By<'a> {
    Run(&'a str),
    Session(&'a str),
    Time(SpentBy<'a>),
}

const fn by(whose: Whose<'_>) -> By<'_> {
    By::Time(match whose {
        Whose::Run(run) => return By::Run(run),
        Whose::Session(session) => return By::Session(session),
        Whose::Everybody => SpentBy::All,
        Whose::Persona(persona) => SpentBy::Persona(persona),
        Whose::Project(project) => SpentBy::Project(project),
        Whose::Provider(provider) => SpentBy::Provider(provider),
    })
}

fn of_run(conn: &Connection, run: &str) -> Result<i64, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT coalesce(sum(cost_micro_rub), 0) FROM attempts WHERE run = ?1 AND state = 'settled'",
    )?;
    Ok(select.query_row([run], |row| row.get(0))?)
}

fn of_session(conn: &Connection, session: &str) -> Result<i64, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT coalesce(sum(a.cost_micro_rub), 0) FROM runs r JOIN attempts a ON a.run = r.run
         WHERE r.session = ?1 AND a.state = 'settled'",
    )?;
    Ok(select.query_row([session], |row| row.get(0))?)
}

/// Σ of the holds that are not resolved, in micro-rubles.
pub(crate) fn held(conn: &Connection, whose: Whose<'_>) -> Result<i64, LedgerError> {
    let (which, key) = match whose {
        Whose::Everybody => {
            let mut select = conn.prepare_cached("SELECT held FROM accounts WHERE id = ?1")?;
            return Ok(select.query_row([ACCOUNT], |row| row.get(0))?);
        }
        Whose::Run(run) => ("a.run = ?1", run),
        Whose::Session(session) => ("r.session = ?1", session),
        Whose::Persona(persona) => ("r.persona = ?1", persona),
        Whose::Project(project) => ("r.project = ?1", project),
        Whose::Provider(provider) => ("a.provider = ?1", provider),
    };
    let mut select = conn.prepare_cached(&format!(
        "SELECT coalesce(sum(a.hold_micro_rub), 0) FROM attempts a JOIN runs r ON r.run = a.run
         WHERE a.state IN ('held', 'sent', 'streaming') AND {which}"
    ))?;
    Ok(select.query_row(params![key], |row| row.get(0))?)
}
