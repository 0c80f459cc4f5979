//! The same decision for the same wish, however it is typed; and how long a decision takes.

use super::measure::share;
use super::report::Note as _;
use super::rows::Pack;
use super::typos::{Slip, mistype};
use plyrum_catalog::Catalog;
use plyrum_protocol::view::RouterReport;
use plyrum_protocol::{Intent, OutputKind, Profile, Risk};
use plyrum_router::{Health, Needs, RouteInput, Verdicts, Weights, read_by, route};
use std::hint::black_box;
use std::time::Duration;

/// Every how many-th prompt that was not learned from is typed again.
const EVERY: usize = 3;
/// Prompts whose decisions are timed, at most.
const TIMED: usize = 1000;
/// How often each is.
const PASSES: usize = 8;
/// Bytes of a prompt whose time is taken.
const BYTES: usize = 2048;

/// Types a text again.
type Noise = fn(&str) -> String;

/// How often noise leaves a decision as it is.
pub(super) fn measure(pack: &Pack, weights: &Weights<'_>, report: &mut RouterReport) {
    let rows = pack.intents.iter().filter(|row| !row.prompt.place.learned).step_by(EVERY);
    let texts: Vec<&str> = rows.map(|row| row.prompt.text.as_str()).collect();
    let decided = |text: &str| -> (Intent, OutputKind, Risk) {
        let reading = read_by(Some(weights), text, &[]);
        (reading.intent, reading.output_kind, reading.risk)
    };
    let noises: [(&str, Noise); 3] = [
        ("case", |text| text.to_uppercase()),
        ("whitespace", spread),
        ("typos", |text| mistype(text, 0, Slip::of(text))),
    ];
    let mut all = 0;
    for (name, noise) in noises {
        let same = texts.iter().filter(|text| decided(text) == decided(&noise(text))).count();
        all += same;
        report.add(format!("noise.{name}.same_decision"), share(same, texts.len()), texts.len());
    }
    let rows = texts.len() * noises.len();
    report.add("noise.same_decision", share(all, rows), rows).at_least(0.95);
    for (name, slip) in Slip::ALL {
        let same = texts.iter().filter(|text| decided(text) == decided(&mistype(text, 0, slip))).count();
        report.add(format!("noise.letters.{name}.same_decision"), share(same, texts.len()), texts.len());
    }
}

fn spread(text: &str) -> String {
    format!("  {}\n", text.replace(' ', "  ").replace('\n', "\n\n"))
}

/// The time of whole decisions about prompts of two kilobytes, by a clock that tells the time passed.
pub(super) fn time(pack: &Pack, clock: &dyn Fn() -> Duration, report: &mut RouterReport) {
    let Ok(catalog) = Catalog::shipped() else { return };
    let prompts = long_prompts(pack);
    let every_nth = prompts.len().div_ceil(TIMED).max(1); // of all sources
    let prompts: Vec<String> = prompts.into_iter().step_by(every_nth).collect();
    let timed = |prompt: &String| {
        let start = clock();
        black_box(route(&input(prompt, &catalog)));
        clock().saturating_sub(start).as_nanos()
    };
    let passes: Vec<Vec<u128>> = (0..PASSES).map(|_| prompts.iter().map(timed).collect()).collect();
    // The least of some tries, apart in time: what else the machine does is not the router's. Every try is told beside it.
    let least_of = |at: usize| passes.iter().filter_map(|pass| pass.get(at)).min().copied();
    let least: Vec<u128> = (0..prompts.len()).filter_map(least_of).collect();
    let every: Vec<u128> = passes.iter().flatten().copied().collect();
    report.add("latency.2_kb.p50_us", micros(&least, 50), least.len());
    report.add("latency.2_kb.p99_us", micros(&least, 99), least.len()).at_most(200.0);
    report.add("latency.2_kb.every_try.p50_us", micros(&every, 50), every.len());
    report.add("latency.2_kb.every_try.p99_us", micros(&every, 99), every.len());
}

/// A percentile in microseconds.
fn micros(nanos: &[u128], percent: usize) -> f64 {
    let mut sorted = nanos.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    f64::from(sorted.get(at).and_then(|nanos| u32::try_from(*nanos).ok()).unwrap_or(0)) / 1000.0
}

/// Prompts put together from the pack's until they are long enough.
fn long_prompts(pack: &Pack) -> Vec<String> {
    let mut prompts = Vec::new();
    let mut prompt = String::new();
    for row in &pack.intents {
        prompt.push_str(&row.prompt.text);
        prompt.push(' ');
        if prompt.len() >= BYTES {
            prompt.truncate(prompt.floor_char_boundary(BYTES));
            prompts.push(std::mem::take(&mut prompt));
        }
    }
    prompts
}

fn input<'a>(prompt: &'a str, catalog: &'a Catalog) -> RouteInput<'a> {
    RouteInput {
        prompt,
        attachments: &[],
        told_bytes: 0,
        pictures: 0,
        told_pictures: 0,
        catalog,
        health: &|_| Health::Ready,
        requested_model: None,
        allow_list: None,
        verdicts: Verdicts::none(),
        pace: &|_| None,
        needs: Needs::default(),
        profile: Profile::Balanced,
        plan_requested: None,
        available: None,
        allows_unpriced: true,
        max_output_tokens_default: 4096,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacing_is_all_that_changes() {
        assert_eq!(spread("a b\nc"), "  a  b\n\nc\n");
    }
}
