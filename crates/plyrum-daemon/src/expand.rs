//! From a plan to the steps of a run: which models serve each step, and one step per member of a group.

use crate::context::Context;
use crate::resolve::{excluded, not_found};
use plyrum_catalog::{Catalog, Model, ModelId};
use plyrum_engine::{
    Cascade, ExpandError, ModelChoice, Models, Persona, Plan, PlanStep, SEATS, Seat, StepSpec, cascade,
    cheapest_first,
};
use plyrum_protocol::{Candidate, Decision, ErrorKind, Excluded, Fault};

/// Why a model that could serve may not: what it would cost is not known, and there is a limit.
const UNPRICED: [&str; 2] = ["price_unknown", "image_bound_unknown"];

/// What the choice of models depends on.
pub(crate) struct Choosing<'a> {
    pub(crate) context: &'a Context,
    pub(crate) decision: &'a Decision,
    pub(crate) persona: &'a Persona,
    pub(crate) requested: Option<&'a ModelId>,
    /// The prompt has pictures: only who takes them is asked.
    pub(crate) shows_pictures: bool,
    /// Members of a panel are expected to be at least this good, in thousandths; none lets in everybody.
    pub(crate) floor_milli: Option<u32>,
}

/// The steps of a run.
pub(crate) fn expand(plan: &Plan, choosing: &Choosing<'_>) -> Result<Vec<StepSpec>, Fault> {
    let with_fallbacks = |models: Vec<&Model>| {
        models.into_iter().map(|model| choosing.with_fallbacks(model)).collect::<Vec<_>>()
    };
    let is_cascade = plan.is_cascade();
    let models = |step: &PlanStep| match &step.models {
        Models::Best if is_cascade => Ok(vec![choosing.strongest()?]),
        _ => choosing.models(step),
    };
    plan.expand(|step| models(step).map(with_fallbacks)).map_err(|error| match error {
        ExpandError::Models(fault) => fault,
        ExpandError::Name(_) => Fault::new(ErrorKind::Config, error.to_string()),
    })
}

/// What the router expects of a model.
const fn seat(candidate: &Candidate) -> Seat {
    Seat {
        quality_milli: candidate.expected_quality_milli,
        cost: candidate.expected_cost_micro_rub,
        latency_ms: candidate.expected_latency_ms,
    }
}

