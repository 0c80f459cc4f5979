//! The audit's figures: records appended a second as the daemon appends them (redacted, flushed at each drain),
//! and a million records verified, searched, tailed and opened. Prints a table of medians; exits 1 where a figure
//! is missed.
//!
//! `bench_audit [DIRECTORY [RECORDS [ROUNDS]]]`
#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use plyrum_audit::{Anchor, AuditError, AuditLog, Filter, Opening, Witness, search, tail, verify};
use plyrum_redact::Redactor;
use serde_json::{Value, json};

/// Records that one drain of the ledger's outbox carries over before it flushes.
const DRAIN: u64 = 1024;

/// What must be reached.
const APPENDS_A_SECOND: u128 = 50_000;
const VERIFY_WITHIN: Duration = Duration::from_secs(5);
const SEARCH_WITHIN: Duration = Duration::from_secs(2);

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let place = words.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let records: u64 = words.next().map_or(Ok(1_000_000), |n| n.parse())?;
    let rounds: usize = words.next().map_or(Ok(5), |n| n.parse())?;
    let work = tempfile::Builder::new().prefix("plyrum-bench").tempdir_in(place)?;

    let mut appends = Vec::new();
    let mut last = None;
    for round in 0..rounds.clamp(1, 3) {
        drop(last.take());
        let dir = work.path().join(round.to_string());
        let (took, anchor) = append(&dir, records)?;
        appends.push(took);
        last = Some(Remove(dir, anchor));
    }
    let Some(Remove(dir, anchor)) = &last else { return Ok(ExitCode::FAILURE) };
    let rate = u128::from(records) * 1_000_000 / median(&mut appends).as_micros().max(1);
    let bytes: u64 =
        std::fs::read_dir(dir)?.map(|e| e.and_then(|e| e.metadata()).map_or(0, |m| m.len())).sum();
    println!(
        "{records} records, {} bytes each, median of {rounds} (appends: of {})",
        bytes / records,
        appends.len()
    );

    let mut good = true;
    let mut row = |what: &str, figure: String, aim: &str, met: bool| {
        good &= met;
        println!("{what:<44} {figure:>12}  {aim:<14} {}", if met { "ok" } else { "MISSED" });
    };
    row("append, redacted, flushed each 1024", format!("{rate}/s"), ">= 50000/s", rate >= APPENDS_A_SECOND);

    let witness = Witness { anchor: Some(anchor.clone()), floor: None };
    let took = timed(rounds, || {
        verify(dir, None, Some(&witness)).is_ok_and(|report| report.ok && report.records >= records)
    })?;
    row("verify, with the anchor", shown(took), "<= 5 s", took <= VERIFY_WITHIN);

    let text = |text: &str| Filter { text: Some(text.to_owned()), ..Filter::default() };
    let rare = format!("run-{:08x}", records / 2);
    let run = Filter { run: Some(rare.clone()), ..Filter::default() };
    let since = Filter {
        kind: Some("settle".to_owned()),
        since: Some("2026-11-22T12".to_owned()),
        ..Filter::default()
    };
    for (what, filter) in [
        ("search: a text that is there once", text(&rare)),
        ("search: a text that is not there", text("nowhere to be found")),
        ("search: --run, a rare one", run),
        ("search: --kind --since, the last 1000", since),
        (
            "search: --until, every record read as JSON",
            Filter { until: Some("2026-11-22T00".to_owned()), ..Filter::default() },
        ),
    ] {
        let took = timed(rounds, || search(dir, &filter, 1_000).is_ok())?;
        row(what, shown(took), "<= 2 s", took <= SEARCH_WITHIN);
    }
    let took = timed(rounds, || tail(dir, 20).is_ok_and(|lines| lines.len() == 20))?;
    row("tail -n 20", shown(took), "<= 0.5 s", took <= Duration::from_millis(500));
    let took = timed(rounds, || open(dir, Some(anchor.clone())).is_ok())?;
    row("open, as at a start", shown(took), "<= 1 s", took <= Duration::from_secs(1));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Removes an audit when it is no longer needed.
struct Remove(std::path::PathBuf, Anchor);

impl Drop for Remove {
    fn drop(&mut self) {
        let _left_to_the_system = std::fs::remove_dir_all(&self.0);
    }
}

fn open(dir: &Path, anchor: Option<Anchor>) -> Result<AuditLog, AuditError> {
    let keys = (0..8).map(|n| (format!("provider-{n}"), format!("sk-live-{n}f9d2c7b81e6a035d8c1").into()));
    let redactor = Redactor::new([7; 32], keys).for_records();
    let clock = Box::new(|| "2026-11-22T13:54:59.123Z".to_owned());
    AuditLog::open(dir, Opening { redactor, boot: "5d0c2f7be1a94c33", anchor, clock })
}

fn append(dir: &Path, records: u64) -> Result<(Duration, Anchor), Box<dyn std::error::Error>> {
    let mut log = open(dir, None)?;
    let began = Instant::now();
    for n in 0..records {
        let (kind, body) = record(n);
        log.append(kind, &body)?;
        if n % DRAIN == DRAIN - 1 {
            log.sync()?;
        }
    }
    log.sync()?;
    let took = began.elapsed();
    Ok((took, Anchor { seq: log.head().seq, hash: log.head().hash }))
}

/// The bodies that a run with one attempt leaves.
fn record(n: u64) -> (&'static str, Value) {
    let run = format!("run-{:08x}", n / 4);
    let attempt = format!("{run}.1");
    match n % 4 {
        0 => (
            "run.accepted",
            json!({
                "run": run, "session": "5e551011", "persona": "default", "client": "plyrum-cli 0.1.0",
                "prompt_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            }),
        ),
        1 => (
            "hold",
            json!({
                "run": run, "attempt": attempt, "model": "lab/fast", "provider": "lab", "hold_micro_rub": 1_202_000 + n,
                "entries": [], "outbox": n,
            }),
        ),
        2 => (
            "settle",
            json!({
                "run": run, "attempt": attempt, "hold_micro_rub": 1_202_000 + n, "cost_micro_rub": 36_056, "quality": "reported",
                "usage": {"input": 100, "cache_read": 0, "cache_write_5m": 0, "cache_write_1h": 0, "output": 10, "reasoning": 0},
                "entries": [n, n + 1], "outbox": n,
            }),
        ),
        _ => (
            "run",
            json!({
                "run": run, "status": "succeeded", "cost_micro_rub": 36_056, "attempts": 1, "outbox": n,
            }),
        ),
    }
}

/// The median time of something that must be true.
fn timed(rounds: usize, mut what: impl FnMut() -> bool) -> Result<Duration, String> {
    let mut times = Vec::new();
    for _ in 0..rounds.max(1) {
        let began = Instant::now();
        if !what() {
            return Err("a measured call failed".to_owned());
        }
        times.push(began.elapsed());
    }
    Ok(median(&mut times))
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn shown(took: Duration) -> String {
    format!("{:.3} s", took.as_secs_f64())
}
