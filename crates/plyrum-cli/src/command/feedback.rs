//! `plyrum feedback`: whether an answer was good. The router expects more or less of its model from then on.

use super::{Outcome, connected, paths, runtime};
use crate::out;
use crate::sanitize::clean;
use crate::text::say;
use plyrum_protocol::{FeedbackOrder, RunFeedback};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The latest verdict on a run counts. What models are expected to be worth: plyrum route PROMPT."
)]
pub(crate) struct Args {
    /// The run (an id, its beginning, or `last`)
    run: String,
    /// Whether its answer was good; `none` takes a verdict back
    verdict: Verdict,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Verdict {
    Good,
    Bad,
    None,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let paths = paths()?;
    let order = FeedbackOrder {
        run: args.run.clone(),
        good: match args.verdict {
            Verdict::Good => Some(true),
            Verdict::Bad => Some(false),
            Verdict::None => None,
        },
        client: format!("plyrum feedback {}", env!("CARGO_PKG_VERSION")),
    };
    let taken = runtime()?.block_on(async { connected(&paths).await?.call::<RunFeedback>(&order).await })?;
    if args.json {
        out::print_json(&taken)?;
        return Ok(ExitCode::SUCCESS);
    }
    let domains = if taken.domains.is_empty() { "–".to_owned() } else { taken.domains.join(", ") };
    let run = taken.run.as_str();
    let verdict = taken.good.map(|good| if good { say!("feedback-good") } else { say!("feedback-bad") });
    let line = match (verdict, taken.changed) {
        (Some(verdict), true) => {
            say!("feedback-taken", verdict = verdict, model = &taken.model, domains = domains, run = run)
        }
        (Some(verdict), false) => say!("feedback-same", verdict = verdict, run = run),
        (None, true) => say!("feedback-back", model = &taken.model, domains = domains, run = run),
        (None, false) => say!("feedback-nothing", run = run),
    };
    out::print(&clean(&format!("{line}\n")))?;
    Ok(ExitCode::SUCCESS)
}
