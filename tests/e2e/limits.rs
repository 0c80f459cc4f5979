//! Budgets of days, months, sessions, projects, personas and providers, and the prepaid account: kept under
//! concurrency and over restarts.

use crate::world::{FakeProvider, Reply, Script, World, lab_config};
use serde_json::Value;
use std::thread;

/// One answer costs 36 056 micro-rubles: 100 tokens at 3 and 10 at 15 dollars a million, at 80.1234.
const COST: i64 = 36_056;

fn answering() -> Script {
    Script::new().always(Reply::answer("Cheap enough.", 100, 10))
}

fn budget(world: &World, scope: &str) -> Value {
    let rows = world.json(["budget", "list", "--json"]);
    let found = rows.as_array().unwrap().iter().find(|row| row["scope"] == scope).cloned();
    found.unwrap_or_else(|| panic!("no {scope} in {rows}"))
}

#[test]
fn a_day_that_is_spent_is_refused_with_figures_before_anything_is_sent() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    world.config(&lab_config(&fake.base_url(), "", "[budgets]\nday = \"1.3\""));
    for _ in 0..2 {
        world.plyrum(["ask", "Hello there"]).run().answers("Cheap enough.");
    }
    let row = budget(&world, "day");
    assert_eq!((row["spent_micro_rub"].as_i64(), row["held_micro_rub"].as_i64()), (Some(2 * COST), Some(0)));
    assert_eq!(row["left_micro_rub"].as_i64(), Some(1_300_000 - 2 * COST));
    world.plyrum(["budget", "set", "day", "0.08"]).run().ok();
    let out = world.plyrum(["ask", "--json", "Hello there"]).run();
    out.fails_telling(6, ["0.08", "plyrum budget set day"]);
    assert_eq!(out.json()["error"]["kind"], "budget");
    assert_eq!(fake.requests().len(), 2);
    world.plyrum(["budget", "remove", "day"]).run().ok();
    world.plyrum(["ask", "Hello there"]).run().answers("Cheap enough.");
    world.is_sound();
}

#[test]
fn a_budget_outlives_the_daemon_and_is_on_the_record() {
    let world = World::new();
    let _fake = world.lab(answering());
    world.plyrum(["budget", "set", "month", "0,000005"]).run().ok();
    assert!(world.kill_daemon());
    world.plyrum(["ask", "Hello there"]).run().fails_telling(6, ["0.000005", "plyrum budget set month"]);
    world.plyrum(["daemon", "stop"]).run().ok();
    let out = world.plyrum(["audit", "tail", "-n", "100"]).run();
    assert!(out.ok().contains(r#""kind":"budget""#), "{out}");
    world.is_sound();
}

#[test]
fn thirty_two_asks_at_once_never_pass_one_limit_by_one_micro_ruble() {
    for (set, kind) in
        [(["budget", "set", "day", "7"], "budget"), (["balance", "top-up", "7", "--json"], "balance")]
    {
        let world = World::new();
        let _fake = world.lab(answering());
        world.plyrum(set).run().ok();
        if kind == "balance" {
            world.plyrum(["balance", "set-mode", "prepaid"]).run().ok();
        }
        thread::scope(|scope| {
            let asks: Vec<_> = (0..32)
                .map(|_| scope.spawn(|| world.plyrum(["ask", "--json", "Hello there"]).run()))
                .collect();
            for ask in asks {
                let out = ask.join().unwrap();
                let result = out.json();
                match out.code {
                    0 => assert_eq!(result["cost_micro_rub"].as_i64(), Some(COST)),
                    6 => assert_eq!(result["error"]["kind"], kind, "{out}"),
                    _ => panic!("{out}"),
                }
            }
        });
        let spent = world.json(["usage", "--json"])["total"]["cost_micro_rub"].as_i64().unwrap();
        assert!(spent <= 7_000_000 && spent > 0 && spent % COST == 0, "{spent}");
        world.is_sound();
    }
}

#[test]
fn what_is_held_at_once_is_never_more_than_the_limit() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::sse().text("On").gate("rest").text("ce.").end(100, 10)));
    // Each holds 1.2 rubles and more: three do not fit.
    world.plyrum(["budget", "set", "day", "3"]).run().ok();
    let first = world.plyrum(["ask", "--json", "Hello there"]).start();
    let second = world.plyrum(["ask", "--json", "Hello there"]).start();
    fake.wait_at_gate_blocking("rest");
    crate::world::eventually("two hold", || fake.requests().len() == 2);
    let row = budget(&world, "day");
    let held = row["held_micro_rub"].as_i64().unwrap();
    assert!(held > 2_000_000 && held <= 3_000_000, "{row}");
    let third = world.json(["ask", "--json", "--dry-run", "Hello there"]);
    assert!(third["price_high_micro_rub"].as_i64().unwrap() > 3_000_000 - held);
    fake.release("rest");
    for ask in [first, second] {
        ask.finish().ok();
    }
    assert_eq!(budget(&world, "day")["spent_micro_rub"].as_i64(), Some(2 * COST));
    world.is_sound();
}

