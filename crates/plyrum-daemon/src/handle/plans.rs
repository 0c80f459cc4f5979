//! One plan in full, and checking plan files before they are used.

use super::Visitor;
use crate::library::Library;
use plyrum_config::Diagnostic;
use plyrum_engine::{FanOut, Models, Plan, PlanStep};
use plyrum_protocol::{ErrorKind, Fault, PlanRef, PlanTexts, view};
use std::path::Path;

/// Most files of one check, and the largest.
const MAX_FILES: usize = 64;
const MAX_BYTES: usize = 64 * 1024;

pub(super) async fn show(visitor: &mut Visitor, asked: PlanRef) -> Result<view::PlanDetail, Fault> {
    let context = visitor.daemon.context(None).await?;
    let plans = &context.library.plans;
    let Some(plan) = plans.get(&asked.plan) else {
        let known = plans.keys().map(String::as_str);
        return Err(crate::resolve::not_found("plan", &asked.plan, known, "plyrum plans list"));
    };
    Ok(view::PlanDetail {
        plan: plan.item.name.clone(),
        description: plan.item.description.clone(),
        origin: plan.origin.clone(),
        fan_out: match plan.item.fan_out {
            FanOut::Fast => "fast",
            FanOut::Thrifty => "thrifty",
        }
        .to_owned(),
        steps: plan.item.steps.iter().map(row).collect(),
    })
}

fn row(step: &PlanStep) -> view::PlanStepRow {
    view::PlanStepRow {
        step: step.id.to_string(),
        kind: step.kind,
        members: u32::try_from(step.members).unwrap_or(u32::MAX),
        models: match &step.models {
            Models::Best => "best".to_owned(),
            Models::Panel => "panel".to_owned(),
            Models::Cheapest => "cheapest".to_owned(),
            Models::Aggregator => "aggregator".to_owned(),
            Models::Named(names) => names.join(" "),
        },
        after: step.after.iter().map(ToString::to_string).collect(),
    }
}

/// The client's files where it sends some, else the user's own as they would be loaded.
pub(super) async fn check(visitor: &mut Visitor, asked: PlanTexts) -> Result<view::Checks, Fault> {
    if asked.files.len() > MAX_FILES || asked.files.iter().any(|file| file.text.len() > MAX_BYTES) {
        let message = format!("at most {MAX_FILES} plan files of at most {} KiB", MAX_BYTES / 1024);
        return Err(Fault::new(ErrorKind::Usage, message));
    }
    let checks: Vec<view::Check> = if asked.files.is_empty() {
        loaded(&visitor.daemon.paths)
    } else {
        asked.files.iter().map(|file| one(&file.name, &file.text)).collect()
    };
    Ok(view::Checks { ok: checks.iter().all(|check| check.ok), checks })
}

fn one(name: &str, text: &str) -> view::Check {
    let (ok, detail) = match Plan::parse(text) {
        Ok(plan) => (true, format!("plan `{}`, {} steps", plan.name, plan.steps.len())),
        Err(e) => (false, Diagnostic::from_span(Path::new(name), text, e.span, &e.message).to_string()),
    };
    view::Check { name: name.to_owned(), ok, detail }
}

fn loaded(paths: &plyrum_config::Paths) -> Vec<view::Check> {
    match Library::load(paths) {
        Ok(library) => library
            .plans
            .values()
            .map(|plan| view::Check { name: plan.item.name.clone(), ok: true, detail: plan.origin.clone() })
            .collect(),
        Err(problems) => problems
            .iter()
            .map(|problem| view::Check {
                name: problem.file.display().to_string(),
                ok: false,
                detail: problem.to_string(),
            })
            .collect(),
    }
}
