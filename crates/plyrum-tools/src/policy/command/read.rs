//! Reading commands that need more than a line of the table.

use super::grammar::Grammar;
use super::operands::Operands;
use super::{At, awk, below, find, paths, sed};

/// `None`: the command is none of these.
pub(super) fn special(program: &str, args: &[String], at: &At<'_>) -> Option<Result<(), String>> {
    Some(match program {
        "find" => find::check(args, at),
        "sed" => sed::check(args, at),
        "awk" | "gawk" | "mawk" => awk::check(program, args, at),
        "jq" => jq(args, at),
        "date" => date(args, at),
        "test" => test(args, at),
        "printf" => printf(args),
        "ps" => ps(args),
        "diff" => diff(args, at),
        _ => return None,
    })
}

/// Between folders `diff` follows links unless it is told not to.
fn diff(args: &[String], at: &At<'_>) -> Result<(), String> {
    const DIFF: Grammar = Grammar {
        name: "diff",
        options: "-qsyiEbBwaTtdpNucer -# -U=num -C=num -W=num -I=text -F=text -x=text --brief --report-identical-files \
            --side-by-side --ignore-case --ignore-tab-expansion --ignore-space-change --ignore-trailing-space \
            --ignore-blank-lines --ignore-all-space --text --expand-tabs --initial-tab --minimal --new-file --unified[num] \
            --context[num] --normal --ed --width=num --color[word] --label=text --from-file=read --to-file=read \
            --strip-trailing-cr --suppress-common-lines --left-column --show-c-function --speed-large-files --exclude=text \
            --ignore-matching-lines=text --recursive --no-dereference",
        operands: Operands::Read,
    };
    let parsed = DIFF.check(args, at)?;
    let given = parsed.seen.iter().filter_map(|(_, value)| *value).chain(parsed.operands.iter().copied());
    let folders = parsed.has("-r")
        || parsed.has("--recursive")
        || given.into_iter().any(|path| paths::is_folder(path, at));
    if folders && !parsed.has("--no-dereference") {
        return Err(
            "between folders `diff` follows links; `--no-dereference` keeps it in the workspace".to_owned()
        );
    }
    if !folders {
        return Ok(());
    }
    let given: Vec<&str> = ["--from-file", "--to-file"]
        .into_iter()
        .flat_map(|option| parsed.seen.iter().filter(move |(name, _)| name == option))
        .filter_map(|(_, value)| *value)
        .chain(parsed.operands.iter().copied())
        .collect();
    below::check("diff", &given, &below::Search::default(), at)
}

fn jq(args: &[String], at: &At<'_>) -> Result<(), String> {
    const JQ: Grammar = Grammar {
        name: "jq",
        options: "-rcnsSeajCMR --raw-output --compact-output --null-input --slurp --sort-keys --exit-status --ascii-output \
            --join-output --color-output --monochrome-output --tab --indent=num --raw-input --seq --stream",
        operands: Operands::PatternThenRead(&[]),
    };
    const REACHES: [&str; 7] =
        ["env", "ENV", "import", "include", "modulemeta", "search_list", "input_filename"];
    let parsed = JQ.check(args, at)?;
    let filter = parsed.operands.first().copied().unwrap_or(".");
    match REACHES.into_iter().find(|word| filter.contains(word)) {
        Some(word) => Err(format!("`{word}` in a filter of `jq` may reach the environment or other files")),
        None => Ok(()),
    }
}

fn date(args: &[String], at: &At<'_>) -> Result<(), String> {
    const DATE: Grammar = Grammar {
        name: "date",
        options: "-uR -d=text -r=read -I[word] --utc --universal --date=text --reference=read --iso-8601[word] \
            --rfc-3339=word --rfc-email",
        operands: Operands::Text,
    };
    let parsed = DATE.check(args, at)?;
    match parsed.operands.iter().find(|word| !word.starts_with('+')) {
        Some(word) => Err(format!("`date {word}` would set the clock")),
        None => Ok(()),
    }
}

/// Only the operators that look at files, texts and numbers. `-v` and subscripts run code in `bash`.
fn test(args: &[String], at: &At<'_>) -> Result<(), String> {
    const UNARY: &[&str] = &["-e", "-f", "-d", "-r", "-w", "-x", "-s", "-L", "-h"];
    const BINARY: &[&str] = &["=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"];
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let plain = |word: &str| !word.contains(['[', '$', '`', '(']);
    match words.as_slice() {
        ["!", operator, path] | [operator, path] if UNARY.contains(operator) => paths::read(path, at),
        ["-n" | "-z", text] if plain(text) => Ok(()),
        [left, operator, right] if BINARY.contains(operator) && plain(left) && plain(right) => Ok(()),
        [left, "-nt" | "-ot" | "-ef", right] => paths::read(left, at).and_then(|()| paths::read(right, at)),
        _ => {
            Err("of `test` only plain comparisons and questions about files are known to be harmless"
                .to_owned())
        }
    }
}

fn printf(args: &[String]) -> Result<(), String> {
    match args.first() {
        Some(format) if !format.starts_with('-') => Ok(()),
        _ => Err("`printf` with an option may set a variable".to_owned()),
    }
}

/// The spellings that do not show environments.
fn ps(args: &[String]) -> Result<(), String> {
    const KNOWN: &[&str] = &["aux", "auxw", "auxww", "ax", "-e", "-ef", "-A", "-f", "-a", "-u", "-x"];
    match args {
        [] => Ok(()),
        [only] if KNOWN.contains(&only.as_str()) => Ok(()),
        _ => Err("these words of `ps` may show what is in environments".to_owned()),
    }
}
