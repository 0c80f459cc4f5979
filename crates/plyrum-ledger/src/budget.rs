//! Budgets: how much may be spent by whom in which time, checked where the money is taken.
//!
//! A limit is kept by the transaction that holds: against what is posted in its window *and* everything that
//! is still held, so that no order of settles can pass it. Limits come from two places: the table that a
//! person fills (`plyrum budget set`), and the configuration, which comes with each hold. Where both limit
//! the same thing, the lower one holds.
//!
//! Windows (a day, a month) are the caller's calendar: this crate knows no time zones, so it is told when the
//! current ones began. A window has no end: where a clock is set back, what was spent "later" still counts. What
//! was held under a clock that is then set back by a day or more is charged to the earlier day, which may so
//! have more than its limit, by no more than was held at that moment.

use plyrum_billing_client::MicroRub;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::json;

use crate::bounds;
use crate::error::LedgerError;
use crate::outbox;
use crate::spent::{self, Whose};
use crate::words::{BudgetScope, Period, Scope};

/// The most limits that a ledger keeps, and that a hold may bring.
pub const MAX_BUDGETS: usize = 256;

/// What a limit is on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BudgetId {
    /// What is counted together.
    pub scope: BudgetScope,
    /// Which one: a session, persona, project or provider. Empty for each run, each session, and everything.
    pub key: String,
    /// Over which time.
    pub period: Period,
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// What it is on.
    pub id: BudgetId,
    /// The most that may be posted and held; zero allows nothing that costs.
    pub limit: MicroRub,
}

/// A limit that comes with a hold, and where a person changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The limit.
    pub budget: Budget,
    /// A command or a configuration key.
    pub setting: String,
}

/// When the current day and month began, in milliseconds since the epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Windows {
    /// Of the day.
    pub day: i64,
    /// Of the month.
    pub month: i64,
}

/// The configuration's limits, as a hold or a settle brings them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// At most [`MAX_BUDGETS`]; those of the table are known here already.
    pub configured: Vec<Limit>,
    /// The current windows.
    pub windows: Windows,
}

/// Half, four fifths or all of a limit is spent: told once for each window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetNotice {
    /// The limit.
    pub budget: Budget,
    /// Where to change it.
    pub setting: String,
    /// 50, 80 or 100: the highest that was reached.
    pub percent: u8,
    /// What is posted in the window.
    pub spent: MicroRub,
}

/// A limit and how far it is used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetState {
    /// The limit.
    pub budget: Budget,
    /// Where to change it.
    pub setting: String,
    /// Posted in the window; `None` for a limit on each run or each session.
    pub spent: Option<MicroRub>,
    /// Held now, likewise.
    pub held: Option<MicroRub>,
    /// How many requests of the window are not in it, since their price is not known.
    pub unpriced: u64,
}

/// The run that wants to spend, as far as limits look at it.
#[derive(Debug, Clone)]
pub(crate) struct Spender {
    pub run: String,
    pub session: String,
    pub persona: String,
    pub project: Option<String>,
}

impl BudgetId {
    /// When its window began.
    const fn since(&self, windows: Windows) -> i64 {
        match self.period {
            Period::Total => 0,
            Period::Day => windows.day,
            Period::Month => windows.month,
        }
    }

    /// How it is refused.
    pub(crate) const fn refusal_scope(&self) -> Scope {
        match (self.scope, self.period) {
            (BudgetScope::Run, _) => Scope::Run,
            (BudgetScope::Session, _) => Scope::Session,
            (BudgetScope::Persona, _) => Scope::Persona,
            (BudgetScope::Project, _) => Scope::Project,
            (BudgetScope::Provider, _) => Scope::Provider,
            (BudgetScope::All, Period::Day) => Scope::Day,
            (BudgetScope::All, Period::Month | Period::Total) => Scope::Month,
        }
    }

    /// Whether it limits this run, with money for these providers.
    fn limits(&self, spender: &Spender, providers: &[&str]) -> bool {
        match self.scope {
            BudgetScope::All | BudgetScope::Run => true,
            BudgetScope::Session => self.key.is_empty() || self.key == spender.session,
            BudgetScope::Persona => self.key == spender.persona,
            BudgetScope::Project => spender.project.as_deref() == Some(self.key.as_str()),
            BudgetScope::Provider => providers.contains(&self.key.as_str()),
        }
    }

    /// Whose money counts against it, once it limits this run.
    fn whose<'a>(&'a self, spender: &'a Spender) -> Whose<'a> {
        match self.scope {
            BudgetScope::Run => Whose::Run(&spender.run),
            BudgetScope::Session => Whose::Session(&spender.session),
            BudgetScope::All => Whose::Everybody,
            BudgetScope::Persona => Whose::Persona(&self.key),
            BudgetScope::Project => Whose::Project(&self.key),
            BudgetScope::Provider => Whose::Provider(&self.key),
        }
    }

    /// Under which key a notice is remembered: a limit on each run or session has one for each of them.
    fn notice_key<'a>(&'a self, spender: &'a Spender) -> &'a str {
        match self.scope {
            BudgetScope::Run => &spender.run,
            BudgetScope::Session => &spender.session,
            BudgetScope::All | BudgetScope::Persona | BudgetScope::Project | BudgetScope::Provider => {
                &self.key
            }
        }
    }

