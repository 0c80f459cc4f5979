//! The rows that the router learns from and is measured on, each with what the router sees of it.

use super::split::{Place, place, sha256};
use super::typos::mistype;
use crate::DataError;
use plyrum_protocol::{Intent, Language, OutputKind};
use plyrum_router::{FIELDS, Sight};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Why there is nothing to measure.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// A file could not be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A row has a word that means nothing here.
    #[error("{id}: `{word}` is not known")]
    Word {
        /// The row.
        id: String,
        /// The word.
        word: String,
    },
    /// The project's own prompts are broken.
    #[error("own prompts: {0}")]
    Own(#[from] serde_json::Error),
    /// A prediction could not be written.
    #[error("{file}: {why}")]
    Unwritten {
        /// The file.
        file: String,
        /// What the system said.
        why: String,
    },
    /// Weights that were just learned cannot be read.
    #[error("the weights cannot be read: {0:?}")]
    Broken(plyrum_router::Broken),
}

/// A prompt with what the router sees of it.
#[derive(Debug)]
pub struct Prompt {
    /// Its id.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// Its text.
    pub text: String,
    /// What the router sees.
    pub sight: Sight,
    /// Learned from or scored.
    pub place: Place,
}

impl Prompt {
    fn new(id: String, source: String, text: String) -> Self {
        let (sight, place) = (Sight::of(&text), place(&text));
        Self { id, source, text, sight, place }
    }
}

/// A prompt with its intent; one of our own has its fields and the shape of its answer too.
#[derive(Debug)]
pub struct IntentRow {
    /// The prompt; of our own, `learned` says `train`.
    pub prompt: Prompt,
    /// Place in [`Intent::ALL`].
    pub label: usize,
    /// The same prompt with typing errors: learned from too, never scored.
    pub mistyped: Sight,
    /// Language as the row says.
    pub language: Language,
    /// What only our own rows have.
    pub own: Option<OwnMarks>,
}

impl IntentRow {
    /// The same row without what the cues of the rules say.
    pub(super) fn without_cues(&self) -> Self {
        let prompt = Prompt {
            id: self.prompt.id.clone(),
            source: self.prompt.source.clone(),
            text: self.prompt.text.clone(),
            sight: self.prompt.sight.by_shape(),
            place: self.prompt.place,
        };
        let own = self.own.as_ref().map(|own| OwnMarks { fields: own.fields.clone(), output: own.output });
        Self { prompt, mistyped: self.mistyped.by_shape(), label: self.label, language: self.language, own }
    }
}

/// Marks of our own rows.
#[derive(Debug)]
pub struct OwnMarks {
    /// Places in [`FIELDS`].
    pub fields: Vec<usize>,
    /// Place in [`OutputKind::ALL`].
    pub output: usize,
}

/// A question that a strong and a weak model answered.
#[derive(Debug)]
pub struct PairRow {
    /// The question.
    pub prompt: Prompt,
    /// Its subject.
    pub domain: String,
    /// One where the strong model was right.
    pub strong: f32,
    /// One where the weak model was right.
    pub weak: f32,
}

impl PairRow {
    /// What the strong model gains.
    pub fn gap(&self) -> f32 {
        self.strong - self.weak
    }
}

/// A task that several models did.
#[derive(Debug)]
pub struct NineRow {
    /// The task's text.
    pub prompt: Prompt,
    /// Which task.
    pub task: String,
    /// Scores in the order of [`Pack::models`].
    pub scores: Vec<f32>,
}

/// A wish that is harmful or not.
#[derive(Debug)]
pub struct RiskRow {
    /// The wish.
    pub prompt: Prompt,
    /// Whether its source counts it as harmful.
    pub harmful: bool,
}

