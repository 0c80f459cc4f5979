//! Git's reading commands. They are run as [`super::hardened()`] says; what no option turns off, like filters,
//! is looked for in the repository's own settings ([`super::git_config`]).

use super::grammar::{Grammar, Parsed};
use super::operands::Operands;
use super::{At, git_config, paths};

/// Options of commands that show commits or differences. No `--output`, `-O`, `--ext-diff`, `--textconv`,
/// `--no-index`, `--show-signature`, `--submodule`.
const SHOW: &str = "-puszbwaRWcmqgit -# -n=num -U=num -S=text -G=text -L=text -M[num] -C[num] -B[num] --patch --no-patch --stat[text] \
    --shortstat --numstat --dirstat[word] --summary --name-only --name-status --oneline --graph --decorate[word] --no-decorate --all \
    --branches[text] --tags[text] --remotes[text] --merges --no-merges --first-parent --reverse --follow --abbrev-commit \
    --abbrev[num] --no-abbrev-commit --pretty[text] --format=text --date=text --since=text --after=text --until=text --before=text \
    --author=text --committer=text --grep=text --all-match --invert-grep --regexp-ignore-case --extended-regexp --fixed-strings \
    --max-count=num --skip=num --no-color --color[word] --word-diff[word] --color-words --unified=num --cached --staged \
    --find-renames[num] --find-copies[num] --diff-filter=word --ignore-all-space --ignore-space-change --ignore-space-at-eol \
    --ignore-blank-lines --minimal --patience --histogram --diff-algorithm=word --check --quiet --exit-code --relative --raw \
    --merge-base --no-renames --full-history --simplify-merges --topo-order --date-order --left-right --cherry-pick --cherry-mark \
    --boundary --no-walk --pickaxe-regex --pickaxe-all --function-context --text --binary --full-index --no-prefix --compact-summary \
    --combined-diff --cc --no-ext-diff --no-textconv --source --no-notes --no-mailmap --children --parents --count --inter-hunk-context=num";
const STATUS: &str = "-sbz -u[word] --short --branch --show-stash --porcelain[word] --long --untracked-files[word] --ignored[word] \
    --column[word] --no-column --ahead-behind --no-ahead-behind --renames --no-renames --find-renames[num]";
const BRANCH: &str = "-arvlqi --all --remotes --list --verbose --show-current --contains=text --no-contains=text --merged[text] \
    --no-merged[text] --points-at=text --sort=text --format=text --color[word] --no-color --column[word] --no-column --ignore-case \
    --abbrev[num]";
const TAG: &str = "-li -n[num] --list --contains=text --no-contains=text --merged[text] --no-merged[text] --points-at=text --sort=text \
    --format=text --column[word] --ignore-case";
const BLAME: &str = "-bltfnsewcp -L=text -M[num] -C[num] --porcelain --line-porcelain --show-name --show-number --show-email --date=text \
    --since=text --first-parent --root --incremental --no-progress --abbrev=num --reverse --ignore-rev=text";
const LS_FILES: &str = "-cdmoisuktvfz -x=text -X=read --cached --deleted --modified --others --ignored --stage --unmerged --killed \
    --exclude=text --exclude-from=read --exclude-standard --error-unmatch --full-name --directory --no-empty-directory --eol \
    --deduplicate --abbrev[num] --format=text";
const REV_PARSE: &str = "-q --show-toplevel --abbrev-ref[word] --short[num] --git-dir --absolute-git-dir --git-common-dir \
    --is-inside-work-tree --is-inside-git-dir --is-bare-repository --verify --quiet --symbolic --symbolic-full-name --show-prefix \
    --show-cdup --all --branches[text] --tags[text] --remotes[text] --show-superproject-working-tree --is-shallow-repository";
const GREP: &str = "-aIiwvhHEGPFnlLqcopW -# -e=text -f=read -m=num -A=num -B=num -C=num --cached --text --ignore-case \
    --word-regexp --invert-match --extended-regexp --basic-regexp --perl-regexp --fixed-strings --line-number --column \
    --files-with-matches --name-only --files-without-match --count --color[word] --no-color --break --heading --show-function \
    --function-context --and --or --not --all-match --quiet --max-depth=num --max-count=num --full-name --only-matching --threads=num \
    --no-textconv";
const DESCRIBE: &str = "--tags --always --dirty[word] --abbrev=num --long --all --contains --exact-match --first-parent --match=text \
    --exclude=text --candidates=num";
const SHORTLOG: &str = "-nsecw --numbered --summary --email --all --no-merges --since=text --until=text --group=text --committer";
const LS_TREE: &str = "-drtlz --name-only --name-status --object-only --full-name --full-tree --abbrev[num] --long --format=text";
const FOR_EACH_REF: &str = "--count=num --sort=text --format=text --points-at=text --merged[text] --no-merged[text] --contains[text]";
const REV_LIST: &str = "-# -n=num --all --count --max-count=num --since=text --until=text --author=text --grep=text --left-right \
    --merges --no-merges --first-parent --reverse --objects --branches[text] --tags[text] --remotes[text] --oneline --abbrev-commit \
    --ancestry-path --topo-order --date-order --skip=num";

