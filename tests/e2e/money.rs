//! One number for money, computed here by hand and shown the same everywhere.

use crate::world::{FakeProvider, Reply, Script, World, lab_config};
use serde_json::{Value, json};

/// Usage with cached prompt tokens and reasoning inside the completion, as the wire tells it.
fn usage() -> Value {
    json!({
        "prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200,
        "prompt_tokens_details": {"cached_tokens": 400},
        "completion_tokens_details": {"reasoning_tokens": 50},
    })
}

/// 600 plain input × 3.00, 400 cached × 0.30, 150 output and 50 reasoning × 15.00 USD a million:
/// 1800 + 120 + 3000 = 4920 micro-USD; × 80.1234 = 394 207.128; upward, once.
const COST: i64 = 394_208;

fn charged() -> Script {
    Script::new().always(Reply::sse().text("The answer.").finish("stop").usage_json(usage()).done())
}

#[test]
fn the_cost_is_exact_and_every_command_shows_it() {
    let world = World::new();
    let _fake = world.lab(charged());
    let result = world.json(["ask", "--json", "What does it cost?"]);
    assert_eq!(result["cost_micro_rub"], COST);
    let meters = json!({
        "input": 600, "cache_read": 400, "cache_write_5m": 0, "cache_write_1h": 0,
        "output": 150, "reasoning": 50, "quality": "reported",
    });
    assert_eq!(result["usage"], meters);
    assert_eq!(result["attempts"][0]["cost_micro_rub"], COST);

    let usage = world.json(["usage", "--json"]);
    assert_eq!(usage["total"]["cost_micro_rub"], COST);
    assert_eq!(usage["total"]["usage"], meters);
    assert_eq!(world.json(["balance", "show", "--json"])["posted_micro_rub"], -COST);
    assert_eq!(world.only_run()["cost_micro_rub"], COST);
    assert_eq!(world.json(["runs", "show", "--json"]), result);
    assert_eq!(world.json(["transcript", "show", "last", "--json"])["turns"][0]["cost_micro_rub"], COST);

    let explained = world.json(["explain", "last", "--json"]);
    assert_eq!(explained["cost_micro_rub"], COST);
    let attempt = &explained["attempts"][0];
    assert_eq!((&attempt["recomputes"], &attempt["review"]), (&true.into(), &false.into()));
    let meter = |name: &str| {
        let all = attempt["meters"].as_array().unwrap();
        all.iter().find(|meter| meter["meter"] == name).map(|m| (m["count"].clone(), m["price"].clone()))
    };
    assert_eq!(meter("cache_read"), Some((400.into(), "0.30".into())));
    assert_eq!(meter("reasoning"), Some((50.into(), "15.00".into())));
    assert!(attempt["hold_micro_rub"].as_i64().unwrap() >= COST, "{attempt}");

    let shown = world.plyrum(["explain", "last"]).run();
    assert!(shown.ok().contains("0.394208 ₽") && shown.stdout.contains("the same"), "{shown}");
    assert!(world.plyrum(["usage"]).env("LANG", "ru_RU.UTF-8").run().ok().contains("0,394208 ₽"));
    world.is_sound();
}

#[test]
fn the_audit_tells_the_same_sum() {
    let world = World::new();
    let _fake = world.lab(charged());
    for _ in 0..3 {
        world.plyrum(["ask", "What does it cost?"]).run().ok();
    }
    world.plyrum(["daemon", "stop"]).run().ok();
    let records = world.plyrum(["audit", "tail", "-n", "1000"]).run().lines();
    let costs: Vec<i64> =
        records.iter().filter_map(|record| record["body"]["cost_micro_rub"].as_i64()).collect();
    let settled: Vec<i64> = records
        .iter()
        .filter(|record| record["kind"].as_str().is_some_and(|kind| kind.contains("settle")))
        .filter_map(|record| record["body"]["cost_micro_rub"].as_i64())
        .collect();
    assert_eq!(settled, [COST; 3], "{costs:?} in {records:#?}");
}

