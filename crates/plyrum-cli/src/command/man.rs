//! `plyrum man`: the manual page, with the keys of the screen as the keymap has them.

use super::Outcome;
use crate::out;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_tui::keymap::{Context, Keymap};
use plyrum_words::{Lang, Words};
use std::io;
use std::process::ExitCode;

pub(crate) fn run() -> Outcome {
    let page = page().map_err(|e| Fault::new(ErrorKind::Internal, format!("cannot make the page: {e}")))?;
    out::print(&page)?;
    Ok(ExitCode::SUCCESS)
}

fn page() -> io::Result<String> {
    let mut bytes = Vec::new();
    let command = crate::args::Args::command();
    Man::new(command.clone()).render(&mut bytes)?;
    commands(&command).to_writer(&mut bytes)?;
    keys().to_writer(&mut bytes)?;
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// What each command can be told.
fn commands(command: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    let mut all: Vec<(String, Command)> = Vec::new();
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let name = format!("plyrum {}", sub.get_name());
        let inner: Vec<&Command> = sub.get_subcommands().filter(|sub| !sub.is_hide_set()).collect();
        if inner.is_empty() {
            all.push((name.clone(), sub.clone()));
        }
        all.extend(inner.into_iter().map(|inner| (format!("{name} {}", inner.get_name()), inner.clone())));
    }
    for (name, sub) in all {
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(about)]);
    }
    roff
}

/// The keys of the screen.
fn keys() -> Roff {
    let (keymap, words) = (Keymap::default(), Words::new(Lang::En));
    let mut roff = Roff::new();
    roff.control("SH", ["KEYS OF THE SCREEN"]);
    for context in Context::all() {
        roff.control("SS", [words.say(&context.about()).as_str()]);
        for row in keymap.help(context) {
            roff.control("TP", []);
            roff.text([bold(row.keys())]);
            roff.text([roman(words.say(row.about))]);
        }
    }
    roff
}
