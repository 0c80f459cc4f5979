//! `sessions search`.

use super::list::{project_name, tell_behind};
use super::{call, directory};
use crate::command::Outcome;
use crate::fault::wrong_use;
use crate::range::within;
use crate::sanitize::cell;
use crate::text::say;
use crate::{out, text};
use plyrum_protocol::{SessionSearch, SessionSearchQuery, view};
use std::io::IsTerminal as _;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Words must all occur, in any form (маршрутизатор finds маршрутизаторы).
  \"exact words\"   words that follow each other
  -word           must not occur (after --)
  begin*          the beginning of a word

Examples:
  plyrum sessions search микрорубли округление
  plyrum sessions search --project '\"one rounding\" ledger*'
  plyrum sessions search -- router -weights")]
pub(crate) struct Args {
    /// Words to look for
    #[arg(required = true)]
    text: Vec<String>,
    /// Only in the project of this directory (without one: of the working directory)
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    project: Option<String>,
    /// Only in this session
    #[arg(short, long, value_name = "ID")]
    session: Option<String>,
    /// At most this many
    #[arg(short = 'n', long, default_value_t = 20, value_parser = within(1..=256_u16))]
    limit: u16,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let query = SessionSearchQuery {
        text: args.text.join(" "),
        workspace: args.project.as_deref().map(|dir| directory(Some(dir))).transpose()?,
        session: args.session.clone(),
        limit: u32::from(args.limit),
        cursor: None,
    };
    if query.text.trim().is_empty() {
        return Err(wrong_use(say!("fault-no-words")));
    }
    let found = call::<SessionSearch>(&query)?;
    if args.json {
        out::print_json(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    tell_behind(found.behind);
    if found.hits.is_empty() {
        out::err(&say!("sessions-nothing-found"));
        return Ok(ExitCode::SUCCESS);
    }
    let marks = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let lines: String = found.hits.iter().map(|hit| lines(hit, marks)).collect();
    out::print(lines.trim_start_matches('\n'))?;
    Ok(ExitCode::SUCCESS)
}

fn lines(hit: &view::SessionHit, marks: bool) -> String {
    let project = project_name(hit.project.as_deref());
    let project = if project.is_empty() { project } else { format!(" · {}", cell(&project)) };
    format!(
        "\n{} · {} · {}{project} · {}\n  {}\n",
        text::short(hit.session.as_str()),
        text::time(hit.at),
        role(&hit.role),
        text::shortened(&cell(&hit.title), 60),
        snippet(hit, marks)
    )
}

/// Who said it; a word that a newer daemon says is shown as it is.
fn role(word: &str) -> String {
    match word {
        "user" => say!("role-user"),
        "attachment" => say!("role-attachment"),
        "answer" => say!("role-answer"),
        other => cell(other),
    }
}

/// The snippet, its matches bold at a terminal; made safe piece by piece, since marks count its raw bytes.
fn snippet(hit: &view::SessionHit, marks: bool) -> String {
    let mut shown = String::new();
    let mut done = 0;
    for (from, to) in hit.marks.iter().map(|mark| (mark.from as usize, mark.to as usize)) {
        let (Some(before), Some(word)) = (hit.snippet.get(done..from), hit.snippet.get(from..to)) else {
            break;
        };
        shown += &cell(before);
        if marks {
            shown += &format!("\u{1b}[1m{}\u{1b}[0m", cell(word));
        } else {
            shown += &cell(word);
        }
        done = to;
    }
    shown + &cell(hit.snippet.get(done..).unwrap_or_default())
}
