//! From a submit to a run: which persona, which plan, which models, within which limits. Every refusal here
//! happens before anything is written or held.

use crate::context::Context;
use crate::expand::{Choosing, expand};
use plyrum_billing_client::MicroRub;
use plyrum_catalog::ModelId;
use plyrum_engine::{
    Attachment, Conversation, FanOut, Limits, Persona, Picture, Plan, Quorum, Room, Seat, Situation,
    StepSpec, Unpriced, activate, calibration,
};
use plyrum_protocol::{
    Decision, Effort, ErrorKind, Excluded, Fault, PictureMark, Profile, Risk, SubmitOptions, Timestamp,
};
use plyrum_router::{AttachmentFacts, Needs, RouteInput, route, wants_action};
use plyrum_settings::ModelChoice as ConfiguredModel;
use std::collections::BTreeMap;

/// Why a price range is no promise, and no limit can be kept.
const UNBOUNDED: &str = "image_bound_unknown";
/// What the router says of its own plan, which a rule replaces.
const OF_NO_RULE: [&str; 2] = ["direct_by_default", "no_quality_data"];
/// The plan of one step.
const DIRECT: &str = "direct";
/// The plan that a rule chooses.
const AUTO: &str = "auto";
/// The plan of samples of which one is selected, and why it is taken where nobody named one.
const SELECTS: (&str, &str) = ("best-of-n", "code_with_tests");

/// A submit, resolved.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) persona: Persona,
    pub(crate) plan: Plan,
    pub(crate) decision: Decision,
    pub(crate) steps: Vec<StepSpec>,
    pub(crate) fan_out: FanOut,
    pub(crate) quorum: Quorum,
    pub(crate) limits: Limits,
    /// The prompt is a command of the user's: it goes alone, and nothing of the conversation with it.
    pub(crate) is_command: bool,
}

/// Why a cascade became a direct answer.
const NOBODY_CHEAPER: &str = "nobody_cheaper";

/// What was asked, redacted.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) prompt: String,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) pictures: Vec<Picture>,
}

/// What of a conversation's past a model would be told, whether or not it fits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told {
    pub(crate) bytes: u64,
    pub(crate) pictures: u64,
}

impl Asked {
    /// Bytes of all text; pictures are named in it, and count apart.
    pub(crate) fn bytes(&self) -> u64 {
        let attached: usize = self.attachments.iter().map(|a| a.text.len() + a.name.len() + 64).sum();
        let named: usize = self.pictures.iter().map(|picture| picture.mark.name.len() + 192).sum();
        (self.prompt.len() + attached + named) as u64
    }

    /// Bytes of the pictures themselves.
    pub(crate) fn picture_bytes(&self) -> u64 {
        self.pictures.iter().map(|picture| picture.mark.bytes).sum()
    }

    /// The same with every secret replaced.
    pub(crate) fn redacted(self, context: &Context) -> Self {
        let clean = |text: String| match context.redactor.redact(&text) {
            std::borrow::Cow::Borrowed(_) => text,
            std::borrow::Cow::Owned(clean) => clean,
        };
        Self {
            prompt: clean(self.prompt),
            attachments: self
                .attachments
                .into_iter()
                .map(|a| Attachment { name: clean(a.name), text: clean(a.text) })
                .collect(),
            pictures: self
                .pictures
                .into_iter()
                .map(|picture| Picture {
                    mark: PictureMark { name: clean(picture.mark.name), ..picture.mark },
                    data: picture.data,
                })
                .collect(),
        }
    }

    pub(crate) fn conversation(
        self,
        persona: &Persona,
        effort: Option<Effort>,
        project: Vec<Attachment>,
    ) -> Conversation {
        Conversation {
            system: persona.prompt.clone(),
            project,
            summary: None,
            history: Vec::new(),
            prompt: self.prompt,
            attachments: self.attachments,
            pictures: self.pictures,
            temperature: persona.temperature.clone(),
            effort: effort.or(persona.effort),
        }
    }
}

/// The route of a prompt with the plan that it takes.
#[derive(Debug)]
pub(crate) struct Planned {
    /// The model that somebody named.
    model: Option<ModelId>,
    pub(crate) decision: Decision,
    /// How good members of a panel are at least, where a rule has made it.
    floor_milli: Option<u32>,
}

