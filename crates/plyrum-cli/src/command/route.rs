//! `plyrum route`: how a prompt would be routed, and why. Runs nothing and costs nothing.

use super::{Outcome, connected, paths, runtime};
use crate::out;
use crate::sanitize::clean;
use plyrum_protocol::{Decision, RouteExplain, RouteQuery, SubmitOptions};
use std::fmt::Write as _;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    #[arg(required = true)]
    prompt: Vec<String>,
    /// As if this model were asked for
    #[arg(short, long, value_name = "ID")]
    model: Option<String>,
    /// As if this plan were asked for
    #[arg(long, value_name = "NAME")]
    plan: Option<String>,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> Outcome {
    let query = RouteQuery {
        prompt: args.prompt.join(" "),
        attachments: Vec::new(),
        options: SubmitOptions { model: args.model, plan: args.plan, ..SubmitOptions::default() },
        workspace: std::env::current_dir().ok().and_then(|dir| dir.into_os_string().into_string().ok()),
    };
    let paths = paths()?;
    let decision =
        runtime()?.block_on(async { connected(&paths).await?.call::<RouteExplain>(&query).await })?;
    if args.json {
        out::print_json(&decision)?;
    } else {
        out::print(&clean(&text(&decision)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(decision: &Decision) -> String {
    let confidence = decision.intent_confidence_milli / 10;
    let mut text = format!("intent    {} ({confidence} %)\n", decision.intent);
    let _infallible = writeln!(text, "risk      {}", decision.risk);
    for reason in &decision.risk_reasons {
        let _infallible = writeln!(text, "          because {reason}");
    }
    let domains = if decision.domains.is_empty() { "–".to_owned() } else { decision.domains.join(", ") };
    let _infallible = writeln!(text, "domains   {domains}");
    let _infallible = writeln!(text, "answer    {}, {}", decision.output_kind, decision.language);
    let _infallible = writeln!(text, "plan      {}", decision.plan);
    for reason in &decision.reasons {
        let _infallible = writeln!(text, "          because {reason}");
    }
    for candidate in &decision.candidates {
        let _infallible = writeln!(text, "model     {} ({})", candidate.model, candidate.reasons.join(", "));
    }
    for excluded in &decision.excluded {
        let _infallible = writeln!(text, "not       {} ({})", excluded.model, excluded.reasons.join(", "));
    }
    text
}