impl<'a> Choosing<'a> {
    /// The models that a step may ask, best-ranked first.
    fn models(&self, step: &PlanStep) -> Result<Vec<&'a Model>, Fault> {
        match &step.models {
            Models::Best => Ok(vec![self.first()?]),
            Models::Panel => self.panel(),
            Models::Cheapest => self.cheapest(),
            Models::Aggregator => Ok(vec![self.aggregator()?]),
            Models::Named(names) => names.iter().map(|name| self.seeing(name)).collect(),
        }
    }

    fn named(&self, name: &str) -> Result<&'a Model, Fault> {
        let known = self.context.catalog.models.keys().map(ModelId::as_str);
        self.context.catalog.model(name).ok_or_else(|| not_found("model", name, known, "plyrum models list"))
    }

    /// A model that a plan names, unless it would have to answer without what is asked about.
    fn seeing(&self, name: &str) -> Result<&'a Model, Fault> {
        let model = self.named(name)?;
        if self.sees(model) {
            Ok(model)
        } else {
            Err(excluded(self.context, &model.id, &self.why_not(model)))
        }
    }

    fn sees(&self, model: &Model) -> bool {
        !self.shows_pictures || model.images == Some(true)
    }

    fn why_not(&self, model: &Model) -> Vec<String> {
        let excluded = self.decision.excluded.iter().find(|e| e.model == model.id.as_str());
        excluded.map(|e| e.reasons.clone()).unwrap_or_default()
    }

    /// The router's first choice, or why there is none.
    fn first(&self) -> Result<&'a Model, Fault> {
        if let Some(candidate) = self.decision.candidates.first() {
            let first = self.named(&candidate.model)?;
            // The extractor stands in for models that are not there, not for one whose price is unknown under
            // a limit: that is told.
            if self.requested.is_none() && self.is_offline(first) {
                self.told_if_only_unpriced()?;
            }
            return Ok(first);
        }
        let Some(model) = self.requested else {
            self.told_if_only_unpriced()?;
            let why: Vec<String> = self
                .decision
                .excluded
                .iter()
                .take(8)
                .map(|e| format!("{}: {}", e.model, e.reasons.join(", ")))
                .collect();
            let message = format!("no model can serve this prompt ({})", why.join("; "));
            return Err(
                Fault::new(ErrorKind::NotFound, message).hint("plyrum models list; plyrum route PROMPT")
            );
        };
        let reasons = self.decision.excluded.iter().find(|e| e.model == model.as_str());
        if reasons.is_some_and(Excluded::only_rests) {
            let entry = self.named(model.as_str())?;
            if self.with_fallbacks(entry).len() > 1 {
                return Ok(entry); // its lane refuses it, and the run tells that and who answers in its place
            }
        }
        Err(excluded(self.context, model, reasons.map(|e| e.reasons.as_slice()).unwrap_or_default()))
    }

    fn told_if_only_unpriced(&self) -> Result<(), Fault> {
        let mut excluded_models = self.decision.excluded.iter();
        let Some(unpriced) = excluded_models
            .find(|e| matches!(e.reasons.as_slice(), [only] if UNPRICED.contains(&only.as_str())))
        else {
            return Ok(());
        };
        let model = self.named(&unpriced.model)?;
        Err(excluded(self.context, &model.id, &unpriced.reasons))
    }

    /// The configured proposers that can be asked, else the router's candidates, best first.
    fn panel(&self) -> Result<Vec<&'a Model>, Fault> {
        let first = self.first()?;
        let configured = self.context.settings.moa.proposers.as_ref().filter(|_| self.requested.is_none());
        let Some(proposers) = configured else {
            let named = self.decision.candidates.iter().map(|c| self.named(&c.model));
            let all: Vec<&Model> = named.collect::<Result<_, _>>()?;
            return Ok(self.good_enough(self.alike(first, all)));
        };
        let models = proposers.iter().map(|id| self.named(id.as_str())).collect::<Result<Vec<_>, _>>()?;
        let usable: Vec<&Model> = models.iter().copied().filter(|m| self.may_ask(m)).collect();
        match (usable.is_empty(), proposers.first()) {
            (true, Some(first)) => {
                let reasons = self.context.catalog.model(first.as_str()).map(|model| self.why_not(model));
                Err(excluded(self.context, first, &reasons.unwrap_or_default()))
            }
            _ => Ok(self.good_enough(usable)),
        }
    }

    /// What is expected of each who could sit on a panel; nobody, where there is none.
    pub(crate) fn seats(&self) -> Vec<Seat> {
        let seat = |model: &Model| self.candidate(model).map_or_else(Seat::default, seat);
        self.panel().unwrap_or_default().into_iter().map(seat).collect()
    }

    fn quality(&self, model: &Model) -> Option<u32> {
        self.candidate(model)?.expected_quality_milli
    }

    fn candidate(&self, model: &Model) -> Option<&'a Candidate> {
        self.decision.candidates.iter().find(|candidate| candidate.model == model.id.as_str())
    }

    /// Those who are let into a panel that a rule has made, the best first: it was made of these.
    fn good_enough(&self, mut panel: Vec<&'a Model>) -> Vec<&'a Model> {
        if let Some(floor) = self.floor_milli {
            panel.retain(|model| self.quality(model).is_some_and(|quality| quality >= floor));
            panel.sort_by_key(|model| std::cmp::Reverse(self.quality(model))); // stable: of equals the better-ranked
            panel.truncate(SEATS);
        }
        panel
    }

    /// Who is asked first in a cascade, and who where those disagree; none where that saves nothing.
    pub(crate) fn cascade(&self) -> Option<Cascade> {
        cascade(&self.seats())
    }

    /// The one who is right most often; the router's first choice where that is not known.
    fn strongest(&self) -> Result<&'a Model, Fault> {
        let place = self.cascade().and_then(|cascade| cascade.strongest);
        let panel = self.panel()?;
        place.and_then(|place| panel.get(place).copied()).map_or_else(|| self.first(), Ok)
    }

    /// Candidates of the first one's sort: the offline extractor does not sit on a panel of models.
    fn alike(&self, first: &Model, all: Vec<&'a Model>) -> Vec<&'a Model> {
        let offline = self.is_offline(first);
        all.into_iter().filter(|model| self.is_offline(model) == offline).collect()
    }

    fn is_offline(&self, model: &Model) -> bool {
        self.context.registry.get(model.provider.as_str()).is_some_and(|entry| entry.is_offline)
    }

    fn may_ask(&self, model: &Model) -> bool {
        self.sees(model)
            && self.context.why_not(&model.id).is_none()
            && self.context.settings.narrowing.allows(&model.provider)
    }

    /// Of the panel, those who are asked before the strongest; all, where that would be fewer than two.
    fn cheapest(&self) -> Result<Vec<&'a Model>, Fault> {
        let panel = self.panel()?;
        let places = self.cascade().map_or_else(|| cheapest_first(&self.seats()), |cascade| cascade.first);
        Ok(places.iter().filter_map(|place| panel.get(*place).copied()).collect())
    }

    /// The configured aggregator, else the router's first choice; the offline extractor has one of its own.
    fn aggregator(&self) -> Result<&'a Model, Fault> {
        let configured = self.context.settings.moa.aggregator.as_ref().filter(|_| self.requested.is_none());
        if let Some(model) =
            configured.map(|id| self.named(id.as_str())).transpose()?.filter(|m| self.may_ask(m))
        {
            return Ok(model);
        }
        let first = self.first()?;
        if let Some(blind) = self.blind_aggregator() {
            return Ok(self.seeing_instead(blind, first));
        }
        let own = self.context.catalog.model(&format!("{}/synth", first.provider));
        Ok(own.filter(|_| self.is_offline(first)).unwrap_or(first))
    }

    /// The configured aggregator, where it is shown nothing of what is asked about.
    fn blind_aggregator(&self) -> Option<&'a Model> {
        let configured =
            self.context.settings.moa.aggregator.as_ref().filter(|_| self.requested.is_none())?;
        self.context.catalog.model(configured.as_str()).filter(|model| !self.sees(model))
    }

    /// Who was chosen for the same work comes first: one of the configured proposers; then a model of the same provider, so
    /// that what is read goes to nobody else; then the router's first choice.
    fn seeing_instead(&self, blind: &Model, first: &'a Model) -> &'a Model {
        let catalog = &self.context.catalog;
        let proposers = self.context.settings.moa.proposers.iter().flatten();
        let mut proposers = proposers.filter_map(|id| catalog.model(id.as_str()));
        let candidates = self.decision.candidates.iter().filter_map(|c| catalog.model(&c.model));
        let mut alike = candidates.filter(|model| model.provider == blind.provider);
        proposers.find(|model| self.may_ask(model)).or_else(|| alike.next()).unwrap_or(first)
    }

    /// Why another model than the configured one reads the proposals; none where it does, or nothing is read.
    pub(crate) fn why_another_aggregator(&self, plan: &Plan) -> Option<String> {
        plan.steps.iter().find(|step| matches!(step.models, Models::Aggregator))?;
        let (blind, other) = (self.blind_aggregator()?, self.aggregator().ok()?);
        Some(format!("{} takes no pictures, so {} puts the proposals together", blind.id, other.id))
    }

    /// What serves only when it is named stands in for nothing, and nothing answers in the place of a command.
    fn with_fallbacks(&self, first: &Model) -> Vec<ModelChoice> {
        let own = first.fallback.iter().map(ToString::to_string);
        let mut models = vec![choice(first, &self.context.catalog)];
        if self.context.takes_a_command(&first.id) {
            return models;
        }
        for name in own.chain(self.persona.fallback.iter().cloned()) {
            let stands_in = |model: &&Model| self.may_ask(model) && !model.only_when_named;
            let usable = self.context.catalog.model(&name).filter(stands_in);
            if let Some(model) = usable.filter(|m| models.iter().all(|c| c.id != m.id.as_str())) {
                models.push(choice(model, &self.context.catalog));
            }
        }
        models
    }
}

