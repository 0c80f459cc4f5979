//! Known secrets: every encoded form of every secret, searched for at once.
//!
//! Definition: the leftmost-longest occurrence becomes one marker; an occurrence that begins inside it
//! and reaches further is swallowed too, so of two overlapping secrets no tail remains.

use std::collections::BTreeMap;

use crate::SECRET_MIN_BYTES;
use crate::filter::Filter;

/// The forms, and what a stream needs to know where an occurrence may still begin.
pub(crate) struct Known {
    filter: Filter<SECRET_MIN_BYTES>,
    /// The patterns' first two bytes, for the end of a text that goes on.
    pairs: Filter<2>,
    /// Sorted by pattern.
    forms: Vec<Form>,
    /// First bytes of patterns.
    first: [bool; 256],
    longest: usize,
}

struct Form {
    pattern: String,
    marker: String,
    /// The longest other pattern that this one begins with.
    shorter: Option<usize>,
}

impl Known {
    /// From encoded form to its marker. A form has at least [`SECRET_MIN_BYTES`].
    pub(crate) fn new(forms: BTreeMap<String, String>) -> Self {
        let mut first = [false; 256];
        for byte in forms.keys().filter_map(|form| form.bytes().next()) {
            first[usize::from(byte)] = true;
        }
        let longest = forms.keys().map(String::len).max().unwrap_or(0);
        let (filter, pairs) = (Filter::new(0, &beginnings(&forms)), Filter::new(0, &beginnings(&forms)));
        Self { filter, pairs, forms: linked(forms), first, longest }
    }

    /// Number of patterns searched for.
    pub(crate) fn len(&self) -> usize {
        self.forms.len()
    }

    /// Whether `text` holds a known secret.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.find(text.as_bytes(), 0).is_some()
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
        let bytes = text.as_bytes();
        let undecided = if end_of_text { bytes.len() } else { self.first_open(bytes) };
        let mut done = *covered;
        let mut from = 0;
        while let Some((start, form)) = self.find(bytes, from).filter(|(start, _)| *start < undecided) {
            if start >= done {
                out.push_str(text.get(done..start).unwrap_or_default());
                out.push_str(&form.marker);
            }
            done = done.max(start + form.pattern.len());
            from = start + 1;
        }
        if done < undecided {
            out.push_str(text.get(done..undecided).unwrap_or_default());
            done = undecided;
        }
        *covered = done - undecided;
        undecided
    }

    /// The leftmost-longest occurrence that begins at `from` or later.
    fn find(&self, text: &[u8], mut from: usize) -> Option<(usize, &Form)> {
        while let Some(at) = self.filter.next(text, from) {
            if let Some(form) = self.longest_at(text.get(at..).unwrap_or_default()) {
                return Some((at, form));
            }
            from = at + 1;
        }
        None
    }

    /// The longest pattern that `text` begins with. The last pattern that does not sort behind the text
    /// begins with every pattern that the text begins with.
    fn longest_at(&self, text: &[u8]) -> Option<&Form> {
        let behind = self.forms.partition_point(|form| form.pattern.as_bytes() <= text);
        let mut at = behind.checked_sub(1);
        while let Some(form) = at.and_then(|at| self.forms.get(at)) {
            if text.starts_with(form.pattern.as_bytes()) {
                return Some(form);
            }
            at = form.shorter;
        }
        None
    }

    /// The first position from which the rest of `text` is the beginning of a longer pattern.
    fn first_open(&self, text: &[u8]) -> usize {
        let mut from = text.len().saturating_sub(self.longest.saturating_sub(1));
        while let Some(at) = self.filter.next(text, from) {
            if self.is_open(text.get(at..).unwrap_or_default()) {
                return at;
            }
            from = at + 1;
        }
        let mut from = from.max(text.len().saturating_sub(SECRET_MIN_BYTES - 1));
        while let Some(at) = self.pairs.next(text, from) {
            if self.is_open(text.get(at..).unwrap_or_default()) {
                return at;
            }
            from = at + 1;
        }
        // One byte alone is open if any pattern begins with it: none is so short.
        let ends_open = text.last().is_some_and(|last| self.first[usize::from(*last)]);
        text.len() - usize::from(ends_open)
    }

    fn is_open(&self, suffix: &[u8]) -> bool {
        let at = self.forms.partition_point(|form| form.pattern.as_bytes() <= suffix);
        self.forms.get(at).is_some_and(|form| form.pattern.as_bytes().starts_with(suffix))
    }
}

fn beginnings<const N: usize>(forms: &BTreeMap<String, String>) -> Vec<[u8; N]> {
    forms.keys().filter_map(|form| form.as_bytes().first_chunk().copied()).collect()
}

/// Sorted forms begin with those before them that are their beginnings: a chain of open beginnings.
fn linked(sorted: BTreeMap<String, String>) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::with_capacity(sorted.len());
    for (pattern, marker) in sorted {
        let mut shorter = forms.len().checked_sub(1);
        while let Some(form) = shorter.and_then(|at| forms.get(at)) {
            if pattern.starts_with(&form.pattern) {
                break;
            }
            shorter = form.shorter;
        }
        forms.push(Form { pattern, marker, shorter });
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_of_nested_patterns_is_found() {
        let forms = ["abcdef", "abcdefgh", "abcdefgz", "abcdefghijk", "bcdefg"];
        let known = Known::new(forms.map(|f| (f.to_owned(), format!("<{f}>"))).into());
        for (text, wanted) in [
            ("abcdefghijk", "<abcdefghijk>"),
            ("abcdefghij!", "<abcdefgh>ij!"),
            ("abcdefgy", "<abcdef>y"),
            ("abcdefx", "<abcdef>x"),
            ("abcde bcdefg", "abcde <bcdefg>"),
        ] {
            let mut out = String::new();
            known.advance(text, &mut 0, true, &mut out);
            assert_eq!(out, wanted, "{text}");
        }
    }
}
