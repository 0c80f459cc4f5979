//! Every figure of the redactor in one table: kinds, recall, false hits, speed, bytes held back.
//! Exits with 1 if a figure is missed. `scripts/bench-redact.sh` builds and runs it.
//!
//! Arguments: directories with more text in which there should be nothing to find; `--show` prints what
//! was found there.

#![expect(clippy::print_stdout, reason = "the program's output is its table")]
#![expect(clippy::unwrap_used, reason = "a measuring program may stop at the first surprise")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod false_hits;
#[path = "../../tests/redaction/generate/mod.rs"]
mod generate;
mod speed;

use std::path::PathBuf;
use std::process::ExitCode;

use generate::random::Random;
use generate::{format, negatives, recall};
use plyrum_redact::{HOLD_BACK_MAX, Redactor};

const KINDS_AT_LEAST: usize = 200;
const SAMPLES: usize = 50;
const RECALL_AT_LEAST: f64 = 0.99;
/// For each 100 KB.
const FALSE_HITS_AT_MOST: f64 = 1.0;
const CORPUS_BYTES: usize = 4_000_000;
const MEGABYTES_A_SECOND_AT_LEAST: f64 = 50.0;

fn main() -> ExitCode {
    let mut folders: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let show = folders.iter().position(|folder| folder.as_os_str() == "--show");
    let show = show.map(|at| folders.remove(at)).is_some();
    let redactor = with_known_secrets();
    let all = [
        kinds(),
        recalled(&redactor),
        false_hits::table(&redactor, &folders, show),
        speed::table(&redactor),
        speed::worst(&redactor),
        held_back(&redactor),
    ];
    if all.into_iter().all(|met| met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// As in a daemon with ten providers.
fn with_known_secrets() -> Redactor {
    let mut random = Random::new(7);
    let formats = ["sk-or-v1-[a-f0-9]{64}", "gsk_[A-Za-z0-9]{52}", "lab-[a-z0-9]{24}", "[A-Za-z0-9+/]{44}"];
    let secrets: Vec<_> = (0..10)
        .map(|n| (format!("provider {n}"), format::sample(formats[n % formats.len()], &mut random).1.into()))
        .collect();
    Redactor::new([7; 32], secrets)
}

/// Prints a row and says whether its figure is met.
fn row(what: &str, figure: &str, aim: &str, met: bool) -> bool {
    println!("{what:<44} {figure:>16}   {aim:<12} {}", if met { "" } else { "MISSED" });
    met
}

fn kinds() -> bool {
    let kinds = Redactor::kinds().count();
    row("kinds of secret in the table", &kinds.to_string(), ">= 200", kinds >= KINDS_AT_LEAST)
}

fn recalled(redactor: &Redactor) -> bool {
    let recall = recall::measure(redactor, SAMPLES, true);
    let share = recall.found as f64 / recall.placed as f64;
    let generated =
        row("kinds generated", &recall.kinds.to_string(), ">= 200", recall.kinds >= KINDS_AT_LEAST);
    row("secrets placed", &recall.placed.to_string(), "", true);
    let met = row("recall", &format!("{:.3} %", share * 100.0), ">= 99 %", share >= RECALL_AT_LEAST);
    for miss in recall.misses {
        println!("  {miss}");
    }
    generated && met
}

/// The most bytes held back over negatives, secrets, and runs without end, in small chunks.
fn held_back(redactor: &Redactor) -> bool {
    let mut texts: Vec<String> = negatives::corpora(200_000).into_iter().map(|(_, text)| text).collect();
    texts.extend((0..20).flat_map(recall::one_of_each).map(|(_, text)| text));
    let mut random = Random::new(11);
    for endless in ["sk-ant-[A-Za-z0-9]{60000}", "eyJ[a-z]{60000}", "-----BEGIN PRIVATE KEY-----[A-Z]{60000}"]
    {
        texts.push(format::sample(endless, &mut random).0);
    }
    let text = texts.join("\n");
    let mut stream = redactor.stream();
    let mut most = 0;
    for chunk in speed::chunks(&text, 64) {
        let _ = stream.push(chunk);
        most = most.max(stream.held_bytes());
    }
    row("bytes held back, at most", &most.to_string(), &format!("<= {HOLD_BACK_MAX}"), most <= HOLD_BACK_MAX)
}
