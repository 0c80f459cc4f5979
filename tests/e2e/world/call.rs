//! One call of a program: what goes in, what comes out while it runs, and a hard limit on how long.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{PipeReader, Read, Write as _, pipe};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// A command that takes longer hangs.
const WITHIN: Duration = Duration::from_secs(30);

/// A command about to run. Without anything said, standard input is the null device.
pub(crate) struct Call {
    command: Command,
    input: Input,
}

enum Input {
    Null,
    Bytes(Vec<u8>),
    /// A pipe that says nothing and is not closed.
    Silent,
}

impl Call {
    pub(super) fn new(command: Command) -> Self {
        Self { command, input: Input::Null }
    }

    pub(super) fn into_command(self) -> Command {
        self.command
    }

    /// Pipes this in, then closes.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(bytes.into());
        self
    }

    /// A standard input that stays open and says nothing.
    pub(crate) fn silent_stdin(mut self) -> Self {
        self.input = Input::Silent;
        self
    }

    /// Sets a variable for this call alone.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Out {
        self.start().finish()
    }

    /// Starts it; its output can be watched.
    #[track_caller]
    pub(crate) fn start(mut self) -> Running {
        self.command.stdout(Stdio::piped());
        self.spawn()
    }

    /// Starts it with a standard output that the test reads itself, and may close.
    #[track_caller]
    pub(crate) fn start_into_pipe(mut self) -> (Running, PipeReader) {
        let (reader, writer) = pipe().unwrap();
        self.command.stdout(writer);
        (self.spawn(), reader)
    }

    #[track_caller]
    fn spawn(self) -> Running {
        let Self { mut command, input } = self;
        let line = shown(&command);
        command.stdin(if matches!(input, Input::Null) { Stdio::null() } else { Stdio::piped() });
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        drop(command); // and with it our end of a pipe that the test reads
        let stdin = feed(child.stdin.take(), input);
        let stdout = child.stdout.take().map_or_else(Tap::closed, Tap::on);
        let stderr = child.stderr.take().map_or_else(Tap::closed, Tap::on);
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
        let (done, ended) = channel();
        thread::spawn(move || done.send(child.wait()));
        Running { line, pid, ended, stdout, stderr, _stdin: stdin }
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().chars().take(200).collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Writes in a thread of its own: a reader that stops early must not stop the test.
fn feed(stdin: Option<ChildStdin>, input: Input) -> Option<ChildStdin> {
    let mut stdin = stdin?;
    match input {
        Input::Silent => Some(stdin),
        Input::Null => None,
        Input::Bytes(bytes) => {
            thread::spawn(move || {
                let _reader_may_stop_early = stdin.write_all(&bytes);
            });
            None
        }
    }
}

/// A command that runs.
pub(crate) struct Running {
    line: String,
    pid: Pid,
    ended: Receiver<std::io::Result<ExitStatus>>,
    stdout: Arc<Tap>,
    stderr: Arc<Tap>,
    _stdin: Option<ChildStdin>,
}

impl Running {
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Waits until this stands on standard output.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        self.stdout.wait(&self.line, text, |seen| seen.contains(text));
    }

    /// Waits until this stands on standard error.
    #[track_caller]
    pub(crate) fn wait_for_note(&self, text: &str) {
        self.stderr.wait(&self.line, text, |seen| seen.contains(text));
    }

    /// Waits until standard output has this many whole lines.
    #[track_caller]
    pub(crate) fn wait_for_lines(&self, lines: usize) {
        self.stdout.wait(&self.line, &format!("{lines} lines"), |seen| seen.matches('\n').count() >= lines);
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid, signal).unwrap();
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn finish(self) -> Out {
        self.finish_within(WITHIN)
    }

    /// Waits for the end of a command that may take longer than others.
    #[track_caller]
    pub(crate) fn finish_within(self, limit: Duration) -> Out {
        let Ok(status) = self.ended.recv_timeout(limit) else {
            let _gone_now = kill(self.pid, Signal::SIGKILL);
            panic!("`{}` hangs; so far:\n{}\n{}", self.line, self.stdout.text(), self.stderr.text());
        };
        let status = status.unwrap();
        for tap in [&self.stdout, &self.stderr] {
            assert!(tap.ends(), "`{}` has ended, but something it started holds its output open", self.line);
        }
        let out = Out {
            code: status.code().unwrap_or_else(|| -status.signal().unwrap_or_default()),
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
            line: self.line,
        };
        assert!(!out.stderr.contains("panicked at"), "{out}");
        out
    }
}

