//! Rules as they are written, read and checked.

use super::{Pattern, Rule, Scope, Subject};
use crate::policy::command::{At, Class, classify};
use crate::policy::ground::Ground;
use crate::policy::instant::unix_seconds;
use crate::policy::verdict::Verdict;
use crate::policy::{shell, url};
use serde::Deserialize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Most rules of a file.
const MAX_RULES: usize = 512;
/// Most examples of a rule.
const MAX_EXAMPLES: usize = 64;

/// What is wrong with a policy file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PolicyError {
    /// Bytes of the file that it is about.
    pub span: Option<Range<usize>>,
    /// What is wrong, and what to try.
    pub message: String,
}

/// Whose rules a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The user's: they narrow, and allow what would be asked.
    User,
    /// A project's: they only narrow.
    Project,
}

/// Rules that lie over a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub(in crate::policy) layer: Layer,
    pub(in crate::policy) file: String,
    pub(in crate::policy) all: Vec<Rule>,
}

/// A whole policy as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct PolicyText {
    pub(in crate::policy) name: String,
    pub(in crate::policy) description: String,
    pub(in crate::policy) otherwise: Spanned<Verdict>,
    #[serde(default)]
    rule: Vec<Spanned<RuleText>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesText {
    #[serde(default)]
    rule: Vec<Spanned<RuleText>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    name: Option<String>,
    tool: OneOrMore,
    class: Option<Class>,
    words: Option<Vec<String>>,
    #[serde(default)]
    open: bool,
    path: Option<String>,
    host: Option<String>,
    #[serde(default)]
    network: bool,
    verdict: Verdict,
    why: String,
    scope: Option<Spanned<String>>,
    project: Option<PathBuf>,
    until: Option<Spanned<String>>,
    #[serde(default, rename = "match")]
    matches: Vec<Spanned<OneOrMore>>,
    #[serde(default)]
    no_match: Vec<Spanned<OneOrMore>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl PolicyText {
    pub(in crate::policy) fn read(text: &str) -> Result<(Self, Vec<Rule>), PolicyError> {
        let mut file: Self = toml::from_str(text).map_err(|e| of_toml(&e))?;
        if *file.otherwise.get_ref() == Verdict::Allow {
            let message = "otherwise = \"allow\": what no rule names can only be asked for or denied";
            return Err(wrong(file.otherwise.span(), message));
        }
        let rules = rules(text, std::mem::take(&mut file.rule))?;
        Ok((file, rules))
    }
}

impl Rules {
    /// Reads and checks a file of rules; `file` is what answers call it.
    pub fn parse(text: &str, file: &str, layer: Layer) -> Result<Self, PolicyError> {
        let read: RulesText = toml::from_str(text).map_err(|e| of_toml(&e))?;
        let allows = read.rule.iter().find(|rule| rule.get_ref().verdict == Verdict::Allow);
        if let Some(rule) = allows.filter(|_| layer == Layer::Project) {
            let message = "a project's rules can only narrow: `ask` or `deny`; what is allowed, the user's own rules say";
            return Err(wrong(rule.span(), message));
        }
        Ok(Self { layer, file: file.to_owned(), all: rules(text, read.rule)? })
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// What answers call them, what they say, why, and their lines, in order.
    pub fn list(&self) -> impl Iterator<Item = (String, Verdict, &str, u32)> {
        self.all.iter().map(|rule| (rule.told(), rule.verdict, rule.why.as_str(), rule.line))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

fn line_at(text: &str, byte: usize) -> u32 {
    let line = text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1;
    u32::try_from(line).unwrap_or(u32::MAX)
}

fn of_toml(error: &toml::de::Error) -> PolicyError {
    PolicyError { span: error.span(), message: error.message().to_owned() }
}

fn wrong(span: Range<usize>, message: impl Into<String>) -> PolicyError {
    PolicyError { span: Some(span), message: message.into() }
}

fn rules(text: &str, written: Vec<Spanned<RuleText>>) -> Result<Vec<Rule>, PolicyError> {
    if let Some(rule) = written.get(MAX_RULES) {
        return Err(wrong(rule.span(), format!("a file may have at most {MAX_RULES} rules")));
    }
    written
        .into_iter()
        .map(|rule| {
            let span = rule.span();
            let line = line_at(text, span.start);
            read_rule(rule.into_inner(), &span, line)
        })
        .collect()
}

fn read_rule(text: RuleText, span: &Range<usize>, line: u32) -> Result<Rule, PolicyError> {
    let at = |message: String| wrong(span.clone(), message);
    if text.why.trim().is_empty() {
        return Err(at("a rule says why it is there: `why = \"…\"`".to_owned()));
    }
    if text.matches.len() + text.no_match.len() > MAX_EXAMPLES {
        return Err(at(format!("a rule may have at most {MAX_EXAMPLES} examples")));
    }
    let tools = tools(&text.tool).map_err(at)?;
    let pattern = pattern(&text).map_err(at)?;
    if text.network && (text.verdict != Verdict::Allow || text.words.is_none()) {
        return Err(at("`network = true` belongs to an `allow` rule that names its `words`".to_owned()));
    }
    let network = text.network;
    let (scope, until) = (scope(&text, span)?, until(&text)?);
    let rule = Rule {
        name: text.name,
        tools,
        pattern,
        network,
        verdict: text.verdict,
        why: text.why,
        scope,
        until,
        line,
    };
    for example in &text.matches {
        check_example(&rule, example, Expected::Match)?;
    }
    for example in &text.no_match {
        check_example(&rule, example, Expected::NoMatch)?;
    }
    Ok(rule)
}

fn tools(written: &OneOrMore) -> Result<Vec<String>, String> {
    let tools = match written {
        OneOrMore::One(tool) => vec![tool.clone()],
        OneOrMore::More(tools) => tools.clone(),
    };
    let plain = |tool: &String| {
        !tool.is_empty() && tool.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    };
    if tools.is_empty() || !tools.iter().all(plain) {
        return Err("a rule names tools, like `run`, `read_file`, or the groups `command read write fetch`"
            .to_owned());
    }
    Ok(tools)
}

fn pattern(text: &RuleText) -> Result<Pattern, String> {
    let named = [text.class.is_some(), text.words.is_some(), text.path.is_some(), text.host.is_some()];
    if named.iter().filter(|is| **is).count() > 1 {
        return Err("a rule names one of `class`, `words`, `path` and `host`".to_owned());
    }
    let allows = text.verdict == Verdict::Allow;
    if let Some(words) = &text.words {
        return words_pattern(words, text.open, allows);
    }
    if text.open {
        return Err("`open` belongs to `words`".to_owned());
    }
    match (text.class, &text.path, &text.host) {
        (Some(class), ..) => Ok(Pattern::Class(class)),
        (_, Some(glob), _) if glob.starts_with('/') || glob.split('/').any(|part| part == "..") => {
            Err(format!("`{glob}`: paths of rules begin at the workspace and stay in it"))
        }
        (_, Some(glob), _) => Ok(Pattern::Path(glob.clone())),
        (_, _, Some(host)) => url::host_pattern(host).map(Pattern::Host),
        _ if allows => Err("an `allow` rule says what: `class`, `words`, `path` or `host`".to_owned()),
        _ => Ok(Pattern::Any),
    }
}

fn words_pattern(words: &[String], open: bool, allows: bool) -> Result<Pattern, String> {
    if words.is_empty() || words.iter().any(String::is_empty) {
        return Err("a rule names at least one word, and no empty one".to_owned());
    }
    if allows && open {
        return Err("an `allow` rule cannot be open: what follows its words could be anything".to_owned());
    }
    if allows && words.first().is_some_and(|program| program.contains(['*', '?', '['])) {
        return Err("an `allow` rule names its program in full".to_owned());
    }
    Ok(Pattern::Words { words: words.to_vec(), open })
}

fn scope(text: &RuleText, span: &Range<usize>) -> Result<Scope, PolicyError> {
    let said = text.scope.as_ref().map_or("always", |scope| scope.get_ref().as_str());
    let span = text.scope.as_ref().map_or_else(|| span.clone(), Spanned::span);
    match (said, &text.project) {
        ("always", None) => Ok(Scope::Always),
        ("always", Some(_)) => Err(wrong(span, "`project` belongs to scope = \"project\"")),
        ("project", Some(root)) if root.is_absolute() => Ok(Scope::Project(root.clone())),
        ("project", _) => {
            Err(wrong(span, "scope = \"project\" names the workspace: `project = \"/absolute/path\"`"))
        }
        ("once" | "session", _) => {
            Err(wrong(span, format!("scope = \"{said}\" is kept in memory, not in a file")))
        }
        _ => Err(wrong(span, "a scope is `project` or `always`")),
    }
}

fn until(text: &RuleText) -> Result<Option<i64>, PolicyError> {
    let Some(until) = &text.until else { return Ok(None) };
    let said = until.get_ref();
    match unix_seconds(said) {
        Some(seconds) => Ok(Some(seconds)),
        None => {
            Err(wrong(until.span(), format!("`{said}` is no date like 2027-01-31 or 2027-01-31T12:00:00Z")))
        }
    }
}

impl OneOrMore {
    fn shown(&self) -> String {
        match self {
            Self::One(text) => text.clone(),
            Self::More(words) => words.join(" "),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Match,
    NoMatch,
}

fn check_example(rule: &Rule, example: &Spanned<OneOrMore>, expected: Expected) -> Result<(), PolicyError> {
    let at = |message: String| wrong(example.span(), message);
    let matches = example_matches(rule, example.get_ref()).map_err(at)?;
    let shown = example.get_ref().shown();
    match (matches, expected) {
        (false, Expected::Match) => Err(at(format!("the rule does not match its example `{shown}`"))),
        (true, Expected::NoMatch) => {
            Err(at(format!("the rule matches `{shown}`, which it says it must not")))
        }
        _ => Ok(()),
    }
}

/// Whether an example is what the rule names; files are not looked at.
fn example_matches(rule: &Rule, example: &OneOrMore) -> Result<bool, String> {
    let tool = rule.tools.first().map_or("run", String::as_str);
    match &rule.pattern {
        Pattern::Path(_) => {
            let writes = matches!(tool, "write" | "write_file" | "apply_patch");
            Ok(rule.matches(&Subject::File { tool, writes, path: &example.shown() }))
        }
        Pattern::Host(_) => {
            let shown = example.shown();
            let (host, numeric) =
                url::host_of(&shown).or_else(|_| url::host_of(&format!("https://{shown}/")))?;
            Ok(rule.matches(&Subject::Host { host: &host, numeric }))
        }
        Pattern::Any | Pattern::Class(_) | Pattern::Words { .. } => {
            let argv = example_words(example)?;
            let ground = Ground { workspace: Path::new("/workspace"), home: None, disk: None };
            let class = classify(&argv, &At { ground: &ground, cwd: Path::new("") }).ok();
            Ok(rule.matches(&Subject::Command { tool, argv: &argv, class }))
        }
    }
}

fn example_words(example: &OneOrMore) -> Result<Vec<String>, String> {
    let text = match example {
        OneOrMore::More(words) => return Ok(words.clone()),
        OneOrMore::One(text) => text,
    };
    match shell::recognise(text) {
        Ok(commands) => match commands.as_slice() {
            [only] => Ok(only.argv()),
            _ => Err(format!("the example `{text}` is more than one command")),
        },
        Err(refusal) => Err(format!("the example `{text}` has {refusal}; write it as a list of words")),
    }
}
