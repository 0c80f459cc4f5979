//! The usage dashboard from the ledger's file, with or without a daemon. Times are of the caller's calendar; sums are the
//! ledger's.

mod calendar;
mod export;
mod view_of;

use crate::command::config::broken;
use crate::command::ledger::checks;
use crate::command::{ledger, of_ledger, workspace};
use calendar::Calendar;
use jiff::tz::TimeZone;
use jiff::{Timestamp as Time, Zoned};
use plyrum_config::Paths;
use plyrum_ledger::{
    Budget, BudgetId, BudgetScope, DashboardQuery, Limit, Limits, Period, UsageFilter, Windows,
};
use plyrum_protocol::{Fault, view};
use plyrum_settings::Settings;
use plyrum_tui::screen::usage::{ExportFormat, UsageSource};
use std::path::{Path, PathBuf};

/// The ledger of a home.
#[derive(Debug)]
pub(crate) struct Usage {
    paths: Paths,
    zone: TimeZone,
}

impl Usage {
    /// The ledger of these paths, in the time zone of this process.
    pub(crate) fn new(paths: Paths) -> Self {
        Self { paths, zone: TimeZone::system() }
    }

    fn read(&self, query: &view::DashboardQuery, now: &Zoned) -> Result<view::Dashboard, Fault> {
        let calendar = Calendar::of(query, now)?;
        let Some(reader) = ledger(&self.paths)? else {
            return Ok(view_of::nothing(query, &calendar));
        };
        let figures = reader.dashboard(&self.asked(query, &calendar)?).map_err(|e| of_ledger(&e))?;
        view_of::figures(query, &calendar, &figures)
    }

    fn asked(&self, query: &view::DashboardQuery, calendar: &Calendar) -> Result<DashboardQuery, Fault> {
        let filter = &query.filter;
        let [day, week, month] = calendar.spans.map(|(since, _)| since);
        Ok(DashboardQuery {
            now: calendar.now,
            since: calendar.since,
            until: calendar.until,
            previous: calendar.previous,
            filter: UsageFilter {
                model: filter.model.clone(),
                provider: filter.provider.clone(),
                persona: filter.persona.clone(),
                role: filter.role.clone(),
                project: filter.project.clone(),
                session: None,
            },
            week,
            limits: Limits { configured: self.configured()?, windows: Windows { day, month } },
            days: calendar.days.iter().map(|(start, _)| *start).collect(),
            hours_since: calendar.hours_since,
        })
    }

    /// The limits of a day and of a month in the configuration; those that were set by command are in the ledger.
    fn configured(&self) -> Result<Vec<Limit>, Fault> {
        let workspace = workspace();
        let settings = Settings::load(&self.paths, workspace.as_deref().map(Path::new))
            .map_err(|problems| broken(&problems))?;
        let of = [(Period::Day, settings.budgets.day), (Period::Month, settings.budgets.month)];
        let limit = |(period, amount): (Period, Option<_>)| {
            let id = BudgetId { scope: BudgetScope::All, key: String::new(), period };
            let setting = format!("budgets.{period}");
            amount.map(|limit| Limit { budget: Budget { id, limit }, setting })
        };
        Ok(of.into_iter().filter_map(limit).collect())
    }
}

impl UsageSource for Usage {
    fn dashboard(&self, query: &view::DashboardQuery) -> Result<view::Dashboard, Fault> {
        self.read(query, &now(&self.zone))
    }

    fn export(&self, format: ExportFormat, shown: &view::Dashboard) -> Result<PathBuf, Fault> {
        let today = now(&self.zone).date().to_string();
        export::to_new_file(Path::new("."), &today, format, shown)
    }

    fn verify(&self) -> Result<view::Checks, Fault> {
        let checks = checks(&self.paths)?;
        Ok(view::Checks { ok: checks.iter().all(|check| check.ok), checks })
    }
}

#[expect(clippy::disallowed_methods, reason = "today, this week and this month are the caller's")]
fn now(zone: &TimeZone) -> Zoned {
    Time::now().to_zoned(zone.clone())
}

#[cfg(test)]
mod tests;
