//! `plyrum bench overhead`: what Plyrum adds on this machine, beside a plain HTTP client and the disk in the same run.
//!
//! In a home of its own, with a daemon of its own and a responder inside this process: nothing that the user has is touched
//! or waited for, and nothing costs anything. Rounds of the two sides take turns, so that both see the same machine.

mod responder;

use super::{Outcome, hello, runtime};
use crate::fault::wrong_use;
use crate::out;
use crate::random;
use crate::table::{left, right, table};
use crate::text::{say, words};
use plyrum_client::{Client, Event, Launch, connect};
use plyrum_config::Paths;
use plyrum_protocol::view::{Overhead, Timing};
use plyrum_protocol::{ErrorKind, Fault, FrameBody, Owner, RunId, RunSubmit, Submit, SubmitOptions};
use responder::{DELTAS, LONG, SHORT};
use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Most rounds.
const MAX_ROUNDS: u32 = 1000;
/// A long answer is asked for once in so many rounds.
const LONG_EVERY: u32 = 5;
/// Longest that one answer may take.
const WITHIN: Duration = Duration::from_secs(30);
/// Flushes to the disk that a first token waits for: the hold's.
const FLUSHES: u64 = 1;

pub(super) fn run(rounds: u32, json: bool) -> Outcome {
    if !(1..=MAX_ROUNDS).contains(&rounds) {
        return Err(wrong_use(say!("fault-rounds", most = MAX_ROUNDS)));
    }
    let home = Home::make()?;
    let report = measure(&home, rounds)?;
    drop(home);
    if json {
        out::print_json(&report)?;
    } else {
        out::print(&text(&report))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(home: &Home, rounds: u32) -> Result<Overhead, Fault> {
    home.ask()?; // starts the daemon, and makes its connections
    let mut times = Times::default();
    runtime()?.block_on(async {
        let client = connect(&home.paths, &hello()).await?;
        let mut client = client.ok_or_else(|| failed(say!("fault-bench-daemon")))?;
        within(first_token(&mut client, SHORT)).await?;
        raw(home.server, SHORT)?;
        for round in 0..rounds {
            times.warm_ask.push(home.ask()?);
            let (first, _) = raw(home.server, SHORT)?;
            times.raw_first.push(first);
            times.first.push(within(first_token(&mut client, SHORT)).await?.0);
            times.fsync.push(home.flush()?);
            if round % LONG_EVERY == 0 {
                times.raw_long.push(raw(home.server, LONG)?.1);
                times.long.push(within(first_token(&mut client, LONG)).await?.1);
            }
        }
        Ok::<_, Fault>(())
    })?;
    Ok(times.report(rounds))
}

#[derive(Debug, Default)]
struct Times {
    warm_ask: Vec<Duration>,
    first: Vec<Duration>,
    raw_first: Vec<Duration>,
    fsync: Vec<Duration>,
    long: Vec<Duration>,
    raw_long: Vec<Duration>,
}

impl Times {
    fn report(self, rounds: u32) -> Overhead {
        let (first, raw_first, fsync) = (timing(self.first), timing(self.raw_first), timing(self.fsync));
        let (long, raw_long) = (timing(self.long), timing(self.raw_long));
        let more = long.median_us.saturating_sub(raw_long.median_us);
        let signed = |us: u64| i64::try_from(us).unwrap_or(i64::MAX);
        Overhead {
            rounds,
            warm_ask: timing(self.warm_ask),
            first_token: first,
            raw_first_token: raw_first,
            fsync,
            deltas: DELTAS,
            long_answer: long,
            raw_long_answer: raw_long,
            delta_overhead_ns: more.saturating_mul(1000) / u64::from(DELTAS),
            first_token_overhead_us: signed(first.median_us)
                - signed(raw_first.median_us)
                - signed(fsync.median_us * FLUSHES),
        }
    }
}

fn timing(mut times: Vec<Duration>) -> Timing {
    times.sort();
    let at = |part: usize| {
        let index = (times.len() * part / 100).min(times.len().saturating_sub(1));
        times.get(index).map_or(0, |time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
    };
    Timing { median_us: at(50), p95_us: at(95), worst_us: at(100) }
}

async fn within<T>(work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    tokio::time::timeout(WITHIN, work).await.unwrap_or_else(|_| Err(failed(say!("fault-bench-answer"))))
}

/// From the submit to the first token, and to the end.
async fn first_token(client: &mut Client, model: &str) -> Result<(Duration, Duration), Fault> {
    let run = RunId::new(random::id()?).map_err(|e| failed(e.to_string()))?;
    let submit = Submit {
        run: run.clone(),
        session: None,
        prompt: "What is it?".to_owned(),
        attachments: Vec::new(),
        options: SubmitOptions { model: Some(format!("bench/{model}")), ..SubmitOptions::default() },
        workspace: None,
        client: concat!("plyrum bench ", env!("CARGO_PKG_VERSION")).to_owned(),
        owner: Owner::default(),
        dry_run: false,
        compact: None,
    };
    let began = Instant::now();
    client.call::<RunSubmit>(&submit).await?;
    let mut first = None;
    loop {
        let Event::Frame(line) = client.event().await else { return Err(failed(say!("fault-bench-daemon"))) };
        let Some(frame) = line.frame.filter(|frame| frame.run == run) else { continue };
        match frame.body {
            FrameBody::Delta { .. } => {
                first.get_or_insert_with(|| began.elapsed());
            }
            FrameBody::RunFinished { .. } => {
                let first = first.ok_or_else(|| failed(say!("fault-bench-answer")))?;
                return Ok((first, began.elapsed()));
            }
            _ => {}
        }
    }
}

/// The same of a plain client: a connection, a request, the first byte of the answer, all of it.
fn raw(server: SocketAddr, model: &str) -> Result<(Duration, Duration), Fault> {
    let exchange = || -> io::Result<(Duration, Duration)> {
        let began = Instant::now();
        let mut stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(WITHIN))?;
        let body = format!(
            "{{\"model\":\"{model}\",\"messages\":[{{\"role\":\"user\",\"content\":\"What is it?\"}}],\"stream\":true}}"
        );
        let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ";
        stream.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes())?;
        let (mut first, mut end, mut buffer) = (None, Vec::new(), [0; 16 * 1024]);
        loop {
            let read = stream.read(&mut buffer)?;
            let took = began.elapsed();
            let first = *first.get_or_insert(took);
            end.extend_from_slice(buffer.get(..read).unwrap_or_default());
            let tail = end.len().saturating_sub(16);
            end.drain(..tail);
            if read == 0 || end.ends_with(b"data: [DONE]\n\n") {
                return Ok((first, took));
            }
        }
    };
    exchange().map_err(|e| failed(e.to_string()))
}

fn failed(message: impl Into<String>) -> Fault {
    Fault::new(ErrorKind::Failed, message)
}

/// A home for this one measurement, gone with it.
struct Home {
    root: PathBuf,
    paths: Paths,
    program: PathBuf,
    server: SocketAddr,
}

impl Home {
    fn make() -> Result<Self, Fault> {
        let root = std::env::temp_dir().join(format!("plyrum-bench-{}", random::id()?));
        let io =
            |e: io::Error| failed(say!("fault-file", path = root.display().to_string(), why = e.to_string()));
        DirBuilder::new().mode(0o700).create(&root).map_err(io)?;
        let paths = Paths::under(&root);
        paths.prepare().map_err(|e| plyrum_client::of_config(&e))?;
        let server = responder::start().map_err(io)?;
        let mut config = include_str!("config.toml").replace("ADDRESS", &server.to_string());
        for model in [SHORT, LONG] {
            config.push_str(&include_str!("model.toml").replace("MODEL", model));
        }
        std::fs::write(paths.config_file(), config).map_err(io)?;
        Ok(Self { program: Launch::this_program()?.program, root, paths, server })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(&self.root).env("PLYRUM_HOME", &self.root);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// A whole command, from its start to its exit.
    fn ask(&self) -> Result<Duration, Fault> {
        let began = Instant::now();
        let output = self.command(&["ask", "--no-stdin", "-m", "bench/one", "What is it?"]).output();
        let output = output.map_err(|e| failed(e.to_string()))?;
        let took = began.elapsed();
        if !output.status.success() {
            return Err(failed(String::from_utf8(output.stderr).unwrap_or_default().trim().to_owned()));
        }
        Ok(took)
    }

    /// A page written and flushed where the ledger is.
    fn flush(&self) -> Result<Duration, Fault> {
        let write = || -> io::Result<Duration> {
            let mut file = File::create(self.paths.data_dir.join("bench"))?;
            let began = Instant::now();
            file.write_all(&[0; 4096])?;
            file.sync_data()?;
            Ok(began.elapsed())
        };
        write().map_err(|e| failed(e.to_string()))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What cannot be cleaned up is named: it is in the way of nobody, but it is there.
        let stopped = self.command(&["daemon", "stop"]).status();
        if !stopped.is_ok_and(|status| status.success()) || std::fs::remove_dir_all(&self.root).is_err() {
            out::warning(&say!("bench-left", path = self.root.display().to_string()));
        }
    }
}

fn text(report: &Overhead) -> String {
    let ms = |us: u64| format!("{}.{:03}", words().count(us / 1000), us % 1000);
    let row = |name: String, timing: &Timing| {
        vec![name, ms(timing.median_us), ms(timing.p95_us), ms(timing.worst_us)]
    };
    let head = [
        left(String::new()),
        right(say!("bench-median")),
        right(say!("bench-p95")),
        right(say!("bench-worst")),
    ];
    let rows = [
        row(say!("bench-warm-ask"), &report.warm_ask),
        row(say!("bench-first"), &report.first_token),
        row(say!("bench-raw-first"), &report.raw_first_token),
        row(say!("bench-fsync"), &report.fsync),
        row(say!("bench-long", n = report.deltas), &report.long_answer),
        row(say!("bench-raw-long"), &report.raw_long_answer),
    ];
    let first = report.first_token_overhead_us;
    let sign = if first < 0 { "−" } else { "" };
    let sum = say!(
        "bench-sum",
        first = format!("{sign}{}", ms(first.unsigned_abs())),
        delta = format!("{}.{:02}", report.delta_overhead_ns / 1000, report.delta_overhead_ns % 1000 / 10)
    );
    format!("{}\n{sum}\n", table(&head, &rows))
}
