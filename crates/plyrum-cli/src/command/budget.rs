//! `plyrum budget`: limits that no request passes. The daemon keeps them, in the transaction that reserves
//! the money.

use super::{Outcome, connected, paths, runtime};
use crate::fault::wrong_use;
use crate::out;
use crate::sanitize::clean;
use crate::table::{left, right, table};
use crate::text::{say, told, words};
use clap::ValueEnum;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{
    BudgetList, BudgetOrder, BudgetQuery, BudgetRef, BudgetRemove, BudgetSet, Fault, view,
};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Set a limit, or change it
    #[command(after_help = SET_EXAMPLES)]
    Set {
        #[command(flatten)]
        budget: What,
        /// The most that may be spent, in rubles; 0 allows nothing that costs
        #[arg(value_name = "RUB")]
        limit: String,
    },
    /// All limits and how far they are used up
    List {
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a limit away
    Remove {
        #[command(flatten)]
        budget: What,
    },
}

const SET_EXAMPLES: &str = "Examples:
  plyrum budget set day 300
  plyrum budget set session 50
  plyrum budget set provider:openai 2000 --per month
  plyrum budget set project 500                     the git work tree around here

A request that could pass a limit is made smaller or refused before it is sent. Limits in config.toml
([budgets] run, session, day, month) hold beside these; of two on the same the lower one holds.";

#[derive(Debug, clap::Args)]
pub(crate) struct What {
    /// day, month, run (each one), session (each one) or session:ID, persona:NAME, provider:NAME,
    /// project (this one) or project:DIR
    #[arg(value_name = "SCOPE", verbatim_doc_comment)]
    scope: String,
    /// Over which time a persona, a provider or a project counts
    #[arg(long, value_name = "PERIOD")]
    per: Option<Per>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Per {
    Day,
    Month,
    Total,
}

impl Per {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Total => "total",
        }
    }
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::Set { budget, limit } => set(budget, limit),
        Command::List { json } => list(*json),
        Command::Remove { budget } => remove(budget),
    }
}

fn set(what: &What, limit: &str) -> Outcome {
    let budget = what.budget()?;
    let limit_micro_rub = rubles(limit)?;
    let order = BudgetOrder { budget, limit_micro_rub };
    runtime()?.block_on(async {
        connected(&paths()?).await?.call::<BudgetSet>(&order).await?;
        let limit = words().rub(order.limit_micro_rub);
        out::print(&clean(&format!("{}\n", said(&order.budget, &limit))))?;
        Ok(ExitCode::SUCCESS)
    })
}

fn remove(what: &What) -> Outcome {
    let budget = what.budget()?;
    runtime()?.block_on(async {
        connected(&paths()?).await?.call::<BudgetRemove>(&budget).await?;
        Ok(ExitCode::SUCCESS)
    })
}

