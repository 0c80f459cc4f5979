//! What is asked for under every policy, so that no rule of a user lifts it: other programs run by a word, code in a
//! word, the shell's own state, and paths that lie outside or are protected.

use super::At;
use crate::policy::ground::Lies;

/// Programs that run whatever their words name.
const WRAPPERS: &[&str] = &[
    ".", "bash", "builtin", "busybox", "chroot", "command", "csh", "dash", "doas", "env", "eval", "exec",
    "expect", "fish", "flock", "gdb", "ionice", "ksh", "lldb", "ltrace", "nice", "nohup", "nsenter",
    "parallel", "pkexec", "script", "setarch", "setsid", "sh", "source", "ssh", "stdbuf", "strace", "su",
    "sudo", "taskset", "tcsh", "time", "timeout", "unshare", "watch", "xargs", "zsh",
];
/// Interpreters, which take code as a word or from standard input.
const INTERPRETERS: &[&str] = &[
    "awk",
    "bun",
    "deno",
    "elixir",
    "gawk",
    "julia",
    "lua",
    "mawk",
    "node",
    "nodejs",
    "osascript",
    "perl",
    "php",
    "pypy3",
    "python",
    "python2",
    "python3",
    "Rscript",
    "ruby",
    "tclsh",
];
/// Built-ins that change what later commands mean.
const STATE: &[&str] = &[
    "alias",
    "bg",
    "bind",
    "cd",
    "declare",
    "dirs",
    "disown",
    "enable",
    "exit",
    "export",
    "fc",
    "fg",
    "getopts",
    "hash",
    "history",
    "jobs",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "pushd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "suspend",
    "trap",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "wait",
];

/// Why the command is asked for whatever the rules say.
pub(in crate::policy) fn guard(argv: &[String], at: &At<'_>) -> Option<String> {
    let (program, args) = argv.split_first()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    let code = |arg: &String| {
        ["-c", "-e", "-E", "-p", "-r", "-n", "--eval", "--print", "-"].contains(&arg.as_str())
            || (arg.starts_with('-') && !arg.starts_with("--") && arg.contains(['c', 'e', 'E']))
            || arg.starts_with("--eval=")
    };
    if WRAPPERS.contains(&name) {
        return Some(format!("`{name}` runs what its words name; name the program itself"));
    }
    if STATE.contains(&name) {
        return Some(format!(
            "`{name}` changes what later commands mean; give the working directory with the action instead"
        ));
    }
    let interpreter =
        INTERPRETERS.iter().any(|known| name.strip_prefix(known).is_some_and(is_version_suffix));
    if interpreter && (args.is_empty() || args.iter().any(code)) {
        return Some(format!(
            "`{name}` is given code in a word or from standard input; put it into a file and run that"
        ));
    }
    args.iter().find_map(|arg| path_out(arg, at))
}

/// `python3.12` is a `python3`.
fn is_version_suffix(rest: &str) -> bool {
    rest.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Whether a word, or the value in it, is a path that lies outside or is protected.
fn path_out(word: &str, at: &At<'_>) -> Option<String> {
    if word.contains("://") {
        return None;
    }
    let value = word.split_once('=').map(|(_, value)| value);
    let glued = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')).and_then(|rest| rest.get(1..));
    [Some(word), value, glued]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty() && *part != "/dev/null")
        .find_map(|part| {
            if part.starts_with('~') {
                return Some(format!("`{part}` may be a home"));
            }
            match at.ground.locate(at.cwd, part) {
                Lies::Inside(_) => None,
                Lies::Outside => Some(format!("`{part}` lies outside the workspace")),
                Lies::Guarded(_, name) => Some(format!("`{part}` goes through `{name}`, which is protected")),
            }
        })
}
