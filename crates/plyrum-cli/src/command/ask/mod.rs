//! `plyrum ask`: one prompt, one answer.
//!
//! Reading order: this file (arguments and the whole course) → `input` (files and standard input) →
//! `follow` (frames until the end, with Ctrl-C, closed pipes and a dying daemon) → `show` (what is printed
//! where).

mod dry;
mod follow;
mod holds;
mod input;
mod notices;
mod prompt;
mod schema;
mod show;
mod so_far;
mod steps;

use crate::command::{connected, paths, runtime, workspace};
use crate::fault;
use crate::random;
use crate::range::{Wrong, within};
use crate::text::say;
use clap::ValueEnum;
use follow::Watch;
pub(in crate::command) use follow::exit_code;
pub(in crate::command) use input::gather;
use plyrum_billing_client::MicroRub;
use plyrum_client::{Enclosed, upload};
use plyrum_config::Paths;
use plyrum_protocol::{
    Asking, Check, DryRun, Effort, ErrorKind, Fault, MAX_PROMPT_BYTES, Owner, Profile, Receipt, RunId,
    RunResult, RunStatus, RunSubmit, Submit, SubmitOptions, Submitted,
};
pub(in crate::command) use show::{Show, Style};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Shape of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The answer
    #[default]
    Text,
    /// The result as one line of JSON
    Json,
    /// Every frame as a line of JSON, the result last
    StreamJson,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ProfileArg {
    Cheap,
    Balanced,
    Best,
}

