//! `plyrum replay`: what a cassette has, read without a daemon and without spending.
//!
//! Each exchange is played through the decoder of its wire, as the answer of a living provider would be, and again with its bytes
//! cut elsewhere: a decoder that depends on where a network cuts would show here.

use super::{Outcome, runtime};
use crate::fault::wrong_use;
use crate::out;
use crate::sanitize::{Sanitizer, cell, clean};
use crate::text::{say, words};
use plyrum_protocol::Fault;
use plyrum_protocol::view::{ReplayReport, ReplayedCall, ReplayedExchange};
use plyrum_providers::cassette::{Cassette, Ended, Pace, Recorded};
use plyrum_providers::{Channel, Close, Stop, StreamEvent};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How many ways of cutting the bytes are compared.
const SEEDS: u64 = 8;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  plyrum ask --record answer.cassette \"…\"
  plyrum replay answer.cassette
  plyrum replay --at-recorded-pace answer.cassette

Exit 1 where the same bytes, cut elsewhere, do not give the same events, and where the cassette has no whole exchange or ends
in the middle of one.")]
pub(crate) struct Args {
    /// A cassette, as plyrum ask --record writes it
    file: PathBuf,
    /// Where the recorded bytes are cut follows from this number
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Wait as it was waited when it was recorded
    #[arg(long)]
    at_recorded_pace: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let cassette = read(&args.file)?;
    let pace = if args.at_recorded_pace { Pace::AS_RECORDED } else { Pace::AT_ONCE };
    let report = runtime()?.block_on(async {
        let mut exchanges = Vec::with_capacity(cassette.exchanges.len());
        for (nth, recorded) in cassette.exchanges.iter().enumerate() {
            exchanges.push(play(nth + 1, recorded, args, pace).await?);
        }
        Ok::<_, Fault>(ReplayReport { seeds: SEEDS, exchanges, torn_bytes: cassette.torn_bytes })
    })?;
    if args.json {
        out::print_json(&report)?;
    } else {
        out::print(&verdict(&report))?;
    }
    Ok(if is_good(&report) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether there is something, all of it is there, and it decodes the same however it is cut.
fn is_good(report: &ReplayReport) -> bool {
    let is_same = |exchange: &ReplayedExchange| exchange.differs_with_seed.is_none();
    !report.exchanges.is_empty() && report.torn_bytes == 0 && report.exchanges.iter().all(is_same)
}

fn read(file: &Path) -> Result<Cassette, Fault> {
    Cassette::read(file).map_err(|e| {
        wrong_use(format!("{}: {e}", file.display())).hint("plyrum ask --record FILE writes a cassette")
    })
}

/// Plays one exchange, in text as it comes; then compares with other seeds.
async fn play(nth: usize, recorded: &Recorded, args: &Args, pace: Pace) -> Result<ReplayedExchange, Fault> {
    let is_text = !args.json;
    let mut exchange = of(recorded);
    if is_text {
        out::print(&heading(nth, &exchange))?;
    }
    let (mut events, mut sanitizer) = (Vec::new(), Sanitizer::default());
    let mut stream = recorded.play(args.seed, pace);
    while let Some(event) = stream.next().await {
        if is_text && let StreamEvent::Delta { channel: Channel::Answer, text } = &event {
            out::print(&sanitizer.push(text))?;
        }
        take(&mut exchange, &event);
        events.push(event);
    }
    for seed in (1..SEEDS).map(|offset| args.seed.wrapping_add(offset)) {
        if exchange.differs_with_seed.is_none() && all(recorded, seed).await != events {
            exchange.differs_with_seed = Some(seed);
        }
    }
    if is_text {
        out::print(&clean(&below(&exchange)))?;
    }
    Ok(exchange)
}

async fn all(recorded: &Recorded, seed: u64) -> Vec<StreamEvent> {
    let mut events = Vec::new();
    let mut stream = recorded.play(seed, Pace::AT_ONCE);
    while let Some(event) = stream.next().await {
        events.push(event);
    }
    events
}

/// What the recording itself says.
fn of(recorded: &Recorded) -> ReplayedExchange {
    ReplayedExchange {
        model: recorded.model.clone(),
        wire: recorded.wire.name().to_owned(),
        key: recorded.key.clone(),
        status: recorded.response.as_ref().map(|head| head.status),
        first_byte_ms: recorded.first_byte_us().map(|us| us / 1000),
        ms: recorded.ended_us / 1000,
        recorded: match recorded.ended {
            Ended::Clean => "clean",
            Ended::Cut(_) => "cut",
            Ended::Failed(_) => "failed",
            Ended::Left => "left",
            Ended::Withheld => "withheld",
        }
        .to_owned(),
        answer: String::new(),
        reasoning: String::new(),
        calls: Vec::new(),
        usage: None,
        end: String::new(),
        why: String::new(),
        differs_with_seed: None,
    }
}

/// What an event adds.
fn take(exchange: &mut ReplayedExchange, event: &StreamEvent) {
    match event {
        StreamEvent::Delta { channel: Channel::Answer, text } => exchange.answer.push_str(text),
        StreamEvent::Delta { channel: Channel::Reasoning, text } => exchange.reasoning.push_str(text),
        StreamEvent::Opened | StreamEvent::Thought(_) | StreamEvent::Delta { .. } => {}
        StreamEvent::Call(call) => exchange.calls.push(ReplayedCall {
            id: call.id.clone(),
            name: call.name.clone(),
            arguments: call.arguments.clone(),
        }),
        StreamEvent::Usage(usage) => exchange.usage = usage.usage.clone().ok(),
        StreamEvent::Closed(close) => {
            let (end, why) = match close {
                Close::Finished(stop) => ("finished", reason(stop)),
                Close::Cut { why } => ("cut", why.clone()),
                Close::Failed(error) => (error.class.name(), error.message.clone()),
            };
            (exchange.end, exchange.why) = (end.to_owned(), why);
        }
    }
}

fn reason(stop: &Stop) -> String {
    match stop {
        Stop::EndTurn => "end_turn",
        Stop::Length => "length",
        Stop::ToolUse => "tool_use",
        Stop::ContentFilter => "content_filter",
        Stop::Other(other) => other,
    }
    .to_owned()
}

fn heading(nth: usize, exchange: &ReplayedExchange) -> String {
    let mut parts = vec![cell(&exchange.model), exchange.wire.clone()];
    parts.push(match exchange.status {
        Some(status) => say!("replay-status", status = status.to_string()),
        None => say!("replay-no-response"),
    });
    if let Some(ms) = exchange.first_byte_ms {
        parts.push(say!("replay-first-byte", ms = words().count(ms)));
    }
    parts.push(say!("replay-whole", ms = words().count(exchange.ms)));
    format!("{nth}. {}\n", parts.join(" · "))
}

fn below(exchange: &ReplayedExchange) -> String {
    let mut text = String::new();
    if !exchange.answer.is_empty() && !exchange.answer.ends_with('\n') {
        text.push('\n');
    }
    for call in &exchange.calls {
        text += &format!("{}\n", say!("replay-call", tool = &call.name, arguments = &call.arguments));
    }
    if let Some(usage) = &exchange.usage {
        let (input, output) = (usage.total_input(), usage.output.saturating_add(usage.reasoning));
        let told = say!(
            "replay-usage",
            input = words().count(input),
            cached = words().count(usage.cache_read),
            output = words().count(output)
        );
        text += &format!("{told}\n");
    }
    text += &format!("{}\n", say!("replay-end", end = &exchange.end, why = &exchange.why));
    if let Some(seed) = exchange.differs_with_seed {
        text += &format!("{}\n", say!("replay-differs", seed = seed.to_string()));
    }
    text + "\n"
}

fn verdict(report: &ReplayReport) -> String {
    let exchanges = u64::try_from(report.exchanges.len()).unwrap_or(u64::MAX);
    let differing = report.exchanges.iter().filter(|exchange| exchange.differs_with_seed.is_some()).count();
    let told = match (exchanges, differing) {
        (0, _) => say!("replay-empty"),
        (_, 0) => say!("replay-same", n = exchanges, seeds = report.seeds),
        (_, differing) => {
            say!("replay-not-same", n = u64::try_from(differing).unwrap_or(u64::MAX), seeds = report.seeds)
        }
    };
    let torn = (report.torn_bytes > 0).then(|| say!("replay-torn", size = words().bytes(report.torn_bytes)));
    std::iter::once(told).chain(torn).map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cassette_that_is_empty_or_cut_is_not_good() {
        let report = |exchanges, torn_bytes| ReplayReport { seeds: SEEDS, exchanges, torn_bytes };
        let whole = of(&Recorded {
            wire: plyrum_providers::Wire::OpenAiChat,
            model: "m".to_owned(),
            key: "k".to_owned(),
            run: None,
            response: None,
            pieces: Vec::new(),
            ended: Ended::Clean,
            ended_us: 0,
        });
        assert!(is_good(&report(vec![whole.clone()], 0)));
        for (exchanges, torn_bytes, said) in [
            (vec![], 0, "no whole exchange is in this cassette\n"),
            (vec![], 7, "was broken off"),
            (vec![whole], 7, "7 B of an exchange whose recording was broken off"),
        ] {
            let report = report(exchanges, torn_bytes);
            assert!(!is_good(&report));
            assert!(verdict(&report).contains(said), "{}", verdict(&report));
        }
    }
}
