//! The fake provider by hand: `plyrum-fake-provider --script replies.toml`, then point an `openai-chat`
//! provider at the address it prints. `POST /_fake/release/NAME` opens a gate.

use std::error::Error;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use plyrum_fake_provider::{FakeProvider, Reply, Script};

/// A scripted `openai-chat` server for trying things by hand.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Replies as TOML, or JSON if the name ends in `.json`; without it every request gets --text.
    #[arg(long)]
    script: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The answer when there is no script.
    #[arg(long, default_value = "This is the fake provider.")]
    text: String,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "plyrum-fake-provider: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let server = FakeProvider::listen(script(args)?, args.listen)?;
    writeln!(std::io::stdout(), "{}", server.base_url())?;
    std::io::stdout().flush()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::signal::ctrl_c())?;
    Ok(())
}

fn script(args: &Args) -> Result<Script, Box<dyn Error>> {
    let Some(path) = &args.script else {
        let words = args.text.split_whitespace().count() as u64;
        return Ok(Script::new().always(Reply::answer(&args.text, 1, words)));
    };
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let script = if path.extension().is_some_and(|end| end == "json") {
        Script::from_json(&text)
    } else {
        Script::from_toml(&text)
    };
    Ok(script.map_err(|error| format!("{}: {error}", path.display()))?)
}
