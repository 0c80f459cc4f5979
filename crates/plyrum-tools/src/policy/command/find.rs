//! `find`: starting points, then an expression. Whatever runs, deletes, writes, or follows links is unknown.

use super::{At, paths};

const ALONE: &[&str] = &[
    "-a",
    "-and",
    "-o",
    "-or",
    "-not",
    "!",
    "(",
    ")",
    ",",
    "-empty",
    "-print",
    "-print0",
    "-ls",
    "-prune",
    "-depth",
    "-xdev",
    "-mount",
    "-true",
    "-false",
    "-readable",
    "-writable",
    "-executable",
    "-quit",
    "-nouser",
    "-nogroup",
    "-noleaf",
    "-daystart",
    "-ignore_readdir_race",
];
const WITH_TEXT: &[&str] = &[
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-iwholename",
    "-regex",
    "-iregex",
    "-regextype",
    "-type",
    "-xtype",
    "-maxdepth",
    "-mindepth",
    "-size",
    "-mtime",
    "-mmin",
    "-atime",
    "-amin",
    "-ctime",
    "-cmin",
    "-perm",
    "-user",
    "-group",
    "-uid",
    "-gid",
    "-links",
    "-inum",
    "-printf",
    "-lname",
    "-ilname",
    "-used",
    "-fstype",
];
const WITH_PATH: &[&str] = &["-newer", "-anewer", "-cnewer", "-samefile"];

pub(super) fn check(args: &[String], at: &At<'_>) -> Result<(), String> {
    let mut args = args.iter().map(String::as_str).skip_while(|word| *word == "-P").peekable();
    while let Some(path) = args.next_if(|word| !word.starts_with(['-', '(', ')', '!', ','])) {
        paths::read(path, at)?;
    }
    while let Some(word) = args.next() {
        if ALONE.contains(&word) {
            continue;
        }
        let text = WITH_TEXT.contains(&word);
        if !text && !WITH_PATH.contains(&word) {
            return Err(format!("`{word}` is no part of `find` that is known to be harmless"));
        }
        let Some(value) = args.next() else { return Err(format!("`{word}` of `find` has no value")) };
        if !text {
            paths::read(value, at)?;
        }
    }
    Ok(())
}
