//! What kind of work a prompt asks for: cues and the shape of the prompt, added up; the best wins if it is
//! clearly there, and `unknown` is an honest answer.

use std::sync::LazyLock;

use plyrum_protocol::Intent;

use crate::cues::{Cues, beginning};
use crate::intent_cues::TABLE;
use crate::text::Text;

static CUES: LazyLock<Cues<Intent>> = LazyLock::new(|| Cues::new(TABLE));

/// A prompt says what it wants in its first or last words; between them is what it is about.
const HEAD_WORDS: usize = 50;
const TAIL_WORDS: usize = 30;
/// Below this sum nothing is clear.
const MIN_SCORE: i32 = 3;
/// From this sum on rules are sure.
const SURE: i32 = 7;
/// The most that small cues (weight 2) of one intent add up to: many weak words are not a strong one.
const MAX_SMALL: i32 = 6;

/// An intent and the confidence in it, 0..=1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) intent: Intent,
    pub(crate) confidence_milli: u32,
}

/// What cues and shape say for each intent.
pub(crate) fn evidence(text: &Text, code_marks: usize) -> Scores {
    let mut scores = Scores::default();
    for hit in CUES.hits(text) {
        let in_the_middle = hit.at >= HEAD_WORDS && hit.at + TAIL_WORDS < text.len();
        scores.add(hit.label, if in_the_middle { hit.weight.min(1) } else { hit.weight });
    }
    shape(text, code_marks, &mut scores);
    scores
}

/// Sums per intent, in the order of [`Intent::ALL`].
#[derive(Debug, Default)]
pub(crate) struct Scores {
    pub(crate) strong: [i32; Intent::ALL.len()],
    pub(crate) small: [i32; Intent::ALL.len()],
}

impl Scores {
    fn add(&mut self, intent: Intent, weight: i32) {
        let slots = if weight.abs() <= 2 { &mut self.small } else { &mut self.strong };
        if let Some(slot) = slots.get_mut(place(intent)) {
            *slot += weight;
        }
    }

    fn sum(&self, intent: Intent) -> i32 {
        let at = place(intent);
        let small = self.small.get(at).copied().unwrap_or(0).min(MAX_SMALL);
        self.strong.get(at).copied().unwrap_or(0) + small
    }

    /// With its sum, the intent that one strong word or several ones name, with nothing near it.
    pub(crate) fn sure(&self) -> Option<(Intent, i32)> {
        let mut sums: Vec<(i32, Intent)> =
            Intent::ALL.iter().map(|&intent| (self.sum(intent), intent)).collect();
        sums.sort_by_key(|&(sum, intent)| (-sum, place(intent)));
        let second = sums.get(1).map_or(0, |&(sum, _)| sum.max(0));
        sums.first().filter(|&&(sum, _)| sum >= SURE && sum >= 2 * second).map(|&(sum, intent)| (intent, sum))
    }

    pub(crate) fn best(&self) -> Guess {
        let mut order: Vec<(i32, Intent)> =
            Intent::ALL.iter().map(|&intent| (self.sum(intent), intent)).collect();
        order.sort_by_key(|&(score, intent)| (-score, place(intent)));
        let (top, intent) = order.first().copied().unwrap_or((0, Intent::Unknown));
        let second = order.get(1).map_or(0, |&(score, _)| score.max(0));
        if top < MIN_SCORE {
            return Guess { intent: Intent::Unknown, confidence_milli: 0 };
        }
        // The margin over the next best, with a doubt of 3 that no evidence removes.
        let confidence = 1000 * i64::from(top) / i64::from(top + second + 3);
        Guess { intent, confidence_milli: u32::try_from(confidence).unwrap_or(0) }
    }
}

pub(crate) fn place(intent: Intent) -> usize {
    Intent::ALL.iter().position(|&known| known == intent).unwrap_or(0)
}

/// What the form of a prompt says, whatever its words.
fn shape(text: &Text, code: usize, scores: &mut Scores) {
    let docstring = text.has("\"\"\"") || text.has("'''");
    if docstring && code >= 1 && scores.sum(Intent::CodeDebugExplain) < 6 {
        scores.add(Intent::CodeWrite, 10);
    } else if code >= 3 {
        scores.add(Intent::CodeDebugExplain, 5);
        scores.add(Intent::CodeWrite, 3);
    }
    if text.has("|--") || text.has("| --") {
        scores.add(Intent::DataAnalysis, 4);
    }
    command(text, code, scores);
    arithmetic(text, scores);
    question(text, scores);
    foreign_words(text, scores);
    let to_you = ["you", "you're", "youre", "your", "i", "ты"].contains(&text.word(0)) && text.len() <= 6;
    if to_you && !text.asks() {
        scores.add(Intent::ChatRoleplay, 3);
    }
}

/// A short wish that begins with a command's verb, or in Russian with any infinitive, is work for a shell.
fn command(text: &Text, code: usize, scores: &mut Scores) {
    if text.asks() || code >= 3 {
        return;
    }
    let first = text.word(beginning(text));
    if text.has("`") && text.len() < 40 {
        scores.add(Intent::Shell, 3);
    }
    if ["ть", "ти", "ться"].iter().any(|ending| first.ends_with(ending)) && text.len() <= 24 {
        scores.add(Intent::Shell, 2);
    }
    let starts_as_command = scores.strong.get(place(Intent::Shell)).is_some_and(|&strong| strong >= 3);
    if starts_as_command && text.len() <= 24 {
        scores.add(Intent::Shell, 3);
    }
}

