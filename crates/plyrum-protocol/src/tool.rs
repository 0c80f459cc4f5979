//! Tool actions as they cross the socket: what a model wants to do, exactly; who allowed it; what came of it.
//!
//! An [`Action`] is all that decides what will happen, so that its hash binds an approval to it: what is shown,
//! what is hashed and what runs are the same text.

use crate::{ApprovalId, RunId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What will happen, to its last detail. JSON: an object with `kind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// A file, a folder or a search in the workspace is read.
    Read {
        /// Relative to the workspace; empty for the workspace itself.
        path: String,
        /// What is searched for or how much is read, as the tool's own arguments.
        arguments: serde_json::Value,
    },
    /// Files of the workspace change.
    Write {
        /// Each file with its content before and after, by hash, and a diff.
        changes: Vec<FileChange>,
    },
    /// A program runs, without a shell.
    Run {
        /// The program and its arguments, as they will be executed.
        argv: Vec<String>,
        /// Where, relative to the workspace; empty for the workspace itself.
        cwd: String,
        /// Variables that are set beside the allowed ones.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        env: BTreeMap<String, String>,
        /// After so many seconds it is ended.
        timeout_s: u64,
        /// Whether it may use the network.
        network: bool,
    },
    /// A string runs in a shell.
    Shell {
        /// The string.
        command: String,
        /// Where, relative to the workspace; empty for the workspace itself.
        cwd: String,
        /// Variables that are set beside the allowed ones.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        env: BTreeMap<String, String>,
        /// After so many seconds it is ended.
        timeout_s: u64,
        /// Whether it may use the network.
        network: bool,
    },
    /// A check runs, once for each of up to so many proposals, until one passes: the proposal is written to a file of a
    /// copy of the workspace, and a string runs there in a shell, in the sandbox, without a network. The workspace itself
    /// stays as it is.
    Check {
        /// The string.
        command: String,
        /// Where, relative to the workspace; empty for the workspace itself.
        cwd: String,
        /// Variables that are set beside the allowed ones.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        env: BTreeMap<String, String>,
        /// The file that each proposal is written to, relative to the workspace.
        file: String,
        /// Most proposals that it runs for.
        proposals: u32,
        /// After so many seconds it is ended, each time.
        timeout_s: u64,
    },
    /// A page is fetched.
    Fetch {
        /// Its address.
        url: String,
        /// Most bytes of text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_bytes: Option<u64>,
    },
    /// The model's list of what is to do changes. It touches nothing, so nobody is asked.
    Todo {
        /// The whole list.
        items: Vec<TodoItem>,
    },
    /// The call could not be understood: no tool of this name, or arguments that do not fit its schema.
    Invalid {
        /// What the model wrote.
        arguments: String,
    },
}

/// A file that will change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileChange {
    /// Relative to the workspace.
    pub path: String,
    /// SHA-256 of its content before, in hex; none where it is created.
    pub before_sha256: Option<String>,
    /// SHA-256 of its content after, in hex; none where it is removed.
    pub after_sha256: Option<String>,
    /// A unified diff, for people.
    pub diff: String,
}

/// An entry of the model's to-do list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TodoItem {
    /// What is to do, in a few words.
    pub text: String,
    /// How far it is.
    pub status: TodoStatus,
}

/// How far an entry of the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TodoStatus {
    /// Not begun.
    Pending,
    /// Being done.
    InProgress,
    /// Done.
    Done,
}

/// Why an action may run without being asked, or what asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ruling {
    /// `allow`, `ask` or `deny`.
    pub verdict: String,
    /// Name of the policy that decided.
    pub policy: String,
    /// The rule, by its name or what it matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The rule's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The rule's line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Why, in words.
    pub reason: String,
}

/// How an approval was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalVerdict {
    /// It may run.
    Approved,
    /// It may not.
    Denied,
    /// Nobody answered in time; the default holds.
    Expired,
}

impl ApprovalVerdict {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
        }
    }
}

/// For how long an answer holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalScope {
    /// For this action.
    #[default]
    Once,
    /// For the same in this conversation.
    Session,
    /// For the same in this workspace from now on: a rule is saved.
    Always,
}

/// How a tool call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolOutcome {
    /// It did what it does; a command's exit code may still tell of a failure.
    Ok,
    /// It could not do it.
    Failed,
    /// A rule or a person did not allow it.
    Denied,
    /// It was ended: time, output, or the run's end.
    Stopped,
    /// The call was not understood, or repeated once too often.
    Invalid,
}

impl ToolOutcome {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Stopped => "stopped",
            Self::Invalid => "invalid",
        }
    }
}

/// A file that a tool changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedFile {
    /// Relative to the workspace.
    pub path: String,
    /// SHA-256 before, in hex; none where there was none, or it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_sha256: Option<String>,
    /// SHA-256 after, in hex; none where it is gone, or it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_sha256: Option<String>,
}

/// What may happen where a policy says that an action must be asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Asking {
    /// Nobody is there: the run ends and names the rule that would allow it.
    #[default]
    Refuse,
    /// The client asks its user.
    Client,
    /// The run parks until somebody answers, from any client.
    Defer,
}

/// A row of `approvals list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalRow {
    /// Its id.
    pub approval: ApprovalId,
    /// The run that wants it.
    pub run: RunId,
    /// The tool.
    pub tool: String,
    /// What will happen.
    pub action: Action,
    /// SHA-256 that binds the approval to the action, in hex.
    pub sha256: String,
    /// `pending`, `approved`, `denied`, `expired` or `executed`.
    pub status: String,
    /// Why it is asked, or the rule that was saved with the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Why it is asked.
    pub why: String,
    /// After this nobody can answer any more: the default, `denied`, holds.
    pub deadline: Timestamp,
    /// Who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why it was denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `undo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undone {
    /// The run.
    pub run: RunId,
    /// Its workspace.
    pub workspace: String,
    /// Files that have their old content again.
    pub restored: Vec<String>,
    /// Files and folders that the run made, and that are gone.
    pub removed: Vec<String>,
    /// What was left alone, each with why.
    pub left: Vec<String>,
}
