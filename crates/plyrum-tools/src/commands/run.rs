//! The tool `run`: a program and its arguments, no shell.

use std::ffi::OsString;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const DEFAULT_TIMEOUT: Duration = Duration::from_mins(2);
const MAX_TIMEOUT: Duration = Duration::from_mins(30);

/// Arguments of `run`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The program and its arguments, one word each, passed on exactly as they are: no quoting, no globs, no
    /// variables.
    #[schemars(length(min = 1, max = 1024))]
    pub argv: Vec<String>,
    /// The folder to run in, relative to the workspace; the workspace itself when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Seconds after which the command is ended: 120 when left out, at most 1800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1800))]
    pub timeout_s: Option<u32>,
    /// Whether the command needs the network. It is off unless a rule of the user opens it for this command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<bool>,
}

impl Run {
    /// The tool's name.
    pub const NAME: &'static str = "run";
    /// What the model is told about it.
    pub const DESCRIPTION: &'static str = "Run a program with arguments in a sandbox and return its exit code and \
        output (standard output and error together). No shell is involved; prefer this over `shell`. Only the \
        workspace is writable, not `.git` and other protected names in it; /tmp is private to the command; the \
        network is off unless a rule opens it. Long output is cut in the middle. Background processes end with the \
        command.";

    /// The words to execute.
    pub fn words(&self) -> Vec<OsString> {
        self.argv.iter().map(OsString::from).collect()
    }
}

/// The time a command gets: what was asked for, within bounds.
pub fn resolve_timeout(seconds: Option<u32>) -> Duration {
    let asked = seconds.map_or(DEFAULT_TIMEOUT, |seconds| Duration::from_secs(u64::from(seconds)));
    asked.clamp(Duration::from_secs(1), MAX_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_strictly_and_time_is_bounded() {
        let run: Run = serde_json::from_str(r#"{"argv":["ls","-l"],"timeout_s":3}"#).unwrap();
        assert_eq!((run.words().len(), resolve_timeout(run.timeout_s)), (2, Duration::from_secs(3)));
        assert!(serde_json::from_str::<Run>(r#"{"argv":["ls"],"env":{}}"#).is_err());
        assert_eq!(resolve_timeout(Some(u32::MAX)), MAX_TIMEOUT);
        assert_eq!(resolve_timeout(Some(0)), Duration::from_secs(1));
        let schema = serde_json::to_string(&schemars::schema_for!(Run)).unwrap();
        assert!(schema.contains("relative to the workspace") && schema.contains("additionalProperties"));
    }
}
