//! `plyrum budget`: limits that no request passes. The daemon keeps them, in the transaction that reserves
//! the money.

use super::{Outcome, connected, paths, runtime};
use crate::fault::wrong_use;
use crate::money::Lang;
use crate::out;
use crate::sanitize::clean;
use crate::table::{Lean, table};
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
        let limit = Lang::of_environment().rub(order.limit_micro_rub);
        out::print(&clean(&format!("{}: {limit}\n", said(&order.budget))))?;
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
        out::print("no budget is set: plyrum budget set day 300\n")?;
    } else {
        out::print(&text(&rows, Lang::of_environment()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(rows: &[view::BudgetRow], lang: Lang) -> String {
    let right = |name| (name, Lean::Right);
    let head = [
        ("budget", Lean::Left),
        ("per", Lean::Left),
        right("limit"),
        right("spent"),
        right("held"),
        right("left"),
        right("used"),
        ("set by", Lean::Left),
    ];
    let rows: Vec<Vec<String>> = rows.iter().map(|row| cells(row, lang)).collect();
    table(&head, &rows)
}

fn cells(row: &view::BudgetRow, lang: Lang) -> Vec<String> {
    let amount = |amount: Option<MicroRub>| amount.map_or("–".to_owned(), |amount| lang.rub(amount));
    let name = match &row.key {
        Some(key) => format!("{}:{key}", row.scope),
        None => row.scope.clone(),
    };
    let (limit, spent) = (i128::from(row.limit_micro_rub.get()), row.spent_micro_rub);
    let used = spent.filter(|_| limit > 0).map(|spent| i128::from(spent.get()) * 100 / limit);
    vec![
        name,
        if row.spent_micro_rub.is_none() { "each" } else { row.period.as_str() }.to_owned(),
        lang.rub(row.limit_micro_rub),
        amount(spent),
        amount(row.held_micro_rub),
        amount(row.left_micro_rub),
        used.map_or("–".to_owned(), |percent| format!("{percent} %")),
        row.setting.clone(),
    ]
}

impl What {
    fn budget(&self) -> Result<BudgetRef, Fault> {
        let (scope, key) = self.scope.split_once(':').unwrap_or((&self.scope, ""));
        let of = |scope: &str, key: String, period: &str| {
            Ok(BudgetRef { scope: scope.to_owned(), key, period: period.to_owned() })
        };
        let per = self.per.unwrap_or(Per::Month).as_str();
        if self.per.is_some() && matches!(scope, "day" | "month" | "run" | "session") {
            return Err(wrong_use(format!("a budget of a {scope} has no --per")));
        }
        match (scope, key) {
            ("day" | "month", "") => of("all", String::new(), scope),
            ("run", "") => of(scope, String::new(), "total"),
            ("session", key) => of(scope, key.to_owned(), "total"),
            ("project", "") => of(scope, here()?, per),
            ("project", dir) => of(scope, absolute(dir)?, per),
            ("persona" | "provider", key) if !key.is_empty() => of(scope, key.to_owned(), per),
            ("persona" | "provider", _) => Err(wrong_use(format!("which {scope}? {scope}:NAME"))),
            _ => Err(wrong_use(format!("`{}` is nothing that a budget can be on", self.scope))
                .hint("day, month, run, session[:ID], persona:NAME, provider:NAME or project[:DIR]")),
        }
    }
}

/// What a limit is on, as it was understood: which directory, over which time.
fn said(budget: &BudgetRef) -> String {
    let BudgetRef { scope, key, period } = budget;
    match (scope.as_str(), key.as_str()) {
        ("all", _) => period.clone(),
        ("run" | "session", "") => format!("each {scope}"),
        ("session", key) => format!("{scope}:{key}"),
        (scope, key) if period == "total" => format!("{scope}:{key} in all"),
        (scope, key) => format!("{scope}:{key} per {period}"),
    }
}

fn here() -> Result<String, Fault> {
    absolute(".")
}

fn absolute(dir: &str) -> Result<String, Fault> {
    let path = std::fs::canonicalize(dir).map_err(|e| wrong_use(format!("{dir}: {e}")))?;
    path.into_os_string().into_string().map_err(|_| wrong_use(format!("{dir}: its path is no valid text")))
}

/// An amount in rubles, exact, not negative. A decimal comma is as good as a point.
pub(crate) fn rubles(text: &str) -> Result<MicroRub, Fault> {
    if text.split_once(',').is_some_and(|(_, rest)| rest.len() == 3) {
        return Err(
            wrong_use(format!("`{text}` can be read in two ways")).hint("write 1000, or 1.000 for one ruble")
        );
    }
    let amount = MicroRub::parse_rub(&text.replace(',', "."))
        .map_err(|error| wrong_use(format!("`{text}` is no amount in rubles: {error}")))?;
    if amount < MicroRub::ZERO {
        return Err(wrong_use(format!("`{text}`: an amount must not be negative")));
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
        let said = |scope: &str, per| said(&What { scope: scope.to_owned(), per }.budget().unwrap());
        assert_eq!([said("day", None), said("run", None)], ["day", "each run"]);
        assert_eq!(said("provider:lab", None), "provider:lab per month");
        assert_eq!(said("persona:coder", Some(Per::Total)), "persona:coder in all");
    }

    #[test]
    fn amounts_take_both_decimal_marks_and_nothing_below_zero() {
        assert_eq!(rubles("12,50").unwrap(), MicroRub::new(12_500_000));
        assert_eq!(rubles("0.000001").unwrap(), MicroRub::new(1));
        assert!(rubles("1,000").is_err(), "a thousand, or one?");
        assert!(rubles("-1").is_err() && rubles("много").is_err() && rubles("1.0000001").is_err());
    }
}