/// Routes, and picks the plan.
pub(crate) fn planned(
    context: &Context,
    asked: &Asked,
    options: &SubmitOptions,
    persona: &Persona,
    told: Told,
    left: Option<MicroRub>,
    now: Timestamp,
) -> Result<Planned, Fault> {
    let model = requested_model(context, options, persona)?;
    let is_command = model.as_ref().is_some_and(|model| context.takes_a_command(model));
    let usual_plan = || persona.plan.clone().unwrap_or_else(|| context.settings.defaults.plan.clone());
    let plan_name = match &options.plan {
        Some(name) => name.clone(),
        None if is_command => DIRECT.to_owned(),
        None if options.check.is_some() => AUTO.to_owned(),
        None => usual_plan(),
    };
    let requested_plan = Some(plan_name.as_str()).filter(|name| *name != AUTO);
    if let Some(name) = requested_plan {
        plan(context, name)?;
    }
    let wants = Wants { model: model.as_ref(), plan: requested_plan, told, left };
    let mut decision = decide(context, asked, options, &wants);
    say_what_is_unbounded(&mut decision);
    let wanted = plan(context, &plan_name)?;
    let able = Choosing {
        context,
        decision: &decision,
        persona,
        requested: model.as_ref(),
        shows_pictures: !asked.pictures.is_empty(),
        floor_milli: None,
    };
    if !wanted.is_chosen_by_rule() {
        if wanted.is_cascade() && able.cascade().is_none() {
            DIRECT.clone_into(&mut decision.plan);
            decision.reasons.push(NOBODY_CHEAPER.to_owned());
        }
        return Ok(Planned { model, decision, floor_milli: None });
    }
    if options.check.is_some() {
        SELECTS.0.clone_into(&mut decision.plan);
        decision.reasons.retain(|reason| !OF_NO_RULE.contains(&reason.as_str()));
        decision.reasons.push(SELECTS.1.to_owned());
        return Ok(Planned { model, decision, floor_milli: None });
    }
    let able = able.seats();
    // Of this run, and not of every greeting: a configured profile ranks, and asks for no mixture.
    let asked_for_best = options.profile == Some(Profile::Best);
    let deadline = limits(context, options, persona, now).deadline;
    let room = Room {
        budget: available(context, options, left),
        deadline_ms: deadline.map(|deadline| deadline.millis_since(now)),
    };
    // What came along can be read by everybody; what lies in the folder, only by one who may act.
    let asks_for_action = asked.attachments.is_empty() && wants_action(&asked.prompt, decision.intent);
    let wants_action = is_told_how_to_act(options) || asks_for_action;
    let floor_milli = choose_plan(&mut decision, &able, room, asked_for_best, wants_action);
    Ok(Planned { model, decision, floor_milli })
}

/// Resolves names, routes, and picks the plan.
pub(crate) fn resolve(
    context: &Context,
    asked: &Asked,
    options: &SubmitOptions,
    told: Told,
    left: Option<MicroRub>,
    now: Timestamp,
) -> Result<Resolved, Fault> {
    let persona = persona(context, options.persona.as_deref())?;
    let Planned { model, mut decision, floor_milli } =
        planned(context, asked, options, &persona, told, left, now)?;
    let plan = plan(context, &decision.plan)?;
    let takes_a_command = model.as_ref().is_some_and(|model| context.takes_a_command(model));
    if options.check.is_some() && !takes_a_command {
        crate::check::of_a_plan_that_selects(&plan, context.library.plans.values().map(|known| &known.item))?;
    }
    let choosing = Choosing {
        context,
        decision: &decision,
        persona: &persona,
        requested: model.as_ref(),
        shows_pictures: !asked.pictures.is_empty(),
        floor_milli,
    };
    let steps = expand(&plan, &choosing)?;
    let why_another = choosing.why_another_aggregator(&plan);
    decision.reasons.extend(why_another);
    if options.effort.is_some() {
        somebody_thinks(context, &steps)?;
    }
    let is_command = keeps_commands_alone(context, &plan, &steps, asked)?;
    let mut limits = limits(context, options, &persona, now);
    limits.hedge_after_ms = hedges(context, &steps);
    if is_command {
        limits.asked_output_tokens = None; // a persona is brief, a command's output is what it is
    }
    Ok(Resolved {
        is_command,
        persona,
        fan_out: plan.fan_out,
        quorum: plan.quorum,
        plan,
        decision,
        steps,
        limits,
    })
}

