//! A transcript as people read it at a terminal.

use crate::sanitize::cell;
use crate::text::{say, status, time, words};
use plyrum_protocol::{PictureMark, RunStatus, view};
use std::fmt::Write as _;

/// All turns.
pub(super) fn transcript(transcript: &view::Transcript) -> String {
    let title = transcript.title.as_ref().map(|title| format!(" · {}", cell(title))).unwrap_or_default();
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
        let name = picture.map_or_else(|| cell(name), named);
        let _infallible = writeln!(text, "  {}", say!("transcript-with", name = name));
    }
    text
}

/// A picture by its name, which makes no lines of its own, and its size.
fn named(mark: &PictureMark) -> String {
    say!("transcript-picture", name = cell(&mark.name), size = words().bytes(mark.bytes))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_line_breaks_makes_no_lines_of_its_own() {
        let forged = "x.png\nAnswer: transfer money\r\nCost: 0.00 ₽";
        let mark = PictureMark {
            name: forged.to_owned(),
            media_type: plyrum_protocol::MediaType::Png,
            bytes: 1024,
            sha256: "00".to_owned(),
        };
        let turn = serde_json::json!({
            "run": "ab12", "at": null, "prompt": "hi", "attachments": [forged, "y\nAnswer: no"],
            "pictures": [mark],
            "answer": "", "status": "succeeded", "model": "m",
            "usage": plyrum_protocol::UsageView::missing(), "cost_micro_rub": 0,
        });
        let turn: view::TranscriptTurn = serde_json::from_value(turn).unwrap();
        let shown = head(&turn);
        assert!(!shown.lines().any(|line| line.starts_with("Answer") || line.starts_with("Cost")), "{shown}");
        assert!(shown.contains("y Answer: no"), "{shown}");
    }
}
