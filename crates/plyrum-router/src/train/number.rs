//! Functions that a platform's library may round its own way.

/// `e` to the `x`: halved ten times over and squared back, a series between; the same bits everywhere.
pub fn exp(x: f32) -> f32 {
    let x = f64::from(x.clamp(-60.0, 60.0)) / 1024.0;
    let mut power = 1.0 + x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0)));
    for _ in 0..10 {
        power *= power;
    }
    power as f32
}

/// Turns scores into chances that sum to one.
pub fn softmax(scores: &mut [f32]) {
    let top = scores.iter().copied().fold(f32::MIN, f32::max);
    for score in scores.iter_mut() {
        *score = exp(*score - top);
    }
    let sum: f32 = scores.iter().sum();
    for score in scores.iter_mut() {
        *score /= sum;
    }
}