#[test]
fn past_charges_keep_their_price_and_their_exchange_rate() {
    let world = World::new();
    let fake = world.lab(charged());
    world.plyrum(["ask", "What does it cost?"]).run().ok();
    let dearer =
        lab_config(&fake.base_url(), "", "").replace("80.1234", "95").replace("\"15.00\"", "\"30.00\"");
    world.config(&dearer);
    // 1800 + 120 + 200 × 30 = 7920 micro-USD; × 95 = 752 400.
    let result = world.json(["ask", "--json", "What does it cost now?"]);
    assert_eq!(result["cost_micro_rub"], 752_400);
    let runs = world.json(["runs", "list", "--json"]);
    assert_eq!((&runs[0]["cost_micro_rub"], &runs[1]["cost_micro_rub"]), (&752_400.into(), &COST.into()));
    let first = world.json(["explain", runs[1]["run"].as_str().unwrap(), "--json"]);
    assert_eq!(first["attempts"][0]["recomputes"], true);
    world.is_sound();
}

#[test]
fn a_stream_without_usage_is_estimated_and_flagged_never_free() {
    let world = World::new();
    let _fake = world.lab(Script::new().then(Reply::sse().text("Nine bytes").finish("stop").done()));
    let result = world.json(["ask", "--json", "What does it cost?"]);
    assert_eq!((&result["status"], &result["usage"]["quality"]), (&"succeeded".into(), &"estimated".into()));
    assert_eq!(result["usage"]["output"], 4, "ten bytes at three bytes a token, rounded up");
    assert!(result["cost_micro_rub"].as_i64().unwrap() > 0);
    assert_eq!(world.json(["explain", "--json"])["attempts"][0]["review"], true);
    world.is_sound();
}

#[test]
fn usage_that_contradicts_itself_is_estimated_and_flagged() {
    let world = World::new();
    let lie = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 400}});
    let _fake =
        world.lab(Script::new().then(Reply::sse().text("Well.").finish("stop").usage_json(lie).done()));
    let result = world.json(["ask", "--json", "What does it cost?"]);
    assert_eq!(result["usage"]["quality"], "estimated");
    let attempt = &world.json(["explain", "--json"])["attempts"][0];
    assert_eq!((&attempt["review"], &attempt["recomputes"]), (&true.into(), &true.into()));
    assert!(attempt["raw_usage"].as_str().unwrap().contains("400"), "{attempt}");
    let told = world.plyrum(["explain"]).run().stdout;
    assert!(told.contains("report cannot be right: {") && told.contains("\"cached_tokens\":400"), "{told}");
}

#[test]
fn usage_groups_by_day_and_role_and_as_csv_with_the_json_keys() {
    let world = World::new();
    let _fake = world.lab(charged());
    for _ in 0..2 {
        world.plyrum(["ask", "What does it cost?"]).run().ok();
    }
    let by_role = world.json(["usage", "--by", "role", "--json"]);
    assert_eq!((&by_role["rows"][0]["key"], &by_role["rows"][0]["runs"]), (&"answer".into(), &2.into()));
    for by in ["model", "provider", "persona", "session", "project", "hour", "day"] {
        let report = world.json(["usage", "--by", by, "--json"]);
        assert_eq!(report["total"]["cost_micro_rub"], 2 * COST, "{by}");
        let rows: i64 =
            report["rows"].as_array().unwrap().iter().filter_map(|row| row["cost_micro_rub"].as_i64()).sum();
        assert_eq!(rows, 2 * COST, "{by}");
    }
    let day = world.json(["usage", "--by", "day", "--json"]);
    let today = day["rows"][0]["key"].as_str().unwrap();
    assert!(
        today.len() == 10
            && world.json(["runs", "list", "--json"])[1]["started_at"].as_str().unwrap().starts_with(today)
    );

    let csv = world.plyrum(["usage", "--csv"]).run();
    let mut lines = csv.ok().lines();
    let head = "key,runs,attempts,input,cache_read,cache_write_5m,cache_write_1h,output,reasoning,quality,cost_micro_rub,unpriced";
    assert_eq!(lines.next(), Some(head));
    assert_eq!(lines.next(), Some("lab/fast,2,2,1200,800,0,0,300,100,reported,788416,0"));
    assert_eq!(
        world.json(["usage", "--since", "2001-01-01", "--until", "2001-01-02", "--json"])["rows"],
        json!([])
    );
    world.plyrum(["usage", "--since", "yesterday"]).run().fails_telling(2, ["yesterday", "hint: "]);
}

