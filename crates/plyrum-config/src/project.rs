//! A project's own files: `.plyrum/config.toml` from the working directory up to the root
//! of its git work tree.
//!
//! All of them count, not only the nearest: each may only narrow, so a file in a
//! subdirectory must not be able to lift what the root's file forbids. They come from
//! whoever wrote the repository, so a link, which could point at any file of the user's
//! and have its words quoted in an error, is refused.

use std::path::{Path, PathBuf};

use crate::source::broken;
use crate::{ConfigError, MAX_CONFIG_BYTES, SourceFile, read_bounded};

/// Deeper work trees are searched this far up and no further.
const MAX_DEPTH: usize = 64;

/// The project's files for this working directory, the outermost first. Outside a git work
/// tree the working directory alone is the project.
pub fn project_files(cwd: &Path) -> Result<Vec<SourceFile>, ConfigError> {
    let mut found = Vec::new();
    for path in project_paths(cwd) {
        refuse_links(&path)?;
        found.extend(read_bounded(&path, MAX_CONFIG_BYTES)?);
    }
    Ok(found)
}

/// Where such files may be, the outermost first, whether or not they exist.
pub fn project_paths(cwd: &Path) -> Vec<PathBuf> {
    let upwards: Vec<&Path> = cwd.ancestors().take(MAX_DEPTH).collect();
    let depth = upwards.iter().position(|dir| dir.join(".git").symlink_metadata().is_ok()).unwrap_or(0);
    upwards.iter().take(depth + 1).rev().map(|dir| dir.join(".plyrum/config.toml")).collect()
}

fn refuse_links(file: &Path) -> Result<(), ConfigError> {
    let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|found| found.is_symlink());
    if is_link(file) || file.parent().is_some_and(is_link) {
        return Err(broken(file, "a project's configuration must not be a symbolic link"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn texts(cwd: &Path) -> Vec<String> {
        project_files(cwd).unwrap().into_iter().map(|file| file.text).collect()
    }

    #[test]
    fn every_file_up_to_the_git_root_counts_and_none_above_it() {
        let top = TempDir::new().unwrap();
        write(top.path(), ".plyrum/config.toml", "above");
        write(top.path(), "repo/.git/HEAD", "");
        write(top.path(), "repo/.plyrum/config.toml", "root");
        write(top.path(), "repo/a/b/.plyrum/config.toml", "inner");
        assert_eq!(texts(&top.path().join("repo/a/b")), ["root", "inner"]);
        assert_eq!(texts(&top.path().join("repo/a")), ["root"]);
    }

    #[test]
    fn outside_git_the_working_directory_alone_is_the_project() {
        let top = TempDir::new().unwrap();
        write(top.path(), ".plyrum/config.toml", "above");
        write(top.path(), "a/x", "");
        assert_eq!(texts(&top.path().join("a")), Vec::<String>::new());
        assert_eq!(texts(top.path()), ["above"]);
    }

    #[test]
    fn a_linked_file_or_folder_is_refused() {
        let top = TempDir::new().unwrap();
        write(top.path(), "secret", "password = 1");
        fs::create_dir(top.path().join(".plyrum")).unwrap();
        std::os::unix::fs::symlink(top.path().join("secret"), top.path().join(".plyrum/config.toml"))
            .unwrap();
        let error = project_files(top.path()).unwrap_err();
        assert!(error.to_string().contains("must not be a symbolic link"), "{error}");
    }
}
