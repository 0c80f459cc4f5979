//! Finding out what this machine's sandbox is worth: not by looking for programs and versions, but by running
//! a test inside that tries to get out.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::inner::Stage;
use super::{Config, Level};
use crate::commands::{CommandError, Finished, Runner, Shown, Spec};

/// Far above what it takes: a machine that is this slow has no sandbox.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How the names of folders begin in which a probe tries things.
const PREFIX: &str = "plyrum-probe-";
/// No probe takes this long by far: what is older was left by one that was killed.
const LEFT_AFTER: Duration = Duration::from_hours(1);
/// What every level must answer.
const QUESTIONS: &[&str] = &[
    "workspace",
    "outside",
    "hidden",
    "protected",
    "unix_socket",
    "network",
    "udp",
    "filter",
    "capabilities",
];

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `level.question`, such as `full.network`.
    pub name: String,
    /// Whether it is as it must be.
    pub ok: bool,
    /// What was found, for people.
    pub detail: String,
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// The highest level of which every check held.
    pub level: Level,
    /// Every check of every level that was tried.
    pub details: Vec<Check>,
}

/// Tries the levels from the top down. To be called once, when the daemon starts.
pub async fn probe(config: &Config) -> Probed {
    let mut details = Vec::new();
    if !cfg!(target_os = "linux") {
        details.push(check("system", false, "untested: a sandbox is offered on Linux only"));
        return Probed { level: Level::None, details };
    }
    for level in [Level::Full, Level::Lower] {
        if level > config.max_level {
            let limit = format!("the settings allow at most `{}`", config.max_level);
            details.push(check(level.as_str(), false, &limit));
            continue;
        }
        let found = probe_level(config, level)
            .await
            .unwrap_or_else(|error| vec![check(&format!("{level}.start"), false, &error.to_string())]);
        let holds = found.iter().all(|check| check.ok);
        details.extend(found);
        if holds {
            return Probed { level, details };
        }
    }
    Probed { level: Level::None, details }
}

fn check(name: &str, ok: bool, detail: &str) -> Check {
    Check { name: name.to_owned(), ok, detail: detail.to_owned() }
}

async fn probe_level(config: &Config, level: Level) -> Result<Vec<Check>, CommandError> {
    if level == Level::Full && super::find_bubblewrap().is_none() {
        return Ok(vec![check("full.bubblewrap", false, "`bwrap` is not installed: install bubblewrap")]);
    }
    let yard = Yard::make(config).map_err(CommandError::io("making folders to probe the sandbox in"))?;
    let mut narrowed = config.clone();
    narrowed.hidden.push(yard.hidden());
    // A home of its own: the real one may hold the folder for temporary files.
    narrowed.home = yard.root().join("home");
    narrowed.state_dir = yard.root().join("state");
    let runner = Runner::new(narrowed, level)?;
    let spec = Spec {
        argv: yard.words(config, level),
        workspace: yard.workspace(),
        cwd: PathBuf::new(),
        env: Vec::new(),
        masked: Vec::new(),
        network: false,
        writable: level == Level::Full,
        timeout: TIMEOUT,
        level,
    };
    let (_keep, stop) = watch::channel(false);
    let (sender, _) = mpsc::channel(1);
    let shown = Shown { program: Some(config.helper.program.clone()), ..Shown::default() };
    let finished = runner.execute_shown(spec, shown, stop, sender).await?;
    Ok(yard.judge(level, &finished))
}

/// Folders, a file to find and two listeners, all gone with it.
struct Yard {
    root: tempfile::TempDir,
    outside: PathBuf,
    tcp: TcpListener,
    unix: UnixListener,
}

const SECRET: &str = "seen";

impl Yard {
    fn make(config: &Config) -> io::Result<Self> {
        let root = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        remove_leftovers(root.path());
        for folder in ["work/.git", "hidden", "home", "state"] {
            fs::create_dir_all(root.path().join(folder))?;
        }
        fs::write(root.path().join("hidden/file"), SECRET)?;
        let unix = UnixListener::bind(root.path().join("work/socket"))?;
        unix.set_nonblocking(true)?;
        let tcp = TcpListener::bind(("127.0.0.1", 0))?;
        tcp.set_nonblocking(true)?;
        let name = root.path().file_name().unwrap_or_default().to_owned();
        Ok(Self { outside: config.home.join(name), root, tcp, unix })
    }

