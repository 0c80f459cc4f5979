//! What `plyrum bench router --data DIR` prints: the router measured on what it was not trained on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The whole measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouterReport {
    /// Version of this shape: 1.
    pub schema: u32,
    /// The weights that were measured, as decisions name them.
    pub weights: String,
    /// All figures.
    pub figures: Vec<RouterFigure>,
    /// Intents that are taken for others most often.
    pub confused: Vec<RouterConfused>,
    /// What the figures rest on, and what they cannot show.
    pub notes: Vec<String>,
    /// Files that were read.
    pub files: Vec<RouterFile>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouterFigure {
    /// What was measured: head, rows, measure.
    pub name: String,
    /// How much; shares are of one, times in microseconds.
    pub value: f64,
    /// Rows that it was measured on.
    pub rows: u64,
    /// What it should reach at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// What it should not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// An intent taken for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouterConfused {
    /// On which rows.
    pub on: String,
    /// What it was.
    pub was: String,
    /// What it was taken for.
    pub taken_for: String,
    /// How often.
    pub rows: u64,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouterFile {
    /// Its name in the pack.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

impl RouterReport {
    /// A figure by name.
    pub fn figure(&self, name: &str) -> Option<&RouterFigure> {
        self.figures.iter().find(|figure| figure.name == name)
    }
}

impl RouterFigure {
    /// Whether it reaches what it should; none where nothing is asked.
    pub fn reached(&self) -> Option<bool> {
        let least = self.at_least.map(|least| self.value >= least);
        let most = self.at_most.map(|most| self.value <= most);
        least.into_iter().chain(most).reduce(|one, other| one && other)
    }
}