impl From<ProfileArg> for Profile {
    fn from(profile: ProfileArg) -> Self {
        match profile {
            ProfileArg::Cheap => Self::Cheap,
            ProfileArg::Balanced => Self::Balanced,
            ProfileArg::Best => Self::Best,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum EffortArg {
    Low,
    Medium,
    High,
}

impl From<EffortArg> for Effort {
    fn from(effort: EffortArg) -> Self {
        match effort {
            EffortArg::Low => Self::Low,
            EffortArg::Medium => Self::Medium,
            EffortArg::High => Self::High,
        }
    }
}

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_help = "Examples:
  plyrum ask \"How do I undo the last commit?\"
  git diff | plyrum ask -p reviewer \"Review this\"
  plyrum ask -f notes.md -f plan.md \"What is missing in the plan?\"
  plyrum ask -f screenshot.png \"What does the error say?\"
  plyrum ask --approve workspace \"Fix the failing test\"
  plyrum ask --dry-run \"…\"          what would run, and its price range
  plyrum ask -o stream-json \"…\"     every lifecycle frame as JSON")]
pub(crate) struct Args {
    /// What to ask; without it, standard input is the prompt
    prompt: Vec<String>,
    /// Attach a file, a text or a picture (may be repeated)
    #[arg(short, long, value_name = "PATH")]
    file: Vec<PathBuf>,
    /// Use this model
    #[arg(short, long, value_name = "ID")]
    model: Option<String>,
    /// Use this persona
    #[arg(short, long, value_name = "NAME")]
    persona: Option<String>,
    /// Use this plan
    #[arg(long, value_name = "NAME")]
    plan: Option<String>,
    /// Continue this session (an id or its beginning)
    #[arg(short, long, value_name = "ID", conflicts_with = "continue")]
    session: Option<String>,
    /// Continue the last session
    #[arg(short, long)]
    r#continue: bool,
    /// Trade quality against price
    #[arg(long, value_name = "PROFILE")]
    profile: Option<ProfileArg>,
    /// How long a model that thinks may think; its thoughts are paid too
    #[arg(long, value_name = "EFFORT")]
    effort: Option<EffortArg>,
    /// Shape of the output
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output_format: Format,
    /// The same as --output-format json
    #[arg(long, conflicts_with = "output_format")]
    json: bool,
    /// Print only the first code block of the answer
    #[arg(short = 'x', long)]
    extract: bool,
    /// Ask for JSON that fits this JSON Schema; as text it is printed once, when it is whole and fits
    #[arg(long, value_name = "FILE", conflicts_with = "extract")]
    schema: Option<PathBuf>,
    /// The run may cost at most this many rubles
    #[arg(long, value_name = "RUB", value_parser = parse_rub)]
    max_cost: Option<MicroRub>,
    /// The run may take at most this long (30s, 5m, 1h)
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    timeout: Option<Duration>,
    /// Allow tool actions by this policy (plyrum policy list)
    #[arg(long, value_name = "POLICY")]
    approve: Option<String>,
    /// Where an action must be asked for, park the run until plyrum approve or deny
    #[arg(long)]
    defer: bool,
    /// Judge proposals by this command: the best-ranked that it accepts (exit 0) is the answer
    #[arg(long, value_name = "CMD", requires = "check_file")]
    check: Option<String>,
    /// Where --check finds a proposal's code: a file of a copy of the workspace
    #[arg(long, value_name = "NAME", requires = "check")]
    check_file: Option<String>,
    /// The model may call tools in at most this many turns
    #[arg(long, value_name = "N", value_parser = within(1..=1000_u32))]
    max_turns: Option<u32>,
    /// Plan only: no tool that changes anything is offered
    #[arg(long)]
    plan_mode: bool,
    /// Print the run's id and leave it running
    #[arg(long)]
    detach: bool,
    /// Show the plan and its price range without running it
    #[arg(long)]
    dry_run: bool,
    /// Keep what the providers send in this file, behind what a cassette has already (plyrum replay FILE)
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    record: Option<PathBuf>,
    /// Do not read standard input
    #[arg(long)]
    no_stdin: bool,
    /// Leave control sequences in the answer as they are
    #[arg(long)]
    raw: bool,
    /// Plain, labelled output for screen readers
    #[arg(long)]
    plain: bool,
    /// No notices and no cost line
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// The cost line and lifecycle on standard error
    #[arg(short, long)]
    verbose: bool,
}

impl Args {
    fn style(&self) -> Style {
        Style {
            format: if self.json { Format::Json } else { self.output_format },
            raw: self.raw,
            extract: self.extract,
            whole: self.schema.is_some(),
            plain: self.plain,
            quiet: self.quiet,
            verbose: self.verbose,
            asks: asking(self) == Asking::Client,
        }
    }
}

pub(in crate::command) fn parse_rub(text: &str) -> Result<MicroRub, Wrong> {
    let amount = MicroRub::parse_rub(text)?;
    if amount < MicroRub::ZERO { Err("an amount of rubles cannot be negative".into()) } else { Ok(amount) }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds_in_unit = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("use a whole number with s, m or h, like 30s".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "use a whole number with s, m or h, like 30s".to_owned())?;
    let seconds = number.checked_mul(seconds_in_unit).filter(|s| (1..=7 * 24 * 3600).contains(s));
    seconds.map(Duration::from_secs).ok_or_else(|| "a time must be from 1s to 168h".to_owned())
}

/// Runs the command. Errors before a run exists are told in the shape that was asked for.
pub(crate) fn run(args: &Args) -> ExitCode {
    let show = Show::new(args.style());
    match course(args, &show) {
        Ok(code) => code,
        Err(fault) => show.refused(&fault),
    }
}

fn course(args: &Args, show: &Show) -> Result<ExitCode, Fault> {
    let paths = paths()?;
    let schema = args.schema.as_deref().map(schema::read).transpose()?;
    let asked = gather(&args.prompt.join(" "), &args.file, args.no_stdin, args.timeout)?;
    let record = args.record.as_deref().map(recorded_to).transpose()?;
    let mut submit = submit(args, asked.prompt, new_run_id()?, record);
    submit.options.schema = schema;
    carry_out(&paths, show, submit, asked.attachments, args.detach)
}

/// Submits, and follows to the end or leaves it running.
pub(in crate::command) fn carry_out(
    paths: &Paths,
    show: &Show,
    submit: Submit,
    attachments: Vec<Enclosed>,
    detach: bool,
) -> Result<ExitCode, Fault> {
    let run = submit.run.clone();
    runtime()?.block_on(async {
        let mut watch = Watch::new()?;
        let begun = async {
            let mut client = connected(paths).await?;
            let attachments = upload(&mut client, attachments).await?;
            let submitted = client.call::<RunSubmit>(&Submit { attachments, ..submit }).await?;
            Ok::<_, Fault>((client, submitted))
        };
        let (client, submitted) = tokio::select! {
            begun = begun => begun?,
            reason = watch.next() => return Ok(follow::left_early(show, reason, detach)),
        };
        match submitted {
            Submitted::Planned(plan) => dry_run(show, &plan),
            Submitted::Receipt(receipt) => {
                show.receipt(&receipt);
                if detach {
                    detached(show, &receipt)
                } else {
                    follow::to_the_end(paths, client, run, show, watch).await
                }
            }
        }
    })
}

/// The file as the daemon finds it, which has a working directory of its own.
fn recorded_to(file: &Path) -> Result<String, Fault> {
    let path = std::path::absolute(file).map_err(|e| fault::wrong_use(format!("{}: {e}", file.display())))?;
    path.into_os_string()
        .into_string()
        .map_err(|_| fault::wrong_use(format!("{} is no UTF-8 path", file.display())))
}

fn submit(args: &Args, prompt: String, run: RunId, record: Option<String>) -> Submit {
    Submit {
        run,
        session: args.session.clone().or_else(|| args.r#continue.then(|| "last".to_owned())),
        prompt,
        attachments: Vec::new(),
        options: SubmitOptions {
            model: args.model.clone(),
            persona: args.persona.clone(),
            plan: args.plan.clone(),
            profile: args.profile.map(Into::into),
            effort: args.effort.map(Into::into),
            max_cost_micro_rub: args.max_cost,
            timeout_ms: args.timeout.and_then(|t| u64::try_from(t.as_millis()).ok()),
            approve: args.approve.clone(),
            asking: asking(args),
            max_turns: args.max_turns,
            plan_mode: args.plan_mode,
            schema: None,
            record,
            check: args
                .check
                .clone()
                .zip(args.check_file.clone())
                .map(|(command, file)| Check { command, file }),
        },
        workspace: workspace(),
        client: format!("plyrum ask {}", env!("CARGO_PKG_VERSION")),
        owner: if args.detach || args.defer { Owner::Detached } else { Owner::Connection },
        dry_run: args.dry_run,
        compact: None,
    }
}

/// Who is asked where a policy says so: the person at this terminal, somebody later, or nobody.
fn asking(args: &Args) -> Asking {
    let is_text = !args.json && args.output_format == Format::Text;
    match (args.defer, is_text && !args.detach && prompt::is_possible()) {
        (true, _) => Asking::Defer,
        (false, true) => Asking::Client,
        (false, false) => Asking::Refuse,
    }
}

/// A run's id is made here, so that a submit that is repeated starts nothing twice.
pub(in crate::command) fn new_run_id() -> Result<RunId, Fault> {
    RunId::new(random::id()?)
        .map_err(|e| Fault::new(ErrorKind::Internal, say!("fault-id", why = e.to_string())))
}

fn dry_run(show: &Show, plan: &DryRun) -> Result<ExitCode, Fault> {
    show.dry_run(plan)?;
    Ok(ExitCode::SUCCESS)
}

fn detached(show: &Show, receipt: &Receipt) -> Result<ExitCode, Fault> {
    let mut result = RunResult::refused(Some(receipt.run.clone()), RunStatus::Detached, fault::wrong_use(""));
    result.error = None;
    result.session = Some(receipt.session.clone());
    show.detached(&result)?;
    Ok(ExitCode::SUCCESS)
}

/// A prompt that is too long to travel as such becomes an attachment.
const fn travels_as_prompt(bytes: usize) -> bool {
    bytes <= MAX_PROMPT_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_money_are_read_strictly() {
        assert_eq!(parse_duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("5m"), Ok(Duration::from_mins(5)));
        for wrong in ["", "0s", "5x", "-5s", "1.5s", "169h", "99999999999999999999s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_rub("0.5").ok(), Some(MicroRub::new(500_000)));
        assert!(parse_rub("-1").is_err() && parse_rub("1,5").is_err() && parse_rub("1e3").is_err());
    }
}
