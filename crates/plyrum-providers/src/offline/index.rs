//! Terms of every unit and how rare they are: the shared ground of all scorers.

use std::collections::HashMap;

use super::document::Document;
use super::words::{Lexicon, OTHER, STOP, Term, each_word};

/// Distinct terms of one unit that take part; a unit has at most a few hundred bytes, code a little more.
const MAX_UNIT_TERMS: usize = 200;

/// The terms of a document.
pub(super) struct Index {
    pub(super) lexicon: Lexicon,
    /// All units' terms, one after the other, sorted and without repeats within a unit.
    flat: Vec<Term>,
    /// Where each unit's terms begin in `flat`, and one past the end.
    offsets: Vec<usize>,
    /// How many units have a term.
    unit_counts: Vec<u32>,
    /// Terms of each section's title.
    pub(super) titles: Vec<Vec<Term>>,
}

impl Index {
    pub(super) fn of(document: &Document) -> Self {
        let mut lexicon = Lexicon::new();
        let mut flat = Vec::new();
        let mut offsets = vec![0];
        let mut unit_counts: Vec<u32> = Vec::new();
        let mut terms: Vec<Term> = Vec::new();
        for unit in &document.units {
            terms.clear();
            each_word(&unit.text, |word| {
                let term = lexicon.term(word);
                if term != STOP && term != OTHER {
                    terms.push(term);
                }
            });
            terms.sort_unstable();
            terms.dedup();
            terms.truncate(MAX_UNIT_TERMS);
            unit_counts.resize(lexicon.stems().len(), 0);
            for &term in &terms {
                if let Some(count) = at(term).and_then(|at| unit_counts.get_mut(at)) {
                    *count += 1;
                }
            }
            flat.extend_from_slice(&terms);
            offsets.push(flat.len());
        }
        let titles = document.sections.iter().map(|section| lexicon.terms(&section.title)).collect();
        unit_counts.resize(lexicon.stems().len(), 0);
        Self { lexicon, flat, offsets, unit_counts, titles }
    }

    /// The terms of a unit, sorted.
    pub(super) fn terms(&self, unit: usize) -> &[Term] {
        let from = self.offsets.get(unit).copied().unwrap_or(0);
        let to = self.offsets.get(unit + 1).copied().unwrap_or(from);
        self.flat.get(from..to).unwrap_or_default()
    }

    /// Number of units.
    pub(super) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// How many units have the term.
    pub(super) fn count(&self, term: Term) -> u32 {
        at(term).and_then(|at| self.unit_counts.get(at)).copied().unwrap_or(0)
    }

    /// How telling a term is: the rarer, the more.
    pub(super) fn rarity(&self, units_with_it: u32) -> f64 {
        let all = real(self.len());
        let with = f64::from(units_with_it);
        (1.0 + (all - with + 0.5).max(0.0) / (with + 0.5)).ln()
    }

    /// How alike two units are, 0 to 1: cosine of their rarity-weighted terms.
    pub(super) fn likeness(&self, one: usize, other: usize) -> f64 {
        likeness(self.terms(one), self.terms(other), |term| self.rarity(self.count(term)))
    }
}

/// Cosine of two sorted term sets under a weight.
pub(super) fn likeness(one: &[Term], other: &[Term], weight: impl Fn(Term) -> f64) -> f64 {
    let square = |terms: &[Term]| terms.iter().map(|&term| weight(term).powi(2)).sum::<f64>();
    let norm = (square(one) * square(other)).sqrt();
    if norm <= 0.0 {
        return 0.0;
    }
    let (mut left, mut right) = (one.iter().peekable(), other.iter().peekable());
    let mut shared = 0.0;
    while let (Some(&&a), Some(&&b)) = (left.peek(), right.peek()) {
        if a == b {
            shared += weight(a).powi(2);
        }
        if a <= b {
            left.next();
        }
        if b <= a {
            right.next();
        }
    }
    shared / norm
}

/// A term's place in per-term tables.
fn at(term: Term) -> Option<usize> {
    usize::try_from(term).ok()
}

/// A count as a number to reckon with.
pub(super) fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// Scores as integers, so that equal ones are equal and order never hangs on a last bit.
pub(super) fn best_first(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    let rounded = |at: usize| scores.get(at).map_or(0.0, |score| (score * 1e6).round());
    order.sort_by(|&a, &b| rounded(b).total_cmp(&rounded(a)).then(a.cmp(&b)));
    order
}

/// For each term, which words of a question it answers and how well.
pub(super) type Matches = HashMap<Term, (usize, f64)>;
