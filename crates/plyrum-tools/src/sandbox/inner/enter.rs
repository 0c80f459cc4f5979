//! The last stages before a command: bubblewrap with the filter, or Landlock with the stricter one.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use caps::CapSet;
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::sandbox::{filter, landlocked};

/// `bwrap words…`: becomes bubblewrap, which reads the filter from a descriptor that it inherits.
pub(super) fn bubblewrap(words: Vec<OsString>) -> Result<ExitCode, String> {
    let mut words = words.into_iter();
    let program = words.next().ok_or("bubblewrap's path is missing")?;
    let code = filter::bytes(&filter::program(filter::For::Full));
    // Without MFD_CLOEXEC; bubblewrap closes it.
    let descriptor =
        memfd_create("seccomp", MFdFlags::empty()).map_err(|e| format!("memory for the filter: {e}"))?;
    let mut file = File::from(descriptor);
    file.write_all(&code).and_then(|()| file.rewind()).map_err(|e| format!("writing the filter: {e}"))?;
    let error = Command::new(&program).arg("--seccomp").arg(file.as_raw_fd().to_string()).args(words).exec();
    Err(said(&program, &error))
}

/// `readable… -- command…`: binds itself and becomes the command.
pub(super) fn confine(words: Vec<OsString>) -> Result<ExitCode, String> {
    let mut words = words.into_iter();
    let readable: Vec<PathBuf> =
        words.by_ref().take_while(|word| word != OsStr::new("--")).map(PathBuf::from).collect();
    let program = words.next().ok_or("a command is missing")?;
    nix::sys::prctl::set_no_new_privs().map_err(|e| format!("no_new_privs: {e}"))?;
    drop_capabilities().map_err(|e| format!("dropping capabilities: {e}"))?;
    landlocked::restrict(&readable).map_err(|e| e.to_string())?;
    seccompiler::apply_filter(&filter::program(filter::For::Lower))
        .map_err(|e| format!("the filter: {e}"))?;
    let error = Command::new(&program).args(words).exec();
    Err(said(&program, &error))
}

/// As bubblewrap says it, so that a missing program is told from a broken sandbox in one way.
fn said(program: &OsStr, error: &io::Error) -> String {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "No such file or directory".to_owned(),
        _ => error.to_string(),
    };
    format!("execvp {}: {reason}", program.display())
}

/// Root's powers; everyone else has none. With `no_new_privs` no program gives them back.
fn drop_capabilities() -> Result<(), caps::errors::CapsError> {
    for set in [CapSet::Ambient, CapSet::Effective, CapSet::Inheritable, CapSet::Permitted] {
        caps::clear(None, set)?;
    }
    Ok(())
}
