//! A policy with what lies over it.

use super::question::{Place, Question};
use super::rule::{Layer, PolicyError, PolicyText, Rule, Rules, Subject};
use super::verdict::{Decided, Verdict};
use std::path::Path;
use std::sync::Arc;

/// A checked policy, with the rules that lie over it. Cheap to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    pub(super) file: String,
    pub(super) otherwise: Verdict,
    rules: Arc<[Rule]>,
    over: Vec<Arc<Rules>>,
    now: i64,
}

impl Policy {
    /// Reads and checks a policy file; `file` is what answers call it.
    pub fn parse(text: &str, file: &str) -> Result<Self, PolicyError> {
        let (read, rules) = PolicyText::read(text)?;
        Ok(Self {
            name: read.name,
            description: read.description,
            file: file.to_owned(),
            otherwise: read.otherwise.into_inner(),
            rules: rules.into(),
            over: Vec::new(),
            now: i64::MIN,
        })
    }

    /// The policy with rules over it, those whose time is over at `now` (seconds since 1970) left out. Rules that are
    /// there already stay; the later `now` counts for all.
    #[must_use]
    pub fn with_rules(&self, rules: Arc<Rules>, now: i64) -> Self {
        let mut layered = self.clone();
        layered.over.push(rules);
        layered.now = layered.now.max(now);
        layered
    }

    /// The most specific of the strictest rules of the policy itself.
    pub(super) fn own(&self, subject: &Subject<'_>, workspace: &Path) -> Option<Spoken<'_>> {
        self.strongest(&self.rules, &self.file, subject, workspace)
    }

    /// The same of the rules of one layer over it.
    pub(super) fn of_layer(
        &self,
        layer: Layer,
        subject: &Subject<'_>,
        workspace: &Path,
    ) -> Option<Spoken<'_>> {
        let files = self.over.iter().filter(|rules| rules.layer == layer);
        files
            .filter_map(|rules| self.strongest(&rules.all, &rules.file, subject, workspace))
            .max_by_key(Spoken::weight)
    }

    fn strongest<'a>(
        &self,
        rules: &'a [Rule],
        file: &'a str,
        subject: &Subject<'_>,
        workspace: &Path,
    ) -> Option<Spoken<'a>> {
        let speaking = rules.iter().filter(|rule| rule.holds(workspace, self.now) && rule.matches(subject));
        speaking.map(|rule| Spoken { rule, file }).max_by_key(Spoken::weight)
    }
}

/// A rule that speaks, and its file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spoken<'a> {
    pub(super) rule: &'a Rule,
    pub(super) file: &'a str,
}

impl Spoken<'_> {
    fn weight(&self) -> (Verdict, usize) {
        (self.rule.verdict, self.rule.specificity())
    }

    pub(super) fn decided(&self) -> Decided {
        Decided {
            verdict: self.rule.verdict,
            rule: Some(self.rule.told()),
            file: self.file.to_owned(),
            line: Some(self.rule.line),
            reason: self.rule.why.clone(),
            network: self.rule.network,
        }
    }
}

/// The strictest answer of several policies, as when clients with different ones look at one run. Without any policy
/// it is asked.
pub fn strictest<'a>(
    policies: impl Iterator<Item = &'a Policy>,
    question: &Question<'_>,
    place: &Place<'_>,
) -> Decided {
    let mut strictest: Option<Decided> = None;
    for decided in policies.map(|policy| policy.decide(question, place)) {
        if strictest.as_ref().is_none_or(|known| decided.verdict > known.verdict) {
            strictest = Some(decided);
        }
    }
    strictest.unwrap_or_else(|| Decided {
        verdict: Verdict::Ask,
        rule: None,
        file: "built in".to_owned(),
        line: None,
        reason: "no policy is set, so everything is asked".to_owned(),
        network: false,
    })
}
