//! Where everything is: the same answer in every terminal, cron job and ssh session.
//!
//! Data, state and socket hang on the passwd database and never on `$HOME`, `XDG_RUNTIME_DIR` or
//! `TMPDIR`: two processes of one user that disagree about one of them would start two
//! daemons over one ledger. `PLYRUM_HOME` moves everything under one directory.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use nix::unistd::{Uid, User};

use crate::ConfigError;
use crate::home::{self, Reading};

/// Unix socket addresses hold 108 bytes with their end mark (104 elsewhere).
const MAX_SOCKET_PATH: usize = 100;
const SOCKET_NAME: &str = "plyrum.sock";
/// Not `TMPDIR`, which differs between sessions.
const SHORT_BASE: &str = "/tmp";

/// The directories of one user's Plyrum, and the files in them that others name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// `config.toml`, `personas/`, `plans/`.
    pub config_dir: PathBuf,
    /// Ledger, audit, sessions: what must not be lost.
    pub data_dir: PathBuf,
    /// Logs: what may be lost.
    pub state_dir: PathBuf,
    /// Socket and lock.
    pub run_dir: PathBuf,
    /// `PLYRUM_HOME`, where it is set: the directory that the user chose.
    root: Option<PathBuf>,
    uid: u32,
}

impl Paths {
    /// Finds the directories and touches none of them. `env` is asked for `PLYRUM_HOME`;
    /// without it, configuration follows the platform's convention (on Linux the
    /// XDG variables of this process).
    pub fn resolve(env: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        match env("PLYRUM_HOME") {
            Some(home) if home.is_empty() => Err(ConfigError::EmptyHome),
            Some(home) => Ok(Self::under(&absolute(Path::new(&home))?)),
            None => Self::of_user(),
        }
    }

    /// Everything under one directory, as `PLYRUM_HOME` asks. `root` must be absolute.
    pub fn under(root: &Path) -> Self {
        Self {
            config_dir: root.join("config"),
            data_dir: root.join("data"),
            state_dir: root.join("state"),
            run_dir: root.join("run"),
            root: Some(root.to_owned()),
            uid: Uid::effective().as_raw(),
        }
    }

    fn of_user() -> Result<Self, ConfigError> {
        let uid = Uid::effective();
        let home = passwd_home(uid)?;
        let dirs = ProjectDirs::from("", "", "plyrum")
            .ok_or_else(|| ConfigError::NoHome { why: "the platform names no directories".to_owned() })?;
        let state_dir = home.join(".local/state/plyrum");
        Ok(Self {
            config_dir: dirs.config_dir().to_owned(),
            data_dir: home.join(".local/share/plyrum"),
            run_dir: state_dir.join("run"),
            state_dir,
            root: None,
            uid: uid.as_raw(),
        })
    }

    /// Creates what is missing, with mode 0700 whatever the umask, and closes read bits of
    /// directories that are ours. Refuses a directory that is a symbolic link, belongs to
    /// another user or is writable by others; such a one is never repaired. Data, state and
    /// socket directories must be writable too.
    pub fn prepare(&self) -> Result<(), ConfigError> {
        if let Some(root) = &self.root {
            home::ensure(root, Reading::Leave)?;
        }
        for dir in self.our_dirs() {
            home::ensure(&dir, Reading::Close)?;
        }
        for dir in [&self.data_dir, &self.state_dir, &self.run_dir, &self.socket_dir()] {
            home::check_writable(dir)?;
        }
        Ok(())
    }

