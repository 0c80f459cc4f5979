//! The scan: from lead to lead, each asked once, until the text ends or a byte is open.

use super::class::is_word;
use super::cursor::{Cursor, Found, Stop};
use super::leads::Leads;
use super::table::Rule;
use crate::marker::Marker;

/// The last bytes before the text at hand, which decide whether a word begins here.
#[derive(Clone, Copy, Default)]
pub(crate) struct Context([u8; 3]);

impl Context {
    /// Whether a word can begin after these bytes. Besides punctuation and the start of the text that is
    /// so after escapes whose last letter is no letter of the text: `\n`, `%3D`, `ESC[31m`.
    pub(super) fn ends_word(self) -> bool {
        let [a, b, c] = self.0;
        !is_word(c)
            || (b == b'\\' && b"nrt".contains(&c))
            || (a == b'%' && b.is_ascii_hexdigit() && c.is_ascii_hexdigit())
            || (c == b'm' && b.is_ascii_digit())
    }

    /// Whether a part of an identifier can begin here with `first`: `my_key`, `myKey`, `my2key`.
    pub(super) fn ends_part(self, first: u8) -> bool {
        let [_, _, last] = self.0;
        let humps = last.is_ascii_lowercase() && first.is_ascii_uppercase();
        last == b'_' || last.is_ascii_digit() || humps || self.ends_word()
    }
}

/// Rules and the maker of markers.
pub(super) struct Scanner<'a> {
    leads: &'static Leads,
    marker: &'a Marker,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(leads: &'static Leads, marker: &'a Marker) -> Self {
        Self { leads, marker }
    }

    pub(super) fn scan(&self, text: &str, context: Context, end_of_text: bool) -> Scan {
        let bytes = text.as_bytes();
        let mut scan = Scan { context, ..Scan::default() };
        let mut from = 0;
        while let Some(at) = self.leads.next(bytes, from, end_of_text) {
            match self.ask(bytes, at, &scan, end_of_text) {
                Ok((rule, found)) => {
                    let (start, end) = (at + found.keep, at + found.keep + found.len);
                    if !rule.is_marker() {
                        self.scan_kept(text, at, start, &mut scan);
                        let secret = bytes.get(start..end).unwrap_or_default();
                        scan.hits.push(Hit { start, end, marker: self.marker.of(rule.name, secret) });
                    }
                    scan.replaced_to = end;
                    from = end;
                }
                Err(Stop::No) => from = at + 1,
                Err(Stop::Need) => {
                    scan.decided = at;
                    return scan;
                }
            }
        }
        scan.decided = bytes.len();
        scan
    }

    /// What a match keeps in front of its secret (`Authorization: Bearer `, `://user:`) is scanned like a
    /// text of its own: it may hold a secret as well.
    fn scan_kept(&self, text: &str, from: usize, to: usize, scan: &mut Scan) {
        let kept = text.get(from..to).unwrap_or_default();
        if kept.is_empty() {
            return;
        }
        let inner = self.scan(kept, scan.context_at(text.as_bytes(), from), true);
        let moved = |hit: Hit| Hit { start: from + hit.start, end: from + hit.end, ..hit };
        scan.hits.extend(inner.hits.into_iter().map(moved));
    }

    fn ask(
        &self,
        bytes: &[u8],
        at: usize,
        scan: &Scan,
        end_of_text: bool,
    ) -> Result<(&'static Rule, Found), Stop> {
        let text = bytes.get(at..).unwrap_or_default();
        let first = text.first().copied().unwrap_or_default();
        let context = scan.context_at(bytes, at);
        if !self.leads.may_follow(context, first) {
            return Err(Stop::No);
        }
        for &rule in self.leads.at(text) {
            if !rule.may_follow_context(context, first) {
                continue;
            }
            match rule.find(Cursor::new(text, end_of_text)) {
                Ok(found) => return Ok((rule, found)),
                Err(Stop::Need) => return Err(Stop::Need),
                Err(Stop::No) => {}
            }
        }
        Err(Stop::No)
    }
}

struct Hit {
    start: usize,
    end: usize,
    marker: String,
}

/// What one scan found, and up to where it is sure.
#[derive(Default)]
pub(super) struct Scan {
    context: Context,
    hits: Vec<Hit>,
    /// End of the last match: what stands before it is a marker in the output.
    replaced_to: usize,
    decided: usize,
}

impl Scan {
    pub(super) fn is_clean(&self) -> bool {
        self.hits.is_empty()
    }

    /// The bytes about which no further text can change anything.
    pub(super) fn decided(&self) -> usize {
        self.decided
    }

    /// The three bytes before `at` as they are in the output (a marker's end counts as no letter).
    pub(super) fn context_at(&self, bytes: &[u8], at: usize) -> Context {
        let byte = |back: usize| match at.checked_sub(back) {
            Some(i) if i >= self.replaced_to => bytes[i],
            None if self.replaced_to == 0 => self.context.0[at + 3 - back],
            _ => 0,
        };
        Context([byte(3), byte(2), byte(1)])
    }

    pub(super) fn write(&self, text: &str, out: &mut String) {
        let mut done = 0;
        for hit in &self.hits {
            out.push_str(text.get(done..hit.start).unwrap_or_default());
            out.push_str(&hit.marker);
            done = hit.end;
        }
        out.push_str(text.get(done..self.decided).unwrap_or_default());
    }
}
