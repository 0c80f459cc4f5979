//! The load of `scripts/fanout.sh`: many runs at once, followed by many clients, some of which read slowly and some not
//! at all.
//!
//! `fanout SOCKET PID RUNS CLIENTS SLOW FROZEN FOLLOWED`: each client follows FOLLOWED of the runs. Clients that read,
//! however slowly, must end with every lifecycle frame of every run that they follow, once and in order; frozen ones
//! must be hung up on. Prints what was lost, the delay of deltas, and the daemon's peak of memory.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "figures for a terminal; delays are measured against the wall clock that the frames carry"
)]

use plyrum_client::{Follower, Step};
use plyrum_protocol::{Frame, FrameBody, Incoming, RunId, RunStatus};
use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const HELLO: &str = r#"{"jsonrpc":"2.0","method":"hello","params":{"proto_min":1,"proto_max":1,"build":"fanout","schema":1}}"#;
/// What a slow client reads at once, and how long it rests then.
const SLOW_BYTES: usize = 1024;
const SLOW_REST: Duration = Duration::from_millis(50);
/// A frozen client is hung up on after 30 s without progress; some more for a machine under load.
const HUNG_UP_WITHIN: Duration = Duration::from_mins(1);
/// A run that does not end in this time hangs.
const END_WITHIN: Duration = Duration::from_mins(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Fast,
    Slow,
    Frozen,
}

/// What a client saw.
#[derive(Debug, Default)]
struct Seen {
    frames: u64,
    deltas: u64,
    /// Durable frames that came out of order, and runs that did not end.
    lost: u64,
    resyncs: u64,
    failed: u64,
    delays_ms: Vec<f64>,
    hung_up: bool,
}

fn main() -> Outcome<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [socket, pid, numbers @ ..] = args.as_slice() else { return Err("usage: see the file".into()) };
    let numbers = numbers.iter().map(|n| n.parse()).collect::<Result<Vec<usize>, _>>()?;
    let [runs, clients, slow, frozen, followed] = numbers.as_slice() else {
        return Err("five numbers".into());
    };
    let pace = |n: usize| match n {
        n if n < *slow => Pace::Slow,
        n if n < slow + frozen => Pace::Frozen,
        _ => Pace::Fast,
    };
    let ids: Vec<String> = (0..*runs).map(|n| format!("fa0{n:013x}")).collect();
    let done = AtomicBool::new(false);
    let began = Instant::now();
    let (seen, peak) = std::thread::scope(|scope| -> Outcome<(Vec<(Pace, Seen)>, u64)> {
        let (ids, done) = (&ids, &done);
        let memory = scope.spawn(move || peak_of(pid, done));
        submit(socket, ids)?;
        let workers: Vec<_> = (0..*clients)
            .map(|n| {
                let mine: Vec<&str> = (0..*followed)
                    .filter_map(|k| ids.get((n * 7 + k * 13) % runs))
                    .map(String::as_str)
                    .collect();
                (pace(n), scope.spawn(move || follow(socket, pace(n), &mine)))
            })
            .collect();
        let mut seen = Vec::new();
        for (pace, worker) in workers {
            seen.push((pace, worker.join().map_err(|_| "a client died")??));
        }
        done.store(true, Ordering::Relaxed);
        Ok((seen, memory.join().map_err(|_| "the watcher died")??))
    })?;
    Ok(report(&seen, peak, began.elapsed()))
}

fn report(seen: &[(Pace, Seen)], peak_kb: u64, took: Duration) -> ExitCode {
    let of = |pace| seen.iter().filter(move |(p, _)| *p == pace).map(|(_, seen)| seen);
    let sum = |pace, field: fn(&Seen) -> u64| of(pace).map(field).sum::<u64>();
    for (pace, name) in [(Pace::Fast, "reading"), (Pace::Slow, "slow")] {
        println!(
            "{:>3} {name:<8} clients: {:>7} lifecycle frames, {:>8} deltas, {:>5} resyncs, {} lost, {} runs not succeeded",
            of(pace).count(),
            sum(pace, |s| s.frames),
            sum(pace, |s| s.deltas),
            sum(pace, |s| s.resyncs),
            sum(pace, |s| s.lost),
            sum(pace, |s| s.failed)
        );
    }
    let (frozen, hung_up) = (of(Pace::Frozen).count(), of(Pace::Frozen).filter(|s| s.hung_up).count());
    println!("{frozen:>3} frozen   clients: {hung_up} hung up on");
    let mut delays: Vec<f64> = of(Pace::Fast).flat_map(|seen| &seen.delays_ms).copied().collect();
    delays.sort_by(f64::total_cmp);
    let at = |permille: usize| delays.get(delays.len() * permille / 1000).copied().unwrap_or_default();
    let peak_mb = peak_kb as f64 / 1024.0;
    println!(
        "delta delay p50 {:.1} ms, p99 {:.1} ms; memory peak {peak_mb:.0} MB (goal <= 512); {} s",
        at(500),
        at(990),
        took.as_secs()
    );
    let lost = sum(Pace::Fast, |s| s.lost + s.failed) + sum(Pace::Slow, |s| s.lost + s.failed);
    if lost == 0 && hung_up == frozen && peak_mb <= 512.0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Submits all runs, left alone by their client's end.
fn submit(socket: &str, ids: &[String]) -> Outcome<()> {
    let mut stream = UnixStream::connect(socket)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    writeln!(stream, "{HELLO}")?;
    let mut line = String::new();
    for (n, id) in ids.iter().enumerate() {
        writeln!(
            stream,
            "{{\"jsonrpc\":\"2.0\",\"id\":{n},\"method\":\"run/submit\",\"params\":{{\"run\":\"{id}\",\"prompt\":\"question {n}\",\
             \"client\":\"fanout\",\"owner\":\"detached\",\"options\":{{\"model\":\"offline/script\",\"plan\":\"direct\"}}}}}}"
        )?;
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Err("the daemon hung up".into());
            }
            if line.starts_with(&format!("{{\"jsonrpc\":\"2.0\",\"id\":{n},")) {
                break;
            }
        }
        if line.contains("\"error\"") {
            return Err(line.into());
        }
    }
    Ok(())
}

