//! `plyrum policy add`: a rule of one's own, after a look at what it would have matched.

use super::here::Here;
use super::of_policies;
use crate::command::{Outcome, audit::of_audit, paths, usage::now};
use crate::sanitize::clean;
use crate::text::say;
use crate::{fault, out};
use plyrum_audit::Filter;
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_tools::policies::{self, policies, user_rules};
use plyrum_tools::{Layer, NewRule, Policy, Question, Rules, Verdict, What};
use serde_json::Value;
use std::process::ExitCode;
use std::sync::Arc;

/// Most records of the audit that are looked at, the last ones.
const MAX_RECORDS: usize = 10_000;
/// Most matches that are shown.
const SHOWN: usize = 10;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the rule says
    #[arg(long, value_name = "V")]
    verdict: Says,
    /// Why it is there
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// What answers call it
    #[arg(long)]
    name: Option<String>,
    /// A tool, or `command`, `read`, `write`, `fetch` for several
    #[arg(long, value_name = "TOOL")]
    tool: Option<String>,
    /// Paths below the workspace, like `docs/**`
    #[arg(long, value_name = "GLOB", conflicts_with_all = ["host", "command"])]
    path: Option<String>,
    /// A host, or `*.example.org`
    #[arg(long, conflicts_with = "command")]
    host: Option<String>,
    /// All commands that begin with these words (not for allow)
    #[arg(long, requires = "command")]
    open: bool,
    /// The command may use the network
    #[arg(long, requires = "command", conflicts_with = "open")]
    network: bool,
    /// Where it holds
    #[arg(long, default_value = "always")]
    scope: Where,
    /// Until this day or time, like 2027-01-31
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Show what it would match, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// The command, word by word; `*` in a word stands for any characters
    #[arg(last = true, value_name = "CMD")]
    command: Vec<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Says {
    Allow,
    Ask,
    Deny,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Where {
    Always,
    Project,
}

pub(super) fn run(args: &Args) -> Outcome {
    let here = Here::find()?;
    let block = rule(args, &here)?.to_toml();
    user_rules(&paths()?).map_err(|e| of_policies(&e))?; // a file that is broken is corrected first
    let parsed = Rules::parse(&block, "the new rule", Layer::User).map_err(|e| {
        fault::wrong_use(say!("fault-rule", why = e.message)).hint("plyrum policy add --help")
    })?;
    // The rule alone, over a policy that asks for everything.
    let known = policies(&paths()?).map_err(|e| of_policies(&e))?;
    let Some(ask) = known.get("ask") else {
        return Err(Fault::new(ErrorKind::Internal, say!("fault-no-ask-policy")));
    };
    let policy = ask.policy.with_rules(Arc::new(parsed), now().as_second());
    takes_effect(args, &policy, &here)?;
    out::print(&clean(&matched(&policy, &here)?))?;
    if args.dry_run {
        out::print(&clean(&format!("{}\n{block}", say!("policy-dry"))))?;
        return Ok(ExitCode::SUCCESS);
    }
    let path = policies::add(&paths()?, &block).map_err(|e| of_policies(&e))?;
    let written = say!("policy-written", path = path.display().to_string());
    out::print(&clean(&format!("{written}\n{block}")))?;
    Ok(ExitCode::SUCCESS)
}

fn rule<'a>(args: &'a Args, here: &'a Here) -> Result<NewRule<'a>, Fault> {
    let (what, usual) = match (&args.path, &args.host, args.command.as_slice()) {
        (Some(glob), ..) => (What::Path(glob), "read"),
        (_, Some(host), _) => (What::Host(host), "fetch_url"),
        (.., []) => {
            return Err(fault::wrong_use(say!("fault-rule-names")).hint(say!("hint-rule")));
        }
        (.., words) if args.open => (What::WordsAndMore(words), "command"),
        (.., words) => (What::Words(words), "command"),
    };
    let verdict = match args.verdict {
        Says::Allow => Verdict::Allow,
        Says::Ask => Verdict::Ask,
        Says::Deny => Verdict::Deny,
    };
    Ok(NewRule {
        name: args.name.as_deref(),
        tool: args.tool.as_deref().unwrap_or(usual),
        what,
        network: args.network,
        verdict,
        why: &args.why,
        project: (args.scope == Where::Project).then_some(here.workspace.as_path()),
        until: args.until.as_deref(),
    })
}

/// A rule that allows what is asked every time would only look as if it did.
fn takes_effect(args: &Args, policy: &Policy, here: &Here) -> Result<(), Fault> {
    let literal = !args.command.is_empty() && !args.command.iter().any(|word| word.contains(['*', '?', '[']));
    let ours = args.tool.as_deref().is_none_or(|tool| matches!(tool, "command" | "run"));
    if !literal || !ours || !matches!(args.verdict, Says::Allow) {
        return Ok(());
    }
    let decided = policy.decide(&Question::Run { argv: &args.command, cwd: &here.cwd }, &here.place());
    match decided.verdict {
        Verdict::Allow => Ok(()),
        Verdict::Ask | Verdict::Deny => Err(fault::wrong_use(say!("fault-no-effect", why = decided.reason))),
    }
}

/// What the rule would have decided of what is on record.
fn matched(policy: &Policy, here: &Here) -> Result<String, Fault> {
    let filter = Filter { kind: Some("tool.proposed".to_owned()), ..Filter::default() };
    let found =
        plyrum_audit::search(&paths()?.audit_dir(), &filter, MAX_RECORDS).map_err(|e| of_audit(&e))?;
    let matches: Vec<String> =
        found.lines.iter().filter_map(|line| matches_record(line, policy, here)).collect();
    let n = matches.len();
    let mut text = if found.more {
        say!("policy-matched-last", all = MAX_RECORDS, n = n)
    } else {
        say!("policy-matched", all = found.lines.len(), n = n)
    };
    text.push('\n');
    for action in matches.iter().rev().take(SHOWN) {
        text.push_str(&format!("  {}\n", action.replace('\n', "\\n")));
    }
    Ok(text)
}

fn matches_record(line: &str, policy: &Policy, here: &Here) -> Option<String> {
    let record: Value = serde_json::from_str(line).ok()?;
    let body = record.get("body")?;
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let tool = text("tool")?;
    let cwd = text("cwd").unwrap_or_default();
    let argv: Vec<String> = body
        .get("argv")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|w| w.as_str().map(str::to_owned))
        .collect();
    let (question, shown) = match tool {
        "run" => (Question::Run { argv: &argv, cwd }, argv.join(" ")),
        "shell" => (Question::Shell { command: text("command")?, cwd }, text("command")?.to_owned()),
        "read_file" | "list_dir" | "search" => {
            (Question::Read { tool, path: text("path")? }, text("path")?.to_owned())
        }
        "write_file" | "apply_patch" => {
            (Question::Write { tool, path: text("path")? }, text("path")?.to_owned())
        }
        "fetch_url" => (Question::Fetch { url: text("url")? }, text("url")?.to_owned()),
        _ => return None,
    };
    policy.decide(&question, &here.place()).rule.map(|_| format!("{tool}: {shown}"))
}
