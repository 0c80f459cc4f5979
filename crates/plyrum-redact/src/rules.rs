//! Shapes of secrets nobody told us about.
//!
//! The scan goes from left to right. Where a rule's *lead* (`sk-ant-`, `Bearer `, `://` …) begins, the
//! rules with that lead are asked in the table's order; the first that matches wins, and the scan goes
//! on behind the match. A rule sees only what follows its lead, says [`Stop::Need`] while more text
//! could change its mind, and makes up its mind within [`RULE_MAX_BYTES`].
//!
//! Two properties keep redacted text stable when it is redacted again. A rule that refuses a run of
//! characters also refuses every beginning of that run that ends at a marker (checks only ever ask for
//! *more* of something), and no rule's characters include the marker's own `«` and `»`.

mod check;
mod class;
mod cursor;
mod header;
mod pem;
mod table;
mod token;
mod userinfo;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use crate::marker::Marker;
use class::is_word;
use cursor::{Cursor, Found, Stop};
use table::{RULES, Rule};

/// The most text a rule looks at before it decides: a PEM block with its begin line.
pub(crate) const RULE_MAX_BYTES: usize = pem::BODY_MAX_BYTES + 256;

/// The last bytes before the text at hand, which decide whether a word begins here.
#[derive(Clone, Copy, Default)]
pub(crate) struct Context([u8; 3]);

impl Context {
    /// Whether a word can begin after these bytes. Besides punctuation and the start of the text that is
    /// so after escapes whose last letter is no letter of the text: `\n`, `%3D`, `ESC[31m`.
    fn ends_word(self) -> bool {
        let [a, b, c] = self.0;
        !is_word(c)
            || (b == b'\\' && b"nrt".contains(&c))
            || (a == b'%' && b.is_ascii_hexdigit() && c.is_ascii_hexdigit())
            || (c == b'm' && b.is_ascii_digit())
    }
}

/// The table's leads as an automaton, and the scan.
pub(crate) struct Rules {
    leads: AhoCorasick,
    by_first: Vec<Vec<&'static Rule>>,
    lead_max: usize,
    marker: Marker,
}

impl Rules {
    #[expect(clippy::expect_used, reason = "the table is a constant and every test builds it")]
    pub(crate) fn new(marker: Marker) -> Self {
        let leads = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostFirst)
            .kind(Some(AhoCorasickKind::DFA))
            .build(RULES.iter().map(|rule| rule.lead))
            .expect("the table of leads is small");
        let mut by_first = vec![Vec::new(); 256];
        for rule in RULES {
            let first = rule.lead.bytes().next().unwrap_or_default();
            by_first[usize::from(first.to_ascii_lowercase())].push(rule);
        }
        let lead_max = RULES.iter().map(|rule| rule.lead.len()).max().unwrap_or(0);
        Self { leads, by_first, lead_max, marker }
    }

    /// Names of all rules.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        RULES.iter().map(|rule| rule.name)
    }

    /// The whole text redacted, or nothing if it holds no match.
    pub(crate) fn redact(&self, text: &str) -> Option<String> {
        let scan = self.scan(text, Context::default(), true);
        (!scan.hits.is_empty()).then(|| {
            let mut out = String::with_capacity(text.len());
            scan.write(text, &mut out);
            out
        })
    }

    /// Writes what is decided about `text` to `out` and returns how many of its bytes are done with.
    pub(crate) fn advance(
        &self,
        text: &str,
        context: &mut Context,
        end_of_text: bool,
        out: &mut String,
    ) -> usize {
        let scan = self.scan(text, *context, end_of_text);
        scan.write(text, out);
        *context = scan.context_at(text.as_bytes(), scan.decided);
        scan.decided
    }

    fn scan(&self, text: &str, context: Context, end_of_text: bool) -> Scan {
        let bytes = text.as_bytes();
        let mut scan = Scan { context, ..Scan::default() };
        let mut from = 0;
        loop {
            let next = self.leads.find(Input::new(text).range(from..)).map(|lead| lead.start());
            let open = if end_of_text { None } else { self.open_lead(bytes, from, next, &scan) };
            let Some(at) = open.or(next) else { break };
            match self.ask(bytes, at, open.is_some(), &scan, end_of_text) {
                Ok((rule, found)) => {
                    let (start, end) = (at + found.keep, at + found.keep + found.len);
                    self.scan_kept(text, at, start, &mut scan);
                    let secret = bytes.get(start..end).unwrap_or_default();
                    scan.hits.push(Hit { start, end, marker: self.marker.of(rule.name, secret) });
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

    /// The first position before `next` from which the rest of the text is the beginning of a lead.
    fn open_lead(&self, bytes: &[u8], from: usize, next: Option<usize>, scan: &Scan) -> Option<usize> {
        let earliest = from.max(bytes.len().saturating_sub(self.lead_max));
        (earliest..next.unwrap_or(bytes.len())).find(|&at| {
            let mut rules = self.by_first[usize::from(bytes[at].to_ascii_lowercase())].iter();
            rules.any(|rule| rule.lead_at(&bytes[at..]) == Err(Stop::Need) && scan.may_begin(rule, bytes, at))
        })
    }

    fn ask(
        &self,
        bytes: &[u8],
        at: usize,
        open: bool,
        scan: &Scan,
        end_of_text: bool,
    ) -> Result<(&'static Rule, Found), Stop> {
        if open {
            return Err(Stop::Need);
        }
        for &rule in &self.by_first[usize::from(bytes[at].to_ascii_lowercase())] {
            if !scan.may_begin(rule, bytes, at) {
                continue;
            }
            match rule.find(Cursor::new(&bytes[at..], end_of_text)) {
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
struct Scan {
    context: Context,
    hits: Vec<Hit>,
    /// End of the last match: what stands before it will be a marker.
    replaced_to: usize,
    decided: usize,
}

impl Scan {
    fn may_begin(&self, rule: &Rule, bytes: &[u8], at: usize) -> bool {
        !rule.begins_word() || self.context_at(bytes, at).ends_word()
    }

    /// The three bytes before `at` as they will be in the output (a marker's end counts as no letter).
    fn context_at(&self, bytes: &[u8], at: usize) -> Context {
        let byte = |back: usize| match at.checked_sub(back) {
            Some(i) if i >= self.replaced_to => bytes[i],
            None if self.replaced_to == 0 => self.context.0[at + 3 - back],
            _ => 0,
        };
        Context([byte(3), byte(2), byte(1)])
    }

    fn write(&self, text: &str, out: &mut String) {
        let mut done = 0;
        for hit in &self.hits {
            out.push_str(text.get(done..hit.start).unwrap_or_default());
            out.push_str(&hit.marker);
            done = hit.end;
        }
        out.push_str(text.get(done..self.decided).unwrap_or_default());
    }
}
