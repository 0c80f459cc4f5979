//! What the caller says about its machine and its own secrets, once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Level;
use plyrum_config::Paths;

/// How the program executes itself again: it must hand the arguments after `arguments` to
/// [`inner_main`](super::inner_main) before anything else, with no threads running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// An absolute path.
    pub program: PathBuf,
    /// Words before the stage's own, such as `__sandbox`.
    pub arguments: Vec<OsString>,
}

/// Limits of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open files of one process.
    pub open_files: u64,
    /// Bytes of one file that is written.
    pub file_bytes: u64,
    /// Processes and threads in the sandbox; looked at a few times a second, and beyond it everything is
    /// killed. The kernel's own limit is by user, not by sandbox, and does not bind root.
    pub processes: u64,
    /// Bytes of memory that all processes in the sandbox have to themselves; looked at as often, and beyond it
    /// everything is killed. What grows faster than that meets the kernel, which ends a command before anything else.
    pub memory_bytes: u64,
    /// Seconds of processor time of one process.
    pub cpu_seconds: u64,
    /// Bytes of the private `/tmp`, and of each other private folder.
    pub temporary_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open_files: 4096,
            file_bytes: 8 << 30,
            processes: 2048,
            memory_bytes: 8 << 30,
            cpu_seconds: 2 * 60 * 60,
            temporary_bytes: 2 << 30,
        }
    }
}

/// What holds for every command of one daemon.
#[derive(Debug, Clone)]
pub struct Config {
    /// How the program executes itself.
    pub helper: Helper,
    /// A folder for notes about mount points; made when missing, hidden from commands.
    pub state_dir: PathBuf,
    /// The user's home. A command may not write where the workspace is this folder or holds it.
    pub home: PathBuf,
    /// Files and folders that no command sees: the daemon's socket, config, data and state.
    /// [`usual_secrets`] gives more.
    pub hidden: Vec<PathBuf>,
    /// Names directly in the workspace that no command writes, there or not. A name that ends in `/` is made
    /// as a folder where it is missing, any other as an empty file. [`usual_protected`] is the list.
    pub protected: Vec<String>,
    /// The highest level to offer, for tests and for those who must do without.
    pub max_level: Level,
    /// Limits of a command.
    pub limits: Limits,
}

/// Sets the highest level that is offered: for tests, and for those who must do without.
const LEVEL_VARIABLE: &str = "PLYRUM_SANDBOX";

impl Config {
    /// What holds for this user: commands see neither Plyrum's own folders nor the usual secrets. `program` is `plyrum`,
    /// which hands the words after `__sandbox` to [`inner_main`](super::inner_main).
    pub fn of_user(paths: &Paths, program: PathBuf) -> Self {
        let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let home = home.canonicalize().unwrap_or(home);
        let own = [&paths.config_dir, &paths.data_dir, &paths.state_dir, &paths.run_dir];
        let mut hidden: Vec<PathBuf> = own.into_iter().cloned().collect();
        hidden.extend(usual_secrets(&home));
        let asked = std::env::var(LEVEL_VARIABLE).ok().and_then(|word| word.parse().ok());
        Self {
            helper: Helper { program, arguments: vec!["__sandbox".into()] },
            state_dir: paths.state_dir.join("sandbox"),
            home,
            hidden,
            protected: usual_protected(),
            max_level: asked.unwrap_or(Level::Full),
            limits: Limits::default(),
        }
    }
}

/// Names in a workspace that run code when a person, an editor or a tool looks at them, and that no command may even
/// create. Each is a mount, and mounts are what a sandbox costs; the other names that nobody writes are kept where they
/// are, and told of where a command creates one.
///
/// Where missing most are made as folders: git does not list an empty folder as untracked, and a file's reader
/// takes it for no file. Those whose readers stumble over a folder are made as files.
pub fn usual_protected() -> Vec<String> {
    [
        ".git/",
        ".plyrum/",
        ".vscode/",
        ".idea/",
        ".cargo/",
        ".husky/",
        ".ssh/",
        ".githooks/",
        ".claude/",
        ".devcontainer/",
        ".envrc/",
        ".bashrc/",
        ".bash_profile/",
        ".profile/",
        ".zshrc/",
        ".zshenv/",
        ".gitconfig/",
        ".mcp.json/",
        ".npmrc",
        ".yarnrc.yml",
        ".mise.toml",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Where secrets of other programs usually lie. What does not exist is passed over.
pub fn usual_secrets(home: &Path) -> Vec<PathBuf> {
    const IN_HOME: &[&str] = &[
        ".ssh",
        ".aws",
        ".azure",
        ".gnupg",
        ".kube",
        ".netrc",
        ".pgpass",
        ".my.cnf",
        ".pypirc",
        ".npmrc",
        ".yarnrc.yml",
        ".git-credentials",
        ".vault-token",
        ".terraform.d",
        ".terraformrc",
        ".password-store",
        ".docker",
        ".m2/settings.xml",
        ".gradle/gradle.properties",
        ".gem/credentials",
        ".cargo/credentials",
        ".cargo/credentials.toml",
        ".mozilla",
        ".thunderbird",
        ".bash_history",
        ".zsh_history",
        ".psql_history",
        ".python_history",
        ".node_repl_history",
        ".config/gh",
        ".config/hub",
        ".config/glab-cli",
        ".config/gcloud",
        ".config/git/credentials",
        ".config/op",
        ".config/rclone",
        ".config/doctl",
        ".config/google-chrome",
        ".config/chromium",
        ".config/BraveSoftware",
        ".config/containers/auth.json",
        ".local/share/keyrings",
        ".local/share/kwalletd",
        ".claude",
        ".claude.json",
        ".codex",
        ".config/anthropic",
        ".config/openai",
    ];
    const OF_ROOT: &[&str] =
        &["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers"];
    IN_HOME.iter().map(|name| home.join(name)).chain(OF_ROOT.iter().map(PathBuf::from)).collect()
}
