//! The conversation line by line, labelled, without an alternate screen, colour or moving signs: for screen readers and
//! terminals that can do no more.

use super::ask::{self, ProfileArg, Show, Style, Text};
use super::{Outcome, paths, workspace};
use crate::out;
use plyrum_protocol::{Asking, Fault, Owner, Submit, SubmitOptions};
use plyrum_tui::is_possible;
use std::io::{self, BufRead as _, Read as _};
use std::process::ExitCode;

/// Longest line that is read.
const MAX_LINE: u64 = 128 * 1024;

/// What the conversation is held with.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) session: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) persona: Option<String>,
    pub(crate) plan: Option<String>,
    pub(crate) profile: Option<ProfileArg>,
    pub(crate) approve: Option<String>,
}

/// Asks line after line until the end of input, or `/quit`.
pub(crate) fn run(args: &Args) -> Outcome {
    let paths = paths()?;
    let mut session = args.session.clone();
    loop {
        let _still_there = out::write("You: ").map_err(|e| of_io(&e))?;
        let Some(line) = line().map_err(|e| of_io(&e))? else {
            out::print("\n")?;
            return Ok(ExitCode::SUCCESS);
        };
        let text = line.trim();
        match text {
            "" => continue,
            "/quit" | "/exit" => return Ok(ExitCode::SUCCESS),
            "/new" => {
                session = None;
                continue;
            }
            _ => {}
        }
        let show = Show::new(Style { plain: true, asks: is_possible(), ..Style::default() });
        let submit = submit(args, session.clone(), text)?;
        match ask::carry_out(&paths, &show, submit, Vec::<Text>::new(), false) {
            // What went wrong with one prompt ends no conversation.
            Ok(_) => session = show.session().or(session),
            Err(fault) => {
                let _code = crate::fault::tell(&fault);
            }
        }
    }
}

fn submit(args: &Args, session: Option<String>, prompt: &str) -> Result<Submit, Fault> {
    Ok(Submit {
        run: ask::new_run_id()?,
        session,
        prompt: prompt.to_owned(),
        attachments: Vec::new(),
        options: SubmitOptions {
            model: args.model.clone(),
            persona: args.persona.clone(),
            plan: args.plan.clone(),
            profile: args.profile.map(Into::into),
            approve: args.approve.clone(),
            asking: if is_possible() { Asking::Client } else { Asking::Refuse },
            ..SubmitOptions::default()
        },
        workspace: workspace(),
        client: format!("plyrum --plain {}", env!("CARGO_PKG_VERSION")),
        owner: Owner::Connection,
        dry_run: false,
        compact: None,
    })
}

/// The next line; none at the end of input.
fn line() -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = io::stdin().lock().take(MAX_LINE).read_line(&mut line)?;
    Ok((read > 0).then_some(line))
}

fn of_io(error: &io::Error) -> Fault {
    Fault::new(plyrum_protocol::ErrorKind::Storage, format!("cannot use the terminal: {error}"))
}
