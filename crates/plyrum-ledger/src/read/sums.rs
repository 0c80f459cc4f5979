//! Sums over usage rows: the one place that adds them up, so that every total is the same total.

use std::collections::BTreeMap;

use plyrum_billing_client::{MicroRub, Quality, Usage};
use rusqlite::{Connection, Row};

use crate::error::LedgerError;
use crate::rollup::SUMS;

/// Some of the attempts, and what they were charged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// How many.
    pub attempts: u64,
    /// Σ of their charges.
    pub cost: MicroRub,
}

/// Σ of some settled attempts. Integers, exact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageTotal {
    /// How many runs have their first settled attempt (of this model, provider or role, where one is asked
    /// for) among them: so the runs of days add up to the runs of their month.
    pub runs: u64,
    /// How many they are.
    pub attempts: u64,
    /// Meter by meter.
    pub usage: Usage,
    /// What they were charged, the unpriced ones apart.
    pub cost: MicroRub,
    /// How many have no known price.
    pub unpriced: u64,
    /// How many have the provider's own figures.
    pub reported: u64,
    /// How many were estimated from bytes.
    pub estimated: u64,
    /// How many said nothing and cost nothing.
    pub missing: u64,
    /// How many a person may want to look at.
    pub review: u64,
    /// Those that failed.
    pub failed: Part,
    /// Those whose stream broke off.
    pub cut: Part,
    /// Those that were cancelled.
    pub cancelled: Part,
    /// Those that repeated an earlier one of their step.
    pub retries: Part,
}

impl UsageTotal {
    /// How far the total can be trusted: as far as its weakest part that used anything.
    pub const fn quality(&self) -> Quality {
        match (self.estimated, self.reported) {
            (0, 0) => Quality::Missing,
            (0, _) => Quality::Reported,
            _ => Quality::Estimated,
        }
    }
}

/// Which runs count: those that begin to use what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunsOf {
    Run,
    Model,
    Provider,
    Role,
    /// Model, provider and role together.
    Each,
}

/// Σ of rows of roll-ups, or of attempts, as they are added up: [`SUMS`] and units.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums {
    figures: [i64; SUMS.len()],
    units: BTreeMap<String, i64>,
}

/// The columns of [`Sums`] over rows `u` of `rollups` or `usage_lines`.
pub(crate) fn columns() -> String {
    SUMS.map(|column| format!("coalesce(sum(u.{column}), 0)")).join(", ")
}

impl Sums {
    /// Adds the columns of [`columns`], which start at `first`.
    pub(crate) fn add_row(&mut self, row: &Row<'_>, first: usize) -> Result<(), LedgerError> {
        for (at, figure) in self.figures.iter_mut().enumerate() {
            *figure = sum(*figure, row.get(first + at)?)?;
        }
        Ok(())
    }

    pub(crate) fn add_unit(&mut self, unit: String, count: i64) -> Result<(), LedgerError> {
        let counted = self.units.entry(unit).or_default();
        *counted = sum(*counted, count)?;
        Ok(())
    }

    pub(crate) fn add(&mut self, other: &Self) -> Result<(), LedgerError> {
        for (figure, more) in self.figures.iter_mut().zip(other.figures) {
            *figure = sum(*figure, more)?;
        }
        other.units.iter().try_for_each(|(unit, count)| self.add_unit(unit.clone(), *count))
    }

    /// Σ of charges.
    pub(crate) const fn cost(&self) -> i64 {
        self.figures[7]
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.figures[0] == 0
    }

    pub(crate) fn total(&self, runs: RunsOf) -> UsageTotal {
        let [
            attempts,
            input,
            cache_read,
            cache_write_5m,
            cache_write_1h,
            output,
            reasoning,
            cost,
            unpriced,
            reported,
            estimated,
            missing,
            review,
            failed,
            failed_cost,
            cut,
            cut_cost,
            cancelled,
            cancelled_cost,
            retries,
            retries_cost,
            runs_of_all,
            runs_of_model,
            runs_of_provider,
            runs_of_role,
            runs_of_each,
        ] = self.figures;
        // No figure is negative: each is a sum of columns that are not.
        let part =
            |attempts: i64, cost| Part { attempts: attempts.cast_unsigned(), cost: MicroRub::new(cost) };
        let runs = match runs {
            RunsOf::Run => runs_of_all,
            RunsOf::Model => runs_of_model,
            RunsOf::Provider => runs_of_provider,
            RunsOf::Role => runs_of_role,
            RunsOf::Each => runs_of_each,
        };
        UsageTotal {
            runs: runs.cast_unsigned(),
            attempts: attempts.cast_unsigned(),
            usage: Usage {
                input: input.cast_unsigned(),
                cache_read: cache_read.cast_unsigned(),
                cache_write_5m: cache_write_5m.cast_unsigned(),
                cache_write_1h: cache_write_1h.cast_unsigned(),
                output: output.cast_unsigned(),
                reasoning: reasoning.cast_unsigned(),
                units: self.units.iter().map(|(unit, count)| (unit.clone(), count.cast_unsigned())).collect(),
            },
            cost: MicroRub::new(cost),
            unpriced: unpriced.cast_unsigned(),
            reported: reported.cast_unsigned(),
            estimated: estimated.cast_unsigned(),
            missing: missing.cast_unsigned(),
            review: review.cast_unsigned(),
            failed: part(failed, failed_cost),
            cut: part(cut, cut_cost),
            cancelled: part(cancelled, cancelled_cost),
            retries: part(retries, retries_cost),
        }
    }
}

fn sum(a: i64, b: i64) -> Result<i64, LedgerError> {
    a.checked_add(b).ok_or_else(|| LedgerError::internal("a sum of usage is over 64 bits".to_owned()))
}

/// Σ of one run's settled attempts.
pub(crate) fn of_run(conn: &Connection, run: &str) -> Result<UsageTotal, LedgerError> {
    let mut sums = Sums::default();
    let mut select =
        conn.prepare_cached(&format!("SELECT {} FROM usage_lines u WHERE u.run = ?1", columns()))?;
    let mut rows = select.query([run])?;
    while let Some(row) = rows.next()? {
        sums.add_row(row, 0)?;
    }
    let mut select = conn.prepare_cached(
        "SELECT j.key, sum(j.value) FROM usage_lines u, json_each(u.units) j
         WHERE u.run = ?1 AND u.units IS NOT NULL GROUP BY j.key",
    )?;
    let mut rows = select.query([run])?;
    while let Some(row) = rows.next()? {
        sums.add_unit(row.get(0)?, row.get(1)?)?;
    }
    Ok(sums.total(RunsOf::Run))
}
