//! How long the tests with random input run. All that read what a server sends are in modules named `fuzz`, so that
//! `PLYRUM_FUZZ_CASES=200000 cargo test --release fuzz` runs those, and those long.

use proptest::test_runner::Config;

/// As many cases as `PLYRUM_FUZZ_CASES` says, else as usual: `PROPTEST_CASES`, or proptest's own number.
pub(crate) fn config() -> Config {
    let usual = Config::default();
    let asked = std::env::var("PLYRUM_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok());
    Config { cases: asked.unwrap_or(usual.cases), ..usual }
}
