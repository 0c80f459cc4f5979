//! A hermetic home with everything that a test does to it: commands with a hard time limit, a scripted
//! provider, and a daemon that is gone when the test is.

mod call;
mod peer;
mod process;
mod schema;
mod sequences;
mod shown;
mod terminal;
mod wire;

pub(crate) use call::{Call, Out, Running};
pub(crate) use peer::{Peer, Speaks};
pub(crate) use plyrum_fake_provider::{FakeProvider, Reply, Script};
pub(crate) use process::{eventually, waits_for_its_reader};
pub(crate) use schema::conforms;
pub(crate) use sequences::{Sequence, foreign, sequences};
pub(crate) use terminal::{Ended, Terminal};
pub(crate) use wire::Wire;

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The binary under test.
pub(crate) const PLYRUM: &str = env!("CARGO_BIN_EXE_plyrum");

/// The key of the provider `lab`, where a test gives it one.
pub(crate) const LAB_KEY: &str = "lab-4f9d2c7b81e6a035d8c1";

/// What `lab/fast` costs: cached input at a tenth, reasoning as output.
pub(crate) const LAB_PRICE: &str =
    r#"{ currency = "USD", input = "3.00", cache_read = "0.30", output = "15.00" }"#;

/// A home of its own, a working directory of its own, and nothing of the caller's environment.
pub(crate) struct World {
    root: TempDir,
    home: PathBuf,
    env: BTreeMap<String, String>,
    mounted: bool,
}