/// What a process writes, as it comes.
struct Tap {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    ended: bool,
}

impl Tap {
    fn closed() -> Arc<Self> {
        Arc::new(Self { seen: Mutex::new(Seen { bytes: Vec::new(), ended: true }), changed: Condvar::new() })
    }

    fn on(mut source: impl Read + Send + 'static) -> Arc<Self> {
        let tap = Arc::new(Self { seen: Mutex::default(), changed: Condvar::new() });
        let writer = Arc::clone(&tap);
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                let count = source.read(&mut buffer).unwrap_or(0);
                let mut seen = writer.seen.lock().unwrap();
                seen.bytes.extend(buffer.iter().take(count));
                seen.ended = count == 0;
                writer.changed.notify_all();
                if seen.ended {
                    return;
                }
            }
        });
        tap
    }

    fn text(&self) -> String {
        String::from_utf8(self.seen.lock().unwrap().bytes.clone()).expect("output is UTF-8")
    }

    /// Waits for the end of the output.
    fn ends(&self) -> bool {
        let seen = self.seen.lock().unwrap();
        !self.changed.wait_timeout_while(seen, WITHIN, |seen| !seen.ended).unwrap().1.timed_out()
    }

    #[track_caller]
    fn wait(&self, line: &str, what: &str, is_there: impl Fn(&str) -> bool) {
        let there = |seen: &Seen| is_there(std::str::from_utf8(&seen.bytes).unwrap_or_default());
        let seen = self.seen.lock().unwrap();
        let (seen, _) =
            self.changed.wait_timeout_while(seen, WITHIN, |seen| !there(seen) && !seen.ended).unwrap();
        let found = there(&seen);
        let text = format!("{:?}", std::str::from_utf8(&seen.bytes));
        drop(seen);
        assert!(found, "`{line}` never wrote {what}; it wrote {text}");
    }
}

/// How a command ended.
pub(crate) struct Out {
    /// Exit code; a signal's number with a minus.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    line: String,
}

impl std::fmt::Display for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, stdout, stderr, line } = self;
        write!(f, "$ {line}\nexit {code}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

impl Out {
    /// It succeeded; gives standard output.
    #[track_caller]
    pub(crate) fn ok(&self) -> &str {
        assert!(self.code == 0, "{self}");
        &self.stdout
    }

    /// It failed with this code, said `error:` and said what to try; gives standard error.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32) -> &str {
        assert!(self.code == code, "expected exit {code}\n{self}");
        assert!(self.stderr.contains("error: "), "no error told\n{self}");
        &self.stderr
    }

    /// It failed with this code, telling each of these on standard error.
    #[track_caller]
    pub(crate) fn fails_telling<const N: usize>(&self, code: i32, words: [&str; N]) {
        let told = self.fails(code);
        for word in words {
            assert!(told.contains(word), "`{word}` is not told\n{self}");
        }
    }

    /// It succeeded with an answer that has this in it and ends with exactly one newline.
    #[track_caller]
    pub(crate) fn answers(&self, part: &str) {
        let answer = self.ok();
        assert!(answer.contains(part), "`{part}` is not in the answer\n{self}");
        assert!(answer.ends_with('\n') && !answer.ends_with("\n\n"), "not exactly one newline\n{self}");
    }

    /// Its standard output as the one line of JSON that it is.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let values = self.lines();
        assert_eq!(values.len(), 1, "not one line\n{self}");
        values.into_iter().next().unwrap()
    }

    /// Its standard output as lines of JSON.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        assert!(self.stdout.is_empty() || self.stdout.ends_with('\n'), "an unfinished line\n{self}");
        let value = |line: &str| match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => panic!("not JSON ({error}): {line}\n{self}"),
        };
        self.stdout.lines().map(value).collect()
    }
}
