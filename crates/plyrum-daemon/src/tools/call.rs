//! Reading what a model wrote: a tool's name and the JSON text of its arguments.

use plyrum_protocol::TodoItem;
use plyrum_redact::Redactor;
use plyrum_tools::commands::{Run, Shell};
use plyrum_tools::{fetch, files};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest arguments, in bytes. The contents of a file are among them, and what will happen has to fit a frame.
const MAX_ARGUMENTS: usize = 384 * 1024;
/// How what was redacted is marked.
const MARK: &str = "«redacted:";
/// Most entries of the list of what is to do, and their longest text.
const MAX_TODO: usize = 64;
const MAX_TODO_TEXT: usize = 400;

/// A call that was understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Call {
    Read(files::read_file::Args),
    List(files::list_dir::Args),
    Search(files::search::Args),
    Write(files::write_file::Args),
    Patch(files::apply_patch::Args),
    Run(Run),
    Shell(Shell),
    Fetch(fetch::Args),
    Todo(Todo),
}

impl Call {
    /// The tool's name.
    pub(super) fn tool(&self) -> &'static str {
        match self {
            Self::Read(_) => files::read_file::NAME,
            Self::List(_) => files::list_dir::NAME,
            Self::Search(_) => files::search::NAME,
            Self::Write(_) => files::write_file::NAME,
            Self::Patch(_) => files::apply_patch::NAME,
            Self::Run(_) => Run::NAME,
            Self::Shell(_) => Shell::NAME,
            Self::Fetch(_) => fetch::NAME,
            Self::Todo(_) => Todo::NAME,
        }
    }
}

/// Arguments of `todo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Todo {
    /// The whole list, in order; it replaces the one before.
    #[schemars(length(max = 64))]
    pub(super) items: Vec<TodoItem>,
}

impl Todo {
    /// The tool's name.
    pub(super) const NAME: &'static str = "todo";
    /// What a model reads about it.
    pub(super) const DESCRIPTION: &'static str = "Keeps a list of what is to do, which the user sees. Use it for work of several \
        steps: write the steps first, keep one in_progress, and mark each as done when it is.";
}

/// Why a call cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It does not fit its tool; the model is told, once.
    Misfit(String),
    /// It holds something that looks like a secret, which may not go into files, commands or the record.
    Secret {
        /// Of this tool; empty where there is none of that name.
        tool: &'static str,
        /// For the model.
        why: String,
    },
}

/// Reads a call. The arguments come back as they may be shown: without what looks like a secret.
pub(super) fn read(name: &str, arguments: &str, redactor: &Redactor) -> (String, Result<Call, Unfit>) {
    if arguments.len() > MAX_ARGUMENTS {
        let why = format!(
            "the arguments have {} bytes, the limit is {MAX_ARGUMENTS}: do it in smaller parts",
            arguments.len()
        );
        return (String::new(), Err(Unfit::Misfit(why)));
    }
    let mut value = match serde_json::from_str::<Value>(arguments) {
        Ok(value) => value,
        Err(e) => {
            let why = format!("the arguments of `{name}` are no JSON: {e}");
            return (redactor.redact(arguments).into_owned(), Err(Unfit::Misfit(why)));
        }
    };
    let plain = value.clone();
    redactor.redact_json(&mut value);
    let shown = value.to_string();
    // A mark in the place of a secret would overwrite it.
    if value != plain || shown.contains(MARK) {
        let why = "the arguments hold what looks like a secret. Nothing was done: secrets are not written to files or \
                   passed to commands. Use a placeholder, or let the program read it from its environment.";
        let tool = understood(name, value).map_or("", |call| call.tool());
        return (shown, Err(Unfit::Secret { tool, why: why.to_owned() }));
    }
    (shown, understood(name, value).map_err(Unfit::Misfit))
}

fn understood(name: &str, value: Value) -> Result<Call, String> {
    match name {
        files::read_file::NAME => parsed(name, value).map(Call::Read),
        files::list_dir::NAME => parsed(name, value).map(Call::List),
        files::search::NAME => parsed(name, value).map(Call::Search),
        files::write_file::NAME => parsed(name, value).map(Call::Write),
        files::apply_patch::NAME => parsed(name, value).map(Call::Patch),
        Run::NAME => parsed(name, value).and_then(|run: Run| match run.argv.first() {
            Some(program) if !program.is_empty() => Ok(Call::Run(run)),
            _ => Err("`argv` of `run` is empty: its first word is the program".to_owned()),
        }),
        Shell::NAME => parsed(name, value).map(Call::Shell),
        fetch::NAME => parsed(name, value).map(Call::Fetch),
        Todo::NAME => parsed(name, value).and_then(|todo: Todo| {
            let fits =
                todo.items.len() <= MAX_TODO && todo.items.iter().all(|i| i.text.len() <= MAX_TODO_TEXT);
            let why = format!("`todo` takes up to {MAX_TODO} items of up to {MAX_TODO_TEXT} bytes");
            fits.then_some(Call::Todo(todo)).ok_or(why)
        }),
        _ => {
            let shown: String = name.chars().take(64).flat_map(char::escape_debug).collect();
            let known: Vec<String> = super::offered(false).iter().map(|offer| offer.name.clone()).collect();
            Err(format!("there is no tool `{shown}`: there are {}", known.join(", ")))
        }
    }
}

fn parsed<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|e| format!("the arguments do not fit `{name}`: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, arguments: &str) -> Result<Call, Unfit> {
        read(name, arguments, &Redactor::new([7; 32], [])).1
    }

    #[test]
    fn calls_are_read_strictly_and_the_answer_says_what_is_wrong() {
        assert!(matches!(told("run", r#"{"argv":["ls"]}"#), Ok(Call::Run(run)) if run.argv == ["ls"]));
        for (name, arguments, says) in [
            ("run", "{", "no JSON"),
            ("run", "{}", "missing field `argv`"),
            ("run", r#"{"argv":[]}"#, "`argv` of `run` is empty"),
            ("run", r#"{"argv":["ls"],"env":{}}"#, "unknown field `env`"),
            ("run", r#"{"argv":"ls"}"#, "invalid type"),
            ("write_file", r#"{"path":"a"}"#, "missing field `content`"),
            ("rm", "{}", "there is no tool `rm`: there are read_file"),
            ("todo", r#"{"items":[{"text":"a","status":"perhaps"}]}"#, "unknown variant"),
        ] {
            match told(name, arguments) {
                Err(Unfit::Misfit(why)) => assert!(why.contains(says), "{name} {arguments}: {why}"),
                other => panic!("{name} {arguments}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_not_carried_out_nor_shown() {
        let key = format!("sk-ant-api03-{}AA", "Zb7".repeat(31));
        let arguments = serde_json::json!({"path": "a", "content": format!("KEY={key}")}).to_string();
        let (shown, call) = read("write_file", &arguments, &Redactor::new([7; 32], []));
        assert!(matches!(call, Err(Unfit::Secret { tool: "write_file", .. })), "{call:?}");
        assert!(shown.contains("redacted") && !shown.contains(&key), "{shown}");
    }
}
