//! The conversation line by line, labelled, without an alternate screen, colour or moving signs: for screen readers and
//! terminals that can do no more.

use super::ask::{self, EffortArg, ProfileArg, Show, Style};
use super::{Outcome, paths, workspace};
use crate::fault::wrong_use;
use crate::out;
use crate::text::say;
use plyrum_protocol::{Asking, Fault, Owner, Submit, SubmitOptions};
use plyrum_tui::composer::Composed;
use plyrum_tui::is_possible;
use plyrum_tui::run::SHELL_MODEL;
use plyrum_tui::runtime::read_named;
use std::io::{self, BufRead, IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Longest line that is read.
const MAX_LINE: u64 = 128 * 1024;
/// Bytes of a line, its end among them, of which a terminal gives no more: what was typed behind them is lost.
const TERMINAL_LINE: usize = 4096;
/// The exit code after SIGTERM.
const CODE_OF_TERM: u8 = 143;

/// What the conversation is held with.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) session: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) persona: Option<String>,
    pub(crate) plan: Option<String>,
    pub(crate) profile: Option<ProfileArg>,
    pub(crate) effort: Option<EffortArg>,
    pub(crate) approve: Option<String>,
}

/// Asks line after line until the end of input, or `/quit`.
pub(crate) fn run(args: &Args) -> Outcome {
    let paths = paths()?;
    let mut session = args.session.clone();
    let signals = Signals::heeded().map_err(|e| of_io(&e))?;
    loop {
        let _still_there = out::write("You: ").map_err(|e| of_io(&e))?;
        let read = signals.at_the_prompt(|| line(io::stdin().lock(), io::stdin().is_terminal()));
        let line = match read.map_err(|e| of_io(&e))? {
            Line::End => {
                out::print("\n")?;
                return Ok(ExitCode::SUCCESS);
            }
            Line::TooLong => {
                let limit = if io::stdin().is_terminal() { TERMINAL_LINE as u64 } else { MAX_LINE };
                let limit = (limit >> 10).to_string();
                crate::fault::tell(
                    &wrong_use(say!("plain-too-long", kib = limit)).hint(say!("plain-too-long-hint")),
                );
                continue;
            }
            Line::NotText => {
                crate::fault::tell(&wrong_use(say!("plain-not-text")));
                continue;
            }
            Line::Text(line) => line,
        };
        let composed = Composed::of(line.trim());
        if let Composed::Command { name, .. } = &composed {
            match name.as_str() {
                "quit" | "exit" => return Ok(ExitCode::SUCCESS),
                "new" => session = None,
                "help" => out::print(&format!("{}\n", say!("plain-help")))?,
                // A word with a slash is meant for the program: as a prompt it would be paid for.
                _ => {
                    let unknown = say!("plain-no-command", name = name);
                    crate::fault::tell(&wrong_use(unknown).hint(say!("plain-help")));
                }
            }
            continue;
        }
        if matches!(line.trim(), "" | "!") {
            continue; // nothing is asked
        }
        let show = Show::new(Style { plain: true, asks: is_possible(), ..Style::default() });
        match ask(args, &paths, &show, session.clone(), composed) {
            // What went wrong with one prompt ends no conversation.
            Ok(()) => session = show.session().or(session),
            Err(fault) => {
                crate::fault::tell(&fault);
            }
        }
        if signals.terminated.load(Ordering::SeqCst) {
            return Ok(ExitCode::from(CODE_OF_TERM));
        }
    }
}

/// What ends the conversation from outside. A run that goes on hears the same signals itself and ends first.
struct Signals {
    /// Nothing goes on: a signal ends the program where it stands.
    is_idle: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
}

impl Signals {
    fn heeded() -> io::Result<Self> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::flag::{register, register_conditional_shutdown};
        let (is_idle, terminated) = (Arc::default(), Arc::default());
        register_conditional_shutdown(SIGINT, 130, Arc::clone(&is_idle))?;
        register_conditional_shutdown(SIGTERM, i32::from(CODE_OF_TERM), Arc::clone(&is_idle))?;
        register(SIGTERM, Arc::clone(&terminated))?;
        Ok(Self { is_idle, terminated })
    }

    fn at_the_prompt<T>(&self, what: impl FnOnce() -> T) -> T {
        self.is_idle.store(true, Ordering::SeqCst);
        let done = what();
        self.is_idle.store(false, Ordering::SeqCst);
        done
    }
}

/// Asks a prompt with the files that it names, or has a command carried out that was typed after `!`.
fn ask(
    args: &Args,
    paths: &plyrum_config::Paths,
    show: &Show,
    session: Option<String>,
    composed: Composed,
) -> Result<(), Fault> {
    let (prompt, files, is_shell) = match composed {
        Composed::Shell(command) => (command, Vec::new(), true),
        Composed::Prompt { text, files } => (text, files, false),
        Composed::Command { .. } => return Ok(()),
    };
    let root = workspace().map(PathBuf::from).unwrap_or_default();
    let named = read_named(&root, &files)?;
    let mut submit = submit(args, session, &prompt)?;
    if is_shell {
        submit.options.model = Some(SHELL_MODEL.to_owned());
        submit.options.plan = Some("direct".to_owned());
    }
    ask::carry_out(paths, show, submit, named, false).map(|_| ())
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
            effort: args.effort.map(Into::into),
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

/// What is read at a time.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Text(String),
    /// It was read to its end and is not kept.
    TooLong,
    /// It is not UTF-8.
    NotText,
    End,
}

/// The next line, whole.
fn line(mut input: impl BufRead, is_terminal: bool) -> io::Result<Line> {
    let mut bytes = Vec::new();
    let read = (&mut input).take(MAX_LINE + 1).read_until(b'\n', &mut bytes)?;
    if read == 0 {
        return Ok(Line::End);
    }
    if read as u64 > MAX_LINE && bytes.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
        return Ok(Line::TooLong);
    }
    if is_terminal && bytes.len() >= TERMINAL_LINE {
        return Ok(Line::TooLong);
    }
    Ok(String::from_utf8(bytes).map_or(Line::NotText, Line::Text))
}

fn of_io(error: &io::Error) -> Fault {
    Fault::new(plyrum_protocol::ErrorKind::Storage, format!("cannot use the terminal: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_whole_or_refused_whole() {
        let long = "x".repeat(usize::try_from(MAX_LINE).unwrap());
        let text = format!("one\n{long}\n{long}y and more\nlast");
        let mut input = io::Cursor::new(text);
        assert_eq!(line(&mut input, false).unwrap(), Line::Text("one\n".into()));
        assert_eq!(line(&mut input, false).unwrap(), Line::Text(format!("{long}\n")));
        assert_eq!(line(&mut input, false).unwrap(), Line::TooLong);
        assert_eq!(line(&mut input, false).unwrap(), Line::Text("last".into()));
        assert_eq!(line(&mut input, false).unwrap(), Line::End);
    }

    #[test]
    fn a_line_that_a_terminal_may_have_cut_is_refused_and_so_is_what_is_no_text() {
        let cut = format!("{}\n", "x".repeat(TERMINAL_LINE - 1));
        assert_eq!(line(&mut io::Cursor::new(&cut), true).unwrap(), Line::TooLong);
        assert_eq!(line(&mut io::Cursor::new(&cut), false).unwrap(), Line::Text(cut.clone()));
        assert_eq!(line(&mut io::Cursor::new(b"\xff\n"), true).unwrap(), Line::NotText);
    }
}
