//! Measures the reading side of conversations on this machine: a search over a million messages, and a log of
//! 100 MB that is opened from its end, continued, and attached to. `scripts/bench-sessions.sh` runs it.
//!
//! Texts are made from a seed with a vocabulary in which few words are frequent and most are rare, as in real
//! text; half of them are Russian.
#![expect(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, reason = "a measuring program")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people, and a distribution"
)]

use plyrum_protocol::{Fault, Frame, FrameBody, RunId, RunResult, RunStatus, SessionId, Timestamp, to_line};
use plyrum_sessions::index::{Index, Search, Searcher};
use plyrum_sessions::{Outline, Texts, begin_of_last, frames_of, read_from};
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

const SEARCH_MS_MAX: f64 = 50.0;

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// Of `n` words the first are the frequent ones, about as Zipf's law has it.
    fn rank(&mut self, n: u64) -> u64 {
        let exponent = self.below(1 << 20) as f64 / f64::from(1 << 20);
        ((n as f64).powf(exponent) as u64).saturating_sub(1).min(n - 1)
    }
}

fn word(rank: u64, russian: bool) -> String {
    let (letters, ending): (Vec<char>, &str) = if russian {
        ("аовлнртскмдпе".chars().collect(), "ами")
    } else {
        ("aeosnrtlcdmpi".chars().collect(), "ing")
    };
    let mut text = String::new();
    let mut left = rank * 7 + 13;
    while left > 0 {
        text.push(letters[usize::try_from(left % 13).unwrap()]);
        left /= 13;
    }
    if rank.is_multiple_of(3) { text + ending } else { text }
}

fn message(rng: &mut Rng, words: u64) -> String {
    let russian = rng.below(2) == 0;
    (0..words).map(|_| word(rng.rank(60_000), russian)).collect::<Vec<_>>().join(" ")
}

/// A log of `turns` turns of two messages each.
fn write_log(dir: &Path, n: u64, turns: u64, words: u64, rng: &mut Rng) -> SessionId {
    let session = SessionId::new(format!("{n:012x}")).unwrap();
    let mut out = BufWriter::new(File::create(dir.join(format!("{session}.jsonl"))).unwrap());
    let project = format!("/home/ann/project-{}", n % 20);
    let start = 1_700_000_000_000 + i64::try_from(n).unwrap() * 60_000;
    let at = Timestamp::from_millis(start);
    writeln!(out, "{{\"event\":{{\"type\":\"opened\",\"at\":\"{at}\",\"project\":\"{project}\"}}}}").unwrap();
    for turn in 0..turns {
        let run = RunId::new(format!("{n:08x}{turn:08x}")).unwrap();
        let at = Timestamp::from_millis(start + i64::try_from(turn).unwrap() * 20);
        let prompt = message(rng, words);
        writeln!(out, "{{\"text\":{{\"run\":\"{run}\",\"role\":\"user\",\"text\":\"{prompt}\"}}}}").unwrap();
        let accepted = FrameBody::RunAccepted {
            session: session.clone(),
            persona: "default".into(),
            client: "bench".into(),
            prompt_sha256: "0".repeat(64),
            context: Vec::new(),
            compacts: None,
            pictures: Vec::new(),
            has_schema: false,
        };
        let mut result = RunResult::refused(
            Some(run.clone()),
            RunStatus::Succeeded,
            Fault::new(plyrum_protocol::ErrorKind::Internal, ""),
        );
        (result.error, result.answer) = (None, message(rng, words));
        let finished = FrameBody::RunFinished { result: Box::new(result) };
        for (seq, body) in [(1, accepted), (2, finished)] {
            let frame = Frame { body, run: run.clone(), seq: Some(seq), at };
            writeln!(out, "{{\"frame\":{}}}", to_line(&frame).unwrap()).unwrap();
        }
    }
    out.flush().unwrap();
    session
}

