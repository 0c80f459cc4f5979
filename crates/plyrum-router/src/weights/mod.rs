//! What was learned: a file of weights, embedded, read once.
//!
//! Two tables of 8-bit weights, stored bucket by bucket, so that a gram costs a cache line or two whatever the
//! number of heads. Scores are integers with 16 bits after the point. `weights/CARD.md` says what they were learned
//! from; [`Weights::name`] is the beginning of the file's SHA-256 and stands in every decision.

mod file;
mod heads;
mod table;

use std::sync::LazyLock;

pub use file::Broken;
#[cfg(feature = "train")]
pub(crate) use file::sizes;
#[cfg(feature = "train")]
pub(crate) use file::{MAGIC, MAX_WORDS};
pub use heads::{EXAM_HEADS, FIELDS, Heads, WORK_HEADS};
#[cfg(feature = "train")]
pub(crate) use table::EXAM_SHIFT;
pub use table::Table;

use crate::number::{UNIT, logistic, softmax};
use crate::sight::Sight;
use crate::spelling::Words;

/// Bytes that start on a cache line.
#[repr(align(64))]
struct Aligned<T: ?Sized>(T);

static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!("../../weights/router.bin"));

static SHIPPED: LazyLock<Result<Weights<'static>, Broken>> = LazyLock::new(|| Weights::read(&FILE.0));

/// Weights that were read.
#[derive(Debug)]
pub struct Weights<'a> {
    /// The beginning of their hash.
    pub name: String,
    /// Intents, answers, fields, risk, what is left of hardness.
    pub work: Table<'a, WORK_HEADS>,
    /// Subjects of exams and tasks of benchmarks.
    pub exam: Table<'a, EXAM_HEADS>,
    /// Figures beside the tables.
    pub facts: Facts,
    /// Words that are known, whose misspellings are read as them.
    pub words: Words,
}

/// What stands beside the tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// What scores of intents are multiplied by before they become chances, in thousandths.
    pub sharpness_milli: i64,
    /// The chance under which no intent is named, in thousandths.
    pub unknown_under_milli: i64,
    /// The chance from which a field applies, in thousandths.
    pub field_from_milli: i64,
    /// The chance from which the wording alone asks for caution, in thousandths.
    pub caution_from_milli: i64,
    /// Subjects of exams by name, each with how much more often the strong model was right, in ten-thousandths.
    pub subjects: Vec<(String, i64)>,
    /// Tasks by name, each with the mean score of every model of [`Self::models`], in ten-thousandths.
    pub tasks: Vec<(String, Vec<i64>)>,
    /// Models of the tasks.
    pub models: Vec<String>,
    /// Scores of hardness at equal shares of questions, rising: exams, word problems.
    pub hardness: [Vec<i64>; 2],
}

impl Weights<'static> {
    /// Those that the program was built with; none if they are broken, and rules alone decide.
    pub fn shipped() -> Option<&'static Self> {
        SHIPPED.as_ref().ok()
    }
}

impl<'a> Weights<'a> {
    /// Reads a file of weights.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Broken> {
        file::read(bytes)
    }

    /// Scores of every head of the first table.
    pub fn heads(&self, sight: &Sight) -> Heads {
        Heads(self.work.scores(sight))
    }

    /// Chances of the intents.
    pub fn intents(&self, heads: &Heads) -> Vec<i64> {
        let scores = heads.intents().iter().map(|score| score * self.facts.sharpness_milli / 1000);
        softmax(&scores.collect::<Vec<i64>>())
    }

    /// How much a stronger model is expected to gain on this text as an exam question, in sixteenths of a bit's
    /// unit: the mean of its subject as far as the text shows it, and what the form of the text adds.
    pub fn exam_gap(&self, heads: &Heads, exam: &[i64; EXAM_HEADS]) -> i64 {
        let chances = softmax(exam.get(..self.facts.subjects.len()).unwrap_or_default());
        let mean: i64 =
            chances.iter().zip(&self.facts.subjects).map(|(chance, (_, gap))| chance * gap / 10_000).sum();
        mean + heads.exam_rest()
    }

    /// The same where the subject is known.
    pub fn exam_gap_of(&self, heads: &Heads, subject: &str) -> Option<i64> {
        let (_, gap) = self.facts.subjects.iter().find(|(name, _)| name == subject)?;
        Some(gap * UNIT / 10_000 + heads.exam_rest())
    }

    /// What each of [`Facts::models`] is expected to score, by the task that the text looks like.
    pub fn model_scores(&self, exam: &[i64; EXAM_HEADS]) -> Vec<i64> {
        let at = self.facts.subjects.len();
        let chances = softmax(exam.get(at..at + self.facts.tasks.len()).unwrap_or_default());
        let mut sums = vec![0; self.facts.models.len()];
        for (chance, (_, scores)) in chances.iter().zip(&self.facts.tasks) {
            for (sum, score) in sums.iter_mut().zip(scores) {
                *sum += chance * score / 10_000;
            }
        }
        sums
    }

    /// Which share of questions is easier, 0..=1000.
    pub fn hardness_milli(&self, gap: i64, word_problem: bool) -> u32 {
        let steps = &self.facts.hardness[usize::from(word_problem)];
        let below = steps.partition_point(|&step| step <= gap);
        u32::try_from(below * 1000 / steps.len().max(1)).unwrap_or(1000)
    }

    /// Places in [`FIELDS`] of the fields that apply.
    pub fn fields(&self, heads: &Heads) -> Vec<usize> {
        let from = self.facts.field_from_milli;
        let scores = heads.fields().iter().enumerate();
        scores.filter(|&(_, &score)| (logistic(score) * 1000) >> 16 >= from).map(|(at, _)| at).collect()
    }

    /// Whether the wording alone asks for caution: it is like that of harmful wishes, and hardly any harmless one
    /// is so like them.
    pub fn is_cautious(&self, heads: &Heads) -> bool {
        (logistic(heads.caution()) * 1000) >> 16 > self.facts.caution_from_milli
    }
}
