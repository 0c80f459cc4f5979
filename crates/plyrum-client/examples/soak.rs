//! The load of `scripts/soak.sh`: run after run through one socket, with many requests on their way, at the
//! speed that the daemon answers with; what the daemon holds is sampled on the way.
//!
//! `soak SOCKET PID RUNS CONNECTIONS IN_FLIGHT`: prints one line a sample, and exits non-zero where memory grows by more
//! than a twentieth between the first sample and the last, or descriptors or threads grow, or a run fails.
//! Lines are looked at, not parsed: what is measured is the daemon.
#![expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures for a terminal")]

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Runs between two samples; the first sample is what the last is compared with.
const SAMPLE_EVERY: u64 = 10_000;
const HELLO: &str =
    r#"{"jsonrpc":"2.0","method":"hello","params":{"proto_min":1,"proto_max":1,"build":"soak","schema":1}}"#;

/// What the daemon holds.
#[derive(Debug, Clone, Copy)]
struct Sample {
    runs: u64,
    rss_kb: u64,
    descriptors: usize,
    threads: u64,
}

fn main() -> Outcome<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [socket, pid, runs, connections, in_flight] = args.as_slice() else {
        return Err("usage: soak SOCKET PID RUNS CONNECTIONS IN_FLIGHT".into());
    };
    let (pid, runs): (u32, u64) = (pid.parse()?, runs.parse()?);
    let (connections, in_flight): (u64, u64) = (connections.parse()?, in_flight.parse()?);
    let (over, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let began = Instant::now();
    let samples = std::thread::scope(|scope| -> Outcome<Vec<Sample>> {
        let workers: Vec<_> = (0..connections)
            .map(|n| {
                let (over, failed) = (&over, &failed);
                scope.spawn(move || ask(socket, n, runs / connections, in_flight / connections, over, failed))
            })
            .collect();
        let mut samples = Vec::new();
        let mut last = (Instant::now(), 0);
        while workers.iter().any(|worker| !worker.is_finished()) {
            std::thread::sleep(std::time::Duration::from_millis(50));
            let done = over.load(Ordering::Relaxed);
            if done / SAMPLE_EVERY > last.1 / SAMPLE_EVERY {
                let sample = sample(pid, done)?;
                let rate = (done - last.1) as f64 / last.0.elapsed().as_secs_f64();
                println!(
                    "{:>7} runs  {:>6.1} MB  {:>3} descriptors  {:>2} threads  {rate:>6.0} runs/s",
                    sample.runs,
                    sample.rss_kb as f64 / 1024.0,
                    sample.descriptors,
                    sample.threads
                );
                last = (Instant::now(), done);
                samples.push(sample);
            }
        }
        for worker in workers {
            worker.join().map_err(|_| "a client died")??;
        }
        Ok(samples)
    })?;
    let (done, failed) = (over.load(Ordering::Relaxed), failed.load(Ordering::Relaxed));
    let seconds = began.elapsed().as_secs_f64();
    println!("{done} runs in {seconds:.0} s, {:.0} runs/s; {failed} failed", done as f64 / seconds);
    Ok(verdict(&samples, failed))
}

fn verdict(samples: &[Sample], failed: u64) -> ExitCode {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
        println!("too few runs for a verdict on memory");
        return if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    };
    let growth = (last.rss_kb as f64 / first.rss_kb as f64 - 1.0) * 100.0;
    println!(
        "memory {growth:+.1} % from {} to {} runs (goal <= 5); descriptors {} -> {}; threads {} -> {}",
        first.runs, last.runs, first.descriptors, last.descriptors, first.threads, last.threads
    );
    let flat = last.rss_kb * 100 <= first.rss_kb * 105;
    // A run that begins or ends at that moment has its log open: a few more or fewer are no trend.
    let same = last.descriptors <= first.descriptors + 64 && last.threads <= first.threads + 2;
    if flat && same && failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One connection: as many runs on their way as are allowed, the next one when one ends.
fn ask(
    socket: &str,
    client: u64,
    runs: u64,
    in_flight: u64,
    over: &AtomicU64,
    failed: &AtomicU64,
) -> Outcome<()> {
    let mut stream = UnixStream::connect(socket)?;
    let mut reader = BufReader::with_capacity(1 << 16, stream.try_clone()?);
    writeln!(stream, "{HELLO}")?;
    let submit = |n: u64| {
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{n},\"method\":\"run/submit\",\"params\":{{\"run\":\"{client:06x}{n:010x}\",\
             \"prompt\":\"Item {n} is kept in room {n}. Where is item {n} kept?\",\"client\":\"soak\"}}}}\n"
        )
    };
    let mut next = in_flight.max(1).min(runs);
    for n in 0..next {
        stream.write_all(submit(n).as_bytes())?;
    }
    let (mut line, mut ended) = (Vec::new(), 0);
    while ended < runs {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Err("the daemon hung up".into());
        }
        let head = line.get(..96.min(line.len())).unwrap_or_default();
        let is_refusal = contains(head, b"\"error\":");
        if !is_refusal && !contains(head, b"\"type\":\"run.finished\"") {
            continue;
        }
        ended += 1;
        over.fetch_add(1, Ordering::Relaxed);
        if is_refusal || !contains(&line, b"\"status\":\"succeeded\"") {
            failed.fetch_add(1, Ordering::Relaxed);
            println!("{}", String::from_utf8(line.clone())?.trim_end());
        }
        if next < runs {
            stream.write_all(submit(next).as_bytes())?;
            next += 1;
        }
    }
    Ok(())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn sample(pid: u32, runs: u64) -> Outcome<Sample> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| -> Outcome<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such field")?;
        Ok(line.split_whitespace().next().ok_or("an empty field")?.parse()?)
    };
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd"))?.count();
    Ok(Sample { runs, rss_kb: field("VmRSS:")?, descriptors, threads: field("Threads:")? })
}
