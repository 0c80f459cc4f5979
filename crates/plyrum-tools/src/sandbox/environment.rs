//! The environment of a command: an allow-list of names, less what looks like a secret.

use std::ffi::OsString;

const NAMES: &[&str] = &[
    "PATH",
    "HOME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "USER",
    "LOGNAME",
    "SHELL",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "GOPATH",
    "GOROOT",
    "GOMODCACHE",
    "JAVA_HOME",
    "NVM_DIR",
    "PYENV_ROOT",
    "VIRTUAL_ENV",
    "PKG_CONFIG_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NIX_SSL_CERT_FILE",
    "LOCALE_ARCHIVE",
];
const SECRET: &[&str] = &[
    "KEY",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "COOKIE",
    "SESSION",
    "AUTH",
];
/// These change what a program loads or runs, whoever sets them.
const LOADING: &[&str] = &["LD_", "DYLD_", "BASH_ENV", "ENV", "BASH_FUNC_", "GCONV_PATH", "PLYRUM_"];

/// What a command sees: the allowed part of `of`, then `additions` (which may be any name but a secret's or
/// one that changes what is loaded), then what is always so.
pub(crate) fn allowed(
    of: impl IntoIterator<Item = (OsString, OsString)>,
    additions: &[(OsString, OsString)],
) -> Vec<(OsString, OsString)> {
    let listed = |name: &str| NAMES.contains(&name);
    let mut kept: Vec<_> = of.into_iter().filter(|(name, _)| name.to_str().is_some_and(listed)).collect();
    kept.extend(additions.iter().filter(|(name, _)| name.to_str().is_some_and(is_harmless)).cloned());
    kept.push(("TERM".into(), "dumb".into()));
    // A shell reads characters by its locale: in some, the second byte of one can be a backslash or a bar.
    kept.push(("LC_ALL".into(), "C.UTF-8".into()));
    kept
}

fn is_harmless(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    // Ours, of which nothing is a key: how settings are passed to git.
    let of_git = upper.strip_prefix("GIT_CONFIG_KEY_").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    (of_git || !SECRET.iter().any(|word| upper.contains(word)))
        && !LOADING.iter().any(|word| upper == *word || (word.ends_with('_') && upper.starts_with(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_out_whoever_passes_them() {
        let of = ["PATH", "OPENAI_API_KEY", "LC_ALL", "LD_PRELOAD", "PLYRUM_HOME", "XDG_RUNTIME_DIR"];
        let added = [
            "CI",
            "GIT_CONFIG_KEY_12",
            "GIT_CONFIG_KEY_X",
            "GITHUB_TOKEN",
            "my_secret",
            "LD_LIBRARY_PATH",
            "BASH_ENV",
            "PLYRUM_HOME",
        ];
        let pair = |name: &&str| (OsString::from(*name), OsString::from("x"));
        let additions: Vec<_> = added.iter().map(pair).collect();
        let names: Vec<_> = allowed(of.iter().map(pair), &additions).into_iter().map(|p| p.0).collect();
        assert_eq!(names, ["PATH", "CI", "GIT_CONFIG_KEY_12", "TERM", "LC_ALL"]);
    }
}
