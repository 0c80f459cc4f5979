//! `grep` and `rg`: what they are given, and what they come by where they go through folders.

use super::below::{self, Search};
use super::grammar::{Grammar, Parsed};
use super::{At, table};

/// Types of `rg` whose names all have an ending.
const WITH_ENDINGS: &[&str] = &["c", "cpp", "go", "java", "js", "md", "py", "rust", "ts"];

/// What a command reads below folders; `None`: it reads none.
type Searches = for<'a> fn(&Parsed<'a>) -> Option<Search<'a>>;

/// `None`: the command is none of these.
pub(super) fn check(program: &str, args: &[String], at: &At<'_>) -> Option<Result<(), String>> {
    let grammar = table::reading(program)?;
    let searches: Searches = match program {
        "grep" | "egrep" | "fgrep" => grep,
        "rg" => rg,
        _ => return None,
    };
    Some(search(grammar, args, at, searches))
}

fn search(grammar: &Grammar, args: &[String], at: &At<'_>, searches: Searches) -> Result<(), String> {
    let parsed = grammar.check(args, at)?;
    let Some(search) = searches(&parsed) else { return Ok(()) };
    let pattern = ["-e", "-f", "--regexp", "--file"].iter().any(|option| parsed.has(option));
    let given = parsed.operands.get(usize::from(!pattern)..).unwrap_or_default();
    below::check(grammar.name, given, &search, at)
}

fn values<'a>(parsed: &Parsed<'a>, options: &[&str]) -> Vec<&'a str> {
    parsed.seen.iter().filter(|(name, _)| options.contains(&name.as_str())).filter_map(|(_, v)| *v).collect()
}

/// The endings that patterns like `*.rs` stand for; `None`: one is of another kind.
fn endings<'a>(patterns: &[&'a str]) -> Option<Vec<&'a str>> {
    patterns
        .iter()
        .map(|pattern| pattern.strip_prefix('*').filter(|end| end.starts_with('.') && plain(end)))
        .collect()
}

fn plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn grep<'a>(parsed: &Parsed<'a>) -> Option<Search<'a>> {
    let recursive = parsed.has("-r")
        || parsed.has("--recursive")
        || values(parsed, &["-d"]).iter().any(|action| !matches!(*action, "read" | "skip"));
    if !recursive {
        return None;
    }
    // Names that neither `--include` nor `--exclude` matches are read where `--exclude` comes first.
    let mut filters =
        parsed.seen.iter().filter(|(name, _)| matches!(name.as_str(), "--include" | "--exclude"));
    let included_first = filters.next().is_some_and(|(name, _)| name == "--include");
    let ends = endings(&values(parsed, &["--include"])).filter(|_| included_first).unwrap_or_default();
    let without = values(parsed, &["--exclude-dir"]).into_iter().filter(|name| plain(name)).collect();
    Some(Search { ends, without, ..Search::default() })
}

fn rg<'a>(parsed: &Parsed<'a>) -> Option<Search<'a>> {
    if ["--files", "--type-list"].iter().any(|option| parsed.has(option)) {
        return None;
    }
    let count = |options: &[&str]| parsed.seen.iter().filter(|(n, _)| options.contains(&n.as_str())).count();
    let loose = count(&["-u", "--unrestricted"]);
    let globs = values(parsed, &["-g", "--glob", "--iglob"]);
    // A pattern that takes in takes in hidden names as well.
    let taking: Vec<&str> = globs.into_iter().filter(|glob| !glob.starts_with('!')).collect();
    let types = values(parsed, &["-t", "--type"]);
    let ends = endings(&taking);
    let known = ends.is_some() && count(&["--iglob"]) == 0 && types.iter().all(|t| WITH_ENDINGS.contains(t));
    let skips_hidden = known && loose < 2 && count(&["--hidden"]) == 0;
    Some(Search {
        skips_hidden,
        // A pattern that takes in takes in what is ignored, too.
        skips_ignored: skips_hidden && loose == 0 && count(&["--no-ignore", "--no-ignore-vcs"]) == 0,
        ends: ends.filter(|_| known).unwrap_or_default(),
        typed: !types.is_empty(),
        without: Vec::new(),
    })
}
