//! Provider keys: read from where the configuration says, held in a type that cannot print itself, never
//! leaving this process but in the request to their own provider.

use plyrum_catalog::{KeySource, ProviderEntry};
use plyrum_config::{Paths, read_bounded};
use plyrum_redact::Secret;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;

/// Longest key, in bytes.
const MAX_KEY_BYTES: u64 = 16 * 1024;
/// Longest that a key command may take.
const COMMAND_WITHIN: Duration = Duration::from_secs(10);

/// The key of a provider: from where the configuration says, else one that was typed in. `None`: it takes none.
pub(crate) async fn of_provider(
    entry: &ProviderEntry,
    paths: &Paths,
    hidden: &[String],
) -> Result<Option<Secret>, String> {
    let typed = typed(entry, paths);
    match (&entry.api_key, typed) {
        // A variable that is not set leaves room for it; a file or a command that fails is a mistake to tell.
        (Some(KeySource::Env(name)), Some(typed)) if is_unset(name) => {
            read(&KeySource::File(typed), paths, hidden).await.map(Some)
        }
        (Some(source), _) => read(source, paths, hidden).await.map(Some),
        (None, Some(typed)) => read(&KeySource::File(typed), paths, hidden).await.map(Some),
        (None, None) => Ok(None),
    }
}

/// Whether this process lacks a variable, or has it empty.
pub(crate) fn is_unset(name: &str) -> bool {
    std::env::var_os(name).is_none_or(|value| value.is_empty())
}

/// The file of a key that was typed in for this provider at this server, where there is one.
fn typed(entry: &ProviderEntry, paths: &Paths) -> Option<PathBuf> {
    let file = paths.keys_dir().join(entry.key_file()?);
    file.exists().then_some(file)
}

/// Where a provider's key is, in words; none where it takes none.
pub(crate) fn place_of(entry: &ProviderEntry, paths: &Paths) -> Option<String> {
    let shown = |file: PathBuf| file.display().to_string();
    match (&entry.api_key, typed(entry, paths)) {
        (Some(KeySource::Env(name)), Some(typed)) if is_unset(name) => Some(shown(typed)),
        (Some(source), _) => Some(place(source)),
        (None, typed) => typed.map(shown),
    }
}

/// Reads a key; a command does not see the variables `hidden`. The error says where it was looked for, never what was found.
async fn read(source: &KeySource, paths: &Paths, hidden: &[String]) -> Result<Secret, String> {
    let text = match source {
        KeySource::Env(name) => {
            std::env::var(name).map_err(|_| format!("the variable {name} is not set in the daemon"))?
        }
        KeySource::File(path) => from_file(&paths.config_dir.join(path))?,
        KeySource::Command(argv) => from_command(argv, hidden).await?,
    };
    let key = text.trim();
    if key.is_empty() {
        return Err(format!("{} gives an empty key", place(source)));
    }
    if key.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(format!("{} gives a key with white space or control characters in it", place(source)));
    }
    Ok(Secret::new(key.to_owned()))
}

/// Where a key is looked for, in words.
fn place(source: &KeySource) -> String {
    match source {
        KeySource::Env(name) => format!("the variable {name}"),
        KeySource::File(path) => path.display().to_string(),
        KeySource::Command(argv) => format!("the command `{}`", argv.first().map_or("", String::as_str)),
    }
}

fn from_file(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let about = fs::metadata(path).map_err(|e| format!("{shown}: {e}"))?;
    if about.mode() & 0o077 != 0 {
        return Err(format!("{shown} can be read by others: chmod 600 '{shown}'"));
    }
    if about.len() > MAX_KEY_BYTES {
        return Err(format!("{shown} is larger than a key can be ({MAX_KEY_BYTES} bytes)"));
    }
    match read_bounded(path, MAX_KEY_BYTES) {
        Ok(Some(file)) => Ok(file.text),
        Ok(None) => Err(format!("{shown} is gone")),
        Err(e) => Err(e.to_string()),
    }
}

/// The command sees this environment but for the variables that hold keys of providers.
async fn from_command(argv: &[String], hidden: &[String]) -> Result<String, String> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err("the key command is empty".to_owned());
    };
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| hidden.iter().all(|key| name != key.as_str())))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| format!("the key command `{program}` cannot be started: {e}"))?;
    let mut text = String::new();
    let stdout = child.stdout.take();
    let work = async {
        if let Some(stdout) = stdout {
            stdout.take(MAX_KEY_BYTES).read_to_string(&mut text).await.map_err(|e| e.to_string())?;
        }
        child.wait().await.map_err(|e| e.to_string())
    };
    match tokio::time::timeout(COMMAND_WITHIN, work).await {
        Ok(Ok(status)) if status.success() => Ok(text),
        Ok(Ok(status)) => Err(format!("the key command `{program}` ended with {status}")),
        Ok(Err(e)) => Err(format!("the key command `{program}`: {e}")),
        Err(_) => Err(format!("the key command `{program}` took longer than {} s", COMMAND_WITHIN.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::Mode;

    #[test]
    fn a_variable_that_holds_something_is_not_lacking_whatever_it_holds() {
        assert!(!is_unset("PATH"));
        assert!(is_unset("PLYRUM_NO_SUCH_KEY"));
    }

    #[tokio::test]
    async fn a_key_comes_from_a_private_file_and_a_pipe_is_not_waited_for() {
        let home = tempfile::TempDir::new().unwrap();
        let paths = Paths::under(home.path());
        let (file, pipe) = (home.path().join("file"), home.path().join("pipe"));
        fs::write(&file, "sk-live-1\n").unwrap();
        nix::unistd::mkfifo(&pipe, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        let found = async |path: &Path| read(&KeySource::File(path.to_owned()), &paths, &[]).await;
        assert!(found(&file).await.unwrap_err().contains("chmod 600"));
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert_eq!(found(&file).await.unwrap().expose(), "sk-live-1");
        assert!(found(&pipe).await.unwrap_err().contains("not a regular file"));
    }

    #[tokio::test]
    async fn a_command_sees_no_key_of_a_provider() {
        let paths = Paths::under(Path::new("/nowhere"));
        let print = KeySource::Command(
            ["sh", "-c", "echo k-${PATH:+path}-${HOME:-none}"].map(str::to_owned).to_vec(),
        );
        // Any variable can hold a key; this one is surely there.
        let key = read(&print, &paths, &["HOME".to_owned()]).await.unwrap();
        assert_eq!(key.expose(), "k-path-none");
    }
}
