//! Names that no file tool ever writes: they run code, hold keys, or are Plyrum's own.

use std::os::unix::ffi::OsStrExt as _;

use super::path::{RelPath, escape};

/// Names protected at any depth, whatever their case. A name with a `/` is a path's end.
pub const PROTECTED: &[&str] = &[
    ".aws",
    ".azure",
    ".bash_aliases",
    ".bash_login",
    ".bash_logout",
    ".bash_profile",
    ".bashrc",
    ".cargo",
    ".claude",
    ".codex",
    ".config",
    ".cshrc",
    ".cursor",
    ".devcontainer",
    ".direnv",
    ".docker",
    ".env.keys",
    ".envrc",
    ".gdbinit",
    ".git",
    ".git-credentials",
    ".gitattributes",
    ".gitconfig",
    ".gitmodules",
    ".gnupg",
    ".hg",
    ".husky",
    ".idea",
    ".inputrc",
    ".jj",
    ".kube",
    ".lldbinit",
    ".login",
    ".mcp.json",
    ".mise.toml",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".plyrum",
    ".pre-commit-config.yaml",
    ".profile",
    ".pypirc",
    ".rvmrc",
    ".ssh",
    ".svn",
    ".tcshrc",
    ".tool-versions",
    ".vscode",
    ".yarnrc",
    ".yarnrc.yml",
    ".zlogin",
    ".zlogout",
    ".zprofile",
    ".zshenv",
    ".zshrc",
];

/// Whether a path goes through one of them.
pub fn runs_code(path: &std::path::Path) -> bool {
    path.iter().any(|name| protected_name(name.as_bytes()).is_some())
}

/// The entry of [`PROTECTED`] that the path is or lies in, if any.
pub fn protected(path: &RelPath) -> Option<&'static str> {
    path.inner().iter().find_map(|name| protected_name(name.as_bytes()))
}

pub(crate) fn protected_name(name: &[u8]) -> Option<&'static str> {
    let plain = plain(&escape(name));
    if let Some(part) = PROTECTED.iter().find(|part| **part == plain) {
        return Some(part);
    }
    // The short name that Windows file systems give to `.git`.
    (plain == "git~1").then_some(".git")
}

/// The name as a careless file system may read it: without case, without characters that some of them skip,
/// without dots and spaces at its end.
fn plain(name: &str) -> String {
    let kept = name.chars().filter(|c| !is_skipped(*c)).flat_map(char::to_lowercase);
    // U+212A KELVIN SIGN and U+017F LONG S are letters by another name.
    let kept: String = kept.map(|c| if c == '\u{17f}' { 's' } else { c }).collect();
    kept.trim_end_matches(['.', ' ']).to_owned()
}

/// Characters that HFS+ leaves out when it compares names (the list that git refuses).
fn is_skipped(char: char) -> bool {
    matches!(char, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<&'static str> {
        protected(&RelPath::parse(path, &[]).unwrap())
    }

    #[test]
    fn protected_names_are_found_at_any_depth_and_in_any_case() {
        for (path, part) in [
            (".git/config", ".git"),
            ("a/b/.GIT/hooks/x", ".git"),
            ("sub/.EnvRC", ".envrc"),
            (".plyrum/config.toml", ".plyrum"),
            (".Cargo/config.toml", ".cargo"),
            (".ssh", ".ssh"),
            ("x/.g\u{200c}it/config", ".git"),
            (".git./config", ".git"),
            ("GIT~1/config", ".git"),
            (".ba\u{17f}hrc", ".bashrc"),
            (".h\u{75}s\u{212a}y/pre-commit", ".husky"),
        ] {
            assert_eq!(of(path), Some(part), "{path}");
        }
    }

    #[test]
    fn ordinary_files_are_not() {
        for path in ["src/main.rs", ".gitignore", ".github/workflows/ci.yml", "git", "a.git", ".env.example"]
        {
            assert_eq!(of(path), None, "{path}");
        }
    }

    #[test]
    fn the_list_is_sorted_lower_case_and_of_single_names() {
        assert!(PROTECTED.is_sorted());
        assert!(PROTECTED.iter().all(|name| *name == name.to_lowercase() && !name.contains('/')));
    }
}
