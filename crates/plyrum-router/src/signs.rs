//! What rules see of a prompt, as numbers that weights can use: sums of cues, shape, size.
//!
//! A cue counts for its label whatever the language of the prompt, so what is learned from English holds for
//! Russian. Values are sixteenths: [`ONE`] stands for one.

use plyrum_protocol::{Intent, Risk};

use crate::cues::beginning;
use crate::intent::{Scores, place};
use crate::risk;
use crate::sight::Findings;
use crate::text::Text;
use crate::weights::FIELDS;

/// The value that stands for one.
pub(crate) const ONE: i16 = 16;
/// Number of signs.
pub(crate) const SIGNS: usize = 128;

const INTENTS: usize = Intent::ALL.len();

/// The signs of a prompt, those that are not zero: place and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signs(pub Vec<(u8, i16)>);

impl Signs {
    pub(crate) fn of(text: &Text, findings: &Findings) -> Self {
        let mut signs = Self(Vec::with_capacity(32));
        signs.cues(&findings.intents);
        signs.shape(text, findings.code_marks);
        signs.size(text);
        signs.dangers(&findings.risk);
        signs.answer(findings.asked.signs());
        signs.fields(findings.fields);
        signs
    }

    /// Those that are neither cues of intents nor of fields.
    #[cfg(feature = "train")]
    pub(crate) fn of_shape(&self) -> Self {
        Self(self.0.iter().copied().filter(|(at, _)| (48..96).contains(at)).collect())
    }

    /// The place in [`Intent::ALL`] of what the rules would say.
    pub(crate) fn rules_say(&self) -> usize {
        let places = self.0.iter().map(|&(at, _)| usize::from(at));
        places.filter_map(|at| at.checked_sub(2 * INTENTS)).find(|&at| at < INTENTS).unwrap_or(INTENTS - 1)
    }

    fn add(&mut self, at: usize, value: usize) {
        if let (Ok(at), Ok(value)) = (u8::try_from(at), i16::try_from(value))
            && value > 0
            && usize::from(at) < SIGNS
        {
            self.0.push((at, value));
        }
    }

    fn flag(&mut self, at: usize, is: bool) {
        self.add(at, if is { usize::from(ONE.unsigned_abs()) } else { 0 });
    }

    /// Places 0..48: strong and small cues of each intent, and what the rules would say.
    fn cues(&mut self, scores: &Scores) {
        let guess = scores.best();
        for &intent in Intent::ALL {
            let at = place(intent);
            let strong = scores.strong.get(at).copied().unwrap_or(0).clamp(0, 16);
            let small = scores.small.get(at).copied().unwrap_or(0).clamp(0, 8) * 2;
            self.add(at, usize::try_from(strong).unwrap_or(0));
            self.add(INTENTS + at, usize::try_from(small).unwrap_or(0));
            self.flag(2 * INTENTS + at, guess.intent == intent);
        }
    }

    /// Places 48..64: the form of the prompt, whatever its words.
    fn shape(&mut self, text: &Text, marks: usize) {
        let folded = text.folded.as_str();
        let flags = [
            text.asks(),
            folded.ends_with('?'),
            folded.ends_with(':'),
            marks >= 1,
            marks >= 3,
            text.has("```"),
            text.has("\"\"\"") || text.has(">>>"),
            text.has(" a. ") && text.has(" b. ")
                || text.has("(a)") && text.has("(b)")
                || text.has("a)") && text.has("b)"),
            text.has("|"),
            text.has("$") || text.has("\\"),
            text.has(": "),
            text.has("\"") || text.has("«"),
            text.has("statement 1") || text.has("except") || text.has(" not "),
            text.has("all of the above") || text.has("none of the above") || text.has("both"),
            text.has(" = ") || text.has("+") || text.has("^"),
            text.has("____") || text.has("…"),
        ];
        for (step, &is) in flags.iter().enumerate() {
            self.flag(48 + step, is);
        }
    }

    /// Places 64..84: how long, how many numbers.
    fn size(&mut self, text: &Text) {
        let words = text.len();
        let step = [3, 6, 12, 25, 60, 150].iter().position(|&most| words <= most).unwrap_or(6);
        self.flag(64 + step, true);
        let numbers = text.numbers();
        let step = [0, 1, 3, 6].iter().position(|&most| numbers <= most).unwrap_or(4);
        self.flag(71 + step, true);
        self.add(76, sixteenths(words, 8));
        self.add(77, sixteenths(numbers, 4));
        let letters: usize = text.words().map(str::len).sum();
        self.add(78, (letters * 4 / words.max(1)).min(48));
        let long = text.words().filter(|word| word.len() >= 9).count();
        self.add(79, (long * 64 / words.max(1)).min(32));
        let digits =
            text.words().filter(|word| word.len() >= 3 && word.bytes().all(|b| b.is_ascii_digit())).count();
        self.add(80, sixteenths(digits, 3));
        let sentences = text.folded.matches(". ").count();
        self.add(81, sixteenths(sentences, 4));
        let first = text.word(beginning(text));
        self.flag(82, ["ь", "ьте", "йте", "й", "и"].iter().any(|ending| first.ends_with(ending)));
        self.flag(83, first.ends_with("ть") || first.ends_with("ти"));
    }

    /// Places 84..96: what the rules of risk found.
    fn dangers(&mut self, (level, reasons): &(Risk, Vec<String>)) {
        for (step, reason) in risk::REASONS.iter().enumerate() {
            self.flag(84 + step, reasons.iter().any(|found| found == reason));
        }
        self.flag(95, *level > Risk::Low);
    }
}

impl Signs {
    /// Places 96..102: which shape of the answer the words ask for.
    fn answer(&mut self, asked: [bool; 6]) {
        for (step, is) in asked.into_iter().enumerate() {
            self.flag(96 + step, is);
        }
    }

    /// Places 102..124: cues of each field.
    fn fields(&mut self, fields: [i32; FIELDS.len()]) {
        for (step, points) in fields.into_iter().enumerate() {
            self.add(102 + step, usize::try_from(points.clamp(0, 4) * 8).unwrap_or(0));
        }
    }
}

/// The logarithm of a count to base two, in sixteenths of `full` doublings.
fn sixteenths(count: usize, full: usize) -> usize {
    let log = (count + 1).ilog2() as usize;
    // A straight line between powers of two is near enough.
    let part = (((count + 1) * 16) >> log) - 16;
    ((log * 16 + part) / full).min(32)
}
