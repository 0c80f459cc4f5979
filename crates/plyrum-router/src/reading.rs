//! What a prompt is, whoever may serve it: weights where they were learned, rules where structure is sure.

use plyrum_protocol::{Intent, Language, OutputKind, Risk};

use crate::cues::beginning;
use crate::input::AttachmentFacts;
use crate::intent::{Guess, Scores};
use crate::number::UNIT;
use crate::sight::{Findings, Sight};
use crate::spelling::Words;
use crate::text::Text;
use crate::weights::{Heads, Weights};
use crate::{domain, intent, language, output, plain};

/// What a prompt is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Kind of work.
    pub intent: Intent,
    /// The chance that it is that, 0..=1000; where it is `unknown`, the chance of the likeliest.
    pub intent_confidence_milli: u32,
    /// How careful to be.
    pub risk: Risk,
    /// Why.
    pub risk_reasons: Vec<String>,
    /// Fields of knowledge.
    pub domains: Vec<String>,
    /// Shape of the answer.
    pub output_kind: OutputKind,
    /// Language by letters.
    pub language: Language,
    /// The share of exam questions that need a strong model less, 0..=1000; none where no weights are, or the
    /// text is not English.
    pub hardness_milli: Option<u32>,
}

/// The share of exam questions that need a strong model less than this text, 0..=1000; none where no weights are, or it
/// is not English.
pub fn hardness(prompt: &str) -> Option<u32> {
    read(prompt, &[]).hardness_milli
}

/// Whether a prompt wants something done where it was typed, and not only said: it names a file of source code, or tells a shell
/// what to do without asking how.
pub fn wants_action(prompt: &str, intent: Intent) -> bool {
    let text = text(Weights::shipped(), prompt);
    text.names_source()
        || intent == Intent::Shell && !text.asks() && !ASKS_HOW.contains(&text.word(beginning(&text)))
}

/// First words of prompts that want to know how something is done.
pub(crate) const ASKS_HOW: &[&str] =
    &["how", "what", "which", "command", "как", "какой", "какая", "какую", "чем", "команда"];

/// Reads a prompt by the shipped weights.
pub fn read(prompt: &str, attachments: &[AttachmentFacts]) -> Reading {
    read_by(Weights::shipped(), prompt, attachments)
}

/// A prompt as weights know its words; as it stands where there are none.
pub(crate) fn text(weights: Option<&Weights<'_>>, prompt: &str) -> Text {
    weights
        .map_or_else(|| Text::meant(prompt, &Words::default()), |weights| Text::meant(prompt, &weights.words))
}

/// Reads a prompt by weights, or by rules alone.
pub fn read_by(weights: Option<&Weights<'_>>, prompt: &str, attachments: &[AttachmentFacts]) -> Reading {
    of(weights, &text(weights, prompt), language::of(prompt), attachments)
}

pub(crate) fn of(
    weights: Option<&Weights<'_>>,
    text: &Text,
    language: Language,
    attachments: &[AttachmentFacts],
) -> Reading {
    let findings = Findings::of(text);
    let evidence = &findings.intents;
    let learned = weights.map(|weights| {
        let sight = Sight::seen(text, &findings, language);
        (weights, weights.heads(&sight), sight)
    });
    let guess = match &learned {
        Some((weights, heads, _)) => guess(weights, heads, text, evidence),
        None => evidence.best(),
    };
    let plain = plain::instead(guess, text, evidence);
    let guess = plain.unwrap_or(guess);
    let heads = learned.as_ref().map(|(weights, heads, _)| (*weights, heads));
    // Weights that took the prompt for other work would give that work's shape.
    let shaped_by = heads.map(|(_, heads)| heads).filter(|_| plain.is_none());
    let (risk, risk_reasons) = caution(findings.risk.clone(), heads, language);
    Reading {
        intent: guess.intent,
        intent_confidence_milli: guess.confidence_milli,
        risk,
        risk_reasons,
        domains: domain::of(findings.fields, guess.intent, attachments, heads),
        output_kind: output::of(text, &findings.asked, guess.intent, shaped_by),
        language,
        // The questions that hardness was learned from are English.
        hardness_milli: learned
            .as_ref()
            .filter(|_| language == Language::En)
            .map(|(weights, heads, sight)| hardness_of(weights, heads, sight, guess.intent)),
    }
}