#[test]
fn concurrent_runs_add_up_to_the_last_micro_ruble() {
    let world = World::new();
    let fake = world.lab(charged());
    world.plyrum(["daemon", "start"]).run().ok();
    let running: Vec<_> = (0..12).map(|_| world.plyrum(["ask", "What does it cost?"]).start()).collect();
    for run in running {
        run.finish().answers("The answer.");
    }
    assert_eq!(fake.requests().len(), 12);
    assert_eq!(world.json(["usage", "--json"])["total"]["cost_micro_rub"], 12 * COST);
    assert_eq!(world.json(["balance", "show", "--json"])["posted_micro_rub"], -12 * COST);
    world.is_sound();
}

#[test]
fn what_a_provider_is_asked_is_the_wire_name_the_limit_and_streamed_usage() {
    let world = World::new();
    let fake: FakeProvider = world.lab(charged());
    world.plyrum(["ask", "What does it cost?"]).run().ok();
    let request = fake.requests()[0].json();
    assert_eq!(request["model"], "fast-1");
    assert_eq!(request["stream"], true);
    assert_eq!(request["stream_options"]["include_usage"], true);
    let limit = [&request["max_tokens"], &request["max_completion_tokens"]];
    assert!(limit.iter().any(|limit| **limit == 1000), "{request}");
}

#[test]
fn tiers_fees_and_rubles_are_charged_as_configured() {
    let world = World::new();
    let fake = FakeProvider::spawn(charged());
    let price = "{ currency = \"RUB\", input = \"100\", output = \"400.5\", request_fee = \"0.005\", \
                 tiers = [{ above_input_tokens = 999, input = \"200\", cache_read = \"50\" }] }";
    world.config(&lab_config(&fake.base_url(), "", "").replace(crate::world::LAB_PRICE, price));
    // 1000 tokens of input are above the tier: 600 × 200 + 400 × 50 + 200 × 400.5 = 220 100 micro-RUB, and the fee.
    assert_eq!(world.json(["ask", "--json", "What does it cost?"])["cost_micro_rub"], 225_100);
    world.is_sound();
}

#[test]
fn a_markup_multiplies_into_the_rate() {
    let world = World::new();
    let fake = FakeProvider::spawn(charged());
    world.config(&lab_config(&fake.base_url(), "", "").replace("[fx]", "[fx]\nmarkup_bps = 250"));
    // 4920 micro-USD × 80.1234 × 1.025 = 404 062.3062; upward.
    assert_eq!(world.json(["ask", "--json", "What does it cost?"])["cost_micro_rub"], 404_063);
}

