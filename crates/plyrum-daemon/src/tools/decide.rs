//! What the policies say to a prepared action: the strictest of the run's own, the project's and those of everybody
//! who is attached; and for commands, never without a sandbox.

use super::prepare::{Prepared, Subject};
use plyrum_protocol::{Action, Ruling};
use plyrum_tools::{Decided, NewRule, Place, Policy, Verdict, What, recognise};
use std::path::Path;

/// A verdict, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) verdict: Verdict,
    pub(super) ruling: Ruling,
}

/// The strictest answer of all policies to all that the action does.
pub(super) fn decide(
    policies: &[Policy],
    prepared: &Prepared,
    place: &Place<'_>,
    sandbox: &Sandboxed,
) -> Decision {
    if prepared.subjects.is_empty() {
        return free(prepared.tool);
    }
    let mut strictest: Option<(String, Decided)> = None;
    let mut network = true;
    for subject in &prepared.subjects {
        for policy in policies {
            let decided = policy.decide(&subject.question(), place);
            network &= decided.network;
            if strictest.as_ref().is_none_or(|(_, known)| decided.verdict > known.verdict) {
                strictest = Some((policy.name.clone(), decided));
            }
        }
    }
    let Some((policy, decided)) = strictest else { return unruled() };
    let is_command =
        prepared.subjects.iter().any(|s| matches!(s, Subject::Run { .. } | Subject::Shell { .. }));
    let decision = Decision { verdict: decided.verdict, ruling: ruling(policy, decided) };
    if wants_network(&prepared.action) && !(network && decision.verdict == Verdict::Allow) {
        return without_network(decision);
    }
    match sandbox {
        Sandboxed::No { why } if is_command && decision.verdict == Verdict::Allow => {
            without_sandbox(decision, why)
        }
        _ => decision,
    }
}

/// Whether commands run in the full sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sandboxed {
    /// They do.
    Fully,
    /// They do not.
    No {
        /// What is missing.
        why: String,
    },
}

fn ruling(policy: String, decided: Decided) -> Ruling {
    Ruling {
        verdict: decided.verdict.as_str().to_owned(),
        policy,
        rule: decided.rule,
        file: Some(decided.file),
        line: decided.line,
        reason: decided.reason,
    }
}

const NO_NETWORK: &str = "commands have no network unless a rule of the user opens it for exactly this one (plyrum policy add \
--verdict allow --network --why … -- CMD); call it without `network`, or use fetch_url";

fn wants_network(action: &Action) -> bool {
    matches!(action, Action::Run { network: true, .. } | Action::Shell { network: true, .. })
}

/// A person's word does not open the network: only a rule does, of every policy.
fn without_network(mut decision: Decision) -> Decision {
    decision.verdict = Verdict::Deny;
    Verdict::Deny.as_str().clone_into(&mut decision.ruling.verdict);
    NO_NETWORK.clone_into(&mut decision.ruling.reason);
    decision
}

/// A rule allows it, but there is nothing to hold it in.
fn without_sandbox(mut decision: Decision, why: &str) -> Decision {
    decision.verdict = Verdict::Ask;
    Verdict::Ask.as_str().clone_into(&mut decision.ruling.verdict);
    decision.ruling.reason = format!(
        "a rule allows it, but commands are only confirmed automatically in the full sandbox, which is not to be had: \
         {why} (plyrum doctor)"
    );
    decision
}

/// What touches nothing.
fn free(tool: &str) -> Decision {
    let ruling = Ruling {
        verdict: Verdict::Allow.as_str().to_owned(),
        policy: "built in".to_owned(),
        rule: None,
        file: None,
        line: None,
        reason: format!("`{tool}` touches nothing"),
    };
    Decision { verdict: Verdict::Allow, ruling }
}

fn unruled() -> Decision {
    let ruling = Ruling {
        verdict: Verdict::Ask.as_str().to_owned(),
        policy: "built in".to_owned(),
        rule: None,
        file: None,
        line: None,
        reason: "no policy is set, so everything is asked".to_owned(),
    };
    Decision { verdict: Verdict::Ask, ruling }
}

/// The rules that would allow the same again in this workspace, as blocks of a file; none where no rule can.
pub(super) fn rules_for(prepared: &Prepared, workspace: &Path, why: &str) -> Option<String> {
    let mut blocks: Vec<String> = Vec::new();
    for subject in &prepared.subjects {
        let rule = |tool: &str, what: What<'_>| block(tool, what, workspace, why);
        match subject {
            Subject::Read { path, .. } => blocks.push(rule("read", What::Path(&literal(path)?))),
            Subject::Write { path, .. } => blocks.push(rule("write", What::Path(&literal(path)?))),
            Subject::Run { argv, .. } => blocks.push(rule("command", What::Words(&words(argv)?))),
            Subject::Shell { command, .. } => {
                for simple in recognise(command).ok()? {
                    if simple.words.iter().any(|word| word.pattern) {
                        return None;
                    }
                    let argv = words(&simple.argv())?;
                    blocks.push(rule("command", What::Words(&argv)));
                }
            }
            Subject::Fetch { url } => {
                let host = plyrum_tools::host(url)?;
                blocks.push(rule("fetch_url", What::Host(&host)));
            }
        }
    }
    blocks.dedup();
    (!blocks.is_empty()).then(|| blocks.join("\n"))
}

