//! A second model beside one that shows nothing: whoever shows something first answers, both are booked, and people are
//! told; nobody is asked twice who did not ask for that.

use crate::world::{FakeProvider, Reply, Script, World, lab_config};
use serde_json::Value;

const SLOW: &str = r#"[models."lab/slow"]
provider = "lab"
name = "slow-1"
context_tokens = 128000
tools = false
max_output_tokens = 1000
price = { currency = "USD", input = "1.00", output = "5.00" }"#;

/// `lab/fast`, which `lab/slow` stands in for, with this in `[defaults]`.
fn world(script: Script, in_defaults: &str) -> (World, FakeProvider) {
    let world = World::new();
    let fake = FakeProvider::spawn(script);
    let config = lab_config(&fake.base_url(), "", SLOW)
        .replace("model = \"lab/fast\"\n", &format!("model = \"lab/fast\"\n{in_defaults}\n"))
        .replace("name = \"fast-1\"", "name = \"fast-1\"\nfallback = [\"lab/slow\"]");
    world.config(&config);
    (world, fake)
}

/// The attempts of the only run, as `explain` has them.
fn attempts(world: &World) -> [Value; 2] {
    let explained = world.json(["explain", "last", "--json"]);
    let attempts = explained["attempts"].as_array().unwrap().clone();
    let costs: i64 = attempts.iter().map(|attempt| attempt["cost_micro_rub"].as_i64().unwrap()).sum();
    assert_eq!(explained["cost_micro_rub"], costs, "{explained:#}");
    attempts.try_into().unwrap_or_else(|rows| panic!("two attempts: {rows:?}"))
}

#[test]
fn the_other_model_answers_where_the_first_hangs_and_both_are_booked() {
    let script = Script::new()
        .for_model("fast-1", Reply::sse().stall())
        .for_model("slow-1", Reply::answer("From the other.", 9, 3));
    let (world, fake) = world(script, "hedge_after_seconds = 1");
    let out = world.plyrum(["ask", "--no-stdin", "Hello?"]).run();
    out.answers("From the other.");
    assert!(out.stderr.contains("asking lab/slow too"), "{out}");
    fake.wait_for_hangups_blocking(1);
    let [first, second] = attempts(&world);
    assert_eq!((&first["model"], &first["outcome"]), (&"lab/fast".into(), &"cancelled".into()));
    assert!(first["why"].as_str().unwrap().starts_with("hedged"), "{first}");
    assert_eq!((&second["model"], &second["outcome"]), (&"lab/slow".into(), &"ok".into()));
    assert_eq!(second["hedge"]["beside"], first["attempt"]);
    assert!(second["hedge"]["after_ms"].as_u64().unwrap() >= 1_000, "{second}");
    assert_eq!((second.get("retry"), second.get("fallback")), (None, None), "it followed from none");
    let text = world.plyrum(["explain", "last"]).run();
    assert!(text.stdout.contains("of which nothing had come for 1"), "{text}");
    let russian = world.plyrum(["explain", "last"]).env("PLYRUM_LANG", "ru").run();
    assert!(russian.stdout.contains("подстраховка: другая модель ответила раньше"), "{russian}");
    let run = world.json(["runs", "show", "--json"]);
    assert_eq!(run["model"], "lab/slow");
    let records = world.json(["audit", "search", "--json", "--kind", "attempt.hedged"]);
    assert_eq!(records[0]["body"]["hedge"], second["attempt"], "{records}");
    world.is_sound();
}

#[test]
fn the_first_answers_after_all_and_the_other_is_hung_up() {
    let script = Script::new()
        .for_model("fast-1", Reply::sse().gate("held").text("My own.").end(9, 3))
        .for_model("slow-1", Reply::sse().stall());
    let (world, fake) = world(script, "hedge_after_seconds = \"1.0\"");
    let asked = world.plyrum(["ask", "--no-stdin", "Hello?"]).start();
    asked.wait_for_note("asking lab/slow too");
    fake.wait_at_gate_blocking("held");
    // It is told before it is sent, and who is never sent is not hung up on.
    fake.wait_for_requests_blocking(2);
    fake.release("held");
    asked.finish().answers("My own.");
    fake.wait_for_hangups_blocking(1);
    let [first, second] = attempts(&world);
    assert_eq!((&first["outcome"], &second["outcome"]), (&"ok".into(), &"cancelled".into()));
    let explained = world.json(["explain", "last", "--json"]);
    assert_eq!(explained["extra_over_direct_micro_rub"], second["cost_micro_rub"]);
    world.is_sound();
}

#[test]
fn what_a_hedge_may_cost_is_told_before_and_only_where_there_may_be_one() {
    let plan = |in_defaults: &str| {
        let (world, fake) = world(Script::new(), in_defaults);
        let plan = world.json(["ask", "--no-stdin", "--dry-run", "--json", "Hello?"]);
        assert!(fake.requests().is_empty(), "nothing is asked");
        let is_told = plan["reasons"].as_array().unwrap().contains(&"may_hedge".into());
        (plan["price_high_micro_rub"].as_i64().unwrap(), is_told)
    };
    let ((without, silent), (with, told)) = (plan(""), plan("hedge_after_seconds = 600"));
    assert!(!silent && told && with > without, "{without} {with}");
}
