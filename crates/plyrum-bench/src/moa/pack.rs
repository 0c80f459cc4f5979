//! The recorded questions, answers and timings of the pack (its README describes the columns).

use crate::data::{DataError, lines};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Everything that is replayed.
#[derive(Debug)]
pub struct Pack {
    /// Questions with what every model answered, by task and id.
    pub(super) questions: Vec<Question>,
    pub(super) timings: Vec<Timing>,
    pub(super) texts: Vec<FullText>,
}

/// A question of one task.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) task: String,
    pub(super) id: String,
    pub(super) prompt: String,
    /// The normalised right answer.
    pub(super) gold: String,
    pub(super) answers: BTreeMap<String, Recorded>,
}

/// Final answer, whether it is right, length of the whole text in characters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Recorded(pub(super) Option<String>, pub(super) u8, pub(super) u64);

impl Recorded {
    pub(super) const fn is_right(&self) -> bool {
        self.1 == 1
    }
}

/// One request to a host as it was timed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Timing {
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) ttft_ms: Option<f64>,
    pub(super) total_ms: Option<f64>,
    pub(super) fault: Option<String>,
}

/// A whole recorded answer.
#[derive(Debug, Deserialize)]
pub(super) struct FullText {
    pub(super) task: String,
    pub(super) id: String,
    pub(super) model: String,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
struct QuestionRow {
    task: String,
    id: String,
    prompt: String,
    gold: String,
}

#[derive(Debug, Deserialize)]
struct AnswerRow {
    task: String,
    id: String,
    models: BTreeMap<String, Recorded>,
}

impl Pack {
    /// Reads the pack in `dir`.
    pub fn read(dir: &Path) -> Result<Self, DataError> {
        let asked: Vec<QuestionRow> = lines(dir, "moa/questions.jsonl")?;
        let answers: Vec<AnswerRow> = lines(dir, "moa/answers.jsonl")?;
        let mut answered: BTreeMap<(String, String), BTreeMap<String, Recorded>> =
            answers.into_iter().map(|row| ((row.task, row.id), row.models)).collect();
        let with_answers = |row: QuestionRow| {
            let answers = answered.remove(&(row.task.clone(), row.id.clone()))?;
            Some(Question { task: row.task, id: row.id, prompt: row.prompt, gold: row.gold, answers })
        };
        Ok(Self {
            questions: asked.into_iter().filter_map(with_answers).collect(),
            timings: lines(dir, "moa/latency.jsonl")?,
            texts: lines(dir, "moa/texts_sample.jsonl")?,
        })
    }

    /// Tasks in the order of the file.
    pub(super) fn tasks(&self) -> Vec<&str> {
        let mut tasks: Vec<&str> = Vec::new();
        for question in &self.questions {
            if !tasks.contains(&question.task.as_str()) {
                tasks.push(&question.task);
            }
        }
        tasks
    }

    pub(super) fn of_task<'a>(&'a self, task: &str) -> Vec<&'a Question> {
        self.questions.iter().filter(|question| question.task == task).collect()
    }
}

impl Question {
    #[cfg(test)]
    pub(super) fn named(task: &str, id: &str) -> Self {
        let (prompt, gold, answers) = (String::new(), String::new(), BTreeMap::new());
        Self { task: task.to_owned(), id: id.to_owned(), prompt, gold, answers }
    }

    /// Which half it is in, by its name: what is chosen on one half is measured on the other.
    pub(super) fn half(&self) -> usize {
        usize::from(self.hash() & 1 == 1)
    }

    /// FNV-1a of its name, mixed: the same on every machine.
    pub(super) fn hash(&self) -> u64 {
        let bytes = self.task.bytes().chain([0]).chain(self.id.bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        hash ^ (hash >> 29) ^ (hash >> 47)
    }

    /// What a model answered; nothing readable where it was not asked.
    pub(super) fn said(&self, model: &str) -> Recorded {
        self.answers.get(model).cloned().unwrap_or(Recorded(None, 0, 0))
    }
}

/// The field of a task, as the router would call it.
pub(super) fn domain(task: &str) -> &'static str {
    if task == "crux" { "programming" } else { "math" }
}