fn block(tool: &str, what: What<'_>, workspace: &Path, why: &str) -> String {
    let project = Some(workspace);
    NewRule { name: None, tool, what, network: false, verdict: Verdict::Allow, why, project, until: None }
        .to_toml()
}

/// In rules `*`, `?` and `[` stand for others; a word with one of them cannot be named as it is.
fn words(argv: &[String]) -> Option<Vec<String>> {
    argv.iter().map(|word| literal(word)).collect()
}

fn literal(word: &str) -> Option<String> {
    (!word.contains(['*', '?', '[', '\\'])).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_protocol::Action;
    use plyrum_tools::POLICIES;

    fn policy(name: &str) -> Policy {
        let found = POLICIES.iter().map(|(path, text)| Policy::parse(text, path).unwrap());
        found.into_iter().find(|policy| policy.name == name).unwrap()
    }

    fn prepared(subjects: Vec<Subject>) -> Prepared {
        let action = Action::Invalid { arguments: String::new() };
        Prepared { tool: "run", action, sha256: String::new(), changes: Vec::new(), subjects }
    }

    fn ls() -> Subject {
        Subject::Run { argv: vec!["ls".to_owned()], cwd: String::new() }
    }

    #[test]
    fn the_strictest_of_all_policies_and_of_all_that_happens_counts() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { workspace: dir.path(), copy: None, home: None };
        let says = |policies: &[Policy], subjects: Vec<Subject>| {
            decide(policies, &prepared(subjects), &place, &Sandboxed::Fully)
        };
        let (workspace, ask) = (policy("workspace"), policy("ask"));
        assert_eq!(says(std::slice::from_ref(&workspace), vec![ls()]).verdict, Verdict::Allow);
        let both = says(&[workspace.clone(), ask], vec![ls()]);
        assert_eq!((both.verdict, both.ruling.policy.as_str()), (Verdict::Ask, "ask"));
        let write = |path: &str| Subject::Write { tool: "apply_patch", path: path.to_owned() };
        let mixed = says(std::slice::from_ref(&workspace), vec![write("a"), write(".envrc"), write("b")]);
        assert_eq!(mixed.verdict, Verdict::Deny);
        assert_eq!(says(&[], vec![ls()]).verdict, Verdict::Ask);
    }

    #[test]
    fn commands_are_not_confirmed_without_a_sandbox_and_files_are() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { workspace: dir.path(), copy: None, home: None };
        let no = Sandboxed::No { why: "`bwrap` is not installed".to_owned() };
        let policies = [policy("workspace")];
        let asked = decide(&policies, &prepared(vec![ls()]), &place, &no);
        assert_eq!(asked.verdict, Verdict::Ask);
        assert!(asked.ruling.reason.contains("`bwrap` is not installed"), "{}", asked.ruling.reason);
        let read = Subject::Read { tool: "read_file", path: "a".to_owned() };
        assert_eq!(decide(&policies, &prepared(vec![read]), &place, &no).verdict, Verdict::Allow);
    }

    #[test]
    fn only_a_rule_opens_the_network() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { workspace: dir.path(), copy: None, home: None };
        let mut asked = prepared(vec![ls()]);
        let env = std::collections::BTreeMap::new();
        asked.action =
            Action::Run { argv: vec!["ls".to_owned()], cwd: String::new(), env, timeout_s: 1, network: true };
        let says = |policies: &[Policy]| decide(policies, &asked, &place, &Sandboxed::Fully).verdict;
        let workspace = policy("workspace");
        assert_eq!(says(std::slice::from_ref(&workspace)), Verdict::Deny, "a class opens nothing");
        assert_eq!(says(&[policy("ask")]), Verdict::Deny, "nor could a person");
        let rule =
            "[[rule]]\ntool = \"run\"\nwords = [\"ls\"]\nnetwork = true\nverdict = \"allow\"\nwhy = \"w\"\n";
        let rules = plyrum_tools::Rules::parse(rule, "r", plyrum_tools::Layer::User).unwrap();
        assert_eq!(says(&[workspace.with_rules(std::sync::Arc::new(rules), 0)]), Verdict::Allow);
    }

    #[test]
    fn a_rule_for_next_time_names_exactly_what_was_done() {
        let dir = tempfile::tempdir().unwrap();
        let rules = |subject| rules_for(&prepared(vec![subject]), dir.path(), "w");
        let run = |words: &[&str]| Subject::Run {
            argv: words.iter().map(|word| (*word).to_owned()).collect(),
            cwd: String::new(),
        };
        assert!(rules(run(&["cargo", "run"])).unwrap().contains(r#"words = ["cargo", "run"]"#));
        assert_eq!(rules(run(&["rm", "*"])), None, "a star would mean any word");
        let shell = |command: &str| Subject::Shell { command: command.to_owned(), cwd: String::new() };
        assert_eq!(rules(shell("a && b")).unwrap().matches("[[rule]]").count(), 2);
        assert_eq!(rules(shell("a > b")), None);
        let fetch = Subject::Fetch { url: "https://example.org/x".to_owned() };
        assert!(rules(fetch).unwrap().contains(r#"host = "example.org""#));
    }
}
