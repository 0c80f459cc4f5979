//! Who may serve, in which order, and why not.

#![allow(clippy::unwrap_used, reason = "a failed set-up may panic in tests")]

use plyrum_billing_client::MicroRub;
use plyrum_catalog::{Catalog, ModelId, Sections};
use plyrum_protocol::{Decision, Profile, Timestamp};
use plyrum_router::{AttachmentFacts, Health, RouteInput, route};

const LAB: &str = r#"
[providers.lab]
kind = "openai-chat"
base_url = "http://127.0.0.1:9/v1"
[models."lab/good"]
provider = "lab"
name = "good"
context_tokens = 128000
quality = 900
price = { currency = "RUB", input = "3000", output = "15000" }
[models."lab/cheap"]
provider = "lab"
name = "cheap"
context_tokens = 128000
quality = 700
price = { currency = "RUB", input = "10", output = "40" }
[models."lab/small"]
provider = "lab"
name = "small"
context_tokens = 1000
quality = 830
price = { currency = "RUB", input = "20", output = "80" }
[models."lab/unpriced"]
provider = "lab"
name = "unpriced"
context_tokens = 128000
"#;

fn lab() -> Catalog {
    Catalog::build(&Sections::shipped().unwrap(), &toml::from_str(LAB).unwrap()).unwrap()
}

fn input<'a>(prompt: &'a str, catalog: &'a Catalog) -> RouteInput<'a> {
    RouteInput {
        prompt,
        attachments: &[],
        told_bytes: 0,
        pictures: 0,
        told_pictures: 0,
        catalog,
        health: &|_| Health::Ready,
        requested_model: None,
        allow_list: None,
        profile: Profile::Balanced,
        plan_requested: None,
        available: None,
        allows_unpriced: true,
        max_output_tokens_default: 4096,
        verdicts: plyrum_router::Verdicts::none(),
        pace: &|_| None,
        needs: plyrum_router::Needs::default(),
    }
}

fn order(decision: &Decision) -> Vec<&str> {
    decision.candidates.iter().map(|model| model.model.as_str()).collect()
}

fn why_not<'a>(decision: &'a Decision, model: &str) -> Vec<&'a str> {
    let found = decision.excluded.iter().find(|excluded| excluded.model == model);
    found.map(|excluded| excluded.reasons.iter().map(String::as_str).collect()).unwrap_or_default()
}

#[test]
fn the_profile_decides_among_live_models() {
    let catalog = lab();
    let first =
        |profile| order(&route(&RouteInput { profile, ..input("Who is it?", &catalog) }))[0].to_owned();
    assert_eq!(first(Profile::Best), "lab/good");
    assert_eq!(first(Profile::Cheap), "lab/cheap");
    assert_eq!(first(Profile::Balanced), "lab/small");
}

#[test]
fn a_model_that_can_be_told_the_whole_conversation_comes_first_and_its_price_counts_that() {
    let catalog = lab();
    let with = |told_bytes| route(&RouteInput { told_bytes, ..input("thanks", &catalog) });
    assert_eq!(order(&with(0))[0], "lab/small");
    assert_eq!(order(&with(1_000))[0], "lab/small", "it fits half of its context");
    let long = with(60_000);
    assert_ne!(order(&long)[0], "lab/small");
    let small = long.candidates.iter().find(|c| c.model == "lab/small").unwrap();
    assert!(small.reasons.iter().any(|reason| reason == "history_does_not_fit"), "{small:?}");
    let cost = |decision: &Decision| {
        decision.candidates.iter().find(|c| c.model == "lab/good").unwrap().expected_cost_micro_rub.unwrap()
    };
    assert!(cost(&long) > cost(&with(0)));
}

#[test]
fn live_models_come_before_offline_ones_and_helpers_do_not_serve() {
    let catalog = lab();
    let decision = route(&input("summarise", &catalog));
    let order = order(&decision);
    let first_offline = order.iter().position(|model| model.starts_with("offline/")).unwrap();
    assert!(order[..first_offline].iter().all(|model| model.starts_with("lab/")));
    assert_eq!(first_offline, 4);
    assert_eq!(why_not(&decision, "offline/synth"), ["is_offline_helper"]);
}

