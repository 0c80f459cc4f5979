//! The tool `shell`: one string for a shell. Riskier than `run`, so it is a tool of its own.

use std::ffi::OsString;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of `shell`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shell {
    /// The command line, as for `bash -c`; no start-up files are read.
    #[schemars(length(min = 1, max = 65536))]
    pub command: String,
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

impl Shell {
    /// The tool's name.
    pub const NAME: &'static str = "shell";
    /// What the model is told about it.
    pub const DESCRIPTION: &'static str = "Run a command line with bash in a sandbox and return its exit code and \
        output (standard output and error together). Use it for pipes and the like; for one program use `run`. \
        Only the workspace is writable, not `.git` and other protected names in it; /tmp is private to the \
        command; the network is off unless a rule opens it. Long output is cut in the middle. Background processes \
        end with the command.";

    /// The words to execute: bash, or the system's own shell where there is none.
    pub fn words(&self) -> Vec<OsString> {
        let bash = ["/bin/bash", "/usr/bin/bash", "/run/current-system/sw/bin/bash"];
        let shell = bash.into_iter().find(|path| Path::new(path).exists());
        let (program, options): (_, &[&str]) = match shell {
            Some(bash) => (bash, &["--noprofile", "--norc", "-c"]),
            None => ("/bin/sh", &["-c"]),
        };
        let words = std::iter::once(program).chain(options.iter().copied()).chain([self.command.as_str()]);
        words.map(OsString::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_one_word() {
        let shell: Shell = serde_json::from_str(r#"{"command":"ls | wc -l"}"#).unwrap();
        assert_eq!(shell.words().last().unwrap(), "ls | wc -l");
        assert!(serde_json::from_str::<Shell>(r#"{"command":"ls","argv":[]}"#).is_err());
    }
}
