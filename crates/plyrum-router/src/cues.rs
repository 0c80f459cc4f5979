//! How rules name words: a table of cues, each a label, a weight and a pattern, looked up word by word.
//!
//! A pattern is words separated by spaces; `*` after a word stands for any ending; `^` before the pattern asks
//! for it at the beginning of the prompt (after "please", "can you" and the like). Each cue counts once.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::bits::Bits;
use crate::text::{Text, start};

/// Words that may stand before what a prompt really begins with.
pub(crate) const OPENERS: &[&str] = &[
    "please",
    "can",
    "could",
    "would",
    "you",
    "i",
    "want",
    "to",
    "need",
    "help",
    "me",
    "hi",
    "hello",
    "hey",
    "kindly",
    "so",
    "now",
    "ok",
    "okay",
    "just",
    "пожалуйста",
    "привет",
    "можешь",
    "можете",
    "мне",
    "нужно",
    "надо",
    "хочу",
    "помоги",
    "а",
    "ну",
    "the",
    "a",
    "this",
];
/// Openers that are skipped at most.
const MAX_OPENERS: usize = 6;

/// Cues of one label, as written: label, weight, patterns separated by bars.
pub(crate) type Row<L> = (L, i32, &'static str);

/// A table ready to be looked up.
pub(crate) struct Cues<L> {
    /// By the [`start`] of the pattern's first word.
    by_start: HashMap<u32, Vec<Cue<L>>, BuildHasherDefault<Spread>>,
    /// Which starts may be there, by [`bit`]: most words of a prompt are in no table, and this tells it at once.
    may_be: Bits,
    count: usize,
}

/// Bits of the filter: two kilobytes, which stay in the nearest cache.
const BITS: usize = 1 << 14;

/// The bit of a start in the filter.
fn bit(start: u32) -> usize {
    // An odd multiplier near two to the 32 over the golden ratio: the upper bits are well spread.
    (start.wrapping_mul(0x9e37_79b1) >> (32 - BITS.trailing_zeros())) as usize
}

struct Cue<L> {
    /// Its number in the table.
    id: usize,
    label: L,
    weight: i32,
    first: bool,
    /// The [`start`] of its second word, where that is whole: most phrases that begin with a common word end here.
    second: Option<u32>,
    words: Vec<Word>,
}

struct Word {
    text: &'static str,
    any_ending: bool,
}

/// Hashes the start of a word: every word of a prompt is looked up in every table, and nobody chooses the tables.
#[derive(Debug, Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }

    fn write_u32(&mut self, start: u32) {
        // An odd multiplier with well spread bits (of `SplitMix64`); tables look at the upper bits and the lower ones.
        let mixed = (self.0 ^ u64::from(start)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A cue that the text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit<L> {
    pub(crate) label: L,
    pub(crate) weight: i32,
    /// The place of its first word.
    pub(crate) at: usize,
}

impl<L: Copy> Cues<L> {
    pub(crate) fn new(rows: &[Row<L>]) -> Self {
        let mut by_start = HashMap::<u32, Vec<Cue<L>>, _>::default();
        let mut may_be = Bits::none_of(BITS);
        let mut count = 0;
        for &(label, weight, patterns) in rows {
            for pattern in patterns.split('|').map(str::trim).filter(|pattern| !pattern.is_empty()) {
                let first = pattern.starts_with('^');
                let words: Vec<Word> = pattern
                    .trim_start_matches('^')
                    .split(' ')
                    .map(|word| Word { text: word.trim_end_matches('*'), any_ending: word.ends_with('*') })
                    .collect();
                let Some(head) = words.first() else { continue };
                // A shorter beginning would need more than one lookup a word.
                debug_assert!(head.has_whole_start(), "{pattern}: four bytes before `*`");
                let second = words.get(1).filter(|word| word.has_whole_start()).map(|word| start(word.text));
                let start = start(head.text);
                may_be.set(bit(start));
                by_start.entry(start).or_default().push(Cue {
                    id: count,
                    label,
                    weight,
                    first,
                    second,
                    words,
                });
                count += 1;
            }
        }
        Self { by_start, may_be, count }
    }

    /// Every cue that the text has, at its first place, in the order of the text.
    pub(crate) fn hits(&self, text: &Text) -> Vec<Hit<L>> {
        let mut seen = vec![false; self.count];
        let mut hits = Vec::new();
        self.each(text, |id, hit| {
            if seen.get_mut(id).is_some_and(|seen| !std::mem::replace(seen, true)) {
                hits.push(hit);
            }
        });
        hits
    }

    /// Every place of every cue, in the order of the text.
    pub(crate) fn places(&self, text: &Text) -> Vec<Hit<L>> {
        let mut hits = Vec::new();
        self.each(text, |_, hit| hits.push(hit));
        hits
    }

    fn each(&self, text: &Text, mut found: impl FnMut(usize, Hit<L>)) {
        let begin = beginning(text);
        for at in 0..text.len() {
            let start = text.start(at);
            if !self.may_be.has(bit(start)) {
                continue;
            }
            for cue in self.by_start.get(&start).into_iter().flatten() {
                if cue.matches(text, at, begin) {
                    found(cue.id, Hit { label: cue.label, weight: cue.weight, at });
                }
            }
        }
    }
}

impl<L> Cue<L> {
    fn matches(&self, text: &Text, at: usize, begin: usize) -> bool {
        if self.first && at != begin && at != 0
            || self.second.is_some_and(|second| second != text.start(at + 1))
        {
            return false;
        }
        self.words.iter().enumerate().all(|(step, word)| word.is(text.word(at + step)))
    }
}

impl Word {
    /// Whether every word that it stands for has its [`start`].
    const fn has_whole_start(&self) -> bool {
        !self.any_ending || self.text.len() >= 4
    }

    fn is(&self, word: &str) -> bool {
        if self.any_ending { word.starts_with(self.text) } else { word == self.text }
    }
}

/// Words of patterns, with the `*` of any ending.
pub(crate) fn words_of<L>(rows: &'static [Row<L>]) -> impl Iterator<Item = &'static str> {
    let patterns = rows.iter().flat_map(|row| row.2.split('|'));
    patterns.flat_map(|pattern| pattern.trim().trim_start_matches('^').split(' '))
}

/// The place where the prompt begins to say what it wants.
pub(crate) fn beginning(text: &Text) -> usize {
    (0..MAX_OPENERS).find(|&at| !OPENERS.contains(&text.word(at))).unwrap_or(MAX_OPENERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(patterns: &'static str, text: &str) -> Vec<(char, usize)> {
        let cues = Cues::new(&[('a', 1, patterns)]);
        cues.hits(&Text::of(text)).into_iter().map(|hit| (hit.label, hit.at)).collect()
    }

    #[test]
    fn patterns_match_words_endings_phrases_and_beginnings() {
        assert_eq!(labels("summar*", "Please summarise it, a summary"), [('a', 1)]);
        assert_eq!(labels("how to", "Say how to, not to how"), [('a', 1)]);
        assert_eq!(labels("^write", "could you please WRITE"), [('a', 3)]);
        assert_eq!(labels("^write", "it can write"), []);
        assert_eq!(labels("rm", "run rm -rf"), [('a', 1)]);
        assert_eq!(labels("rm", "the arm rms"), []);
        assert_eq!(labels("напиш*|стих*", "напишите стихи"), [('a', 0), ('a', 1)]);
    }
}