#[test]
fn without_a_key_the_offline_extractor_serves() {
    let catalog = lab();
    let health =
        |model: &ModelId| if model.as_str().starts_with("offline/") { Health::Ready } else { Health::NoKey };
    let attachments = [AttachmentFacts { name: "stdin".into(), bytes: 4000, lines: 80 }];
    let with =
        |prompt| route(&RouteInput { health: &health, attachments: &attachments, ..input(prompt, &catalog) });
    let question = with("Where are the keys?");
    assert_eq!(order(&question), ["offline/query", "offline/central", "offline/lead"]);
    assert_eq!(why_not(&question, "lab/good"), ["no_key"]);
    assert!(question.reasons.contains(&"offline_only".to_owned()));
    assert_eq!(order(&with("summarise")), ["offline/central", "offline/query", "offline/lead"]);
}

#[test]
fn every_exclusion_says_why() {
    let catalog = lab();
    let big = [AttachmentFacts { name: "a".into(), bytes: 12_000, lines: 1 }];
    let health = |model: &ModelId| {
        if model.as_str() == "lab/cheap" {
            Health::BreakerOpen { until: Timestamp::from_millis(7_000) }
        } else {
            Health::Ready
        }
    };
    let allowed = ["lab".to_owned()];
    let decision = route(&RouteInput {
        attachments: &big,
        health: &health,
        allow_list: Some(&allowed),
        available: Some(MicroRub::new(1_000_000_000)),
        ..input("Who is it?", &catalog)
    });
    assert_eq!(order(&decision), ["lab/good"]);
    assert_eq!(why_not(&decision, "lab/small"), ["context_too_small"]);
    assert_eq!(why_not(&decision, "lab/cheap"), ["breaker_open"]);
    let resting: Vec<_> = decision.excluded.iter().filter(|e| e.only_rests()).collect();
    assert_eq!(
        resting.iter().map(|e| (e.model.as_str(), e.resting_until)).collect::<Vec<_>>(),
        [("lab/cheap", Some(Timestamp::from_millis(7_000)))]
    );
    assert_eq!(why_not(&decision, "lab/unpriced"), ["price_unknown"]);
    assert_eq!(why_not(&decision, "offline/query"), ["not_allowed"]);
}

#[test]
fn a_requested_model_serves_alone_or_says_why_it_cannot() {
    let catalog = lab();
    let ask = |id: &str, health: Health| {
        let id = ModelId::new(id).unwrap();
        route(&RouteInput { requested_model: Some(&id), health: &|_| health, ..input("hi", &catalog) })
    };
    assert_eq!(order(&ask("lab/cheap", Health::Ready)), ["lab/cheap"]);
    assert_eq!(order(&ask("offline/synth", Health::Ready)), ["offline/synth"]);
    let refused = ask("lab/cheap", Health::NoKey);
    assert_eq!((order(&refused), why_not(&refused, "lab/cheap")), (vec![], vec!["no_key"]));
    assert!(why_not(&refused, "lab/good").contains(&"not_requested"));
    assert_eq!(why_not(&ask("lab/none", Health::Ready), "lab/none"), ["unknown_model"]);
}

#[test]
fn what_cannot_be_paid_comes_after_what_can_and_before_the_extractor() {
    let catalog = lab();
    let decision = route(&RouteInput {
        available: Some(MicroRub::new(1500)),
        profile: Profile::Best,
        ..input("hi", &catalog)
    });
    let order = order(&decision);
    let first_offline = order.iter().position(|model| model.starts_with("offline/")).unwrap();
    assert_eq!((order[0], order[first_offline - 1]), ("lab/small", "lab/good"));
    let last = &decision.candidates[first_offline - 1];
    assert!(last.reasons.contains(&"over_budget".to_owned()), "{last:?}");
}

#[test]
fn figures_are_shown_and_unknown_ones_stay_unknown() {
    let catalog = lab();
    let decision = route(&input("Who is it?", &catalog));
    let model = |id: &str| decision.candidates.iter().find(|model| model.model == id).unwrap();
    assert_eq!(model("lab/good").expected_quality_milli, Some(900));
    // 4 tokens in at 3000 ₽, 150 out at 15000 ₽ per million.
    assert_eq!(model("lab/good").expected_cost_micro_rub, Some(MicroRub::new(4 * 3000 + 150 * 15000)));
    assert_eq!(
        (model("lab/unpriced").expected_cost_micro_rub, model("lab/unpriced").expected_quality_milli),
        (None, None)
    );
    assert!(model("lab/unpriced").reasons.contains(&"price_unknown".to_owned()));
}

