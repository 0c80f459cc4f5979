//! What a sandbox costs: medians of running `true` bare and at each level, and of the probe.
//!
//! `cargo run --release -p plyrum-tools --example sandbox_start [RUNS]`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use plyrum_tools::commands::{Runner, Spec};
use plyrum_tools::sandbox::{
    Config, Helper, Level, Limits, inner_main, probe, usual_protected, usual_secrets,
};
use tokio::sync::{mpsc, watch};

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("__sandbox") {
        return inner_main(std::env::args_os().skip(2));
    }
    let runs = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(50);
    let measured = tokio::runtime::Runtime::new().map(|runtime| runtime.block_on(measure(runs)));
    match measured {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => say(&error.to_string()),
        Err(error) => say(&error.to_string()),
    }
}

fn say(error: &str) -> ExitCode {
    print(error);
    ExitCode::FAILURE
}

#[expect(clippy::print_stdout, reason = "a measurement's report")]
fn print(line: &str) {
    println!("{line}");
}

async fn measure(runs: usize) -> Result<(), Box<dyn std::error::Error>> {
    let root = tempfile::tempdir()?;
    for folder in ["home/work/.git", "state"] {
        std::fs::create_dir_all(root.path().join(folder))?;
    }
    let config = config(root.path())?;
    let began = Instant::now();
    let probed = probe(&config).await;
    print(&format!("probe: {} in {:.1} ms", probed.level, began.elapsed().as_secs_f64() * 1e3));
    let mut bare = Vec::new();
    for _ in 0..runs {
        let began = Instant::now();
        tokio::process::Command::new("/bin/true").status().await?;
        bare.push(began.elapsed());
    }
    print(&format!("bare: {:.2} ms", median(bare)));
    for level in [Level::None, Level::Lower, Level::Full].into_iter().filter(|level| *level <= probed.level) {
        let runner = Runner::new(config.clone(), level)?;
        let mut times = Vec::new();
        for _ in 0..runs {
            let (_stop, stopped) = watch::channel(false);
            let began = Instant::now();
            runner.execute(spec(&config.home.join("work"), level), stopped, mpsc::channel(1).0).await?;
            times.push(began.elapsed());
        }
        print(&format!("{level}: {:.2} ms", median(times)));
    }
    Ok(())
}

fn config(root: &Path) -> std::io::Result<Config> {
    let home = root.join("home");
    let mut hidden = std::env::var_os("HOME").map(|home| usual_secrets(Path::new(&home))).unwrap_or_default();
    hidden.extend(usual_secrets(&home));
    Ok(Config {
        helper: Helper { program: std::env::current_exe()?, arguments: vec!["__sandbox".into()] },
        state_dir: root.join("state"),
        home,
        hidden,
        protected: usual_protected(),
        max_level: Level::Full,
        limits: Limits::default(),
    })
}

fn spec(workspace: &Path, level: Level) -> Spec {
    Spec {
        argv: vec!["true".into()],
        workspace: workspace.to_owned(),
        cwd: PathBuf::new(),
        env: vec![],
        masked: Vec::new(),
        network: false,
        writable: level == Level::Full,
        timeout: Duration::from_secs(10),
        level,
    }
}

/// Milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}
