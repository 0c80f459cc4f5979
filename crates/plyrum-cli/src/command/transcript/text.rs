//! A transcript as people read it at a terminal.

use crate::money::Lang;
use crate::text::time;
use plyrum_protocol::{RunStatus, view};
use std::fmt::Write as _;

/// All turns.
pub(super) fn transcript(transcript: &view::Transcript) -> String {
    let title = transcript.title.as_ref().map(|title| format!(" · {title}")).unwrap_or_default();
    let mut text = format!("session {}{title}\n", transcript.session);
    if let Some(from) = &transcript.forked_from {
        let _infallible = writeln!(text, "a copy of session {from}");
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
    let marks = [(turn.rewound, " · taken back"), (turn.inherited, " · from the original")];
    let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
    let mut text = format!("\n{at} · run {}{marks}\n", turn.run);
    if let Some(through) = &turn.compacts {
        let _infallible = writeln!(text, "Summary of everything up to run {through}");
    }
    if !turn.prompt.trim().is_empty() {
        let _infallible = writeln!(text, "You: {}", turn.prompt.trim_end());
    }
    for attachment in &turn.attachments {
        let _infallible = writeln!(text, "  with {attachment}");
    }
    text
}

/// The answer and what it cost.
pub(super) fn end(turn: &view::TranscriptTurn) -> String {
    let mut text = String::new();
    if turn.status != RunStatus::Running || !turn.answer.is_empty() {
        let _infallible = writeln!(text, "Answer: {}", turn.answer.trim_end());
    }
    let (model, status) = (turn.model.as_str(), turn.status.as_str());
    let cost = Lang::of_environment().rub(turn.cost_micro_rub);
    let _infallible = writeln!(text, "Cost: {cost} · {model} · {status}");
    text
}
