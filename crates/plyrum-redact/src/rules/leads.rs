//! The table, arranged by how its leads begin, so that a scan asks few rules and rarely.

use std::collections::BTreeSet;

use super::class::is_word;
use super::cursor::SEPARATORS;
use super::scan::Context;
use super::table::Rule;
use crate::filter::Filter;

/// Bytes of a lead that the filter looks at. A shorter lead counts with every byte that can follow it.
const WINDOW: usize = 4;
/// 0x20: letters of either case are equal, as some leads match in any case.
const FOLD: u8 = 0x20;
const BUCKETS: usize = 4096;

/// Rules by lead.
pub(super) struct Leads {
    filter: Filter<WINDOW>,
    /// Rules by the first bytes of their matches, in the table's order.
    by_window: Vec<Vec<&'static Rule>>,
    /// Rules by their leads' first byte.
    by_first: Vec<Vec<&'static Rule>>,
    /// First bytes of leads that may stand within a word.
    within_words: [bool; 256],
}

impl Leads {
    pub(super) fn new(rules: impl Iterator<Item = &'static Rule>) -> Self {
        let mut by_window = vec![Vec::new(); BUCKETS];
        let mut by_first = vec![Vec::new(); 256];
        let mut within_words = [false; 256];
        let mut all = Vec::new();
        for rule in rules {
            let beginnings = beginnings(rule);
            for at in beginnings.iter().copied().map(bucket).collect::<BTreeSet<usize>>() {
                by_window[at].push(rule);
            }
            let first = rule.lead.bytes().next().unwrap_or_default();
            by_first[usize::from(first | FOLD)].push(rule);
            within_words[usize::from(first)] |= rule.may_stand_within_word();
            all.extend(beginnings);
        }
        all.sort_unstable();
        all.dedup();
        Self { filter: Filter::new(FOLD, &all), by_window, by_first, within_words }
    }

    /// The first position not before `from` at which a lead may begin. The last few bytes of a text that
    /// goes on all may; a match needs more bytes than that, so at the end of the text none does.
    pub(super) fn next(&self, text: &[u8], from: usize, end_of_text: bool) -> Option<usize> {
        self.filter.next(text, from).or_else(|| {
            let short = from.max(text.len().saturating_sub(WINDOW - 1));
            (!end_of_text && short < text.len()).then_some(short)
        })
    }

    /// Whether any rule may begin with the byte `first` behind this context. Most bytes are in the midst of a
    /// word, where hardly any may.
    pub(super) fn may_follow(&self, context: Context, first: u8) -> bool {
        !is_word(first) || context.ends_part(first) || self.within_words[usize::from(first)]
    }

    /// Rules whose lead may begin `text`, in the table's order.
    pub(super) fn at(&self, text: &[u8]) -> &[&'static Rule] {
        match (text.first_chunk::<WINDOW>(), text.first()) {
            (Some(window), _) => &self.by_window[bucket(window.map(|b| b | FOLD))],
            (None, Some(first)) => &self.by_first[usize::from(first | FOLD)],
            (None, None) => &[],
        }
    }
}

fn bucket(folded: [u8; WINDOW]) -> usize {
    let hash = u32::from_le_bytes(folded).wrapping_mul(0x9E37_79B1) >> 20;
    usize::try_from(hash).unwrap_or_default() % BUCKETS
}

/// The ways in which the first [`WINDOW`] bytes of a match can read, folded.
fn beginnings(rule: &Rule) -> Vec<[u8; WINDOW]> {
    let mut beginnings = Vec::new();
    let mut open: Vec<Vec<u8>> = spellings(rule);
    while let Some(beginning) = open.pop() {
        if let Some(full) = beginning.first_chunk() {
            beginnings.push(*full);
            continue;
        }
        open.extend((0..=255).filter(|b| b & FOLD != 0).filter_map(|folded: u8| {
            let follows = rule.may_follow(folded) || rule.may_follow(folded & !FOLD);
            follows.then(|| beginning.iter().copied().chain([folded]).collect())
        }));
    }
    beginnings
}

/// The lead, folded; a name's separators as they may be spelled.
fn spellings(rule: &Rule) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    for (at, byte) in rule.lead.as_bytes().iter().enumerate() {
        let none = (at + 1 < rule.lead.len()).then_some(&b""[..]);
        let ways: Vec<&[u8]> = match byte {
            b'_' if rule.is_name() => SEPARATORS.chunks(1).chain(none).collect(),
            _ => vec![std::slice::from_ref(byte)],
        };
        let longer = |before: Vec<u8>| {
            let fold = |way: &&[u8]| before.iter().copied().chain(way.iter().map(|b| b | FOLD)).collect();
            ways.iter().map(fold).collect::<Vec<Vec<u8>>>()
        };
        all = all.into_iter().flat_map(longer).collect();
    }
    all
}
