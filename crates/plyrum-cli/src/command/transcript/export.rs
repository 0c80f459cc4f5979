//! `transcript export` and `sessions export`: a session as a document, complete, for another program or for a
//! person.

use super::read::{self, Attached};
use super::{find, of_ledger};
use crate::command::{Outcome, ledger, paths};
use crate::fault::wrong_use;
use crate::out;
use crate::sanitize::{cell, clean};
use crate::text::{say, status, time, words};
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{ErrorKind, Fault, to_line, view};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Shape of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::command) enum Format {
    /// For people
    Markdown,
    /// For programs: one line of JSON with every text
    Json,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// A session or run: an id, its beginning, or `last`
    #[arg(default_value = "last")]
    id: String,
    /// Shape of the document
    #[arg(short, long, value_name = "FORMAT", default_value = "markdown")]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write to this file, which must not exist, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(in crate::command) fn export(args: &Export) -> Outcome {
    let paths = paths()?;
    let session = find(&paths, &args.id)?;
    let transcript = read::whole(&paths, session, Attached::Texts)?;
    let document = if args.json || args.format == Format::Json {
        let line = to_line(&transcript)
            .map_err(|e| Fault::new(ErrorKind::Internal, say!("fault-json", why = e.to_string())))?;
        line + "\n"
    } else {
        let cost = match ledger(&paths)? {
            Some(books) => books.spent_in_session(transcript.session.as_str()).map_err(|e| of_ledger(&e))?,
            None => MicroRub::ZERO,
        };
        clean(&markdown(&transcript, cost))
    };
    match args.output.as_ref().filter(|path| path.as_os_str() != "-") {
        None => out::print(&document)?,
        Some(path) => write_new(path, &document)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Conversations are private, and nothing that is there is overwritten.
fn write_new(path: &Path, document: &str) -> Result<(), Fault> {
    let cannot = |e: std::io::Error| {
        let message = say!("fault-write", path = path.display().to_string(), why = e.to_string());
        wrong_use(message).hint(say!("hint-new-file-writable"))
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(cannot)?;
    file.write_all(document.as_bytes()).and_then(|()| file.sync_all()).map_err(cannot)
}

fn markdown(transcript: &view::Transcript, cost: MicroRub) -> String {
    let first = transcript.turns.first().map(|turn| turn.prompt.lines().next().unwrap_or_default());
    let title = transcript.title.as_deref().or(first).filter(|title| !title.is_empty());
    let title = title.map_or_else(|| say!("export-untitled"), cell);
    let mut text = format!("# {title}\n\n");
    let mut item = |told: String| {
        let _infallible = writeln!(text, "- {told}");
    };
    item(say!("export-session", session = transcript.session.as_str()));
    if let Some(project) = &transcript.project {
        item(say!("export-project", project = cell(project)));
    }
    if let Some(from) = &transcript.forked_from {
        item(say!("export-copy", session = from.as_str()));
    }
    let unpriced =
        transcript.turns.iter().filter(|turn| !turn.inherited).map(|turn| turn.unpriced as usize).sum();
    item(say!("export-cost", turns = transcript.turns.len(), cost = words().charged(cost, unpriced)));
    for turn in &transcript.turns {
        text += &markdown_turn(turn);
    }
    text
}

fn markdown_turn(turn: &view::TranscriptTurn) -> String {
    let at = turn.at.map(time).unwrap_or_default();
    let mark = if turn.rewound { format!(" ({})", say!("transcript-taken-back")) } else { String::new() };
    let mut text = match &turn.compacts {
        Some(through) => format!("\n## {}{mark} · {at}\n", say!("export-summary", run = through.as_str())),
        None => format!("\n## {}{mark} · {at}\n\n{}\n", say!("export-you"), turn.prompt.trim_end()),
    };
    for attached in &turn.attached {
        let (fence, with) = (fence_around(&attached.text), say!("export-with", name = cell(&attached.name)));
        let _infallible = write!(text, "\n{with}\n\n{fence}\n{}\n{fence}\n", attached.text.trim_end());
    }
    let inherited = if turn.inherited { format!(", {}", say!("export-original")) } else { String::new() };
    let (model, cost) = (&turn.model, words().charged(turn.cost_micro_rub, turn.unpriced as usize));
    let (answer, status) = (say!("export-answer"), status(words(), turn.status));
    let _infallible = write!(
        text,
        "\n### {answer} · {model} · {cost}{inherited} · {status}\n\n{}\n",
        turn.answer.trim_end()
    );
    text
}

/// A fence that no line of the text closes.
fn fence_around(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_any_in_the_text() {
        assert_eq!(fence_around("a"), "```");
        assert_eq!(fence_around("```sh\nls\n````"), "`````");
    }
}
