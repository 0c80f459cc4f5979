//! Which head stands where.

use plyrum_protocol::{Intent, OutputKind};

/// Heads of the first table, filled up to whole cache lines of three buckets in two.
pub const WORK_HEADS: usize = 48;
/// Heads of the second table: subjects and tasks.
pub const EXAM_HEADS: usize = 72;

/// Fields of knowledge that a decision may name, by name.
pub const FIELDS: &[&str] = &[
    "arts",
    "business",
    "data",
    "education",
    "engineering",
    "finance",
    "food",
    "geography",
    "history",
    "language",
    "law",
    "math",
    "medicine",
    "philosophy",
    "politics",
    "programming",
    "psychology",
    "science",
    "security",
    "shell",
    "sports",
    "travel",
];

/// Intents that can be named.
const INTENTS: usize = Intent::ALL.len() - 1;
const OUTPUTS: usize = OutputKind::ALL.len();

/// Scores of the first table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads(pub(super) [i64; WORK_HEADS]);

impl Heads {
    /// Where intents begin: the order of [`Intent::ALL`] without the last.
    pub const INTENTS: usize = 0;
    /// Where shapes of the answer begin: the order of [`OutputKind::ALL`].
    pub const OUTPUTS: usize = Self::INTENTS + INTENTS;
    /// Where fields begin: the order of [`FIELDS`].
    pub const FIELDS: usize = Self::OUTPUTS + OUTPUTS;
    /// Caution by wording.
    pub const CAUTION: usize = Self::FIELDS + FIELDS.len();
    /// What the form of an exam question adds to its subject.
    pub const EXAM_REST: usize = Self::CAUTION + 1;
    /// How much a stronger model gains on a word problem.
    pub const WORD_PROBLEM: usize = Self::EXAM_REST + 1;

    fn part(&self, from: usize, count: usize) -> &[i64] {
        self.0.get(from..from + count).unwrap_or_default()
    }

    fn one(&self, at: usize) -> i64 {
        self.0.get(at).copied().unwrap_or(0)
    }

    /// Scores of intents.
    pub fn intents(&self) -> &[i64] {
        self.part(Self::INTENTS, INTENTS)
    }

    /// Scores of shapes.
    pub fn outputs(&self) -> &[i64] {
        self.part(Self::OUTPUTS, OUTPUTS)
    }

    /// Scores of fields.
    pub fn fields(&self) -> &[i64] {
        self.part(Self::FIELDS, FIELDS.len())
    }

    /// Score of caution.
    pub fn caution(&self) -> i64 {
        self.one(Self::CAUTION)
    }

    pub(super) fn exam_rest(&self) -> i64 {
        self.one(Self::EXAM_REST)
    }

    /// How much a stronger model is expected to gain on this text as a word problem.
    pub fn word_problem_gap(&self) -> i64 {
        self.one(Self::WORD_PROBLEM)
    }
}
