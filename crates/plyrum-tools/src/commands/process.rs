//! From a spec to a process: what is executed with which words, and how all of it is ended.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::{CommandError, Spec};
use crate::sandbox::{Config, Level, Places, allowed_environment};

const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The environment, of ours and the spec's.
pub(super) fn environment(config: &Config, spec: &Spec) -> Vec<(OsString, OsString)> {
    let mut kept = allowed_environment(std::env::vars_os(), &spec.env);
    for (name, value) in [("PATH", OsStr::new(DEFAULT_PATH)), ("HOME", config.home.as_os_str())] {
        if !kept.iter().any(|(kept, _)| kept == name) {
            kept.push((name.into(), value.to_owned()));
        }
    }
    kept
}

/// The folders of `PATH` that are absolute.
pub(super) fn search_path(environment: &[(OsString, OsString)]) -> Vec<PathBuf> {
    let path = environment.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value);
    path.map(|path| std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect())
        .unwrap_or_default()
}

/// What is not absolute would be looked for in the working folder.
pub(super) fn set_search_path(environment: &mut Vec<(OsString, OsString)>, path: &[PathBuf]) {
    let joined = std::env::join_paths(path).unwrap_or_else(|_| DEFAULT_PATH.into());
    environment.retain(|(name, _)| name != "PATH");
    environment.push(("PATH".into(), joined));
}

/// Says early, and not as a shell would, that there is no such program.
pub(super) fn check_program(argv: &[OsString], cwd: &Path, path: &[PathBuf]) -> Result<(), CommandError> {
    let program = argv.first().filter(|word| !word.is_empty()).ok_or(CommandError::Empty)?;
    if argv.iter().any(|word| word.as_bytes().contains(&0)) {
        return Err(CommandError::ZeroByte);
    }
    let found = if program.as_bytes().contains(&b'/') {
        cwd.join(program).is_file()
    } else {
        path.iter().any(|folder| folder.join(program).is_file())
    };
    if found { Ok(()) } else { Err(CommandError::NotFound(program.into())) }
}

/// What runs what at a level.
pub(super) struct Plan<'a> {
    pub(super) config: &'a Config,
    pub(super) level: Level,
    pub(super) bubblewrap: Option<&'a Path>,
    pub(super) places: &'a Places,
    pub(super) spec: &'a Spec,
    pub(super) path: &'a [PathBuf],
    /// An empty file of ours.
    pub(super) empty: &'a Path,
    /// A program of ours that is to be seen wherever it lies.
    pub(super) shown: Option<&'a Path>,
}

impl Plan<'_> {
    /// The command, with nothing connected yet.
    #[cfg(target_os = "linux")]
    pub(super) fn command(&self) -> Command {
        use crate::sandbox::{Stage, Wrapped, bubblewrap_arguments, readable, stage_arguments};
        let argv = &self.spec.argv;
        let (stage, rest) = match (self.level, self.bubblewrap) {
            (Level::Full, Some(bubblewrap)) => {
                let wrapped = Wrapped {
                    places: self.places,
                    writable: self.spec.writable,
                    network: self.spec.network,
                    temporary_bytes: self.config.limits.temporary_bytes,
                    empty: self.empty,
                    shown: self.shown,
                    argv,
                };
                let words = bubblewrap_arguments(&wrapped);
                (Stage::Enter, std::iter::once(bubblewrap.into()).chain(words).collect())
            }
            (Level::Lower | Level::Full, _) => {
                let mut rest = vec![OsString::from("confined")];
                rest.extend(readable(self.places, self.path).into_iter().map(OsString::from));
                rest.extend(self.shown.map(OsString::from));
                rest.push("--".into());
                rest.extend(argv.iter().cloned());
                (Stage::Supervise, rest)
            }
            (Level::None, _) => {
                let rest = ["free", "--"].map(OsString::from).into_iter().chain(argv.iter().cloned());
                (Stage::Supervise, rest.collect())
            }
        };
        let mut command = Command::new(&self.config.helper.program);
        command.args(&self.config.helper.arguments);
        command.args(stage_arguments(stage, self.config.limits, rest));
        command
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn command(&self) -> Command {
        let mut words = self.spec.argv.iter();
        let mut command = Command::new(words.next().map_or(OsStr::new(""), OsString::as_os_str));
        command.args(words);
        command
    }
}

