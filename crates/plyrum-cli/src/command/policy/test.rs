//! `plyrum policy test`.

use super::here::Here;
use super::of_policies;
use crate::command::{Outcome, paths, usage::now};
use crate::sanitize::clean;
use crate::text::{self, say};
use crate::{fault, out};
use plyrum_protocol::{Fault, view};
use plyrum_tools::policies::layered;
use plyrum_tools::{Decided, Policy, Question};
use std::io::{BufRead as _, Read as _};
use std::process::ExitCode;

/// Longest line of a batch, in bytes.
const MAX_LINE: u64 = 1 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The policy
    #[arg(long, value_name = "NAME", default_value = "ask")]
    policy: String,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
    /// One JSON string (for a shell) a line on standard input, one JSON verdict a line
    #[arg(long, conflicts_with_all = ["command", "tool"])]
    batch: bool,
    /// A file tool or `fetch_url`: the verdict on this tool and a path or an address
    #[arg(long, value_name = "TOOL")]
    tool: Option<String>,
    /// The command: several words, or one string for a shell
    #[arg(last = true, value_name = "CMD")]
    command: Vec<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let here = Here::find()?;
    let policy =
        layered(&paths()?, &args.policy, &here.workspace, now().as_second()).map_err(|e| of_policies(&e))?;
    if args.batch {
        return batch(&policy, &here);
    }
    let decided = policy.decide(&question(args, &here)?, &here.place());
    if args.json {
        out::print_json(&shown(decided))?;
    } else {
        out::print(&clean(&told(&decided)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn question<'a>(args: &'a Args, here: &'a Here) -> Result<Question<'a>, Fault> {
    let cwd = here.cwd.as_str();
    if let Some(tool) = &args.tool {
        let [object] = args.command.as_slice() else {
            return Err(fault::wrong_use(say!("fault-one-object"))
                .hint("plyrum policy test --tool read_file -- PATH"));
        };
        return match tool.as_str() {
            "read_file" | "list_dir" | "search" => Ok(Question::Read { tool, path: object }),
            "write_file" | "apply_patch" => Ok(Question::Write { tool, path: object }),
            "fetch_url" => Ok(Question::Fetch { url: object }),
            "shell" => Ok(Question::Shell { command: object, cwd }),
            "run" => Ok(Question::Run { argv: &args.command, cwd }),
            _ => Err(fault::wrong_use(say!("fault-no-tool", tool = tool))
                .hint("read_file list_dir search write_file apply_patch run shell fetch_url")),
        };
    }
    match args.command.as_slice() {
        [] => Err(fault::wrong_use(say!("fault-no-command")).hint("plyrum policy test -- git status")),
        // A name with a blank in it is nobody's program: the words of a shell string.
        [only] if only.contains(char::is_whitespace) => Ok(Question::Shell { command: only, cwd }),
        _ => Ok(Question::Run { argv: &args.command, cwd }),
    }
}

fn batch(policy: &Policy, here: &Here) -> Outcome {
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
        match read.map_err(|e| fault::wrong_use(say!("fault-stdin", why = e.to_string())))? {
            0 => return Ok(ExitCode::SUCCESS),
            length if length as u64 == MAX_LINE => {
                return Err(fault::wrong_use(say!("fault-long-line")));
            }
            _ => {}
        }
        let command: String = serde_json::from_slice(&line)
            .map_err(|e| fault::wrong_use(say!("fault-not-json", why = e.to_string())))?;
        let question = Question::Shell { command: &command, cwd: &here.cwd };
        out::print_json(&shown(policy.decide(&question, &here.place())))?;
    }
}

fn shown(decided: Decided) -> view::PolicyVerdict {
    view::PolicyVerdict {
        verdict: decided.verdict.as_str().to_owned(),
        rule: decided.rule,
        file: decided.file,
        line: decided.line,
        reason: decided.reason,
    }
}

fn told(decided: &Decided) -> String {
    let rule = match (&decided.rule, decided.line) {
        (Some(rule), Some(line)) => {
            say!("policy-by-rule", rule = rule, file = &*text::told(&decided.file), line = line.to_string())
        }
        _ => say!("policy-by-none", file = &*text::told(&decided.file)),
    };
    format!("{}: {}\n{rule}\n", decided.verdict.as_str(), text::told(&decided.reason))
}
