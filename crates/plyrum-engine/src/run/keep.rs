//! A run that waits for a person is kept: as it stands, as JSON, so that another daemon can go on with it.
//!
//! Only a run that nothing else is happening to can be kept: no request is under way, no money is held, and it is
//! not ending. Its prices and its money are not kept; they are the ledger's.

use super::act::Acting;
use super::attempt::Attempt;
use super::panel::Panel;
use super::step::Step;
use super::trial::Trial;
use super::{Phase, Run};
use crate::compose::size_of;
use crate::effect::Effect;
use crate::random::Random;
use crate::spec::{AnswerForm, RunSpec};
use plyrum_billing_client::Billing;
use plyrum_protocol::{PictureMark, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Of the shape below. Another one is refused: a run is not guessed.
const VERSION: u32 = 1;

/// Why a kept run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// It is not what this version writes.
    #[error("it was kept by another version of plyrum, or is damaged: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It is of another shape.
    #[error("it was kept in shape {0}, this version reads {VERSION}")]
    Version(u32),
}

/// What is kept, borrowed from the run.
#[derive(Serialize)]
struct Kept<'a> {
    version: u32,
    spec: &'a RunSpec,
    steps: &'a [Step],
    attempts: &'a [Attempt],
    panels: &'a [Panel],
    numbered: u32,
    batches: u32,
    funding: Option<u32>,
    tended: usize,
    random: &'a Random,
    now: Timestamp,
    acting: &'a Acting,
    trial: Option<&'a Trial>,
    hurried: bool,
}

/// The same, read back.
#[derive(Deserialize)]
struct Restored {
    spec: RunSpec,
    steps: Vec<Step>,
    attempts: Vec<Attempt>,
    panels: Vec<Panel>,
    numbered: u32,
    batches: u32,
    funding: Option<u32>,
    tended: usize,
    random: Random,
    now: Timestamp,
    acting: Acting,
    #[serde(default)]
    trial: Option<Trial>,
    #[serde(default)]
    hurried: bool,
}

#[derive(Deserialize)]
struct Shape {
    version: u32,
}

impl Run {
    /// The run as it stands; none where it cannot be kept.
    pub(super) fn checkpoint(&self) -> Option<String> {
        let is_busy = self.ending.is_some() || self.attempts.iter().any(Attempt::is_unresolved);
        if self.phase != Phase::Running || is_busy {
            return None;
        }
        let kept = Kept {
            version: VERSION,
            spec: &self.spec,
            steps: &self.steps,
            attempts: &self.attempts,
            panels: &self.panels,
            numbered: self.numbered,
            batches: self.batches,
            funding: self.funding,
            tended: self.tended,
            random: &self.random,
            now: self.now,
            acting: &self.acting,
            trial: self.trial.as_ref(),
            hurried: self.hurried,
        };
        serde_json::to_string(&kept).ok()
    }

    /// Goes on with a run that was kept, after the last frame of its log. Its first effect is the call that it waits
    /// for. Pictures are not kept with it: `picture` has their bytes, where they are still there.
    pub fn resume(
        kept: &str,
        seq: u64,
        picture: &dyn Fn(&PictureMark) -> Option<Arc<[u8]>>,
        billing: Arc<dyn Billing + Send + Sync>,
    ) -> Result<(Self, Vec<Effect>), ResumeError> {
        let shape: Shape = serde_json::from_str(kept)?;
        if shape.version != VERSION {
            return Err(ResumeError::Version(shape.version));
        }
        let mut kept: Restored = serde_json::from_str(kept)?;
        kept.spec.conversation.refill(picture);
        let base = size_of(&kept.spec.conversation);
        let mut run = Self {
            form_bytes: kept.spec.form.as_ref().map_or(0, AnswerForm::bytes),
            structured: None, // it waits for a person, so there is no answer yet
            spec: kept.spec,
            billing,
            steps: kept.steps,
            base,
            attempts: kept.attempts,
            panels: kept.panels,
            numbered: kept.numbered,
            batches: kept.batches,
            funding: kept.funding,
            tended: kept.tended,
            random: kept.random,
            now: kept.now,
            seq,
            wake: None,
            ending: None,
            at_once: false,
            hurried: kept.hurried,
            phase: Phase::Running,
            acting: kept.acting,
            trial: kept.trial,
            effects: Vec::new(),
        };
        run.act_again();
        run.ask_for_leave();
        run.advance();
        let effects = std::mem::take(&mut run.effects);
        Ok((run, effects))
    }

    /// What the run is made of.
    pub fn spec(&self) -> &RunSpec {
        &self.spec
    }
}
