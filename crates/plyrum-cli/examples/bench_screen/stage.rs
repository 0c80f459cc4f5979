//! A home of its own for the program: prepared models, a daemon that is warm, nothing of the user's.

use super::terminal::Terminal;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Models that propose at once: as many as it takes for 5 000 deltas a second, each at most one in a millisecond.
pub(super) const PROPOSERS: usize = 16;
/// Times that each prepared turn can be asked for.
const TIMES: usize = 6;

pub(super) struct Stage {
    plyrum: PathBuf,
    home: tempfile::TempDir,
}

impl Stage {
    /// Everything but the daemon.
    pub(super) fn set(plyrum: &Path) -> Self {
        let home = tempfile::tempdir().unwrap();
        let stage = Self { plyrum: plyrum.to_path_buf(), home };
        std::fs::create_dir_all(stage.path("config/plans")).unwrap();
        std::fs::create_dir_all(stage.path("work")).unwrap();
        std::fs::write(stage.path("config/config.toml"), config()).unwrap();
        std::fs::write(stage.path("config/plans/many.toml"), plan()).unwrap();
        std::fs::write(stage.path("script.toml"), script()).unwrap();
        stage
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.home.path().join(below)
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.plyrum);
        command.args(arguments);
        self.around(&mut command);
        command
    }

    /// Runs to the end; what it says.
    pub(super) fn run(&self, arguments: &[&str]) -> String {
        let done = self.command(arguments).stdin(Stdio::null()).output().unwrap();
        assert!(done.status.success(), "plyrum {arguments:?}: {}", String::from_utf8(done.stderr).unwrap());
        String::from_utf8(done.stdout).unwrap()
    }

    /// The screen, at a terminal of its own.
    pub(super) fn screen(&self, arguments: &[&str], (columns, rows): (u16, u16)) -> Terminal {
        // A terminal of the session's own: `/dev/tty` must not be ours. It becomes the program, so the pid is its.
        let mut command = Command::new("setsid");
        command.arg("-c").arg(&self.plyrum).args(arguments);
        self.around(&mut command);
        Terminal::start(command, columns, rows)
    }

    fn around(&self, command: &mut Command) {
        command
            .env("PLYRUM_HOME", self.home.path())
            .env("PLYRUM_OFFLINE_SCRIPT", self.path("script.toml"))
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm-256color")
            .env_remove("LC_ALL")
            .env_remove("PLYRUM_LANG")
            .current_dir(self.path("work"));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _gone_already =
            self.command(&["daemon", "stop", "--force"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn config() -> String {
    let mut text = String::new();
    for name in (0..PROPOSERS).map(proposer).chain(["writer".to_owned()]) {
        write!(
            text,
            "[models.\"offline/{name}\"]\nprovider = \"offline\"\nname = \"script-{name}\"\n\
             context_tokens = 1000000\nmax_output_tokens = 200000\n\
             price = {{ currency = \"RUB\", input = \"0\", output = \"0\" }}\n\n"
        )
        .unwrap();
    }
    let names: Vec<String> = (0..PROPOSERS).map(|n| format!("\"offline/{}\"", proposer(n))).collect();
    write!(text, "[moa]\nproposers = [{}]\naggregator = \"offline/writer\"\n", names.join(", ")).unwrap();
    text
}

fn proposer(n: usize) -> String {
    format!("p{n}")
}

fn plan() -> String {
    format!(
        "name = \"many\"\ndescription = \"many\"\nfan_out = \"fast\"\n\n\
         [[step]]\nid = \"propose\"\nkind = \"propose\"\nmembers = {PROPOSERS}\nmodels = \"panel\"\n\n\
         [[step]]\nid = \"answer\"\nkind = \"aggregate\"\nafter = [\"propose\"]\nmodel = \"aggregator\"\n"
    )
}

/// Texts that last for some 15 seconds.
fn script() -> String {
    let said = format!("{:?}", super::session::answer(3).repeat(12).chars().take(24_000).collect::<String>());
    let mut text = String::new();
    for _ in 0..TIMES {
        for n in 0..PROPOSERS {
            turn(&mut text, "many", &proposer(n), &format!("chunk_bytes = 4\ndelay_ms = 1\ntext = {said}"));
        }
        turn(&mut text, "many", "writer", "text = \"Done.\"");
        turn(&mut text, "alone", "writer", &format!("chunk_bytes = 4\ndelay_ms = 1\ntext = {said}"));
        turn(&mut text, "short", "writer", "text = \"ANSWER-HERE\"");
    }
    text
}

fn turn(text: &mut String, word: &str, model: &str, rest: &str) {
    write!(text, "[[turn]]\nmatch = \"{word}\"\nmodel = \"script-{model}\"\n{rest}\n\n").unwrap();
}