/// Under this chance of the likeliest, rules that are sure decide.
const DOUBTFUL: i64 = UNIT * 2 / 3;
/// From this sum of the rules on a wish is in plain words, and the weights must be nearly sure to overrule it.
const PLAIN: i32 = 10;
const NEARLY_SURE: i64 = UNIT * 7 / 8;

fn hardness_of(weights: &Weights<'_>, heads: &Heads, sight: &Sight, intent: Intent) -> u32 {
    let is_word_problem = intent == Intent::Math;
    let gap = if is_word_problem {
        heads.word_problem_gap()
    } else {
        weights.exam_gap(heads, &weights.exam.scores(sight))
    };
    weights.hardness_milli(gap, is_word_problem)
}

/// The likeliest intent, if it is likely enough. Rules decide where they are sure and the weights are not; a single
/// word that no rule knows says nothing.
fn guess(weights: &Weights<'_>, heads: &Heads, text: &Text, evidence: &Scores) -> Guess {
    let chances = weights.intents(heads);
    let likeliest = chances.iter().copied().zip(Intent::ALL).max_by_key(|&(chance, intent)| {
        // The first of equals.
        (chance, std::cmp::Reverse(intent::place(*intent)))
    });
    let (chance, intent) = likeliest.map_or((0, Intent::Unknown), |(chance, intent)| (chance, *intent));
    if text.len() == 0 || text.len() == 1 && evidence.best().intent == Intent::Unknown {
        return Guess { intent: Intent::Unknown, confidence_milli: 0 };
    }
    let milli = |chance: i64| u32::try_from(((chance * 1000) >> 16).clamp(0, 1000)).unwrap_or(0);
    if let Some((sure, sum)) = evidence.sure()
        && chance < if sum >= PLAIN { NEARLY_SURE } else { DOUBTFUL }
    {
        let chance = chances.get(intent::place(sure)).copied().unwrap_or(0);
        return Guess { intent: sure, confidence_milli: milli(chance.max(UNIT / 2)) };
    }
    let is_clear = i64::from(milli(chance)) >= weights.facts.unknown_under_milli;
    Guess { intent: if is_clear { intent } else { Intent::Unknown }, confidence_milli: milli(chance) }
}

/// What the rules found, raised from `low` to `elevated` where the wording of an English prompt asks for it. The
/// wording never lowers anything and never makes `high`: it was learned from English wishes, and says nothing of
/// what an action does.
fn caution(
    (risk, mut reasons): (Risk, Vec<String>),
    heads: Option<(&Weights<'_>, &Heads)>,
    language: Language,
) -> (Risk, Vec<String>) {
    let by_wording = heads.is_some_and(|(weights, heads)| weights.is_cautious(heads));
    if risk > Risk::Low || language != Language::En || !by_wording {
        return (risk, reasons);
    }
    reasons.push("wording".to_owned());
    (Risk::Elevated, reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wants_something_done_is_told_from_who_asks_how() {
        for (prompt, wants) in [
            ("fix the bug in main.rs", true),
            ("rename variable x to count in utils.py", true),
            ("delete all files in build", true),
            ("удали все файлы в папке build", true),
            ("how do I list files by size?", false),
            ("как посмотреть свободное место на диске", false),
            ("what is the capital of France?", false),
            ("write a function that reverses a string", false),
        ] {
            assert_eq!(wants_action(prompt, read(prompt, &[]).intent), wants, "{prompt}");
        }
    }

    #[test]
    fn what_goes_into_a_source_file_is_code() {
        let intent = |prompt| read(prompt, &[]).intent;
        assert_eq!(intent("напиши sum.py, чтобы test_sum.py прошёл"), Intent::CodeWrite);
        assert_eq!(intent("Write sum.py so that it passes"), Intent::CodeWrite);
        assert_eq!(intent("Напиши стихотворение о node.js и осени"), Intent::WriteCreative);
        assert_eq!(intent("Write a poem about Mr. Ts. and the sea"), Intent::WriteCreative);
    }
}
