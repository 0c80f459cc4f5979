//! The checks of merged sections: names that must exist, limits that must be limits.

use std::path::Path;

use plyrum_billing_client::MAX_TOKENS;
use plyrum_catalog::{Catalog, ModelId, Origin};
use plyrum_config::Diagnostic;
use toml::Spanned;

use crate::budgets::{BudgetsSection, parse_limit};
use crate::daemon::{DaemonSection, parse_idle};
use crate::defaults::DefaultsSection;
use crate::file::BillingSection;
use crate::load::Sources;
use crate::moa::MoaSection;
use crate::{BillingSettings, Budgets, DaemonSettings, Defaults, MAX_PROPOSERS, Moa, ModelChoice};

/// The router's choice, where a model's id may stand.
const AUTO: &str = "auto";
/// Names of personas, plans and policies are names of files too.
const MAX_NAME_BYTES: usize = 64;

/// Checks merged sections. The built-in layer passes every check (a test says so), so
/// every place is one of the user's file.
pub(crate) struct Check<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) catalog: &'a Catalog,
    pub(crate) problems: Vec<Diagnostic>,
}

/// Dearest that a fallback may be made, as a ratio.
const MAX_RATIO: u64 = 1000;
/// Longest silence before a hedge, in seconds.
const MAX_SILENCE: u64 = 600;
/// Most tool turns of a run.
const MAX_TURNS: u64 = 1_000;
/// Longest that a question may stay open: 90 days.
const MAX_WAIT: u64 = 90 * 86_400;

