//! The program executing itself on the way to a command: small stages that bind themselves and then become
//! what they were told to. They run alone, with no threads, so that what they set holds for all that follows.

#[cfg(target_os = "linux")]
mod enter;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod self_test;
#[cfg(target_os = "linux")]
mod supervise;

use std::ffi::OsString;
use std::process::ExitCode;

use super::Limits;

/// The exit code of a stage that could not go on; its reason is on standard error after [`MARK`].
pub(crate) const FAILED: u8 = 125;
/// Begins the line in which a stage says why it could not go on.
pub(crate) const MARK: &str = "plyrum-sandbox: ";

/// A step between the daemon and the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Limits, then bubblewrap with the filter.
    Enter,
    /// Limits, then a command under a supervisor that ends everything it left.
    Supervise,
    /// Landlock and the filter, then the command.
    Confine,
    /// Tries what must fail, and says what happened.
    SelfTest,
}

impl Stage {
    const ALL: [Self; 4] = [Self::Enter, Self::Supervise, Self::Confine, Self::SelfTest];

    /// Its word on the command line.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Enter => "enter",
            Self::Supervise => "supervise",
            Self::Confine => "confine",
            Self::SelfTest => "self-test",
        }
    }
}

/// `stage limits -- rest…`
pub(crate) fn stage_arguments(stage: Stage, limits: Limits, rest: Vec<OsString>) -> Vec<OsString> {
    let Limits { open_files, file_bytes, cpu_seconds, .. } = limits;
    let mut words: Vec<OsString> =
        vec![stage.word().into(), format!("{open_files},{file_bytes},{cpu_seconds}").into()];
    words.extend(rest);
    words
}

/// Runs a stage: `arguments` are those after [`Helper::arguments`](super::Helper). To be called first thing in
/// `main`. Where all goes well it comes back only from stages that wait.
pub fn inner_main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match run(arguments.collect()) {
        Ok(code) => code,
        Err(reason) => {
            #[expect(clippy::print_stderr, reason = "the stage's only way to say why it failed")]
            {
                eprintln!("{MARK}{reason}");
            }
            ExitCode::from(FAILED)
        }
    }
}

#[cfg(target_os = "linux")]
fn run(arguments: Vec<OsString>) -> Result<ExitCode, String> {
    let mut words = arguments.into_iter();
    let stage = words.next().and_then(|word| Stage::ALL.into_iter().find(|stage| word == stage.word()));
    let stage = stage.ok_or("not a stage of the sandbox; this command is the daemon's own")?;
    if stage == Stage::SelfTest {
        return Ok(self_test::run(words.collect()));
    }
    if stage != Stage::Confine {
        limits::apply(&words.next().ok_or("limits are missing")?)?;
        limits::close_inherited();
    }
    match stage {
        Stage::Enter => enter::bubblewrap(words.collect()),
        Stage::Confine => enter::confine(words.collect()),
        Stage::Supervise => supervise::run(words.collect()),
        Stage::SelfTest => Ok(ExitCode::SUCCESS),
    }
}

#[cfg(not(target_os = "linux"))]
fn run(_: Vec<OsString>) -> Result<ExitCode, String> {
    let _ = Stage::ALL;
    Err("there is no sandbox on this system: untested".to_owned())
}
