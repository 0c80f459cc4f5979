//! From a call to exactly what will happen, and the hash that binds an approval to it.

use super::call::Call;
use plyrum_protocol::{Action, FileChange};
use plyrum_tools::commands::resolve_timeout;
use plyrum_tools::{Place, Question, Workspace, fetch, files, hardened, only_reads, recognise};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Longest action as JSON: it has to fit a frame of the socket with what stands around it.
const MAX_ACTION: usize = 700 * 1024;

/// A call that could be carried out now.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) tool: &'static str,
    pub(super) action: Action,
    /// Of tool, workspace and action.
    pub(super) sha256: String,
    /// What the file tools would change.
    pub(super) changes: Vec<files::Change>,
    /// What the policies are asked, one after the other; the strictest answer counts. None: nobody is asked.
    pub(super) subjects: Vec<Subject>,
}

impl Prepared {
    /// A call that was refused before it was known what it would do: shown as it was written.
    pub(super) fn refused(tool: &'static str, workspace: &Path, arguments: String) -> Self {
        let action = Action::Invalid { arguments };
        let sha256 = hash(tool, workspace, &action);
        Self { tool, action, sha256, changes: Vec::new(), subjects: Vec::new() }
    }
}

/// Why a call cannot be carried out, in words for the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unready {
    /// It reaches for what no approval opens.
    Refused(String),
    /// It does not work as things are.
    Failed(String),
}

impl From<plyrum_tools::FileError> for Unready {
    fn from(e: plyrum_tools::FileError) -> Self {
        if e.is_refusal() { Self::Refused(e.for_model()) } else { Self::Failed(e.for_model()) }
    }
}

/// A question to the policies that owns its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Read { tool: &'static str, path: String },
    Write { tool: &'static str, path: String },
    Run { argv: Vec<String>, cwd: String },
    Shell { command: String, cwd: String },
    Fetch { url: String },
}

impl Subject {
    pub(super) fn question(&self) -> Question<'_> {
        match self {
            Self::Read { tool, path } => Question::Read { tool, path },
            Self::Write { tool, path } => Question::Write { tool, path },
            Self::Run { argv, cwd } => Question::Run { argv, cwd },
            Self::Shell { command, cwd } => Question::Shell { command, cwd },
            Self::Fetch { url } => Question::Fetch { url },
        }
    }
}

/// Looks at the workspace and says what the call would do.
pub(super) fn prepare(call: &Call, workspace: &Workspace) -> Result<Prepared, Unready> {
    let shown = |path: &str| workspace.relative(path).map(|path| path.display());
    let reads = |tool: &'static str, path: &str, arguments: serde_json::Value| {
        let path = shown(path)?;
        let subject = Subject::Read { tool, path: path.clone() };
        Ok::<_, Unready>((tool, Action::Read { path, arguments }, Vec::new(), vec![subject]))
    };
    let writes = |tool: &'static str, changes: Vec<files::Change>| {
        let subjects = changes.iter().map(|c| Subject::Write { tool, path: c.path.clone() }).collect();
        (tool, Action::Write { changes: changes.iter().map(file_change).collect() }, changes, subjects)
    };
    let (tool, action, changes, subjects) = match call {
        Call::Read(args) => reads(files::read_file::NAME, &args.path, json!(args))?,
        Call::List(args) => reads(files::list_dir::NAME, &args.path, json!(args))?,
        Call::Search(args) => reads(files::search::NAME, args.path.as_deref().unwrap_or("."), json!(args))?,
        Call::Write(args) => writes(files::write_file::NAME, files::write_file::preview(workspace, args)?),
        Call::Patch(args) => writes(files::apply_patch::NAME, files::apply_patch::preview(workspace, args)?),
        Call::Run(run) => {
            let cwd = run.cwd.clone().unwrap_or_default();
            let (argv, env) = hardened(&run.argv);
            let subject = Subject::Run { argv: run.argv.clone(), cwd: cwd.clone() };
            let timeout_s = resolve_timeout(run.timeout_s).as_secs();
            let network = run.network.unwrap_or(false);
            let env = env.into_iter().collect();
            (
                plyrum_tools::commands::Run::NAME,
                Action::Run { argv, cwd, env, timeout_s, network },
                vec![],
                vec![subject],
            )
        }
        Call::Shell(shell) => {
            let cwd = shell.cwd.clone().unwrap_or_default();
            let command = shell.command.clone();
            let subject = Subject::Shell { command: command.clone(), cwd: cwd.clone() };
            let timeout_s = resolve_timeout(shell.timeout_s).as_secs();
            let network = shell.network.unwrap_or(false);
            let env = shell_environment(&command);
            let action = Action::Shell { command, cwd, env, timeout_s, network };
            (plyrum_tools::commands::Shell::NAME, action, vec![], vec![subject])
        }
        Call::Fetch(args) => {
            let subject = Subject::Fetch { url: args.url.clone() };
            (
                fetch::NAME,
                Action::Fetch { url: args.url.clone(), max_bytes: args.max_bytes },
                vec![],
                vec![subject],
            )
        }
        Call::Todo(todo) => {
            (super::call::Todo::NAME, Action::Todo { items: todo.items.clone() }, vec![], vec![])
        }
    };
    let text = serde_json::to_string(&action).map_err(|e| Unready::Failed(e.to_string()))?;
    if text.len() > MAX_ACTION {
        return Err(Unready::Failed(format!(
            "what this would do takes {} bytes to show, and {MAX_ACTION} is the limit: do it in smaller parts",
            text.len()
        )));
    }
    let sha256 = hash(tool, workspace.root(), &action);
    Ok(Prepared { tool, action, sha256, changes, subjects })
}