#[test]
fn half_and_four_fifths_of_a_budget_are_told_once_with_what_is_spent_of_what() {
    let world = World::new();
    let fake = FakeProvider::spawn(Script::new().always(Reply::answer("Dear enough.", 100, 400)));
    world.config(&lab_config(&fake.base_url(), "", "[budgets]\nday = \"3\""));
    // 100 at 3 and 400 at 15 dollars a million: 504 778 micro-rubles.
    let mut told = Vec::new();
    for _ in 0..5 {
        let out = world.plyrum(["ask", "-o", "stream-json", "Hello there"]).run();
        out.ok();
        let notices: Vec<_> = out.lines().into_iter().filter(|f| f["type"] == "budget.notice").collect();
        told.push(notices.iter().map(|f| f["percent"].as_i64().unwrap()).collect::<Vec<_>>());
        for notice in notices {
            assert_eq!((&notice["scope"], &notice["setting"]), (&"day".into(), &"budgets.day".into()));
            assert_eq!(notice["limit_micro_rub"], 3_000_000);
            crate::world::conforms("frame", &notice);
        }
    }
    assert_eq!(told, [vec![], vec![], vec![50], vec![], vec![80]]);
}

#[test]
fn a_mixture_over_a_day_is_made_smaller_before_it_is_refused() {
    let world = World::new();
    let fake = world.lab(answering());
    world.plyrum(["budget", "set", "day", "1.9"]).run().ok();
    let out = world.plyrum(["ask", "--plan", "self-moa", "-o", "stream-json", "Hello there"]).run();
    assert_eq!(out.code, 0, "{out}");
    let frames = out.lines();
    let shrunk = frames.iter().find(|f| f["type"] == "plan.shrunk").unwrap_or_else(|| panic!("{out}"));
    assert!(shrunk["reason"].as_str().unwrap().contains("plyrum budget set day"), "{shrunk}");
    assert_eq!(frames.last().unwrap()["status"], "degraded");
    assert_eq!(fake.requests().len(), 1);
    world.is_sound();
}

#[test]
fn a_project_limits_itself_and_nobody_else() {
    let world = World::new();
    let _fake = world.lab(answering());
    let project = world.beside("project");
    std::fs::create_dir_all(project.join(".plyrum")).unwrap();
    std::fs::create_dir_all(project.join(".git")).unwrap();
    std::fs::create_dir_all(project.join("src")).unwrap();
    std::fs::write(project.join(".plyrum/config.toml"), "[budgets]\nday = \"0.000001\"\n").unwrap();
    let inside = format!("cd {} && \"$PLYRUM\" ask 'Hello there'", project.join("src").display());
    world.sh(&inside).run().fails_telling(6, ["0.000001", "the project's .plyrum/config.toml"]);
    world.plyrum(["ask", "Hello there"]).run().answers("Cheap enough.");
    let rows = world.json(["usage", "--by", "project", "--json"]);
    assert_eq!(rows["rows"].as_array().unwrap().len(), 1, "the refused run has no usage: {rows}");
    std::fs::remove_file(project.join(".plyrum/config.toml")).unwrap();
    world.sh(&format!("cd {} && \"$PLYRUM\" budget set project 0.000002", project.display())).run().ok();
    world.sh(&inside).run().fails_telling(6, ["0.000002", "plyrum budget set project:"]);
    std::fs::write(project.join(".plyrum/config.toml"), "[budgets]\nrun = \"0.000001\"\n").unwrap();
    world.sh(&inside).run().fails_telling(6, ["budgets.run in the project's .plyrum/config.toml"]);
    world.is_sound();
}