/// Sets what holds at every level.
pub(super) fn finish(
    mut command: Command,
    cwd: &Path,
    environment: Vec<(OsString, OsString)>,
    out: Stdio,
    err: Stdio,
) -> Command {
    command.current_dir(cwd).env_clear().envs(environment).stdin(Stdio::null()).stdout(out).stderr(err);
    command.process_group(0).kill_on_drop(true);
    command
}

/// How often, and how soon again, the first process of a namespace is looked for.
#[cfg(target_os = "linux")]
const LOOKS: u32 = 2_000;
#[cfg(target_os = "linux")]
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(1);

/// How all of a command is reached: through its first process in the namespace, its supervisor or its group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    /// What we started.
    pub(super) outer: i32,
    pub(super) level: Level,
}

impl Tree {
    pub(super) fn of(child: &Child, level: Level) -> Self {
        Self { outer: child.id().and_then(|id| i32::try_from(id).ok()).unwrap_or(i32::MAX), level }
    }

    /// The namespace's first process, a child of bubblewrap. Its group is the command's.
    fn first_inside(self) -> Option<i32> {
        if self.level != Level::Full {
            return None;
        }
        let outer = self.outer;
        let children = std::fs::read_to_string(format!("/proc/{outer}/task/{outer}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }

    /// Something that is readable once the namespace is empty: its first process is gone only after all others are.
    /// None where there is no namespace, or it was over before it could be looked at. Blocks for a moment.
    #[cfg(target_os = "linux")]
    pub(super) fn watch(self) -> Option<std::os::fd::OwnedFd> {
        use rustix::process::{Pid, PidfdFlags, pidfd_open};
        for _ in 0..LOOKS {
            if let Some(first) = self.first_inside() {
                return pidfd_open(Pid::from_raw(first)?, PidfdFlags::empty()).ok();
            }
            if self.level != Level::Full || !Path::new(&format!("/proc/{}/task", self.outer)).exists() {
                return None;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        None
    }

    /// Asks it to end.
    pub(super) fn ask_to_end(self) {
        use nix::sys::signal::{Signal, kill, killpg};
        use nix::unistd::Pid;
        let _ = match self.first_inside() {
            Some(first) => killpg(Pid::from_raw(first), Signal::SIGTERM),
            None => kill(Pid::from_raw(self.outer), Signal::SIGTERM),
        };
    }

    /// Ends it. In a namespace the kernel kills everything, and what we started ends after the last of it.
    pub(super) fn end(self) {
        use nix::sys::signal::{Signal, kill};
        use nix::unistd::Pid;
        let _ = match self.first_inside() {
            Some(first) => kill(Pid::from_raw(first), Signal::SIGKILL),
            // The supervisor kills in its own way, and would leave orphans if it were killed.
            None if self.level == Level::Full => kill(Pid::from_raw(self.outer), Signal::SIGKILL),
            None => kill(Pid::from_raw(self.outer), Signal::SIGTERM),
        };
    }

    /// How large it is; none where its processes cannot be told from others. Reads `/proc`.
    pub(super) fn size(self) -> Option<TreeSize> {
        let namespace = |process: &Path| std::fs::read_link(process.join("ns/pid")).ok();
        let first = self.first_inside()?;
        let inside = namespace(Path::new(&format!("/proc/{first}")))?;
        if Some(&inside) == namespace(Path::new("/proc/self")).as_ref() {
            return None;
        }
        let processes = std::fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path());
        let ours = processes.filter(|path| namespace(path).as_ref() == Some(&inside));
        let sum = |size: TreeSize, path: PathBuf| TreeSize {
            tasks: size.tasks + tasks(&path),
            bytes: size.bytes + own_bytes(&path),
        };
        Some(ours.fold(TreeSize::default(), sum))
    }
}

/// Processes and threads, and the memory that they have to themselves.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TreeSize {
    pub(super) tasks: u64,
    pub(super) bytes: u64,
}

/// Resident pages that are not of files, in bytes.
fn own_bytes(process: &Path) -> u64 {
    let Ok(pages) = std::fs::read_to_string(process.join("statm")) else { return 0 };
    let mut pages = pages.split(' ').skip(1).map_while(|word| word.trim().parse::<u64>().ok());
    let (Some(resident), Some(of_files)) = (pages.next(), pages.next()) else { return 0 };
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    resident
        .saturating_sub(of_files)
        .saturating_mul(page.and_then(|page| u64::try_from(page).ok()).unwrap_or(4096))
}

/// A folder counts itself twice among its links.
fn tasks(process: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(process.join("task")).map_or(0, |found| found.nlink().saturating_sub(2))
}
