//! Picks the units of an answer: the best ones, each adding something new (maximal marginal relevance), within
//! a length, and with the neighbour without which a sentence cannot be understood.

use super::document::{Document, Kind, Source, Unit};
use super::index::{Index, best_first};

/// Best units looked at.
const MAX_CANDIDATES: usize = 400;
/// Units likelier than this are the same thing said twice.
const SAME: f64 = 0.8;
/// How much relevance counts against novelty.
const RELEVANCE: f64 = 0.72;
/// First words that lean on the sentence before.
const LEANING: &[&str] = &[
    "it",
    "this",
    "that",
    "these",
    "those",
    "they",
    "he",
    "she",
    "such",
    "however",
    "but",
    "also",
    "therefore",
    "then",
    "its",
    "their",
    "он",
    "она",
    "оно",
    "они",
    "это",
    "этот",
    "эта",
    "эти",
    "такой",
    "такая",
    "такие",
    "однако",
    "также",
    "поэтому",
    "его",
    "ее",
    "их",
    "но",
    "затем",
    "там",
    "тогда",
];

/// How much may be picked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) units: usize,
    /// Letters of the whole answer.
    pub(super) letters: usize,
    /// Units scoring less than this part of the best one are left out.
    pub(super) floor: f64,
    /// Each source gets its best unit before any gets a second one.
    pub(super) each_source: bool,
    /// Following items are welcome when one of a list is picked.
    pub(super) lists: bool,
}

/// The picked units, in document order.
pub(super) fn pick(document: &Document, index: &Index, scores: &[f64], limits: Limits) -> Vec<usize> {
    let order: Vec<usize> = best_first(scores)
        .into_iter()
        .take(MAX_CANDIDATES.max(limits.units))
        .filter(|&at| scores.get(at).is_some_and(|&score| score > 0.0))
        .collect();
    let best = order.first().and_then(|&at| scores.get(at)).copied().unwrap_or(0.0);
    let mut picked = Picked { document, units: Vec::new(), letters: limits.letters };
    if limits.each_source && document.sources > 1 {
        for source in 0..document.sources.min(limits.units) {
            let of_source = |at: &usize| document.units.get(*at).is_some_and(|unit| unit.source == source);
            if let Some(at) =
                order.iter().copied().find(of_source).or_else(|| (0..document.units.len()).find(of_source))
            {
                picked.add(at);
            }
        }
    }
    while picked.units.len() < limits.units {
        let value = |at: usize| {
            let score = scores.get(at).copied().unwrap_or(0.0) / best;
            let same =
                picked.units.iter().map(|&other| alike(document, index, at, other)).fold(0.0, f64::max);
            (score >= limits.floor && same < SAME).then_some(RELEVANCE * score - (1.0 - RELEVANCE) * same)
        };
        let mut next: Option<(usize, f64)> = None;
        for &at in order.iter().filter(|at| !picked.units.contains(at) && picked.fits(**at)) {
            if let Some(value) = value(at)
                && next.is_none_or(|(_, before)| value > before + 1e-9)
            {
                next = Some((at, value));
            }
        }
        let Some((at, _)) = next else { break };
        picked.add(at);
    }
    picked.complete(limits);
    picked.units.sort_unstable();
    picked.units
}

fn alike(document: &Document, index: &Index, one: usize, other: usize) -> f64 {
    let text = |at: usize| document.units.get(at).map(|unit| unit.text.as_str());
    if text(one) == text(other) { 1.0 } else { index.likeness(one, other) }
}

struct Picked<'a> {
    document: &'a Document,
    units: Vec<usize>,
    /// Letters still free.
    letters: usize,
}