/// Formulas, and numbers with a question about how many, are sums to do.
fn arithmetic(text: &Text, scores: &mut Scores) {
    let numbers = text.numbers();
    let has_any = |list: &[&str]| list.iter().any(|words| text.has(words));
    let marked = has_any(&["\\frac", "\\sqrt", "\\[", "\\(", "^2", "\\cdot", "\\times"]);
    let between_dollars =
        text.folded.split('$').skip(1).step_by(2).any(|part| !part.is_empty() && !part.contains(' '));
    if marked || (between_dollars && text.folded.matches('$').count() >= 2) {
        return scores.add(Intent::Math, 9);
    }
    let operations = [
        "divided by",
        " times ",
        "multiplied by",
        " plus ",
        " minus ",
        "square root",
        "squareroot",
        "cube root",
        "percent of",
        "% of",
        "% off",
        "умножить на",
        "разделить на",
        " плюс ",
        " минус ",
        "в квадрате",
        "% от",
        "процентов от",
    ];
    let amounts = [
        "how many",
        "how much",
        "what is the total",
        "what fraction",
        "what percent",
        "how far",
        "how long",
        "how old",
        "what is the difference",
        "what was the",
        "what will be",
        "сколько",
        "какова",
        "какой",
    ];
    let is_operation = numbers >= 1 && text.len() <= 20 && has_any(&operations);
    let asks_amount = numbers >= 2 && text.len() >= 12 && has_any(&amounts);
    let is_expression = numbers >= 2 && text.len() <= 12 && text.folded.contains(['+', '*', '/', '=', '×']);
    if is_operation || asks_amount || is_expression {
        scores.add(Intent::Math, 7);
    } else if numbers >= 4 && text.len() >= 12 {
        scores.add(Intent::Math, 3);
    }
}

/// Questions without any other sign ask for facts; those that leave a blank to fill ask for sense.
fn question(text: &Text, scores: &mut Scores) {
    const WH: &[&str] = &[
        "what",
        "who",
        "when",
        "where",
        "which",
        "why",
        "how",
        "whose",
        "whom",
        "что",
        "кто",
        "когда",
        "где",
        "почему",
        "зачем",
        "какой",
        "какая",
        "какое",
        "какие",
        "сколько",
        "как",
        "куда",
        "откуда",
    ];
    let last = text.word(text.len().saturating_sub(1));
    if WH.contains(&text.word(beginning(text))) || WH.contains(&text.word(0)) {
        scores.add(Intent::QaFactual, 3);
    } else if text.asks() && ["what", "where", "who", "whom", "why", "how"].contains(&last) {
        scores.add(Intent::Reasoning, 5);
    } else if text.asks() && text.words().any(|word| WH.contains(&word)) {
        scores.add(Intent::QaFactual, 3);
    } else if text.asks() {
        scores.add(Intent::QaFactual, 1);
        scores.add(Intent::Reasoning, 1);
    }
}

/// "How would I say thanks if I were Russian": a language and a way of saying.
fn foreign_words(text: &Text, scores: &mut Scores) {
    const LANGUAGES: &[&str] = &[
        "french",
        "spanish",
        "german",
        "italian",
        "russian",
        "japanese",
        "chinese",
        "english",
        "korean",
        "portuguese",
        "hindi",
        "hawaiian",
        "hawaii",
        "mandarin",
        "thai",
        "vietnamese",
        "arabic",
        "latin",
        "polish",
        "finnish",
        "swahili",
        "greek",
        "dutch",
        "turkish",
        "france",
        "spain",
        "china",
        "japan",
        "italy",
        "germany",
        "brazil",
        "английски",
        "английском",
        "немецком",
        "французском",
        "испанском",
        "итальянском",
        "русском",
        "китайском",
        "японском",
    ];
    const SAYING: &[&str] = &[
        "say",
        "says",
        "said",
        "phrase",
        "phrases",
        "word",
        "words",
        "express",
        "сказать",
        "будет",
        "слово",
        "фраза",
    ];
    if text.len() <= 30
        && text.words().any(|word| LANGUAGES.contains(&word))
        && text.words().any(|word| SAYING.contains(&word))
    {
        scores.add(Intent::Translate, 8);
    }
}

/// Signs of program text, counted up to five.
pub(crate) fn code_marks(text: &Text) -> usize {
    const MARKS: &[&str] = &[
        "```",
        "def ",
        "fn ",
        "function ",
        "=> ",
        "return ",
        "import ",
        "#include",
        "const ",
        "let ",
        "();",
        ") {",
        "};",
        "assert ",
        " == ",
        "public ",
        "var ",
        "->",
        ":=",
        "for (",
        "if (",
        "class ",
        "self.",
        "print(",
        " = [",
        "):",
    ];
    MARKS.iter().filter(|mark| text.has(mark)).take(5).count()
}