#[test]
fn a_prepaid_account_spends_what_was_topped_up_and_a_repeated_top_up_adds_nothing() {
    let world = World::new();
    let _fake = world.lab(answering());
    world.plyrum(["balance", "set-mode", "prepaid"]).run().ok();
    world.plyrum(["ask", "--json", "Hello there"]).run().fails_telling(6, ["plyrum balance top-up"]);
    for _ in 0..2 {
        let done = world.json(["balance", "top-up", "10", "--id", "invoice-17", "--json"]);
        assert_eq!(done["posted_micro_rub"], 10_000_000);
    }
    world.plyrum(["balance", "top-up", "11", "--id", "invoice-17"]).run().fails_telling(2, ["invoice-17"]);
    world.plyrum(["ask", "Hello there"]).run().answers("Cheap enough.");
    let balance = world.json(["balance", "show", "--json"]);
    assert_eq!(balance["available_micro_rub"].as_i64(), Some(10_000_000 - COST));
    crate::world::conforms("balance", &balance);
    world.is_sound();
}

#[test]
fn a_budget_on_nothing_is_told_and_not_kept() {
    let world = World::new();
    let _fake = world.lab(answering());
    for (scope, told) in [
        ("week", "nothing that a budget can be on"),
        ("provider:lob", "did you mean `lab`?"),
        ("persona:nobody", "there is no persona"),
        ("session:ffff", "no session"),
        ("persona", "which persona?"),
    ] {
        world.plyrum(["budget", "set", scope, "5"]).run().fails_telling(2, [told]);
    }
    world.plyrum(["budget", "set", "day", "five"]).run().fails_telling(2, ["no amount in rubles"]);
    world.plyrum(["budget", "remove", "day"]).run().fails_telling(2, ["no such budget"]);
    assert_eq!(world.json(["budget", "list", "--json"]).as_array().unwrap().len(), 0);
}

#[test]
fn the_router_takes_a_model_that_what_is_left_of_a_day_still_covers() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    let free = "[models.\"lab/free\"]\nprovider = \"lab\"\nname = \"free-1\"\ncontext_tokens = 128000\nquality = 300\n\
                price = { currency = \"RUB\", input = \"0\", output = \"0\" }\n";
    let config = lab_config(&fake.base_url(), "", free)
        .replace("model = \"lab/fast\"\n\n[providers", "profile = \"best\"\n\n[providers")
        .replace("max_output_tokens = 1000\nprice", "max_output_tokens = 1000\nquality = 900\nprice");
    world.config(&config);
    assert_eq!(world.json(["ask", "--json", "Hello there"])["model"], "lab/fast");
    world.plyrum(["budget", "set", "day", "0.0361"]).run().ok();
    assert_eq!(world.json(["ask", "--json", "Hello there"])["model"], "lab/free");
    world.is_sound();
}

#[test]
fn the_extractor_never_stands_in_for_money_or_a_price() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    let config = lab_config(&fake.base_url(), "", "").replace("model = \"lab/fast\"\n", "");
    world.config(&config);
    world
        .plyrum(["ask", "--max-cost", "0", "Hello there"])
        .run()
        .fails_telling(6, ["0.00 RUB", "--max-cost"]);
    world.config(&config.replace(&format!("price = {}", crate::world::LAB_PRICE), ""));
    let out = world.plyrum(["ask", "--max-cost", "5", "--json", "Hello there"]).run();
    out.fails_telling(6, ["the price of lab/fast is not known"]);
    assert_eq!(out.json()["error"]["kind"], "price_unknown");
    assert_eq!(fake.requests().len(), 0);
}
