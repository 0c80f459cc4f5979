//! Plans: DAGs of steps in TOML files, checked when they are loaded, so that a run never meets a plan that
//! cannot end: steps exist, nothing waits for itself, one step answers, fan-out is bounded.

use plyrum_protocol::{Role, StepId, StepKind};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;

/// Most steps of a plan.
const MAX_STEPS: usize = 32;

/// A checked plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its name, as `--plan` takes it.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Steps, dependencies before dependants.
    pub steps: Vec<PlanStep>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStep {
    /// Its name.
    pub id: StepId,
    /// What it does.
    pub kind: StepKind,
    /// Steps that must have ended before it starts.
    pub after: Vec<StepId>,
    /// A catalogue id, or `None`: the router's choice.
    pub model: Option<String>,
}

impl PlanStep {
    /// What its attempts are booked as.
    pub const fn role(&self) -> Role {
        match self.kind {
            StepKind::Answer | StepKind::Tool => Role::Answer,
            StepKind::Propose => Role::Proposer,
            StepKind::Aggregate => Role::Aggregator,
            StepKind::Vote | StepKind::Select => Role::Judge,
        }
    }
}

/// What is wrong with a plan file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PlanError {
    /// Bytes of the file that it is about.
    pub span: Option<Range<usize>>,
    /// What is wrong, naming the step.
    pub message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    name: String,
    description: String,
    #[serde(default)]
    step: Vec<Spanned<StepFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    id: Spanned<String>,
    kind: Spanned<Kind>,
    #[serde(default)]
    after: Vec<Spanned<String>>,
    model: Option<String>,
}

/// The kinds that a plan file may name today.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Answer,
    Propose,
    Aggregate,
}

impl Plan {
    /// Reads and checks a plan file.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let file: PlanFile = toml::from_str(text)
            .map_err(|e| PlanError { span: e.span(), message: e.message().to_owned() })?;
        let mut steps = Vec::with_capacity(file.step.len());
        for step in &file.step {
            steps.push((step.span(), read_step(step.get_ref())?));
        }
        check_steps(&steps)?;
        let steps = in_order(steps)?;
        Ok(Self { name: file.name, description: file.description, steps })
    }
}

fn read_step(step: &StepFile) -> Result<PlanStep, PlanError> {
    let id = |text: &Spanned<String>| {
        StepId::new(text.get_ref().clone())
            .map_err(|e| PlanError { span: Some(text.span()), message: e.to_string() })
    };
    Ok(PlanStep {
        id: id(&step.id)?,
        kind: match step.kind.get_ref() {
            Kind::Answer => StepKind::Answer,
            Kind::Propose => StepKind::Propose,
            Kind::Aggregate => StepKind::Aggregate,
        },
        after: step.after.iter().map(id).collect::<Result<_, _>>()?,
        model: step.model.clone().filter(|m| m != "auto"),
    })
}

fn check_steps(steps: &[(Range<usize>, PlanStep)]) -> Result<(), PlanError> {
    let whole = |message: String| PlanError { span: None, message };
    if steps.is_empty() {
        return Err(whole("a plan needs at least one `[[step]]`".to_owned()));
    }
    if steps.len() > MAX_STEPS {
        return Err(whole(format!(
            "a plan may have at most {MAX_STEPS} steps, this one has {}",
            steps.len()
        )));
    }
    let mut names = BTreeSet::new();
    for (span, step) in steps {
        if !names.insert(&step.id) {
            return Err(PlanError {
                span: Some(span.clone()),
                message: format!("step `{}` is there twice", step.id),
            });
        }
    }
    for (span, step) in steps {
        if let Some(missing) = step.after.iter().find(|a| !names.contains(a)) {
            let message =
                format!("step `{}` comes after `{missing}`, which is not a step of this plan", step.id);
            return Err(PlanError { span: Some(span.clone()), message });
        }
    }
    let answers = |s: &PlanStep| matches!(s.kind, StepKind::Answer | StepKind::Aggregate);
    let mut lasts = steps.iter().filter(|(_, s)| !steps.iter().any(|(_, t)| t.after.contains(&s.id)));
    match (lasts.next(), lasts.next()) {
        (Some((_, last)), None) if answers(last) => Ok(()),
        (Some((span, last)), None) => Err(PlanError {
            span: Some(span.clone()),
            message: format!("the last step `{}` must be of kind `answer` or `aggregate`", last.id),
        }),
        (Some((_, one)), Some((span, two))) => Err(PlanError {
            span: Some(span.clone()),
            message: format!(
                "one step must be the last, but nothing comes after `{}` nor after `{}`",
                one.id, two.id
            ),
        }),
        (None, _) => Err(whole("the steps wait for each other in a circle".to_owned())),
    }
}

