//! A linear model and its fitting.

use crate::grams::BUCKETS;
use crate::sight::{LANGUAGES, Sight};
use crate::signs::{ONE, SIGNS};
use crate::train::number::{exp, softmax};

/// What is learned from one prompt.
#[derive(Debug, Clone)]
pub struct Example<'a> {
    /// The prompt.
    pub sight: &'a Sight,
    /// How much it counts.
    pub weight: f32,
    /// What each head should say; not a number: nothing is known.
    pub target: Vec<f32>,
}

/// What makes a score wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// One of the heads is right.
    Softmax,
    /// Each head says yes or no.
    Logistic,
    /// Each head gives a number.
    Square,
}

/// How fitting goes.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Times that every example is seen.
    pub epochs: usize,
    /// Length of a step.
    pub rate: f32,
    /// Pull towards zero.
    pub decay: f32,
    /// Of 256 grams, those left out each time: what is learned must not hang on a few.
    pub dropped: u32,
    /// Of 256 examples, those shown without any gram, by their signs alone.
    pub blind: u32,
    /// How much grams count beside signs.
    pub grams: f32,
    /// How much signs count.
    pub signs: f32,
    /// Bits of a bucket's number that are left out.
    pub shift: u32,
}

/// Weights of several heads.
#[derive(Debug, Clone)]
pub struct Linear {
    /// Number of heads.
    pub heads: usize,
    /// Bits of a bucket's number that are left out.
    pub shift: u32,
    /// Scale of grams.
    pub gram_scale: f32,
    /// Scale of signs.
    pub sign_scale: f32,
    /// By bucket, then head.
    pub grams: Vec<f32>,
    /// By sign, then head.
    pub signs: Vec<f32>,
    /// By language, then head.
    pub bias: Vec<f32>,
}

impl Linear {
    fn new(heads: usize, settings: &Settings) -> Self {
        Self {
            heads,
            shift: settings.shift,
            gram_scale: settings.grams,
            sign_scale: settings.signs,
            grams: vec![0.0; (BUCKETS >> settings.shift) * heads],
            signs: vec![0.0; SIGNS * heads],
            bias: vec![0.0; LANGUAGES * heads],
        }
    }

    /// The score of every head.
    pub fn scores(&self, sight: &Sight) -> Vec<f32> {
        let mut scores = row(&self.bias, self.heads, sight.language).to_vec();
        for buckets in [&sight.grams.words, &sight.grams.letters] {
            let buckets = narrowed(buckets, self.shift);
            let scale = scale(self.gram_scale, buckets.len());
            for bucket in buckets {
                add(&mut scores, row(&self.grams, self.heads, bucket), scale);
            }
        }
        for &(sign, value) in &sight.signs.0 {
            let value = self.sign_scale * f32::from(value) / f32::from(ONE);
            add(&mut scores, row(&self.signs, self.heads, usize::from(sign)), value);
        }
        scores
    }
}

/// Buckets without the bits that are left out, each once.
fn narrowed(buckets: &[u16], shift: u32) -> Vec<usize> {
    let mut narrow: Vec<usize> = buckets.iter().map(|&bucket| usize::from(bucket >> shift)).collect();
    narrow.dedup();
    narrow
}

fn scale(scale: f32, count: usize) -> f32 {
    if count == 0 { 0.0 } else { scale / (count as f32).sqrt() }
}

fn row(weights: &[f32], heads: usize, at: usize) -> &[f32] {
    weights.get(at * heads..(at + 1) * heads).unwrap_or_default()
}

fn add(scores: &mut [f32], weights: &[f32], scale: f32) {
    for (score, weight) in scores.iter_mut().zip(weights) {
        *score += weight * scale;
    }
}

