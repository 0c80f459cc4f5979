//! Following one run without gaps: durable frames in order, deltas by offset, and what to do when
//! something is missing.

use crate::FrameLine;
use plyrum_protocol::{AttemptId, Channel, Frame, FrameBody, RunId};
use std::collections::HashMap;

/// What to do with a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is next: show it. For a delta, `skip` bytes of its text were seen before.
    Show {
        /// Bytes at the start of a delta's text that are already shown.
        skip: usize,
    },
    /// It was seen before, or belongs to another run.
    Skip,
    /// Something is missing: attach again after this durable frame.
    Reattach {
        /// Last durable frame seen.
        after_seq: u64,
    },
}

/// What every frame has, of whatever build.
#[derive(serde::Deserialize)]
struct Unknown {
    run: RunId,
    #[serde(default)]
    seq: Option<u64>,
}

/// Position in the frames of one run.
#[derive(Debug)]
pub struct Follower {
    run: RunId,
    seq: u64,
    offsets: HashMap<(AttemptId, Channel), u64>,
}

impl Follower {
    /// At the very beginning of a run.
    pub fn new(run: RunId) -> Self {
        Self { run, seq: 0, offsets: HashMap::new() }
    }

    /// The last durable frame that was shown.
    pub fn last_seq(&self) -> u64 {
        self.seq
    }

    /// Takes the next frame that arrived.
    pub fn step(&mut self, frame: &Frame) -> Step {
        if frame.run != self.run {
            return Step::Skip;
        }
        match (&frame.body, frame.seq) {
            (FrameBody::Resync { .. }, _) => Step::Reattach { after_seq: self.seq },
            (FrameBody::Delta { attempt, channel, offset, text, .. }, _) => {
                self.delta(attempt, *channel, *offset, text)
            }
            (_, Some(seq)) => self.numbered(seq),
            (_, None) => Step::Show { skip: 0 },
        }
    }

    /// Takes the next line that arrived, whether this build knows its type or not.
    pub fn take(&mut self, line: &FrameLine) -> Step {
        match &line.frame {
            Some(frame) => self.step(frame),
            None => self.unknown(&line.json),
        }
    }

    /// Takes a frame of a type that this build does not know: its number counts, its content is for newer ones.
    fn unknown(&mut self, json: &str) -> Step {
        match serde_json::from_str(json) {
            Ok(Unknown { run, seq: Some(seq) }) if run == self.run => self.numbered(seq),
            Ok(Unknown { run, seq: None }) if run == self.run => Step::Show { skip: 0 },
            _ => Step::Skip,
        }
    }

    fn numbered(&mut self, seq: u64) -> Step {
        match seq.checked_sub(self.seq) {
            Some(1) => {
                self.seq = seq;
                Step::Show { skip: 0 }
            }
            Some(2..) => Step::Reattach { after_seq: self.seq },
            Some(0) | None => Step::Skip,
        }
    }

    fn delta(&mut self, attempt: &AttemptId, channel: Channel, offset: u64, text: &str) -> Step {
        let seen = self.offsets.entry((attempt.clone(), channel)).or_default();
        let end = offset + text.len() as u64;
        if offset > *seen {
            return Step::Reattach { after_seq: self.seq };
        }
        if end <= *seen {
            return Step::Skip;
        }
        let skip = usize::try_from(*seen - offset).unwrap_or(usize::MAX);
        *seen = end;
        if text.is_char_boundary(skip) { Step::Show { skip } } else { Step::Reattach { after_seq: self.seq } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_protocol::{StepId, Timestamp};

    fn delta(offset: u64, text: &str) -> Frame {
        Frame {
            body: FrameBody::Delta {
                step: StepId::new("answer").unwrap(),
                attempt: AttemptId::new("ab.1").unwrap(),
                channel: Channel::Answer,
                offset,
                text: text.into(),
            },
            run: RunId::new("ab").unwrap(),
            seq: None,
            at: Timestamp::default(),
        }
    }

    fn durable(seq: u64) -> Frame {
        let body = FrameBody::StepCancelled { step: StepId::new("answer").unwrap(), reason: String::new() };
        Frame { body, run: RunId::new("ab").unwrap(), seq: Some(seq), at: Timestamp::default() }
    }

    #[test]
    fn frames_in_order_are_shown_and_repeats_are_skipped() {
        let mut follower = Follower::new(RunId::new("ab").unwrap());
        assert_eq!(follower.step(&durable(1)), Step::Show { skip: 0 });
        assert_eq!(follower.step(&durable(1)), Step::Skip);
        assert_eq!(follower.step(&durable(3)), Step::Reattach { after_seq: 1 });
    }

    #[test]
    fn a_frame_of_an_unknown_type_is_no_gap() {
        let mut follower = Follower::new(RunId::new("ab").unwrap());
        let dreamt = r#"{"type":"run.dreamt","run":"ab","seq":1,"dream":"of sheep"}"#;
        assert_eq!(follower.unknown(dreamt), Step::Show { skip: 0 });
        assert_eq!(follower.unknown(dreamt), Step::Skip);
        assert_eq!(follower.unknown(r#"{"type":"run.dreamt","run":"cd","seq":9}"#), Step::Skip);
        assert_eq!(follower.step(&durable(2)), Step::Show { skip: 0 });
        let later = r#"{"type":"run.dreamt","run":"ab","seq":4}"#;
        assert_eq!(follower.unknown(later), Step::Reattach { after_seq: 2 });
    }

    #[test]
    fn a_snapshot_after_reattach_shows_only_what_is_new() {
        let mut follower = Follower::new(RunId::new("ab").unwrap());
        assert_eq!(follower.step(&delta(0, "один ")), Step::Show { skip: 0 });
        assert_eq!(follower.step(&delta(20, "пять")), Step::Reattach { after_seq: 0 });
        assert_eq!(follower.step(&delta(0, "один два ")), Step::Show { skip: 9 });
        assert_eq!(follower.step(&delta(9, "два ")), Step::Skip);
    }
}