#[test]
fn the_plan_is_the_requested_one_or_direct() {
    let catalog = lab();
    let requested = route(&RouteInput { plan_requested: Some("moa"), ..input("hi", &catalog) });
    assert_eq!(
        (requested.plan.as_str(), requested.reasons.as_slice()),
        ("moa", &["plan_requested".to_owned()][..])
    );
    let shipped = Catalog::shipped().unwrap();
    let auto = route(&input("hi", &shipped));
    assert_eq!(auto.plan, "direct");
    assert!(auto.reasons.contains(&"no_quality_data".to_owned()), "{:?}", auto.reasons);
}

#[test]
fn what_serves_only_when_named_is_chosen_by_nobody_else() {
    let dear = "[models.\"lab/dear\"]\nprovider = \"lab\"\nname = \"dear\"\ncontext_tokens = 128000\nquality = 1000\n\
                only_when_named = true\nprice = { currency = \"RUB\", input = \"1\", output = \"1\" }\n";
    let text = format!("{LAB}\n{dear}");
    let catalog = Catalog::build(&Sections::shipped().unwrap(), &toml::from_str(&text).unwrap()).unwrap();
    for profile in [Profile::Cheap, Profile::Balanced, Profile::Best] {
        for plan in [None, Some("moa"), Some("vote"), Some("direct")] {
            let decision = route(&RouteInput {
                profile,
                plan_requested: plan,
                ..input("ls -la; what is it?", &catalog)
            });
            for model in ["lab/dear", "offline/shell"] {
                assert!(!order(&decision).contains(&model), "{plan:?}: {model}");
                assert_eq!(why_not(&decision, model), ["only_when_named"], "{plan:?}");
            }
        }
    }
    let nothing_else = route(&RouteInput { health: &|_| Health::NoKey, ..input("ls", &catalog) });
    assert_eq!(why_not(&nothing_else, "offline/shell"), ["no_key", "only_when_named"]);
    for model in ["lab/dear", "offline/shell"] {
        let id = ModelId::new(model).unwrap();
        let decision = route(&RouteInput { requested_model: Some(&id), ..input("ls", &catalog) });
        assert_eq!(order(&decision), [model]);
    }
}

const SEEING: &str = r#"
[models."lab/sees"]
provider = "lab"
name = "sees"
context_tokens = 4000
quality = 500
images = true
image_tokens = 1500
price = { currency = "RUB", input = "10", output = "40" }
[models."lab/odd"]
provider = "lab"
name = "odd"
context_tokens = 128000
quality = 400
images = true
price = { currency = "RUB", input = "10", output = "40" }
[models."lab/gift"]
provider = "lab"
name = "gift"
context_tokens = 128000
quality = 300
images = true
price = { currency = "RUB", input = "0", output = "0" }
[models."lab/blind"]
provider = "lab"
name = "blind"
context_tokens = 128000
quality = 950
images = false
price = { currency = "RUB", input = "10", output = "40" }
"#;

fn seeing() -> Catalog {
    let text = [LAB, SEEING].concat();
    Catalog::build(&Sections::shipped().unwrap(), &toml::from_str(&text).unwrap()).unwrap()
}

#[test]
fn a_prompt_with_pictures_goes_to_models_that_are_known_to_take_them() {
    let catalog = seeing();
    let decision = route(&RouteInput { pictures: 1, ..input("What is it?", &catalog) });
    assert_eq!(order(&decision), ["lab/sees", "lab/odd", "lab/gift"]);
    assert_eq!(why_not(&decision, "lab/blind"), ["takes_no_images"]);
    assert_eq!(why_not(&decision, "lab/good"), ["images_unknown"]);
    assert_eq!(why_not(&decision, "offline/lead"), ["takes_no_images"]);
    assert_eq!(decision.features.pictures, 1);
    let cost = |pictures| {
        let decision = route(&RouteInput { pictures, ..input("What is it?", &catalog) });
        decision.candidates.iter().find(|c| c.model == "lab/sees").unwrap().expected_cost_micro_rub.unwrap()
    };
    assert_eq!(cost(2).get() - cost(1).get(), 1500 * 10, "each counts as much as it can come to");
    let many = route(&RouteInput { pictures: 3, ..input("What are they?", &catalog) });
    assert_eq!(why_not(&many, "lab/sees"), ["context_too_small"]);
}

