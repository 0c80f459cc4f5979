//! What a repository's own settings would run though every hook, pager and external difference is off: filters of
//! file contents, and the drivers that `.gitattributes` may name. Only a repository of which every line of its settings
//! is known to be harmless is read unasked.

use super::At;
use std::path::{Path, PathBuf};

/// Largest settings file that is looked at, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// Sections of which no setting runs a program while git reads as it is hardened, or leads elsewhere.
const PLAIN: &[&str] = &[
    "advice",
    "alias",
    "apply",
    "branch",
    "color",
    "column",
    "commit",
    "core",
    "diff",
    "extensions",
    "feature",
    "fetch",
    "format",
    "gc",
    "gui",
    "i18n",
    "index",
    "init",
    "lfs",
    "log",
    "maintenance",
    "merge",
    "pack",
    "pull",
    "push",
    "rebase",
    "receive",
    "remote",
    "rerere",
    "status",
    "tag",
    "user",
];
/// Those that may have a name.
const NAMED: &[&str] = &["branch", "color", "lfs", "remote", "submodule"];

/// Looks at every repository that git could find from the working directory on: it passes over what only looks like
/// one.
pub(super) fn check(at: &At<'_>) -> Result<(), String> {
    let Some(disk) = at.ground.disk else { return Ok(()) };
    let mut found = false;
    for folder in at.cwd.ancestors() {
        let folder = disk.join(folder);
        if looks_like_repository(&folder) {
            return Err(format!("`{}` looks like a bare repository", folder.display()));
        }
        let dot_git = folder.join(".git");
        if dot_git.symlink_metadata().is_err() {
            continue;
        }
        settings(&dot_git).into_iter().try_for_each(|file| harmless(&file))?;
        found |= dot_git.is_file() || looks_like_repository(&dot_git);
    }
    let mut above = at.ground.workspace.ancestors().skip(1).filter(|_| !found);
    match above.find(|folder| folder.join(".git").symlink_metadata().is_ok()) {
        Some(folder) => Err(format!("the repository is above the workspace, at `{}`", folder.display())),
        None => Ok(()),
    }
}

fn looks_like_repository(folder: &Path) -> bool {
    let has = |name| folder.join(name).symlink_metadata().is_ok();
    has("HEAD") && (has("commondir") || has("objects") && has("refs"))
}

/// The settings files of a repository; a work tree's `.git` is a file that names its folder.
fn settings(dot_git: &Path) -> Vec<PathBuf> {
    let mut folders = vec![dot_git.to_path_buf()];
    // What cannot be read as a path is looked at as settings, which it is not: it is refused.
    let mut files = Vec::new();
    if dot_git.is_file() {
        match line_of(dot_git).as_deref().and_then(|line| line.strip_prefix("gitdir: ")) {
            Some(named) => folders.push(dot_git.parent().unwrap_or(dot_git).join(named)),
            None => files.push(dot_git.to_path_buf()),
        }
    }
    for folder in folders.clone() {
        let common = folder.join("commondir");
        match line_of(&common) {
            Some(named) => folders.push(folder.join(named)),
            None if common.symlink_metadata().is_ok() => files.push(common),
            None => {}
        }
    }
    files.extend(folders.iter().flat_map(|folder| [folder.join("config"), folder.join("config.worktree")]));
    files
}

/// The only line of a file, as git takes it: line breaks at its end do not count, blanks do.
fn line_of(file: &Path) -> Option<String> {
    let text = read(file)?;
    let line = text.trim_end_matches(['\n', '\r']);
    (!line.is_empty() && !line.chars().any(char::is_control)).then(|| line.to_owned())
}

fn read(file: &Path) -> Option<String> {
    let meta = file.metadata().ok()?;
    if !meta.is_file() || meta.len() > MAX_BYTES {
        return None;
    }
    std::fs::read_to_string(file).ok()
}

fn harmless(file: &Path) -> Result<(), String> {
    if file.symlink_metadata().is_err() {
        return Ok(());
    }
    let wrong = |what: &str| Err(format!("`{}` {what}", file.display()));
    let Some(text) = read(file) else { return wrong("cannot be read as settings of git") };
    for line in text.lines().map(|line| line.trim().to_ascii_lowercase()) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with('[') {
            if !plain_section(&line) {
                return wrong("has a section that may make git run a program or read another file");
            }
            continue;
        }
        let key = line.split_once('=').map_or(line.as_str(), |(key, _)| key).trim_end();
        // `worktreeConfig` is an extension and harmless; `worktree` leads elsewhere.
        if key == "worktree" {
            return wrong("says that its files are elsewhere");
        }
        let plain = key.starts_with(|c: char| c.is_ascii_alphabetic())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !plain || line.ends_with('\\') {
            return wrong("has a line that is no plain setting");
        }
    }
    Ok(())
}

/// Exactly `[section]` or `[section "name"]`, and nothing but a comment behind it.
fn plain_section(line: &str) -> bool {
    let Some((header, behind)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return false;
    };
    let behind = behind.trim_start();
    let quoted = || {
        let (section, name) = header.split_once(' ')?;
        let name = name.trim_start().strip_prefix('"')?.strip_suffix('"')?;
        (NAMED.contains(&section) && !name.contains(['"', '\\'])).then_some(())
    };
    (behind.is_empty() || behind.starts_with(['#', ';'])) && (PLAIN.contains(&header) || quoted().is_some())
}
