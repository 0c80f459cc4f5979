//! Policies: rules over the words of a command, checked when they are loaded.
//!
//! `deny > ask > allow`; among rules of one verdict the most specific (the one that names the most words)
//! is the one that is told. A rule matches whole words from the first on: `words = ["git", "status"]`
//! matches exactly that command, and `open = true` any command that begins so, which an `allow` rule may not
//! have: what follows could be anything. Each rule carries examples that must and must not match.

use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// Most rules of a policy.
const MAX_RULES: usize = 512;

/// What a policy says to an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may run.
    Allow,
    /// A person is asked.
    Ask,
    /// It may not run.
    Deny,
}

impl Verdict {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// A checked policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    otherwise: Verdict,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    words: Vec<String>,
    open: bool,
    verdict: Verdict,
    why: String,
    line: u32,
}

/// A verdict with the rule that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Allow, ask or deny.
    pub verdict: Verdict,
    /// The rule's words; none where no rule speaks.
    pub rule: Option<String>,
    /// The rule's line in its file.
    pub line: Option<u32>,
    /// Why.
    pub reason: String,
}

/// What is wrong with a policy file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PolicyError {
    /// Bytes of the file that it is about.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    name: String,
    description: String,
    otherwise: Spanned<Verdict>,
    #[serde(default)]
    rule: Vec<Spanned<RuleFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    words: Vec<String>,
    #[serde(default)]
    open: bool,
    verdict: Verdict,
    why: String,
    #[serde(default, rename = "match")]
    matches: Vec<Vec<String>>,
    #[serde(default)]
    no_match: Vec<Vec<String>>,
}

impl Policy {
    /// Reads and checks a policy file.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: PolicyFile = toml::from_str(text)
            .map_err(|e| PolicyError { span: e.span(), message: e.message().to_owned() })?;
        let wrong = |span: Range<usize>, message: String| PolicyError { span: Some(span), message };
        if *file.otherwise.get_ref() == Verdict::Allow {
            let message =
                "otherwise = \"allow\": what no rule names can only be asked for or denied".to_owned();
            return Err(wrong(file.otherwise.span(), message));
        }
        if file.rule.len() > MAX_RULES {
            return Err(PolicyError {
                span: None,
                message: format!("a policy may have at most {MAX_RULES} rules"),
            });
        }
        let mut rules = Vec::with_capacity(file.rule.len());
        for rule in file.rule {
            let span = rule.span();
            let line = text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1);
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            rules.push(read_rule(rule.into_inner(), line).map_err(|message| wrong(span, message))?);
        }
        Ok(Self {
            name: file.name,
            description: file.description,
            otherwise: file.otherwise.into_inner(),
            rules,
        })
    }

    /// What the policy says to a command.
    pub fn decide(&self, command: &[String]) -> Decided {
        let speaking = self.rules.iter().filter(|rule| rule.matches(command));
        match speaking.max_by_key(|rule| (rule.verdict, rule.words.len())) {
            Some(rule) => Decided {
                verdict: rule.verdict,
                rule: Some(rule.words.join(" ")),
                line: Some(rule.line),
                reason: rule.why.clone(),
            },
            None => Decided {
                verdict: self.otherwise,
                rule: None,
                line: None,
                reason: format!("no rule of `{}` names it", self.name),
            },
        }
    }
}

fn read_rule(file: RuleFile, line: u32) -> Result<Rule, String> {
    if file.words.is_empty() || file.words.iter().any(String::is_empty) {
        return Err("a rule names at least one word, and no empty one".to_owned());
    }
    if file.open && file.verdict == Verdict::Allow {
        return Err("an `allow` rule cannot be open: what follows its words could be anything".to_owned());
    }
    let rule = Rule { words: file.words, open: file.open, verdict: file.verdict, why: file.why, line };
    if let Some(example) = file.matches.iter().find(|example| !rule.matches(example)) {
        return Err(format!("the rule does not match its example `{}`", example.join(" ")));
    }
    if let Some(example) = file.no_match.iter().find(|example| rule.matches(example)) {
        return Err(format!("the rule matches `{}`, which it says it must not", example.join(" ")));
    }
    Ok(rule)
}

impl Rule {
    fn matches(&self, command: &[String]) -> bool {
        if self.open { command.starts_with(&self.words) } else { command == self.words.as_slice() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &str) -> Vec<String> {
        command.split(' ').map(str::to_owned).collect()
    }

    fn policy(rules: &str) -> Result<Policy, PolicyError> {
        Policy::parse(&format!("name = \"p\"\ndescription = \"d\"\notherwise = \"ask\"\n{rules}"))
    }

    #[test]
    fn every_shipped_policy_loads_and_allows_nothing_by_default() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/policies");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), crate::POLICIES.len());
        for (path, text) in crate::POLICIES {
            let policy = Policy::parse(text).unwrap_or_else(|e| panic!("{path}: {e}"));
            assert_ne!(policy.decide(&words("rm -rf /")).verdict, Verdict::Allow, "{path}");
        }
    }

    #[test]
    fn deny_wins_over_ask_and_ask_over_allow_and_the_most_specific_is_told() {
        let policy = policy(
            "[[rule]]\nwords = [\"git\", \"status\"]\nverdict = \"allow\"\nwhy = \"reads\"\n\
             [[rule]]\nwords = [\"git\"]\nopen = true\nverdict = \"ask\"\nwhy = \"git\"\n\
             [[rule]]\nwords = [\"git\", \"push\"]\nopen = true\nverdict = \"deny\"\nwhy = \"leaves the machine\"\n\
             [[rule]]\nwords = [\"ls\"]\nverdict = \"allow\"\nwhy = \"reads\"\n",
        )
        .unwrap();
        let verdict = |command: &str| policy.decide(&words(command)).verdict;
        assert_eq!(verdict("git push --force"), Verdict::Deny);
        assert_eq!(verdict("git status"), Verdict::Ask);
        assert_eq!(
            (verdict("ls"), verdict("ls -l"), verdict("make")),
            (Verdict::Allow, Verdict::Ask, Verdict::Ask)
        );
        let told = policy.decide(&words("git push"));
        assert_eq!((told.rule.as_deref(), told.line), (Some("git push"), Some(13)));
    }

    #[test]
    fn a_rule_that_could_surprise_is_refused() {
        for (rules, says) in [
            ("[[rule]]\nwords = [\"git\"]\nopen = true\nverdict = \"allow\"\nwhy = \"\"\n", "cannot be open"),
            ("[[rule]]\nwords = []\nverdict = \"deny\"\nwhy = \"\"\n", "at least one word"),
            (
                "[[rule]]\nwords = [\"ls\"]\nverdict = \"allow\"\nwhy = \"\"\nmatch = [[\"ls\", \"-l\"]]\n",
                "does not match",
            ),
            (
                "[[rule]]\nwords = [\"rm\"]\nopen = true\nverdict = \"deny\"\nwhy = \"\"\nno_match = [[\"rm\", \"x\"]]\n",
                "must not",
            ),
            ("[[rule]]\nword = [\"ls\"]\n", "word"),
        ] {
            let error = policy(rules).unwrap_err();
            assert!(error.message.contains(says), "{error}");
        }
        let open = Policy::parse("name = \"p\"\ndescription = \"d\"\notherwise = \"allow\"\n").unwrap_err();
        assert!(open.message.contains("asked for or denied") && open.span.is_some());
    }
}
