//! What a shell would make of a pattern. The walk is bounded; a pattern that goes beyond the bounds, leaves the
//! workspace, or finds a name that looks like an option is refused.

use super::ground::{Ground, Lies};
use super::wildcard;
use std::path::Path;

/// Most directory entries looked at for one pattern.
const MAX_ENTRIES: usize = 10_000;
/// Most files that one pattern may find.
const MAX_MATCHES: usize = 1_000;

/// Everything that `pattern` may become in `cwd`, in order; the pattern itself where it finds nothing, as in a
/// shell. The error says what is in the way.
pub(super) fn expand(ground: &Ground<'_>, cwd: &Path, pattern: &str) -> Result<Vec<String>, String> {
    if pattern.starts_with('/') || pattern.split('/').any(|part| part == "..") {
        return Err(format!("the pattern `{pattern}` may leave the workspace"));
    }
    if ["[:", "[.", "[="].iter().any(|class| pattern.contains(class)) {
        return Err(format!("the pattern `{pattern}` names a class of characters"));
    }
    let mut found = vec![String::new()];
    let mut entries = 0;
    let mut parts = pattern.split('/').filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none() && !pattern.ends_with('/');
        let mut next = Vec::new();
        for base in &found {
            step(ground, cwd, base, part, last, &mut entries, &mut next)?;
        }
        found = next;
    }
    if pattern.ends_with('/') {
        for path in &mut found {
            path.push('/');
        }
    }
    found.sort();
    match found.iter().find(|path| path.starts_with('-')) {
        Some(option) => Err(format!("the pattern `{pattern}` finds `{option}`, which looks like an option")),
        None if found.is_empty() => Ok(vec![pattern.to_owned()]),
        None => Ok(found),
    }
}

fn step(
    ground: &Ground<'_>,
    cwd: &Path,
    base: &str,
    part: &str,
    last: bool,
    entries: &mut usize,
    next: &mut Vec<String>,
) -> Result<(), String> {
    let Lies::Inside(real) = ground.locate(cwd, base) else {
        return Err(format!("a pattern looks into `{base}`, which is guarded or lies outside the workspace"));
    };
    let folder = ground.disk.unwrap_or(ground.workspace).join(real);
    if !part.contains(['*', '?', '[']) {
        if folder.join(part).symlink_metadata().is_ok() {
            next.push(joined(base, part));
        }
        return Ok(());
    }
    let mut names = Vec::new();
    if part.starts_with(['.', '[']) {
        // Some shells find these two.
        names.extend([".".to_owned(), "..".to_owned()]);
    }
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        *entries += 1;
        if *entries > MAX_ENTRIES {
            return Err(format!("a pattern looks at more than {MAX_ENTRIES} files"));
        }
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            return Err("a pattern finds a name that is no UTF-8".to_owned());
        };
        // A link to a folder counts as one, and so may anything that is behind a link.
        if last || entry.file_type().is_ok_and(|kind| kind.is_dir() || kind.is_symlink()) {
            names.push(name.to_owned());
        }
    }
    for name in names.into_iter().filter(|name| wildcard::name(part, name)) {
        if next.len() >= MAX_MATCHES {
            return Err(format!("a pattern finds more than {MAX_MATCHES} files"));
        }
        next.push(joined(base, &name));
    }
    Ok(())
}

fn joined(base: &str, name: &str) -> String {
    if base.is_empty() { name.to_owned() } else { format!("{base}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::process::Command;

    #[test]
    fn a_pattern_finds_what_bash_finds_and_no_less() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for folder in ["a/b", "a/c", "ax", "я", ".hidden/x", "empty"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        for file in [
            "a/b/1.rs",
            "a/c/2.rs",
            "a/c/.3.rs",
            "ax/4.rs",
            "5.rs",
            "B.rs",
            ".6.rs",
            "я/7.rs",
            "x y.rs",
            "[z]",
        ] {
            std::fs::write(root.join(file), "").unwrap();
        }
        std::os::unix::fs::symlink("a", root.join("link")).unwrap();
        let ground = Ground { workspace: &root, home: None, disk: Some(&root) };
        let patterns = [
            "*", "*.rs", "*/*.rs", "a/*/*.rs", "*/", "a*/", "?.rs", "??", "я/*", "*/.*.rs", ".*.rs",
            "**/*.rs", "none*", "a/none*", "*/none", "a/b/*", "*/b/1.rs", "l*/b/*", "./*.rs", "a//*",
            "*.rs/", "x*", "empty/*",
        ];
        for (pattern, locale) in patterns.iter().flat_map(|pattern| [(pattern, "C"), (pattern, "C.UTF-8")]) {
            let script = format!("shopt -u globstar; LC_ALL={locale}; printf '%s\\n' {pattern}");
            let Ok(out) = Command::new("bash").args(["--norc", "-c", &script]).current_dir(&root).output()
            else {
                println!("SKIPPED: there is no bash, patterns were not compared with it");
                return;
            };
            // What the shell keeps of the spelling, `a//b` and `./b`, names the same file.
            let plain = |path: &str| path.replace("//", "/").trim_start_matches("./").to_owned();
            let expected: BTreeSet<String> =
                std::str::from_utf8(&out.stdout).unwrap().lines().map(plain).collect();
            let found = expand(&ground, Path::new(""), pattern).unwrap();
            let found: BTreeSet<String> = found.iter().map(|path| plain(path)).collect();
            // Nothing is missed in any locale, and nothing invented where the locale does not matter.
            assert!(found.is_superset(&expected), "{pattern} in {locale}: {found:?} {expected:?}");
            let ascii = |names: &BTreeSet<String>| {
                names.iter().filter(|name| name.is_ascii()).cloned().collect::<Vec<_>>()
            };
            assert_eq!(ascii(&found), ascii(&expected), "{pattern} in {locale}");
        }
        assert!(expand(&ground, Path::new(""), "[[:alpha:]].rs").is_err());
        for (pattern, least) in [("[ab]*", "a"), ("[!a].rs", "5.rs"), ("[]5].rs", "5.rs"), ("[a-z]", "a")] {
            let found = expand(&ground, Path::new(""), pattern).unwrap();
            assert!(found.iter().any(|name| name == least), "{pattern} finds {found:?}");
        }
    }
}