    fn root(&self) -> &Path {
        self.root.path()
    }

    fn workspace(&self) -> PathBuf {
        self.root().join("work")
    }

    fn hidden(&self) -> PathBuf {
        self.root().join("hidden")
    }

    fn words(&self, config: &Config, level: Level) -> Vec<std::ffi::OsString> {
        let work = self.workspace();
        let port = self.tcp.local_addr().map_or(1, |address| address.port());
        let mut words = vec![config.helper.program.clone().into()];
        words.extend(config.helper.arguments.iter().cloned());
        words.extend([
            Stage::SelfTest.word().into(),
            work.join("inside").into(),
            if level == Level::Full { "yes" } else { "no" }.into(),
            self.outside.clone().into(),
            self.hidden().join("file").into(),
            work.join(".git/config").into(),
            work.join("socket").into(),
            port.to_string().into(),
        ]);
        words
    }

    /// What the test said, and what is to be seen from outside.
    fn judge(&self, level: Level, finished: &Finished) -> Vec<Check> {
        let answer = |question: &str| {
            finished.output.lines().find_map(|line| line.strip_prefix(question)?.strip_prefix(' '))
        };
        let mut checks: Vec<Check> = QUESTIONS
            .iter()
            .map(|question| {
                let said = answer(question);
                let detail = said.unwrap_or("no answer").trim_start_matches("failed ");
                check(&format!("{level}.{question}"), said == Some("ok"), detail)
            })
            .collect();
        let escaped = fs::remove_file(&self.outside).is_ok()
            || self.workspace().join(".git/config").exists()
            || self.tcp.accept().is_ok()
            || self.unix.accept().is_ok();
        let detail = if escaped { "something got out" } else { "ok" };
        checks.push(check(&format!("{level}.effect"), !escaped, detail));
        if checks.iter().any(|check| check.detail == "no answer") {
            let start: String = finished.output.chars().take(400).collect();
            checks.push(check(&format!("{level}.output"), false, &start));
        }
        checks
    }
}

/// Takes away what killed probes of this user left beside our folder. What cannot be taken away stays for the next one: it is
/// in nobody's way. How old they are is told from our folder, which is new.
fn remove_leftovers(ours: &Path) {
    let listed = ours.parent().map(fs::read_dir).zip(fs::symlink_metadata(ours).ok());
    let Some((Ok(entries), us)) = listed else { return };
    for entry in
        entries.flatten().filter(|entry| entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()))
    {
        let is_left = entry.metadata().is_ok_and(|found| {
            let made = us.modified().ok().zip(found.modified().ok());
            let age = made.and_then(|(ours, its)| ours.duration_since(its).ok());
            found.is_dir() && found.uid() == us.uid() && age.is_some_and(|age| age > LEFT_AFTER)
        });
        if is_left {
            let _stays_for_the_next = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_probe_left_is_taken_away_when_it_is_old() {
        let temporary = tempfile::tempdir().unwrap();
        let at = |name: &str| temporary.path().join(name);
        for folder in ["plyrum-probe-ours", "plyrum-probe-left/work/.git", "another"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        std::os::unix::fs::symlink(at("another"), at("plyrum-probe-link")).unwrap();
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(temporary.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort();
            names
        };
        remove_leftovers(&at("plyrum-probe-ours"));
        assert_eq!(names().len(), 4, "all of them may be in use");
        for folder in ["plyrum-probe-left", "another"] {
            let folder = fs::File::open(at(folder)).unwrap();
            folder.set_modified(folder.metadata().unwrap().modified().unwrap() - 2 * LEFT_AFTER).unwrap();
        }
        remove_leftovers(&at("plyrum-probe-ours"));
        assert_eq!(names(), ["another", "plyrum-probe-link", "plyrum-probe-ours"]);
    }
}
