//! Which records somebody looks for.
//!
//! A line is looked at as bytes first: a search of a million records reads JSON only where the words that it
//! must contain are there.

use std::borrow::Cow;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What is looked for; every field that is set must hold. Defaults to everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The record's kind, or the beginning of it up to a dot (`approval` finds `approval.resolved`).
    pub kind: Option<String>,
    /// Text anywhere in the record's line: as JSON writes it, or as it reads.
    pub text: Option<String>,
    /// Not before this RFC 3339 time (UTC with milliseconds, as the records have it).
    pub since: Option<String>,
    /// Before this time.
    pub until: Option<String>,
    /// The start of the daemon.
    pub boot: Option<String>,
    /// Records of this run, or of runs whose ids begin so.
    pub run: Option<String>,
    /// Records of this tool.
    pub tool: Option<String>,
}

/// A filter made ready.
#[derive(Debug)]
pub(crate) struct Matcher<'f> {
    filter: &'f Filter,
    /// Words that must be in the line.
    words: Vec<Finder<'static>>,
    /// The text as it stands in JSON, where that differs.
    text: Option<[Finder<'static>; 2]>,
    /// Whether the words say it all.
    reads_json: bool,
}

/// What of a record a filter looks at.
#[derive(Deserialize)]
struct Brief<'a> {
    #[serde(borrow)]
    ts: Cow<'a, str>,
    #[serde(borrow)]
    boot: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// What of a body.
#[derive(Deserialize)]
struct BriefBody<'a> {
    #[serde(default, borrow)]
    run: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    attempt: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    tool: Option<Cow<'a, str>>,
}

impl<'f> Matcher<'f> {
    pub(crate) fn new(filter: &'f Filter) -> Self {
        let finder = |text: &str| Finder::new(text.as_bytes()).into_owned();
        let mut words: Vec<_> = [&filter.run, &filter.tool, &filter.boot]
            .into_iter()
            .flatten()
            .map(|word| finder(word))
            .collect();
        words.extend(filter.kind.iter().map(|kind| finder(&format!("\"kind\":\"{kind}"))));
        let escaped = |text: &str| {
            let json = serde_json::Value::from(text).to_string();
            json.get(1..json.len() - 1).unwrap_or_default().to_owned()
        };
        let text = filter.text.as_ref().map(|text| [finder(text), finder(&escaped(text))]);
        let Filter { kind, since, until, boot, run, tool, text: _ } = filter;
        let reads_json = [kind, since, until, boot, run, tool].into_iter().any(Option::is_some);
        Self { filter, words, text, reads_json }
    }

    /// Whether a file of this day, or an older one, can have a record that matches. No record is younger
    /// than its file's day; a clock that was set back may have left older ones.
    pub(crate) fn may_be_on(&self, day: &str) -> bool {
        self.filter.since.as_ref().is_none_or(|since| since.get(..day.len()).is_none_or(|since| since <= day))
    }

    /// The line as text, if it matches.
    pub(crate) fn matching<'l>(&self, line: &'l [u8]) -> Option<&'l str> {
        let has_text = |finders: &[Finder<'_>; 2]| finders.iter().any(|finder| finder.find(line).is_some());
        let has_words = self.words.iter().all(|word| word.find(line).is_some());
        (has_words && self.text.as_ref().is_none_or(has_text)).then_some(())?;
        let text = std::str::from_utf8(line).ok()?;
        if self.reads_json {
            self.holds(&serde_json::from_str(text).ok()?).then_some(())?;
        } else if !(text.starts_with('{') && text.ends_with('}')) {
            return None;
        }
        Some(text)
    }

    fn holds(&self, record: &Brief<'_>) -> bool {
        let Filter { kind, since, until, boot, run, tool, text: _ } = self.filter;
        let is_kind = |wanted: &String| {
            record.kind.strip_prefix(wanted.as_str()).is_some_and(|r| r.is_empty() || r.starts_with('.'))
        };
        kind.as_ref().is_none_or(is_kind)
            && since.as_ref().is_none_or(|since| *record.ts >= **since)
            && until.as_ref().is_none_or(|until| *record.ts < **until)
            && boot.as_ref().is_none_or(|boot| record.boot == *boot)
            && (run.is_none() && tool.is_none() || self.body_holds(record.body.get()))
    }

    fn body_holds(&self, body: &str) -> bool {
        let Ok(body) = serde_json::from_str::<BriefBody<'_>>(body) else { return false };
        let begins =
            |id: &Option<Cow<'_, str>>, wanted: &str| id.as_ref().is_some_and(|id| id.starts_with(wanted));
        self.filter.run.as_ref().is_none_or(|run| begins(&body.run, run) || begins(&body.attempt, run))
            && self.filter.tool.as_ref().is_none_or(|tool| body.tool.as_deref() == Some(tool.as_str()))
    }
}