    /// The refusals of [`Paths::prepare`] for what exists, changing nothing: for clients
    /// that are about to connect, and for commands that only read.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.root.iter().try_for_each(|root| home::check(root))?;
        self.our_dirs().iter().try_for_each(|dir| home::check(dir))
    }

    /// In the order in which they are made: a directory after its parent.
    fn our_dirs(&self) -> Vec<PathBuf> {
        let mut dirs = vec![
            self.config_dir.clone(),
            self.data_dir.clone(),
            self.state_dir.clone(),
            self.run_dir.clone(),
        ];
        let socket_dir = self.socket_dir();
        if socket_dir != self.run_dir {
            dirs.push(socket_dir);
        }
        dirs
    }

    /// The user's file, which need not exist.
    pub fn config_file(&self) -> PathBuf {
        self.config_dir.join("config.toml")
    }

    /// The imported prices, which a program keeps; it need not exist.
    pub fn prices_file(&self) -> PathBuf {
        self.config_dir.join("prices.toml")
    }

    /// The models of providers' own lists, which a program keeps; it need not exist.
    pub fn models_file(&self) -> PathBuf {
        self.config_dir.join("models.toml")
    }

    /// Keys that were typed in, a file each; it need not exist.
    pub fn keys_dir(&self) -> PathBuf {
        self.config_dir.join("keys")
    }

    /// The user's own personas, `*.md`.
    pub fn personas_dir(&self) -> PathBuf {
        self.config_dir.join("personas")
    }

    /// The user's own plans, `*.toml`.
    pub fn plans_dir(&self) -> PathBuf {
        self.config_dir.join("plans")
    }

    /// The ledger's database.
    pub fn ledger_path(&self) -> PathBuf {
        self.data_dir.join("ledger.sqlite")
    }

    /// Verdicts on answers.
    pub fn feedback_path(&self) -> PathBuf {
        self.data_dir.join("feedback.jsonl")
    }

    /// The audit's segments.
    pub fn audit_dir(&self) -> PathBuf {
        self.data_dir.join("audit")
    }

    /// One transcript a session.
    pub fn sessions_dir(&self) -> PathBuf {
        self.data_dir.join("sessions")
    }

    /// The search index over the transcripts: a cache, so with what may be lost.
    pub fn sessions_index_path(&self) -> PathBuf {
        self.state_dir.join("sessions-index.sqlite")
    }

    /// What the daemon has instead of a terminal's stderr.
    pub fn log_path(&self) -> PathBuf {
        self.state_dir.join("daemon.log")
    }

    /// Held for the daemon's life: there is one daemon for each home.
    pub fn lock_path(&self) -> PathBuf {
        self.run_dir.join("daemon.lock")
    }

    /// Where the daemon listens: in [`Paths::run_dir`], or, where that is too long for a
    /// socket's address, in a directory of `/tmp` that is named after user and home.
    pub fn socket_path(&self) -> PathBuf {
        self.socket_dir().join(SOCKET_NAME)
    }

    fn socket_dir(&self) -> PathBuf {
        if self.run_dir.join(SOCKET_NAME).as_os_str().len() <= MAX_SOCKET_PATH {
            return self.run_dir.clone();
        }
        let hash = fnv1a(self.run_dir.as_os_str().as_encoded_bytes());
        Path::new(SHORT_BASE).join(format!("plyrum-{}-{hash:016x}", self.uid))
    }
}

/// Absolute against the working directory, without the trailing slash or dot that would
/// make the system follow a link before we can see it.
fn absolute(home: &Path) -> Result<PathBuf, ConfigError> {
    let path = std::path::absolute(home)
        .map_err(|cause| ConfigError::storage(home, "find the working directory for", cause))?;
    Ok(path.components().collect())
}

fn passwd_home(uid: Uid) -> Result<PathBuf, ConfigError> {
    let user = User::from_uid(uid)
        .map_err(|errno| ConfigError::NoHome { why: format!("the passwd database cannot be read: {errno}") })?
        .ok_or_else(|| ConfigError::NoHome { why: format!("uid {uid} is not in the passwd database") })?;
    if user.dir.is_absolute() {
        Ok(user.dir)
    } else {
        Err(ConfigError::NoHome { why: format!("the passwd database has no absolute home for uid {uid}") })
    }
}

