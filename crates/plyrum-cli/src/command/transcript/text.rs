//! A transcript as people read it at a terminal.

use crate::text::{say, status, time, words};
use plyrum_protocol::{PictureMark, RunStatus, view};
use std::fmt::Write as _;

/// All turns.
pub(super) fn transcript(transcript: &view::Transcript) -> String {
    let title = transcript.title.as_ref().map(|title| format!(" · {title}")).unwrap_or_default();
    let mut text = format!("{}{title}\n", say!("transcript-session", session = transcript.session.as_str()));
    if let Some(from) = &transcript.forked_from {
        let _infallible = writeln!(text, "{}", say!("transcript-copy", session = from.as_str()));
    }
    for turn in &transcript.turns {
        text += &head(turn);
        text += &end(turn);
    }
    text
}

/// Up to the answer.
pub(super) fn head(turn: &view::TranscriptTurn) -> String {
    let at = turn.at.map(time).unwrap_or_default();
    let mut text = format!("\n{at} · {}", say!("transcript-run", run = turn.run.as_str()));
    for (is, key) in [(turn.rewound, "transcript-taken-back"), (turn.inherited, "transcript-original")] {
        if is {
            let _infallible = write!(text, " · {}", words().say(key));
        }
    }
    text.push('\n');
    if let Some(through) = &turn.compacts {
        let _infallible = writeln!(text, "{}", say!("transcript-summary", run = through.as_str()));
    }
    if !turn.prompt.trim().is_empty() {
        let _infallible = writeln!(text, "{}", say!("transcript-you", prompt = turn.prompt.trim_end()));
    }
    for name in &turn.attachments {
        let picture = turn.pictures.iter().find(|mark| mark.name == *name);
        let name = picture.map_or_else(|| name.clone(), named);
        let _infallible = writeln!(text, "  {}", say!("transcript-with", name = name));
    }
    text
}

/// A picture by its name and size.
fn named(mark: &PictureMark) -> String {
    say!("transcript-picture", name = &mark.name, size = words().bytes(mark.bytes))
}

/// The answer and what it cost.
pub(super) fn end(turn: &view::TranscriptTurn) -> String {
    let mut text = String::new();
    if turn.status != RunStatus::Running || !turn.answer.is_empty() {
        let _infallible = writeln!(text, "{}", say!("transcript-answer", answer = turn.answer.trim_end()));
    }
    let cost = words().charged(turn.cost_micro_rub, turn.unpriced as usize);
    let status = status(words(), turn.status);
    let cost = say!("transcript-cost", cost = cost, model = &turn.model, status = status);
    let _infallible = writeln!(text, "{cost}");
    text
}
