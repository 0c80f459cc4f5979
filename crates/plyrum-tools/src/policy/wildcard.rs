//! Patterns: `*`, `?` and `[…]` in one name, and paths of such names with `**` for any number of them.

/// Whether a name matches. A bracket stands for any one character: who asks what a shell may find gets too much
/// rather than too little, whatever the locale says of ranges. A leading dot has to be named, as in a shell.
pub(super) fn name(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with(['.', '[']) {
        return false;
    }
    let Some(atoms) = atoms(pattern) else { return pattern == name };
    // Without a locale of UTF-8 a shell's `?` is one byte.
    matches(&atoms, &name.chars().collect::<Vec<_>>())
        || (!name.is_ascii() && matches(&bytewise(&atoms), &bytes(name)))
}

/// Whether a `/`-separated path matches. `**` stands for any number of names, none included; dots need not be
/// named.
pub(super) fn path(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    stars(&pattern, &path, |part| *part == "**", |part, name| any_name(part, name))
}

/// Whether a word of a command matches: `*` and `?` stand for characters of one word that is no option.
pub(super) fn word(pattern: &str, word: &str) -> bool {
    pattern == word || (pattern.starts_with('-') || !word.starts_with('-')) && any_name(pattern, word)
}

fn any_name(pattern: &str, name: &str) -> bool {
    match atoms(pattern) {
        Some(atoms) => matches(&atoms, &name.chars().collect::<Vec<_>>()),
        None => pattern == name,
    }
}

#[derive(PartialEq, Eq)]
enum Atom {
    One(char),
    Any,
    Many,
}

/// `None`: nothing in it is special.
fn atoms(pattern: &str) -> Option<Vec<Atom>> {
    if !pattern.contains(['*', '?', '[']) {
        return None;
    }
    let mut atoms = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        atoms.push(match c {
            '*' => Atom::Many,
            '?' => Atom::Any,
            '[' => match bracket_length(chars.as_str()) {
                Some(length) => {
                    chars.by_ref().take(length).for_each(drop);
                    Atom::Any
                }
                None => Atom::One('['),
            },
            c => Atom::One(c),
        });
    }
    Some(atoms)
}

/// Characters behind `[` up to and with its `]`.
fn bracket_length(rest: &str) -> Option<usize> {
    let negated = usize::from(rest.starts_with(['!', '^']));
    let close = rest.chars().skip(negated + 1).position(|c| c == ']')?;
    Some(negated + 1 + close + 1)
}

fn bytes(text: &str) -> Vec<char> {
    text.bytes().map(char::from).collect()
}

fn bytewise(atoms: &[Atom]) -> Vec<Atom> {
    let spread = |atom: &Atom| match atom {
        Atom::One(c) => bytes(c.encode_utf8(&mut [0; 4])).into_iter().map(Atom::One).collect(),
        Atom::Any => vec![Atom::Any],
        Atom::Many => vec![Atom::Many],
    };
    atoms.iter().flat_map(spread).collect()
}

fn matches(atoms: &[Atom], name: &[char]) -> bool {
    stars(
        atoms,
        name,
        |atom| *atom == Atom::Many,
        |atom, c| match atom {
            Atom::One(one) => one == c,
            Atom::Any | Atom::Many => true,
        },
    )
}

/// Wildcards without recursion: on a mismatch the last star takes one item more. At most |pattern| × |items| steps.
fn stars<P, I>(pattern: &[P], items: &[I], star: impl Fn(&P) -> bool, one: impl Fn(&P, &I) -> bool) -> bool {
    let (mut p, mut i) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while let Some(item) = items.get(i) {
        match pattern.get(p) {
            Some(part) if star(part) => {
                back = Some((p, i));
                p += 1;
            }
            Some(part) if one(part, item) => {
                p += 1;
                i += 1;
            }
            _ => {
                let Some((star_at, taken)) = back else { return false };
                back = Some((star_at, taken + 1));
                p = star_at + 1;
                i = taken + 1;
            }
        }
    }
    pattern.iter().skip(p).all(star)
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_match_as_in_a_shell_or_wider() {
        for (pattern, name) in [
            ("*.rs", "a.rs"),
            ("a?c", "aяc"),
            ("[!a-c]*", "z"),
            ("[]x]", "]"),
            ("a[", "a["),
            (".*", ".git"),
            ("*a*b*", "xaxbx"),
        ] {
            assert!(super::name(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.rs", ".rs"), ("*", ".git"), ("a?", "a"), ("*a*b", "ab c"), ("?x", ".x")] {
            assert!(!super::name(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn paths_match_name_by_name() {
        for (pattern, path) in [
            ("**", "a/b"),
            ("src/**", "src/a/.b"),
            ("src/**", "src"),
            ("**/*.rs", "a.rs"),
            ("a/*/c", "a/b/c"),
            ("a", "./a"),
        ] {
            assert!(super::path(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in
            [("src/*", "src/a/b"), ("*.rs", "a/b.rs"), ("src/**", "srcs/a"), ("a/**/b", "a/c")]
        {
            assert!(!super::path(pattern, path), "{pattern} {path}");
        }
    }
}
