//! Plans: DAGs of steps in TOML files, checked when they are loaded, so that a run never meets a plan that
//! cannot end: steps exist, nothing waits for itself, one step answers, fan-out is bounded.

use crate::spec::{FanOut, ModelChoice, Quorum, StepSpec};
use plyrum_protocol::{InvalidId, Role, StepId, StepKind};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;

/// Most steps of a plan.
const MAX_STEPS: usize = 32;
/// Most members of one group of proposers.
const MAX_MEMBERS: usize = 16;

/// A checked plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its name, as `--plan` takes it.
    pub name: String,
    /// What it does.
    pub description: String,
    /// How its proposers are asked.
    pub fan_out: FanOut,
    /// How many proposals are waited for.
    pub quorum: Quorum,
    /// Steps, dependencies before dependants. None: the rule of `auto` chooses another plan.
    pub steps: Vec<PlanStep>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStep {
    /// Its name. A group of proposers has this name for all; its members add a number.
    pub id: StepId,
    /// What it does.
    pub kind: StepKind,
    /// Steps that must have ended before it starts.
    pub after: Vec<StepId>,
    /// Which model, or which models.
    pub models: Models,
    /// How many steps it stands for: proposers only.
    pub members: usize,
}

/// Which models serve a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Models {
    /// The router's first choice.
    #[default]
    Best,
    /// The configured proposers, else the router's distinct candidates, best first.
    Panel,
    /// Distinct candidates, the cheapest first.
    Cheapest,
    /// The configured aggregator, else the router's first choice.
    Aggregator,
    /// These, in this order, over again where there are fewer than members.
    Named(Vec<String>),
}

/// Why a plan's steps could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError<E> {
    /// No model for a step.
    #[error("{0}")]
    Models(E),
    /// A member's name would be too long.
    #[error("a step's name is too long: {0}")]
    Name(InvalidId),
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

    /// How many steps it stands for, with so many models to ask: a panel has no more members than there are models,
    /// others ask theirs over again.
    fn seats(&self, models: usize) -> usize {
        match self.models {
            Models::Panel | Models::Cheapest => self.members.min(models),
            Models::Best | Models::Aggregator | Models::Named(_) => self.members,
        }
    }

    /// A group's name with a number; a step of its own keeps its name.
    fn member(&self, number: usize) -> Result<StepId, InvalidId> {
        if self.members == 1 { Ok(self.id.clone()) } else { StepId::new(format!("{}-{number}", self.id)) }
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
    name: Spanned<String>,
    description: String,
    #[serde(default)]
    fan_out: FanOutFile,
    #[serde(default)]
    quorum: QuorumFile,
    choose: Option<Spanned<Choose>>,
    #[serde(default)]
    step: Vec<Spanned<StepFile>>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FanOutFile {
    #[default]
    Fast,
    Thrifty,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum QuorumFile {
    #[default]
    Usual,
    All,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Choose {
    Auto,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    id: Spanned<String>,
    kind: Spanned<Kind>,
    #[serde(default)]
    after: Vec<Spanned<String>>,
    model: Option<String>,
    models: Option<ModelsFile>,
    members: Option<Spanned<u16>>,
}

/// `"panel"`, `"best"`, `"cheapest"`, or a list of catalogue ids.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ModelsFile {
    Group(String),
    Named(Vec<String>),
}

/// The kinds that a plan file may name today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Answer,
    Propose,
    Aggregate,
    Vote,
    Select,
}

impl Plan {
    /// Reads and checks a plan file.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let file: PlanFile = toml::from_str(text)
            .map_err(|e| PlanError { span: e.span(), message: e.message().to_owned() })?;
        StepId::new(file.name.get_ref().clone()).map_err(|e| at(file.name.span(), format!("name: {e}")))?;
        let fan_out = match file.fan_out {
            FanOutFile::Fast => FanOut::Fast,
            FanOutFile::Thrifty => FanOut::Thrifty,
        };
        let quorum = match file.quorum {
            QuorumFile::Usual => Quorum::Usual,
            QuorumFile::All => Quorum::All,
        };
        let (name, description) = (file.name.into_inner(), file.description);
        if let Some(choose) = file.choose {
            if let Some(step) = file.step.first() {
                return Err(at(step.span(), "a plan with `choose` has no steps of its own".to_owned()));
            }
            let Choose::Auto = choose.into_inner();
            return Ok(Self { name, description, fan_out, quorum, steps: Vec::new() });
        }
        let mut steps = Vec::with_capacity(file.step.len());
        for step in &file.step {
            steps.push((step.span(), read_step(step.get_ref())?));
        }
        check_steps(&steps)?;
        let steps = in_order(steps)?;
        Ok(Self { name, description, fan_out, quorum, steps })
    }

    /// The steps of a run. `models_of` gives the models that a step may ask, best-ranked first, each with its fallbacks.
    pub fn expand<E>(
        &self,
        mut models_of: impl FnMut(&PlanStep) -> Result<Vec<Vec<ModelChoice>>, E>,
    ) -> Result<Vec<StepSpec>, ExpandError<E>> {
        let mut steps: Vec<StepSpec> = Vec::new();
        let mut names: BTreeMap<&StepId, Vec<StepId>> = BTreeMap::new();
        for step in &self.steps {
            let models = models_of(step).map_err(ExpandError::Models)?;
            let seats = step.seats(models.len());
            let members: Vec<StepId> = (1..=seats)
                .map(|number| step.member(number))
                .collect::<Result<_, _>>()
                .map_err(ExpandError::Name)?;
            let after: Vec<StepId> =
                step.after.iter().filter_map(|source| names.get(source)).flatten().cloned().collect();
            for (name, models) in members.iter().zip(models.into_iter().cycle()) {
                let (step_id, after) = (name.clone(), after.clone());
                steps.push(StepSpec { step: step_id, kind: step.kind, role: step.role(), after, models });
            }
            names.insert(&step.id, members);
        }
        Ok(steps)
    }

    /// Whether the cheapest are asked before the strongest, who answers itself where those disagree. A plan whose cheapest
    /// are read by another step is none.
    pub fn is_cascade(&self) -> bool {
        let cheapest = |id: &StepId| self.steps.iter().any(|s| s.id == *id && s.models == Models::Cheapest);
        self.steps.iter().any(|step| step.kind == StepKind::Answer && step.after.iter().any(cheapest))
    }

    /// Whether it leaves the choice to the rule of `auto`.
    pub fn is_chosen_by_rule(&self) -> bool {
        self.steps.is_empty()
    }
}