/// How long each model may be silent before its fallback is asked too: no less than its first token takes as a rule.
fn hedges(context: &Context, steps: &[StepSpec]) -> BTreeMap<String, u64> {
    let Some(setting) = context.settings.defaults.hedge_after_ms else { return BTreeMap::new() };
    let models = steps.iter().flat_map(|step| &step.models);
    let usual = |model: &str| context.learned().first_tokens.p95_ms(model).unwrap_or(0);
    models.map(|model| (model.id.clone(), setting.max(usual(&model.id)))).collect()
}

/// Who asks for more or less thinking is told where nobody thinks.
fn somebody_thinks(context: &Context, steps: &[StepSpec]) -> Result<(), Fault> {
    let mut models = steps.iter().flat_map(|step| &step.models).filter_map(|m| context.catalog.model(&m.id));
    let Some(first) = models.clone().next().filter(|_| models.all(|model| !model.reasoning)) else {
        return Ok(());
    };
    Err(Fault::new(ErrorKind::Usage, format!("{} does not think before it answers", first.id)).hint(format!(
        "leave the effort out; if it does think, set models.\"{}\".reasoning = true in config.toml",
        first.id
    )))
}

/// Where the first choice is sent pictures of which nobody knows what they cost at most, the plan says so: its price range
/// is then no promise.
fn say_what_is_unbounded(decision: &mut Decision) {
    let first = decision.candidates.first();
    if first.is_some_and(|first| first.reasons.iter().any(|reason| reason == UNBOUNDED)) {
        decision.reasons.push(UNBOUNDED.to_owned());
    }
}

/// Whether the one step of a run takes its prompt as a command. With other steps, or other texts, what it would
/// carry out is not what somebody typed.
fn keeps_commands_alone(
    context: &Context,
    plan: &Plan,
    steps: &[StepSpec],
    asked: &Asked,
) -> Result<bool, Fault> {
    let mut models = steps.iter().flat_map(|step| &step.models).filter_map(|m| context.catalog.model(&m.id));
    let Some(model) = models.find(|model| context.takes_a_command(&model.id)) else { return Ok(false) };
    let id = &model.id;
    if steps.len() > 1 {
        let message =
            format!("{id} carries out what you typed, so it is no part of the plan `{}`", plan.name);
        return Err(
            Fault::new(ErrorKind::Usage, message).hint(format!("plyrum ask -m {id} --plan direct COMMAND"))
        );
    }
    if !asked.attachments.is_empty() || !asked.pictures.is_empty() {
        let message = format!("{id} carries out what you typed and takes no attachments or standard input");
        return Err(Fault::new(ErrorKind::Usage, message)
            .hint("name files in the command; --no-stdin reads no standard input"));
    }
    Ok(true)
}

/// Who says how actions are approved, or how many there may be, wants some.
pub(crate) fn is_told_how_to_act(options: &SubmitOptions) -> bool {
    options.approve.is_some() || options.max_turns.is_some()
}

/// The rule of `auto`: its plan and its reasons go into the decision. How good members of its panel are at least.
fn choose_plan(
    decision: &mut Decision,
    seats: &[Seat],
    room: Room,
    asked_for_best: bool,
    wants_action: bool,
) -> Option<u32> {
    let chosen = activate(&Situation {
        seats,
        room,
        alone_milli: decision.candidates.first().and_then(|first| first.expected_quality_milli),
        output: decision.output_kind,
        rule: calibration(decision.domains.iter().map(String::as_str)),
        high_stakes: decision.risk == Risk::High,
        asked_for_best,
        wants_action,
    });
    chosen.plan.clone_into(&mut decision.plan);
    decision.reasons.retain(|reason| !OF_NO_RULE.contains(&reason.as_str()));
    for reason in chosen.reasons {
        if decision.reasons.iter().all(|known| known != reason) {
            decision.reasons.push(reason.to_owned());
        }
    }
    chosen.floor_milli
}

/// What a route has to keep to.
struct Wants<'a> {
    /// The model that somebody named.
    model: Option<&'a ModelId>,
    /// The plan that somebody named.
    plan: Option<&'a str>,
    /// The conversation that is continued.
    told: Told,
    /// What may be spent.
    left: Option<MicroRub>,
}

