//! Megabytes a second, whole and in chunks: medians of five runs, in time on the processor where the system
//! tells it, so that other programs matter less.

use std::time::Instant;

use plyrum_redact::Redactor;

use super::generate::kinds::KINDS;
use super::generate::negatives;
use super::{MEGABYTES_A_SECOND_AT_LEAST, row};

const RUNS: usize = 5;
const TEXT_BYTES: usize = 8_000_000;
const WORST_BYTES: usize = 100_000;
/// Beginnings that no format has.
const BEGINNINGS: [&str; 12] = [
    "eyJ.",
    "eyJ-",
    "eyJaaaaaaaaaa.",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ",
    "://",
    "://a:",
    "host=a ",
    "token ",
    "algolia ",
    "Authorization: ",
    "«redacted:",
];

/// Prints a row for each corpus.
pub(crate) fn table(redactor: &Redactor) -> bool {
    println!("\nMB/s, whole / in 16 KiB / in 64 bytes / whole for records");
    let mut met = true;
    for (name, text) in negatives::corpora(TEXT_BYTES) {
        let records = redactor.for_records();
        let rates = [
            rate(&text, || redactor.redact(&text).len()),
            rate(&text, || streamed(redactor, &text, 16 * 1024)),
            rate(&text, || streamed(redactor, &text, 64)),
            rate(&text, || records.redact(&text).len()),
        ];
        let figure = rates.map(|rate| format!("{rate:.0}")).join(" / ");
        let enough = rates.iter().all(|rate| *rate >= MEGABYTES_A_SECOND_AT_LEAST);
        met &= row(&format!("  {name}"), &figure, ">= 50", enough);
    }
    println!();
    met
}

/// The slowest text of nothing but beginnings: what somebody would send to keep the redactor busy.
pub(crate) fn worst(redactor: &Redactor) -> bool {
    let literal = |format: &'static str| format.split(['[', '(', '<', '‹']).next().unwrap_or_default();
    let leads = KINDS.iter().map(|kind| literal(kind.format)).chain(BEGINNINGS).filter(|lead| lead.len() > 1);
    let rated = leads.map(|lead| {
        let text = lead.repeat(WORST_BYTES / lead.len());
        (rate(&text, || redactor.redact(&text).len()), lead)
    });
    let (rate, lead) = rated.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
    row(&format!("MB/s of the slowest beginning, {lead:?}"), &format!("{rate:.1}"), ">= 1", rate >= 1.0)
}

fn rate(text: &str, run: impl Fn() -> usize) -> f64 {
    let mut seconds: Vec<f64> = (0..RUNS)
        .map(|_| {
            let (start, busy) = (Instant::now(), busy_seconds());
            std::hint::black_box(run());
            busy_seconds().zip(busy).map_or(start.elapsed().as_secs_f64(), |(end, start)| end - start)
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    text.len() as f64 / 1e6 / seconds[RUNS / 2]
}

/// This thread's time on a processor (Linux).
fn busy_seconds() -> Option<f64> {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    schedule.split(' ').next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}

fn streamed(redactor: &Redactor, text: &str, size: usize) -> usize {
    let mut stream = redactor.stream();
    let length: usize = chunks(text, size).map(|chunk| stream.push(chunk).len()).sum();
    length + stream.finish().len()
}

/// The text in chunks of `size` bytes, or a little more where a character would be cut.
pub(crate) fn chunks(text: &str, size: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (chunk, after) = rest.split_at(rest.ceil_char_boundary(size.min(rest.len())));
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}
