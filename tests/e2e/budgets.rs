//! Limits hold before anything is sent, and say with figures what to change.

use crate::world::{FakeProvider, LAB_PRICE, Reply, Script, World, lab_config};

fn answering() -> Script {
    Script::new().always(Reply::answer("Cheap enough.", 100, 10))
}

#[test]
fn a_run_over_its_max_cost_is_refused_with_figures_and_nothing_is_sent() {
    let world = World::new();
    let fake = world.lab(answering());
    let out = world.plyrum(["ask", "--max-cost", "0.000001", "Hello there"]).run();
    out.fails_telling(6, ["0.000001", "--max-cost", "hint: "]);
    assert_eq!(out.stdout, "");
    assert_eq!(fake.requests().len(), 0);
    assert_eq!(world.only_run()["status"], "failed");
    world.is_sound();
}

#[test]
fn the_budget_of_a_run_is_a_setting_that_is_named() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    world.config(&lab_config(&fake.base_url(), "", "[budgets]\nrun = \"0.000002\""));
    let out = world.plyrum(["ask", "--json", "Hello there"]).run();
    out.fails_telling(6, ["0.000002", "budgets.run"]);
    assert_eq!(out.json()["error"]["kind"], "budget");
    assert_eq!(fake.requests().len(), 0);
    world.is_sound();
}

#[test]
fn the_stricter_of_flag_and_setting_wins() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    world.config(&lab_config(&fake.base_url(), "", "[budgets]\nrun = \"0.000002\""));
    world.plyrum(["ask", "--max-cost", "50", "Hello there"]).run().fails_telling(6, ["budgets.run"]);
    world.plyrum(["ask", "--max-cost", "0.000001", "Hello there"]).run().fails_telling(6, ["--max-cost"]);
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn a_budget_that_allows_less_shortens_the_answer_that_is_asked_for() {
    let world = World::new();
    let fake = world.lab(answering());
    let result = world.json(["ask", "--max-cost", "0.9", "--json", "Hello there"]);
    assert_eq!(result["status"], "succeeded");
    let request = fake.requests()[0].json();
    let limit = request["max_tokens"].as_u64().or(request["max_completion_tokens"].as_u64()).unwrap();
    assert!((16..1000).contains(&limit), "{limit} tokens were asked for");
    assert!(world.json(["explain", "--json"])["attempts"][0]["hold_micro_rub"].as_i64().unwrap() <= 900_000);
}

#[test]
fn a_repeat_counts_against_the_budget_of_its_run() {
    let world = World::new();
    let busy = Reply::error(503, "{}").header("retry-after-ms", "0");
    let fake = world.lab(Script::new().then(busy).then(Reply::answer("Cheap enough.", 100, 10)));
    let result = world.json(["ask", "--max-cost", "2", "--json", "Hello there"]);
    assert_eq!((&result["status"], &result["cost_micro_rub"]), (&"succeeded".into(), &36_056.into()));
    assert_eq!(fake.requests().len(), 2);
}

#[test]
fn a_price_that_is_not_known_is_never_taken_for_nothing() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    let config = lab_config(&fake.base_url(), "", "");
    for unpriced in
        [config.replace(&format!("price = {LAB_PRICE}"), ""), config.replace("USD = {", "EUR = {")]
    {
        world.config(&unpriced);
        let out = world.plyrum(["ask", "--json", "Hello there"]).run();
        out.fails_telling(6, ["price", "lab/fast"]);
        assert_eq!(out.json()["error"]["kind"], "price_unknown");
    }
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn what_has_no_price_is_asked_where_the_user_allows_it_and_told_as_not_known() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    let allowed = lab_config(&fake.base_url(), "", "[billing]\nunpriced = \"allow\"\n")
        .replace(&format!("price = {LAB_PRICE}"), "");
    world.config(&allowed);
    let plan = world.json(["ask", "--dry-run", "--json", "Hello there"]);
    assert_eq!(plan["unpriced"], serde_json::json!(["lab/fast"]));
    let result = world.json(["ask", "--json", "Hello there"]);
    assert_eq!((&result["status"], &result["cost_micro_rub"]), (&"succeeded".into(), &0.into()));
    assert_eq!((&result["unpriced"], &result["attempts"][0]["unpriced"]), (&1.into(), &true.into()));
    let out = world.plyrum(["ask", "-v", "Hello there"]).run();
    out.ok();
    assert!(out.stderr.contains("price not known") && !out.stderr.contains("0.00 ₽"), "{out}");
    let shown = world.plyrum(["runs", "list"]).run();
    assert!(shown.ok().contains("price not known") && !shown.stdout.contains("0.00 ₽"), "{shown}");
    assert_eq!(world.json(["usage", "--json"])["total"]["unpriced"], 2);
    let explained = world.json(["explain", "last", "--json"]);
    assert_eq!(
        (&explained["unpriced"], &explained["attempts"][0]["billing"]),
        (&1.into(), &"unpriced".into())
    );
    let asked = fake.requests().len();

    // Nobody could say when a limit is reached.
    let out = world.plyrum(["ask", "--max-cost", "100", "--json", "Hello there"]).run();
    out.fails(6);
    assert_eq!(out.json()["error"]["kind"], "price_unknown");
    world.plyrum(["budget", "set", "day", "1000"]).run().ok();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(6, ["lab/fast", "price"]);
    world.plyrum(["budget", "remove", "day"]).run().ok();
    world.plyrum(["balance", "set-mode", "prepaid"]).run().ok();
    world.plyrum(["balance", "top-up", "100"]).run().ok();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(6, ["lab/fast", "price"]);
    assert_eq!(fake.requests().len(), asked, "nothing is sent");
    world.is_sound();
}

#[test]
fn a_prepaid_account_spends_nothing_that_is_not_there() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    world.config(&lab_config(&fake.base_url(), "", "[billing]\nmode = \"prepaid\""));
    let out = world.plyrum(["ask", "--json", "Hello there"]).run();
    out.fails(6);
    assert_eq!(out.json()["error"]["kind"], "balance");
    assert_eq!(fake.requests().len(), 0);
    let balance = world.json(["balance", "show", "--json"]);
    assert_eq!((&balance["mode"], &balance["available_micro_rub"]), (&"prepaid".into(), &0.into()));
    world.is_sound();
}