/// Dependencies before dependants, otherwise the order of the file (Kahn's algorithm, stable).
fn in_order(steps: Vec<(Range<usize>, PlanStep)>) -> Result<Vec<PlanStep>, PlanError> {
    let mut waiting: BTreeMap<usize, (Range<usize>, PlanStep)> = steps.into_iter().enumerate().collect();
    let mut done: Vec<PlanStep> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = waiting
            .iter()
            .find(|(_, (_, s))| s.after.iter().all(|a| done.iter().any(|d| d.id == *a)))
            .map(|(at, _)| *at);
        let Some((_, step)) = ready.and_then(|at| waiting.remove(&at)) else {
            let stuck = waiting.values().next();
            return Err(PlanError {
                span: stuck.map(|(span, _)| span.clone()),
                message: format!(
                    "step `{}` waits for itself in a circle",
                    stuck.map_or("", |(_, step)| step.id.as_str())
                ),
            });
        };
        done.push(step);
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(steps: &str) -> Result<Plan, PlanError> {
        Plan::parse(&format!("name = \"p\"\ndescription = \"d\"\n{steps}"))
    }

    #[test]
    fn steps_come_out_in_order_of_their_dependencies() {
        let plan = plan(
            "[[step]]\nid = \"lead\"\nkind = \"aggregate\"\nafter = [\"a\", \"b\"]\n\
             [[step]]\nid = \"b\"\nkind = \"propose\"\n[[step]]\nid = \"a\"\nkind = \"propose\"\nmodel = \"lab/x\"\n",
        )
        .unwrap();
        let names: Vec<&str> = plan.steps.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(names, ["b", "a", "lead"]);
        assert_eq!(plan.steps[2].role(), Role::Aggregator);
        assert_eq!(plan.steps[1].model.as_deref(), Some("lab/x"));
    }

    #[test]
    fn a_plan_that_cannot_end_is_refused_with_its_step() {
        for (steps, says) in [
            ("", "at least one"),
            ("[[step]]\nid = \"a\"\nkind = \"answer\"\nafter = [\"zz\"]\n", "`zz`"),
            ("[[step]]\nid = \"a\"\nkind = \"answer\"\nafter = [\"a\"]\n", "circle"),
            ("[[step]]\nid = \"a\"\nkind = \"answer\"\n[[step]]\nid = \"a\"\nkind = \"answer\"\n", "twice"),
            (
                "[[step]]\nid = \"a\"\nkind = \"answer\"\n[[step]]\nid = \"b\"\nkind = \"answer\"\n",
                "nor after `b`",
            ),
            ("[[step]]\nid = \"a\"\nkind = \"propose\"\n", "must be of kind"),
            ("[[step]]\nid = \"a\"\nkind = \"answre\"\n", "answre"),
            (
                "[[step]]\nid = \"l\"\nkind = \"answer\"\n\
                 [[step]]\nid = \"a\"\nkind = \"propose\"\nafter = [\"b\"]\n\
                 [[step]]\nid = \"b\"\nkind = \"propose\"\nafter = [\"a\"]\n",
                "circle",
            ),
        ] {
            let error = plan(steps).unwrap_err();
            assert!(error.message.contains(says), "{steps}: {error}");
        }
    }
}
