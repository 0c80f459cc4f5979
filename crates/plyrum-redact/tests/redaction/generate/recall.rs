//! Whether a secret is gone from a text.

use std::fmt::Write as _;

use plyrum_redact::Redactor;

use super::format;
use super::kinds::{KINDS, Kind};
use super::random::Random;
use super::settings;

/// Characters of a secret that must not stand together in the output.
const TELLING: usize = 12;

/// What was found of what was there.
#[derive(Default)]
pub(crate) struct Recall {
    pub(crate) kinds: usize,
    pub(crate) placed: usize,
    pub(crate) found: usize,
    /// A line for each kind with misses: how many, and the first.
    pub(crate) misses: Vec<String>,
}

/// Puts `samples` secrets of each kind into settings: each into all of them, or into the next one in turn.
pub(crate) fn measure(redactor: &Redactor, samples: usize, everywhere: bool) -> Recall {
    let mut recall = Recall::default();
    for (number, kind) in KINDS.iter().enumerate() {
        recall.kinds += 1;
        let mut random = Random::new(number as u64 * 7919 + 1);
        let (mut missed, mut first) = (0, String::new());
        for n in 0..samples {
            let (text, secret) = format::sample(kind.format, &mut random);
            let settings = settings::of(kind, &text, &mut random);
            let chosen = if everywhere { &settings[..] } else { &settings[n % settings.len()..][..1] };
            for setting in chosen {
                recall.placed += 1;
                if is_gone(&secret, &redactor.redact(setting)) {
                    recall.found += 1;
                } else {
                    missed += 1;
                    first = if first.is_empty() { setting.clone() } else { first };
                }
            }
        }
        if missed > 0 {
            let mut line = format!("{}: {missed} missed, the first: ", kind.name);
            let _infallible = write!(line, "{:?}", first.chars().take(200).collect::<String>());
            recall.misses.push(line);
        }
    }
    recall
}

/// One text of every kind, in one setting.
pub(crate) fn one_of_each(seed: u64) -> Vec<(&'static Kind, String)> {
    let mut random = Random::new(seed);
    let one = |kind: &'static Kind| {
        let (text, _) = format::sample(kind.format, &mut random);
        let settings = settings::of(kind, &text, &mut random);
        let at = random.below(settings.len());
        (kind, settings[at].clone())
    };
    KINDS.iter().map(one).collect()
}

fn is_gone(secret: &str, out: &str) -> bool {
    let secret: Vec<char> = secret.chars().collect();
    let telling = TELLING.min(secret.len());
    !secret.windows(telling).any(|window| out.contains(&window.iter().collect::<String>()))
}
