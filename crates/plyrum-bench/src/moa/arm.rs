//! The policies that are compared, each as a plan of the engine's: the shipped files, and one vote that hears everybody.

use super::pack::{Question, domain};
use super::prices::Assumed;
use plyrum_billing_client::{Billing, BytesPerToken, MicroRub, estimate};
use plyrum_engine::{
    Calibration, Conversation, FanOut, Limits, ModelChoice, Models, Plan, PlanStep, Quorum, Room, RunSpec,
    Seat, Situation, activate, cascade,
};
use plyrum_protocol::{
    Candidate, Decision, Features, Intent, Language, OutputKind, Profile, Risk, RunId, SessionId, Timestamp,
};
use plyrum_router::points;

/// A policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// The member with the lowest expected price.
    Cheapest,
    /// The member that is expected to be right most often: what every other arm is compared with.
    Best,
    /// The router's choice in its balanced profile: quality, less a penalty for each doubling of the price.
    Router,
    /// Everybody is asked and every word counts the same.
    Vote,
    /// The shipped plan `vote` where no quality is known: two, then one more while they disagree.
    Thrifty,
    /// The shipped plan `vote` where qualities are known: words are weighed.
    Weighed,
    /// The same, all at once: the rest is given up at agreement, or at a quorum and its grace.
    Fast,
    /// The shipped plan `cascade`: the two cheapest, the best where they disagree; the best alone where two cheaper are not there.
    Cascade,
    /// The rule of `auto`, where more was asked for.
    Auto,
    /// The rule of `auto` where nobody asked for more: it leaves what is likely to be right alone.
    AutoUnasked,
    /// The shipped plan `moa`. What its aggregator writes was not recorded: cost only.
    Moa,
    /// The shipped plan `self-moa`. Several samples of one model were not recorded: cost only.
    SelfMoa,
}

/// All of them, in the order of the table.
pub const ARMS: &[Arm] = &[
    Arm::Cheapest,
    Arm::Best,
    Arm::Router,
    Arm::Vote,
    Arm::Thrifty,
    Arm::Weighed,
    Arm::Fast,
    Arm::Cascade,
    Arm::Auto,
    Arm::AutoUnasked,
    Arm::Moa,
    Arm::SelfMoa,
];

impl Arm {
    /// Its name, as predictions give it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cheapest => "cheapest",
            Self::Best => "best",
            Self::Router => "router",
            Self::Vote => "vote",
            Self::Thrifty => "thrifty",
            Self::Weighed => "weighed",
            Self::Fast => "fast",
            Self::Cascade => "cascade",
            Self::Auto => "auto",
            Self::AutoUnasked => "auto-unasked",
            Self::Moa => "moa",
            Self::SelfMoa => "self-moa",
        }
    }

    /// Whether the recorded answers show what it would answer.
    pub const fn is_shown(self) -> bool {
        !matches!(self, Self::Moa | Self::SelfMoa)
    }

    /// Whether words are weighed by what is known of their makers.
    const fn knows_qualities(self) -> bool {
        !matches!(self, Self::Vote | Self::Thrifty)
    }
}

/// A member of a panel as it is known from other questions.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) model: String,
    pub(super) quality_milli: u32,
    /// Characters that it answers on the mean.
    pub(super) usual_chars: u64,
}

impl Member {
    pub(super) fn expected_cost(&self, question: &Question) -> MicroRub {
        let usage = estimate(question.prompt.len() as u64, self.usual_chars, &BytesPerToken::default());
        Assumed.charge(&self.model, &usage).unwrap_or(MicroRub::ZERO)
    }
}

/// Shipped plans by name.
#[derive(Debug)]
pub(super) struct Plans(Vec<Plan>);

