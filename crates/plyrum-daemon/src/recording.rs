//! A run's recording: what its providers send is kept in a file of the user's (`ask --record FILE`).
//!
//! The daemon writes it, because only the daemon sees the bytes. The file is new, empty, or a cassette that is gone on with; it is
//! the user's alone, is reached through no link of its own name, and never lies among the daemon's own files. What cannot be opened
//! refuses the run before anything is sent; what cannot be written later is told once, and the run goes on.

use crate::context::Context;
use crate::resolve::Resolved;
use plyrum_catalog::Wire;
use plyrum_config::Paths;
use plyrum_engine::RunSpec;
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_providers::cassette::{OfRun, Tape};
use plyrum_redact::Redactor;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Nobody else reads what a provider answered.
const MODE: u32 = 0o600;
/// How long a run waits for what is being written.
const PATIENCE: Duration = Duration::from_secs(10);

/// A run's recording.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) tape: Tape,
    is_told: AtomicBool,
}

impl Recording {
    /// Opens the file that was asked for, if one was.
    pub(crate) fn asked(
        path: Option<&str>,
        paths: &Paths,
        context: &Context,
        resolved: &Resolved,
    ) -> Result<Option<Self>, Fault> {
        let Some(path) = path else { return Ok(None) };
        if !has_something_to_record(context, resolved) {
            let message = "nothing can be recorded: no model of this run is asked over a network";
            return Err(Fault::new(ErrorKind::Usage, message).hint("plyrum ask -m MODEL --record FILE"));
        }
        let tape = open(Path::new(path), paths, context.redactor.for_records()).map_err(|why| {
            Fault::new(ErrorKind::Usage, format!("cannot record to {path}: {why}"))
                .hint("name a new file, or a cassette to go on with")
        })?;
        Ok(Some(Self { tape, is_told: AtomicBool::new(false) }))
    }

    /// The same for this run.
    pub(crate) fn of_run(self, spec: &RunSpec) -> Self {
        let run = OfRun { prompt_sha256: spec.prompt_sha256.clone(), seed: spec.seed };
        Self { tape: self.tape.of_run(run), ..self }
    }

    /// Why something is missing from the recording, told once: now, as far as its exchanges are over.
    pub(crate) async fn failure(&self) -> Option<String> {
        self.once(within(self.tape.settled()).await)
    }

    /// The same at the run's end, when also those that were hung up are over.
    pub(crate) async fn last_failure(&self) -> Option<String> {
        self.once(within(self.tape.finished()).await)
    }

    fn once(&self, failure: Option<String>) -> Option<String> {
        failure.filter(|_| !self.is_told.swap(true, Ordering::Relaxed))
    }
}

/// A disk that does not answer holds up no run.
async fn within(failure: impl Future<Output = Option<String>>) -> Option<String> {
    let late = || Some(format!("the disk did not answer within {} s", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, failure).await.unwrap_or_else(|_| late())
}

/// Whether a model that could be asked, stand-ins too, is behind a wire.
fn has_something_to_record(context: &Context, resolved: &Resolved) -> bool {
    let kind = |provider: &str| context.catalog.provider(provider).map(|provider| provider.kind);
    let mut models = resolved.steps.iter().flat_map(|step| &step.models);
    models.any(|model| !matches!(kind(&model.provider), None | Some(Wire::Offline | Wire::Replay)))
}

fn open(path: &Path, paths: &Paths, redactor: Redactor) -> Result<Tape, String> {
    let file = file(path, paths)?;
    let again = file.try_clone().map_err(|e| e.to_string())?;
    let tape = Tape::on(file, redactor).map_err(|e| e.to_string())?;
    // Only now is it known to be ours to change.
    again.set_permissions(Permissions::from_mode(MODE)).map_err(|e| e.to_string())?;
    Ok(tape)
}

fn file(path: &Path, paths: &Paths) -> Result<File, String> {
    if !path.is_absolute() {
        return Err("the path must be absolute".to_owned());
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err("it names no file".to_owned());
    };
    let folder = folder.canonicalize().map_err(|e| e.to_string())?;
    let own = [&paths.config_dir, &paths.data_dir, &paths.state_dir, &paths.run_dir];
    let holds_it = |own: &PathBuf| own.canonicalize().is_ok_and(|own| folder.starts_with(own));
    if own.into_iter().any(holds_it) {
        return Err("it lies among Plyrum's own files".to_owned());
    }
    let opened = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(MODE)
        // Without waiting for whoever reads a pipe.
        .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK)
        .open(folder.join(name));
    let not_regular = || "it is no regular file".to_owned();
    let file = opened.map_err(|e| match e.raw_os_error() {
        Some(code) if code == nix::libc::ELOOP => not_regular(),
        _ => e.to_string(),
    })?;
    let is_regular = file.metadata().map(|about| about.is_file()).map_err(|e: io::Error| e.to_string())?;
    if is_regular { Ok(file) } else { Err(not_regular()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt as _, symlink};

    fn check(path: &Path, paths: &Paths) -> Result<Tape, String> {
        open(path, paths, Redactor::new([0; 32], []))
    }

    #[test]
    fn only_a_file_of_the_users_own_that_is_new_empty_or_a_cassette_is_recorded_to() {
        let home = tempfile::TempDir::new().unwrap();
        let paths = Paths::under(&home.path().join("plyrum"));
        paths.prepare().unwrap();
        let place = |name: &str| home.path().join(name);
        let why = |path: &Path| check(path, &paths).unwrap_err();

        check(&place("new.cassette"), &paths).unwrap();
        check(&place("new.cassette"), &paths).unwrap();
        assert_eq!(place("new.cassette").metadata().unwrap().mode() & 0o777, 0o600);

        std::fs::write(place("notes.md"), "# mine\n").unwrap();
        let mode = place("notes.md").metadata().unwrap().mode();
        assert!(why(&place("notes.md")).contains("no line of a cassette"));
        assert_eq!(std::fs::read_to_string(place("notes.md")).unwrap(), "# mine\n");
        assert_eq!(place("notes.md").metadata().unwrap().mode(), mode);

        assert_eq!(why(Path::new("here.cassette")), "the path must be absolute");
        assert_eq!(why(Path::new("/")), "it names no file");
        symlink(place("new.cassette"), place("link")).unwrap();
        assert_eq!(why(&place("link")), "it is no regular file");
        nix::unistd::mkfifo(&place("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(why(&place("pipe")), "it is no regular file");
        symlink(&paths.data_dir, place("data")).unwrap();
        for own in [paths.config_dir.join("config.toml"), paths.data_dir.join("x"), place("data").join("x")] {
            assert_eq!(why(&own), "it lies among Plyrum's own files", "{}", own.display());
        }
        assert!(why(&place("nowhere/x")).contains("No such file"));
    }
}
