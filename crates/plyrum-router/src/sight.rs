//! All that weights see of a prompt.

use plyrum_protocol::{Language, Risk};

use crate::grams::Grams;
use crate::signs::Signs;
use crate::spelling::Words;
use crate::text::Text;
use crate::weights::FIELDS;
use crate::{domain, intent, language, output, risk};

/// Languages with an intercept of their own.
pub(crate) const LANGUAGES: usize = Language::ALL.len();

/// A prompt as weights see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// Hashed words and letters.
    pub grams: Grams,
    /// What rules see.
    pub signs: Signs,
    /// The place of its language in [`Language::ALL`].
    pub language: usize,
}

/// What rules find in a prompt; looked for once.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) intents: intent::Scores,
    pub(crate) risk: (Risk, Vec<String>),
    pub(crate) fields: [i32; FIELDS.len()],
    pub(crate) asked: output::Asked,
    /// Signs of program text.
    pub(crate) code_marks: usize,
}

impl Findings {
    pub(crate) fn of(text: &Text) -> Self {
        let code_marks = intent::code_marks(text);
        Self {
            intents: intent::evidence(text, code_marks),
            risk: risk_of(text),
            fields: domain::points(text),
            asked: output::Asked::of(text),
            code_marks,
        }
    }
}

/// What was meant can raise the risk of what was typed, never lower it.
fn risk_of(text: &Text) -> (Risk, Vec<String>) {
    let meant = risk::of(text);
    let typed = text.typed().map(risk::of).filter(|typed| typed.0 > meant.0);
    typed.unwrap_or(meant)
}

impl Sight {
    /// Reads a prompt, its words as they were meant as far as `known` goes.
    pub fn of(prompt: &str, known: &Words) -> Self {
        let text = Text::meant(prompt, known);
        Self::seen(&text, &Findings::of(&text), language::of(prompt))
    }

    /// The prompt by its grams and its form, without the cues of intents and fields.
    #[cfg(feature = "train")]
    #[must_use]
    pub fn by_shape(&self) -> Self {
        Self { signs: self.signs.of_shape(), ..self.clone() }
    }

    /// The place in `Intent::ALL` of what the rules alone would say.
    pub fn rules_say(&self) -> usize {
        self.signs.rules_say()
    }

    pub(crate) fn seen(text: &Text, findings: &Findings, language: Language) -> Self {
        Self {
            grams: Grams::of(text),
            signs: Signs::of(text, findings),
            language: Language::ALL.iter().position(|&known| known == language).unwrap_or(0),
        }
    }
}