/// Fits a model to examples.
pub fn fit(examples: &[Example<'_>], heads: usize, loss: Loss, settings: &Settings) -> Linear {
    let mut fitting = Fitting::new(heads, settings);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut chance = Chance(0x5eed);
    for epoch in 0..settings.epochs {
        chance.shuffle(&mut order);
        fitting.rate = settings.rate * (1.0 - 0.9 * epoch as f32 / settings.epochs as f32);
        for &at in &order {
            if let Some(example) = examples.get(at) {
                fitting.step(example, loss, &mut chance);
            }
        }
    }
    fitting.model
}

/// A model with the squares of its gradients (`AdaGrad`).
struct Fitting {
    model: Linear,
    squares: Linear,
    settings: Settings,
    rate: f32,
    active: Vec<(usize, f32)>,
    gradient: Vec<f32>,
}

impl Fitting {
    fn new(heads: usize, settings: &Settings) -> Self {
        let mut squares = Linear::new(heads, settings);
        for part in [&mut squares.grams, &mut squares.signs, &mut squares.bias] {
            part.fill(1e-4);
        }
        Self {
            model: Linear::new(heads, settings),
            squares,
            settings: *settings,
            rate: settings.rate,
            active: Vec::new(),
            gradient: vec![0.0; heads],
        }
    }

    fn step(&mut self, example: &Example<'_>, loss: Loss, chance: &mut Chance) {
        let heads = self.model.heads;
        self.choose(example.sight, chance);
        let mut scores = row(&self.model.bias, heads, example.sight.language).to_vec();
        for &(bucket, scale) in &self.active {
            add(&mut scores, row(&self.model.grams, heads, bucket), scale);
        }
        let sign_scale = self.model.sign_scale / f32::from(ONE);
        for &(sign, value) in &example.sight.signs.0 {
            add(&mut scores, row(&self.model.signs, heads, usize::from(sign)), f32::from(value) * sign_scale);
        }
        self.blame(scores, example, loss);
        let (rate, decay) = (self.rate, self.settings.decay);
        let gradient = &self.gradient;
        for &(bucket, scale) in &self.active {
            learn(&mut self.model.grams, &mut self.squares.grams, bucket, gradient, scale, rate, decay);
        }
        for &(sign, value) in &example.sight.signs.0 {
            let value = f32::from(value) * sign_scale;
            learn(
                &mut self.model.signs,
                &mut self.squares.signs,
                usize::from(sign),
                gradient,
                value,
                rate,
                decay,
            );
        }
        let language = example.sight.language;
        learn(&mut self.model.bias, &mut self.squares.bias, language, gradient, 1.0, rate, decay);
    }

    /// Which grams this step looks at.
    fn choose(&mut self, sight: &Sight, chance: &mut Chance) {
        self.active.clear();
        if chance.one_of_256() < self.settings.blind {
            return;
        }
        for buckets in [&sight.grams.words, &sight.grams.letters] {
            let buckets = narrowed(buckets, self.model.shift);
            let scale = scale(self.model.gram_scale, buckets.len());
            for bucket in buckets {
                if chance.one_of_256() >= self.settings.dropped {
                    self.active.push((bucket, scale));
                }
            }
        }
    }

    /// The gradient of the loss by score.
    fn blame(&mut self, mut scores: Vec<f32>, example: &Example<'_>, loss: Loss) {
        match loss {
            Loss::Softmax => softmax(&mut scores),
            Loss::Logistic => {
                for score in &mut scores {
                    *score = 1.0 / (1.0 + exp(-*score));
                }
            }
            Loss::Square => {}
        }
        for ((gradient, score), target) in self.gradient.iter_mut().zip(&scores).zip(&example.target) {
            *gradient = if target.is_nan() { 0.0 } else { (score - target) * example.weight };
        }
    }
}

fn learn(
    weights: &mut [f32],
    squares: &mut [f32],
    at: usize,
    gradient: &[f32],
    value: f32,
    rate: f32,
    decay: f32,
) {
    let heads = gradient.len();
    let (Some(weights), Some(squares)) =
        (weights.get_mut(at * heads..(at + 1) * heads), squares.get_mut(at * heads..(at + 1) * heads))
    else {
        return;
    };
    for ((weight, square), gradient) in weights.iter_mut().zip(squares).zip(gradient) {
        let slope = gradient * value;
        *square += slope * slope;
        *weight -= rate * (slope / square.sqrt() + decay * *weight);
    }
}

/// Numbers in a fixed order that look like chance (xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn one_of_256(&mut self) -> u32 {
        (self.next() >> 40) as u32 & 255
    }

    fn shuffle(&mut self, order: &mut [usize]) {
        for last in (1..order.len()).rev() {
            let other = (self.next() % (last as u64 + 1)) as usize;
            order.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spelling::Words;

    const SETTINGS: Settings = Settings {
        epochs: 30,
        rate: 0.1,
        decay: 1e-4,
        dropped: 20,
        blind: 20,
        grams: 1.0,
        signs: 1.0,
        shift: 0,
    };

    fn seen(text: &str) -> Sight {
        Sight::of(text, &Words::default())
    }

    fn learned() -> Linear {
        let texts = ["write a poem", "a poem about rain", "count the files", "list files here"].map(seen);
        let examples: Vec<Example<'_>> = texts
            .iter()
            .zip([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
            .map(|(sight, target)| Example { sight, weight: 1.0, target: target.to_vec() })
            .collect();
        fit(&examples, 2, Loss::Softmax, &SETTINGS)
    }

    #[test]
    fn what_was_shown_is_known_and_what_is_like_it_too() {
        let model = learned();
        for (text, wanted) in
            [("write a poem", 0), ("list files here", 1), ("a new poem", 0), ("which files", 1)]
        {
            let scores = model.scores(&seen(text));
            assert!(scores[wanted] > scores[1 - wanted], "{text}: {scores:?}");
        }
    }

    #[test]
    fn the_same_examples_give_the_same_bits() {
        let bits = |model: &Linear| model.grams.iter().map(|weight| weight.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&learned()), bits(&learned()));
    }
}