#[test]
fn more_than_was_held_is_charged_all_the_same() {
    let world = World::new();
    let hidden = json!({"prompt_tokens": 1000, "completion_tokens": 900_000, "total_tokens": 901_000,
        "completion_tokens_details": {"reasoning_tokens": 899_900}});
    let reply = Reply::sse().text("Well.").finish("stop").usage_json(hidden).done();
    let _fake = world.lab(Script::new().always(reply));
    let result = world.json(["ask", "--json", "What does it cost?"]);
    // 1000 × 3.00 + 900 000 × 15.00 = 13 503 000 micro-USD; × 80.1234 = 1 081 906 270.2; upward.
    assert_eq!(result["cost_micro_rub"], 1_081_906_271);
    let attempt = &world.json(["explain", "--json"])["attempts"][0];
    assert!(attempt["hold_micro_rub"].as_i64().unwrap() < 1_081_906_271);
    assert_eq!(attempt["recomputes"], true);
    assert_eq!(world.json(["balance", "show", "--json"])["posted_micro_rub"], -1_081_906_271_i64);
    world.is_sound();
}

#[test]
fn a_price_of_nothing_is_free_and_still_counted() {
    let world = World::new();
    let fake = FakeProvider::spawn(charged());
    let price = "{ currency = \"RUB\", input = \"0\", output = \"0\" }";
    world.config(&lab_config(&fake.base_url(), "", "").replace(crate::world::LAB_PRICE, price));
    world.plyrum(["ask", "What does it cost?"]).run().ok();
    let total = &world.json(["usage", "--json"])["total"];
    assert_eq!(
        (&total["cost_micro_rub"], &total["usage"]["input"], &total["unpriced"]),
        (&0.into(), &600.into(), &0.into())
    );
}

#[test]
fn a_provider_that_says_another_price_is_told_of_and_not_believed() {
    let world = World::new();
    let usage = json!({"prompt_tokens": 100_000, "completion_tokens": 10, "cost": 0.9});
    let reply = Reply::sse().text("Well.").finish("stop").usage_json(usage).done();
    let _fake = world.lab(Script::new().always(reply));
    let out = world.plyrum(["ask", "What does it cost?"]).run();
    assert!(out.stderr.contains("the provider says that this cost 72.11106 ₽"), "{out}");
    let together = world.sh("\"$PLYRUM\" ask 'What does it cost?' 2>&1").run().stdout;
    assert!(
        together.starts_with("Well.\nnotice: the provider says"),
        "no notice inside the answer: {together}"
    );
    let explained = world.json(["explain", "--json"]);
    let attempt = &explained["attempts"][0];
    assert_eq!((&attempt["review"], &attempt["recomputes"]), (&true.into(), &true.into()));
    assert_eq!(attempt["provider_cost"]["said"], "0.9 USD");
    // 100 000 × 3.00 + 10 × 15.00 micro-dollars, × 80.1234.
    assert_eq!(explained["cost_micro_rub"], 24_049_039);
    assert_eq!(attempt["provider_cost"]["difference_micro_rub"], 72_111_060 - 24_049_039);
    world.is_sound();
}

/// A provider that is drained: what it used is its own word, although its answer was cancelled.
#[test]
fn a_cancelled_request_of_a_drained_provider_is_charged_by_its_own_report() {
    let world = World::new();
    let reply = Reply::sse().text("The first line.\n").gate("rest").text("The rest, unseen.").end(100, 10);
    let fake = FakeProvider::spawn(Script::new().always(reply));
    world.config(&lab_config(&fake.base_url(), "on_cancel = \"drain\"\ntimeouts = { drain = \"60s\" }", ""));
    let running = world.plyrum(["ask", "-o", "stream-json", "Tell me a story"]).start();
    running.wait_for("first line");
    let run = world.json(["runs", "list", "--json"])[0]["run"].as_str().unwrap().to_owned();
    world.plyrum(["runs", "cancel", &run]).run().ok();
    fake.release("rest");
    let out = running.finish();
    let result = out.lines().pop().unwrap();
    assert_eq!((&result["status"], &result["answer"]), (&"cancelled".into(), &"The first line.\n".into()));
    assert_eq!(result["attempts"][0]["usage"]["quality"], "reported", "{out}");
    assert_eq!(result["cost_micro_rub"], 36_056);
    assert!(!out.stdout.contains("unseen"), "{out}");
    world.is_sound();
}