impl Check<'_> {
    /// A count from 1 on.
    fn up_to(&mut self, key: &str, count: &Spanned<u64>, most: u64) -> Option<u64> {
        if (1..=most).contains(count.get_ref()) {
            return Some(*count.get_ref());
        }
        self.problem(count, &format!("{key}: 1 to {most}"));
        None
    }

    pub(crate) fn defaults(&mut self, section: DefaultsSection) -> Option<Defaults> {
        let model = self.required("defaults.model", section.model);
        let persona = self.required("defaults.persona", section.persona);
        let plan = self.required("defaults.plan", section.plan);
        let profile = self.required("defaults.profile", section.profile);
        let lang = self.required("defaults.lang", section.lang);
        let limit = self.required("defaults.max_output_tokens", section.max_output_tokens);
        let approve = self.required("defaults.approve", section.approve);
        let turns = self.required("defaults.max_turns", section.max_turns);
        let waits = self.required("defaults.approval_seconds", section.approval_seconds);
        let deferred = self.required("defaults.deferred_seconds", section.deferred_seconds);
        let dear = self.required("defaults.fallback_max_price_ratio", section.fallback_max_price_ratio);
        // Each is looked at before any is missed, so that all mistakes are told at once.
        let model = model.and_then(|model| self.choice("defaults.model", &model));
        let persona = persona.and_then(|name| self.name("defaults.persona", &name));
        let plan = plan.and_then(|name| self.name("defaults.plan", &name));
        let max_output_tokens = limit.and_then(|limit| self.tokens("defaults.max_output_tokens", &limit));
        let approve = approve.and_then(|name| self.name("defaults.approve", &name));
        let max_turns = turns.and_then(|turns| self.up_to("defaults.max_turns", &turns, MAX_TURNS));
        let approval_seconds = waits.and_then(|s| self.up_to("defaults.approval_seconds", &s, MAX_WAIT));
        let deferred_seconds = deferred.and_then(|s| self.up_to("defaults.deferred_seconds", &s, MAX_WAIT));
        let fallback_max_price_percent =
            dear.and_then(|ratio| self.percent("defaults.fallback_max_price_ratio", &ratio));
        let hedge_after_ms = section.hedge_after_seconds.and_then(|after| self.silence(&after));
        Some(Defaults {
            model: model?,
            persona: persona?,
            plan: plan?,
            profile: profile?,
            lang: lang?,
            max_output_tokens: max_output_tokens?,
            project_instructions: section.project_instructions.unwrap_or(true),
            approve: approve?,
            max_turns: u32::try_from(max_turns?).unwrap_or(u32::MAX),
            approval_seconds: approval_seconds?,
            deferred_seconds: deferred_seconds?,
            fallback_max_price_percent: fallback_max_price_percent?,
            hedge_after_ms,
        })
    }

    /// Seconds, whole or with at most three digits behind the point, in milliseconds.
    fn silence(&mut self, after: &Spanned<toml::Value>) -> Option<u64> {
        let written = match after.get_ref() {
            toml::Value::Integer(whole) => whole.to_string(),
            toml::Value::String(decimal) => decimal.clone(),
            other => other.to_string(), // a float is no decimal
        };
        let is_float = matches!(after.get_ref(), toml::Value::Float(_));
        let ms = millis(&written).filter(|ms| !is_float && (1_000..=MAX_SILENCE * 1_000).contains(ms));
        if ms.is_none() {
            self.problem(
                after,
                &format!(
                    "defaults.hedge_after_seconds = {written}: 1 to {MAX_SILENCE} seconds, whole (2) or a decimal in quotes (\"1.5\")"
                ),
            );
        }
        ms
    }

    /// A ratio as a decimal with at most two digits behind its point, in percent.
    fn percent(&mut self, key: &str, ratio: &Spanned<String>) -> Option<u64> {
        let (whole, part) = ratio.get_ref().split_once('.').unwrap_or((ratio.get_ref(), "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let hundredths = format!("{part:0<2}");
        let percent = (digits(whole) && digits(part) && part.len() <= 2)
            .then(|| whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(hundredths.parse().ok()?))
            .flatten()
            .filter(|percent| (1..=MAX_RATIO * 100).contains(percent));
        if percent.is_none() {
            self.problem(
                ratio,
                &format!("{key} must be a decimal in quotes, 0.01 to {MAX_RATIO}: \"2\", \"1.5\""),
            );
        }
        percent
    }

    pub(crate) fn moa(&mut self, section: MoaSection) -> Moa {
        let proposers = section.proposers.map(|list| {
            if list.get_ref().is_empty() || list.get_ref().len() > MAX_PROPOSERS {
                self.problem(
                    &list,
                    &format!("moa.proposers: 1 to {MAX_PROPOSERS} models, or leave the key out"),
                );
            }
            list.get_ref().iter().filter_map(|id| self.model("moa.proposers", id)).collect()
        });
        let aggregator = section.aggregator.and_then(|id| self.model("moa.aggregator", &id));
        Moa { proposers, aggregator }
    }

    pub(crate) fn billing(&mut self, section: &BillingSection) -> Option<BillingSettings> {
        let mode = self.required("billing.mode", section.mode);
        let unpriced = self.required("billing.unpriced", section.unpriced);
        Some(BillingSettings { mode: mode?, unpriced: unpriced? })
    }

    pub(crate) fn budgets(&mut self, section: &BudgetsSection) -> Budgets {
        let mut budgets = Budgets::default();
        for (key, written) in section.written() {
            let Some(written) = written else { continue };
            match (parse_limit(key, written.get_ref().as_str()), budgets.slot(key)) {
                (Ok(limit), Some(slot)) => *slot = Some(limit),
                (Ok(_), None) => {}
                (Err(message), _) => self.problem(written, &message),
            }
        }
        budgets
    }

    pub(crate) fn daemon(&mut self, section: &DaemonSection) -> DaemonSettings {
        let Some(written) = &section.idle_exit else { return DaemonSettings::default() };
        match parse_idle(written.get_ref()) {
            Ok(idle_exit) => DaemonSettings { idle_exit },
            Err(message) => {
                self.problem(written, &message);
                DaemonSettings::default()
            }
        }
    }

    fn choice(&mut self, key: &str, id: &Spanned<String>) -> Option<ModelChoice> {
        if id.get_ref() == AUTO {
            return Some(ModelChoice::Auto);
        }
        // What a provider's own list names comes and goes with it: missing, it fails the run that wants it, not all of them.
        let provider = id.get_ref().split_once('/').map_or("", |(provider, _)| provider);
        let is_listed = self.catalog.provider(provider).is_some()
            && self
                .catalog
                .models
                .values()
                .all(|m| m.provider.as_str() != provider || m.origin == Origin::Listed);
        match ModelId::new(id.get_ref().clone()) {
            Ok(model) if is_listed => Some(ModelChoice::Fixed(model)),
            _ => self.model(key, id).map(ModelChoice::Fixed),
        }
    }

    fn model(&mut self, key: &str, id: &Spanned<String>) -> Option<ModelId> {
        let wanted = id.get_ref().as_str();
        if let Some(model) = self.catalog.model(wanted) {
            return Some(model.id.clone());
        }
        let known = self.catalog.models.keys().map(ModelId::as_str);
        let problem = self.diagnostic(id, &format!("{key}: no model `{wanted}`")).with_nearest(wanted, known);
        self.problems.push(problem);
        None
    }

    fn name(&mut self, key: &str, name: &Spanned<String>) -> Option<String> {
        match check_name(name.get_ref()) {
            Ok(()) => Some(name.get_ref().clone()),
            Err(why) => {
                self.problem(name, &format!("{key}: {why}"));
                None
            }
        }
    }

    fn tokens(&mut self, key: &str, count: &Spanned<u64>) -> Option<u64> {
        if (1..=MAX_TOKENS).contains(count.get_ref()) {
            return Some(*count.get_ref());
        }
        self.problem(count, &format!("{key}: 1 to {MAX_TOKENS} tokens"));
        None
    }

    /// The built-in layer has every value; a build in which it has not must not guess one.
    fn required<T>(&mut self, key: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.problems.push(Diagnostic::of_file(Path::new("built in"), format!("no default for {key}")));
        }
        value
    }

    fn problem<T>(&mut self, place: &Spanned<T>, message: &str) {
        let problem = self.diagnostic(place, message);
        self.problems.push(problem);
    }

    fn diagnostic<T>(&self, place: &Spanned<T>, message: &str) -> Diagnostic {
        Diagnostic::from_span(&self.sources.user_path, &self.sources.user_text, Some(place.span()), message)
    }
}

/// A name that can be a file's: no path, nothing that a terminal would obey.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.chars().all(allowed) {
        return Err(format!("a name has letters, digits, `-` and `_`, at most {MAX_NAME_BYTES} bytes"));
    }
    Ok(())
}

/// Milliseconds of a decimal number of seconds; none where it is none, or finer than that.
fn millis(seconds: &str) -> Option<u64> {
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths = format!("{part:0<3}");
    let is_decimal = digits(whole) && digits(part) && part.len() <= 3;
    is_decimal
        .then(|| whole.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(thousandths.parse().ok()?))?
}
