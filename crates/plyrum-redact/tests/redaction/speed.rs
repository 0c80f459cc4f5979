//! The speed aim, measured on request: `cargo test --release -p plyrum-redact -- --ignored --nocapture`.

use std::time::Instant;

use crate::corpus::{PROSE, RUSSIAN, redactor};

#[test]
#[ignore = "a measurement, meaningful in release builds only"]
fn redaction_runs_at_50_megabytes_a_second() {
    let redactor = redactor();
    for (name, unit) in [("english", PROSE), ("russian", RUSSIAN), ("code", include_str!("speed.rs"))] {
        let text = unit.repeat(16_000_000 / unit.len());
        let start = Instant::now();
        let out = redactor.redact(&text).len();
        let whole = start.elapsed();
        let start = Instant::now();
        let mut stream = redactor.stream();
        let mut bytes = 0;
        for chunk in text.split_inclusive(' ') {
            bytes += stream.push(chunk).len();
        }
        bytes += stream.finish().len();
        assert_eq!(bytes, out);
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let rate = |t: std::time::Duration| text.len() as f64 / 1e6 / t.as_secs_f64();
        println!("{name}: whole {:.0} MB/s, word by word {:.0} MB/s", rate(whole), rate(start.elapsed()));
        assert!(rate(whole) >= 50.0);
    }
}
