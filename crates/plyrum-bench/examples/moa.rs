//! The replay alone, for whoever works on it: `cargo run --release -p plyrum-bench --example moa -- DIR`.

use plyrum_bench::moa::{Asked, Pack, replay};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args().nth(1).ok_or("usage: moa DIR")?;
    let (report, _) = replay(&Pack::read(dir.as_ref())?, &Asked::default());
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}
