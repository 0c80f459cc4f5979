//! Names that no auto-confirmation touches: the ones that file tools never write, and some that are only asked for.

use crate::workspace::protected_name;

/// Names that usually hold a secret or make an editor run code: asked for, not refused to file tools.
const PRIVATE: &[&str] = &[
    ".emacs",
    ".emacs.d",
    ".env",
    ".exrc",
    ".htpasswd",
    ".irbrc",
    ".kshrc",
    ".my.cnf",
    ".nvimrc",
    ".pdbrc",
    ".pnpmfile.cjs",
    ".rustup",
    ".screenrc",
    ".tmux.conf",
    ".vault-token",
    ".vimrc",
    ".xinitrc",
    ".xprofile",
    ".xsession",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
];

/// How closely a name is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guarded {
    /// It usually holds a secret.
    Private,
    /// Only people write it.
    Protected,
}

/// Whether one component of a path is guarded. Case and invisible characters do not count: there are file
/// systems that fold both.
pub(super) fn guarded(component: &str) -> Option<Guarded> {
    // All guarded names begin so; others need no closer look.
    if component.is_ascii() && !component.starts_with(['.', 'i', 'I', 'g', 'G']) {
        return None;
    }
    if protected_name(component.as_bytes()).is_some() {
        return Some(Guarded::Protected);
    }
    let plain: String = component.chars().filter(|c| !super::shell::invisible(*c)).collect();
    let plain = plain.to_lowercase();
    let plain = plain.trim_end_matches(['.', ' ']);
    let shown = ["example", "sample", "template", "dist"];
    let private = PRIVATE.binary_search(&plain).is_ok()
        || plain.strip_prefix(".env.").is_some_and(|kind| !shown.contains(&kind));
    private.then_some(Guarded::Private)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_they_are_spelt() {
        assert!(PRIVATE.is_sorted());
        assert!(crate::PROTECTED.iter().all(|name| name.starts_with('.')), "what `guarded` looks at first");
        for name in [".git", ".GIT", ".g\u{200c}it", ".git.", ".Envrc", ".ssh", "GIT~1"] {
            assert_eq!(guarded(name), Some(Guarded::Protected), "{name}");
        }
        for name in [".env", ".ENV.local", "id_rsa"] {
            assert_eq!(guarded(name), Some(Guarded::Private), "{name}");
        }
        for name in [".gitignore", ".github", ".env.example", "git", "profile", "index.rs", "я"] {
            assert_eq!(guarded(name), None, "{name}");
        }
    }
}
