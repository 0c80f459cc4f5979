//! A stream on its way through: each piece of text is counted, kept where later steps or the result need
//! it, and shown at its offset. Usage reports wait here for the end.

use super::Run;
use super::ended::{self, Ended};
use crate::input::UsageReport;
use plyrum_protocol::{AttemptId, Channel, FrameBody};
use serde::{Deserialize, Serialize};

/// What has come on one channel of an attempt.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Flow {
    pub(super) bytes: u64,
    /// The same as JSON would write it.
    json_bytes: u64,
}

impl Flow {
    /// Takes as much of a text as there is room for, and cuts the rest off. True where all of it fitted.
    fn take(&mut self, text: &mut String, max_json_bytes: u64) -> bool {
        let kept = text.char_indices().find_map(|(at, c)| {
            let after = self.json_bytes + json_bytes(c);
            if after > max_json_bytes {
                return Some(at);
            }
            self.json_bytes = after;
            None
        });
        text.truncate(kept.unwrap_or(text.len()));
        self.bytes += text.len() as u64;
        kept.is_none()
    }
}

impl Run {
    /// Headers arrived. The frame waits for the first text: that is the time a person feels.
    pub(super) fn opened(&mut self, id: &AttemptId) {
        let _live = self.live(id);
    }

    pub(super) fn delta(&mut self, id: &AttemptId, channel: Channel, mut text: String) {
        if let Some(at) = self.draining(id) {
            return self.count_drained(at, text.len() as u64);
        }
        let Some(at) = self.live(id).filter(|_| !text.is_empty()) else { return };
        self.note_shown(at);
        self.note_first_text(at);
        let max = self.spec.limits.max_answer_bytes;
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        let Some(step) = self.steps.get_mut(attempt.step) else { return };
        let before = attempt.answer.bytes + attempt.reasoning.bytes;
        let is_answer = matches!(channel, Channel::Answer | Channel::Proposal);
        let (flow, channel, what) = match channel {
            Channel::Answer | Channel::Proposal => (&mut attempt.answer, step.channel(), "the answer"),
            Channel::Reasoning => (&mut attempt.reasoning, channel, "its reasoning"),
            Channel::ToolArgs => (&mut attempt.tool_args, channel, "its tool call"),
        };
        // What a judge thinks and what it says are shown as one stream.
        let offset = if step.judges() && channel == Channel::Reasoning { before } else { flow.bytes };
        let fitted = flow.take(&mut text, max);
        if is_answer {
            step.text.push_str(&text);
        }
        if !text.is_empty() {
            let step = step.spec.step.clone();
            self.emit(FrameBody::Delta { step, attempt: id.clone(), channel, offset, text });
        }
        let Some(attempt) = self.attempts.get(at) else { return };
        if !fitted {
            self.hang_up(at, Ended::too_long(what, max, attempt));
        } else if ended::is_over_its_limit(attempt) {
            self.hang_up(at, Ended::over_its_limit(attempt));
        }
    }

    fn note_first_text(&mut self, at: usize) {
        let now = self.now;
        let Some(attempt) = self.attempts.get_mut(at).filter(|a| a.ttft_ms.is_none()) else { return };
        let ttft_ms = now.millis_since(attempt.started_at);
        attempt.ttft_ms = Some(ttft_ms);
        let attempt = attempt.hold.attempt.clone();
        self.emit(FrameBody::AttemptOpened { attempt, ttft_ms });
    }

    pub(super) fn usage(&mut self, id: &AttemptId, report: UsageReport) {
        let draining = self.draining(id);
        let Some(at) = self.live(id).or(draining) else { return };
        if let Some(attempt) = self.attempts.get_mut(at) {
            attempt.report = Some(report); // replaces an earlier one whole
        }
        if draining.is_some() {
            self.stop_draining(at); // that was what it was read for
        }
    }
}

/// Bytes that JSON needs for a character: controls are written as `\u00xx`.
fn json_bytes(c: char) -> u64 {
    match c {
        '"' | '\\' | '\n' | '\t' | '\r' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_taken_fits_and_not_one_character_more_would(pieces in prop::collection::vec("[a\u{1b}\"я🦀\n]{0,9}", 0..6), max in 0_u64..90) {
            let (mut flow, mut kept) = (Flow::default(), String::new());
            let mut fitted = true;
            for piece in &pieces {
                let mut text = piece.clone();
                fitted = flow.take(&mut text, max);
                kept.push_str(&text);
                if !fitted {
                    break;
                }
            }
            let whole = pieces.concat();
            let size = |text: &str| serde_json::to_string(text).unwrap().len() as u64 - 2;
            prop_assert!(whole.starts_with(&kept) && size(&kept) <= max);
            prop_assert_eq!(flow.bytes, kept.len() as u64);
            prop_assert_eq!(fitted, kept == whole);
            if !fitted {
                let more: String = whole.chars().take(kept.chars().count() + 1).collect();
                prop_assert!(size(&more) > max);
            }
        }
    }
}
