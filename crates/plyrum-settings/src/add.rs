//! A provider's entry is added to the user's own file: behind what is there, which stays to the letter.

use std::fs::File;
use std::path::{Path, PathBuf};

use plyrum_config::{ConfigError, Diagnostic, Paths, replace_file};

use crate::load::Sources;
use crate::{Fingerprint, Settings};

/// Why an entry was not added. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum AddProviderError {
    /// There is one of that name.
    #[error("{} has [providers.{name}] already", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// The entry says what cannot be.
    #[error("{why}")]
    Refused {
        /// The key of its line that is wrong; empty for its name.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// The file is broken, or would be with it.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Broken(Vec<Diagnostic>),
    /// The file system said no.
    #[error(transparent)]
    Storage(#[from] ConfigError),
}

/// Adds `[providers.NAME]` and its lines, where the whole is a configuration that works. Gives the file.
pub fn add_provider(paths: &Paths, name: &str, lines: &str) -> Result<PathBuf, AddProviderError> {
    // A link leads to where somebody keeps it, and stays a link.
    let path = std::fs::canonicalize(paths.config_file()).unwrap_or_else(|_| paths.config_file());
    let dir = path.parent().unwrap_or(Path::new("."));
    let failed = |action, path: &Path| {
        let path = path.to_owned();
        move |cause| ConfigError::Storage { path, action, cause }
    };
    let directory = File::open(dir).map_err(failed("open", dir))?;
    directory.lock().map_err(failed("lock", dir))?; // until it is closed
    let mut sources = Sources::read(paths, None).map_err(AddProviderError::Broken)?;
    let env = |name: &str| std::env::var_os(name);
    let settings = Settings::assemble(&sources, &env, Fingerprint::take(paths, None))
        .map_err(AddProviderError::Broken)?;
    let known = settings.catalog.provider(name);
    if known.is_some_and(|entry| entry.origin == plyrum_catalog::Origin::User) {
        return Err(AddProviderError::Exists { path, name: name.to_owned() });
    }
    let text = &mut sources.user_text;
    if !text.is_empty() {
        text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
    }
    let key = toml::Value::String(name.to_owned());
    let plain =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    text.push_str(&if plain { format!("[providers.{name}]\n") } else { format!("[providers.{key}]\n") });
    text.push_str(lines);
    let of_entry = sources.user_text.lines().count().saturating_sub(lines.lines().count());
    Settings::assemble(&sources, &env, Fingerprint::take(paths, None))
        .map_err(|problems| refused(problems, &sources.user_text, of_entry))?;
    replace_file(&directory, &path, &sources.user_text).map_err(failed("write", &path))?;
    Ok(path)
}

/// What is wrong with the entry whose header is the line `header`, where the entry is what is wrong.
fn refused(problems: Vec<Diagnostic>, text: &str, header: usize) -> AddProviderError {
    let of_entry = problems.iter().find(|problem| problem.line >= header && header > 0);
    match of_entry {
        None => AddProviderError::Broken(problems),
        Some(problem) => {
            let line = text.lines().nth(problem.line.saturating_sub(1)).unwrap_or_default();
            let key = line.split_once(" = ").map_or("", |(key, _)| key);
            AddProviderError::Refused { key: key.to_owned(), why: problem.message.clone() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_added_behind_what_is_there_once() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        paths.prepare().unwrap();
        let mine = "# mine\n[defaults]\nlang = \"ru\"";
        std::fs::write(paths.config_file(), mine).unwrap();
        let lines = "kind = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9/v1\"\n";
        add_provider(&paths, "lab", lines).unwrap();
        let text = std::fs::read_to_string(paths.config_file()).unwrap();
        assert_eq!(text, format!("{mine}\n\n[providers.lab]\n{lines}"));
        assert!(matches!(add_provider(&paths, "lab", lines), Err(AddProviderError::Exists { .. })));
        let wrong = add_provider(&paths, "other", "kind = \"telepathy\"\n").unwrap_err();
        assert!(wrong.to_string().contains("telepathy"), "{wrong}");
        for (lines, wrong) in [
            ("kind = \"telepathy\"\n", "kind"),
            ("kind = \"openai-chat\"\nbase_url = \"ftp://x\"\n", "base_url"),
        ] {
            let refused = add_provider(&paths, "other", lines);
            assert!(
                matches!(&refused, Err(AddProviderError::Refused { key, .. }) if key == wrong),
                "{refused:?}"
            );
        }
        assert_eq!(std::fs::read_to_string(paths.config_file()).unwrap(), text, "nothing is written");
        // One that comes with Plyrum may be replaced by one's own.
        add_provider(&paths, "openai", lines).unwrap();
    }
}