/// FNV-1a, 64 bits: client and daemon of different builds must agree on the name, which
/// the standard hasher does not promise. The directory's owner is checked, so nothing
/// depends on the hash being hard to guess.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use tempfile::TempDir;

    use super::*;
    use crate::Refusal;

    fn with_home(home: &str) -> Result<Paths, ConfigError> {
        Paths::resolve(|name| (name == "PLYRUM_HOME").then(|| home.into()))
    }

    #[test]
    fn plyrum_home_moves_everything() {
        let paths = with_home("/srv/p/").unwrap();
        assert_eq!(paths.config_file(), Path::new("/srv/p/config/config.toml"));
        assert_eq!(paths.ledger_path(), Path::new("/srv/p/data/ledger.sqlite"));
        assert_eq!(paths.log_path(), Path::new("/srv/p/state/daemon.log"));
        assert_eq!(paths.socket_path(), Path::new("/srv/p/run/plyrum.sock"));
        assert_eq!(paths.lock_path(), Path::new("/srv/p/run/daemon.lock"));
    }

    #[test]
    fn a_relative_home_is_taken_from_the_working_directory() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(with_home("./x/.").unwrap().config_dir, here.join("x/config"));
    }

    #[test]
    fn an_empty_home_is_refused_instead_of_meaning_some_directory() {
        let error = with_home("").unwrap_err();
        assert_eq!(error.to_string(), "PLYRUM_HOME is set but empty");
    }

    #[test]
    fn without_plyrum_home_state_hangs_on_the_passwd_database() {
        let home = passwd_home(Uid::effective()).unwrap();
        let paths = Paths::resolve(|_| None).unwrap();
        assert_eq!(paths.state_dir, home.join(".local/state/plyrum"));
        assert_eq!(paths.run_dir, home.join(".local/state/plyrum/run"));
        assert!(paths.config_dir.ends_with("plyrum") && paths.data_dir.ends_with("plyrum"));
    }

    #[test]
    fn a_long_home_gets_a_short_socket_that_is_its_own() {
        let long = |c: &str| Paths::under(Path::new(&format!("/srv/{}", c.repeat(100))));
        let socket = long("a").socket_path();
        assert!(socket.starts_with("/tmp") && socket.as_os_str().len() <= MAX_SOCKET_PATH, "{socket:?}");
        assert_eq!(socket, long("a").socket_path());
        assert_ne!(socket, long("b").socket_path());
        assert_eq!(long("a").lock_path().parent(), Some(long("a").run_dir.as_path()));
    }

    #[test]
    fn the_hash_is_the_published_function() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn preparing_twice_is_preparing_once() {
        let home = TempDir::new().unwrap();
        let paths = Paths::under(&home.path().join("p"));
        paths.prepare().unwrap();
        paths.prepare().unwrap();
        paths.check().unwrap();
        assert!(paths.run_dir.is_dir() && paths.config_dir.is_dir());
    }

    #[test]
    fn a_long_home_is_prepared_with_its_socket_directory() {
        let home = TempDir::new().unwrap();
        let paths = Paths::under(&home.path().join("p".repeat(120)));
        paths.prepare().unwrap();
        let dir = paths.socket_dir();
        assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::remove_dir(dir).unwrap();
    }

    #[test]
    fn a_home_behind_a_link_is_refused_also_with_a_trailing_slash() {
        let dir = TempDir::new().unwrap();
        let link = dir.path().join("link");
        symlink(dir.path(), &link).unwrap();
        for spelling in ["", "/", "/.", "//"] {
            let paths = with_home(&format!("{}{spelling}", link.display())).unwrap();
            for result in [paths.prepare(), paths.check()] {
                let error = result.unwrap_err();
                assert!(matches!(error, ConfigError::HomeRefused { why: Refusal::Symlink, .. }), "{error}");
            }
        }
        assert!(!dir.path().join("config").exists());
    }

    #[test]
    fn an_unwritable_home_is_a_storage_error_and_stays_as_it_was() {
        if Uid::effective().is_root() {
            return; // nothing is unwritable for root
        }
        let home = TempDir::new().unwrap();
        let paths = Paths::under(home.path());
        paths.prepare().unwrap();
        std::fs::set_permissions(&paths.data_dir, std::fs::Permissions::from_mode(0o500)).unwrap();
        let error = paths.prepare().unwrap_err();
        assert_eq!(error.failure(), crate::Failure::Storage);
        assert!(error.to_string().starts_with("cannot write in /"), "{error}");
        assert_eq!(paths.data_dir.metadata().unwrap().permissions().mode() & 0o777, 0o500);
        std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
        std::fs::remove_dir(&paths.config_dir).unwrap_err();
        let missing = Paths::under(&home.path().join("p")).prepare().unwrap_err();
        assert!(missing.to_string().starts_with("cannot create /"), "{missing}");
        std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn checking_a_home_creates_nothing_and_passes_when_there_is_none() {
        let home = TempDir::new().unwrap();
        let paths = Paths::under(&home.path().join("none"));
        paths.check().unwrap();
        assert!(!home.path().join("none").exists());
    }
}
