//! How many deltas a second the daemon sends: counted by a second client.

use super::stage::Stage;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A client that follows a run.
pub(super) struct Count {
    client: Child,
    counted: JoinHandle<(u64, Duration)>,
}

impl Count {
    /// Begins with the run that goes on now.
    pub(super) fn begin(stage: &Stage) -> Self {
        let runs: Value = serde_json::from_str(&stage.run(&["runs", "list", "--json"])).unwrap();
        let run =
            runs.get(0).and_then(|run| run.get("run")).and_then(Value::as_str).expect("a run").to_owned();
        let mut command = stage.command(&["runs", "attach", &run, "-o", "stream-json"]);
        let mut client =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(client.stdout.take().unwrap()).lines();
        let counted = thread::spawn(move || {
            let (mut count, mut first, mut last) = (0, None, None);
            for _ in lines.map_while(Result::ok).filter(|line| line.starts_with("{\"type\":\"delta\"")) {
                // What was said before it came arrives first, and at once.
                let now = Instant::now();
                let began = *first.get_or_insert(now);
                if now - began > Duration::from_millis(500) {
                    count += 1;
                    last = Some(now);
                }
            }
            let over = first.zip(last).map_or(Duration::ZERO, |(first, last)| last - first);
            (count, over.saturating_sub(Duration::from_millis(500)))
        });
        Self { client, counted }
    }

    /// Deltas a second so far.
    pub(super) fn end(mut self) -> f64 {
        let _over_already = self.client.kill();
        self.client.wait().unwrap();
        let (count, over) = self.counted.join().unwrap();
        count as f64 / over.as_secs_f64()
    }
}
