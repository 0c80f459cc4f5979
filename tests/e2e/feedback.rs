//! Verdicts on answers: they move what the router expects, and last.

use crate::world::{FakeProvider, Reply, Script, World, lab_config};
use serde_json::Value;

/// `lab/fast` is stated to be a little better than `lab/other`, at the same price.
fn world() -> (World, FakeProvider) {
    let world = World::new();
    let fake = FakeProvider::spawn(Script::new().always(Reply::answer("A good one.", 100, 10)));
    let price = crate::world::LAB_PRICE;
    let other = format!(
        "[models.\"lab/other\"]\nprovider = \"lab\"\nname = \"other-1\"\ncontext_tokens = 128000\nmax_output_tokens = 1000\n\
         quality = 790\nprice = {price}\n"
    );
    let config = lab_config(&fake.base_url(), "", &other)
        .replace("model = \"lab/fast\"\n", "")
        .replace("max_output_tokens = 1000\nprice", "max_output_tokens = 1000\nquality = 800\nprice");
    world.config(&config);
    (world, fake)
}

fn first(world: &World, prompt: &str) -> Value {
    world.json(["route", "--json", prompt])["candidates"][0].clone()
}

#[test]
fn a_verdict_changes_who_is_asked_next_and_survives_a_restart() {
    let (world, _fake) = world();
    let prompt = "Who wrote the Odyssey?";
    assert_eq!(first(&world, prompt)["model"], "lab/fast");
    let asked = world.json(["ask", "--json", prompt]);
    assert_eq!(asked["model"], "lab/fast");
    let taken = world.json(["feedback", "last", "bad", "--json"]);
    assert_eq!(
        (&taken["model"], &taken["good"], &taken["changed"]),
        (&"lab/fast".into(), &false.into(), &true.into())
    );
    assert_eq!(world.json(["feedback", "last", "bad", "--json"])["changed"], false);
    assert_eq!(
        first(&world, prompt)["model"],
        "lab/other",
        "20 answers' worth of 80 % and a bad one are 76 %"
    );
    world.plyrum(["daemon", "restart"]).run().ok();
    assert_eq!(first(&world, prompt)["model"], "lab/other");
    let text = world.plyrum(["route", prompt]).run();
    assert!(text.ok().contains("your verdicts: 0 good, 1 bad"), "{}", text.ok());
    world.plyrum(["feedback", asked["run"].as_str().unwrap(), "good"]).run().ok();
    assert_eq!(first(&world, prompt)["model"], "lab/fast", "the latest verdict counts");
    let given = world.json(["audit", "search", "--kind", "feedback.given", "--json"]);
    assert_eq!(given.as_array().unwrap().len(), 2, "{given}");
    let run = asked["run"].as_str().unwrap();
    world.plyrum(["feedback", run, "bad"]).run().ok();
    assert_eq!(first(&world, prompt)["model"], "lab/other");
    let back = world.json(["feedback", run, "none", "--json"]);
    assert_eq!((&back["good"], &back["changed"]), (&Value::Null, &true.into()));
    assert_eq!(first(&world, prompt)["quality_basis"]["bad"], 0, "as if nothing had been said");
    assert_eq!(world.json(["feedback", run, "none", "--json"])["changed"], false);
    world.is_sound();
}

#[test]
fn a_verdict_on_nothing_is_refused_with_a_reason() {
    let (world, _fake) = world();
    world.plyrum(["feedback", "last", "good"]).run().fails_telling(2, ["no run"]);
    world.plyrum(["feedback", "abcd", "good"]).run().fails_telling(2, ["abcd"]);
    world.plyrum(["feedback", "last", "fine"]).run().fails_telling(2, ["good", "bad"]);
}

#[test]
fn auto_lets_near_equals_vote_beside_the_shipped_models_of_which_nothing_is_known() {
    let (world, _fake) = world();
    let prompt = "What is 17 * 23? Answer with the number only.";
    let planned = world.json(["ask", "--dry-run", "--json", "--profile", "best", "--plan", "auto", prompt]);
    assert_eq!(planned["plan"], "vote", "{planned}");
    let reasons = planned["reasons"].as_array().unwrap();
    assert!(
        reasons.contains(&"near_equal_panel".into()) && !reasons.contains(&"no_quality_data".into()),
        "{planned}"
    );
    let route = world.json(["route", "--json", "--profile", "best", prompt]);
    assert_eq!(route["plan"], "vote", "the route is the one that a run takes: {route}");
    let costs = route["candidates"].as_array().unwrap().iter().take(2);
    let both: i64 = costs.map(|candidate| candidate["expected_cost_micro_rub"].as_i64().unwrap()).sum();
    let less = format!("0.{:06}", both - 1);
    let args = ["ask", "--dry-run", "--json", "--profile", "best", "--max-cost", &less, prompt];
    let planned = world.json(args);
    assert_eq!(planned["plan"], "direct", "{planned}");
    assert!(planned["reasons"].as_array().unwrap().contains(&"no_budget_for_more".into()), "{planned}");
    let asked = world.json(["ask", "--json", "--profile", "best", "--plan", "auto", prompt]);
    assert_eq!((&asked["plan"], asked["attempts"].as_array().unwrap().len()), (&"vote".into(), 2));
    world.is_sound();
}
