//! How long a recorded model takes: a draw from recorded timings, by size and by seed.
//!
//! The timings are of other models than the answers (Llama-2 of three sizes at eight hosts), so small models draw from
//! those of 7 and 13 billion weights and large ones from those of 70. A draw depends on the question and the model
//! alone: every policy meets the same times.

use super::pack::{Pack, Question, Timing};

/// One draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Draw {
    pub(super) ttft_ms: u64,
    pub(super) total_ms: u64,
}

/// Timings in two classes.
#[derive(Debug)]
pub(super) struct Clockwork {
    small: Vec<Draw>,
    large: Vec<Draw>,
}

/// Parts of names of models that count as small.
const SMALL: &[&str] = &["mini", "flash", "haiku", "-9b", "-7B", "-8B", "3.5-turbo"];

impl Clockwork {
    pub(super) fn of(pack: &Pack) -> Self {
        let (mut small, mut large) = (Vec::new(), Vec::new());
        for timing in &pack.timings {
            if let Some(draw) = draw_of(timing) {
                if timing.model.contains("70b") { large.push(draw) } else { small.push(draw) }
            }
        }
        Self { small, large }
    }

    /// What this model takes for this question; nothing where there are no timings.
    pub(super) fn draw(&self, question: &Question, model: &str) -> Draw {
        let is_small = SMALL.iter().any(|part| model.contains(part));
        let class = if is_small { &self.small } else { &self.large };
        let mixed = model.bytes().fold(question.hash(), |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
        });
        pick(class, mixed)
    }

    /// The `n`th draw of the `round`th round over timings of all sizes.
    pub(super) fn any(&self, round: u64, n: u64) -> Draw {
        let mixed = (round * 31 + n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let all = self.small.len() + self.large.len();
        let at = usize::try_from((mixed ^ (mixed >> 32)) % (all.max(1) as u64)).unwrap_or(0);
        let nothing = Draw { ttft_ms: 0, total_ms: 0 };
        self.small.iter().chain(&self.large).nth(at).copied().unwrap_or(nothing)
    }
}

fn pick(class: &[Draw], mixed: u64) -> Draw {
    let at = usize::try_from((mixed >> 16) % (class.len().max(1) as u64)).unwrap_or(0);
    class.get(at).copied().unwrap_or(Draw { ttft_ms: 0, total_ms: 0 })
}

fn draw_of(timing: &Timing) -> Option<Draw> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds of a request")]
    let whole = |ms: f64| ms.max(0.0).round() as u64;
    let (ttft, total) = timing.fault.is_none().then_some((timing.ttft_ms?, timing.total_ms?))?;
    Some(Draw { ttft_ms: whole(ttft), total_ms: whole(total) })
}
