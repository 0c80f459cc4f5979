//! The rows that the router learns from and is measured on, each with what the router sees of it.

use super::split::{Place, place, sha256};
use super::typos::{Slip, mistype};
use crate::DataError;
use plyrum_protocol::{Intent, Language, OutputKind};
use plyrum_router::{FIELDS, Sight, Words};
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
    fn new(id: String, source: String, text: String, words: &Words) -> Self {
        let (sight, place) = (Sight::of(&text, words), place(&text));
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
    /// Words that are known: of the texts that may be learned from.
    pub words: Words,
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

impl RawIntent {
    fn is_learned(&self) -> bool {
        if self.output.is_some() { self.split == "train" } else { place(&self.prompt).learned }
    }
}

/// Those texts that may be learned from.
fn of_learned<'a>(texts: impl Iterator<Item = &'a String>) -> impl Iterator<Item = &'a String> {
    texts.filter(|text| place(text).learned)
}

impl Pack {
    /// Reads the routing part of a data pack, and our own prompts.
    pub fn read(dir: &Path) -> Result<Self, RowError> {
        let mut pack = Self::default();
        let mut intents = pack.file::<RawIntent>(dir, "intent/tasks.jsonl")?;
        let mmlu = pack.file::<RawPair>(dir, "routing/mmlu.jsonl")?;
        let gsm8k = pack.file::<RawPair>(dir, "routing/gsm8k.jsonl")?;
        let nine = pack.file::<RawNine>(dir, "routing/nine_models.jsonl")?;
        let risk = pack.file::<RawRisk>(dir, "risk/prompts.jsonl")?;
        let injections = pack.file::<RawInjection>(dir, "safety/injections.jsonl")?;
        for (name, text) in plyrum_router::train::OWN_PROMPTS {
            pack.files.push(((*name).to_owned(), sha256(text.as_bytes())));
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                intents.push(serde_json::from_str(line)?);
            }
        }
        let texts = intents.iter().filter(|raw| raw.is_learned()).map(|raw| &raw.prompt);
        let texts = texts.chain(of_learned(mmlu.iter().map(|raw| &raw.prompt)));
        let texts = texts.chain(of_learned(gsm8k.iter().map(|raw| &raw.prompt)));
        let texts = texts.chain(of_learned(nine.iter().map(|raw| &raw.prompt)));
        let texts = texts.chain(of_learned(risk.iter().map(|raw| &raw.prompt)));
        let words = plyrum_router::train::words(texts.map(String::as_str));
        pack.intents = intents.into_iter().map(|raw| intent_row(raw, &words)).collect::<Result<_, _>>()?;
        pack.mmlu = mmlu.into_iter().map(|raw| pair_row(raw, &words)).collect();
        pack.gsm8k = gsm8k.into_iter().map(|raw| pair_row(raw, &words)).collect();
        pack.models = nine.first().map(|row| row.scores.keys().cloned().collect()).unwrap_or_default();
        pack.nine = nine.into_iter().map(|raw| nine_row(raw, &pack.models, &words)).collect();
        pack.risk = risk.into_iter().map(|raw| risk_row(raw, &words)).collect();
        pack.injections = injections.into_iter().map(|raw| injection_row(raw, &words)).collect();
        pack.words = words;
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

fn intent_row(raw: RawIntent, words: &Words) -> Result<IntentRow, RowError> {
    let is_learned = raw.is_learned();
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
    let mut prompt = Prompt::new(raw.id, source, raw.prompt, words);
    prompt.place.learned = is_learned;
    // Read as it stands: what is learned from it is for words that are not known.
    let mistyped = Sight::of(&mistype(&prompt.text, 1, Slip::of(&prompt.text)), &Words::default());
    Ok(IntentRow { prompt, label, mistyped, language, own })
}

fn pair_row(raw: RawPair, words: &Words) -> PairRow {
    PairRow {
        prompt: Prompt::new(raw.id, raw.source, raw.prompt, words),
        domain: raw.domain,
        strong: raw.strong,
        weak: raw.weak,
    }
}

fn nine_row(raw: RawNine, models: &[String], words: &Words) -> NineRow {
    let scores = models.iter().map(|model| raw.scores.get(model).copied().unwrap_or(0.0)).collect();
    NineRow { prompt: Prompt::new(raw.id, raw.source, raw.prompt, words), task: raw.task, scores }
}

fn risk_row(raw: RawRisk, words: &Words) -> RiskRow {
    RiskRow { prompt: Prompt::new(raw.id, raw.source, raw.prompt, words), harmful: raw.harmful == 1 }
}

fn injection_row(raw: RawInjection, words: &Words) -> RiskRow {
    let harmful = !raw.kind.starts_with("none:");
    RiskRow { prompt: Prompt::new(raw.id, raw.source, raw.text, words), harmful }
}
