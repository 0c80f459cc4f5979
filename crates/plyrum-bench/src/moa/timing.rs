//! How long a recorded model takes, or that it is refused: a draw from recorded requests, by size and by seed.
//!
//! The timings are of other models than the answers (Llama-2 of three sizes at eight hosts), so small models draw from
//! those of 7 and 13 billion weights and large ones from those of 70. A draw depends on the question, the model and
//! how often it was asked in this run: every policy meets the same times and the same refusals, and a repeat or a second
//! sample meets its own. That refusals come in a row at one host is not in it.

use super::pack::{Pack, Question, Timing};
use std::collections::BTreeMap;

/// One request to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Draw {
    /// Time to the first token; of a refusal, to its coming.
    pub(super) ttft_ms: u64,
    pub(super) total_ms: u64,
    /// Why it gave no answer.
    pub(super) fault: Option<Refused>,
}

/// Why a host gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// HTTP 429.
    RateLimited,
    /// The request failed on its way.
    Failed,
}

/// Sizes of the timed models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    B7,
    B13,
    B70,
}

/// All of them, with their names in a report.
pub(super) const SIZES: [(Size, &str); 3] = [(Size::B7, "7b"), (Size::B13, "13b"), (Size::B70, "70b")];

/// Timings by size.
#[derive(Debug)]
pub(super) struct Clockwork {
    small: Vec<Draw>,
    large: Vec<Draw>,
    all: Vec<(Size, Draw)>,
}

/// Parts of names of models that count as small.
const SMALL: &[&str] = &["mini", "flash", "haiku", "-2b", "-9b", "-7B", "-8B", "-9B", "3.5-turbo"];

impl Clockwork {
    pub(super) fn of(pack: &Pack) -> Self {
        let first = first_tokens(&pack.timings);
        let drawn = |timing: &Timing| Some((size_of(&timing.model)?, draw_of(timing, &first)?));
        let all: Vec<(Size, Draw)> = pack.timings.iter().filter_map(drawn).collect();
        let of = |is_large: bool| {
            let its = all.iter().filter(|(size, _)| (*size == Size::B70) == is_large);
            its.map(|(_, draw)| *draw).collect()
        };
        Self { small: of(false), large: of(true), all }
    }

    /// What this model takes for this question, asked for the `nth` time in a run.
    pub(super) fn draw(&self, question: &Question, model: &str, nth: u64) -> Draw {
        let is_small = SMALL.iter().any(|part| model.contains(part));
        let mixed = model.bytes().fold(question.hash(), |hash, byte| mix(hash ^ u64::from(byte)));
        pick(if is_small { &self.small } else { &self.large }, mix(mixed ^ nth))
    }

    /// The requests of one size, or of all; with refusals or without.
    pub(super) fn of_size(&self, size: Option<Size>, refusals: bool) -> Vec<Draw> {
        let is_its = |of: Size| size.is_none_or(|wanted| wanted == of);
        let its = self.all.iter().filter(|(of, draw)| is_its(*of) && (refusals || draw.fault.is_none()));
        its.map(|(_, draw)| *draw).collect()
    }
}

/// The `n`th draw of the `round`th round; nothing takes no time.
pub(super) fn drawn(class: &[Draw], round: u64, n: u64) -> Draw {
    pick(class, mix(mix(round + 1) ^ n))
}

fn pick(class: &[Draw], mixed: u64) -> Draw {
    let at = usize::try_from((mixed >> 16) % (class.len().max(1) as u64)).unwrap_or(0);
    class.get(at).copied().unwrap_or(Draw { ttft_ms: 0, total_ms: 0, fault: None })
}

/// The finalizer of splitmix64: neighbours become strangers.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn size_of(model: &str) -> Option<Size> {
    SIZES.iter().find(|(_, name)| model.contains(&format!("-{name}"))).map(|(size, _)| *size)
}

/// The median first token of each host: its refusals are taken to come as fast, since nobody timed them.
fn first_tokens(timings: &[Timing]) -> BTreeMap<&str, u64> {
    let mut of_host: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for timing in timings {
        of_host.entry(&timing.provider).or_default().extend(timing.ttft_ms.map(whole));
    }
    let median = |mut times: Vec<u64>| {
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or(0)
    };
    of_host.into_iter().map(|(host, times)| (host, median(times))).collect()
}

fn draw_of(timing: &Timing, first: &BTreeMap<&str, u64>) -> Option<Draw> {
    if let Some(fault) = &timing.fault {
        let ms = first.get(timing.provider.as_str()).copied().unwrap_or(0);
        let fault = if fault == "rate_limited" { Refused::RateLimited } else { Refused::Failed };
        return Some(Draw { ttft_ms: ms, total_ms: ms, fault: Some(fault) });
    }
    Some(Draw { ttft_ms: whole(timing.ttft_ms?), total_ms: whole(timing.total_ms?), fault: None })
}

fn whole(ms: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds of a request")]
    let ms = ms.max(0.0).round() as u64;
    ms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clockwork() -> Clockwork {
        let timing = |model: &str, ttft_ms, total_ms, fault: Option<&str>| Timing {
            provider: "a".to_owned(),
            model: model.to_owned(),
            ttft_ms,
            total_ms,
            fault: fault.map(str::to_owned),
        };
        let ok = |model, ms: f64| timing(model, Some(ms), Some(ms * 10.0), None);
        let mut timings: Vec<Timing> =
            (0..40).map(|n| ok("llama-2-70b-chat", 300.0 + f64::from(n))).collect();
        timings.extend((0..10).map(|_| timing("llama-2-70b-chat", None, None, Some("rate_limited"))));
        timings.extend((0..40).map(|n| ok("llama-2-7b-chat", 100.0 + f64::from(n))));
        Clockwork::of(&Pack { questions: Vec::new(), timings, texts: Vec::new() })
    }

    #[test]
    fn a_draw_is_by_size_and_by_how_often_a_model_was_asked() {
        let (clockwork, question) = (clockwork(), Question::named("gsm", "gsm-0001"));
        let large: Vec<Draw> = (0..200).map(|nth| clockwork.draw(&question, "gpt-4o-2024", nth)).collect();
        assert_eq!(clockwork.draw(&question, "gpt-4o-2024", 7), large[7], "the same to every policy");
        let refused = large.iter().filter(|draw| draw.fault == Some(Refused::RateLimited)).count();
        assert!((20..=60).contains(&refused), "{refused} of 200, recorded are 10 of 50");
        assert!(large.iter().all(|draw| draw.ttft_ms >= 200), "a refusal takes the host's usual first token");
        let small = (0..200).map(|nth| clockwork.draw(&question, "gpt-4o-mini-2024", nth));
        assert!(small.into_iter().all(|draw| draw.ttft_ms < 200 && draw.fault.is_none()));
    }

    #[test]
    fn a_size_alone_is_drawn_without_refusals_where_none_are_wanted() {
        let clockwork = clockwork();
        let draws = |refusals| {
            let class = clockwork.of_size(Some(Size::B70), refusals);
            (0..300).map(|n| drawn(&class, n / 6, n % 6)).collect::<Vec<_>>()
        };
        assert!(draws(false).iter().all(|draw| draw.fault.is_none() && draw.ttft_ms >= 300));
        assert!(draws(true).iter().any(|draw| draw.fault.is_some()));
        assert_eq!(clockwork.of_size(Some(Size::B13), true), []);
        assert_eq!(drawn(&[], 1, 1).total_ms, 0);
    }
}