    /// The command that sets it.
    fn command(&self) -> String {
        let what = match (self.scope, self.period, self.key.as_str()) {
            (BudgetScope::All, period, _) => return format!("plyrum budget set {period}"),
            (scope, _, "") => scope.to_string(),
            (scope, _, key) => format!("{scope}:{key}"),
        };
        match self.scope {
            BudgetScope::Run | BudgetScope::Session => format!("plyrum budget set {what}"),
            _ => format!("plyrum budget set {what} --per {}", self.period),
        }
    }

    fn check(&self) -> Result<(), LedgerError> {
        bounds::check_name("budget", &self.key)?;
        let wrong = match self.scope {
            BudgetScope::All => !self.key.is_empty() || self.period == Period::Total,
            BudgetScope::Run => !self.key.is_empty() || self.period != Period::Total,
            BudgetScope::Session => self.period != Period::Total,
            BudgetScope::Persona | BudgetScope::Project | BudgetScope::Provider => self.key.is_empty(),
        };
        if wrong {
            let (scope, key, period) = (self.scope, self.key.escape_debug(), self.period);
            return Err(LedgerError::invalid(format!("no budget is on {scope} `{key}` by {period}")));
        }
        Ok(())
    }
}

impl Limits {
    pub(crate) fn check(&self) -> Result<(), LedgerError> {
        if self.configured.len() > MAX_BUDGETS {
            return Err(LedgerError::invalid(format!("more than {MAX_BUDGETS} limits with one hold")));
        }
        for limit in &self.configured {
            limit.budget.id.check()?;
            bounds::check_amount("budget", limit.budget.limit)?;
            bounds::check_name("setting", &limit.setting)?;
        }
        bounds::check_time("start of the day", self.windows.day)?;
        bounds::check_time("start of the month", self.windows.month)
    }
}

/// Every limit that is on this run: the lower one where two are on the same.
pub(crate) fn in_force(
    conn: &Connection,
    spender: &Spender,
    providers: &[&str],
    limits: &Limits,
) -> Result<Vec<Limit>, LedgerError> {
    let mut found: Vec<Limit> = Vec::new();
    let applies = |limit: &Limit| limit.budget.id.limits(spender, providers);
    for limit in limits.configured.iter().cloned().chain(table(conn)?).filter(applies) {
        match found.iter_mut().find(|other| other.budget.id == limit.budget.id) {
            Some(other) if limit.budget.limit < other.budget.limit => *other = limit,
            Some(_) => {}
            None => found.push(limit),
        }
    }
    Ok(found)
}

/// What a limit still leaves for this run: negative where it is passed already.
pub(crate) fn left(
    conn: &Connection,
    limit: &Budget,
    spender: &Spender,
    windows: Windows,
) -> Result<MicroRub, LedgerError> {
    let whose = limit.id.whose(spender);
    // Inside 64 bits: an account posts and holds no more than the bounds of its figures.
    let committed = spent::posted(conn, whose, limit.id.since(windows))? + spent::held(conn, whose)?;
    Ok(MicroRub::new(limit.limit.get() - committed))
}

/// What is to be told now that something was posted for this run.
pub(crate) fn notices(
    conn: &Connection,
    spender: &Spender,
    provider: &str,
    limits: &Limits,
    at: i64,
) -> Result<Vec<BudgetNotice>, LedgerError> {
    let mut notices = Vec::new();
    for limit in in_force(conn, spender, &[provider], limits)? {
        let id = &limit.budget.id;
        let since = id.since(limits.windows);
        let spent = spent::posted(conn, id.whose(spender), since)?;
        let Some(reached) = reached(spent, limit.budget.limit.get()) else { continue };
        let mut is_news = false;
        for percent in PERCENTS.into_iter().filter(|percent| *percent <= reached) {
            is_news |= remember(conn, &limit.budget, id.notice_key(spender), since, percent, at)?
                && percent == reached;
        }
        if is_news {
            let Limit { budget, setting } = limit;
            notices.push(BudgetNotice { budget, setting, percent: reached, spent: MicroRub::new(spent) });
        }
    }
    Ok(notices)
}

const PERCENTS: [u8; 3] = [50, 80, 100];

/// The highest of the told percentages that is reached. A limit of zero is never: nothing is spent under it.
fn reached(spent: i64, limit: i64) -> Option<u8> {
    let reaches = |percent: &u8| i128::from(spent) * 100 >= i128::from(limit) * i128::from(*percent);
    PERCENTS.into_iter().rev().filter(|_| limit > 0).find(reaches)
}

/// True the first time, and again after the limit was changed.
fn remember(
    conn: &Connection,
    budget: &Budget,
    key: &str,
    since: i64,
    percent: u8,
    at: i64,
) -> Result<bool, LedgerError> {
    let written = conn
        .prepare_cached(
            "INSERT INTO budget_notices (scope, key, period, window_start, percent, limit_micro_rub, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET limit_micro_rub = excluded.limit_micro_rub, at = excluded.at
             WHERE limit_micro_rub <> excluded.limit_micro_rub",
        )?
        .execute(params![budget.id.scope, key, budget.id.period, since, percent, budget.limit.get(), at])?;
    Ok(written == 1)
}

