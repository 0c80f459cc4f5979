//! The probe finds what is there, and what the settings leave of it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, all of it")]

#[allow(dead_code, reason = "shared by several tests")]
mod support;

use plyrum_tools::sandbox::{Config, Level, probe};
use support::Yard;

#[tokio::test]
async fn levels_are_found_from_the_top_and_capped_by_the_settings() {
    let yard = Yard::new();
    for max_level in [Level::Full, Level::Lower, Level::None] {
        let began = std::time::Instant::now();
        let probed = probe(&Config { max_level, ..yard.config.clone() }).await;
        println!("{max_level}: {} in {} ms", probed.level, began.elapsed().as_millis());
        for check in &probed.details {
            println!("  {check:?}");
        }
        assert!(probed.level <= max_level);
        assert!(!probed.details.is_empty());
    }
    let left: Vec<_> =
        std::fs::read_dir(&yard.config.home).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().starts_with("plyrum-probe")), "{left:?}");
}
