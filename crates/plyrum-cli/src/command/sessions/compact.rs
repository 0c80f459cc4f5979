//! `sessions compact`: a run like any other, whose answer is a summary of the older turns.

use super::{call, show};
use crate::command::ask::{Format, Show, Style, carry_out, new_run_id, parse_rub};
use crate::command::{paths, workspace};
use crate::out;
use crate::text::say;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{Compact, Fault, Owner, SessionRef, SessionShow, Submit, SubmitOptions};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The turns stay in the transcript, and `plyrum sessions rewind` brings them back; from now on a \
model is told the summary in their place. --dry-run shows first what it would cost."
)]
pub(crate) struct Args {
    /// A session or run: an id, its beginning, or `last`
    #[arg(default_value = "last")]
    id: String,
    /// So many of the latest turns stay as they are
    #[arg(short, long, value_name = "N", default_value_t = 2)]
    keep: u32,
    /// What the summary should mind especially
    #[arg(long, value_name = "TEXT")]
    focus: Option<String>,
    /// The model that writes it
    #[arg(short, long, value_name = "ID")]
    model: Option<String>,
    /// It may cost at most this many rubles
    #[arg(long, value_name = "RUB", value_parser = parse_rub)]
    max_cost: Option<MicroRub>,
    /// Show what it would cost, without doing it
    #[arg(long)]
    dry_run: bool,
    /// The result as one line of JSON
    #[arg(long)]
    json: bool,
    /// No notices and no cost line
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> ExitCode {
    // What it cost is always told: it is the point of the command.
    let format = if args.json { Format::Json } else { Format::Text };
    let show = Show::new(Style { format, quiet: args.quiet, verbose: !args.quiet, ..Style::default() });
    let course = || -> Result<ExitCode, Fault> {
        let code = carry_out(&paths()?, &show, submit(args)?, Vec::new(), false)?;
        if code == ExitCode::SUCCESS && !args.dry_run && !args.quiet {
            tell_what_came_of_it(&args.id)?;
        }
        Ok(code)
    };
    course().unwrap_or_else(|fault| show.refused(&fault))
}

/// What is told from now on, and whether once more would help.
fn tell_what_came_of_it(id: &str) -> Result<(), Fault> {
    let detail = call::<SessionShow>(&SessionRef { session: id.to_owned(), workspace: workspace() })?;
    let Some(context) = &detail.context else { return Ok(()) };
    if context.summary.is_none() {
        out::notice(&say!("sessions-summary-cut"));
        return Ok(());
    }
    out::err(&say!("sessions-from-now-on", meter = show::meter(context)));
    if context.left_out_turns > 0 {
        out::note(&say!("sessions-more-to-compact"));
    }
    Ok(())
}

fn submit(args: &Args) -> Result<Submit, Fault> {
    Ok(Submit {
        run: new_run_id()?,
        session: Some(args.id.clone()),
        prompt: args.focus.clone().unwrap_or_default(),
        attachments: Vec::new(),
        options: SubmitOptions {
            model: args.model.clone(),
            max_cost_micro_rub: args.max_cost,
            ..SubmitOptions::default()
        },
        workspace: workspace(),
        client: format!("plyrum sessions {}", env!("CARGO_PKG_VERSION")),
        owner: Owner::Connection,
        dry_run: args.dry_run,
        compact: Some(Compact { keep_turns: args.keep }),
    })
}