/// The router's decision alone.
fn decide(context: &Context, asked: &Asked, options: &SubmitOptions, wants: &Wants<'_>) -> Decision {
    let attachments: Vec<AttachmentFacts> = asked
        .attachments
        .iter()
        .map(|a| AttachmentFacts {
            name: a.name.clone(),
            bytes: a.text.len() as u64,
            lines: a.text.lines().count() as u64,
        })
        .collect();
    let allowed: Option<Vec<String>> = context
        .settings
        .narrowing
        .allow_providers
        .as_ref()
        .map(|allowed| allowed.iter().map(ToString::to_string).collect());
    let verdicts = context.learned().feedback.verdicts();
    route(&RouteInput {
        prompt: &asked.prompt,
        attachments: &attachments,
        pictures: asked.pictures.len() as u64,
        told_pictures: wants.told.pictures,
        told_bytes: wants.told.bytes,
        catalog: &context.catalog,
        health: &|model| context.health(model),
        requested_model: wants.model,
        allow_list: allowed.as_deref(),
        verdicts: &verdicts,
        pace: &|model| context.learned().pace.of(model.as_str()),
        needs: Needs { tools: wants.model.is_none() && is_told_how_to_act(options) },
        profile: profile(context, options),
        plan_requested: wants.plan,
        available: available(context, options, wants.left),
        allows_unpriced: unpriced(context) == Unpriced::Allow,
        max_output_tokens_default: context.settings.defaults.max_output_tokens,
    })
}

/// What a run may cost; none where nothing limits it.
fn available(context: &Context, options: &SubmitOptions, left: Option<MicroRub>) -> Option<MicroRub> {
    [options.max_cost_micro_rub, context.settings.budgets.run, left].into_iter().flatten().min()
}

/// What somebody wants weighed most, else what the configuration does.
fn profile(context: &Context, options: &SubmitOptions) -> Profile {
    options.profile.unwrap_or(match context.settings.defaults.profile {
        plyrum_settings::Profile::Cheap => Profile::Cheap,
        plyrum_settings::Profile::Balanced => Profile::Balanced,
        plyrum_settings::Profile::Best => Profile::Best,
    })
}

pub(crate) fn persona(context: &Context, asked: Option<&str>) -> Result<Persona, Fault> {
    let name = asked.unwrap_or(&context.settings.defaults.persona);
    let known = &context.library.personas;
    known
        .get(name)
        .map(|p| p.item.clone())
        .ok_or_else(|| not_found("persona", name, known.keys().map(String::as_str), "plyrum personas list"))
}

fn plan(context: &Context, name: &str) -> Result<Plan, Fault> {
    let known = &context.library.plans;
    known
        .get(name)
        .map(|p| p.item.clone())
        .ok_or_else(|| not_found("plan", name, known.keys().map(String::as_str), "plyrum plans list"))
}

/// There is no such model; perhaps it is called so at its provider.
fn no_model(catalog: &plyrum_catalog::Catalog, name: &str) -> Fault {
    let known = catalog.models.keys().map(ModelId::as_str);
    let fault = not_found("model", name, known, "plyrum models list");
    let ids: Vec<&str> = catalog.named_on_the_wire(name).map(|model| model.id.as_str()).take(4).collect();
    if ids.is_empty() {
        return fault;
    }
    fault.hint(format!("`{name}` is what its provider calls it; its id here is {}", ids.join(" or ")))
}

/// The model that the flags, the persona or the configuration name; none lets the router choose.
pub(crate) fn requested_model(
    context: &Context,
    options: &SubmitOptions,
    persona: &Persona,
) -> Result<Option<ModelId>, Fault> {
    let configured = || match &context.settings.defaults.model {
        ConfiguredModel::Auto => None,
        ConfiguredModel::Fixed(id) => Some(id.to_string()),
    };
    let asked =
        options.model.clone().filter(|m| m != "auto").or_else(|| persona.model.clone()).or_else(configured);
    let Some(name) = asked else { return Ok(None) };
    let catalog = &context.catalog;
    if let Some(model) = catalog.model(&name) {
        return Ok(Some(model.id.clone()));
    }
    Err(no_model(catalog, &name))
}

pub(crate) fn not_found<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    list: &str,
) -> Fault {
    let hint = match plyrum_config::nearest(name, known) {
        Some(near) => format!("did you mean `{near}`? {list} shows all"),
        None => format!("{list} shows all"),
    };
    let shown: String = name.chars().take(80).collect();
    Fault::new(ErrorKind::NotFound, format!("there is no {what} `{shown}`")).hint(hint)
}

