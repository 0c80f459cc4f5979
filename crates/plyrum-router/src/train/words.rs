//! Which words are known: those of several prompts, and those that rules look for.

use crate::spelling::{Words, of_rules};
use crate::text::Text;
use crate::weights::MAX_WORDS;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Texts that have a word that is known, at least: what fewer have may be a slip itself.
const TEXTS: usize = 3;

/// The words of some texts, those of most texts first, and of the rules.
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Words {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for text in texts {
        let text = Text::meant(text, &Words::default());
        for word in text.words().collect::<BTreeSet<_>>() {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
    }
    let mut often: Vec<(Reverse<usize>, String)> = counts
        .into_iter()
        .filter(|&(_, count)| count >= TEXTS)
        .map(|(word, count)| (Reverse(count), word))
        .collect();
    often.sort_unstable();
    let mut words = Words::default();
    for word in of_rules() {
        words.add(word);
    }
    for (_, word) in &often {
        if words.len() < MAX_WORDS {
            words.add(word);
        }
    }
    words
}