#[test]
fn under_a_limit_pictures_need_a_bound_unless_they_cost_nothing() {
    let catalog = seeing();
    let with = |available: Option<i64>| {
        let available = available.map(MicroRub::new);
        route(&RouteInput { pictures: 1, available, ..input("What is it?", &catalog) })
    };
    let limited = with(Some(1_000_000_000));
    assert_eq!(order(&limited), ["lab/sees", "lab/gift"]);
    assert_eq!(why_not(&limited, "lab/odd"), ["image_bound_unknown"]);
    let free = with(None);
    let odd = free.candidates.iter().find(|c| c.model == "lab/odd").unwrap();
    assert!(odd.reasons.iter().any(|reason| reason == "image_bound_unknown"), "{odd:?}");
}

#[test]
fn a_conversation_that_had_pictures_goes_on_with_a_model_that_takes_none() {
    let catalog = seeing();
    let decision = route(&RouteInput { told_pictures: 2, ..input("thanks", &catalog) });
    assert!(order(&decision).contains(&"lab/blind") && order(&decision).contains(&"lab/good"));
    let sees = decision.candidates.iter().find(|c| c.model == "lab/sees").unwrap();
    assert!(sees.reasons.iter().any(|reason| reason == "history_does_not_fit"), "{sees:?}");
}

/// Two models of measured names, whichever is dearer.
fn measured(cheap: &str, dear: &str) -> Catalog {
    let text = format!(
        r#"
[providers.lab]
kind = "openai-chat"
base_url = "http://127.0.0.1:9/v1"
[models."lab/cheap"]
provider = "lab"
name = "{cheap}"
context_tokens = 128000
price = {{ currency = "RUB", input = "20", output = "80" }}
[models."lab/dear"]
provider = "lab"
name = "{dear}"
context_tokens = 128000
price = {{ currency = "RUB", input = "60", output = "240" }}
"#
    );
    Catalog::build(&Sections::shipped().unwrap(), &toml::from_str(&text).unwrap()).unwrap()
}

#[test]
fn a_price_is_no_strength() {
    let prompt = "Solve the equation x^2 + 3x + 2 = 0 for x.";
    let first = |catalog: &Catalog, profile| {
        let decision = route(&RouteInput { profile, ..input(prompt, catalog) });
        assert!(decision.domains.contains(&"math".to_owned()), "{:?}", decision.domains);
        order(&decision)[0].to_owned()
    };
    // The cheaper of the two is right more often.
    let catalog = measured("deepseek-v2.5-0908", "gpt-3.5-turbo-0125");
    for profile in [Profile::Best, Profile::Balanced, Profile::Cheap] {
        assert_eq!(first(&catalog, profile), "lab/cheap", "{profile:?}");
    }
    // The dearer one is; nobody takes the cheap one for good because it is cheap.
    let catalog = measured("gpt-3.5-turbo-0125", "deepseek-v2.5-0908");
    for profile in [Profile::Best, Profile::Balanced] {
        assert_eq!(first(&catalog, profile), "lab/dear", "{profile:?}");
    }
    let catalog = measured("gemma-2-2b-it", "deepseek-v2.5-0908");
    assert_eq!(first(&catalog, Profile::Cheap), "lab/dear", "the cheap one is far under the best");
}

#[test]
fn a_slow_model_gives_way_to_its_equal_and_one_without_tools_to_one_with() {
    let catalog = measured("somebody", "somebody-else");
    let pace = |model: &ModelId| Some(if model.as_str() == "lab/cheap" { 60_000 } else { 900 });
    let decision = route(&RouteInput { pace: &pace, ..input("Who is it?", &catalog) });
    assert_eq!(order(&decision)[..2], ["lab/dear", "lab/cheap"]);
    assert_eq!(decision.candidates[0].expected_latency_ms, Some(900));
    let text =
        "[models.\"lab/cheap\"]\nprovider = \"lab\"\nname = \"x\"\ncontext_tokens = 1000\ntools = false\n";
    let text = format!("[providers.lab]\nkind = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9\"\n{text}");
    let catalog = Catalog::build(&Sections::shipped().unwrap(), &toml::from_str(&text).unwrap()).unwrap();
    let needs = plyrum_router::Needs { tools: true };
    let decision = route(&RouteInput { needs, ..input("Who is it?", &catalog) });
    assert_eq!(why_not(&decision, "lab/cheap"), ["calls_no_tools"]);
}