/// Why the model that was asked for cannot serve.
pub(crate) fn excluded(context: &Context, model: &ModelId, reasons: &[String]) -> Fault {
    if let Some(unusable) = context.why_not(model) {
        let hint = match &unusable.key_variable {
            Some(name) => format!(
                "export {name}=… and run `plyrum daemon restart`, or use api_key = {{ file = \"…\" }}"
            ),
            None => "check the provider's entry: plyrum config show".to_owned(),
        };
        return Fault::new(ErrorKind::Auth, format!("{model} cannot be used: {}", unusable.why)).hint(hint);
    }
    let has = |code: &str| reasons.iter().any(|r| r.starts_with(code));
    let entry = context.catalog.model(model.as_str());
    if let (Some(rest), Some(entry)) = (context.rest_of(model), entry)
        && has(Excluded::RESTING)
    {
        return rest.refusal(entry.provider.as_str());
    }
    let limit = entry.map_or(0, |m| m.context_tokens);
    let (kind, what, hint) = if has("context_too_small") {
        (
            ErrorKind::ContextTooLong,
            format!("the prompt does not fit {model}, which takes {limit} tokens"),
            "shorten it, or take a model with a larger context: plyrum models list".to_owned(),
        )
    } else if has("takes_no_images") || has("images_unknown") {
        let what = if has("images_unknown") {
            format!("{model} is not known to take pictures")
        } else {
            format!("{model} takes no pictures")
        };
        (ErrorKind::Usage, what, takers(context, model))
    } else if has(UNBOUNDED) {
        (
            ErrorKind::PriceUnknown,
            format!("{model}: how many tokens a picture has at most is not known, so no limit can be kept"),
            format!("set models.\"{model}\".image_tokens in config.toml"),
        )
    } else if has("price_unknown") {
        (
            ErrorKind::PriceUnknown,
            format!("the price of {model} is not known"),
            plyrum_engine::price_hint(model.as_str()),
        )
    } else if has("not_allowed") {
        (
            ErrorKind::Config,
            format!("this project does not allow the provider of {model}"),
            "see allow_providers in the project's .plyrum/config.toml".to_owned(),
        )
    } else {
        (
            ErrorKind::Failed,
            format!("{model} cannot serve this prompt: {}", reasons.join(", ")),
            "plyrum route PROMPT".to_owned(),
        )
    };
    Fault::new(kind, what).hint(hint)
}

fn unpriced(context: &Context) -> Unpriced {
    match context.settings.billing.unpriced {
        plyrum_settings::Unpriced::Refuse => Unpriced::Refuse,
        plyrum_settings::Unpriced::Allow => Unpriced::Allow,
    }
}

/// Which models take pictures, for one that does not.
fn takers(context: &Context, model: &ModelId) -> String {
    let takes =
        |model: &&plyrum_catalog::Model| model.images == Some(true) && context.why_not(&model.id).is_none();
    let ids: Vec<&str> =
        context.catalog.models.values().filter(takes).map(|m| m.id.as_str()).take(4).collect();
    if ids.is_empty() {
        return format!("if it does, set models.\"{model}\".images = true in config.toml");
    }
    format!("models that do: {}", ids.join(", "))
}

fn limits(context: &Context, options: &SubmitOptions, persona: &Persona, now: Timestamp) -> Limits {
    let configured = context.settings.budgets.run;
    let setting = || context.settings.narrowing.setting_of("run");
    let (budget, budget_setting) = match (options.max_cost_micro_rub, configured) {
        (Some(flag), Some(own)) if own < flag => (Some(own), setting()),
        (Some(flag), _) => (Some(flag), "--max-cost".to_owned()),
        (None, own) => (own, setting()),
    };
    Limits {
        max_output_tokens: context.settings.defaults.max_output_tokens,
        asked_output_tokens: persona.max_output_tokens,
        budget,
        budget_setting,
        deadline: options.timeout_ms.map(|ms| now.plus_millis(ms)),
        fallback_max_price_percent: context.settings.defaults.fallback_max_price_percent,
        unpriced: unpriced(context),
        ..Limits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_providers_name_of_a_model_is_answered_with_its_id() {
        let catalog = plyrum_catalog::Catalog::shipped().unwrap();
        let hint = |name: &str| no_model(&catalog, name).hint.unwrap();
        assert_eq!(hint("lead"), "`lead` is what its provider calls it; its id here is offline/lead");
        assert_eq!(hint("offline/leed"), "did you mean `offline/lead`? plyrum models list shows all");
    }
}