impl Plans {
    pub(super) fn shipped() -> Self {
        const FILES: [&str; 7] = [
            include_str!("../../../../config/plans/auto.toml"),
            include_str!("../../../../config/plans/best-of-n.toml"),
            include_str!("../../../../config/plans/cascade.toml"),
            include_str!("../../../../config/plans/direct.toml"),
            include_str!("../../../../config/plans/moa.toml"),
            include_str!("../../../../config/plans/self-moa.toml"),
            include_str!("../../../../config/plans/vote.toml"),
        ];
        Self(FILES.iter().filter_map(|file| Plan::parse(file).ok()).collect())
    }

    pub(super) fn only(plan: Plan) -> Self {
        Self(vec![plan])
    }

    fn named(&self, name: &str) -> Option<&Plan> {
        self.0.iter().find(|plan| plan.name == name)
    }
}

/// The run of one question under one policy. `panel` is best first.
pub(super) fn spec(
    arm: Arm,
    question: &Question,
    panel: &[Member],
    rule: Calibration,
    plans: &Plans,
) -> Option<RunSpec> {
    let saves_nothing = || cascade(&seats(question, panel)).is_none();
    let name = if arm == Arm::Cascade && saves_nothing() { "direct" } else { plan_of(arm, panel, rule).0 };
    spec_of(arm, name, question, panel, rule, plans)
}

/// The same by the plan of this name.
pub(super) fn spec_of(
    arm: Arm,
    name: &str,
    question: &Question,
    panel: &[Member],
    rule: Calibration,
    plans: &Plans,
) -> Option<RunSpec> {
    let floor = plan_of(arm, panel, rule).1;
    let plan = plans.named(name)?;
    let pick = Pick { arm, question, panel, floor };
    let steps = plan.expand(|step| Ok::<_, std::convert::Infallible>(pick.models(step))).ok()?;
    let (asks_at_once, hears_everybody) = (matches!(arm, Arm::Vote | Arm::Fast), arm == Arm::Vote);
    Some(RunSpec {
        run: RunId::new("bench").ok()?,
        session: SessionId::new("bench").ok()?,
        persona: "default".to_owned(),
        client: "bench".to_owned(),
        plan: name.to_owned(),
        decision: decision(arm, question, panel, name),
        check: None,
        steps,
        fan_out: if asks_at_once { FanOut::Fast } else { plan.fan_out },
        quorum: if hears_everybody { Quorum::All } else { plan.quorum },
        conversation: Conversation { prompt: question.prompt.clone(), ..Conversation::default() },
        prompt_sha256: String::new(),
        context: Vec::new(),
        compacts: None,
        tools: None,
        form: None,
        limits: Limits { max_output_tokens: 4096, ..Limits::default() },
        seed: question.hash(),
        accepted_at: Timestamp::from_millis(1_000_000),
    })
}

/// What is expected of each for this question.
fn seats(question: &Question, panel: &[Member]) -> Vec<Seat> {
    let seat = |member: &Member| Seat {
        quality_milli: Some(member.quality_milli),
        cost: Some(member.expected_cost(question)),
        latency_ms: None,
    };
    panel.iter().map(seat).collect()
}

/// The plan's name, and from which quality on a member is let in.
fn plan_of(arm: Arm, panel: &[Member], rule: Calibration) -> (&'static str, Option<u32>) {
    match arm {
        Arm::Cheapest | Arm::Best | Arm::Router => ("direct", None),
        Arm::Vote | Arm::Thrifty | Arm::Weighed | Arm::Fast => ("vote", None),
        Arm::Cascade => ("cascade", None),
        Arm::Moa => ("moa", None),
        Arm::SelfMoa => ("self-moa", None),
        Arm::Auto | Arm::AutoUnasked => {
            let seat =
                |member: &Member| Seat { quality_milli: Some(member.quality_milli), ..Seat::default() };
            let seats: Vec<Seat> = panel.iter().map(seat).collect();
            let chosen = activate(&Situation {
                seats: &seats,
                room: Room::default(),
                alone_milli: panel.first().map(|best| best.quality_milli),
                output: OutputKind::Discrete,
                rule,
                high_stakes: false,
                asked_for_best: arm == Arm::Auto,
                wants_action: false,
            });
            (chosen.plan, chosen.floor_milli)
        }
    }
}

