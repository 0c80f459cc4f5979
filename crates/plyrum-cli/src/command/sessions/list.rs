//! `sessions list`.

use super::directory;
use crate::command::{Outcome, connected, paths, runtime};
use crate::money::count;
use crate::range::within;
use crate::table::{left, right, table};
use crate::text::{say, words};
use crate::{out, text};
use plyrum_protocol::{Fault, SessionList, SessionQuery, view};
use std::path::Path;
use std::process::ExitCode;

/// Longest title and project in a row.
const TITLE_CHARS: usize = 48;
const PROJECT_CHARS: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only those of the project of this directory (without one: of the working directory)
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    project: Option<String>,
    /// At most this many
    #[arg(short = 'n', long, default_value_t = 20, value_parser = within(1..=10000_u16))]
    limit: u16,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let workspace = args.project.as_deref().map(|dir| directory(Some(dir))).transpose()?;
    let of_project = workspace.is_some();
    let (rows, behind) = rows(workspace, usize::from(args.limit))?;
    tell_behind(behind);
    if args.json {
        out::print_json(&rows)?;
    } else if rows.is_empty() {
        out::err(&if of_project { say!("sessions-none-of-project") } else { say!("sessions-none") });
    } else {
        out::print(&list_text(&rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// An index that is not complete yet is not told as if it were.
pub(super) fn tell_behind(behind: u64) {
    if behind > 0 {
        out::note(&say!("sessions-behind", n = behind));
    }
}

/// The rows, and how many sessions are not in the index yet.
fn rows(workspace: Option<String>, limit: usize) -> Result<(Vec<view::SessionRow>, u64), Fault> {
    let paths = paths()?;
    runtime()?.block_on(async {
        let mut client = connected(&paths).await?;
        let mut query = SessionQuery { workspace, cursor: None };
        let mut rows = Vec::new();
        loop {
            let page = client.call::<SessionList>(&query).await?;
            rows.extend(page.rows);
            query.cursor = page.next;
            if query.cursor.is_none() || rows.len() >= limit {
                rows.truncate(limit);
                return Ok((rows, page.behind));
            }
        }
    })
}

fn list_text(rows: &[view::SessionRow]) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                text::short(row.session.as_str()),
                text::time(row.updated_at),
                count(row.turns),
                words().charged(row.cost_micro_rub, row.unpriced as usize),
                text::shortened(&project_name(row.project.as_deref()), PROJECT_CHARS),
                text::shortened(&row.title, TITLE_CHARS),
            ]
        })
        .collect();
    let head = [
        left(say!("col-session")),
        left(say!("col-last-used")),
        right(say!("col-turns")),
        right(say!("col-cost")),
        left(say!("col-project")),
        left(say!("col-title")),
    ];
    table(&head, &cells)
}

/// The last part of a project's path.
pub(super) fn project_name(path: Option<&str>) -> String {
    let name =
        path.and_then(|path| Path::new(path).file_name()).map(|name| name.to_string_lossy().into_owned());
    name.or(path.map(str::to_owned)).unwrap_or_default()
}
