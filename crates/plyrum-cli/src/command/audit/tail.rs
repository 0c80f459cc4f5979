//! `plyrum audit tail`: JSON lines for scripts, readable lines on a terminal.

use super::{of_audit, shown};
use crate::command::{Outcome, paths};
use crate::out::{self, Reader};
use crate::range::within;
use plyrum_audit::Follower;
use plyrum_protocol::Fault;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

/// Between two looks for new records: about as long as the daemon lets them wait for a flush.
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// At most this many
    #[arg(short = 'n', long, default_value_t = 20, value_parser = within(0..=10000_u16))]
    limit: u16,
    /// Go on with those that come, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// As JSON lines, which is what a pipe gets anyway
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let dir = paths()?.audit_dir();
    let for_people = !args.json && std::io::stdout().is_terminal();
    let lines = plyrum_audit::tail(&dir, usize::from(args.limit)).map_err(|e| of_audit(&e))?;
    let mut reader = show(&lines, for_people)?;
    if args.follow {
        // Behind the last record, whether or not it was shown.
        let last = plyrum_audit::tail(&dir, 1).map_err(|e| of_audit(&e))?;
        let mut follower = Follower::behind(&dir, if lines.is_empty() { &last } else { &lines });
        while reader == Reader::There {
            reader = show(&follower.look().map_err(|e| of_audit(&e))?, for_people)?;
            std::thread::sleep(LOOK_EVERY);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(lines: &[String], for_people: bool) -> Result<Reader, Fault> {
    let text: String = lines
        .iter()
        .flat_map(|line| [if for_people { shown(line) } else { line.clone() }, "\n".to_owned()])
        .collect();
    out::write(&text).map_err(|e| out::not_written(&e))
}
