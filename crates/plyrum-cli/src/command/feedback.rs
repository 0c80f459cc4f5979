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
    /// Whether its answer was good
    verdict: Verdict,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Verdict {
    Good,
    Bad,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let paths = paths()?;
    let order = FeedbackOrder {
        run: args.run.clone(),
        good: args.verdict == Verdict::Good,
        client: format!("plyrum feedback {}", env!("CARGO_PKG_VERSION")),
    };
    let taken = runtime()?.block_on(async { connected(&paths).await?.call::<RunFeedback>(&order).await })?;
    if args.json {
        out::print_json(&taken)?;
        return Ok(ExitCode::SUCCESS);
    }
    let domains = if taken.domains.is_empty() { "–".to_owned() } else { taken.domains.join(", ") };
    let verdict = if taken.good { say!("feedback-good") } else { say!("feedback-bad") };
    let line = if taken.changed {
        say!(
            "feedback-taken",
            verdict = verdict,
            model = &taken.model,
            domains = domains,
            run = taken.run.as_str()
        )
    } else {
        say!("feedback-same", verdict = verdict, run = taken.run.as_str())
    };
    out::print(&clean(&format!("{line}\n")))?;
    Ok(ExitCode::SUCCESS)
}