/// What a step needs to know of a model.
pub(crate) fn choice(model: &Model, catalog: &Catalog) -> ModelChoice {
    let drain_s = catalog.provider(model.provider.as_str()).map_or(0, |provider| provider.drain_s);
    ModelChoice {
        id: model.id.to_string(),
        provider: model.provider.to_string(),
        context_tokens: model.context_tokens,
        max_output_tokens: model.max_output_tokens,
        bytes_per_token: model.bytes_per_token,
        tools: model.tools,
        images: model.images == Some(true),
        image_tokens: model.image_tokens,
        drain_ms: drain_s.saturating_mul(1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Shared;
    use crate::resolve::{Asked, Resolved, Told, resolve};
    use plyrum_catalog::Day;
    use plyrum_config::Paths;
    use plyrum_engine::Picture;
    use plyrum_protocol::{MediaType, PictureMark, SubmitOptions, Timestamp};
    use std::sync::Arc;

    /// `lab/sees` and `other/sees` take pictures, `lab/blind` takes none.
    const MODELS: &str = r#"
[providers.lab]
kind = "openai-chat"
base_url = "http://127.0.0.1:9"
[providers.other]
kind = "openai-chat"
base_url = "http://127.0.0.1:9"
[models."lab/sees"]
provider = "lab"
name = "sees"
context_tokens = 128000
images = true
image_tokens = 1000
price = { currency = "RUB", input = "1", output = "1" }
[models."other/sees"]
provider = "other"
name = "sees"
context_tokens = 128000
images = true
image_tokens = 1000
price = { currency = "RUB", input = "1", output = "1" }
[models."lab/blind"]
provider = "lab"
name = "blind"
context_tokens = 128000
images = false
price = { currency = "RUB", input = "1", output = "1" }
"#;

    async fn resolved(moa: &str, pictures: usize) -> Resolved {
        let home = tempfile::TempDir::new().unwrap();
        let paths = Paths::under(home.path());
        paths.prepare().unwrap();
        std::fs::write(paths.config_file(), format!("{MODELS}\n[moa]\n{moa}")).unwrap();
        let day = Day::parse("2026-11-30").unwrap();
        let context = Context::load(&paths, None, [0; 32], day, Shared::default()).await.unwrap();
        let mark =
            PictureMark { name: "a.png".into(), media_type: MediaType::Png, bytes: 4, sha256: "ab".into() };
        let picture = Picture { mark, data: Arc::from([1, 2, 3, 4].as_slice()) };
        let asked = Asked {
            prompt: "What is it?".into(),
            attachments: Vec::new(),
            pictures: vec![picture; pictures],
        };
        let options = SubmitOptions { plan: Some("moa".into()), ..SubmitOptions::default() };
        resolve(&context, &asked, &options, Told::default(), None, Timestamp::from_millis(0)).unwrap()
    }

    #[tokio::test]
    async fn an_aggregator_that_takes_no_pictures_is_replaced_by_one_of_its_own_and_that_is_said() {
        let proposers = |of: &str| format!("proposers = [{of}]\naggregator = \"lab/blind\"");
        for (moa, pictures, reader) in [
            (proposers("\"other/sees\", \"lab/sees\""), 1, "other/sees"),
            (proposers("\"lab/sees\", \"other/sees\""), 1, "lab/sees"),
            ("aggregator = \"lab/blind\"".to_owned(), 1, "lab/sees"),
            (proposers("\"lab/sees\", \"other/sees\""), 0, "lab/blind"),
        ] {
            let resolved = resolved(&moa, pictures).await;
            assert_eq!(resolved.steps.last().unwrap().models[0].id, reader, "{moa}");
            let why = format!("lab/blind takes no pictures, so {reader} puts the proposals together");
            assert_eq!(resolved.decision.reasons.contains(&why), pictures > 0, "{moa}");
        }
    }
}
