//! Votes among proposals, with all that their count rests on.

use crate::StepId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Proposals with the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VoteGroup {
    /// The answer as it was read, at most 120 characters; none where none could be told from the words around it.
    pub answer: Option<String>,
    /// Who gave it, the best-ranked first: its proposal is taken unmodified.
    pub votes: Vec<Voter>,
}

impl VoteGroup {
    /// What its votes count together, in thousandths of a bit; none where every vote counts the same.
    pub fn weight_milli(&self) -> Option<i64> {
        self.votes.iter().map(|vote| vote.weight_milli).sum()
    }
}

/// One vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Voter {
    /// The step whose proposal it is.
    pub step: StepId,
    /// What its word counts, in thousandths of a bit: the log-odds that its model is right in this field (Nitzan and Paroush
    /// 1982). None where that is not known of every member; each vote counts the same then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_milli: Option<i64>,
}
