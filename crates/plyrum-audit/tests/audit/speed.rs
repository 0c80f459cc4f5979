//! The speed aim, on request: `cargo test --release -p plyrum-audit -- --ignored --nocapture`.

use std::time::Instant;

use serde_json::json;

use crate::{check, open};

#[test]
#[ignore = "a measurement, meaningful in release builds only"]
fn a_million_records_verify_within_five_seconds() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    let start = Instant::now();
    for n in 0..1_000_000 {
        let body = json!({"run": "3f9a21cc", "attempt": "3f9a21cc.1", "micro_rub": n, "outbox": n, "model": "lab/fast"});
        log.append("hold.settled", &body).unwrap();
    }
    let written = start.elapsed();
    let start = Instant::now();
    let report = check(dir.path());
    println!("written in {written:?}, verified in {:?}, {} files", start.elapsed(), report.files);
    assert!(report.ok && report.records == 1_000_000 && start.elapsed().as_secs() < 5);
    drop(log);
    let start = Instant::now();
    drop(open(dir.path()));
    println!("opened in {:?}", start.elapsed());
}
