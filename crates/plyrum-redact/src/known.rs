//! Known secrets: an Aho-Corasick automaton over every encoded form of every secret.
//!
//! Definition: the leftmost-longest occurrence becomes one marker; an occurrence that begins inside it
//! and reaches further is swallowed too, so of two overlapping secrets no tail remains.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

/// The automaton, and what a stream needs to know where an occurrence may still begin.
pub(crate) struct Known {
    automaton: Option<AhoCorasick>,
    /// Marker of each pattern, by pattern number.
    markers: Vec<String>,
    /// The patterns, sorted; the same numbers as in `markers`.
    patterns: Vec<String>,
    /// First bytes of patterns.
    first: [bool; 256],
    longest: usize,
}

impl Known {
    /// From encoded form to its marker.
    #[expect(clippy::expect_used, reason = "Redactor::new bounds the total size far below 2^31 states")]
    pub(crate) fn new(forms: BTreeMap<String, String>) -> Self {
        let mut first = [false; 256];
        for byte in forms.keys().filter_map(|form| form.bytes().next()) {
            first[usize::from(byte)] = true;
        }
        let longest = forms.keys().map(String::len).max().unwrap_or(0);
        let (patterns, markers): (Vec<_>, Vec<_>) = forms.into_iter().unzip();
        let automaton = (!patterns.is_empty()).then(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .kind(Some(AhoCorasickKind::ContiguousNFA)) // a DFA over long secrets takes 100 MB
                .build(&patterns)
                .expect("the patterns are bounded")
        });
        Self { automaton, markers, patterns, first, longest }
    }

    /// Number of patterns searched for.
    pub(crate) fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether `text` holds a known secret.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.automaton.as_ref().is_some_and(|automaton| automaton.is_match(text))
    }

    /// Writes what is decided about `text` to `out` and returns how many of its bytes are done with. The
    /// first `covered` bytes are already part of an occurrence; on return it counts from the rest's start.
    pub(crate) fn advance(
        &self,
        text: &str,
        covered: &mut usize,
        end_of_text: bool,
        out: &mut String,
    ) -> usize {
        let Some(automaton) = &self.automaton else {
            out.push_str(text);
            return text.len();
        };
        let undecided = if end_of_text { text.len() } else { self.first_open(text.as_bytes()) };
        let mut done = *covered;
        let mut from = 0;
        while from < undecided {
            let Some(hit) = automaton.find(Input::new(text).range(from..)) else { break };
            if hit.start() >= undecided {
                break;
            }
            if hit.start() >= done {
                out.push_str(text.get(done..hit.start()).unwrap_or_default());
                out.push_str(&self.markers[hit.pattern().as_usize()]);
            }
            done = done.max(hit.end());
            from = hit.start() + 1;
        }
        if done < undecided {
            out.push_str(text.get(done..undecided).unwrap_or_default());
            done = undecided;
        }
        *covered = done - undecided;
        undecided
    }

    /// The first position from which the rest of `text` is the beginning of a longer pattern.
    fn first_open(&self, text: &[u8]) -> usize {
        let earliest = text.len().saturating_sub(self.longest.saturating_sub(1));
        (earliest..text.len())
            .find(|&at| self.first[usize::from(text[at])] && self.is_open(&text[at..]))
            .unwrap_or(text.len())
    }

    fn is_open(&self, suffix: &[u8]) -> bool {
        let at = self.patterns.partition_point(|pattern| pattern.as_bytes() <= suffix);
        self.patterns.get(at).is_some_and(|pattern| pattern.as_bytes().starts_with(suffix))
    }
}
