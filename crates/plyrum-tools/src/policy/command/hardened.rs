//! How a git command is run when nobody looked at it: hooks, file watchers, pagers, external differences, text
//! conversion, signature checks, prompts and fetching of missing objects are off, whatever the repository says.

/// Settings that override those of every file. An empty value turns a program off.
const SETTINGS: &[(&str, &str)] = &[
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.pager", "cat"),
    ("core.alternateRefsCommand", ""),
    ("core.askPass", ""),
    ("core.sshCommand", "false"),
    ("core.gitProxy", ""),
    ("diff.external", ""),
    ("diff.ignoreSubmodules", "all"),
    ("diff.submodule", "short"),
    ("format.pretty", "medium"),
    ("gpg.program", "false"),
    ("gpg.ssh.program", "false"),
    ("gpg.x509.program", "false"),
    ("interactive.diffFilter", ""),
    ("log.showSignature", "false"),
    ("protocol.allow", "never"),
    ("safe.bareRepository", "explicit"),
    ("status.submoduleSummary", "false"),
    ("submodule.recurse", "false"),
    ("credential.helper", ""),
];
const ENVIRONMENT: &[(&str, &str)] = &[
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_PAGER", "cat"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("PAGER", "cat"),
];
/// Commands that show differences.
const DIFFS: &[&str] = &["diff", "log", "show", "whatchanged", "stash", "reflog"];
/// Commands that would look into submodules, each of which has settings of its own.
const SUBMODULES: &[&str] = &["diff", "status"];

/// The words and the additional environment with which an auto-confirmed command is run. Words of other programs
/// come back as they are, with no environment.
pub fn hardened(argv: &[String]) -> (Vec<String>, Vec<(String, String)>) {
    if argv.first().is_none_or(|program| program != "git") {
        return (argv.to_vec(), Vec::new());
    }
    (with_options(argv), environment())
}

fn with_options(argv: &[String]) -> Vec<String> {
    let mut words = vec!["git".to_owned(), "--no-pager".to_owned()];
    let mut rest = argv.get(1..).unwrap_or_default().iter();
    while let Some(word) = rest.next() {
        words.push(word.clone());
        if word == "-C" {
            words.extend(rest.next().cloned());
        } else if !word.starts_with('-') {
            let mut end = word.as_str();
            // `git stash show`, `git reflog show`: the option belongs behind the second word.
            if matches!(end, "stash" | "reflog")
                && let Some(second) = rest.as_slice().first().filter(|second| !second.starts_with('-'))
                && matches!(second.as_str(), "show" | "list")
            {
                words.extend(rest.next().cloned());
            } else if end == "reflog" {
                words.push("show".to_owned());
            }
            if end == "annotate" {
                end = "blame";
            }
            let options = [
                (DIFFS.contains(&end), "--no-ext-diff"),
                (DIFFS.contains(&end) || matches!(end, "blame" | "grep"), "--no-textconv"),
                (SUBMODULES.contains(&end), "--ignore-submodules=all"),
            ];
            words.extend(options.into_iter().filter(|(add, _)| *add).map(|(_, option)| option.to_owned()));
            break;
        }
    }
    words.extend(rest.cloned());
    words
}

fn environment() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        ENVIRONMENT.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    all.push(("GIT_CONFIG_COUNT".to_owned(), SETTINGS.len().to_string()));
    for (number, (key, value)) in SETTINGS.iter().enumerate() {
        all.push((format!("GIT_CONFIG_KEY_{number}"), (*key).to_owned()));
        all.push((format!("GIT_CONFIG_VALUE_{number}"), (*value).to_owned()));
    }
    all
}
