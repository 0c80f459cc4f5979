//! What the server will say: replies chosen by path, by model or by order. The same types are built in code
//! by tests and read from TOML or JSON by the binary.

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;

use crate::reply::{Framing, Reply, Shape};
use crate::step::Step;

/// Replies, and which request gets which.
///
/// A request takes the next reply of its path's list, else of its model's list, else of the common list; the
/// last reply of a *path's* or *model's* list repeats for ever. When nothing is left, [`Script::always`]
/// answers, else a 500 that says so. Only requests for an answer take replies of the last three.
#[derive(Clone, Debug, Default)]
pub struct Script {
    common: VecDeque<Reply>,
    by_model: BTreeMap<String, VecDeque<Reply>>,
    by_path: BTreeMap<String, VecDeque<Reply>>,
    always: Option<Reply>,
}

impl Script {
    /// A script without replies.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next reply in order, for a request of any model.
    #[must_use]
    pub fn then(mut self, reply: Reply) -> Self {
        self.common.push_back(reply);
        self
    }

    /// The next reply for requests of this model; the last one given repeats.
    #[must_use]
    pub fn for_model(mut self, model: &str, reply: Reply) -> Self {
        self.by_model.entry(model.to_owned()).or_default().push_back(reply);
        self
    }

    /// The next reply for requests, of whatever method, whose path ends so (the query left aside); the last
    /// one given repeats. Of several endings that fit, the longest counts.
    #[must_use]
    pub fn for_path(mut self, ending: &str, reply: Reply) -> Self {
        self.by_path.entry(ending.to_owned()).or_default().push_back(reply);
        self
    }

    /// The reply for whatever is left.
    #[must_use]
    pub fn always(mut self, reply: Reply) -> Self {
        self.always = Some(reply);
        self
    }

    /// Reads a script from TOML: `[[reply]]` tables with the fields of [`Reply`], `model` or `path` for the
    /// requests that get it, `always = true` for the one that answers whatever is left.
    pub fn from_toml(text: &str) -> Result<Self, ScriptError> {
        Self::from_file(toml::from_str(text).map_err(|error| ScriptError(error.to_string()))?)
    }

    /// Reads a script from JSON: `{"reply": [ … ]}`, with the same fields.
    pub fn from_json(text: &str) -> Result<Self, ScriptError> {
        Self::from_file(serde_json::from_str(text).map_err(|error| ScriptError(error.to_string()))?)
    }

    fn from_file(file: File) -> Result<Self, ScriptError> {
        file.reply.into_iter().try_fold(Self::new(), |script, entry| {
            let (path, model, always) = (entry.path.clone(), entry.model.clone(), entry.always);
            let reply = entry.reply();
            Ok(match (path, model) {
                (Some(_), Some(_)) => {
                    return Err(ScriptError("a reply is for a `path` or for a `model`, not both".to_owned()));
                }
                (Some(path), None) => script.for_path(&path, reply),
                (None, Some(model)) => script.for_model(&model, reply),
                (None, None) if always => script.always(reply),
                (None, None) => script.then(reply),
            })
        })
    }

    /// The reply scripted for this path, if there is one.
    pub(crate) fn take_for_path(&mut self, path: &str) -> Option<Reply> {
        let fits = |ending: &&String| path.ends_with(ending.as_str());
        let ending = self.by_path.keys().filter(fits).max_by_key(|ending| ending.len())?.clone();
        self.by_path.get_mut(&ending).and_then(next)
    }

    /// The reply for a request of this model.
    pub(crate) fn take(&mut self, model: Option<&str>) -> Reply {
        let by_model = model.and_then(|model| self.by_model.get_mut(model)).and_then(next);
        by_model.or_else(|| self.common.pop_front()).or_else(|| self.always.clone()).unwrap_or_else(|| {
            Reply::error(500, r#"{"error":{"message":"fake provider: the script has no reply left"}}"#)
        })
    }
}

/// The next of a list whose last one repeats.
fn next(replies: &mut VecDeque<Reply>) -> Option<Reply> {
    if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }
}

/// A script file that does not parse; the text names the place.
#[derive(Clone, Debug)]
pub struct ScriptError(String);

impl std::fmt::Display for ScriptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the script does not parse: {}", self.0)
    }
}

impl std::error::Error for ScriptError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    reply: Vec<FileReply>,
}

/// A [`Reply`] as a file spells it; what is left out is as in [`Reply::sse`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileReply {
    path: Option<String>,
    model: Option<String>,
    #[serde(default)]
    always: bool,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    framing: Option<Framing>,
    #[serde(default)]
    before: Vec<Step>,
    head: Option<bool>,
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default)]
    pace_ms: u64,
    #[serde(default)]
    shape: Shape,
    #[serde(default)]
    gzip: bool,
    #[serde(default)]
    usual: bool,
}

impl FileReply {
    fn reply(self) -> Reply {
        let plain = Reply::sse();
        let mut headers = plain.headers;
        headers.extend(self.headers);
        Reply {
            status: self.status.unwrap_or(plain.status),
            headers,
            framing: self.framing.unwrap_or(plain.framing),
            before: self.before,
            head: self.head.unwrap_or(plain.head),
            steps: self.steps,
            pace_ms: self.pace_ms,
            shape: self.shape,
            gzip: self.gzip,
            usual: self.usual,
        }
    }
}
