//! Usage beside the period before, a line for prompts, and a charge explained to its last digit.

use crate::world::{Reply, Script, World, conforms};
use serde_json::json;

/// As in `money.rs`: 4920 micro-USD at 80.1234, upward.
const COST: i64 = 394_208;

fn charged() -> Script {
    let usage = json!({
        "prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200,
        "prompt_tokens_details": {"cached_tokens": 400},
        "completion_tokens_details": {"reasoning_tokens": 50},
    });
    Script::new().always(Reply::sse().text("The answer.").finish("stop").usage_json(usage).done())
}

#[test]
fn usage_stands_beside_the_period_before_only_when_asked() {
    let world = World::new();
    let _fake = world.lab(charged());
    world.plyrum(["ask", "What does it cost?"]).run().ok();
    let plain = world.json(["usage", "--since", "7d", "--json"]);
    assert!(plain["rows"][0].get("previous_cost_micro_rub").is_none(), "{plain}");
    let compared = world.json(["usage", "--since", "7d", "--compare", "--json"]);
    conforms("usage", &compared);
    assert_eq!(compared["rows"][0]["previous_cost_micro_rub"], 0);
    assert_eq!(compared["total"]["cost_micro_rub"], COST);
    assert_eq!(compared["previous_until"], compared["since"]);
    let csv = world.plyrum(["usage", "--month", "--compare", "--csv"]).run();
    assert!(
        csv.ok()
            .lines()
            .next()
            .unwrap()
            .ends_with("unpriced,previous_runs,previous_attempts,previous_cost_micro_rub,previous_unpriced")
    );
    let shown = world.plyrum(["usage", "--today", "--compare"]).env("LANG", "ru_RU.UTF-8").run();
    assert!(shown.ok().contains("0,394208 ₽") && shown.stdout.contains("новое"), "{shown}");
    world.plyrum(["usage", "--compare"]).run().fails_telling(2, ["--compare", "hint: "]);
}

#[test]
fn usage_can_be_of_one_thing_only() {
    let world = World::new();
    let _fake = world.lab(charged());
    world.plyrum(["ask", "What does it cost?"]).run().ok();
    for filter in
        [["--model", "lab/fast"], ["--provider", "lab"], ["--persona", "default"], ["--role", "answer"]]
    {
        let [flag, value] = filter;
        let of = |value: &str| {
            world.json(["usage", flag, value, "--by", "day", "--json"])["total"]["cost_micro_rub"].clone()
        };
        assert_eq!((of(value), of("nobody")), (COST.into(), 0.into()), "{flag}");
    }
    let session = world.only_run()["session"].as_str().unwrap().to_owned();
    let start: String = session.chars().take(4).collect();
    for id in ["last", &session, &start] {
        assert_eq!(world.json(["usage", "--session", id, "--json"])["total"]["cost_micro_rub"], COST, "{id}");
    }
    world.plyrum(["usage", "--session", "nobody"]).run().fails_telling(2, ["nobody", "hint: "]);
    assert_eq!(world.json(["usage", "--project", ".", "--json"])["total"]["cost_micro_rub"], COST);
    world.plyrum(["usage", "--model", "nobody"]).run().answers("nothing of that was used in that time");
}

#[test]
fn a_statusline_is_one_line_and_never_breaks_a_prompt() {
    let world = World::new();
    assert_eq!(world.plyrum(["statusline"]).run().ok(), "today 0.00 ₽ · month 0.00 ₽\n");
    conforms("statusline", &world.json(["statusline", "--json"]));
    assert!(!world.home().join("data/ledger.sqlite").exists(), "it makes nothing");
    let _fake = world.lab(charged());
    world.plyrum(["ask", "What does it cost?"]).run().ok();
    assert_eq!(world.plyrum(["statusline"]).run().ok(), "today 0.394208 ₽ · month 0.394208 ₽\n");
    let own = world.plyrum(["statusline", "--format", "[{today}{left}]"]).env("LANG", "ru_RU.UTF-8").run();
    assert_eq!(own.ok(), "[0,394208 ₽]\n");
    world.plyrum(["statusline", "--format", "{tomorrow}"]).run().fails_telling(2, ["tomorrow", "hint: "]);

    world.plyrum(["daemon", "stop"]).run().ok();
    world.file_of_home("data/ledger.sqlite", &"not a ledger at all".repeat(500));
    let broken = world.plyrum(["statusline"]).run();
    assert_eq!((broken.ok(), broken.stderr.as_str()), ("\n", ""));
    assert!(world.plyrum(["statusline", "-v"]).run().stderr.starts_with("statusline: "));
}

#[test]
fn an_explained_charge_adds_up_to_its_last_digit() {
    let world = World::new();
    let _fake = world.lab(charged());
    world.plyrum(["ask", "What does it cost?"]).run().ok();
    let explained = world.json(["explain", "--json"]);
    conforms("explain", &explained);
    let attempt = &explained["attempts"][0];
    assert_eq!((&attempt["sum"], &attempt["sum_rub"]), (&"0.00492".into(), &"0.394207128".into()));
    assert_eq!((&attempt["cache"]["cause"], &attempt["billing"]), (&"hit".into(), &"charged".into()));
    let shown = world.plyrum(["explain"]).env("LANG", "ru_RU.UTF-8").run();
    assert!(shown.ok().contains("0,394207128 RUB, однажды округлено вверх"), "{shown}");
}
