//! The fake provider by hand: `plyrum-fake-provider --script replies.toml`, then point a provider at the
//! address it prints. Every wire is answered from the same script; with curl, the address in `$A` (the one
//! printed, without `/v1`) and `-N` against curl's own buffering:
//!
//! ```text
//! curl -N $A/v1/chat/completions -d '{"model":"m","stream":true}'                    # openai-chat
//! curl -N $A/v1/responses -d '{"model":"m","stream":true}'                           # openai-responses
//! curl -N $A/v1/messages -d '{"model":"m","stream":true}'                            # anthropic
//! curl -N "$A/v1beta/models/m:streamGenerateContent?alt=sse" -d '{}'                 # gemini
//! curl -N $A/api/chat -d '{"model":"m"}'                                             # ollama
//! curl $A/v1/chat/completions -d '{"model":"m","stream":false}'                      # one JSON body
//! curl $A/v1/models                                                                  # with --models m
//! curl $A/api/v2/oauth -H 'Authorization: Basic k' -d scope=GIGACHAT_API_PERS \
//!   -H 'RqUID: 00000000-0000-4000-8000-000000000000'                                 # with --oauth
//! curl -X POST $A/_fake/release/NAME                                                 # opens a gate
//! ```
//!
//! With `--log` each request is told on standard error, with `--log FILE` at the end of a file: method, path, headers
//! (keys and all) and body, on one line of JSON each.

use std::error::Error;
use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use plyrum_fake_provider::{FakeProvider, OAuth, Reply, Script, Setup};

const EXAMPLE: &str = r#"A script:
  [[reply]]                       # for the first request, on whatever wire
  steps = [{ text = "Hel" }, { gate = "half" }, { text = "lo" },
           { finish = "stop" }, { counts = { input = 3, output = 2 } }, "done"]

  [[reply]]                       # for the second one
  status = 429
  headers = { retry-after = "2" }
  steps = [{ refusal = { kind = "rate_limited", message = "slow down" } }]

  [[reply]]                       # for every other one
  always = true
  pace_ms = 20
  steps = [{ reasoning = "Hm." }, { text = "Well" }, "reset"]

`model = "m"` or `path = "/oauth"` in a reply choose by model or by the end of the path.
POST /_fake/release/NAME opens a gate."#;

/// A scripted server for trying providers by hand: it speaks every wire.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLE)]
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
    /// Models to list, with commas between; without it there are no lists.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    models: Vec<String>,
    /// Give out tokens at /api/v2/oauth, and speak `GigaChat`'s dialect at …/chat/completions.
    #[arg(long)]
    oauth: bool,
    /// Tell each request, keys and all, on a line of JSON: on standard error, or at the end of this file.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    log: Option<PathBuf>,
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
    let server = setup(args)?.listen(args.listen)?;
    writeln!(std::io::stdout(), "{}", server.base_url())?;
    std::io::stdout().flush()?;
    // For people: programs read the one line above, and may have closed what they do not read.
    let _ = write!(std::io::stderr(), "{}", routes(args, &server));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::signal::ctrl_c())?;
    Ok(())
}

fn setup(args: &Args) -> Result<Setup, Box<dyn Error>> {
    let mut setup = Setup::new(script(args)?);
    if !args.models.is_empty() {
        setup = setup.models(&args.models.iter().map(String::as_str).collect::<Vec<_>>());
    }
    setup = match &args.log {
        None => setup,
        Some(path) if path.as_os_str() == "-" => setup.copied_to(std::io::stderr()),
        Some(path) => setup.copied_to(appended(path)?),
    };
    Ok(if args.oauth { setup.oauth(OAuth::new()) } else { setup })
}

/// A file that is written at its end. Only its owner reads it: keys stand in requests.
fn appended(path: &Path) -> Result<File, String> {
    let opened = File::options().append(true).create(true).mode(0o600).open(path);
    opened.map_err(|error| format!("{}: {error}", path.display()))
}

/// What can be asked for, a line each.
fn routes(args: &Args, server: &FakeProvider) -> String {
    let chat = if args.oauth { "gigachat" } else { "openai-chat" };
    let mut routes = vec![
        (chat, "POST /v1/chat/completions"),
        ("openai-responses", "POST /v1/responses"),
        ("anthropic", "POST /v1/messages"),
        ("gemini", "POST /v1beta/models/NAME:streamGenerateContent?alt=sse, :generateContent"),
        ("ollama", "POST /api/chat"),
    ];
    if !args.models.is_empty() {
        routes.push(("models", "GET /v1/models, /models, /v1beta/models, /api/tags, /api/version"));
    }
    if args.oauth {
        routes.push(("tokens", "POST /api/v2/oauth"));
    }
    let mut told = format!("{} speaks\n", server.origin());
    for (wire, route) in routes {
        told.push_str(&format!("  {wire:<16}  {route}\n"));
    }
    told
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
