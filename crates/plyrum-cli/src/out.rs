//! Standard output carries only answers and data; notices go to standard error. Writing may find that
//! nobody reads any more: that is an answer to the question whether to go on, not a failure.

use std::io::{self, IsTerminal as _, Write as _};

/// Whether somebody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Reader {
    /// Go on.
    There,
    /// Stop: the pipe is closed.
    Gone,
}

/// Writes to standard output and flushes.
pub(crate) fn write(text: &str) -> io::Result<Reader> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(e) => Err(e),
    }
}

/// Writes a line to standard error. Where that is closed there is nobody to tell.
pub(crate) fn err(text: &str) {
    let _nobody_to_tell = writeln!(io::stderr().lock(), "{text}");
}

/// Whether standard error is a terminal.
pub(crate) fn err_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// A command's whole output: text for people, or one line of JSON.
pub(crate) fn print(text: &str) -> Result<(), plyrum_protocol::Fault> {
    match write(text) {
        Ok(Reader::There | Reader::Gone) => Ok(()), // `| head` has what it wanted
        Err(e) => Err(plyrum_protocol::Fault::new(
            plyrum_protocol::ErrorKind::Storage,
            format!("cannot write to standard output: {e}"),
        )),
    }
}

/// A value as one line of JSON.
pub(crate) fn print_json<T: serde::Serialize>(value: &T) -> Result<(), plyrum_protocol::Fault> {
    let line = plyrum_protocol::to_line(value).map_err(|e| {
        plyrum_protocol::Fault::new(plyrum_protocol::ErrorKind::Internal, format!("cannot write JSON: {e}"))
    })?;
    print(&(line + "\n"))
}