impl Picked<'_> {
    fn unit(&self, at: usize) -> Option<&Unit> {
        self.document.units.get(at)
    }

    fn cost(&self, at: usize) -> usize {
        self.unit(at).map_or(0, |unit| unit.text.chars().count() + 1)
    }

    /// The first unit always fits: an answer too long by one sentence is better than none.
    fn fits(&self, at: usize) -> bool {
        self.units.is_empty() || self.cost(at) <= self.letters
    }

    fn add(&mut self, at: usize) -> bool {
        if self.units.contains(&at) || !self.fits(at) {
            return false;
        }
        self.letters = self.letters.saturating_sub(self.cost(at));
        self.units.push(at);
        true
    }

    /// Adds what the picked units lean on or announce.
    fn complete(&mut self, limits: Limits) {
        for at in self.units.clone() {
            let Some(unit) = self.unit(at).cloned() else { continue };
            if leans(&unit.text)
                && let Some(before) = at.checked_sub(1)
                && self
                    .unit(before)
                    .is_some_and(|other| other.paragraph == unit.paragraph && other.kind == unit.kind)
            {
                self.add(before);
            }
            if unit.text.ends_with(':') {
                self.add_list_after(at);
            }
            if let Kind::Item(_) = unit.kind {
                self.add_introduction(at, unit.paragraph, limits.lists);
            }
        }
    }

    /// The list or code that a sentence announces.
    fn add_list_after(&mut self, at: usize) {
        let Some(first) = self.unit(at + 1).filter(|unit| unit.kind != Kind::Sentence) else { return };
        let list = first.paragraph;
        let mut next = at + 1;
        while self.unit(next).is_some_and(|unit| unit.paragraph == list)
            && (self.units.contains(&next) || self.add(next))
        {
            next += 1;
        }
    }

    /// The sentence that announces an item's list; for lists that were asked for, the other items too.
    fn add_introduction(&mut self, at: usize, list: usize, whole: bool) {
        let mut first = at;
        while first > 0 && self.unit(first - 1).is_some_and(|unit| unit.paragraph == list) {
            first -= 1;
        }
        if let Some(before) = first.checked_sub(1)
            && self.unit(before).is_some_and(|unit| unit.kind == Kind::Sentence && unit.text.ends_with(':'))
        {
            self.add(before);
        }
        if whole {
            let mut next = first;
            while self.unit(next).is_some_and(|unit| unit.paragraph == list)
                && (self.units.contains(&next) || self.add(next))
            {
                next += 1;
            }
        }
    }
}

fn leans(text: &str) -> bool {
    let start = text.get(..text.floor_char_boundary(40)).unwrap_or_default();
    super::words::folded_words(start).first().is_some_and(|word| LEANING.contains(&word.as_str()))
}

/// The picked units as text: prose joined, items and rows on their own lines, code in fences; with several
/// sources, each source's part under its name.
pub(super) fn render(document: &Document, sources: &[Source<'_>], picked: &[usize], as_list: bool) -> String {
    let mut out = String::new();
    let mut last: Option<&Unit> = None;
    for unit in picked.iter().filter_map(|&at| document.units.get(at)) {
        let changes_source = last.is_none_or(|last| last.source != unit.source);
        if changes_source && document.sources > 1 {
            if !out.is_empty() {
                out.push_str("\n\n");
            }
            out.push_str(sources.get(unit.source).map_or("", |source| source.name));
            out.push_str(":\n");
        } else if let Some(last) = last {
            out.push_str(between(last, unit, as_list));
        }
        match &unit.kind {
            Kind::Sentence | Kind::Row if as_list => {
                out.push_str("- ");
                out.push_str(&unit.text);
            }
            Kind::Sentence | Kind::Row => out.push_str(&unit.text),
            Kind::Item(marker) => {
                out.push_str(marker);
                out.push(' ');
                out.push_str(&unit.text);
            }
            Kind::Code(language) => {
                for part in ["```", language, "\n", &unit.text, "\n```"] {
                    out.push_str(part);
                }
            }
        }
        last = Some(unit);
    }
    out
}

fn between(last: &Unit, unit: &Unit, as_list: bool) -> &'static str {
    let line = |unit: &Unit| unit.kind != Kind::Sentence || as_list;
    if matches!(unit.kind, Kind::Code(_)) || matches!(last.kind, Kind::Code(_)) {
        "\n\n"
    } else if line(unit) && (line(last) || last.text.ends_with(':')) {
        "\n"
    } else if line(unit) || line(last) || (last.section != unit.section) {
        "\n\n"
    } else {
        " "
    }
}