/// The median of several runs, in milliseconds.
fn median(times: usize, mut work: impl FnMut()) -> f64 {
    let mut all: Vec<f64> = (0..times)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn main() -> std::process::ExitCode {
    let messages: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let home = tempfile::tempdir().expect("a directory for the logs");
    let in_time = search(home.path(), messages);
    long_log(&home.path().join("long"));
    if in_time { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

fn search(home: &Path, messages: u64) -> bool {
    let dir = home.join("sessions");
    fs::create_dir(&dir).unwrap();
    let mut rng = Rng(20_261_127);
    let turns = 250;
    let sessions = (messages / 2).div_ceil(turns);
    let ids: Vec<SessionId> = (0..sessions).map(|n| write_log(&dir, n, turns, 30, &mut rng)).collect();
    let bytes: u64 = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
    let path = home.join("index.sqlite");
    let began = Instant::now();
    let mut index = Index::open(&path, &dir).unwrap();
    for id in &ids {
        assert!(index.catch_up(id).unwrap());
    }
    let made = began.elapsed();
    println!(
        "index of {} messages ({} MB of logs, {sessions} sessions): made in {:.1} s, {} MB",
        sessions * turns * 2,
        bytes >> 20,
        made.as_secs_f64(),
        fs::metadata(&path).unwrap().len() >> 20
    );
    let one = median(50, || assert!(index.catch_up(&ids[0]).unwrap()));
    println!("catching up with a session that did not change: {one:.2} ms");
    drop(index);
    let searcher = Searcher::open(&path, &dir).unwrap();
    let (frequent, middle, rare) = (word(0, true), word(900, true), word(55_000, true));
    let english = word(1, false);
    let project = Some("/home/ann/project-7".to_owned());
    let searches = [
        ("a frequent word", frequent.clone(), None),
        ("a frequent word in a project", frequent.clone(), project.clone()),
        ("a middling word", middle.clone(), None),
        ("a rare word", rare.clone(), None),
        ("two frequent words", format!("{frequent} {}", word(2, true)), None),
        ("frequent and middling in a project", format!("{frequent} {middle}"), project),
        ("two words of two languages (no match)", format!("{frequent} {english}"), None),
        ("a phrase", format!("\"{frequent} {}\"", word(2, true)), None),
        ("a beginning", format!("{}*", word(40, true).chars().take(2).collect::<String>()), None),
        ("one word without another", format!("{middle} -{frequent}"), None),
        ("nothing", "нетакогослова".to_owned(), None),
    ];
    let mut all_in_time = true;
    for (name, text, project) in searches {
        let search = Search { text, project, limit: 20, ..Search::default() };
        let hits = searcher.search(&search).unwrap().unwrap().len();
        let ms = median(9, || drop(searcher.search(&search).unwrap()));
        let verdict = if ms <= SEARCH_MS_MAX { "ok" } else { "MISSED" };
        all_in_time &= ms <= SEARCH_MS_MAX;
        println!("search: {name:<40} {hits:>3} hits {ms:>8.2} ms   (<= {SEARCH_MS_MAX} ms: {verdict})");
    }
    let list = median(9, || drop(searcher.sessions(None, None, 256).unwrap()));
    println!("a page of 256 sessions: {list:.2} ms");
    all_in_time
}

/// A log of about 100 MB.
fn long_log(dir: &Path) {
    fs::create_dir(dir).unwrap();
    let mut rng = Rng(7);
    let id = write_log(dir, 1, 18_000, 320, &mut rng);
    let bytes = fs::metadata(dir.join(format!("{id}.jsonl"))).unwrap().len();
    println!("a log of {} MB, 18 000 turns:", bytes >> 20);
    let tail = median(9, || {
        let begin = begin_of_last(dir, &id, 20).unwrap();
        assert!(read_from(dir, &id, begin).unwrap().count() >= 60);
    });
    println!("  the last 20 turns, from the end: {tail:.2} ms");
    let outline = median(5, || drop(Outline::read(dir, &id).unwrap()));
    println!("  its outline, read at once: {outline:.1} ms");
    let mut known = Outline::read(dir, &id).unwrap();
    let again = median(9, || known.advance(dir, &id).unwrap());
    let texts = Texts::open(dir, &id).unwrap();
    let words = median(9, || {
        known.turns.iter().rev().take(100).for_each(|turn| drop(texts.of(turn).unwrap()));
    });
    println!("  continued: {again:.3} ms for the outline, {words:.2} ms for the texts of 100 turns");
    let last = known.turns.last().unwrap().run.clone();
    let frames = median(9, || assert_eq!(frames_of(dir, &id, &last).unwrap().len(), 2));
    println!("  frames of the last run: {frames:.2} ms");
    let first = known.turns[0].run.clone();
    let frames = median(3, || assert_eq!(frames_of(dir, &id, &first).unwrap().len(), 2));
    println!("  frames of the first run: {frames:.1} ms");
}
