//! `plyrum audit export`: the lines themselves, so that anybody can check their hashes.

use super::{Period, of_audit};
use crate::command::{Outcome, paths};
use crate::out::{self, Reader};
use crate::sanitize::clean;
use crate::text::say;
use plyrum_audit::{ExportError, Filter};
use plyrum_protocol::{ErrorKind, Fault};
use std::borrow::Cow;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    period: Period,
    /// Only records of this kind; what is left out shows as gaps to `audit verify --file`
    #[arg(long, value_name = "K")]
    kind: Option<String>,
    /// Into this new file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let (since, until) = args.period.bounds()?;
    let filter = Filter { kind: args.kind.clone(), since, until, ..Filter::default() };
    let dir = paths()?.audit_dir();
    match &args.output {
        Some(path) => into_file(path, &dir, &filter)?,
        None => match plyrum_audit::export(&dir, &filter, &mut BufWriter::with_capacity(64 * 1024, Stdout)) {
            Err(ExportError::Out(e)) if e.kind() == io::ErrorKind::BrokenPipe => {} // `| head` has what it wanted
            Err(e) => return Err(of_export(&e, &say!("standard-output"))),
            Ok(_) => {}
        },
    }
    Ok(ExitCode::SUCCESS)
}

/// A new file of the user's alone; one that is there is not overwritten.
fn into_file(path: &Path, dir: &Path, filter: &Filter) -> Result<(), Fault> {
    let shown = path.display().to_string();
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|e| {
        let fault = Fault::new(ErrorKind::Storage, say!("fault-create", path = &shown, why = e.to_string()));
        if e.kind() == io::ErrorKind::AlreadyExists { fault.hint(say!("hint-new-file")) } else { fault }
    })?;
    let mut out = BufWriter::with_capacity(256 * 1024, file);
    let records = plyrum_audit::export(dir, filter, &mut out).map_err(|e| of_export(&e, &shown))?;
    out.get_ref().sync_all().map_err(|e| of_export(&ExportError::Out(e), &shown))?;
    out::err(&say!("audit-exported", n = records, path = &shown));
    Ok(())
}

fn of_export(error: &ExportError, place: &str) -> Fault {
    match error {
        ExportError::Audit(e) => of_audit(e),
        ExportError::Out(e) => {
            let message = say!("fault-write-to", path = place, why = e.to_string());
            Fault::new(ErrorKind::Storage, message)
        }
    }
}

/// Standard output, of which a reader may be gone.
struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Whole lines of text come, but perhaps in pieces that split a character.
        let whole = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(e) => {
                std::str::from_utf8(bytes.get(..e.valid_up_to()).unwrap_or_default()).unwrap_or_default()
            }
        };
        if whole.is_empty() && !bytes.is_empty() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        // A damaged log may have anything in it; what is sound comes through unchanged.
        let safe = if io::stdout().is_terminal() { Cow::Owned(clean(whole)) } else { Cow::Borrowed(whole) };
        match out::write(&safe)? {
            Reader::There => Ok(whole.len()),
            Reader::Gone | Reader::Interrupted => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
