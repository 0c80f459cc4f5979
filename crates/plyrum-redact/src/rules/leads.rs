//! The table, arranged by how its leads begin, so that a scan asks few rules and rarely.

use super::cursor::SEPARATORS;
use super::table::Rule;
use crate::filter::Filter;

/// Bytes of a lead that the filter looks at. A shorter lead counts with every byte that can follow it.
const WINDOW: usize = 4;
/// 0x20: letters of either case are equal, as some leads match in any case.
const FOLD: u8 = 0x20;
const BUCKETS: usize = 1024;

/// Rules by lead.
pub(super) struct Leads {
    filter: Filter<WINDOW>,
    /// Rules by their leads' first two bytes, in the table's order.
    by_two: Vec<Vec<&'static Rule>>,
    /// Rules by their leads' first byte.
    by_one: Vec<Vec<&'static Rule>>,
}

impl Leads {
    pub(super) fn new(rules: impl Iterator<Item = &'static Rule>) -> Self {
        let mut by_two = vec![Vec::new(); BUCKETS];
        let mut by_one = vec![Vec::new(); 256];
        let mut beginnings = Vec::new();
        for rule in rules {
            if let [first, second, ..] = *rule.lead.as_bytes() {
                by_two[bucket(first, second)].push(rule);
                by_one[usize::from(first | FOLD)].push(rule);
                expand(rule, &mut beginnings);
            }
        }
        beginnings.sort_unstable();
        beginnings.dedup();
        Self { filter: Filter::new(FOLD, &beginnings), by_two, by_one }
    }

    /// The first position not before `from` at which a lead may begin. The last few bytes of a text that
    /// goes on all may; a match needs more bytes than that, so at the end of the text none does.
    pub(super) fn next(&self, text: &[u8], from: usize, end_of_text: bool) -> Option<usize> {
        self.filter.next(text, from).or_else(|| {
            let short = from.max(text.len().saturating_sub(WINDOW - 1));
            (!end_of_text && short < text.len()).then_some(short)
        })
    }

    /// Rules whose lead may begin `text`, in the table's order.
    pub(super) fn at(&self, text: &[u8]) -> &[&'static Rule] {
        match *text {
            [] => &[],
            [only] => &self.by_one[usize::from(only | FOLD)],
            [first, second, ..] => &self.by_two[bucket(first, second)],
        }
    }
}

fn bucket(first: u8, second: u8) -> usize {
    (usize::from(first | FOLD) * 37 + usize::from(second | FOLD)) % BUCKETS
}

/// The ways in which the first [`WINDOW`] bytes of a match can read.
fn expand(rule: &Rule, beginnings: &mut Vec<[u8; WINDOW]>) {
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