/// All rows.
#[derive(Debug, Default)]
pub struct Pack {
    /// Prompts with intents, the pack's and our own.
    pub intents: Vec<IntentRow>,
    /// Exam questions.
    pub mmlu: Vec<PairRow>,
    /// Word problems.
    pub gsm8k: Vec<PairRow>,
    /// Tasks of nine models.
    pub nine: Vec<NineRow>,
    /// The nine models, by name.
    pub models: Vec<String>,
    /// Harmful and harmless wishes.
    pub risk: Vec<RiskRow>,
    /// Injected instructions (`harmful`) and ordinary letters.
    pub injections: Vec<RiskRow>,
    /// Files by name with their SHA-256.
    pub files: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct RawIntent {
    id: String,
    #[serde(default)]
    source: String,
    label: String,
    lang: String,
    prompt: String,
    #[serde(default)]
    domains: Vec<String>,
    output: Option<String>,
    #[serde(default)]
    split: String,
}

#[derive(Deserialize)]
struct RawPair {
    id: String,
    source: String,
    domain: String,
    prompt: String,
    strong: f32,
    weak: f32,
}

#[derive(Deserialize)]
struct RawNine {
    id: String,
    source: String,
    task: String,
    prompt: String,
    scores: BTreeMap<String, f32>,
}

#[derive(Deserialize)]
struct RawRisk {
    id: String,
    source: String,
    prompt: String,
    #[serde(rename = "unsafe")]
    harmful: u8,
}

#[derive(Deserialize)]
struct RawInjection {
    id: String,
    source: String,
    text: String,
    kind: String,
}

impl Pack {
    /// Reads the routing part of a data pack, and our own prompts.
    pub fn read(dir: &Path) -> Result<Self, RowError> {
        let mut pack = Self::default();
        for raw in pack.file::<RawIntent>(dir, "intent/tasks.jsonl")? {
            pack.intents.push(intent_row(raw)?);
        }
        pack.mmlu = pack.file(dir, "routing/mmlu.jsonl")?.into_iter().map(pair_row).collect();
        pack.gsm8k = pack.file(dir, "routing/gsm8k.jsonl")?.into_iter().map(pair_row).collect();
        let nine = pack.file::<RawNine>(dir, "routing/nine_models.jsonl")?;
        pack.models = nine.first().map(|row| row.scores.keys().cloned().collect()).unwrap_or_default();
        pack.nine = nine.into_iter().map(|raw| nine_row(raw, &pack.models)).collect();
        pack.risk = pack.file(dir, "risk/prompts.jsonl")?.into_iter().map(risk_row).collect();
        pack.injections = pack.file(dir, "safety/injections.jsonl")?.into_iter().map(injection_row).collect();
        for (name, text) in plyrum_router::train::OWN_PROMPTS {
            pack.files.push(((*name).to_owned(), sha256(text.as_bytes())));
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                pack.intents.push(intent_row(serde_json::from_str(line)?)?);
            }
        }
        Ok(pack)
    }

    fn file<T: serde::de::DeserializeOwned>(&mut self, dir: &Path, name: &str) -> Result<Vec<T>, RowError> {
        let rows = crate::lines(dir, name)?;
        let path = dir.join(name);
        let bytes = std::fs::read(&path).map_err(|source| DataError::Unreadable { path, source })?;
        self.files.push((name.to_owned(), sha256(&bytes)));
        Ok(rows)
    }
}

fn known<T: Copy>(
    id: &str,
    word: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<usize, RowError> {
    let unknown = || RowError::Word { id: id.to_owned(), word: word.to_owned() };
    all.iter().position(|&one| name(one) == word).ok_or_else(unknown)
}

fn intent_row(raw: RawIntent) -> Result<IntentRow, RowError> {
    let label = known(&raw.id, &raw.label, Intent::ALL, Intent::as_str)?;
    let language = known(&raw.id, &raw.lang, Language::ALL, Language::as_str)?;
    let language = Language::ALL.get(language).copied().unwrap_or(Language::Other);
    let own = match &raw.output {
        None => None,
        Some(output) => Some(OwnMarks {
            fields: raw
                .domains
                .iter()
                .map(|field| known(&raw.id, field, FIELDS, |name| name))
                .collect::<Result<_, _>>()?,
            output: known(&raw.id, output, OutputKind::ALL, OutputKind::as_str)?,
        }),
    };
    let source = if own.is_some() { format!("own_{}", raw.lang) } else { raw.source };
    let mut prompt = Prompt::new(raw.id, source, raw.prompt);
    if own.is_some() {
        prompt.place.learned = raw.split == "train";
    }
    let mistyped = Sight::of(&mistype(&prompt.text, 1));
    Ok(IntentRow { prompt, label, mistyped, language, own })
}

fn pair_row(raw: RawPair) -> PairRow {
    PairRow {
        prompt: Prompt::new(raw.id, raw.source, raw.prompt),
        domain: raw.domain,
        strong: raw.strong,
        weak: raw.weak,
    }
}

fn nine_row(raw: RawNine, models: &[String]) -> NineRow {
    let scores = models.iter().map(|model| raw.scores.get(model).copied().unwrap_or(0.0)).collect();
    NineRow { prompt: Prompt::new(raw.id, raw.source, raw.prompt), task: raw.task, scores }
}

fn risk_row(raw: RawRisk) -> RiskRow {
    RiskRow { prompt: Prompt::new(raw.id, raw.source, raw.prompt), harmful: raw.harmful == 1 }
}

fn injection_row(raw: RawInjection) -> RiskRow {
    let harmful = !raw.kind.starts_with("none:");
    RiskRow { prompt: Prompt::new(raw.id, raw.source, raw.text), harmful }
}