/// Sets a limit, or changes it. The same again changes nothing.
pub(crate) fn set(conn: &Connection, budget: &Budget, at: i64) -> Result<(), LedgerError> {
    budget.id.check()?;
    bounds::check_amount("budget", budget.limit)?;
    bounds::check_time("budget time", at)?;
    let earlier = find(conn, &budget.id)?;
    if earlier == Some(budget.limit.get()) {
        return Ok(());
    }
    if earlier.is_none() && table(conn)?.len() >= MAX_BUDGETS {
        return Err(LedgerError::invalid(format!("more than {MAX_BUDGETS} budgets")));
    }
    conn.prepare_cached(
        "INSERT INTO budgets (scope, key, period, limit_micro_rub, set_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET limit_micro_rub = excluded.limit_micro_rub, set_at = excluded.set_at",
    )?
    .execute(params![budget.id.scope, budget.id.key, budget.id.period, budget.limit.get(), at])?;
    audit(conn, &budget.id, Some(budget.limit), at)
}

/// Takes a limit away; false where there was none.
pub(crate) fn remove(conn: &Connection, id: &BudgetId, at: i64) -> Result<bool, LedgerError> {
    bounds::check_time("budget time", at)?;
    if find(conn, id)?.is_none() {
        return Ok(false);
    }
    conn.prepare_cached("DELETE FROM budgets WHERE scope = ?1 AND key = ?2 AND period = ?3")?
        .execute(params![id.scope, id.key, id.period])?;
    audit(conn, id, None, at).map(|()| true)
}

fn audit(conn: &Connection, id: &BudgetId, limit: Option<MicroRub>, at: i64) -> Result<(), LedgerError> {
    let body = json!({ "scope": id.scope, "key": id.key, "period": id.period, "limit_micro_rub": limit });
    outbox::push(conn, at, "budget", &body).map(drop)
}

fn find(conn: &Connection, id: &BudgetId) -> Result<Option<i64>, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT limit_micro_rub FROM budgets WHERE scope = ?1 AND key = ?2 AND period = ?3",
    )?;
    Ok(select.query_row(params![id.scope, id.key, id.period], |row| row.get(0)).optional()?)
}

/// The limits that a person has set, in a stable order.
pub(crate) fn table(conn: &Connection) -> Result<Vec<Limit>, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT scope, key, period, limit_micro_rub FROM budgets ORDER BY scope, key, period",
    )?;
    let limits = select.query_map([], from_row)?.collect::<Result<_, _>>()?;
    Ok(limits)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Limit> {
    let id = BudgetId { scope: row.get(0)?, key: row.get(1)?, period: row.get(2)? };
    let setting = id.command();
    Ok(Limit { budget: Budget { id, limit: MicroRub::new(row.get(3)?) }, setting })
}

/// How far these limits and those of the table are used up.
pub(crate) fn states(conn: &Connection, limits: &Limits) -> Result<Vec<BudgetState>, LedgerError> {
    let mut states = Vec::new();
    for Limit { budget, setting } in limits.configured.iter().cloned().chain(table(conn)?) {
        let key = budget.id.key.clone();
        let each = matches!(budget.id.scope, BudgetScope::Run | BudgetScope::Session) && key.is_empty();
        let spender = Spender { run: String::new(), session: key, persona: String::new(), project: None };
        let whose = budget.id.whose(&spender);
        let (spent, held, unpriced) = if each {
            (None, None, 0)
        } else {
            let since = budget.id.since(limits.windows);
            let posted = spent::posted(conn, whose, since)?;
            (Some(posted), Some(spent::held(conn, whose)?), spent::unpriced(conn, whose, since)?)
        };
        states.push(BudgetState {
            setting,
            spent: spent.map(MicroRub::new),
            held: held.map(MicroRub::new),
            unpriced,
            budget,
        });
    }
    Ok(states)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_reached_exactly() {
        let reached = |spent| reached(spent, 1_000);
        assert_eq!([reached(499), reached(500), reached(799)], [None, Some(50), Some(50)]);
        assert_eq!(
            [reached(800), reached(999), reached(1_000), reached(5_000)],
            [80, 80, 100, 100].map(Some)
        );
        assert_eq!(super::reached(0, 0), None);
        assert_eq!(super::reached(i64::MAX, i64::MAX), Some(100));
    }

    #[test]
    fn a_limit_names_the_command_that_sets_it() {
        let id = |scope, key: &str, period| BudgetId { scope, key: key.to_owned(), period };
        let command = |scope, key, period| id(scope, key, period).command();
        assert_eq!(command(BudgetScope::All, "", Period::Day), "plyrum budget set day");
        assert_eq!(command(BudgetScope::Session, "", Period::Total), "plyrum budget set session");
        assert_eq!(
            command(BudgetScope::Provider, "lab", Period::Month),
            "plyrum budget set provider:lab --per month"
        );
    }
}
