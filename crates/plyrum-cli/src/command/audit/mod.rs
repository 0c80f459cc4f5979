//! `plyrum audit`: the record of what happened. Everything but `prune` reads it without a daemon, beside one or
//! not, and repairs nothing.

mod export;
mod prune;
mod search;
mod tail;
mod verify;

pub(crate) use verify::{verdict, verdict_telling};

use super::Outcome;
use super::usage::{now, period::moment};
use crate::action::escaped;
use crate::fault::wrong_use;
use crate::text::say;
use jiff::tz::TimeZone;
use plyrum_audit::AuditError;
use plyrum_protocol::{ErrorKind, Fault};
use serde_json::Value;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check that every record is where and what it was; repairs nothing
    Verify(verify::Args),
    /// The last records, and with --follow those that come
    Tail(tail::Args),
    /// The records that match
    Search(search::Args),
    /// Records, byte for byte as they are written
    Export(export::Args),
    /// Remove old files for good; a tombstone says what they held
    Prune(prune::Args),
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::Verify(args) => verify::run(args),
        Command::Tail(args) => tail::run(args),
        Command::Search(args) => search::run(args),
        Command::Export(args) => export::run(args),
        Command::Prune(args) => prune::run(args),
    }
}

pub(crate) fn of_audit(error: &AuditError) -> Fault {
    Fault::new(ErrorKind::Storage, say!("fault-audit", why = error.to_string())).hint("plyrum doctor")
}

/// The time that records are asked for.
#[derive(Debug, Clone, Default, clap::Args)]
struct Period {
    /// From: a date (2026-11-01), a time, or a span back from now (7d, 12h)
    #[arg(long, value_name = "D")]
    since: Option<String>,
    /// Up to, not including: the same forms
    #[arg(long, value_name = "D")]
    until: Option<String>,
}

impl Period {
    /// Both ends as records have their times.
    fn bounds(&self) -> Result<(Option<String>, Option<String>), Fault> {
        let (zone, now) = (TimeZone::system(), now());
        let at = |text: &Option<String>, flag: &str| {
            text.as_deref().map(|text| moment(text, &zone, now, flag)).transpose()
        };
        let (since, until) = (at(&self.since, "--since")?, at(&self.until, "--until")?);
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            return Err(wrong_use(say!("fault-since-until")));
        }
        let shown = |time: jiff::Timestamp| format!("{time:.3}");
        Ok((since.map(shown), until.map(shown)))
    }
}

/// What is told first of a record, where it has it.
const FIRST: &[&str] = &[
    "tool", "verdict", "by", "client", "rule", "file", "line", "command", "argv", "path", "outcome", "exit",
];
/// The longest line that shows a record.
const SHOWN_CHARS: usize = 160;

/// A record in short: when, what, of which run, and the rest. Its text comes from everywhere, so it is made safe.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) seq: u64,
    pub(crate) when: String,
    pub(crate) kind: String,
    pub(crate) run: String,
    pub(crate) rest: String,
}

impl Summary {
    pub(crate) fn of(line: &str) -> Self {
        let record: Value = serde_json::from_str(line).unwrap_or_default();
        let text = |field: &str| record.get(field).and_then(Value::as_str).unwrap_or_default();
        let local = text("ts")
            .parse::<jiff::Timestamp>()
            .map(|ts| ts.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string());
        let body = record.get("body").cloned().unwrap_or_default();
        let run = body.get("run").or_else(|| body.get("attempt")).and_then(Value::as_str).unwrap_or("-");
        let one_line = |text: &str| escaped(text).replace(['\n', '\t'], " ");
        Self {
            seq: record.get("seq").and_then(Value::as_u64).unwrap_or_default(),
            when: one_line(&local.unwrap_or_else(|_| text("ts").to_owned())),
            kind: one_line(text("kind")),
            run: one_line(run),
            rest: one_line(&rest(&body)),
        }
    }
}

/// The fields of a body, what matters first.
fn rest(body: &Value) -> String {
    let mut fields: Vec<(&String, &Value)> = body.as_object().into_iter().flatten().collect();
    let place = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
    fields.sort_by_key(|(name, _)| place(name));
    let rest: Vec<String> = fields
        .into_iter()
        .filter_map(|(name, value)| {
            let shown = match value {
                Value::String(text) => text.clone(),
                Value::Null => return None,
                other => other.to_string(),
            };
            (name != "run" && name != "outbox").then(|| format!("{name}={shown}"))
        })
        .collect();
    rest.join(" ")
}

/// A record on one line for people.
fn shown(line: &str) -> String {
    let Summary { when, kind, run, rest, .. } = Summary::of(line);
    let line = format!("{when}  {kind:<17} {run:<10} {rest}");
    // Who allowed what is not cut.
    let is_whole = kind.starts_with("tool.") || kind.starts_with("approval.");
    match line.char_indices().nth(SHOWN_CHARS).filter(|_| !is_whole) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_shown_on_one_safe_line_of_bearable_length() {
        let long = "x".repeat(500);
        let line = serde_json::json!({
            "ts": "2026-11-22T10:00:00.000Z", "kind": "attempt.fallback",
            "body": {"run": "3f9a21cc", "cause": "a\u{1b}[31m\nred", "none": null, "outbox": 7, "zz": long},
        });
        let shown = shown(&line.to_string());
        assert!(shown.contains("attempt.fallback  3f9a21cc   cause=a\\u{1b}[31m red zz=xxx"), "{shown}");
        assert!(!shown.contains('\u{1b}') && !shown.contains("outbox") && shown.ends_with('…'));
        assert_eq!(shown.chars().count(), SHOWN_CHARS + 1);
        assert_eq!(super::shown("no json").trim(), "-", "nothing to say is no panic");
    }

    #[test]
    fn times_are_written_as_records_have_them() {
        let period = |since: &str, until: &str| Period {
            since: Some(since.to_owned()),
            until: Some(until.to_owned()),
        };
        let bounds = period("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.5Z").bounds().unwrap();
        assert_eq!(
            bounds,
            (Some("2026-11-22T10:00:00.000Z".to_owned()), Some("2026-11-22T10:00:00.500Z".to_owned()))
        );
        assert!(period("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z").bounds().is_err());
        assert!(period("yesterday", "now").bounds().unwrap_err().message.contains("--since `yesterday`"));
    }
}