fn follow(socket: &str, pace: Pace, runs: &[&str]) -> Outcome<Seen> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(END_WITHIN))?;
    writeln!(stream, "{HELLO}")?;
    for run in runs {
        attach(&mut stream, run, 0)?;
    }
    if pace == Pace::Frozen {
        return Ok(frozen(&stream));
    }
    let capacity = if pace == Pace::Slow { SLOW_BYTES } else { 1 << 16 };
    let mut reader = BufReader::with_capacity(capacity, stream.try_clone()?);
    let mut followers = HashMap::new();
    for run in runs {
        followers.insert(RunId::new(*run)?, Follower::new(RunId::new(*run)?));
    }
    let (mut seen, mut over, mut line) = (Seen::default(), 0, Vec::new());
    while over < followers.len() {
        line.clear();
        while line.last() != Some(&b'\n') {
            let available = reader.fill_buf()?;
            if available.is_empty() {
                return Err("the daemon hung up on a client that reads".into());
            }
            let taken = available.iter().position(|b| *b == b'\n').map_or(available.len(), |at| at + 1);
            line.extend(available.iter().take(taken));
            let was_all = taken == available.len();
            reader.consume(taken);
            if pace == Pace::Slow && was_all {
                std::thread::sleep(SLOW_REST);
            }
        }
        let message: Incoming = serde_json::from_slice(&line)?;
        if let Some(error) = message.error {
            return Err(error.message.into());
        }
        let Some(params) = message.params.filter(|_| message.method.as_deref() == Some("frame")) else {
            continue;
        };
        let frame: Frame = serde_json::from_str(params.get())?;
        let Some(follower) = followers.get_mut(&frame.run) else { continue };
        match follower.step(&frame) {
            Step::Show { .. } => {}
            Step::Skip => continue,
            Step::Reattach { after_seq } => {
                let is_resync = matches!(frame.body, FrameBody::Resync { .. });
                seen.resyncs += u64::from(is_resync);
                seen.lost += u64::from(!is_resync && frame.seq.is_some());
                attach(&mut stream, frame.run.as_str(), after_seq)?;
                continue;
            }
        }
        match &frame.body {
            FrameBody::Delta { .. } => {
                seen.deltas += 1;
                let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
                seen.delays_ms.push((now - frame.at.millis()) as f64);
            }
            FrameBody::RunFinished { result } => {
                over += 1;
                seen.frames += 1;
                seen.failed += u64::from(result.status != RunStatus::Succeeded);
            }
            _ => seen.frames += 1,
        }
    }
    Ok(seen)
}

fn attach(stream: &mut UnixStream, run: &str, after_seq: u64) -> Outcome<()> {
    Ok(writeln!(
        stream,
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"run/attach\",\"params\":{{\"run\":\"{run}\",\"after_seq\":{after_seq}}}}}"
    )?)
}

/// Reads nothing; notices only that it was hung up on.
fn frozen(stream: &UnixStream) -> Seen {
    let began = Instant::now();
    while began.elapsed() < HUNG_UP_WITHIN {
        // Writing fails where nobody reads any more; an empty line is no request.
        let mut writer = stream;
        if writer.write_all(b"\n").is_err() {
            return Seen { hung_up: true, ..Seen::default() };
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    Seen::default()
}

/// The daemon's peak of memory while it works, in KiB.
fn peak_of(pid: &str, done: &AtomicBool) -> Outcome<u64> {
    let mut peak = 0;
    while !done.load(Ordering::Relaxed) {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let rss = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
        peak = peak.max(rss.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(peak)
}
