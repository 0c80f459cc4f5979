//! Whether the words of a command name a path. Words are looked at as they are written, from the workspace's root
//! on: neither links nor the working directory are known here, and not what a program reads that is given no path.

use crate::policy::wildcard;

/// Whether a word, or a value in it, is a path that the pattern names, or a folder above one.
pub(super) fn names(argv: &[String], glob: &str) -> bool {
    let program = argv.first().filter(|program| program.contains('/'));
    program.into_iter().chain(argv.iter().skip(1)).flat_map(|word| parts(word)).any(|part| hits(part, glob))
}

/// What in a word may be a path: the word, what is behind `=`, behind a short option, and on the sides of a colon.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let whole = Some(word).filter(|word| !word.starts_with('-'));
    let value = word.split_once('=').map(|(_, value)| value);
    let short = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
    let glued = short.and_then(|rest| rest.char_indices().nth(1)).and_then(|(at, _)| word.get(at + 1..));
    let sides = word.split(':').filter(move |_| word.contains(':') && !word.starts_with('-'));
    whole.into_iter().chain(value).chain(glued).chain(sides).filter(|part| !part.is_empty())
}

fn hits(part: &str, glob: &str) -> bool {
    // Where the workspace lies is not known: an absolute path is compared by its end.
    if part.starts_with('/') {
        return wildcard::path(&format!("**/{glob}"), &plain(part).join("/"));
    }
    let names = plain(part);
    wildcard::path(glob, &names.join("/")) || above(&names, glob)
}

/// The names of a path without `.` and `..`.
fn plain(path: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in path.split('/').filter(|name| !name.is_empty() && *name != ".") {
        if name == ".." {
            names.pop();
        } else {
            names.push(name);
        }
    }
    names
}

/// Whether the pattern may name something below a folder. A pattern that begins with `**` may, below every one: there
/// only the root itself counts, lest every word be taken for a folder.
fn above(folder: &[&str], glob: &str) -> bool {
    let mut pattern = glob.split('/').filter(|part| !part.is_empty() && *part != ".").peekable();
    if folder.is_empty() {
        return true;
    }
    if pattern.peek() == Some(&"**") {
        return false;
    }
    for name in folder {
        match pattern.next() {
            Some("**") => return true,
            Some(part) if wildcard::path(part, name) => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn words_that_name_a_path_or_a_folder_above_it_are_found() {
        let hit = |command: &str, glob: &str| {
            let argv: Vec<String> = command.split(' ').map(str::to_owned).collect();
            names(&argv, glob)
        };
        for (command, glob) in [
            ("cat secret/a", "secret/**"),
            ("cat ./secret/a", "secret/**"),
            ("cat x/../secret/a", "secret/**"),
            ("cat x//../secret//a", "secret/**"),
            ("cat /w/p/secret/a", "secret/**"),
            ("grep -r x secret", "secret/a/b"),
            ("grep -r x secret/", "secret/a/b"),
            ("grep -r x .", "secret/a/b"),
            ("grep -r x .", "**/*.pem"),
            ("grep -r x src/a", "src/**/k.pem"),
            ("grep --file=secret/a x", "secret/**"),
            ("grep -fsecret/a x", "secret/**"),
            ("git show HEAD:secret/a", "secret/**"),
            ("cat a/k.pem", "**/*.pem"),
            ("secret/run", "secret/**"),
            ("x -Dя=secret/a", "secret/**"),
            ("x -яsecret/a", "secret/**"),
        ] {
            assert!(hit(command, glob), "{command} {glob}");
        }
        for (command, glob) in [
            ("cat src/a", "secret/**"),
            ("cat secrets", "secret/**"),
            ("ls", "secret/**"),
            ("secret x", "secret/**"),
            ("grep -r x src", "**/*.pem"),
            ("x --secret", "secret/**"),
            ("x - -я", "secret/**"),
            ("cat secret/b", "secret/a"),
        ] {
            assert!(!hit(command, glob), "{command} {glob}");
        }
    }
}
