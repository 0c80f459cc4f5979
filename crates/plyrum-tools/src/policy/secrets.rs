//! Files of a workspace that usually hold a secret: a command that only reads and was confirmed by a policy does not see
//! them, however it finds its files. Whoever names such a file is asked for anyway.

use super::protected::{Guarded, guarded};
use std::path::{Path, PathBuf};

/// How deep, and over how many entries, they are looked for.
const MAX_DEPTH: usize = 6;
const MAX_ENTRIES: usize = 10_000;
const NOT_SEARCHED: &[&str] = &[".git", "node_modules", "target", ".venv", "dist", "build"];
/// Of the names that nobody writes, those that hold keys.
const KEYS: &[&str] = &[
    ".aws",
    ".azure",
    ".docker",
    ".env.keys",
    ".envrc",
    ".git-credentials",
    ".gnupg",
    ".kube",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    ".ssh",
    ".yarnrc.yml",
];

/// Whether a file or folder of this name usually holds a secret.
pub(crate) fn holds_keys(name: &str) -> bool {
    match guarded(name) {
        Some(Guarded::Private) => true,
        Some(Guarded::Protected) => KEYS.contains(&name.to_lowercase().as_str()),
        None => false,
    }
}

/// Their paths, relative to the workspace, as far as that is quick.
pub fn secrets_below(workspace: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![(PathBuf::new(), 0)];
    let mut left = MAX_ENTRIES;
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(workspace.join(&folder)).into_iter().flatten().flatten() {
            if left == 0 {
                return found;
            }
            left -= 1;
            let (name, path) = (entry.file_name(), folder.join(entry.file_name()));
            let Some(name) = name.to_str() else { continue };
            if holds_keys(name) {
                found.push(path);
            } else if depth < MAX_DEPTH
                && entry.file_type().is_ok_and(|kind| kind.is_dir())
                && !NOT_SEARCHED.contains(&name)
            {
                folders.push((path, depth + 1));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_keys_is_found_at_any_usual_depth_and_the_rest_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            ".env",
            "a/b/.env.local",
            "a/.npmrc",
            "b/.envrc",
            ".git/config",
            "src/main.rs",
            ".env.example",
            "keys/id_rsa",
        ] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        std::os::unix::fs::symlink("/", dir.path().join("root")).unwrap();
        let mut found = secrets_below(dir.path());
        found.sort();
        assert_eq!(
            found,
            [".env", "a/.npmrc", "a/b/.env.local", "b/.envrc", "keys/id_rsa"].map(PathBuf::from)
        );
    }
}
