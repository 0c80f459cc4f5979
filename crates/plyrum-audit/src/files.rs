//! Names and order of the audit's files: `<first seq, 12 digits>-<date>.jsonl`.
//!
//! The name carries the sequence number of the first record, so that the order of files, and a missing
//! one, show without reading them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::AuditError;

/// One file of the chain, by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    /// Sequence number of its first record.
    pub(crate) first_seq: u64,
    /// Day it was begun, `2026-11-22`.
    pub(crate) date: String,
}

impl Segment {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (seq, date) = name.strip_suffix(".jsonl")?.split_once('-')?;
        let digits = seq.len() >= 12 && seq.bytes().all(|b| b.is_ascii_digit());
        (digits && is_date(date)).then_some(())?;
        let segment = Self { first_seq: seq.parse().ok()?, date: date.to_owned() };
        (segment.name() == name).then_some(segment)
    }

    pub(crate) fn name(&self) -> String {
        format!("{:012}-{}.jsonl", self.first_seq, self.date)
    }

    pub(crate) fn path(&self, dir: &Path) -> PathBuf {
        dir.join(self.name())
    }
}

/// The `*.jsonl` files of a directory.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// In the order of the chain.
    pub(crate) segments: Vec<Segment>,
    /// Names that are no part of it.
    pub(crate) strangers: Vec<String>,
}

/// Lists the audit's files; a directory that does not exist has none.
pub(crate) fn list(dir: &Path) -> Result<Listing, AuditError> {
    let mut listing = Listing::default();
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
        other => other.map_err(AuditError::io("list", dir))?,
    };
    for entry in entries {
        let name = entry.map_err(AuditError::io("list", dir))?.file_name();
        let name = name.to_string_lossy();
        match Segment::parse(&name) {
            Some(segment) => listing.segments.push(segment),
            None if name.ends_with(".jsonl") => listing.strangers.push(name.into_owned()),
            None => {}
        }
    }
    listing.segments.sort();
    listing.strangers.sort();
    Ok(listing)
}

/// The day of an RFC 3339 time.
pub(crate) fn date_of(ts: &str) -> Result<&str, AuditError> {
    let date = ts.get(..10).filter(|date| is_date(date));
    let time = ts.get(10..).is_some_and(|rest| rest.starts_with('T') && rest.len() <= 30);
    date.filter(|_| time).ok_or_else(|| AuditError::Clock { ts: ts.chars().take(40).collect() })
}

fn is_date(text: &str) -> bool {
    let shape = |(at, b): (usize, u8)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_where_a_file_belongs() {
        let segment = Segment { first_seq: 42, date: "2026-11-22".to_owned() };
        assert_eq!(segment.name(), "000000000042-2026-11-22.jsonl");
        assert_eq!(Segment::parse(&segment.name()), Some(segment));
        for stranger in [
            "42-2026-11-22.jsonl",
            "000000000042-2026-11-22.jsonl.torn-5",
            "000000000042-20261122.jsonl",
            "a.jsonl",
        ] {
            assert_eq!(Segment::parse(stranger), None, "{stranger}");
        }
    }

    #[test]
    fn only_rfc_3339_has_a_date() {
        assert_eq!(date_of("2026-11-22T13:54:59.000Z").unwrap(), "2026-11-22");
        for bad in [
            "",
            "2026-11-22",
            "22.11.2026T00:00",
            "yesterday",
            "2026-11-22T\u{430}very long text that is no time at all",
        ] {
            assert!(date_of(bad).is_err(), "{bad}");
        }
    }
}