impl World {
    /// A world without a configuration: only the embedded provider.
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("ply").tempdir_in("/tmp").unwrap();
        for dir in ["work", "user"] {
            fs::create_dir(root.path().join(dir)).unwrap();
        }
        let home = root.path().join("home");
        let mut world = Self { root, home, env: BTreeMap::new(), mounted: false };
        let user = world.root.path().join("user").display().to_string();
        // No Ollama of the machine's own has a say.
        for (name, value) in [
            ("PATH", "/usr/bin:/bin"),
            ("HOME", user.as_str()),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
            ("OLLAMA_HOST", "127.0.0.1:1"),
        ] {
            world.env.insert(name.to_owned(), value.to_owned());
        }
        let home = world.home.display().to_string();
        world.env.insert("PLYRUM_HOME".to_owned(), home);
        world
    }

    /// A world whose home is a disk of this size (`4m`). `None`, said loudly: this machine cannot mount one.
    pub(crate) fn on_a_disk_of(size: &str) -> Option<Self> {
        let mut world = Self::new();
        fs::create_dir(&world.home).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "plyrum-e2e"])
            .arg(&world.home)
            .stderr(Stdio::null())
            .status();
        world.mounted = mounted.is_ok_and(|status| status.success());
        if !world.mounted {
            skipped("a full disk cannot be tried here, since tmpfs cannot be mounted (not root?)");
        }
        Some(world).filter(|world| world.mounted)
    }

    /// The same world with a variable set, for every command and so for the daemon.
    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// `PLYRUM_HOME`.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// Something beside the home, in the same temporary directory.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A call of the binary in the working directory of this world.
    pub(crate) fn plyrum<const N: usize>(&self, args: [&str; N]) -> Call {
        self.call(PLYRUM, &args)
    }

    /// A line of shell; `$PLYRUM` is the binary.
    pub(crate) fn sh(&self, line: &str) -> Call {
        self.call("sh", &["-c", line]).env("PLYRUM", PLYRUM)
    }

    /// A line of shell, for a test that starts it by itself.
    pub(crate) fn command(&self, line: &str) -> Command {
        self.sh(line).into_command()
    }

    /// A script of shell in a mount namespace of its own; needs root.
    pub(crate) fn unshared(&self, script: &str) -> Call {
        self.call("unshare", &["-m", "sh", "-c", script])
    }

    fn call(&self, program: &str, args: &[&str]) -> Call {
        let mut command = process::with_usual_signals(program);
        command.args(args).current_dir(self.root.path().join("work")).env_clear().envs(&self.env);
        Call::new(command)
    }

    /// Runs a command that must succeed and print one line of JSON.
    #[track_caller]
    pub(crate) fn json<const N: usize>(&self, args: [&str; N]) -> Value {
        let out = self.plyrum(args).run();
        out.ok();
        out.json()
    }

    /// Writes `config.toml`.
    pub(crate) fn config(&self, text: &str) {
        self.file_of_home("config/config.toml", text);
    }

    /// Writes a file under the home, which is made private as the program would make it.
    pub(crate) fn file_of_home(&self, name: &str, text: &str) {
        let path = self.home.join(name);
        let sub = path.parent().unwrap();
        process::private_dirs(&self.home, sub);
        fs::write(&path, text).unwrap();
    }

    /// Makes a directory under the home, private as the program would make it.
    pub(crate) fn dir_of_home(&self, name: &str) -> PathBuf {
        let dir = self.home.join(name);
        process::private_dirs(&self.home, &dir);
        dir
    }

    /// Writes a file in the working directory and gives its name.
    pub(crate) fn file<'n>(&self, name: &'n str, text: impl AsRef<[u8]>) -> &'n str {
        fs::write(self.root.path().join("work").join(name), text).unwrap();
        name
    }

    /// A provider `lab` that plays this script, with one priced model, `lab/fast`, that everything asks.
    pub(crate) fn lab(&self, script: Script) -> FakeProvider {
        let fake = FakeProvider::spawn(script);
        self.config(&lab_config(&fake.base_url(), "", ""));
        fake
    }

    /// The same with a model that may talk as long as an answer can be.
    pub(crate) fn talkative_lab(&self, script: Script) -> FakeProvider {
        let fake = FakeProvider::spawn(script);
        self.config(
            &lab_config(&fake.base_url(), "", "")
                .replace("max_output_tokens = 1000", "max_output_tokens = 120000"),
        );
        fake
    }

    /// The same with a key from the variable `LAB_KEY`.
    pub(crate) fn lab_with_key(&self, script: Script) -> FakeProvider {
        let fake = FakeProvider::spawn(script);
        self.config(&lab_config(&fake.base_url(), "api_key = { env = \"LAB_KEY\" }", ""));
        fake
    }

    /// Process id of the daemon, by its lock file. `None`: none lives.
    pub(crate) fn daemon_pid(&self) -> Option<i32> {
        process::named_in(&self.home.join("run/daemon.lock"), &self.home)
    }

    /// Every daemon process of this home, whatever the lock file says.
    pub(crate) fn daemons(&self) -> Vec<i32> {
        process::of_home(&self.home).into_iter().filter(|pid| process::is_daemon(*pid)).collect()
    }

    /// `kill -9`, and waits until it is gone. False: there was none.
    pub(crate) fn kill_daemon(&self) -> bool {
        let Some(pid) = self.daemon_pid() else { return false };
        process::kill_and_wait(pid);
        true
    }

    /// The daemon's log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.join("state/daemon.log")).unwrap_or_default()
    }

    /// Nothing is held, the books prove themselves, the audit verifies.
    #[track_caller]
    pub(crate) fn is_sound(&self) {
        let balance = self.json(["balance", "show", "--json"]);
        assert_eq!(balance["held_micro_rub"], 0, "something stays held: {balance}");
        let doctor = self.plyrum(["doctor"]).run();
        assert!(doctor.code == 0, "doctor finds something:\n{}", doctor.stdout);
        self.plyrum(["audit", "verify"]).run().ok();
    }

    /// The one run that there is.
    #[track_caller]
    pub(crate) fn only_run(&self) -> Value {
        let runs = self.json(["runs", "list", "--json"]);
        assert_eq!(runs.as_array().map(Vec::len), Some(1), "{runs}");
        runs[0].clone()
    }
}

/// Says loudly, past the test runner's capture, that a test was skipped and why.
pub(crate) fn skipped(why: &str) {
    let _nobody_to_tell = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// The configuration of `lab`, with more lines in its provider's entry and at the end.
pub(crate) fn lab_config(base_url: &str, in_provider: &str, at_the_end: &str) -> String {
    format!(
        r#"[defaults]
model = "lab/fast"

[providers.lab]
kind = "openai-chat"
base_url = "{base_url}"
{in_provider}

[models."lab/fast"]
provider = "lab"
name = "fast-1"
context_tokens = 128000
tools = false
max_output_tokens = 1000
price = {LAB_PRICE}

[fx]
USD = {{ rate = "80.1234", date = "2026-11-20", source = "a test" }}

{at_the_end}
"#
    )
}

impl Drop for World {
    fn drop(&mut self) {
        let stopped = process::stop_daemon(self.call(PLYRUM, &["daemon", "stop"]).into_command());
        process::kill_all_of_home(&self.home);
        let log = self.log();
        if self.mounted {
            let _left_to_the_system = Command::new("umount").arg("-l").arg(&self.home).status();
        }
        if !std::thread::panicking() {
            assert!(stopped, "the daemon did not stop in time; its log:\n{log}");
            assert!(!log.contains("panicked at"), "the daemon panicked; its log:\n{log}");
        }
    }
}
