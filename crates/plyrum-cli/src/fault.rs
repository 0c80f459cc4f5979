//! How an error is told: `error: what happened`, `hint: what to try`, and the exit code of its kind.

use crate::out;
use crate::sanitize::clean;
use clap::error::ErrorKind as ClapKind;
use plyrum_protocol::{ErrorKind, Fault};
use std::process::ExitCode;

/// Tells an error on standard error and gives its exit code.
pub(crate) fn tell(fault: &Fault) -> ExitCode {
    out::err(&clean(&format!("error: {}", fault.message)));
    if let Some(hint) = &fault.hint {
        out::err(&clean(&format!("hint: {hint}")));
    }
    ExitCode::from(fault.kind.exit_code())
}

/// Wrong words on the command line; also `--help` and `--version`, which are no errors.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let code = match error.kind() {
        ClapKind::DisplayHelp | ClapKind::DisplayVersion => 0,
        _ => ErrorKind::Usage.exit_code(),
    };
    let _closed_pipe = error.print();
    ExitCode::from(code)
}

/// A fault of the user's input.
pub(crate) fn wrong_use(message: impl Into<String>) -> Fault {
    Fault::new(ErrorKind::Usage, message)
}
