//! What a repository's own settings would run though every hook, pager and external difference is off: filters of
//! file contents. Such a repository, and one whose settings lead elsewhere, is not read unasked.

use super::At;
use std::path::{Path, PathBuf};

/// Largest settings file that is looked at, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// Looks at the repository that git would find from the working directory on.
pub(super) fn check(at: &At<'_>) -> Result<(), String> {
    if !at.ground.on_disk {
        return Ok(());
    }
    let mut below = Some(at.cwd);
    while let Some(folder) = below {
        let dot_git = at.ground.workspace.join(folder).join(".git");
        if dot_git.symlink_metadata().is_ok() {
            return settings(&dot_git).into_iter().try_for_each(|file| harmless(&file));
        }
        below = folder.parent();
    }
    let mut above = at.ground.workspace.ancestors().skip(1);
    match above.find(|folder| folder.join(".git").symlink_metadata().is_ok()) {
        Some(folder) => Err(format!("the repository is above the workspace, at `{}`", folder.display())),
        None => Ok(()),
    }
}

/// The settings files of a repository; a work tree's `.git` is a file that names its folder.
fn settings(dot_git: &Path) -> Vec<PathBuf> {
    let mut folders = vec![dot_git.to_path_buf()];
    if let Some(named) =
        line_of(dot_git).and_then(|line| line.strip_prefix("gitdir:").map(|path| path.trim().to_owned()))
    {
        let folder = dot_git.parent().unwrap_or(dot_git).join(named);
        if let Some(common) = line_of(&folder.join("commondir")) {
            folders.push(folder.join(common.trim()));
        }
        folders.push(folder);
    }
    folders.iter().flat_map(|folder| [folder.join("config"), folder.join("config.worktree")]).collect()
}

fn line_of(file: &Path) -> Option<String> {
    let text = read(file)?;
    text.lines().next().map(str::to_owned)
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
        let (section, key) = match line.strip_prefix('[') {
            Some(header) => (header.trim_start(), header.rsplit(']').next().unwrap_or_default().trim()),
            None => ("", line.as_str()),
        };
        if section.starts_with("filter") || section.starts_with("include") {
            return wrong("has a section that makes git run a program or read another file");
        }
        // `worktreeConfig` is an extension and harmless; `worktree` leads elsewhere.
        if key.strip_prefix("worktree").is_some_and(|rest| rest.trim_start().starts_with('=')) {
            return wrong("says that its files are elsewhere");
        }
    }
    Ok(())
}
