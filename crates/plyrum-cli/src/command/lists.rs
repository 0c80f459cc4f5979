//! `plyrum plans|personas|models list`: what the daemon has.

use super::{Outcome, connected, paths, runtime};
use crate::out;
use crate::sanitize::clean;
use crate::table::{Lean, left, right, table};
use crate::text::{self, say, told, words};
use plyrum_protocol::{
    ErrorKind, Fault, Listing, Method, ModelList, Page, PersonaList, PlanCheck, PlanList, PlanRef, PlanShow,
    PlanText, PlanTexts, ProviderChoice, ProviderRefresh, view,
};
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Plans {
    /// All plans
    List {
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// A plan's steps
    Show {
        /// Its name
        plan: String,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Check plan files, or without one all that would be loaded; errors name file, line and step
    Check {
        /// Files to check
        file: Vec<std::path::PathBuf>,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Personas {
    /// All personas
    List {
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Models {
    /// All models, with their prices and whether they can be used now
    List {
        /// Ask the providers for their own lists first
        #[arg(long)]
        refresh: bool,
        /// Ask this provider only
        #[arg(long, value_name = "NAME", requires = "refresh")]
        provider: Option<String>,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
}

/// All pages of a list.
fn fetch<M, T>() -> Result<Vec<T>, Fault>
where
    M: Method<Params = Page, Reply = Listing<T>>,
{
    let paths = paths()?;
    runtime()?.block_on(async { pages::<M, T>(&mut connected(&paths).await?).await })
}

/// All pages of a list, from a daemon that is there.
pub(super) async fn pages<M, T>(client: &mut plyrum_client::Client) -> Result<Vec<T>, Fault>
where
    M: Method<Params = Page, Reply = Listing<T>>,
{
    let (mut rows, mut page) = (Vec::new(), Page::default());
    loop {
        let listing = client.call::<M>(&page).await?;
        rows.extend(listing.rows);
        match listing.next {
            Some(cursor) => page = Page { cursor: Some(cursor) },
            None => return Ok(rows),
        }
    }
}

fn show<T: Serialize>(
    rows: &[T],
    json: bool,
    head: &[(String, Lean)],
    cells: impl Fn(&T) -> Vec<String>,
) -> Outcome {
    if json {
        out::print_json(&rows)?;
    } else {
        out::print(&table(head, &rows.iter().map(cells).collect::<Vec<_>>()))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn plans(command: &Plans) -> Outcome {
    match command {
        Plans::List { json } => {
            let rows = fetch::<PlanList, _>()?;
            let head = [
                left(say!("col-plan")),
                left(say!("col-description")),
                left(say!("col-steps")),
                left(say!("col-from")),
            ];
            show(&rows, *json, &head, |row| {
                vec![
                    row.plan.clone(),
                    told(&row.description).into_owned(),
                    row.steps.join(" "),
                    told(&row.origin).into_owned(),
                ]
            })
        }
        Plans::Show { plan, json } => show_plan(plan, *json),
        Plans::Check { file, json } => check_plans(file, *json),
    }
}

fn show_plan(plan: &str, json: bool) -> Outcome {
    let paths = paths()?;
    let asked = PlanRef { plan: plan.to_owned() };
    let plan = runtime()?.block_on(async { connected(&paths).await?.call::<PlanShow>(&asked).await })?;
    if json {
        out::print_json(&plan)?;
        return Ok(ExitCode::SUCCESS);
    }
    let head = say!(
        "plan-head",
        plan = &plan.plan,
        description = &*told(&plan.description),
        fan = &plan.fan_out,
        from = &*told(&plan.origin)
    );
    out::print(&clean(&format!("{head}\n")))?;
    let head = [
        left(say!("col-step")),
        left(say!("col-kind")),
        right(say!("col-members")),
        left(say!("col-models")),
        left(say!("col-after")),
    ];
    show(&plan.steps, false, &head, |step| {
        let kind = format!("{:?}", step.kind).to_lowercase();
        vec![step.step.clone(), kind, step.members.to_string(), step.models.clone(), step.after.join(" ")]
    })
}

fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Fault {
    let path = path.display().to_string();
    crate::fault::wrong_use(say!("fault-read", path = path, why = error.to_string()))
}

fn check_plans(files: &[std::path::PathBuf], json: bool) -> Outcome {
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
        Ok(PlanText { name: path.display().to_string(), text })
    };
    let asked = PlanTexts { files: files.iter().map(read).collect::<Result<_, Fault>>()? };
    let paths = paths()?;
    let report = runtime()?.block_on(async { connected(&paths).await?.call::<PlanCheck>(&asked).await })?;
    if json {
        out::print_json(&report)?;
    } else {
        let line = |check: &view::Check| {
            format!("{} {}: {}\n", text::verdict(check.ok), check.name, told(&check.detail))
        };
        out::print(&clean(&report.checks.iter().map(line).collect::<Vec<_>>().concat()))?;
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::from(ErrorKind::Config.exit_code()) })
}

pub(crate) fn personas(command: &Personas) -> Outcome {
    let Personas::List { json } = command;
    let rows = fetch::<PersonaList, _>()?;
    show(
        &rows,
        *json,
        &[left(say!("col-persona")), left(say!("col-description")), left(say!("col-from"))],
        |row| vec![row.persona.clone(), row.description.clone(), told(&row.origin).into_owned()],
    )
}

pub(crate) fn models(command: &Models) -> Outcome {
    let Models::List { refresh, provider, json } = command;
    if *refresh {
        renew(provider.as_deref())?;
    }
    let rows = fetch::<ModelList, _>()?;
    let head = [
        left(say!("col-model")),
        left(say!("col-ready")),
        left(say!("col-pictures")),
        right(say!("col-context")),
        right(say!("col-input-m")),
        right(say!("col-output-m")),
        left(say!("col-currency")),
        left(say!("col-from")),
    ];
    show(&rows, *json, &head, |row| {
        let unknown = || "?".to_owned();
        let price = |price: Option<&String>| price.map_or_else(unknown, |price| words().decimal(price));
        vec![
            row.model.clone(),
            readiness(row),
            pictures(row),
            crate::money::count(row.context_tokens),
            price(row.input_per_million.as_ref()),
            price(row.output_per_million.as_ref()),
            row.currency.clone().unwrap_or_else(unknown),
            told(&row.origin).into_owned(),
        ]
    })
}

/// Asks for the lists; what came of it is told beside the list itself.
fn renew(provider: Option<&str>) -> Result<(), Fault> {
    let paths = paths()?;
    let asked = ProviderChoice { provider: provider.map(str::to_owned) };
    let rows =
        runtime()?.block_on(async { connected(&paths).await?.call::<ProviderRefresh>(&asked).await })?.rows;
    if rows.is_empty() {
        out::note(&say!("models-nobody-to-ask"));
    }
    for row in &rows {
        let line = match &row.why_not {
            Some(why) => say!("models-no-list", provider = &row.provider, why = &*told(why)),
            None => say!(
                "models-renewed",
                provider = &row.provider,
                n = row.models,
                added = row.added,
                gone = row.gone
            ),
        };
        out::note(&line);
        if row.left_out > 0 {
            out::note(&say!("models-left-out", provider = &row.provider, n = row.left_out));
        }
    }
    Ok(())
}

/// Whether it takes pictures; one of which that is not known is sent none.
fn pictures(row: &view::ModelRow) -> String {
    match row.images {
        Some(true) => say!("models-pictures"),
        Some(false) => say!("models-no-pictures"),
        None => "?".to_owned(),
    }
}

fn readiness(row: &view::ModelRow) -> String {
    match &row.why_not {
        Some(why) => say!("models-not-ready", why = &*told(why)),
        None if row.only_when_named => say!("models-named-only"),
        None => say!("models-ready"),
    }
}