fn at(span: Range<usize>, message: String) -> PlanError {
    PlanError { span: Some(span), message }
}

fn read_step(step: &StepFile) -> Result<PlanStep, PlanError> {
    let id = |text: &Spanned<String>| {
        StepId::new(text.get_ref().clone()).map_err(|e| at(text.span(), e.to_string()))
    };
    let kind = *step.kind.get_ref();
    let members = match &step.members {
        Some(members) if kind != Kind::Propose => {
            return Err(at(
                members.span(),
                format!("step `{}`: only `propose` has members", step.id.get_ref()),
            ));
        }
        Some(members) if !(1..=MAX_MEMBERS).contains(&usize::from(*members.get_ref())) => {
            let what = format!("step `{}`: members must be from 1 to {MAX_MEMBERS}", step.id.get_ref());
            return Err(at(members.span(), what));
        }
        Some(members) => usize::from(*members.get_ref()),
        None => 1,
    };
    Ok(PlanStep {
        id: id(&step.id)?,
        kind: match kind {
            Kind::Answer => StepKind::Answer,
            Kind::Propose => StepKind::Propose,
            Kind::Aggregate => StepKind::Aggregate,
            Kind::Vote => StepKind::Vote,
            Kind::Select => StepKind::Select,
        },
        after: step.after.iter().map(id).collect::<Result<_, _>>()?,
        models: read_models(step)?,
        members,
    })
}

fn read_models(step: &StepFile) -> Result<Models, PlanError> {
    let wrong = |message: String| at(step.id.span(), format!("step `{}`: {message}", step.id.get_ref()));
    match (&step.model, &step.models) {
        (Some(_), Some(_)) => Err(wrong("has both `model` and `models`".to_owned())),
        (Some(model), None) => Ok(match model.as_str() {
            "auto" | "best" => Models::Best,
            "aggregator" => Models::Aggregator,
            id => Models::Named(vec![id.to_owned()]),
        }),
        (None, Some(ModelsFile::Group(group))) => match group.as_str() {
            "panel" => Ok(Models::Panel),
            "best" => Ok(Models::Best),
            "cheapest" => Ok(Models::Cheapest),
            other => {
                Err(wrong(format!("models = \"{other}\": use \"panel\", \"best\", \"cheapest\" or a list")))
            }
        },
        (None, Some(ModelsFile::Named(names))) if names.is_empty() => {
            Err(wrong("`models` is empty".to_owned()))
        }
        (None, Some(ModelsFile::Named(names))) => Ok(Models::Named(names.clone())),
        (None, None) => Ok(Models::Best),
    }
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
    for (span, step) in steps {
        let combines = matches!(step.kind, StepKind::Aggregate | StepKind::Vote | StepKind::Select);
        if combines && step.after.is_empty() {
            let message = format!("step `{}` combines proposals and comes after none", step.id);
            return Err(PlanError { span: Some(span.clone()), message });
        }
    }
    let answers = |s: &PlanStep| s.kind != StepKind::Propose;
    let mut lasts = steps.iter().filter(|(_, s)| !steps.iter().any(|(_, t)| t.after.contains(&s.id)));
    match (lasts.next(), lasts.next()) {
        (Some((_, last)), None) if answers(last) => Ok(()),
        (Some((span, last)), None) => Err(PlanError {
            span: Some(span.clone()),
            message: format!(
                "the last step `{}` must give the answer: kind `answer`, `aggregate`, `vote` or `select`",
                last.id
            ),
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
    fn a_cascade_answers_itself_where_its_cheapest_disagree() {
        let ends_with = |kind| {
            let last = format!("[[step]]\nid = \"last\"\nkind = \"{kind}\"\nafter = [\"p\"]\n");
            plan(&format!("[[step]]\nid = \"p\"\nkind = \"propose\"\nmodels = \"cheapest\"\n{last}")).unwrap()
        };
        assert!(ends_with("answer").is_cascade());
        assert!(!ends_with("aggregate").is_cascade(), "the cheapest propose, another one writes");
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
        assert_eq!(plan.steps[1].models, Models::Named(vec!["lab/x".into()]));
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
            ("[[step]]\nid = \"a\"\nkind = \"propose\"\n", "must give the answer"),
            ("[[step]]\nid = \"a\"\nkind = \"vote\"\n", "comes after none"),
            ("[[step]]\nid = \"a\"\nkind = \"answer\"\nmembers = 2\n", "only `propose`"),
            ("[[step]]\nid = \"a\"\nkind = \"answer\"\nmodels = \"worst\"\n", "worst"),
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