/// The plan's name, and how many of a panel it lets in.
pub(super) fn let_in(arm: Arm, panel: &[Member], rule: Calibration) -> (&'static str, usize) {
    let (plan, floor) = plan_of(arm, panel, rule);
    let is_in = |member: &&Member| floor.is_none_or(|floor| member.quality_milli >= floor);
    (plan, panel.iter().filter(is_in).count())
}

struct Pick<'a> {
    arm: Arm,
    question: &'a Question,
    panel: &'a [Member],
    floor: Option<u32>,
}

impl Pick<'_> {
    fn models(&self, step: &PlanStep) -> Vec<Vec<ModelChoice>> {
        let members: Vec<&Member> = match step.models {
            Models::Panel => {
                let floor = self.floor.unwrap_or(0);
                self.panel.iter().filter(|member| member.quality_milli >= floor).collect()
            }
            Models::Cheapest => self.before_the_strongest(),
            Models::Best | Models::Aggregator | Models::Named(_) => self.lead().into_iter().collect(),
        };
        members.into_iter().map(|member| vec![choice(&member.model)]).collect()
    }

    /// Who answers where one answers.
    fn lead(&self) -> Option<&Member> {
        match self.arm {
            Arm::Cheapest => self.cheapest_first().first().copied(),
            Arm::Router => self.panel.iter().max_by_key(|member| {
                let cost = member.expected_cost(self.question);
                (points(Profile::Balanced, Some(member.quality_milli), Some(cost)), std::cmp::Reverse(cost))
            }),
            _ => self.panel.first(),
        }
    }

    /// As the daemon expands a cascade.
    fn before_the_strongest(&self) -> Vec<&Member> {
        let places = cascade(&seats(self.question, self.panel)).map(|cascade| cascade.first);
        places.iter().flatten().filter_map(|place| self.panel.get(*place)).collect()
    }

    fn cheapest_first(&self) -> Vec<&Member> {
        self.by_cost(self.panel.iter().collect())
    }

    fn by_cost<'m>(&self, mut members: Vec<&'m Member>) -> Vec<&'m Member> {
        members.sort_by_key(|member| member.expected_cost(self.question)); // stable: of equals the better
        members
    }
}

fn choice(model: &str) -> ModelChoice {
    ModelChoice {
        id: model.to_owned(),
        provider: "recorded".to_owned(),
        context_tokens: 128_000,
        max_output_tokens: Some(4096),
        bytes_per_token: BytesPerToken::default(),
        tools: false,
        images: false,
        image_tokens: None,
        drain_ms: 0,
    }
}

fn decision(arm: Arm, question: &Question, panel: &[Member], plan: &str) -> Decision {
    let candidate = |member: &Member| Candidate {
        model: member.model.clone(),
        expected_quality_milli: arm.knows_qualities().then_some(member.quality_milli),
        quality_basis: None,
        expected_cost_micro_rub: Some(member.expected_cost(question)),
        expected_latency_ms: None,
        reasons: Vec::new(),
    };
    Decision {
        intent: if question.task == "crux" { Intent::CodeDebugExplain } else { Intent::Math },
        intent_confidence_milli: 1000,
        risk: Risk::Low,
        risk_reasons: Vec::new(),
        domains: vec![domain(&question.task).to_owned()],
        output_kind: OutputKind::Discrete,
        language: Language::En,
        features: Features {
            prompt_bytes: question.prompt.len() as u64,
            prompt_words: question.prompt.split_whitespace().count() as u64,
            has_code: false,
            attachments: Vec::new(),
            pictures: 0,
        },
        candidates: panel.iter().map(candidate).collect(),
        excluded: Vec::new(),
        plan: plan.to_owned(),
        reasons: Vec::new(),
        router: "replay".to_owned(),
    }
}
