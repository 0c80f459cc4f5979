//! `plyrum route`: how a prompt would be routed, and why. Runs nothing and costs nothing.

use super::ask::{ProfileArg, gather};
use super::{Outcome, connected, paths, runtime};
use crate::out;
use crate::sanitize::clean;
use crate::text::{labelled, say, told, words};
use plyrum_client::upload;
use plyrum_protocol::{Candidate, Decision, RouteExplain, RouteQuery, SubmitOptions};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt; standard input where there are no words, else an attachment
    prompt: Vec<String>,
    /// As if this file were attached (may be repeated)
    #[arg(short, long, value_name = "FILE")]
    file: Vec<PathBuf>,
    /// As if this model were asked for
    #[arg(short, long, value_name = "ID")]
    model: Option<String>,
    /// As if this plan were asked for
    #[arg(long, value_name = "NAME")]
    plan: Option<String>,
    /// As if this were to be weighed most
    #[arg(long, value_enum)]
    profile: Option<ProfileArg>,
    /// Do not read standard input
    #[arg(long)]
    no_stdin: bool,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> Outcome {
    let asked = gather(&args.prompt.join(" "), &args.file, args.no_stdin, None)?;
    let query = RouteQuery {
        prompt: asked.prompt,
        attachments: Vec::new(),
        options: SubmitOptions {
            model: args.model,
            plan: args.plan,
            profile: args.profile.map(Into::into),
            ..SubmitOptions::default()
        },
        workspace: std::env::current_dir().ok().and_then(|dir| dir.into_os_string().into_string().ok()),
    };
    let paths = paths()?;
    let decision = runtime()?.block_on(async {
        let mut client = connected(&paths).await?;
        let attachments = upload(&mut client, asked.attachments).await?;
        client.call::<RouteExplain>(&RouteQuery { attachments, ..query }).await
    })?;
    if args.json {
        out::print_json(&decision)?;
    } else {
        out::print(&clean(&text(&decision)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(decision: &Decision) -> String {
    let confidence = words().percent(decision.intent_confidence_milli / 10);
    let domains = if decision.domains.is_empty() { "–".to_owned() } else { decision.domains.join(", ") };
    let because = |reason: &String| (String::new(), say!("route-because", reason = &*told(reason)));
    let mut lines = vec![
        (say!("route-intent"), format!("{} ({confidence})", decision.intent)),
        (say!("route-risk"), decision.risk.to_string()),
    ];
    lines.extend(decision.risk_reasons.iter().map(because));
    lines.push((say!("route-domains"), domains));
    lines.push((say!("route-answer"), format!("{}, {}", decision.output_kind, decision.language)));
    lines.push((say!("route-plan"), decision.plan.clone()));
    lines.extend(decision.reasons.iter().map(because));
    let named = |label: String, model: &str, reasons: &[String]| {
        (label, format!("{model} ({})", told(&reasons.join(", "))))
    };
    for candidate in &decision.candidates {
        lines.push(named(say!("route-model"), &candidate.model, &candidate.reasons));
        lines.extend(
            expected(candidate).into_iter().chain(price(candidate)).map(|text| (String::new(), text)),
        );
    }
    lines.extend(decision.excluded.iter().map(|m| named(say!("route-not"), &m.model, &m.reasons)));
    lines.push((say!("route-router"), decision.router.clone()));
    labelled(10, &lines)
}

/// What a direct answer of a model is expected to cost and to take.
fn price(candidate: &Candidate) -> Option<String> {
    let cost = candidate.expected_cost_micro_rub.map(|cost| words().rub(cost));
    let took = candidate.expected_latency_ms.map(|ms| words().seconds(ms));
    Some(match (cost, took) {
        (Some(cost), Some(took)) => say!("route-expected", cost = cost, took = took),
        (Some(cost), None) => say!("route-cost", cost = cost),
        (None, Some(took)) => say!("route-latency", took = took),
        (None, None) => return None,
    })
}

/// What is expected of a model, and on which grounds; nothing where nothing is known.
fn expected(candidate: &Candidate) -> Option<String> {
    let (milli, basis) = (candidate.expected_quality_milli?, candidate.quality_basis?);
    let quality = words().percent(words().decimal(&format!("{}.{}", milli / 10, milli % 10)));
    let mut grounds = Vec::new();
    if basis.stated {
        grounds.push(say!("route-stated"));
    }
    if basis.measured > 0 {
        grounds.push(say!("route-measured", n = basis.measured));
    }
    if basis.good + basis.bad > 0 {
        grounds.push(say!("route-verdicts", good = basis.good, bad = basis.bad));
    }
    Some(say!("route-quality", quality = quality, grounds = grounds.join(", ")))
}