/// Variables that keep git from running what a repository says, where a string calls it.
pub(super) fn shell_environment(command: &str) -> BTreeMap<String, String> {
    let git = |simple: &plyrum_tools::Simple| simple.words.first().is_some_and(|word| word.text == "git");
    let calls_git = recognise(command).is_ok_and(|commands| commands.iter().any(git));
    let of_git = if calls_git { hardened(&["git".to_owned()]).1 } else { Vec::new() };
    of_git.into_iter().collect()
}

/// SHA-256 in hex over everything that decides what happens.
pub(super) fn hash(tool: &str, workspace: &Path, action: &Action) -> String {
    let mut hash = Sha256::new();
    hash.update(b"plyrum-action-v1\0");
    let text = json!([tool, workspace.as_os_str().as_encoded_bytes(), action]).to_string();
    hash.update(text.as_bytes());
    crate::ids::hex(&hash.finalize())
}

fn file_change(change: &files::Change) -> FileChange {
    FileChange {
        path: change.path.clone(),
        before_sha256: change.before.as_ref().map(|before| before.sha256.clone()),
        after_sha256: change.after.as_ref().map(|after| after.sha256.clone()),
        diff: change.diff.clone(),
    }
}

/// Whether a command is known to change nothing.
pub(super) fn changes_nothing(prepared: &Prepared, place: &Place<'_>) -> bool {
    !prepared.subjects.is_empty()
        && prepared.subjects.iter().all(|subject| only_reads(&subject.question(), place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_tools::commands::{Run, Shell};

    fn yard() -> (tempfile::TempDir, Workspace) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.txt"), "one\n").unwrap();
        let workspace = Workspace::open(dir.path()).unwrap();
        (dir, workspace)
    }

    #[test]
    fn the_hash_holds_everything_that_decides_what_happens() {
        let (dir, workspace) = yard();
        let write = |path: &str, content: &str| {
            Call::Write(files::write_file::Args { path: path.to_owned(), content: content.to_owned() })
        };
        let hash = |call: &Call| prepare(call, &workspace).unwrap().sha256;
        let first = hash(&write("a.txt", "two\n"));
        assert_eq!(first, hash(&write("./a.txt", "two\n")));
        assert_ne!(first, hash(&write("a.txt", "three\n")));
        assert_ne!(first, hash(&write("b.txt", "two\n")));
        std::fs::write(dir.path().join("a.txt"), "changed\n").unwrap();
        assert_ne!(first, hash(&write("a.txt", "two\n")), "the content before is part of it");
        let run = |words: &[&str], cwd: Option<&str>, timeout_s, network| {
            let argv = words.iter().map(|word| (*word).to_owned()).collect();
            hash(&Call::Run(Run { argv, cwd: cwd.map(str::to_owned), timeout_s, network }))
        };
        let plain = run(&["ls", "-l"], None, None, None);
        assert_ne!(plain, run(&["ls -l"], None, None, None));
        assert_ne!(plain, run(&["ls", "-l"], Some("src"), None, None));
        assert_ne!(plain, run(&["ls", "-l"], None, Some(7), None));
        assert_ne!(plain, run(&["ls", "-l"], None, None, Some(true)));
        let shell = Shell { command: "ls -l".to_owned(), cwd: None, timeout_s: None, network: None };
        assert_ne!(plain, hash(&Call::Shell(shell)));
    }

    #[test]
    fn what_cannot_be_done_is_said_before_anybody_is_asked() {
        let (_dir, workspace) = yard();
        let patch = "*** Begin Patch\n*** Update File: a.txt\n@@\n-two\n+three\n*** End Patch\n".to_owned();
        let patch = Call::Patch(files::apply_patch::Args { patch });
        let told = prepare(&patch, &workspace).unwrap_err();
        let names_it = |why: &str| why.contains("a.txt") && why.contains("hunk 1");
        assert!(matches!(&told, Unready::Failed(why) if names_it(why)), "{told:?}");
    }

    #[test]
    fn what_no_approval_opens_is_told_apart_from_what_does_not_work() {
        let (dir, workspace) = yard();
        std::os::unix::fs::symlink("/etc", dir.path().join("out")).unwrap();
        let refused = |call: &Call| matches!(prepare(call, &workspace), Err(Unready::Refused(_)));
        for path in ["../x", "/etc/x", ".git/hooks/x", ".envrc", "out"] {
            let write = files::write_file::Args { path: path.to_owned(), content: String::new() };
            let write = Call::Write(write);
            assert!(refused(&write), "{path}: {:?}", prepare(&write, &workspace));
        }
        let read = |path: &str| {
            let path = path.to_owned();
            Call::Read(files::read_file::Args { path, offset_line: None, limit_lines: None })
        };
        assert!(refused(&read("../x")) && !refused(&read("missing")));
    }
}