fn list(json: bool) -> Outcome {
    let query = BudgetQuery { workspace: here().ok() };
    let rows =
        runtime()?.block_on(async { connected(&paths()?).await?.call::<BudgetList>(&query).await })?.rows;
    if json {
        out::print_json(&rows)?;
    } else if rows.is_empty() {
        out::print(&format!("{}\n", say!("budget-none")))?;
    } else {
        out::print(&text(&rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(rows: &[view::BudgetRow]) -> String {
    let head = [
        left(say!("col-budget")),
        left(say!("col-per")),
        right(say!("col-limit")),
        right(say!("col-spent")),
        right(say!("col-held")),
        right(say!("col-left")),
        right(say!("col-used")),
        left(say!("col-set-by")),
    ];
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    table(&head, &rows)
}

fn cells(row: &view::BudgetRow) -> Vec<String> {
    let amount = |amount: Option<MicroRub>| amount.map_or("–".to_owned(), |amount| words().rub(amount));
    let name = match &row.key {
        Some(key) => format!("{}:{key}", row.scope),
        None => row.scope.clone(),
    };
    let (limit, spent) = (i128::from(row.limit_micro_rub.get()), row.spent_micro_rub);
    let used = spent.filter(|_| limit > 0).map(|spent| i128::from(spent.get()) * 100 / limit);
    vec![
        name,
        if row.spent_micro_rub.is_none() { say!("budget-each") } else { period(&row.period) },
        words().rub(row.limit_micro_rub),
        spent.map_or("–".to_owned(), |spent| words().charged(spent, row.unpriced as usize)),
        amount(row.held_micro_rub),
        amount(row.left_micro_rub),
        used.map_or("–".to_owned(), |percent| words().percent(percent)),
        told(&row.setting).into_owned(),
    ]
}

/// Over which time a budget counts; a word that a newer daemon says is shown as it is.
fn period(word: &str) -> String {
    match word {
        "day" => say!("budget-day"),
        "month" => say!("budget-month"),
        "total" => say!("budget-total"),
        other => other.to_owned(),
    }
}

impl What {
    fn budget(&self) -> Result<BudgetRef, Fault> {
        let (scope, key) = self.scope.split_once(':').unwrap_or((&self.scope, ""));
        let of = |scope: &str, key: String, period: &str| {
            Ok(BudgetRef { scope: scope.to_owned(), key, period: period.to_owned() })
        };
        let per = self.per.unwrap_or(Per::Month).as_str();
        if self.per.is_some() && matches!(scope, "day" | "month" | "run" | "session") {
            return Err(wrong_use(say!("fault-budget-per", scope = scope)));
        }
        match (scope, key) {
            ("day" | "month", "") => of("all", String::new(), scope),
            ("run", "") => of(scope, String::new(), "total"),
            ("session", key) => of(scope, key.to_owned(), "total"),
            ("project", "") => of(scope, here()?, per),
            ("project", dir) => of(scope, absolute(dir)?, per),
            ("persona" | "provider", key) if !key.is_empty() => of(scope, key.to_owned(), per),
            ("persona" | "provider", _) => Err(wrong_use(say!("fault-budget-which", scope = scope))),
            _ => Err(wrong_use(say!("fault-budget-on", scope = &self.scope)).hint(say!("hint-budget-on"))),
        }
    }
}

/// What the limit is on, as it was understood: which directory, over which time.
fn said(budget: &BudgetRef, limit: &str) -> String {
    let BudgetRef { scope, key, period } = budget;
    let named = format!("{scope}:{key}");
    match (scope.as_str(), key.as_str(), period.as_str()) {
        ("all", _, "day") => say!("budget-set-day", limit = limit),
        ("all", ..) => say!("budget-set-month", limit = limit),
        ("run", "", _) => say!("budget-set-each-run", limit = limit),
        ("session", "", _) => say!("budget-set-each-session", limit = limit),
        ("session", ..) => say!("budget-set", scope = named, limit = limit),
        (.., "day") => say!("budget-set-per-day", scope = named, limit = limit),
        (.., "month") => say!("budget-set-per-month", scope = named, limit = limit),
        _ => say!("budget-set-in-all", scope = named, limit = limit),
    }
}

fn here() -> Result<String, Fault> {
    absolute(".")
}

fn absolute(dir: &str) -> Result<String, Fault> {
    let path = std::fs::canonicalize(dir)
        .map_err(|e| wrong_use(say!("fault-dir", dir = dir, why = e.to_string())))?;
    path.into_os_string().into_string().map_err(|_| wrong_use(say!("fault-dir-text", dir = dir)))
}

/// An amount in rubles, exact, not negative. A decimal comma is as good as a point.
pub(crate) fn rubles(text: &str) -> Result<MicroRub, Fault> {
    if text.split_once(',').is_some_and(|(_, rest)| rest.len() == 3) {
        return Err(wrong_use(say!("fault-two-ways", text = text)).hint(say!("hint-two-ways")));
    }
    let amount = MicroRub::parse_rub(&text.replace(',', "."))
        .map_err(|error| wrong_use(say!("fault-no-amount", text = text, why = error.to_string())))?;
    if amount < MicroRub::ZERO {
        return Err(wrong_use(say!("fault-negative", text = text)));
    }
    Ok(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(scope: &str, per: Option<Per>) -> Result<[String; 3], Fault> {
        let budget = What { scope: scope.to_owned(), per }.budget()?;
        Ok([budget.scope, budget.key, budget.period])
    }

    #[test]
    fn scopes_are_read_as_they_are_said() {
        let is = |text: [&str; 3]| Ok(text.map(str::to_owned));
        assert_eq!(what("day", None), is(["all", "", "day"]));
        assert_eq!(what("session", None), is(["session", "", "total"]));
        assert_eq!(what("session:ab12", None), is(["session", "ab12", "total"]));
        assert_eq!(what("provider:lab", None), is(["provider", "lab", "month"]));
        assert_eq!(what("persona:coder", Some(Per::Total)), is(["persona", "coder", "total"]));
        for wrong in ["week", "day:x", "persona", "run:ab", ""] {
            assert!(what(wrong, None).is_err(), "{wrong}");
        }
        assert!(what("day", Some(Per::Month)).is_err());
    }

    #[test]
    fn what_was_set_is_told_as_it_was_understood() {
        let said = |scope: &str, per| said(&What { scope: scope.to_owned(), per }.budget().unwrap(), "5 ₽");
        assert_eq!([said("day", None), said("run", None)], ["day: 5 ₽", "each run: 5 ₽"]);
        assert_eq!(said("provider:lab", None), "provider:lab per month: 5 ₽");
        assert_eq!(said("persona:coder", Some(Per::Total)), "persona:coder in all: 5 ₽");
    }

    #[test]
    fn amounts_take_both_decimal_marks_and_nothing_below_zero() {
        assert_eq!(rubles("12,50").unwrap(), MicroRub::new(12_500_000));
        assert_eq!(rubles("0.000001").unwrap(), MicroRub::new(1));
        assert!(rubles("1,000").is_err(), "a thousand, or one?");
        assert!(rubles("-1").is_err() && rubles("много").is_err() && rubles("1.0000001").is_err());
    }
}
