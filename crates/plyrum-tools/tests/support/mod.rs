//! A yard for sandbox tests: a workspace, things to be kept from, and a runner.
#![allow(unreachable_pub, reason = "a module shared by several tests")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a module of tests alone")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use plyrum_tools::commands::{Chunk, CommandError, Finished, Runner, Spec};
use plyrum_tools::sandbox::{Config, Helper, Level, Limits, usual_protected, usual_secrets};
use tokio::sync::{mpsc, watch};

pub struct Yard {
    root: tempfile::TempDir,
    pub config: Config,
}

impl Yard {
    pub fn new() -> Self {
        let root = tempfile::Builder::new().prefix("plyrum-yard-").tempdir_in(folder()).unwrap();
        for folder in ["home/work/.git/hooks", "home/plyrum", "home/.ssh", "home/other", "state"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        std::fs::write(root.path().join("home/work/.git/config"), "[core]\n").unwrap();
        std::fs::write(root.path().join("home/work/file"), "file\n").unwrap();
        std::fs::write(root.path().join("home/other/kept"), "kept\n").unwrap();
        std::fs::write(root.path().join("home/plyrum/key"), "s3cr3t-value\n").unwrap();
        std::fs::write(root.path().join("home/.ssh/id"), "s3cr3t-value\n").unwrap();
        let home = root.path().join("home");
        let mut hidden = usual_secrets(&home);
        hidden.push(home.join("plyrum"));
        let config = Config {
            helper: Helper {
                program: env!("CARGO_BIN_EXE_plyrum-sandbox-helper").into(),
                arguments: vec!["__sandbox".into()],
            },
            state_dir: root.path().join("state"),
            home,
            hidden,
            protected: usual_protected(),
            max_level: Level::Full,
            limits: Limits { processes: 200, memory_bytes: 128 << 20, ..Limits::default() },
        };
        Self { root, config }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn workspace(&self) -> PathBuf {
        self.path("home/work")
    }

    pub fn runner(&self, level: Level) -> Runner {
        Runner::new(self.config.clone(), level).unwrap()
    }

    pub fn spec(&self, level: Level, argv: &[&str]) -> Spec {
        Spec {
            argv: argv.iter().map(OsString::from).collect(),
            workspace: self.workspace(),
            cwd: PathBuf::new(),
            env: vec![],
            masked: Vec::new(),
            network: false,
            writable: level == Level::Full,
            timeout: Duration::from_mins(1),
            level,
        }
    }
}

/// Not under `/tmp`, which is private inside: what is written there would prove nothing.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    if !folder.starts_with("/tmp") {
        return folder.to_owned();
    }
    let cache = std::env::var_os("HOME")
        .map_or_else(|| PathBuf::from("/var/cache"), |home| Path::new(&home).join(".cache"));
    std::fs::create_dir_all(&cache).unwrap();
    cache
}

pub async fn run(runner: &Runner, spec: Spec) -> Result<Finished, CommandError> {
    let (_keep, stop) = watch::channel(false);
    let (sender, mut chunks) = mpsc::channel::<Chunk>(16);
    let reading = tokio::spawn(async move { while chunks.recv().await.is_some() {} });
    let finished = runner.execute(spec, stop, sender).await;
    let _ = reading.await;
    finished
}

/// Whether the level is to be had here; says loudly when not.
pub async fn offers(config: &Config, level: Level) -> bool {
    let config = Config { max_level: level, ..config.clone() };
    let probed = plyrum_tools::sandbox::probe(&config).await;
    if probed.level != level {
        let bad: Vec<_> = probed.details.iter().filter(|check| !check.ok).collect();
        println!("SKIPPED: the level `{level}` is not to be had on this machine: {bad:?}");
    }
    probed.level == level
}
