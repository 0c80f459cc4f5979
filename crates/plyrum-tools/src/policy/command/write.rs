//! Commands that write files named by their words: plain `mkdir`, `touch`, `cp` and `mv`. What is written is
//! judged where it arrives: `cp a/.envrc .` writes `.envrc`.

use super::grammar::{Grammar, Parsed};
use super::operands::Operands;
use super::{At, paths};
use std::path::{Path, PathBuf};

/// Most files of a folder that is copied or moved as a whole.
const MAX_ENTRIES: usize = 2_000;

/// `None`: the command is none of these.
pub(super) fn special(program: &str, args: &[String], at: &At<'_>) -> Option<Result<(), String>> {
    Some(match program {
        "mkdir" => make("mkdir", "-pv -m=num --parents --verbose --mode=num", args, at),
        "touch" => make(
            "touch",
            "-acm -d=text -t=num -r=read --no-create --date=text --reference=read --time=word",
            args,
            at,
        ),
        "cp" => transfer(
            "cp",
            "-afinprRTuvx -t=write --archive --force --interactive --no-clobber --recursive --update --verbose \
             --no-target-directory --target-directory=write --one-file-system",
            args,
            at,
        ),
        "mv" => transfer(
            "mv",
            "-finTuv -t=write --force --interactive --no-clobber --update --verbose --no-target-directory \
             --target-directory=write",
            args,
            at,
        ),
        _ => return None,
    })
}

fn make(name: &'static str, options: &'static str, args: &[String], at: &At<'_>) -> Result<(), String> {
    let parsed = Grammar { name, options, operands: Operands::Write }.check(args, at)?;
    match parsed.operands.as_slice() {
        [] => Err(format!("`{name}` names no file")),
        _ => Ok(()),
    }
}

/// `cp` and `mv`.
fn transfer(name: &'static str, options: &'static str, args: &[String], at: &At<'_>) -> Result<(), String> {
    let parsed = Grammar { name, options, operands: Operands::Write }.check(args, at)?;
    let given_target = target_option(&parsed);
    let (target, sources) = match (given_target, parsed.operands.split_last()) {
        (Some(target), Some(_)) => (target, parsed.operands.as_slice()),
        (None, Some((target, sources))) if !sources.is_empty() => (*target, sources),
        _ => return Err(format!("`{name}` names too few files")),
    };
    let into = !(parsed.has("-T") || parsed.has("--no-target-directory"));
    let moves = name == "mv";
    let whole =
        moves || ["-r", "-R", "-a", "--recursive", "--archive"].iter().any(|option| parsed.has(option));
    // Where a target that is no folder yet becomes one depends on what ran before: both are looked at.
    for source in sources {
        let mut ends = vec![PathBuf::from(target)];
        if into {
            ends.push(Path::new(target).join(last_name(source)));
        }
        for end in &ends {
            arrives(end, at)?;
        }
        if moves && paths::real(source, at)?.as_os_str().is_empty() {
            return Err("the workspace itself would be moved".to_owned());
        }
        if whole {
            folder(source, &ends, at)?;
        }
    }
    Ok(())
}

fn target_option<'a>(parsed: &Parsed<'a>) -> Option<&'a str> {
    let names = ["-t", "--target-directory"];
    parsed.seen.iter().find(|(name, _)| names.contains(&name.as_str())).and_then(|(_, value)| *value)
}

fn last_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

fn arrives(end: &Path, at: &At<'_>) -> Result<(), String> {
    match end.to_str() {
        Some(end) => paths::write(end, at),
        None => Err("a name is no UTF-8".to_owned()),
    }
}

/// A source that is taken with what is in it: no links, which would lead elsewhere from another place, and
/// nothing that would arrive under a guarded name.
fn folder(source: &str, ends: &[PathBuf], at: &At<'_>) -> Result<(), String> {
    let Some(disk) = at.ground.disk else { return Ok(()) };
    let spelt = disk.join(at.cwd).join(source.trim_end_matches('/'));
    let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
    if is_link(&spelt) {
        return Err(format!("`{source}` is a link, which may lead elsewhere from another place"));
    }
    let root = disk.join(paths::real(source, at)?);
    let mut todo = vec![PathBuf::new()];
    let mut seen = 0;
    while let Some(below) = todo.pop() {
        for entry in std::fs::read_dir(root.join(&below)).into_iter().flatten().flatten() {
            seen += 1;
            if seen > MAX_ENTRIES {
                return Err(format!("`{source}` holds more than {MAX_ENTRIES} files"));
            }
            let below = below.join(entry.file_name());
            let kind = entry.file_type().map_err(|error| format!("cannot look into `{source}`: {error}"))?;
            if kind.is_symlink() {
                return Err(format!("`{source}` holds a link, which may lead elsewhere from another place"));
            }
            ends.iter().try_for_each(|end| arrives(&end.join(&below), at))?;
            if kind.is_dir() {
                todo.push(below);
            }
        }
    }
    Ok(())
}