pub(super) fn check(args: &[String], at: &At<'_>) -> Result<(), String> {
    let mut rest = args;
    let mut cwd = at.cwd.to_path_buf();
    // Options before the command.
    let (command, rest) = loop {
        match rest.split_first() {
            None => return Err("`git` has no command".to_owned()),
            Some((option, more))
                if matches!(option.as_str(), "--no-pager" | "-P" | "--no-optional-locks") =>
            {
                rest = more;
            }
            Some((option, more)) if option == "-C" => {
                let Some((folder, more)) = more.split_first() else {
                    return Err("`-C` of `git` has no value".to_owned());
                };
                cwd = paths::real(folder, &At { ground: at.ground, cwd: &cwd })?;
                rest = more;
            }
            Some((option, _)) if option.starts_with('-') => {
                return Err(format!("`{option}` is no option of `git` that is known to be harmless"));
            }
            Some(found) => break found,
        }
    };
    let at = At { ground: at.ground, cwd: &cwd };
    subcommand(command, rest, &at)?;
    git_config::check(&at)
}

fn subcommand(command: &str, args: &[String], at: &At<'_>) -> Result<(), String> {
    let read = |options| Grammar { name: "git", options, operands: Operands::Revisions }.check(args, at);
    let parsed = match command {
        "log" | "show" | "diff" | "whatchanged" => read(SHOW).and_then(|parsed| lines_of(parsed, at)),
        "status" => read(STATUS),
        "branch" => return listing(command, BRANCH, &["-l", "--list"], args, at),
        "tag" => return listing(command, TAG, &["-l", "--list"], args, at),
        "blame" | "annotate" => read(BLAME),
        "ls-files" => read(LS_FILES),
        "ls-tree" => read(LS_TREE),
        "rev-parse" => read(REV_PARSE),
        "rev-list" => read(REV_LIST),
        "merge-base" => read("-a --all --octopus --is-ancestor --fork-point --independent"),
        "name-rev" => read("--tags --name-only --always --refs=text"),
        "describe" => read(DESCRIBE),
        "shortlog" => read(SHORTLOG),
        "grep" => {
            Grammar { name: "git grep", options: GREP, operands: Operands::PatternThenRead(&["-e", "-f"]) }
                .check(args, at)
        }
        "cat-file" => read("-tsep"),
        "show-ref" => read(
            "-dsq --tags --heads --branches --head --verify --hash[num] --abbrev[num] --dereference --quiet",
        ),
        "for-each-ref" => read(FOR_EACH_REF),
        "check-ignore" => read("-vnq --verbose --non-matching --quiet --no-index"),
        "count-objects" => read("-vH --verbose --human-readable"),
        "cherry" => read("-v --abbrev[num]"),
        "stash" => return stash(args, at),
        // Addresses may hold a password.
        "remote" => return exactly("remote", &[&[]], args),
        "reflog" => return reflog(args, at),
        "worktree" => return exactly("worktree", &[&["list"], &["list", "--porcelain"]], args),
        _ => return Err(format!("`git {command}` is not known to read only")),
    }?;
    no_signature(&parsed)
}

/// `-L 1,5:file` names a file.
fn lines_of<'a>(parsed: Parsed<'a>, at: &At<'_>) -> Result<Parsed<'a>, String> {
    let ranges = parsed.seen.iter().filter(|(name, _)| name == "-L").filter_map(|(_, range)| *range);
    ranges.flat_map(|range| range.split(':').skip(1)).try_for_each(|file| paths::read(file, at))?;
    Ok(parsed)
}

/// Formats that check a signature run another program.
fn no_signature(parsed: &Parsed<'_>) -> Result<(), String> {
    let signed = |format: &str| {
        format.contains("%G")
            || format.contains("signature")
            || format.contains("%+G")
            || format.contains("%-G")
    };
    match parsed
        .seen
        .iter()
        .filter_map(|(_, value)| *value)
        .find(|value| signed(value) || value.contains("% G"))
    {
        Some(format) => Err(format!("the format `{format}` would run a program that checks signatures")),
        None => Ok(()),
    }
}

/// `git branch` and `git tag` list where nothing but options is given; a name would be made.
fn listing(
    command: &str,
    options: &'static str,
    list: &[&str],
    args: &[String],
    at: &At<'_>,
) -> Result<(), String> {
    let parsed = Grammar { name: "git", options, operands: Operands::Text }.check(args, at)?;
    no_signature(&parsed)?;
    match parsed.operands.first() {
        Some(name) if !list.iter().any(|option| parsed.has(option)) => {
            Err(format!("`git {command} {name}` would change or make one; `--list` lists"))
        }
        _ => Ok(()),
    }
}

fn stash(args: &[String], at: &At<'_>) -> Result<(), String> {
    match args.split_first() {
        Some((command, rest)) if matches!(command.as_str(), "list" | "show") => {
            let parsed = Grammar { name: "git stash", options: SHOW, operands: Operands::Revisions }
                .check(rest, at)?;
            no_signature(&lines_of(parsed, at)?)
        }
        _ => Err("of `git stash` only `list` and `show` read".to_owned()),
    }
}

fn reflog(args: &[String], at: &At<'_>) -> Result<(), String> {
    let rest = args.strip_prefix(&["show".to_owned()]).unwrap_or(args);
    let parsed =
        Grammar { name: "git reflog", options: SHOW, operands: Operands::Revisions }.check(rest, at)?;
    let parsed = lines_of(parsed, at)?;
    no_signature(&parsed)?;
    match parsed.operands.iter().find(|word| matches!(**word, "expire" | "delete" | "drop" | "write")) {
        Some(word) => Err(format!("`git reflog {word}` changes it")),
        None => Ok(()),
    }
}

fn exactly(command: &str, known: &[&[&str]], args: &[String]) -> Result<(), String> {
    if known.iter().any(|words| args.iter().map(String::as_str).eq(words.iter().copied())) {
        return Ok(());
    }
    Err(format!("`git {command} {}` is not known to read only", args.join(" ")))
}
