//! Rules as text: one more behind the others, one taken out; everything else stays to the letter.

use super::{Layer, PolicyError, Rules};
use crate::policy::verdict::Verdict;
use std::fmt::Write as _;
use std::path::Path;

/// A rule that is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRule<'a> {
    /// What answers call it; none: what it matches.
    pub name: Option<&'a str>,
    /// A tool, or one of the groups `command`, `read`, `write`, `fetch`.
    pub tool: &'a str,
    /// What it names.
    pub what: What<'a>,
    /// Whether the command may use the network.
    pub network: bool,
    /// What it says.
    pub verdict: Verdict,
    /// Why it is there.
    pub why: &'a str,
    /// The workspace to which it belongs; none: all.
    pub project: Option<&'a Path>,
    /// A date or date time (RFC 3339) from which on it holds no more.
    pub until: Option<&'a str>,
}

/// What a rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<'a> {
    /// A command, word by word.
    Words(&'a [String]),
    /// All commands that begin with these words; not for `allow`.
    WordsAndMore(&'a [String]),
    /// Paths below the workspace.
    Path(&'a str),
    /// A host, or all below `*.`.
    Host(&'a str),
}

/// Why no rule was taken out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoveError {
    /// The file is not right as it is.
    #[error(transparent)]
    Broken(#[from] PolicyError),
    /// No rule is called so.
    #[error("there is no rule `{0}`")]
    Unknown(String),
    /// Several rules are called so.
    #[error("{1} rules are called `{0}`; say its number")]
    Ambiguous(String, usize),
    /// The text around the rule cannot be told from it.
    #[error("rule {0} cannot be cut out of the file; remove it with an editor")]
    Entangled(usize),
}

impl NewRule<'_> {
    /// The rule as a block of a file.
    pub fn to_toml(&self) -> String {
        let mut text = "[[rule]]\n".to_owned();
        let mut line = |key: &str, value: toml::Value| {
            let _infallible = writeln!(text, "{key} = {value}");
        };
        let string = |text: &str| toml::Value::String(text.to_owned());
        let list = |words: &[String]| toml::Value::Array(words.iter().map(|word| string(word)).collect());
        if let Some(name) = self.name {
            line("name", string(name));
        }
        line("tool", string(self.tool));
        match self.what {
            What::Words(words) => line("words", list(words)),
            What::WordsAndMore(words) => {
                line("words", list(words));
                line("open", toml::Value::Boolean(true));
            }
            What::Path(glob) => line("path", string(glob)),
            What::Host(host) => line("host", string(host)),
        }
        if self.network {
            line("network", toml::Value::Boolean(true));
        }
        line("verdict", string(self.verdict.as_str()));
        line("why", string(self.why));
        if let Some(project) = self.project {
            line("scope", string("project"));
            line("project", string(&project.display().to_string()));
        }
        if let Some(until) = self.until {
            line("until", string(until));
        }
        text
    }
}

/// The file without one rule, named by its name, by what answers call it, or by its number from 1; and the
/// number. Comments stay.
pub fn without_rule(text: &str, which: &str) -> Result<(String, usize), RemoveError> {
    let rules = Rules::parse(text, "", Layer::User)?;
    let number = find(&rules, which)?;
    let line_of =
        |number: usize| number.checked_sub(1).and_then(|at| rules.all.get(at)).map(|rule| rule.line as usize);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let from = line_of(number).unwrap_or(1) - 1;
    let mut to = line_of(number + 1).map_or(lines.len(), |line| line - 1);
    // Comments and blank lines at the end belong to what follows.
    let loose = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    while to > from + 1 && lines.get(to - 1).is_some_and(|line| loose(line)) {
        to -= 1;
    }
    let kept = lines.iter().enumerate().filter(|(at, _)| *at < from || *at >= to);
    let rest: String = kept.map(|(_, line)| *line).collect();
    match Rules::parse(&rest, "", Layer::User) {
        Ok(left) if left.len() + 1 == rules.len() => Ok((rest, number)),
        _ => Err(RemoveError::Entangled(number)),
    }
}

fn find(rules: &Rules, which: &str) -> Result<usize, RemoveError> {
    if let Ok(number) = which.parse::<usize>() {
        let known = (1..=rules.len()).contains(&number);
        return if known { Ok(number) } else { Err(RemoveError::Unknown(which.to_owned())) };
    }
    let called: Vec<usize> =
        rules.all.iter().enumerate().filter(|(_, rule)| rule.told() == which).map(|(at, _)| at + 1).collect();
    match called.as_slice() {
        [only] => Ok(*only),
        [] => Err(RemoveError::Unknown(which.to_owned())),
        several => Err(RemoveError::Ambiguous(which.to_owned(), several.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_written_read_and_taken_out_again_and_comments_stay() {
        let words = ["cargo".to_owned(), "run".to_owned(), "a \"b\"\n".to_owned()];
        let rule = |name| NewRule {
            name,
            tool: "command",
            what: What::Words(&words),
            network: true,
            verdict: Verdict::Allow,
            why: "mine, \\ and 'yours'",
            project: Some(Path::new("/w")),
            until: Some("2027-01-01"),
        };
        let (first, second) = (rule(Some("one")).to_toml(), rule(None).to_toml());
        let text = format!("# mine\n{first}\n# the second\n{second}# end\n");
        assert_eq!(Rules::parse(&text, "x", Layer::User).unwrap().len(), 2);
        assert_eq!(
            without_rule(&text, "one").unwrap(),
            (format!("# mine\n\n# the second\n{second}# end\n"), 1)
        );
        assert_eq!(without_rule(&text, "2").unwrap(), (format!("# mine\n{first}\n# the second\n# end\n"), 2));
        assert_eq!(without_rule(&text, "3"), Err(RemoveError::Unknown("3".to_owned())));
        let doubled = format!("{first}{first}");
        assert_eq!(without_rule(&doubled, "one"), Err(RemoveError::Ambiguous("one".to_owned(), 2)));
    }
}
